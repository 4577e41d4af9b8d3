//! The folder of a comparison: all of it, or nothing.

use super::model::Comparison;
use super::{Compared, comparison_csv, comparison_page};
use crate::whole::Folder;
use std::io;
use std::path::PathBuf;

/// Writes `comparison.json`, `comparison.csv`, `index.html` and (with the feature `xlsx`) `comparison.xlsx` into `folder`, as a report is written. Returns the page's
/// path.
///
/// Errors: whatever the file system says.
pub fn write_comparison(
    comparison: &Comparison,
    base: &Compared,
    others: &[Compared],
    folder: &Folder,
) -> io::Result<PathBuf> {
    let json = serde_json::to_string_pretty(comparison).map_err(io::Error::other)? + "\n";
    let files = [
        ("comparison.json", json.into_bytes()),
        ("comparison.csv", comparison_csv(comparison).into_bytes()),
        #[cfg(feature = "xlsx")]
        ("comparison.xlsx", crate::report::bill::comparison_workbook(comparison).map_err(io::Error::other)?),
        ("index.html", comparison_page(comparison, base, others).into_bytes()),
    ];
    folder.publish(&files, &["comparison.xlsx"])?;
    Ok(folder.path().join("index.html"))
}
