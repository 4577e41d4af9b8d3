//! The folder of a study.

use super::csv::write_csv;
use super::error::StudyError;
use std::path::{Path, PathBuf};

/// What is written beside a whole `study.jsonl`.
#[derive(Clone, Debug)]
pub struct StudyFolder {
    /// `study.jsonl`.
    pub study: PathBuf,
    /// `sweep.csv`.
    pub csv: PathBuf,
}

impl StudyFolder {
    /// The names of the files in a folder.
    pub fn at(folder: &Path) -> Self {
        StudyFolder { study: folder.join("study.jsonl"), csv: folder.join("sweep.csv") }
    }

    /// Writes everything that is drawn from a whole `study.jsonl`.
    ///
    /// Errors: the study cannot be read, or whatever the file system says.
    pub fn publish(&self) -> Result<(), StudyError> {
        write_csv(&self.study, &self.csv)
    }
}
