//! What is said about files of a study that cannot be used.

use super::super::Failure;
use super::super::files::unwritable;
use foresail::report::sweep::StudyError;
use foresail::scenario::issue::Issue;

/// As a failure of the command, with what to do.
pub(in crate::cli) fn failed(error: StudyError) -> Failure {
    let refuse = |help: &str| Issue::error("", error.to_string()).with_help(help).into();
    match &error {
        StudyError::File { path, source } => unwritable("--out", path, source),
        StudyError::Taken(_) => refuse("wait for it, or name another folder: --out"),
        StudyError::Foreign { .. } => {
            refuse("name another folder for this study (--out), or throw away what is there (--fresh)")
        }
        StudyError::Broken { .. } => refuse("write the file again with --fresh, or take the damaged lines out"),
        StudyError::Unfinished { .. } => refuse("the command that wrote it goes on where it stopped"),
        StudyError::Missing(_) => refuse("run what is missing, then merge again"),
        StudyError::Disagreement { .. } => {
            refuse("they are of other machines or damaged: simulate one of them again, with --fresh")
        }
    }
}

/// The same for files that are merged.
pub(super) fn unmerged(error: StudyError) -> Failure {
    match error {
        StudyError::Foreign { .. } => {
            let help = "merge parts of one plan only: the same scenario, axes, seed and release";
            Issue::error("", error.to_string()).with_help(help).into()
        }
        StudyError::File { ref path, ref source } if source.kind() == std::io::ErrorKind::NotFound => {
            Issue::error("", format!("{}: {source}", path.display()))
                .with_help("name files of shards, or their folder")
                .into()
        }
        other => failed(other),
    }
}
