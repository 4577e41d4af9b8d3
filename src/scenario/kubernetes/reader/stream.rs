//! JSON dumps of any size, one object at a time: objects, lists of them, recordings, one after another.

use super::printed_json;
use super::raw::{Raw, Section, Sink, Whole, kind_of_items, name_kind};
use super::tape::{Tape, Taped};
use super::text;
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// Reads JSON values; memory: one object at a time. What turns out to be YAML is read as that.
///
/// Errors: the input cannot be read, in words.
pub(super) fn read<R: Read>(
    mut input: BufReader<R>,
    file: &Arc<str>,
    issues: &mut Issues,
    sink: Sink<'_>,
) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let rest = printed_json::read(&mut input, file, sink).map_err(unreadable)?;
    let tape = Tape::after(rest.objects);
    let mut input = Taped { inner: rest.before(input), tape: &tape };
    while let Some(byte) = input.next_byte().map_err(unreadable)? {
        let first_line = tape.line();
        if !matches!(byte, b'{' | b'[') {
            let mut rest = String::new();
            input.read_to_string(&mut rest).map_err(|_| "is neither JSON nor YAML text".to_owned())?;
            text::read(&rest, (file, first_line), issues, sink);
            return Ok(());
        }
        let mut deserializer = serde_json::Deserializer::from_reader(&mut input);
        let outcome = Top { sink, tape: &tape, file }.deserialize(&mut deserializer);
        drop(deserializer);
        match outcome {
            Ok(()) => tape.forget_the_rest(),
            Err(error) if error.is_io() => return Err(format!("cannot be read: {error}")),
            Err(error) => {
                if !as_yaml(&mut input, file, sink) {
                    issues.push(wrong(&error, file, (first_line, &tape)));
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

fn wrong(error: &serde_json::Error, file: &Arc<str>, (first_line, tape): (u32, &Tape)) -> Issue {
    let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
    let message = match error.is_eof() {
        true => format!("the file is cut off: {error}; {} before it are whole", counted(tape.objects(), "object")),
        false => error.to_string(),
    };
    let mut issue = Issue::error("", message).in_file(&**file, line.map(|line| first_line + line - 1));
    issue.place.column = u32::try_from(error.column()).ok();
    issue
}

/// Text in braces that is no JSON may be YAML in flow style.
fn as_yaml<R: Read>(input: &mut Taped<'_, R>, file: &Arc<str>, sink: Sink<'_>) -> bool {
    let Some(mut bytes) = input.tape.all() else { return false };
    let (mut issues, mut found) = (Issues::new(), Vec::new());
    if input.read_to_end(&mut bytes).is_err() {
        return false;
    }
    let Ok(all) = String::from_utf8(bytes) else { return false };
    text::read(&all, (file, 1), &mut issues, &mut |raw| found.push(raw));
    let is_yaml = issues.is_empty();
    found.into_iter().filter(|_| is_yaml).for_each(sink);
    is_yaml
}

/// A whole JSON value of the input.
struct Top<'a, 't> {
    sink: Sink<'a>,
    tape: &'t Tape,
    file: &'t Arc<str>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.tape.begin();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object or a list of them")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Top { sink, tape, file } = self;
        let mut rest = Map::new();
        let mut is_list = false;
        while let Some(key) = map.next_key::<String>()? {
            let is_recording = !rest.contains_key("apiVersion") && !rest.contains_key("kind");
            let section = match key.as_str() {
                "items" => Some(Section::Objects),
                "objects" if is_recording => Some(Section::Objects),
                "pending" if is_recording => Some(Section::Pending),
                "config" if is_recording => {
                    tape.begin();
                    let value = map.next_value()?;
                    hand_over(value, Section::Arguments, (tape, file), sink);
                    is_list = true;
                    continue;
                }
                _ => None,
            };
            let Some(section) = section else {
                rest.insert(key, map.next_value()?);
                continue;
            };
            let kind = rest.get("kind").and_then(Value::as_str).and_then(kind_of_items).flatten().map(str::to_owned);
            match map.next_value_seed(Items { sink, section, kind, tape, file })? {
                Some(value) => drop(rest.insert(key, value)),
                None => is_list = true,
            }
        }
        if !is_list {
            hand_over(Value::Object(rest), Section::Objects, (tape, file), sink);
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let Top { sink, tape, file } = self;
        Items { sink, section: Section::Objects, kind: None, tape, file }.visit_seq(seq).map(drop)
    }
}

/// An object ends here, or a list of some in a list.
fn hand_over(value: Value, section: Section, (tape, file): (&Tape, &Arc<str>), sink: Sink<'_>) {
    let (line, text) = tape.end();
    tape.count();
    if section == Section::Arguments {
        let from = super::Provenance { file: file.clone(), line, name: String::new(), text };
        sink(Raw { value, section, from });
    } else {
        Whole { file, line, section, text }.unpack(value, sink);
    }
    tape.forget_the_rest();
}

/// The objects of a list; `kind` is what they are if they do not say. What is no list is handed back.
struct Items<'a, 't> {
    sink: Sink<'a>,
    section: Section,
    kind: Option<String>,
    tape: &'t Tape,
    file: &'t Arc<str>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = Option<Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of Kubernetes objects")
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        loop {
            self.tape.begin();
            let Some(mut object) = seq.next_element::<Value>()? else { return Ok(None) };
            name_kind(&mut object, self.kind.as_deref());
            hand_over(object, self.section, (self.tape, self.file), self.sink);
        }
    }
}
