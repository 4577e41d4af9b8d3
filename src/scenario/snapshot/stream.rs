//! JSON dumps of any size, one object at a time.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

/// Where in a dump an object stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The cluster's state.
    Objects,
    /// A recording's list of pods to place, in order of arrival.
    Pending,
    /// A recording's scheduler arguments.
    Config,
}

/// Takes an object with the line where it ends.
pub(super) type Sink<'a> = &'a mut dyn FnMut(Value, Section, u32);

/// Reads one or more JSON values: objects, lists of objects, recordings. Memory: one object at a time.
pub(super) fn read(input: impl Read, sink: Sink<'_>) -> Result<(), serde_json::Error> {
    let lines = Cell::new(1);
    let mut reader = Counting { inner: BufReader::with_capacity(1 << 18, input), lines: &lines };
    loop {
        let mut deserializer = serde_json::Deserializer::from_reader(&mut reader);
        Top { sink, lines: &lines }.deserialize(&mut deserializer)?;
        drop(deserializer);
        if !reader.has_more().map_err(serde_json::Error::io)? {
            return Ok(());
        }
    }
}

struct Counting<'a, R> {
    inner: BufReader<R>,
    lines: &'a Cell<u32>,
}

impl<R: Read> Counting<'_, R> {
    /// Whether anything but white space follows.
    fn has_more(&mut self) -> std::io::Result<bool> {
        loop {
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.lines.set(self.lines.get() + buffer[..blank].iter().filter(|byte| **byte == b'\n').count() as u32);
            if blank < buffer.len() {
                return Ok(true);
            }
            self.inner.consume(blank);
        }
    }
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let lines = buffer[..count].iter().filter(|byte| **byte == b'\n').count();
        self.lines.set(self.lines.get() + lines as u32);
        Ok(count)
    }
}

/// A whole JSON value of the input.
struct Top<'a, 'l> {
    sink: Sink<'a>,
    lines: &'l Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object or a list of them")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut rest = Map::new();
        let mut had_items = false;
        while let Some(key) = map.next_key::<String>()? {
            let section = match key.as_str() {
                "items" | "objects" => Some(Section::Objects),
                "pending" => Some(Section::Pending),
                _ => None,
            };
            if let Some(section) = section {
                had_items = true;
                let kind = rest.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
                let kind = kind.filter(|kind| !kind.is_empty()).map(str::to_owned);
                map.next_value_seed(Items { sink: self.sink, section, kind, lines: self.lines })?;
            } else if key == "config" && !rest.contains_key("kind") {
                let config = map.next_value()?;
                (self.sink)(config, Section::Config, self.lines.get());
                had_items = true;
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        if !had_items {
            (self.sink)(Value::Object(rest), Section::Objects, self.lines.get());
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Items { sink: self.sink, section: Section::Objects, kind: None, lines: self.lines }.visit_seq(seq)
    }
}

/// The objects of a list; `kind` is what they are if they do not say.
struct Items<'a, 'l> {
    sink: Sink<'a>,
    section: Section,
    kind: Option<String>,
    lines: &'l Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Kubernetes objects")
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(mut object) = seq.next_element::<Value>()? {
            if let (Some(kind), Some(map)) = (&self.kind, object.as_object_mut()) {
                map.entry("kind").or_insert_with(|| Value::String(kind.clone()));
            }
            (self.sink)(object, self.section, self.lines.get());
        }
        Ok(())
    }
}
