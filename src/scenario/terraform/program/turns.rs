//! `count` and `for_each`: how often a block is there, and what `each` and `count` stand for.

use crate::scenario::terraform::body::{Unknown, Value};

/// More instances of one block are not taken apart.
pub(in crate::scenario::terraform) const MOST: usize = 1000;

/// How often a block is there.
pub(super) enum Times {
    /// It says neither.
    Once,
    Turns(Vec<Turn>),
    /// What it says is not known: `count` or `for_each`.
    Unknown(&'static str, Unknown),
    /// More than [`MOST`].
    TooMany(&'static str, usize),
}

/// One instance of a block.
#[derive(Clone)]
pub(super) struct Turn {
    /// Its key or its number.
    pub(super) key: Value,
    /// `each` or `count`.
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// The instances that `count` asks for.
pub(super) fn counted(count: Value) -> Times {
    match count {
        Value::Unknown(unknown) => Times::Unknown("count", unknown),
        count => match count.number().filter(|count| *count >= 0.0 && count.fract() == 0.0) {
            Some(count) if count as usize > MOST => Times::TooMany("count", count as usize),
            Some(count) => Times::Turns((0..count as usize).map(Turn::numbered).collect()),
            None => Times::Unknown("count", Unknown { why: "it is no number".to_owned(), ..Unknown::default() }),
        },
    }
}

/// The instances that `for_each` asks for.
pub(super) fn each(rows: Value) -> Times {
    let rows: Vec<(String, Value)> = match rows {
        Value::Unknown(unknown) => return Times::Unknown("for_each", unknown),
        Value::Map(body) => body.entries.into_iter().map(|(key, given)| (key, given.value)).collect(),
        Value::List(list) => {
            let texts: Option<Vec<String>> = list.iter().map(|given| given.value.text()).collect();
            let Some(texts) = texts else {
                let gap = list.iter().find_map(|given| given.value.gap().cloned());
                return Times::Unknown("for_each", gap.unwrap_or_else(no_texts));
            };
            texts.into_iter().map(|text| (text.clone(), Value::Text(text))).collect()
        }
        _ => return Times::Unknown("for_each", no_texts()),
    };
    if rows.len() > MOST {
        return Times::TooMany("for_each", rows.len());
    }
    let turn = |(key, value): (String, Value)| {
        let key = Value::Text(key);
        let bound = Value::map([("key".to_owned(), key.clone()), ("value".to_owned(), value)], 1);
        Turn { key, name: "each", value: bound }
    };
    Times::Turns(rows.into_iter().map(turn).collect())
}

fn no_texts() -> Unknown {
    Unknown { why: "it is neither a map nor a set of texts".to_owned(), ..Unknown::default() }
}

impl Turn {
    /// The instance of a number.
    pub(super) fn numbered(at: usize) -> Turn {
        let key = Value::Number(at as f64);
        Turn { value: Value::map([("index".to_owned(), key.clone())], 1), name: "count", key }
    }

    /// What an instance is called: its key, or the label with its number.
    pub(super) fn label(&self, label: &str, count: usize) -> String {
        match &self.key {
            Value::Text(key) => key.clone(),
            _ if count == 1 => label.to_owned(),
            number => format!("{label}-{}", number.text().unwrap_or_default()),
        }
    }
}
