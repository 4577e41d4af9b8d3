//! The folder of a recommendation: all of it, or nothing.

use super::model::AdviceReport;
use super::patches::NAMES;
use crate::report::files::publish_folder;
use std::io;
use std::path::Path;

/// Writes `recommend.json` and the patches (name and text) into `folder`. They are written beside it first and moved there at
/// once; patches of an earlier recommendation are taken away, other files stay.
///
/// Errors: whatever the file system says.
pub fn publish_advice(report: &AdviceReport, patches: &[(&'static str, String)], folder: &Path) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report).map_err(io::Error::other)? + "\n";
    let mut files: Vec<(&str, &str)> = patches.iter().map(|(name, text)| (*name, text.as_str())).collect();
    files.push(("recommend.json", json.as_str()));
    publish_folder(&files, &NAMES, folder)
}
