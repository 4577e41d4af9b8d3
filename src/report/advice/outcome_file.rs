//! The file that a search writes: a line for each replication of each setting, so that it goes on where it stopped.

use crate::report::model::API_VERSION;
use crate::report::sweep::StudyError;
use crate::scenario::Scenario;
use crate::study::advise::{Known, Outcome, Period};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the outcomes are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    api_version: String,
    kind: String,
    foresail_version: String,
    /// Of everything that was read.
    digest: String,
    seed: u64,
    duration_seconds: f64,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    /// In the words of `--set`.
    sets: String,
    period: Period,
    outcome: Outcome,
}

/// Outcomes on disk while a search runs. Nobody else can write them meanwhile.
#[derive(Debug)]
pub struct OutcomeFile {
    path: PathBuf,
    known: BTreeMap<(String, Period), Outcome>,
    /// With what went wrong first.
    file: Mutex<(File, Option<io::Error>)>,
}

impl OutcomeFile {
    /// Opens the file at `path`, or begins it; what an earlier search of the same scenario wrote is kept, but for half a last line. With
    /// `fresh` nothing is kept, of whatever it is.
    ///
    /// Errors: it is of another scenario, it is damaged, somebody else writes it, or whatever the file system says.
    pub fn open(path: &Path, scenario: &Scenario, fresh: bool) -> Result<Self, StudyError> {
        let error = |source| StudyError::File { path: path.to_owned(), source };
        let head = Head {
            api_version: API_VERSION.to_owned(),
            kind: "RecommendStudy".to_owned(),
            foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
            digest: scenario.digest.clone(),
            seed: scenario.seed,
            duration_seconds: scenario.duration.as_secs_f64(),
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StudyError::Taken(path.to_owned())),
            // A file system without locks has to do without.
            Err(TryLockError::Error(reason)) if reason.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(reason)) => return Err(error(reason)),
        }
        let (known, end) = if fresh { Default::default() } else { read(&file, path, &head)? };
        file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(error)?;
        if end == 0 {
            let line = serde_json::to_string(&head).map_err(io::Error::other).map_err(error)?;
            file.write_all((line + "\n").as_bytes()).map_err(error)?;
        }
        Ok(OutcomeFile { path: path.to_owned(), known, file: Mutex::new((file, None)) })
    }

    /// How many outcomes of an earlier search there are.
    pub fn found(&self) -> usize {
        self.known.len()
    }

    /// Ends writing.
    ///
    /// Errors: what could not be written.
    pub fn finish(self) -> Result<(), StudyError> {
        let (_, failed) = self.file.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), |source| Err(StudyError::File { path: self.path, source }))
    }
}

impl Known for OutcomeFile {
    fn get(&self, settings: &str, period: Period) -> Option<Outcome> {
        self.known.get(&(settings.to_owned(), period)).cloned()
    }

    fn put(&self, settings: &str, period: Period, outcome: &Outcome) {
        let line = Line { sets: settings.to_owned(), period, outcome: outcome.clone() };
        let mut place = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, failed) = &mut *place;
        if failed.is_some() {
            return;
        }
        let text = serde_json::to_string(&line).map_err(io::Error::other);
        *failed = text.and_then(|text| file.write_all((text + "\n").as_bytes())).err();
    }
}

/// What is there, and where its last whole line ends.
fn read(file: &File, path: &Path, head: &Head) -> Result<(BTreeMap<(String, Period), Outcome>, u64), StudyError> {
    let mut lines = BufReader::new(file);
    let (mut known, mut end, mut text) = (BTreeMap::new(), 0, String::new());
    for number in 1.. {
        text.clear();
        let length = lines.read_line(&mut text).map_err(|source| StudyError::File { path: path.to_owned(), source })?;
        if !text.ends_with('\n') {
            break;
        }
        let broken = |what: &str| StudyError::Broken { path: path.to_owned(), line: number, reason: what.to_owned() };
        if number == 1 {
            let found: Head =
                serde_json::from_str(&text).map_err(|_| broken("this is not the head of a recommendation's study"))?;
            if found != *head {
                let differs = "another scenario, seed or release".to_owned();
                return Err(StudyError::Foreign { path: path.to_owned(), differs });
            }
        } else {
            let line: Line = serde_json::from_str(&text).map_err(|_| broken("this is not an outcome"))?;
            known.insert((line.sets, line.period), line.outcome);
        }
        end += length as u64;
    }
    Ok((known, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::advise::Part;

    const FIRST: Period = Period { part: Part::Train, number: 3 };
    const DAY: Period = Period { part: Part::Day(1), number: 3 };

    fn outcome(usd: f64) -> Outcome {
        let text = format!(
            r#"{{"usd":{usd},"co2eKg":null,"promised":[0.2,null],"breach":0.1,"pendingPodHours":0.0,"longestPendingS":1.5,
            "failed":0.0,"p95S":0.19,"sizes":[[2,5]],"hottest":[71],"requestedVcpus":4.25}}"#
        );
        serde_json::from_str(&text).expect("an outcome")
    }

    #[test]
    fn a_search_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("study.jsonl");
        let scenario = crate::scenario::embedded(&[]).expect("the reference scenario");
        let file = OutcomeFile::open(&path, &scenario, false).expect("a new file");
        file.put("hpas.web.minReplicas=2", FIRST, &outcome(0.1));
        assert!(matches!(OutcomeFile::open(&path, &scenario, false), Err(StudyError::Taken(_))));
        file.finish().expect("written");
        let half = std::fs::read_to_string(&path).expect("text") + "{\"sets\":\"\",\"repl";
        std::fs::write(&path, half).expect("written");
        let file = OutcomeFile::open(&path, &scenario, false).expect("the same search");
        assert_eq!(file.found(), 1);
        let found = file.get("hpas.web.minReplicas=2", FIRST).expect("it is there");
        assert_eq!((found.usd, found.promised[0], found.promised[1].is_nan()), (0.1, 0.2, true));
        assert_eq!(file.get("hpas.web.minReplicas=2", DAY), None);
        file.put("", DAY, &outcome(0.2));
        file.finish().expect("written");
        assert_eq!(OutcomeFile::open(&path, &scenario, false).expect("whole lines only").found(), 2);
        assert_eq!(OutcomeFile::open(&path, &scenario, true).expect("emptied").found(), 0);
    }

    #[test]
    fn what_is_of_something_else_or_damaged_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("study.jsonl");
        let scenario = crate::scenario::embedded(&[]).expect("the reference scenario");
        drop(OutcomeFile::open(&path, &scenario, false).expect("a new file"));
        let other = Scenario { seed: 2, ..scenario.clone() };
        assert!(matches!(OutcomeFile::open(&path, &other, false), Err(StudyError::Foreign { .. })));
        let text = std::fs::read_to_string(&path).expect("text") + "{}\n";
        std::fs::write(&path, text).expect("written");
        let error = OutcomeFile::open(&path, &scenario, false).expect_err("damaged").to_string();
        assert!(error.contains("study.jsonl:2: this is not an outcome"), "{error}");
        std::fs::write(&path, "{}\n").expect("written");
        let error = OutcomeFile::open(&path, &scenario, false).expect_err("damaged").to_string();
        assert!(error.contains("study.jsonl:1: this is not the head"), "{error}");
    }
}
