//! The file that a sweep writes: a line a point as they come in; in order of the points once all are there.

use super::error::StudyError;
use super::lines::Lines;
use super::model::{StudyHead, StudyPoint};
use super::part::Part;
use crate::whole::Draft;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A study's file while points are added. Nobody else can open it meanwhile.
///
/// Memory: eight bytes a point, whatever the figures.
#[derive(Debug)]
pub struct StudyFile {
    path: PathBuf,
    file: File,
    part: Part,
    /// Where the line of each point begins, by its place.
    offsets: Vec<u64>,
    /// How many points are there.
    found: u64,
    /// Behind the last whole line.
    end: u64,
    /// Whether the points stand in their order.
    is_sorted: bool,
}

/// No line yet.
const MISSING: u64 = u64::MAX;

impl StudyFile {
    /// Opens the file at `path`, or begins it; what an earlier process wrote of the same study is kept, but for half a last
    /// line. With `fresh` nothing is kept, of whatever it is.
    ///
    /// Errors: it is of another study, it is damaged, somebody else writes it, or whatever the file system says.
    pub fn open(path: &Path, head: &StudyHead, fresh: bool) -> Result<Self, StudyError> {
        let error = || StudyError::file(path);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(error())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StudyError::Taken(path.to_owned())),
            // A file system without locks has to do without.
            Err(TryLockError::Error(reason)) if reason.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(reason)) => return Err(error()(reason)),
        }
        let part = Part::of(head);
        let offsets = vec![MISSING; part.len() as usize];
        let mut study = StudyFile { path: path.to_owned(), file, part, offsets, found: 0, end: 0, is_sorted: true };
        if fresh {
            study.file.set_len(0).map_err(error())?;
        }
        study.read(head)?;
        study.file.set_len(study.end).map_err(error())?;
        if study.end == 0 {
            study.put(&line_of(head)?).map_err(error())?;
        }
        Ok(study)
    }

    /// Takes over what is there.
    fn read(&mut self, head: &StudyHead) -> Result<(), StudyError> {
        let copy = self.file.try_clone().map_err(StudyError::file(&self.path))?;
        let Some((found, mut lines)) = Lines::of(copy, &self.path)? else { return Ok(()) };
        let differs = found.difference(head).or_else(|| (found != *head).then(|| "it is another shard's".to_owned()));
        if let Some(differs) = differs {
            return Err(StudyError::Foreign { path: self.path.clone(), differs });
        }
        while let Some(line) = lines.next()? {
            let offset = &mut self.offsets[line.place as usize];
            if *offset != MISSING {
                return Err(StudyError::broken(
                    &self.path,
                    lines.line(),
                    format!("point {} is there twice", line.point.point),
                ));
            }
            *offset = line.offset;
            self.is_sorted &= line.place == self.found;
            self.found += 1;
        }
        self.end = lines.offset();
        Ok(())
    }

    /// How many points are there.
    pub fn found(&self) -> u64 {
        self.found
    }
    /// How many there are to be.
    pub fn expected(&self) -> u64 {
        self.part.len()
    }
    /// The points that are not there yet, in order.
    pub fn missing(&self) -> Vec<u64> {
        let places = self.offsets.iter().enumerate().filter(|(_, offset)| **offset == MISSING);
        places.map(|(place, _)| self.part.point(place as u64)).collect()
    }

    /// Adds a point.
    ///
    /// Errors: whatever the file system says; the file then ends behind the last point before.
    pub fn add(&mut self, point: &StudyPoint) -> Result<(), StudyError> {
        let place = self.part.place(point.point).filter(|place| self.offsets[*place as usize] == MISSING);
        let Some(place) = place else { return Ok(()) };
        let (line, begin) = (line_of(point)?, self.end);
        if let Err(reason) = self.put(&line) {
            let _ = self.file.set_len(begin);
            return Err(StudyError::file(&self.path)(reason));
        }
        self.offsets[place as usize] = begin;
        self.is_sorted &= place == self.found;
        self.found += 1;
        Ok(())
    }

    /// Writes a whole line at the end.
    fn put(&mut self, line: &str) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(line.as_bytes())?;
        self.end += line.len() as u64;
        Ok(())
    }

    /// Moves the file to `path` with its points in order, at once.
    ///
    /// Errors: a point is missing, or whatever the file system says.
    pub fn finish(self, path: &Path) -> Result<(), StudyError> {
        if self.found < self.part.len() {
            return Err(StudyError::Unfinished { path: self.path, found: self.found, expected: self.part.len() });
        }
        if self.is_sorted && path == self.path {
            return Ok(());
        }
        self.copy_sorted(path).map_err(StudyError::file(path))?;
        if path != self.path {
            fs::remove_file(&self.path).map_err(StudyError::file(&self.path))?;
        }
        Ok(())
    }

    fn copy_sorted(&self, path: &Path) -> io::Result<()> {
        let mut source = BufReader::new(&self.file);
        let mut out = Draft::new(path)?;
        let mut line = Vec::new();
        for offset in std::iter::once(&0).chain(&self.offsets) {
            line.clear();
            source.seek(SeekFrom::Start(*offset))?;
            io::BufRead::read_until(&mut source.by_ref(), b'\n', &mut line)?;
            out.write_all(&line)?;
        }
        out.publish()
    }
}

/// As a line of a file.
pub(super) fn line_of(value: &impl serde::Serialize) -> Result<String, StudyError> {
    let line =
        serde_json::to_string(value).map_err(|error| StudyError::file(Path::new(""))(io::Error::other(error)))?;
    Ok(line + "\n")
}

#[cfg(test)]
mod tests {
    use super::super::model::ShardOf;
    use super::*;

    fn head(points: u64) -> StudyHead {
        StudyHead { api_version: "foresail/v1alpha1".into(), kind: "Study".into(), points, ..StudyHead::default() }
    }

    fn point(point: u64) -> StudyPoint {
        StudyPoint { point, ..StudyPoint::default() }
    }

    #[test]
    fn a_study_is_gone_on_with_and_ends_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("study.jsonl");
        let mut file = StudyFile::open(&path, &head(3), false).expect("a new file");
        file.add(&point(2)).expect("written");
        assert!(matches!(StudyFile::open(&path, &head(3), false), Err(StudyError::Taken(_))));
        drop(file);
        let half = fs::read_to_string(&path).expect("text") + "{\"point\":1,\"set";
        fs::write(&path, half).expect("written");
        let mut file = StudyFile::open(&path, &head(3), false).expect("the same study");
        assert_eq!((file.found(), file.missing()), (1, vec![0, 1]));
        [1, 0].into_iter().for_each(|number| file.add(&point(number)).expect("written"));
        file.finish(&path).expect("whole");
        let text = fs::read_to_string(&path).expect("text");
        let expected: String = (0..3).map(|number| line_of(&point(number)).expect("a line")).collect();
        assert_eq!(text, line_of(&head(3)).expect("a line") + &expected);
        let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn what_is_of_something_else_or_damaged_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("study.jsonl");
        let mut file = StudyFile::open(&path, &head(3), false).expect("a new file");
        file.add(&point(0)).expect("written");
        drop(file);
        let refused = |head: &StudyHead| StudyFile::open(&path, head, false).expect_err("refused").to_string();
        assert!(refused(&head(4)).contains("found points 3, expected 4"));
        let shard = Some(ShardOf { index: 1, count: 1 });
        assert!(refused(&head(3).of_shard(shard)).contains("another shard's"));
        let text = fs::read_to_string(&path).expect("text");
        fs::write(&path, format!("{text}{{}}\n")).expect("written");
        assert!(refused(&head(3)).contains("study.jsonl:3: this is not a point"));
        let twice = format!("{text}{}", text.lines().nth(1).expect("a point")) + "\n";
        fs::write(&path, twice).expect("written");
        assert!(refused(&head(3)).contains("there twice"));
        assert!(StudyFile::open(&path, &head(4), true).is_ok(), "fresh");
    }
}
