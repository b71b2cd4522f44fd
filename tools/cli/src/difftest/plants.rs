//! The strength of the differential test: bugs planted behind a switch, and how soon each is found.

use std::process::ExitCode;

use anyhow::{Result, bail};
use interlune_difftest::supervisor;

use super::Arguments;
use super::campaign::{Console, campaign};

/// Switches a planted bug on for the whole process.
#[cfg(feature = "planted-bugs")]
pub fn set(name: &str) -> Result<()> {
    if interlune_core::plant::set(name) {
        return Ok(());
    }
    bail!("there is no planted bug {name}; there are {}", interlune_core::plant::NAMES.join(", "));
}

/// Says that this build has no planted bugs.
#[cfg(not(feature = "planted-bugs"))]
pub fn set(_: &str) -> Result<()> {
    bail!("planted bugs are in builds with --features planted-bugs only");
}

#[cfg(feature = "planted-bugs")]
fn names(wanted: &str) -> Result<Vec<String>> {
    let all = interlune_core::plant::NAMES.iter().map(|name| (*name).to_owned());
    Ok(all.filter(|name| wanted == "all" || wanted == name).collect())
}

#[cfg(not(feature = "planted-bugs"))]
fn names(wanted: &str) -> Result<Vec<String>> {
    set(wanted).map(|()| Vec::new())
}

/// Runs a campaign for each planted bug until it is found.
pub fn run(arguments: &Arguments, wanted: &str) -> Result<ExitCode> {
    let names = names(wanted)?;
    if names.is_empty() {
        set(wanted)?;
    }
    let mut missed = 0;
    for name in &names {
        let mut campaign = campaign(arguments);
        campaign.most_findings = 1;
        let mut observer = Console::new(arguments, Some(name), false)?;
        let summary = supervisor::run(&campaign, &mut observer)?;
        match (summary.first, summary.findings.first()) {
            (Some((programs, time)), finding) => {
                println!("{name}: found after {programs} programs, {:.2} s", time.as_secs_f64());
                if let Some(finding) = finding {
                    super::campaign::show(finding, &finding.source);
                }
            }
            (None, _) => {
                missed += 1;
                println!(
                    "{name}: NOT FOUND in {} programs, {:.0} s",
                    summary.programs,
                    summary.elapsed.as_secs_f64()
                );
            }
        }
    }
    println!("{} of {} planted bugs found", names.len() - missed, names.len());
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
