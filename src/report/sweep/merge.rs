//! Parts of a study together: the same bytes as if it had been simulated in one go.

use super::error::StudyError;
use super::lines::{Line, Lines};
use super::model::{ShardOf, StudyHead};
use super::part::Part;
use super::study_file::line_of;
use crate::whole::Draft;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What helps a file whose points are not in order.
const IN_ORDER: &str = "; the same command that wrote the file brings it to an end and in order";

/// A part while it is merged: one line of it is in memory.
struct Source {
    path: PathBuf,
    lines: Lines,
    head: StudyHead,
    next: Option<Line>,
    found: u64,
}

/// Merges files of shards into one study at `path`, at once. A shard may be there twice, if both have the same results. Returns
/// the head.
///
/// Errors: a file is of another study, not whole or damaged, a shard is missing, or whatever the file system says.
pub fn merge_study(parts: &[PathBuf], path: &Path) -> Result<StudyHead, StudyError> {
    let mut sources = parts.iter().map(|part| Source::open(part)).collect::<Result<Vec<Source>, StudyError>>()?;
    let Some(first) = sources.first() else {
        return Err(StudyError::Missing("there is nothing to merge".to_owned()));
    };
    let head = first.head.of_shard(None);
    for source in &sources {
        if let Some(differs) = source.head.difference(&head) {
            let differs = format!("{differs} as in {}", first.path.display());
            return Err(StudyError::Foreign { path: source.path.clone(), differs });
        }
    }
    missing_shards(&sources)?;
    let mut draft = Draft::new(path).map_err(StudyError::file(path))?;
    write(&mut sources, &head, &mut draft)?;
    draft.publish().map_err(StudyError::file(path))?;
    Ok(head)
}

impl Source {
    fn open(path: &Path) -> Result<Source, StudyError> {
        let Some((head, mut lines)) = Lines::open(path)? else {
            return Err(StudyError::broken(path, 1, "the file is empty, or ends in the middle of its head"));
        };
        let next = lines.next()?;
        Ok(Source { path: path.to_owned(), lines, head, next, found: 0 })
    }

    /// Hands over the present line and reads the next one.
    fn take(&mut self) -> Result<Option<Line>, StudyError> {
        let Some(line) = self.next.take() else { return Ok(None) };
        self.found += 1;
        self.next = self.lines.next()?;
        if let Some(next) = self.next.as_ref().filter(|next| next.place <= line.place) {
            let reason = format!("point {} comes after point {}", next.point.point, line.point.point);
            return Err(StudyError::broken(&self.path, self.lines.line(), reason + IN_ORDER));
        }
        Ok(Some(line))
    }

    /// Says that a point of its part is not there, or not in its place.
    fn lacks(&self, point: u64) -> Result<(), StudyError> {
        if Part::of(&self.head).place(point).is_none() {
            return Ok(());
        }
        let Some(next) = &self.next else { return self.is_whole() };
        let reason = format!("point {} stands where point {point} should", next.point.point);
        Err(StudyError::broken(&self.path, self.lines.line(), reason + IN_ORDER))
    }

    /// Nothing of its part may be missing.
    fn is_whole(&self) -> Result<(), StudyError> {
        let expected = Part::of(&self.head).len();
        if self.lines.has_half() || self.found < expected {
            return Err(StudyError::Unfinished { path: self.path.clone(), found: self.found, expected });
        }
        Ok(())
    }
}

/// Says which shards nobody has, where all files are of as many shards.
fn missing_shards(sources: &[Source]) -> Result<(), StudyError> {
    let shards: BTreeSet<(u32, u32)> =
        sources.iter().filter_map(|source| source.head.shard).map(|shard| (shard.count, shard.index)).collect();
    let counts: BTreeSet<u32> = shards.iter().map(|(count, _)| *count).collect();
    let is_all = sources.iter().any(|source| source.head.shard.is_none_or(|shard: ShardOf| shard.count == 1));
    let mut counts = counts.into_iter();
    let (Some(count), None, false) = (counts.next(), counts.next(), is_all) else { return Ok(()) };
    let missing: Vec<String> = (1..=count)
        .filter(|index| !shards.contains(&(count, *index)))
        .map(|index| format!("{index}/{count}"))
        .collect();
    match missing[..] {
        [] => Ok(()),
        [ref one] => Err(StudyError::Missing(format!("shard {one} is missing"))),
        _ => {
            let more = if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
            let named = missing.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            Err(StudyError::Missing(format!("the shards {named}{more} are missing")))
        }
    }
}

fn write(sources: &mut [Source], head: &StudyHead, out: &mut Draft) -> Result<(), StudyError> {
    let path = out.path().to_owned();
    let mut put = |text: &str| out.write_all(text.as_bytes()).map_err(StudyError::file(&path));
    put(&line_of(head)?)?;
    for point in 0..head.points {
        // The file it is from, and its line.
        let mut found: Option<(PathBuf, String)> = None;
        for source in sources.iter_mut() {
            if source.next.as_ref().is_none_or(|line| line.point.point != point) {
                continue;
            }
            let Some(line) = source.take()? else { continue };
            match &found {
                None => found = Some((source.path.clone(), line.text)),
                Some((_, text)) if *text == line.text => {}
                Some((one, _)) => {
                    return Err(StudyError::Disagreement { one: one.clone(), other: source.path.clone(), point });
                }
            }
        }
        match found {
            Some((_, text)) => put(&text)?,
            None => {
                // Whose it is says more than that it is missing.
                sources.iter().try_for_each(|source| source.lacks(point))?;
                return Err(StudyError::Missing(format!("point {point} is in none of the files")));
            }
        }
    }
    sources.iter().try_for_each(Source::is_whole)
}

/// The files of shards in a folder, by name.
///
/// Errors: whatever the file system says.
pub fn shard_files(folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
    let entries = fs::read_dir(folder).map_err(StudyError::file(folder))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(StudyError::file(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("shard-") && name.ends_with(".jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// How the file of a shard is called.
pub fn shard_name(shard: ShardOf) -> String {
    format!("shard-{}-of-{}.jsonl", shard.index, shard.count)
}

#[cfg(test)]
mod tests {
    use super::super::{StudyFile, StudyPoint};
    use super::*;

    fn head(points: u64, shard: Option<ShardOf>) -> StudyHead {
        let (api_version, kind) = ("foresail/v1alpha1".into(), "Study".into());
        StudyHead { api_version, kind, points, shard, ..StudyHead::default() }
    }

    /// The file of a shard, in a folder.
    fn shard(folder: &Path, name: &str, points: u64, (index, count): (u32, u32)) -> PathBuf {
        let path = folder.join(name);
        let draft = folder.join(format!("{name}.part"));
        let head = head(points, Some(ShardOf { index, count }));
        let mut file = StudyFile::open(&draft, &head, false).expect("a file");
        for point in file.missing().into_iter().rev() {
            file.add(&StudyPoint { point, ..StudyPoint::default() }).expect("written");
        }
        file.finish(&path).expect("whole");
        path
    }

    #[test]
    fn any_parts_in_any_order_give_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let merged = |parts: &[PathBuf]| {
            let out = folder.join("study.jsonl");
            merge_study(parts, &out).unwrap_or_else(|error| panic!("{error}"));
            fs::read(&out).expect("bytes")
        };
        let whole = merged(&[shard(folder, "one", 10, (1, 1))]);
        let halves = [shard(folder, "a", 10, (1, 2)), shard(folder, "b", 10, (2, 2))];
        assert_eq!(merged(&halves), whole);
        assert_eq!(merged(&[halves[1].clone(), halves[0].clone(), halves[1].clone()]), whole, "one of them twice");
        let mut sevenths: Vec<PathBuf> = (1..=7).map(|at| shard(folder, &format!("s{at}"), 10, (at, 7))).collect();
        sevenths.push(halves[0].clone());
        sevenths.reverse();
        assert_eq!(merged(&sevenths), whole, "of two kinds");
        let empty: Vec<PathBuf> = (1..=7).map(|at| shard(folder, &format!("e{at}"), 3, (at, 7))).collect();
        assert_eq!(merged(&empty), merged(&[shard(folder, "e", 3, (1, 1))]), "shards without a point");
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let refused = |parts: &[PathBuf]| {
            let error = merge_study(parts, &folder.join("out")).expect_err("refused").to_string();
            assert!(!folder.join("out").exists() && !folder.join(".out.tmp").exists(), "nothing is left");
            error
        };
        let halves = [shard(folder, "a", 10, (1, 2)), shard(folder, "b", 10, (2, 2))];
        assert_eq!(refused(&halves[..1]), "shard 2/2 is missing");
        assert!(refused(&[]).contains("nothing to merge"));
        let foreign = shard(folder, "c", 11, (2, 2));
        assert!(refused(&[halves[0].clone(), foreign]).contains("found points 11, expected 10 as in"));
        let text = fs::read_to_string(&halves[1]).expect("text");
        fs::write(&halves[1], &text[..text.len() - 10]).expect("written");
        assert!(refused(&halves).contains("b is not whole: it has 4 of 5 points"), "{}", refused(&halves));
        let lines: Vec<&str> = text.lines().collect();
        fs::write(&halves[1], format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1])).expect("written");
        assert!(refused(&halves).contains("b:2: point 3 stands where point 1 should"), "{}", refused(&halves));
        fs::write(&halves[1], text.replace("\"settings\":{}", "\"settings\":{},\"caveats\":[\"x\"]")).expect("written");
        let twice = [halves[0].clone(), halves[1].clone(), shard(folder, "d", 10, (2, 2))];
        assert!(refused(&twice).ends_with("disagree about point 1"), "{}", refused(&twice));
        fs::write(&halves[1], "").expect("written");
        assert!(refused(&halves).contains("the file is empty"));
    }
}
