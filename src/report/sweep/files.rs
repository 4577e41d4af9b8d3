//! The folder of a study.

use super::csv::write_csv;
use super::error::StudyError;
use super::findings::{Collecting, Findings, FrontOf};
use super::lines::Lines;
use super::page::{PointCommand, study_page};
use crate::whole;
use std::path::{Path, PathBuf};

/// What is written beside a whole `study.jsonl`.
#[derive(Clone, Debug)]
pub struct StudyFolder {
    /// `study.jsonl`.
    pub study: PathBuf,
    /// `sweep.csv`.
    pub csv: PathBuf,
    /// `index.html`.
    pub page: PathBuf,
}

impl StudyFolder {
    /// The names of the files in a folder.
    pub fn at(folder: &Path) -> Self {
        let [study, csv, page] = ["study.jsonl", "sweep.csv", "index.html"].map(|name| folder.join(name));
        StudyFolder { study, csv, page }
    }

    /// Writes everything that is drawn from a whole `study.jsonl`; `command` runs one of its points. Returns what the points
    /// say together; nothing without a point.
    ///
    /// Errors: the study cannot be read, or whatever the file system says. Memory: see [`Findings`].
    pub fn publish(&self, asked: FrontOf, command: &PointCommand) -> Result<Option<Findings>, StudyError> {
        write_csv(&self.study, &self.csv)?;
        let findings = self.findings(asked)?;
        if let Some(findings) = &findings {
            self.write_page(&study_page(findings, command))?;
        }
        Ok(findings)
    }

    fn findings(&self, asked: FrontOf) -> Result<Option<Findings>, StudyError> {
        let Some((head, mut lines)) = Lines::open(&self.study)? else {
            return Err(StudyError::broken(&self.study, 1, "the file is empty"));
        };
        let mut collecting = Collecting::new(head, asked);
        while let Some(line) = lines.next()? {
            collecting.add(&line.point);
        }
        Ok(collecting.finish())
    }

    /// At once.
    fn write_page(&self, page: &str) -> Result<(), StudyError> {
        whole::write(&self.page, page).map_err(StudyError::file(&self.page))
    }
}
