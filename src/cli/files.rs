//! Files that a command writes.

use super::Failure;
use foresail::scenario::issue::Issue;
use foresail::whole::{self, Folder};
use std::io::{Error, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// Writes a file that the user named with `flag`, all of it or nothing; into a folder that is there.
///
/// Errors: those of [`unwritable`].
pub(super) fn write(flag: &str, path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let there = folder.map_or(Ok(()), |folder| std::fs::metadata(folder).map(drop));
    there.and_then(|()| whole::write(path, content)).map_err(|error| unwritable(flag, path, &error))
}

/// Why a file or a folder that the user named with `flag` cannot be written: mostly because of what was named, else
/// because of the machine.
pub(super) fn unwritable(flag: &str, path: &Path, error: &Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    match error.kind() {
        ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::Interrupted
        | ErrorKind::Other => Failure::Internal(message),
        ErrorKind::ResourceBusy => {
            Issue::error(flag, message).with_help("wait until it has ended, or name another place").into()
        }
        _ => Issue::error(flag, message).with_help("name a place that you may write to").into(),
    }
}

/// The folder that the user named with `flag`, which nobody else writes until this is dropped.
///
/// Errors: those of [`unwritable`], and another foresail that writes there.
pub(super) fn folder(flag: &str, path: &Path) -> Result<Folder, Failure> {
    Folder::open(path).map_err(|error| unwritable(flag, path, &error))
}

/// Tries whether a folder could be written at `path`, leaving nothing behind.
///
/// Errors: those of [`unwritable`].
pub(super) fn check_folder(flag: &str, path: &Path) -> Result<(), Failure> {
    let existing = path.ancestors().find(|folder| folder.exists() || folder.as_os_str().is_empty());
    let existing = existing.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let trial = existing.join(format!(".foresail.{}.tmp", std::process::id()));
    std::fs::create_dir(&trial)
        .and_then(|()| std::fs::remove_dir(&trial))
        .map_err(|error| unwritable(flag, path, &error))
}

/// The way from a folder to a file, both absolute.
pub(super) fn way_to(folder: &Path, file: &Path) -> PathBuf {
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}
