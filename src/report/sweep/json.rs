//! The study as one JSON document: its head, with its points.

use super::error::StudyError;
use super::lines::Lines;
use super::study_file::line_of;
use std::path::Path;

/// Hands over the document piece by piece.
///
/// Errors: the study cannot be read, or what `put` says. Memory: a point.
pub fn each_json(study: &Path, put: &mut dyn FnMut(&str) -> Result<(), StudyError>) -> Result<(), StudyError> {
    let Some((head, mut lines)) = Lines::open(study)? else {
        return Err(StudyError::broken(study, 1, "the file is empty"));
    };
    // Points are the last field of the head, under another name: there `points` is their number.
    let head = line_of(&head)?;
    put(head.trim_end().trim_end_matches('}'))?;
    put(",\"results\":[")?;
    let mut before = "\n";
    while let Some(line) = lines.next()? {
        put(&format!("{before}{}", line.text.trim_end()))?;
        before = ",\n";
    }
    put("\n]}\n")
}
