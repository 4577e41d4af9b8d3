//! Terraform's functions, as far as equal arguments give equal results.
//!
//! Source: Terraform's language documentation, "Functions". Not here: what reads the clock, chance or the machine, and hashes.

mod collections;
mod encoding;
mod network;
mod numbers;
mod sets;
mod texts;

pub(super) use encoding::value as of_json;

use crate::scenario::terraform::body::{Body, Given, Value};

/// What makes no sense as an argument, as the value of the call.
type Done = Result<Value, Value>;

/// What a call is given: everything is known, at least at the outside.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    name: &'a str,
    all: &'a [Value],
}

/// What other runs or machines answer otherwise.
const IMPURE: &[&str] =
    &["timestamp", "plantimestamp", "uuid", "bcrypt", "abspath", "pathexpand", "fileset", "timecmp", "timeadd"];

/// The value of a call.
pub(super) fn call(name: &str, all: &[Value]) -> Value {
    let given = Arguments { name, all };
    let found = collections::call(given)
        .or_else(|| sets::call(given))
        .or_else(|| texts::call(given))
        .or_else(|| numbers::call(given))
        .or_else(|| encoding::call(given))
        .or_else(|| network::call(given));
    match found {
        Some(done) => done.unwrap_or_else(|refused| refused),
        None if IMPURE.contains(&name) => Value::not_yet(format!("`{name}` hangs on the machine or the hour")),
        None => Value::not_yet(format!("the function `{name}` is not known here")),
    }
}

impl<'a> Arguments<'a> {
    fn refuse(&self, why: &str) -> Value {
        Value::refused(format!("`{}` {why}", self.name))
    }
    fn get(&self, at: usize) -> Result<&'a Value, Value> {
        self.all.get(at).ok_or_else(|| self.refuse(&format!("needs {} arguments", at + 1)))
    }
    fn list(&self, at: usize) -> Result<&'a [Given], Value> {
        match self.get(at)? {
            Value::List(list) => Ok(list),
            _ => Err(self.refuse("wants a list")),
        }
    }
    fn map(&self, at: usize) -> Result<&'a Body, Value> {
        match self.get(at)? {
            Value::Map(body) => Ok(body),
            _ => Err(self.refuse("wants a map")),
        }
    }
    fn text(&self, at: usize) -> Result<String, Value> {
        self.get(at)?.text().ok_or_else(|| self.refuse("wants a text"))
    }
    fn number(&self, at: usize) -> Result<f64, Value> {
        self.get(at)?.number().ok_or_else(|| self.refuse("wants a number"))
    }
    /// A whole number of at most a million either way.
    fn integer(&self, at: usize) -> Result<i64, Value> {
        let number = self.number(at)?;
        let is_whole = number.fract() == 0.0 && number.abs() <= 1e6;
        if is_whole { Ok(number as i64) } else { Err(self.refuse("wants a whole number")) }
    }
    /// An index or a length.
    fn count(&self, at: usize) -> Result<usize, Value> {
        usize::try_from(self.integer(at)?).map_err(|_| self.refuse("wants no number below 0"))
    }
    fn texts(&self, at: usize) -> Result<Vec<String>, Value> {
        self.get(at)?.texts().ok_or_else(|| self.refuse("wants a list of texts"))
    }
}

/// A value where nothing is known of its line but what is around it.
fn given(value: Value, like: &[Given]) -> Given {
    Given { value, line: like.first().map_or(1, |first| first.line) }
}

/// Texts as a list.
fn texts_of(texts: impl IntoIterator<Item = String>) -> Value {
    Value::list(texts.into_iter().map(Value::Text), 1)
}
