//! Where files come from: the disk, or the scenario that is built into the program.

use super::encoding;
use crate::limits::{Budget, Exceeded};
use flate2::bufread::MultiGzDecoder;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Whether a file was refused because it is too large to be held.
pub(crate) fn is_too_large(why: &str) -> bool {
    [Budget::FileBytes, Budget::DumpBytes].into_iter().any(|budget| why == Exceeded { budget }.to_string())
}
/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A place to read files from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// The disk.
    Disk,
    /// The reference scenario inside the program.
    Embedded,
}

/// What readers need of a place that files are read from.
pub(crate) trait Files: Copy {
    /// A file's text, unpacked if it is gzip, or why there is none.
    fn read(self, path: &Path) -> Result<String, String>;
    /// A file of any size, piece by piece and unpacked, or why there is none.
    fn open(self, path: &Path) -> Result<Box<dyn Read>, String> {
        self.read(path).map(|text| Box::new(Cursor::new(text)) as Box<dyn Read>)
    }
    /// The file itself, or the files below the folder that end in one of `extensions` (with or without a
    /// `.gz` behind), by name.
    fn list(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String>;
    /// As [`Files::list`], of a folder alone: nothing below the folders in it.
    fn folder(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String>;
}

/// The reference scenario's files.
const EMBEDDED: &[(&str, &str)] = &[
    ("scenario.yaml", include_str!("../../scenarios/ecommerce/scenario.yaml")),
    ("manifests/batch.yaml", include_str!("../../scenarios/ecommerce/manifests/batch.yaml")),
    ("manifests/cluster-autoscaler.yaml", include_str!("../../scenarios/ecommerce/manifests/cluster-autoscaler.yaml")),
    ("manifests/gateway.yaml", include_str!("../../scenarios/ecommerce/manifests/gateway.yaml")),
    ("manifests/ingress.yaml", include_str!("../../scenarios/ecommerce/manifests/ingress.yaml")),
    ("manifests/postgres.yaml", include_str!("../../scenarios/ecommerce/manifests/postgres.yaml")),
    ("manifests/services.yaml", include_str!("../../scenarios/ecommerce/manifests/services.yaml")),
    ("manifests/system.yaml", include_str!("../../scenarios/ecommerce/manifests/system.yaml")),
    ("terraform/node-groups.tf", include_str!("../../scenarios/ecommerce/terraform/node-groups.tf")),
];

impl Files for Sources {
    fn read(self, path: &Path) -> Result<String, String> {
        match self {
            Sources::Embedded => {
                let name = path.to_string_lossy();
                let found = EMBEDDED.iter().find(|(known, _)| *known == name);
                found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "is not part of the program".to_owned())
            }
            Sources::Disk => encoding::text(unpacked(if path.as_os_str() == "-" { stdin()? } else { disk(path)? })?),
        }
    }

    fn open(self, path: &Path) -> Result<Box<dyn Read>, String> {
        if self == Sources::Embedded {
            return self.read(path).map(|text| Box::new(Cursor::new(text)) as Box<dyn Read>);
        }
        let raw: Box<dyn Read> = match path.as_os_str() == "-" {
            true => Box::new(std::io::stdin()),
            false => Box::new(std::fs::File::open(path).map_err(|error| reason(&error))?),
        };
        let mut raw = BufReader::new(raw);
        let is_packed = raw.fill_buf().map_err(|error| reason(&error))?.starts_with(&GZIP);
        let plain: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        encoding::stream(plain).map_err(|error| match error.kind() {
            _ if is_packed => broken(&error),
            std::io::ErrorKind::Other => format!("is neither JSON nor YAML text: it {error}"),
            _ => reason(&error),
        })
    }

    fn list(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
        let suits = |path: &Path| ends_in(path, extensions);
        let mut files = match self {
            Sources::Embedded => {
                let inside = EMBEDDED.iter().map(|(name, _)| PathBuf::from(name));
                inside.filter(|name| name == path || (name.starts_with(path) && suits(name))).collect()
            }
            Sources::Disk if path.as_os_str() == "-" => vec![path.to_owned()],
            Sources::Disk => {
                let info = std::fs::metadata(path).map_err(|e| reason(&e))?;
                if info.is_file() { vec![path.to_owned()] } else { below(path, &suits, 0)? }
            }
        };
        files.sort();
        if files.is_empty() { Err(format!("holds no {} file", extensions.join(" or "))) } else { Ok(files) }
    }

    fn folder(self, path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
        if self == Sources::Embedded {
            let files = self.list(path, extensions)?;
            return Ok(files.into_iter().filter(|file| file.parent() == Some(path)).collect());
        }
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| reason(&e))? {
            let file = entry.map_err(|e| reason(&e))?.path();
            if file.is_file() && ends_in(&file, extensions) {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Whether a file's name ends in one of the extensions, with or without a `.gz` behind.
fn ends_in(path: &Path, extensions: &[&str]) -> bool {
    let packed = path.extension().is_some_and(|found| found.eq_ignore_ascii_case("gz"));
    let inner = if packed { path.file_stem().map(Path::new) } else { Some(path) };
    let extension = inner.and_then(Path::extension);
    extension.is_some_and(|found| extensions.iter().any(|wanted| found.eq_ignore_ascii_case(wanted)))
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    let most = Budget::DumpBytes.most().saturating_add(1);
    let mut limited = std::io::Read::take(flate2::read::MultiGzDecoder::new(bytes.as_slice()), most);
    std::io::Read::read_to_end(&mut limited, &mut text).map_err(|error| broken(&error))?;
    Budget::DumpBytes.check(text.len() as u64).map_err(|error| error.to_string())?;
    Ok(text)
}

fn stdin() -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut limited = std::io::Read::take(std::io::stdin().lock(), Budget::FileBytes.most().saturating_add(1));
    std::io::Read::read_to_end(&mut limited, &mut bytes).map_err(|e| reason(&e))?;
    Budget::FileBytes.check(bytes.len() as u64).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn disk(path: &Path) -> Result<Vec<u8>, String> {
    let info = std::fs::metadata(path).map_err(|e| reason(&e))?;
    if !info.is_file() {
        return Err("is not a file".into());
    }
    Budget::FileBytes.check(info.len()).map_err(|error| error.to_string())?;
    std::fs::read(path).map_err(|e| reason(&e))
}

fn below(folder: &Path, suits: &dyn Fn(&Path) -> bool, depth: usize) -> Result<Vec<PathBuf>, String> {
    if depth > 32 {
        return Err("is nested too deeply".into());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| reason(&e))? {
        let path = entry.map_err(|e| reason(&e))?.path();
        if path.is_dir() {
            files.extend(below(&path, suits, depth + 1)?);
        } else if suits(&path) {
            files.push(path);
        }
    }
    Ok(files)
}

fn broken(error: &std::io::Error) -> String {
    format!("cannot be read: it is broken gzip: {error}")
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "may not be read".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
