//! The levels of an axis: its values, or parts of its range.

use crate::report::sweep::model::{AxisValues, StudyAxis};
use crate::study::sweep::Values;
use std::collections::HashMap;

/// An axis has at most so many levels; more values than these go together by neighbours.
const MOST_LEVELS: usize = 24;
/// A range is cut into at most so many parts.
const MOST_PARTS: u64 = 10;

/// The levels of an axis.
#[derive(Clone, Debug)]
pub struct Levels {
    /// The axis's name.
    pub name: String,
    /// What each level is called, in order: its value, or the ends of its part.
    pub labels: Vec<String>,
    /// Whether a level is a part of a range, or several values.
    pub is_grouped: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The place of each value.
    List(HashMap<String, usize>),
    /// The ends.
    Range([f64; 2]),
}

impl Levels {
    /// Of an axis in a study of so many points. A range has as many parts as leave each some points: the root of a quarter
    /// of them, 2 to 10.
    pub(super) fn of(axis: &StudyAxis, points: u64) -> Self {
        let name = axis.name.clone();
        match &axis.values {
            AxisValues::List(list) => {
                let count = list.len().min(MOST_LEVELS);
                let mut groups: Vec<Vec<&String>> = vec![Vec::new(); count];
                list.iter().enumerate().for_each(|(at, value)| groups[at * count / list.len()].push(value));
                let label = |group: &Vec<&String>| match group[..] {
                    [only] => bare(only),
                    [first, .., last] => format!("{} … {}", bare(first), bare(last)),
                    [] => String::new(),
                };
                let places = list.iter().enumerate().map(|(at, value)| (value.clone(), at)).collect();
                let is_grouped = list.len() > count;
                Levels { name, labels: groups.iter().map(label).collect(), is_grouped, kind: Kind::List(places) }
            }
            AxisValues::Range { low, high } => {
                let parts = (points / 4).isqrt().clamp(2, MOST_PARTS);
                // Points are written in the finer of both ends' units.
                let values = Values::parse(&format!("{low}..{high}"));
                let ends = values.map_or_else(
                    |_| [low.clone(), high.clone()],
                    |values| [values.value(0), values.value(values.count().saturating_sub(1))],
                );
                let unit = ends[1].trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c)).to_owned();
                let [low, high] = ends.map(|end| number(&end).unwrap_or(0.0));
                let end = |at: u64| {
                    let value = low + (high - low) * at as f64 / parts as f64;
                    format!("{}{unit}", crate::report::format::digits(value))
                };
                let labels = (0..parts).map(|at| format!("{} … {}", end(at), end(at + 1))).collect();
                Levels { name, labels, is_grouped: true, kind: Kind::Range([low, high]) }
            }
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// On which level a value is.
    pub(in crate::report::sweep) fn level(&self, value: &str) -> Option<usize> {
        let count = self.count();
        match &self.kind {
            Kind::List(places) => places.get(value).map(|at| at * count / places.len()),
            Kind::Range(_) => self.place(value).map(|place| ((place * count as f64) as usize).min(count - 1)),
        }
    }

    /// Where a value lies on its axis, 0..1; values of a list at equal distances.
    pub fn place(&self, value: &str) -> Option<f64> {
        match &self.kind {
            Kind::List(places) => {
                let at = *places.get(value)?;
                Some(if places.len() < 2 { 0.5 } else { at as f64 / (places.len() - 1) as f64 })
            }
            Kind::Range([low, high]) if high > low => Some(((number(value)? - low) / (high - low)).clamp(0.0, 1.0)),
            Kind::Range(_) => Some(0.5),
        }
    }
}

/// The number before a unit.
fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// Without the quotes that YAML needs.
pub(in crate::report::sweep) fn bare(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Levels {
        let values = AxisValues::List(values.iter().map(|value| (*value).to_owned()).collect());
        Levels::of(&StudyAxis { name: "a".into(), values }, 100)
    }

    #[test]
    fn each_value_is_a_level() {
        let levels = list(&["m5.large", "\"1\"", "2"]);
        assert_eq!(levels.labels, ["m5.large", "1", "2"]);
        assert_eq!((levels.level("2"), levels.level("3"), levels.place("\"1\"")), (Some(2), None, Some(0.5)));
    }

    #[test]
    fn many_values_go_together_by_neighbours() {
        let values: Vec<String> = (0..100).map(|value| value.to_string()).collect();
        let levels = list(&values.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((levels.count(), levels.is_grouped), (24, true));
        let places: Vec<usize> = values.iter().filter_map(|value| levels.level(value)).collect();
        assert!(places.is_sorted() && places.len() == 100 && places[99] == 23);
        assert_eq!(levels.labels[0], "0 … 4");
        assert_eq!(places.iter().filter(|place| **place == 0).count(), 5, "as its label says");
    }

    #[test]
    fn a_range_is_cut_into_equal_parts() {
        let range = |low: &str, high: &str| {
            let values = AxisValues::Range { low: low.into(), high: high.into() };
            Levels::of(&StudyAxis { name: "a".into(), values }, 64)
        };
        let levels = range("30s", "5m");
        assert_eq!((levels.count(), levels.labels[0].as_str()), (4, "30s … 97.5s"));
        assert_eq!(["30s", "97s", "98s", "300s"].map(|value| levels.level(value)), [0, 0, 1, 3].map(Some));
        assert_eq!(range("4", "4").level("4"), Some(2));
    }
}
