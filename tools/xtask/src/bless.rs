//! `cargo xtask bless`: takes what the golden tests give now as what they shall give.

use anyhow::Result;

/// Rewrite the golden files of the virtual machine's tests. Read the change before you commit it.
#[derive(clap::Args)]
pub struct Arguments {
    /// Packages to bless; all of the virtual machine's unless given.
    #[arg(long = "package", short)]
    packages: Vec<String>,
    /// Only tests whose names contain this.
    filter: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut command = crate::cargo(&["test"], &arguments.packages);
    // insta writes what differs and lets the test pass; the suite's own golden texts look at the same variable.
    command.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1");
    command.args(arguments.filter.as_deref());
    crate::succeed(command)
}
