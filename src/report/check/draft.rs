//! Files that are there as a whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file's new text, beside it.
pub(super) struct Draft {
    path: PathBuf,
    /// Nothing stands beside a pipe or a device: the text itself waits.
    beside: Result<PathBuf, String>,
}

impl Draft {
    /// Writes it.
    ///
    /// Errors: a folder is there, or whatever the file system says; then nothing is left behind.
    pub(super) fn new(path: &Path, text: &str) -> io::Result<Self> {
        // Behind a link is the file that is meant.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if place.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if place.exists() && !place.is_file() {
            return Ok(Draft { path: place, beside: Err(text.to_owned()) });
        }
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let written = fs::write(&beside, text);
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written.map(|()| Draft { path: place, beside: Ok(beside) })
    }

    /// Moves it to its place.
    pub(super) fn publish(self) -> io::Result<()> {
        match &self.beside {
            Ok(beside) => fs::rename(beside, &self.path).inspect_err(|_| drop(fs::remove_file(beside))),
            Err(text) => fs::OpenOptions::new().write(true).open(&self.path)?.write_all(text.as_bytes()),
        }
    }

    /// Takes it away.
    pub(super) fn discard(self) {
        if let Ok(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

impl Draft {
    /// Where it will be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
    /// Whether there is nothing left to write but a name.
    pub(super) fn is_beside(&self) -> bool {
        self.beside.is_ok()
    }
}

/// Writes a file, all of it or nothing: no reader sees half of it, and what was there stays if it fails. Folders are made.
///
/// Errors: whatever the file system says.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    Draft::new(path, text)?.publish()
}
