//! `foresail completions SHELL`: a completion script.

use super::streams::print;
use super::{Cli, Failure};
use clap::CommandFactory;
use clap_complete::Shell;

/// Which shell.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell to write the script for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "foresail", &mut script);
    print(&String::from_utf8_lossy(&script))
}
