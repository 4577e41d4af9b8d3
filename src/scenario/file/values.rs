//! Values that several parts write: paths and durations.

use crate::units::SimDuration;
use serde::{Deserialize, Deserializer};
use std::path::{Path, PathBuf};

/// A path as a scenario file writes it: relative to the folder of that file.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct FilePath(String);

impl FilePath {
    /// Seen from where `folder` is seen from.
    pub fn below(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }
    /// The folder that the file is in.
    pub fn folder(&self) -> &Path {
        Path::new(&self.0).parent().unwrap_or(Path::new(""))
    }
}

impl std::fmt::Debug for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A duration: `90s`, `15m`, `7d`, or seconds as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub SimDuration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as 30s, 15m or 7d")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Time, E> {
                // Nothing is before the start, or lasts less than nothing.
                let longest = SimDuration::from_secs(3_200_000_000);
                let parsed = SimDuration::parse(text).ok().filter(|span| (SimDuration::ZERO..=longest).contains(span));
                parsed.map(Time).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Time, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Time, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Time, E> {
                if (0.0..=3.2e9).contains(&seconds) {
                    Ok(Time(SimDuration::from_secs_f64(seconds)))
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Float(seconds), &self))
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
