//! A folder in memory that inputs are written to, since the library reads files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

thread_local! {
    static PLACE: RefCell<Place> = RefCell::new(Place::new());
}

struct Place {
    folder: TempDir,
    /// What lies there: what has not changed is not written again.
    files: BTreeMap<String, Vec<u8>>,
}

impl Place {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()),
            false => tempfile::tempdir(),
        };
        Place { folder: folder.expect("a folder"), files: BTreeMap::new() }
    }
}

/// Calls `with` with a folder that holds these files and no others.
pub(super) fn within<T>(files: &[(&str, &[u8])], with: impl FnOnce(&Path) -> T) -> T {
    PLACE.with_borrow_mut(|place| {
        let root: PathBuf = place.folder.path().to_owned();
        place.files.retain(|name, _| {
            let stays = files.iter().any(|(wanted, _)| wanted == name);
            if !stays {
                fs::remove_file(root.join(name)).expect("it was written");
            }
            stays
        });
        // The last of a name is the one that counts.
        for (number, (name, bytes)) in files.iter().enumerate() {
            let is_last = !files[number + 1..].iter().any(|(later, _)| later == name);
            if is_last && place.files.get(*name).is_none_or(|there| there != bytes) {
                fs::write(root.join(name), bytes).expect("a file in memory");
                place.files.insert((*name).to_owned(), bytes.to_vec());
            }
        }
        with(&root)
    })
}

/// The parts of an input: what comes before the first mark has the name "".
pub(super) fn parts(data: &[u8]) -> Vec<(&str, &[u8])> {
    let (mut parts, mut name, mut from) = (Vec::new(), "", 0);
    let mut at = 0;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(mark) = line.strip_prefix(b"%% ") {
            parts.push((name, &data[from..at]));
            name = std::str::from_utf8(mark).map(str::trim).unwrap_or("other");
            from = at + line.len();
        }
        at += line.len();
    }
    parts.push((name, &data[from..]));
    parts.retain(|(name, part)| !(name.is_empty() && part.is_empty()));
    parts
}
