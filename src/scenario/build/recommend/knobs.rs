//! What may change.

use crate::scenario::file::{Knob, Knobs, Varied};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::wanted::{KnobKind, WantedKnob};
use crate::world::Cast;
use serde_json::Value;

const FIELD: &str = "recommend.knobs";

/// What may change; what is wrong with it goes to `issues`.
pub(super) fn build(asked: &Knobs, cast: &Cast, issues: &mut Issues) -> Vec<WantedKnob> {
    let mut reader = Reader { cast, found: Vec::new(), issues };
    match asked {
        Knobs::List(list) => list.iter().for_each(|knob| match knob {
            Knob::Kind(name) => reader.kind(name),
            Knob::Paths(paths) => paths.iter().for_each(|(path, values)| reader.path(path, values.as_ref())),
        }),
        Knobs::Paths(paths) => paths.iter().for_each(|(path, values)| reader.path(path, values.as_ref())),
    }
    let found = reader.found;
    if found.is_empty() && !issues.has_errors() {
        let help = "leave `knobs` out for min, max and target";
        issues.push(Issue::error(FIELD, "nothing may change: there is nothing to recommend").with_help(help));
    }
    found
}

struct Reader<'a> {
    cast: &'a Cast,
    found: Vec<WantedKnob>,
    issues: &'a mut Issues,
}

impl Reader<'_> {
    fn add(&mut self, name: &str, knob: WantedKnob) {
        let is_same = |other: &WantedKnob| match (other, &knob) {
            (WantedKnob::Kind(a), WantedKnob::Kind(b)) => a == b,
            (WantedKnob::Path { path: a, .. }, WantedKnob::Path { path: b, .. }) => a == b,
            _ => false,
        };
        if self.found.iter().any(is_same) {
            self.issues.push(Issue::error(FIELD, format!("`{name}` is there twice")));
        } else {
            self.found.push(knob);
        }
    }

    fn kind(&mut self, name: &str) {
        if let Some(kind) = KnobKind::ALL.into_iter().find(|kind| kind.name() == name) {
            return self.add(name, WantedKnob::Kind(kind));
        }
        if name.contains('.') {
            return self.without_values(name);
        }
        let names = KnobKind::ALL.map(KnobKind::name);
        let issue = Issue::error(FIELD, format!("there is no knob `{name}`"));
        let help = format!("there are {}; of a place give the values: hpa.max: 4..20", names.join(", "));
        self.issues.push(issue.with_help(help).suggest(name, names));
    }

    fn without_values(&mut self, path: &str) {
        let issue = Issue::error(FIELD, format!("`{path}` has no values to choose from"));
        self.issues.push(issue.with_help(format!("write {path}: 4..20, or {path}: [4, 8, 12]")));
    }

    fn path(&mut self, path: &str, values: Option<&Varied>) {
        if KnobKind::ALL.iter().any(|kind| kind.name() == path) {
            let message = format!("`{path}` is a kind of knob: it is listed, and takes no values");
            let help = format!("write knobs: [{path}], or give a place its values: hpa.max: 4..20");
            return self.issues.push(Issue::error(FIELD, message).with_help(help));
        }
        let Some(values) = values.filter(|values| !is_empty(values)) else { return self.without_values(path) };
        if let Varied::List(list) = values
            && let [only] = &list[..]
        {
            let message = format!("`{path}` has one value, {only}: there is nothing to choose");
            let help = "set it in its place, or give it more values";
            return self.issues.push(Issue::error(FIELD, message).with_help(help));
        }
        if let Some(why) = self.too_low(path, values) {
            self.issues.push(Issue::error(FIELD, format!("`{path}`: {why}")));
        }
        self.add(path, WantedKnob::Path { path: path.to_owned(), values: values.clone() });
    }

    /// A maximum of which no value is as high as the minimum.
    fn too_low(&self, path: &str, values: &Varied) -> Option<String> {
        let highest = highest(values)?;
        let parts: Vec<&str> = path.split('.').collect();
        let symbols = &self.cast.cluster.symbols;
        match parts[..] {
            ["hpas", name, "maxReplicas"] | ["hpa", name, "max"] => {
                let hpa = self.cast.hpas.iter().find(|hpa| symbols.text(hpa.name) == name)?;
                let min = hpa.spec.min;
                (highest < f64::from(min)).then(|| format!("at most {highest} is below minReplicas, which is {min}"))
            }
            ["nodeGroups", name, "maxSize"] => {
                let group = self.cast.groups.values().find(|group| group.name == name)?;
                let min = group.min;
                (highest < f64::from(min)).then(|| format!("at most {highest} is below its minSize, which is {min}"))
            }
            _ => None,
        }
    }
}

fn is_empty(values: &Varied) -> bool {
    match values {
        Varied::List(list) => list.is_empty(),
        Varied::Text(text) => text.trim().is_empty(),
    }
}

/// The highest of plain numbers, or of a range of them.
fn highest(values: &Varied) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    match values {
        Varied::List(list) => list.iter().map(Value::as_f64).try_fold(f64::MIN, |most, value| Some(most.max(value?))),
        Varied::Text(text) => {
            let mut ends = text.split(',').map(|piece| {
                let end = piece.split_once("..").map_or(piece, |(_, end)| end);
                number(end.split_once('/').map_or(end, |(end, _)| end))
            });
            ends.try_fold(f64::MIN, |most, value| Some(most.max(value?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_value_is_found_where_all_are_numbers() {
        let text = |text: &str| highest(&Varied::Text(text.to_owned()));
        assert_eq!(text("2..8"), Some(8.0));
        assert_eq!(text("2..8/2"), Some(8.0));
        assert_eq!(text("4, 12,8"), Some(12.0));
        assert_eq!(text("30s..1m"), None);
        assert_eq!(highest(&Varied::List(vec![2.into(), 9.into()])), Some(9.0));
        assert_eq!(highest(&Varied::List(vec![2.into(), "m5.large".into()])), None);
    }
}
