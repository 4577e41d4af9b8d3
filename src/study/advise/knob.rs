//! What may move: a knob, where its value is put, and the values that it takes.

use super::answer::{KnobKind, Owner};
use crate::id::GroupId;
use crate::scenario::Setting;
use crate::scenario::aliases::Target;
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
    pub(super) kind: KnobKind,
    /// The search may move it; else it is tried at the end, on top of what was found.
    pub(super) moves: bool,
    pub(super) owner: Owner,
    /// Whose size it bounds, or whose target it is.
    pub(super) of: Option<SizeOf>,
    pub(super) targets: Vec<Target>,
    /// Where a group's first size is put, and what it is: it lies between its bounds.
    pub(super) first_size: Option<(Target, i64)>,
    /// The values, the cheapest way first where that is known.
    pub(super) levels: Vec<Value>,
    /// The present one.
    pub(super) current: usize,
}

impl Knob {
    /// A level, put into the scenario.
    pub(super) fn settings(&self, level: usize) -> impl Iterator<Item = Setting> + '_ {
        let value = &self.levels[level];
        let written = format!("recommend {}={}", self.name, shown(value));
        let first = self.moved_size(level).map(|(target, number)| target.setting(&json!(number), written.clone()));
        self.targets.iter().map(move |target| target.setting(value, written.clone())).chain(first)
    }
    /// A level as `--set` takes it.
    pub(super) fn sets(&self, level: usize) -> Vec<String> {
        let mut sets: Vec<String> = self.targets.iter().map(|target| target.set() + &self.text(level)).collect();
        sets.extend(self.moved_size(level).map(|(target, number)| format!("{}{number}", target.set())));
        sets
    }
    /// The first size of the group, where a bound passes it.
    fn moved_size(&self, level: usize) -> Option<(&Target, i64)> {
        let number = self.number(level);
        let passed = |(_, first): &&(Target, i64)| match self.kind {
            KnobKind::Min => number > *first,
            _ => number < *first,
        };
        self.first_size.as_ref().filter(passed).map(|(target, _)| (target, number))
    }
    /// The value at a level, as people write it.
    pub(super) fn text(&self, level: usize) -> String {
        shown(&self.levels[level])
    }
    /// The number at a level; 0 of what is none.
    pub(super) fn number(&self, level: usize) -> i64 {
        self.levels[level].as_i64().unwrap_or(0)
    }
    /// The level whose number is the least that is not below `number`; the last if there is none.
    pub(super) fn level_of(&self, number: i64) -> usize {
        self.levels
            .iter()
            .position(|level| level.as_i64().is_some_and(|own| own >= number))
            .unwrap_or(self.levels.len() - 1)
    }
    /// With these numbers as its levels, in order, and the present one.
    pub(super) fn with_numbers(mut self, numbers: impl Iterator<Item = i64>, current: i64) -> Knob {
        let mut all: Vec<i64> = numbers.chain([current]).collect();
        all.sort_unstable();
        all.dedup();
        self.current = all.iter().position(|number| *number == current).unwrap_or(0);
        self.levels = all.into_iter().map(|number| json!(number)).collect();
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
