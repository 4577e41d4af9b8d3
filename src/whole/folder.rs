//! A folder of files that belong together.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The list of what a folder holds, as `sha256sum --check` reads it; written last.
pub const SUMS: &str = "SHA256SUMS";
/// What the names of unfinished files begin with.
const DRAFTS: &str = ".foresail.";

/// A folder that nobody else writes while this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The folder itself, locked; none on a system that does not lock folders.
    _lock: Option<File>,
    /// Those on the way that were not there before, the innermost first.
    made: Vec<PathBuf>,
}

/// All folders that were made and are still open, for [`leave_nothing`].
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Takes away the folders that were made and have nothing in them: before the program ends in the middle of its work. Files that are being moved
/// into their places are moved before.
pub fn leave_nothing() {
    remove_empty(&MADE.lock().unwrap_or_else(PoisonError::into_inner));
}

/// One that holds something stays.
fn remove_empty(folders: &[PathBuf]) {
    folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
}

impl Folder {
    /// Makes the folder where there is none, keeps others from writing there, and takes away what one that was killed left unfinished.
    /// Dropped without anything in it, the folder is gone again.
    ///
    /// Errors: `ResourceBusy` where another process writes there, else whatever the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let missing = path.ancestors().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        MADE.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&made);
        let mut folder = Folder { path: path.to_owned(), _lock: None, made };
        fs::create_dir_all(path)?;
        folder._lock = locked(path)?;
        folder.take_away_drafts()?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn take_away_drafts(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_draft = name.to_str().is_some_and(|name| name.starts_with(DRAFTS) && name.ends_with(".tmp"));
            if is_draft && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Writes these files (name and content) and moves them in, [`SUMS`] last. Of `stale` names, those that are not among them are taken away: what
    /// an earlier run wrote and this one does not would be taken for this one's. Other files stay.
    ///
    /// Errors: a folder in the place of a file, or whatever the file system says. Until all are written nothing changes; one that is
    /// ended between two moves leaves some of its own, none of the earlier ones, and no [`SUMS`].
    pub fn publish(&self, files: &[(&str, impl AsRef<[u8]>)], stale: &[&str]) -> io::Result<()> {
        let _nobody_ends = MADE.lock();
        let drafts = self.path.join(format!("{DRAFTS}{}.tmp", std::process::id()));
        let written = self.written(files, stale, &drafts);
        if written.is_err() {
            let _ = fs::remove_dir_all(&drafts);
        }
        written
    }

    fn written(&self, files: &[(&str, impl AsRef<[u8]>)], stale: &[&str], drafts: &Path) -> io::Result<()> {
        let place = |name: &str| self.path.join(name);
        if let Some((name, _)) = files.iter().find(|(name, _)| place(name).is_dir()) {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, format!("{name} in it is a folder")));
        }
        fs::create_dir(drafts)?;
        let mut sums = String::new();
        for (name, content) in files {
            let content = content.as_ref();
            fs::write(drafts.join(name), content)?;
            let sum = Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            let _ = writeln!(sums, "{sum}  {name}");
        }
        fs::write(drafts.join(SUMS), sums)?;
        let names = || files.iter().map(|(name, _)| *name);
        for name in [SUMS].into_iter().chain(stale.iter().copied()).chain(names()) {
            gone(fs::remove_file(place(name)))?;
        }
        for name in names().chain([SUMS]) {
            fs::rename(drafts.join(name), place(name))?;
        }
        fs::remove_dir(drafts)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove_empty(&self.made);
        MADE.lock().unwrap_or_else(PoisonError::into_inner).retain(|folder| !self.made.contains(folder));
    }
}

/// That there was nothing to take away is no error.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// A lock on the folder at this place, which ends with the process, however that ends.
fn locked(place: &Path) -> io::Result<Option<File>> {
    let Ok(folder) = File::open(place) else { return Ok(None) };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another foresail is writing there"))
        }
        // Not every file system has locks, and for folders.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_has_one_writer() {
        let parent = tempfile::tempdir().expect("a folder");
        let place = parent.path().join("a/report");
        let first = Folder::open(&place).expect("mine");
        assert_eq!(Folder::open(&place).expect_err("taken").kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        assert_eq!(names(parent.path()), [] as [&str; 0], "nothing was written, nothing is left");
        Folder::open(&place).expect("free again");
    }

    #[test]
    fn what_was_killed_is_taken_away_and_what_is_stale_and_the_rest_stays() {
        let parent = tempfile::tempdir().expect("a folder");
        let place = parent.path();
        fs::create_dir(place.join(".foresail.1.tmp")).expect("left by another");
        for name in ["own.txt", "old.csv", ".foresail.1.tmp/result.json"] {
            fs::write(place.join(name), "").expect("written");
        }
        let folder = Folder::open(place).expect("mine");
        folder.publish(&[("result.json", "{}"), ("a.csv", "a\n")], &["old.csv", "never.csv"]).expect("published");
        drop(folder);
        assert_eq!(names(place), [SUMS, "a.csv", "own.txt", "result.json"]);
        let sums = fs::read_to_string(place.join(SUMS)).expect("sums");
        assert_eq!(
            sums,
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  result.json\n\
             87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7  a.csv\n"
        );
    }

    #[test]
    fn an_impossible_place_is_an_error() {
        let parent = tempfile::tempdir().expect("a folder");
        fs::write(parent.path().join("file"), "").expect("written");
        assert!(Folder::open(&parent.path().join("file/report")).is_err());
        assert_eq!(names(parent.path()), ["file"]);
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_changes_nothing() {
        let parent = tempfile::tempdir().expect("a folder");
        fs::create_dir(parent.path().join("a.csv")).expect("made");
        fs::write(parent.path().join("result.json"), "old").expect("written");
        let folder = Folder::open(parent.path()).expect("mine");
        let error = folder.publish(&[("result.json", "{}"), ("a.csv", "a")], &[]).expect_err("a folder is there");
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        assert_eq!(fs::read_to_string(parent.path().join("result.json")).expect("a file"), "old");
        drop(folder);
        assert_eq!(names(parent.path()), ["a.csv", "result.json"]);
    }
}
