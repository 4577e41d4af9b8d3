//! Values that several parts write: paths and durations.

use crate::units::{SimDuration, check_name};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A path as a scenario file writes it: relative to the folder of that file.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct FilePath(String);

impl FilePath {
    /// A path as it is.
    pub(crate) fn new(path: &Path) -> Self {
        FilePath(path.to_string_lossy().into_owned())
    }
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

/// A time in which people think in milliseconds: `200ms`, `0.2s`. A bare number is refused, for nobody knows which unit
/// was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortTime(pub SimDuration);

impl<'de> Deserialize<'de> for ShortTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl Visitor {
            fn refuse<E: serde::de::Error>(number: impl std::fmt::Display) -> Result<ShortTime, E> {
                Err(E::custom(format!("found {number} without a unit, expected {number}ms, {number}s or the like")))
            }
        }
        impl serde::de::Visitor<'_> for Visitor {
            type Value = ShortTime;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration with its unit, such as 200ms or 1.5s")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ShortTime, E> {
                let number = text.trim().parse::<f64>();
                if let Ok(number) = number
                    && number != 0.0
                {
                    return Visitor::refuse(number);
                }
                let parsed = Time::deserialize(serde::de::value::StrDeserializer::<E>::new(text));
                parsed
                    .map(|time| ShortTime(time.0))
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<ShortTime, E> {
                if number == 0 { Ok(ShortTime(SimDuration::ZERO)) } else { Visitor::refuse(number) }
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<ShortTime, E> {
                Visitor::refuse(number)
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<ShortTime, E> {
                if number == 0.0 { Ok(ShortTime(SimDuration::ZERO)) } else { Visitor::refuse(number) }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A share as it is written, `1%` or 0.01: what it may be is looked at with the rest of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precision(pub String);

impl<'de> Deserialize<'de> for Precision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Precision;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a share such as 1% or 0.01")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Precision, E> {
                Ok(Precision(text.to_owned()))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Precision, E> {
                Ok(Precision(number.to_string()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Precision, E> {
                Ok(Precision(number.to_string()))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Precision, E> {
                Ok(Precision(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A version of Kubernetes: `"1.28"`, or the number 1.28, which YAML makes of it without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionText(pub String);

impl<'de> Deserialize<'de> for VersionText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = VersionText;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a version such as \"1.28\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<VersionText, E> {
                Ok(VersionText(text.to_owned()))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<VersionText, E> {
                let text = number.to_string();
                match text.split_once('.') {
                    // 1.30 is the number 1.3.
                    Some((_, minor)) if minor.len() == 1 => Err(E::custom(format!(
                        "found the number {text}, which is {text} or {text}0: write it in quotes, \"{text}0\""
                    ))),
                    _ => Ok(VersionText(text)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What a thing is called.
///
/// Errors: those of [`check_name`].
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    check_name(&name).map_err(D::Error::custom)?;
    Ok(name)
}

/// Things by what they are called.
///
/// Errors: those of [`check_name`].
pub(super) fn by_name<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let all = BTreeMap::<String, T>::deserialize(deserializer)?;
    all.keys().try_for_each(|name| check_name(name)).map_err(D::Error::custom)?;
    Ok(all)
}
