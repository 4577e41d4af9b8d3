//! What may move: a knob, where its values are put, and the values that it takes.

use super::answer::Owner;
use crate::id::GroupId;
use crate::scenario::aliases::Target;
use crate::scenario::wanted::KnobKind;
use serde_json::{Value, json};

/// Whose size a knob bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SizeOf {
    /// An HPA, by its place in the cast.
    Hpa(usize),
    /// A node group.
    Group(GroupId),
}

/// Something that may move.
#[derive(Clone, Debug)]
pub(super) struct Knob {
    /// `order/order-service minReplicas`.
    pub(super) name: String,
    /// None of a path of the user's own.
    pub(super) kind: Option<KnobKind>,
    /// The search may move it; else it is tried at the end, on top of what was found.
    pub(super) moves: bool,
    pub(super) owner: Owner,
    /// Whose size it bounds, or whose target it is.
    pub(super) of: Option<SizeOf>,
    pub(super) targets: Vec<Target>,
    /// Where a group's first size is put, and what it is: it lies between its bounds.
    pub(super) first_size: Option<(Target, i64)>,
    /// Of a schedule: what its windows ask for where no minimum of the same owner moves.
    pub(super) minimum: Option<i64>,
    /// The values, the cheapest way first where that is known.
    pub(super) levels: Vec<Level>,
    /// One level is more than the one before.
    pub(super) ordered: bool,
    /// The present one.
    pub(super) current: usize,
}

/// A value that a knob takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    /// As people write it.
    pub(super) text: String,
    /// By which levels are ordered; 0 of what is no number.
    pub(super) number: i64,
    /// What is put at each of the knob's places; a single value at all of them, and none where all stays as it is.
    pub(super) values: Vec<Value>,
    /// The vCPUs that it may free on top of what was found, as far as that is known without a try; absent: nobody knows.
    pub(super) may_free: Option<f64>,
}

impl Level {
    /// A number.
    pub(super) fn number(number: i64) -> Level {
        Level { text: number.to_string(), number, values: vec![json!(number)], may_free: None }
    }
    /// A value that says itself what it is.
    pub(super) fn value(value: Value) -> Level {
        let number = value.as_i64().unwrap_or(0);
        Level { text: shown(&value), number, values: vec![value], may_free: None }
    }
    /// What is there already, whatever it is.
    pub(super) fn as_it_is() -> Level {
        Level::said("as it is".to_owned(), Vec::new())
    }
    /// Values that take some words.
    pub(super) fn said(text: String, values: Vec<Value>) -> Level {
        Level { text, number: 0, values, may_free: None }
    }
    /// With the vCPUs that it may free.
    pub(super) fn freeing(self, vcpus: f64) -> Level {
        Level { may_free: Some(vcpus), ..self }
    }
}

impl Knob {
    /// Of this kind, without levels yet.
    pub(super) fn new(name: String, kind: Option<KnobKind>, owner: Owner, targets: Vec<Target>) -> Knob {
        Knob {
            name,
            kind,
            moves: true,
            owner,
            of: None,
            targets,
            first_size: None,
            minimum: None,
            levels: Vec::new(),
            ordered: false,
            current: 0,
        }
    }
    /// What a level puts where.
    pub(super) fn puts(&self, level: usize) -> Vec<(&Target, Value)> {
        let values = self.levels[level].values.iter().cycle();
        let first = self.moved_size(level).map(|(target, number)| (target, json!(number)));
        self.targets.iter().zip(values.cloned()).chain(first).collect()
    }
    /// The first size of the group, where a bound passes it.
    fn moved_size(&self, level: usize) -> Option<(&Target, i64)> {
        let number = self.number(level);
        let passed = |(_, first): &&(Target, i64)| match self.kind {
            Some(KnobKind::Min) => number > *first,
            _ => number < *first,
        };
        self.first_size.as_ref().filter(passed).map(|(target, _)| (target, number))
    }
    /// The value at a level, as people write it.
    pub(super) fn text(&self, level: usize) -> String {
        self.levels[level].text.clone()
    }
    /// The number at a level; 0 of what is none.
    pub(super) fn number(&self, level: usize) -> i64 {
        self.levels[level].number
    }
    /// The level whose number is the least that is not below `number`; the last if there is none.
    pub(super) fn level_of(&self, number: i64) -> usize {
        self.levels.iter().position(|level| level.number >= number).unwrap_or(self.levels.len() - 1)
    }
    /// With these numbers as its levels, in order, and the present one.
    pub(super) fn with_numbers(self, numbers: impl Iterator<Item = i64>, current: i64) -> Knob {
        self.with_ordered(numbers.map(Level::number), Level::number(current))
    }
    /// With these levels, in the order of their numbers, and the present one.
    pub(super) fn with_ordered(mut self, levels: impl Iterator<Item = Level>, current: Level) -> Knob {
        let now = current.number;
        let mut all: Vec<Level> = std::iter::once(current).chain(levels).collect();
        // Stable: the present one comes first of its number, and stays.
        all.sort_by_key(|level| level.number);
        all.dedup_by_key(|level| level.number);
        self.current = all.iter().position(|level| level.number == now).unwrap_or(0);
        (self.levels, self.ordered) = (all, true);
        self
    }
    /// With the present level first, then others that are no more and no less than each other.
    pub(super) fn with_choices(mut self, current: Level, others: impl IntoIterator<Item = Level>) -> Knob {
        let others = others.into_iter().filter(|other| other.text != current.text).collect::<Vec<Level>>();
        self.levels = std::iter::once(current).chain(others).collect();
        self
    }
}

/// A value as a text without quotes.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<String>>().join(", "),
        plain => plain.to_string(),
    }
}
