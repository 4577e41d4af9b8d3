//! One file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file's new content, beside it until it is published; dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    out: Out,
    is_published: bool,
}

#[derive(Debug)]
enum Out {
    Beside(PathBuf, BufWriter<File>),
    /// Nothing stands beside a pipe or a device: the content itself waits.
    Waiting(Vec<u8>),
}

impl Draft {
    /// Begins one. Folders on the way are made.
    ///
    /// Errors: a folder is there, or whatever the file system says.
    pub fn new(path: &Path) -> io::Result<Self> {
        // Behind a link is the file that is meant.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
        }
        if path.exists() && !path.is_file() {
            return Ok(Draft { path, out: Out::Waiting(Vec::new()), is_published: false });
        }
        if path.is_file() {
            // Moving over it would ask the folder's permission, not the file's.
            fs::OpenOptions::new().append(true).open(&path)?;
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let beside = hidden(&path);
        let out = BufWriter::new(File::create(&beside)?);
        Ok(Draft { path, out: Out::Beside(beside, out), is_published: false })
    }

    /// Moves it to its place.
    ///
    /// Errors: whatever the file system says; what was there before stays, but for a pipe or a device.
    pub fn publish(mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Beside(beside, out) => {
                out.flush()?;
                fs::rename(beside, &self.path)?;
            }
            Out::Waiting(content) => fs::OpenOptions::new().write(true).open(&self.path)?.write_all(content)?,
        }
        self.is_published = true;
        Ok(())
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Whether there is nothing left to write but a name.
    pub fn is_beside(&self) -> bool {
        matches!(self.out, Out::Beside(..))
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Beside(_, out) => out.write(bytes),
            Out::Waiting(content) => content.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Beside(_, out) => out.flush(),
            Out::Waiting(_) => Ok(()),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Out::Beside(beside, _) = &self.out
            && !self.is_published
        {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Writes a file, all of it or nothing: no reader sees half of it, and what was there stays if it fails. Folders are made.
///
/// Errors: whatever the file system says.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let mut draft = Draft::new(path)?;
    draft.write_all(content.as_ref())?;
    draft.publish()
}

/// The hidden name beside a file. This process's own: another's draft is not written over.
fn hidden(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_there_once_it_is_published_and_an_old_one_until_then() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("made/result.json");
        write(&path, "old").expect("written");
        let mut draft = Draft::new(&path).expect("a draft");
        draft.write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
        draft.publish().expect("published");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "new");
        drop(Draft::new(&path).expect("a draft"));
        assert_eq!(names(path.parent().expect("a folder")), ["result.json"], "a draft leaves nothing behind");
    }

    #[test]
    fn a_folder_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(write(folder.path(), "").expect_err("a folder").kind(), io::ErrorKind::IsADirectory);
    }
}
