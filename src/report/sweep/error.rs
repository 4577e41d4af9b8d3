//! What can be wrong with the files of a study.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of a study cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file system's reason.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process works at it.
    #[error("{0} is being written by another foresail")]
    Taken(PathBuf),
    /// It is of something else.
    #[error("{path} is of another study: {differs}")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What it has, and what was expected.
        differs: String,
    },
    /// It is not what a study writes.
    #[error("{path}:{line}: {reason}")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// It ends before its last point.
    #[error("{path} is not whole: it has {found} of {expected} points")]
    Unfinished {
        /// Which file.
        path: PathBuf,
        /// Points in it.
        found: u64,
        /// Points that it should have.
        expected: u64,
    },
    /// Parts that nobody has.
    #[error("{0}")]
    Missing(String),
    /// Two files have another result for a point.
    #[error("{one} and {other} disagree about point {point}")]
    Disagreement {
        /// A file.
        one: PathBuf,
        /// The other.
        other: PathBuf,
        /// Which point.
        point: u64,
    },
}

impl StudyError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> StudyError {
        move |source| StudyError::File { path: path.to_owned(), source }
    }
    pub(super) fn broken(path: &Path, line: u64, reason: impl ToString) -> StudyError {
        StudyError::Broken { path: path.to_owned(), line, reason: reason.to_string() }
    }
}
