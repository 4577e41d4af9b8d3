//! From where a CI system counts paths.

use foresail::report::check::Root;
use std::path::PathBuf;
use std::process::Command;

/// From where paths are counted: the root of the repository, as the CI or git says it; else the working directory.
pub(super) fn root() -> Root {
    let current = std::env::current_dir().unwrap_or_default();
    let said = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().find_map(std::env::var_os).map(PathBuf::from);
    let said = said.filter(|folder| current.starts_with(folder));
    let repository = said.or_else(top_of_git).unwrap_or_else(|| current.clone());
    Root { current, repository }
}

fn top_of_git() -> Option<PathBuf> {
    let output = Command::new("git").args(["rev-parse", "--show-toplevel"]).output().ok()?;
    let top = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(PathBuf::from(top.trim()))
}
