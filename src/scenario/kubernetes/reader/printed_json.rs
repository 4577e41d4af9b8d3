//! The beginning of a list as kubectl prints it in JSON, cut at its lines: several objects are parsed at a time, and nobody looks at single
//! bytes. What is not as kubectl prints it, and what is wrong, is left to `stream.rs`.

use super::provenance::Text;
use super::raw::{Section, Sink, Whole, kind_of_items, name_kind};
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::io::{BufRead, Cursor, Read, Result};
use std::sync::Arc;

/// Objects that are parsed before they are handed over.
const BATCH: usize = 256;
/// Lines of a list before its objects, at most.
const LONGEST_HEAD: usize = 64;
/// Bytes of an object that is looked at here, at most: 4 MiB.
const LONGEST_ITEM: usize = 4 * 1024 * 1024;

/// What was read and not handed over.
#[derive(Default)]
pub(super) struct Rest {
    /// The list up to its objects.
    head: Vec<u8>,
    /// How many objects were handed over, and their lines.
    pub(super) objects: usize,
    lines: u64,
    /// A comma followed the last of them.
    is_followed: bool,
    /// The text behind them.
    ahead: Vec<u8>,
}

/// An object with what stands behind it on its last line.
struct Item {
    bytes: Vec<u8>,
    /// So many of the bytes are its own.
    len: usize,
    line: u32,
}

/// Hands over the first objects of a list that is printed as kubectl does; what is left to read.
///
/// Errors: the input cannot be read.
pub(super) fn read(input: &mut impl BufRead, file: &Arc<str>, sink: Sink<'_>) -> Result<Rest> {
    let mut rest = Rest::default();
    let Some((kind, mut line)) = head(input, &mut rest.head)? else { return Ok(rest) };
    loop {
        let items = batch(input, &mut line, &mut rest.ahead)?;
        let is_last = items.len() < BATCH;
        let values: Vec<_> = items.par_iter().map(|item| serde_json::from_slice::<Value>(item.text())).collect();
        for (at, value) in values.into_iter().enumerate() {
            let item = &items[at];
            let Ok(mut value) = value else {
                let unread: Vec<u8> = items[at..].iter().flat_map(|item| item.bytes.iter().copied()).collect();
                rest.ahead.splice(..0, unread);
                return Ok(rest);
            };
            name_kind(&mut value, kind.as_deref());
            rest.pass(item);
            let text = String::from_utf8_lossy(item.text()).into();
            let text = Some(Text { text, first_line: item.line, item: String::new() });
            Whole { file, line: item.line, section: Section::Objects, text }.unpack(value, sink);
        }
        if is_last {
            return Ok(rest);
        }
    }
}

impl Rest {
    fn pass(&mut self, item: &Item) {
        self.objects += 1;
        self.lines += item.lines();
        self.is_followed = item.bytes[item.len] == b',';
    }

    /// The text that is left, with the input behind it: a `null` stands for the objects that were handed over, and their lines are blank,
    /// so that whatever follows is where it was.
    pub(super) fn before(self, input: impl Read) -> impl Read {
        let blank = std::io::repeat(b'\n').take(self.lines.saturating_sub(1));
        let stead: &[u8] = match (self.objects, self.is_followed) {
            (0, _) => b"",
            (_, true) => b"null,\n",
            (_, false) => b"null\n",
        };
        Cursor::new(self.head).chain(blank).chain(stead).chain(Cursor::new(self.ahead)).chain(input)
    }
}

impl Item {
    fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
    fn lines(&self) -> u64 {
        self.bytes.iter().filter(|byte| **byte == b'\n').count() as u64
    }
}

/// Reads up to the objects into `text`: what they are if they do not say, and the line of the first; nothing for another text.
fn head(input: &mut impl BufRead, text: &mut Vec<u8>) -> Result<Option<(Option<String>, u32)>> {
    for line in 2..LONGEST_HEAD as u32 {
        let begin = text.len();
        read_line(input, text)?;
        if !text.starts_with(b"{\n") || !text.ends_with(b"\n") {
            return Ok(None);
        }
        if &text[begin..] == b"    \"items\": [\n" {
            let list = serde_json::from_slice::<Map<String, Value>>(&[text, b"]}".as_slice()].concat());
            let Some(list) = list.ok().filter(|list| list.contains_key("items")) else { return Ok(None) };
            let kind = list.get("kind").and_then(Value::as_str).and_then(kind_of_items).flatten();
            return Ok(Some((kind.map(str::to_owned), line)));
        }
    }
    Ok(None)
}

/// The next objects, the first of which begins on this line; `ahead` is the text that is no object and was read with them.
fn batch(input: &mut impl BufRead, line: &mut u32, ahead: &mut Vec<u8>) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    while items.len() < BATCH {
        let Some(item) = item(input, *line, ahead)? else { break };
        *line += item.lines() as u32;
        items.push(item);
    }
    Ok(items)
}

fn item(input: &mut impl BufRead, line: u32, ahead: &mut Vec<u8>) -> Result<Option<Item>> {
    let mut bytes = Vec::new();
    read_line(input, &mut bytes)?;
    let mut is_whole = bytes == b"        {\n";
    while is_whole {
        let begin = bytes.len();
        is_whole = read_line(input, &mut bytes)? > 0 && begin < LONGEST_ITEM;
        if matches!(&bytes[begin..], b"        }\n" | b"        },\n") {
            return Ok(Some(Item { len: begin + b"        }".len(), bytes, line }));
        }
    }
    *ahead = bytes;
    Ok(None)
}

/// Reads a line to the end of `text`; a line is no longer than an object may be. How many bytes.
fn read_line(input: &mut impl BufRead, text: &mut Vec<u8>) -> Result<usize> {
    input.take(LONGEST_ITEM as u64).read_until(b'\n', text)
}
