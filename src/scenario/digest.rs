//! A fingerprint of everything that was read for a scenario.
//!
//! It is made of bytes that users can see: the merged scenario with all settings in it, its keys sorted, and the name
//! and the text of each file that the scenario names. Names are relative to the scenario's folder. Equal inputs have
//! equal digests, whatever the release, the compiler or the machine; comments and the order of keys in the scenario file
//! do not count. Deliberately not in it: prices and other facts of the program, the seed and the replications of a command
//! line, and what a sweep varies.

use super::inputs::Inputs;
use super::origins::Origins;
use super::sources::{Files, Sources, is_too_large};
use crate::rng::{Fnv1a, fnv1a, mix};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Grows when the rule changes.
const VERSION: u32 = 1;

/// A place that files are read from, which remembers what was read.
pub(super) struct Recorder {
    sources: Sources,
    /// Names are relative to this.
    folder: PathBuf,
    read: Rc<RefCell<Read>>,
}

/// What was read, by name: the text if it is short, and its hash.
pub(super) type Read = BTreeMap<String, (Option<Arc<str>>, u64)>;

impl Recorder {
    /// Nothing was read yet.
    pub(super) fn new(sources: Sources, folder: &Path) -> Self {
        Recorder { sources, folder: folder.to_owned(), read: Rc::default() }
    }

    /// The digest of a merged scenario and of the files read so far, in hexadecimal.
    pub(super) fn digest(&self, scenario: &Value) -> String {
        let mut scenario = sorted(scenario);
        scenario.as_object_mut().into_iter().for_each(|fields| drop(fields.shift_remove("sweep")));
        let mut text = format!("foresail {VERSION}\n{scenario}\n");
        for (name, (_, hash)) in &*self.read.borrow() {
            text += &format!("{name}\0{hash:016x}\n");
        }
        format!("{:016x}", mix(fnv1a(&text)))
    }
}

impl Recorder {
    /// Another one of the same place, which has read nothing.
    pub(super) fn beside(&self) -> Self {
        Recorder::new(self.sources, &self.folder)
    }
    /// What was read.
    pub(super) fn into_read(self) -> Read {
        self.read.take()
    }
    /// A file of any size, piece by piece and unpacked, or why there is none. It counts as read when it is dropped.
    pub(super) fn stream(&self, path: &Path) -> Result<Box<dyn std::io::Read>, String> {
        let inner = self.sources.open(path)?;
        let (name, read) = (self.name(path), self.read.clone());
        Ok(Box::new(Streamed { inner, hash: Fnv1a::new(), kept: Some(Vec::new()), name, read }))
    }
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned()
    }
    /// Counts as read what another one has read.
    pub(super) fn absorb(&self, read: &Read) {
        self.read.borrow_mut().extend(read.iter().map(|(name, text)| (name.clone(), text.clone())));
    }
    /// What was read, with a merged scenario and where its fields were written.
    pub(super) fn into_inputs(self, scenario: &Value, origins: Origins) -> Inputs {
        Inputs::new(scenario, origins, self.folder, self.read.take())
    }
}

impl Files for &Recorder {
    fn read(self, path: &Path) -> Result<String, String> {
        let text = self.sources.read(path)?;
        let kept = Inputs::keeps(text.len()).then(|| Arc::from(text.as_str()));
        self.read.borrow_mut().insert(self.name(path), (kept, fnv1a(&text)));
        Ok(text)
    }
    /// What is too large to be held is read piece by piece.
    fn open(self, path: &Path) -> Result<Box<dyn std::io::Read>, String> {
        if path.as_os_str() == "-" {
            return self.stream(path);
        }
        match self.read(path) {
            Ok(text) => Ok(Box::new(Cursor::new(text))),
            Err(why) if is_too_large(&why) => self.stream(path),
            Err(why) => Err(why),
        }
    }
    fn list(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
        self.sources.list(path, extensions)
    }
    fn folder(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
        self.sources.folder(path, extensions)
    }
}

/// A file that is read piece by piece, and hashed on the way.
struct Streamed {
    inner: Box<dyn std::io::Read>,
    hash: Fnv1a,
    /// The text so far, while it is short.
    kept: Option<Vec<u8>>,
    name: String,
    read: Rc<RefCell<Read>>,
}

impl std::io::Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash = self.hash.with_bytes(&buffer[..count]);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&buffer[..count]);
        }
        self.kept = self.kept.take().filter(|kept| Inputs::keeps(kept.len()));
        Ok(count)
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        let kept = self.kept.take().and_then(|bytes| String::from_utf8(bytes).ok());
        let row = (kept.map(|text| Arc::from(text.as_str())), self.hash.0);
        self.read.borrow_mut().insert(std::mem::take(&mut self.name), row);
    }
}

/// The same value with sorted keys.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            Value::Object(fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect())
        }
        Value::Array(rows) => Value::Array(rows.iter().map(sorted).collect()),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The digest of a scenario with some files of the reference scenario.
    fn digest(scenario: &Value, files: &[&str]) -> String {
        let recorder = Recorder::new(Sources::Embedded, Path::new(""));
        files.iter().for_each(|name| drop((&recorder).read(Path::new(name))));
        recorder.digest(scenario)
    }

    #[test]
    fn the_rule_stays_as_it_is() {
        // Another value means another rule: then the version grows as well.
        assert_eq!(digest(&json!({"kind": "Scenario", "seed": 7}), &[]), "78f07bc0a278463f");
    }

    #[test]
    fn the_order_of_keys_and_of_reading_does_not_matter() {
        let (a, b) = (json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"d": 3, "c": 2}, "a": 1}));
        let files = ["manifests/batch.yaml", "manifests/system.yaml"];
        assert_eq!(digest(&a, &files), digest(&b, &[files[1], files[0], files[1]]));
    }

    #[test]
    fn values_texts_and_names_matter() {
        let one = json!({"a": 1});
        let all = [
            digest(&one, &[]),
            digest(&json!({"a": 2}), &[]),
            digest(&one, &["manifests/batch.yaml"]),
            digest(&one, &["manifests/system.yaml"]),
        ];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        let elsewhere = |folder: &str| {
            let recorder = Recorder::new(Sources::Embedded, Path::new(folder));
            drop((&recorder).read(Path::new("manifests/batch.yaml")));
            recorder.digest(&one)
        };
        assert_ne!(elsewhere("manifests"), elsewhere(""), "the name counts");
    }
}
