//! The folder of a recommendation: all of it, or nothing.

use super::model::AdviceReport;
use super::patches::NAMES;
use crate::whole::Folder;
use std::io;

/// Writes `recommend.json` and the patches (name and text) into `folder`, all or none; patches of an earlier recommendation are taken
/// away, other files stay.
///
/// Errors: those of [`Folder::publish`].
pub fn publish_advice(report: &AdviceReport, patches: &[(&'static str, String)], folder: &Folder) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report).map_err(io::Error::other)? + "\n";
    let mut files: Vec<(&str, &str)> = patches.iter().map(|(name, text)| (*name, text.as_str())).collect();
    files.push(("recommend.json", json.as_str()));
    folder.publish(&files, &NAMES)
}
