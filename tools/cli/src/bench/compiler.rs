//! `interlune bench --measure compiler`: what the optimizing compiler takes by stage, how long it cannot be interrupted,
//! and what it leaves to the tier below, summed up over the programs.

use anyhow::Result;
use interlune::jit::{Aids, Options, Survey, SurveyLog, Timing};

use super::here;
use super::sizes::Program;

/// Runs the programs in this process, with functions compiled as soon as they have run a little, and prints the tables.
pub fn measure(programs: &[Program]) -> Result<()> {
    let log = SurveyLog::default();
    for program in programs {
        eprint!("{} ", program.name);
        let options = Options {
            timing: Timing::Sync { threshold: 2000 },
            aids: Aids { survey: Some(log.clone()), ..Aids::default() },
            ..Options::default()
        };
        here::run(program, options)?;
    }
    eprintln!();
    let survey = log.lock().map_or_else(|error| error.into_inner().clone(), |log| log.clone());
    print!("{}", tables(&survey));
    Ok(())
}

fn tables(survey: &Survey) -> String {
    let total: f64 = survey.stages.iter().map(|(_, us)| us).sum();
    let built = survey.instructions_built.max(1) as f64;
    let mut text = format!(
        "{} pieces of code, {} IR instructions built, {} lowered, {:.1} ms\n\n",
        survey.pieces,
        survey.instructions_built,
        survey.instructions_lowered,
        total / 1e3
    );
    text.push_str("| stage | us per IR instruction built | share |\n|---|---:|---:|\n");
    for (stage, us) in &survey.stages {
        text.push_str(&format!("| {stage} | {:.3} | {:.1} % |\n", us / built, 100.0 * us / total));
    }
    text.push_str(&format!("| all | {:.3} | |\n\n", total / built));
    if let Some(longest) = &survey.longest {
        text.push_str(&format!(
            "longest without a look at the pacer: {:.2} ms, {} of {}:{} ({} bytecode instructions)\n\n",
            longest.us / 1e3,
            longest.stage,
            longest.source,
            longest.line,
            longest.bytecodes
        ));
    }
    text.push_str("| left to the tier below | times |\n|---|---:|\n");
    let mut left: Vec<_> = survey.left.iter().collect();
    left.sort_by_key(|&(name, times)| (std::cmp::Reverse(*times), name));
    for (name, times) in left {
        text.push_str(&format!("| {name} | {times} |\n"));
    }
    for (why, times) in &survey.declined {
        text.push_str(&format!("| a function: {why} | {times} |\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sums() {
        let survey = Survey {
            stages: vec![("building", 100.0), ("Cranelift", 300.0)],
            pieces: 2,
            instructions_built: 200,
            instructions_lowered: 150,
            left: [("Call".to_owned(), 3), ("Concat".to_owned(), 7)].into(),
            declined: [("it is too long".to_owned(), 1)].into(),
            longest: None,
        };
        let text = tables(&survey);
        assert!(text.contains("| building | 0.500 | 25.0 % |"), "{text}");
        assert!(text.contains("| all | 2.000 | |"), "{text}");
        let (concat, call) = (text.find("Concat"), text.find("Call |"));
        assert!(concat.is_some() && concat < call, "{text}");
        assert!(text.contains("| a function: it is too long | 1 |"), "{text}");
    }
}
