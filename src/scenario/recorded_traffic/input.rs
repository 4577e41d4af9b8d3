//! The beginning of a file, by which it is known what it is, and the rest.

use crate::limits::Budget;
use crate::scenario::digest::Recorder;
use crate::scenario::encoding;
use crate::scenario::sources::Files as _;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// So much of a file tells what it is: 64 KiB.
const HEAD: u64 = 64 * 1024;
/// How files of a folder of logs may end; rotated logs end in a number.
const EXTENSIONS: [&str; 4] = ["log", "txt", "json", "csv"];
const ROTATED: u32 = 99;

/// A file that has been begun.
pub(super) struct Input {
    /// Its beginning.
    pub(super) head: String,
    /// All of it, the beginning too.
    pub(super) rest: Box<dyn Read>,
}

/// The file itself, or those of a folder, by name.
pub(super) fn files(files: &Recorder, path: &Path) -> Result<Vec<PathBuf>, String> {
    let rotated: Vec<String> = (0..=ROTATED).map(|number| number.to_string()).collect();
    let all: Vec<&str> = EXTENSIONS.into_iter().chain(rotated.iter().map(String::as_str)).collect();
    files
        .list(path, &all)
        .map_err(|why| if why.starts_with("holds no") { "is a folder without logs".to_owned() } else { why })
}

/// Begins to read a file.
pub(super) fn open(files: &Recorder, path: &Path) -> Result<Input, String> {
    let mut input = files.stream(path)?;
    let mut head = Vec::new();
    input.by_ref().take(HEAD).read_to_end(&mut head).map_err(|error| unread(&error))?;
    let text = String::from_utf8_lossy(&head).into_owned();
    Ok(Input { head: text, rest: Box::new(Cursor::new(head).chain(input)) })
}

impl Input {
    /// All of it as a text.
    pub(super) fn text(self) -> Result<String, String> {
        let mut bytes = Vec::new();
        let most = Budget::DumpBytes.most().saturating_add(1);
        self.rest.take(most).read_to_end(&mut bytes).map_err(|error| unread(&error))?;
        Budget::DumpBytes.check(bytes.len() as u64).map_err(|error| format!("{error}; access logs may be larger"))?;
        encoding::text(bytes)
    }
}

fn unread(error: &std::io::Error) -> String {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => format!("is broken gzip: {error}"),
        _ => format!("cannot be read: {error}"),
    }
}
