//! The report folder: all of it, or nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::advice::patches::NAMES as PATCHES;
use super::attachments::NAMES;
use super::bill::{BillError, FocusVersion, Grain, bill_csv, focus_csv};
use super::figures::{Figure, figures};
use super::model::API_VERSION;
use super::{Report, costs_csv, html, timeline_csv};
use crate::limits::{Budget, read_text};
use crate::units::counted;
use crate::whole::Folder;

/// What is made of the bill.
const BILL_FILES: [&str; 3] = ["bill.csv", "focus.csv", "bill.xlsx"];

/// Writes `index.html`, `timeline.csv`, `costs.csv`, `result.json`, the bill by day as `bill.csv`, `focus.csv` and (with the
/// feature `xlsx`) `bill.xlsx`, and `more` (name and text) into `folder`.
///
/// They are moved there once all are written, `SHA256SUMS` last; files of an earlier report are replaced, other files in the folder stay.
/// Returns the page's path.
/// Errors: those of [`Folder::publish`].
pub fn write(report: &Report, more: &[(&str, String)], folder: &Folder) -> io::Result<PathBuf> {
    let json = serde_json::to_string_pretty(report).map_err(io::Error::other)? + "\n";
    let mut files: Vec<(&str, Vec<u8>)> = more.iter().map(|(name, text)| (*name, text.clone().into_bytes())).collect();
    files.extend([
        ("result.json", json.into_bytes()),
        ("timeline.csv", timeline_csv(report).into_bytes()),
        ("costs.csv", costs_csv(report).into_bytes()),
    ]);
    files.extend(bill_files(report).map_err(io::Error::other)?);
    files.push(("index.html", html(report).into_bytes()));
    let stale: Vec<&str> = NAMES.iter().chain(&PATCHES).chain(&BILL_FILES).copied().collect();
    folder.publish(&files, &stale)?;
    Ok(folder.path().join("index.html"))
}

/// The bill by day, for whoever opens it; nothing where there is none.
fn bill_files(report: &Report) -> Result<Vec<(&'static str, Vec<u8>)>, BillError> {
    if report.bill.lines.is_empty() {
        return Ok(Vec::new());
    }
    let [lines, focus, _workbook] = BILL_FILES;
    Ok(vec![
        (lines, bill_csv(report, Grain::Day)?.into_bytes()),
        (focus, focus_csv(report, Grain::Day, FocusVersion::V1_2)?.into_bytes()),
        #[cfg(feature = "xlsx")]
        (_workbook, super::bill::workbook(report)?),
    ])
}

/// Why a `result.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system's reason.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a result, or not one of this version.
    #[error("{path} is not a foresail result: {reason}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a `result.json`, or the one in a report folder.
///
/// Errors: there is none, it is of another version, or a figure has not a value for each replication.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let path = if path.is_dir() { path.join("result.json") } else { path.to_owned() };
    let text = read_text(&path, Budget::DumpBytes).map_err(|source| ReadError::File { path: path.clone(), source })?;
    let format = |reason: String| ReadError::Format { path: path.clone(), reason };
    let report: Report = serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
    if report.api_version != API_VERSION || report.kind != "Result" {
        return Err(format(format!("expected {API_VERSION} Result, found {} {}", report.api_version, report.kind)));
    }
    let replications = report.run.replications;
    let values = |figure: &Figure<'_>| figure.value.values.len();
    let uneven = figures(&report).into_iter().find(|figure| ![0, replications as usize].contains(&values(figure)));
    if let Some(figure) = uneven {
        let (key, values) = (figure.key(), counted(values(&figure), "value"));
        return Err(format(format!("`{key}` has {values}, expected one for each of {replications} replications")));
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use std::fs;

    #[test]
    fn a_report_can_be_read_again() {
        let parent = tempfile::tempdir().unwrap();
        // To look at the fixture: FORESAIL_SAMPLE=some/folder cargo test --lib report::files
        let folder = std::env::var_os("FORESAIL_SAMPLE").map_or(parent.path().join("sample"), PathBuf::from);
        let report = crate::report::bill::fixture::report();
        let open = || Folder::open(&folder).unwrap();
        let page = write(&report, &[], &open()).unwrap();
        assert!(page.is_file());
        assert_eq!(read(&folder).unwrap(), report);
        assert_eq!(write(&report, &[], &open()).unwrap(), page, "a second time, over the first");
        let left: Vec<_> = fs::read_dir(parent.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert!(left.iter().all(|name| name == "sample"), "nothing is left beside it: {left:?}");
    }

    #[test]
    fn a_bill_is_written_for_whoever_opens_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = crate::report::bill::fixture::report();
        write(&report, &[], &Folder::open(folder.path()).unwrap()).unwrap();
        let is_there = |name: &&str| folder.path().join(name).is_file();
        assert!(BILL_FILES.iter().all(is_there));
        report.bill.lines.clear();
        write(&report, &[], &Folder::open(folder.path()).unwrap()).unwrap();
        assert!(!BILL_FILES.iter().any(is_there), "those of an earlier run are stale");
    }

    #[test]
    fn other_versions_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        let mut report = fixture::report();
        report.api_version = "foresail/v9".to_owned();
        fs::write(&path, serde_json::to_string(&report).unwrap()).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("expected foresail/v1alpha1"));
        fs::write(&path, "{").unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_figure_has_a_value_for_each_replication() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        let mut report = fixture::report();
        report.run.replications += 1;
        fs::write(&path, serde_json::to_string(&report).unwrap()).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("expected one for each of"), "{error}");
    }
}
