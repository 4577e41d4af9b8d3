//! The files of a scenario as they were in a revision of its git repository.

use super::Failure;
use crate::cli::scenario::load;
use foresail::scenario::Scenario;
use foresail::scenario::issue::{Issue, Issues};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The tree of a revision in a folder of its own, which is gone with this. The repository, its index and its working
/// tree stay as they are.
pub(super) struct Checkout {
    tree: TempDir,
    /// The scenario file or folder within the tree.
    scenario: PathBuf,
    commit: String,
    revision: String,
}

impl Checkout {
    /// Of the repository that holds the scenario.
    ///
    /// Errors: no file (the built-in scenario has none), no git, no repository, no such revision; the scenario is not in it.
    pub(super) fn of(scenario: Option<&Path>, revision: &str) -> Result<Self, Failure> {
        let refuse = |message: String, help: &str| Failure::from(Issue::error("--baseline", message).with_help(help));
        let Some(path) = scenario else {
            return Err(refuse("the built-in scenario is in no repository".to_owned(), "name a scenario file"));
        };
        let absolute = path
            .canonicalize()
            .map_err(|error| refuse(format!("cannot read {}: {error}", path.display()), "name a scenario file"))?;
        let folder =
            if absolute.is_dir() { absolute.clone() } else { absolute.parent().unwrap_or(&absolute).to_owned() };
        let git = |arguments: &[&str]| git(&folder, arguments, None);
        let top = git(&["rev-parse", "--show-toplevel"]).map_err(|why| {
            refuse(
                format!("{} is in no git repository: {why}", path.display()),
                "name a baseline file, or a scenario in a repository",
            )
        })?;
        let top = PathBuf::from(top.trim());
        let commit = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
            .map_err(|_| {
                refuse(
                    format!("git knows no revision `{revision}`"),
                    "fetch it first: `git fetch origin main`, or a clone that is not shallow (`fetch-depth: 0`)",
                )
            })?;
        let commit = commit.trim().to_owned();
        let top = top.canonicalize().unwrap_or(top);
        let inside = absolute.strip_prefix(&top).map(Path::to_owned).unwrap_or_else(|_| absolute.clone());
        let tree = tempfile::tempdir()
            .map_err(|error| Failure::Internal(format!("cannot make a temporary folder: {error}")))?;
        unpack(&top, &commit, tree.path())
            .map_err(|why| Failure::Internal(format!("git cannot read {revision}: {why}")))?;
        let scenario = tree.path().join(&inside);
        if !scenario.exists() {
            return Err(refuse(
                format!("{} is not in {revision}: there is nothing to set it beside", inside.display()),
                "name a revision that has it, or a baseline file",
            ));
        }
        Ok(Checkout { tree, scenario, commit, revision: revision.to_owned() })
    }

    /// Reads the scenario there, with the same settings.
    ///
    /// Errors: everything that is wrong with it, each with the name that its file has in the repository.
    pub(super) fn load(&self, sets: &[String]) -> Result<Scenario, Failure> {
        load(Some(&self.scenario), sets).map_err(|found| {
            let mut issues = Issues::new();
            let root = format!("{}/", self.tree.path().display());
            for mut issue in found {
                issue.place.file =
                    issue.place.file.map(|file| format!("{}:{}", self.revision, file.replace(&root, "")));
                issue.message = issue.message.replace(&root, "");
                issues.push(issue);
            }
            Failure::Input(issues)
        })
    }

    /// Which commit it is.
    pub(super) fn commit(&self) -> &str {
        &self.commit
    }
}

/// Writes the files of a commit into a folder, by an index of its own.
fn unpack(top: &Path, commit: &str, into: &Path) -> Result<(), String> {
    let index = into.join(".foresail-index");
    git(top, &["read-tree", commit], Some(&index))?;
    let prefix = format!("--prefix={}/", into.display());
    git(top, &["checkout-index", "--all", "--force", &prefix], Some(&index))?;
    std::fs::remove_file(&index).map_err(|error| error.to_string())
}

/// What git says, or what it complains of.
fn git(folder: &Path, arguments: &[&str], index: Option<&Path>) -> Result<String, String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output().map_err(|error| format!("cannot run git: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("git failed").trim_start_matches("fatal: ").to_owned())
}
