//! `foresail man`: manual pages.

use super::files::{check_folder, unwritable};
use super::streams::print;
use super::{Cli, Failure};
use clap::CommandFactory;
use std::path::PathBuf;

/// `foresail man --out ~/.local/share/man/man1` writes `foresail.1`, `foresail-run.1` and so on; without --out the page of the
/// program itself is printed, for `man -l -`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder to write all pages to.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints one page, or writes all.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let command = Cli::command().disable_help_subcommand(true);
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Failure::Internal(format!("cannot write the page: {error}")))?;
        return print(&String::from_utf8_lossy(&page));
    };
    check_folder("--out", folder)?;
    std::fs::create_dir_all(folder).map_err(|error| unwritable("--out", folder, &error))?;
    clap_mangen::generate_to(command, folder).map_err(|error| unwritable("--out", folder, &error))
}
