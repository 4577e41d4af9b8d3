//! Reading a file of a study, line by line: one is in memory at a time.

use super::error::StudyError;
use super::model::{StudyHead, StudyPoint};
use super::part::Part;
use crate::report::model::API_VERSION;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file of a study behind its head.
pub(super) struct Lines {
    path: PathBuf,
    source: BufReader<File>,
    part: Part,
    axes: Vec<String>,
    /// The number of the last line.
    line: u64,
    /// Where the next line begins.
    offset: u64,
    text: Vec<u8>,
}

/// A line with its end, where it begins, and what it says.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) offset: u64,
    /// The place of its point in a file of this part.
    pub(super) place: u64,
    pub(super) point: StudyPoint,
}

impl Lines {
    /// Opens a file and reads its head; none if there is no whole line yet.
    pub(super) fn open(path: &Path) -> Result<Option<(StudyHead, Lines)>, StudyError> {
        Lines::of(File::open(path).map_err(StudyError::file(path))?, path)
    }

    /// The same of a file that is open already, from its beginning.
    pub(super) fn of(mut file: File, path: &Path) -> Result<Option<(StudyHead, Lines)>, StudyError> {
        file.seek(SeekFrom::Start(0)).map_err(StudyError::file(path))?;
        let part = Part::of(&StudyHead::default());
        let source = BufReader::with_capacity(1 << 16, file);
        let mut lines =
            Lines { path: path.to_owned(), source, part, axes: Vec::new(), line: 0, offset: 0, text: Vec::new() };
        let Some(text) = lines.text()? else { return Ok(None) };
        let broken = |reason: String| StudyError::broken(path, 1, reason);
        let head: StudyHead =
            serde_json::from_str(&text).map_err(|error| broken(format!("this is not the head of a study: {error}")))?;
        if head.api_version != API_VERSION || head.kind != "Study" {
            return Err(broken(format!("found {} {}, expected {API_VERSION} Study", head.api_version, head.kind)));
        }
        if head.shard.is_some_and(|shard| shard.index == 0 || shard.index > shard.count) {
            return Err(broken("there is no such shard".to_owned()));
        }
        lines.part = Part::of(&head);
        lines.axes = head.axes.iter().map(|axis| axis.name.clone()).collect();
        Ok(Some((head, lines)))
    }

    /// The next line; none at the end, also before half a line.
    pub(super) fn next(&mut self) -> Result<Option<Line>, StudyError> {
        let offset = self.offset;
        let Some(text) = self.text()? else { return Ok(None) };
        let broken = |reason: String| StudyError::broken(&self.path, self.line, reason);
        let point: StudyPoint =
            serde_json::from_str(&text).map_err(|error| broken(format!("this is not a point: {error}")))?;
        let is_alike = point.settings.keys().eq(&self.axes);
        let place = self.part.place(point.point).filter(|_| is_alike);
        let place = place.ok_or_else(|| broken(format!("point {} is not one of this file's", point.point)))?;
        Ok(Some(Line { text, offset, place, point }))
    }

    /// Where what has been read ends: behind the last whole line.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
    /// Whether half a line is left.
    pub(super) fn has_half(&self) -> bool {
        !self.text.is_empty()
    }
    /// The number of the last line that was read.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    fn text(&mut self) -> Result<Option<String>, StudyError> {
        self.text.clear();
        self.source.read_until(b'\n', &mut self.text).map_err(StudyError::file(&self.path))?;
        if !self.text.ends_with(b"\n") {
            return Ok(None);
        }
        self.line += 1;
        self.offset += self.text.len() as u64;
        let text = String::from_utf8(std::mem::take(&mut self.text));
        text.map(Some).map_err(|_| StudyError::broken(&self.path, self.line, "this is not a text"))
    }
}
