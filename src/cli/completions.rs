//! `foresail completions SHELL`: a completion script.

use super::Failure;
use super::completing::VARIABLE;
use super::streams::print;
use clap_complete::Shell;
use clap_complete::env::Shells;

/// Put it where your shell looks: `foresail completions bash > ~/.local/share/bash-completion/completions/foresail`. It completes
/// commands, options, the fields behind --set and explain, and the names in the scenario at hand.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell to write the script for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let shell = args.shell.to_string();
    let mut script = Vec::new();
    let internal = |what: String| Failure::Internal(format!("no script for {shell}: {what}"));
    let shells = Shells::builtins();
    let completer = shells.completer(&shell).ok_or_else(|| internal("unknown".to_owned()))?;
    completer
        .write_registration(VARIABLE, "foresail", "foresail", "foresail", &mut script)
        .map_err(|error| internal(error.to_string()))?;
    print(&String::from_utf8_lossy(&script))
}
