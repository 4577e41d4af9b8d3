//! A point of the search: a level for each knob, and what that sets.

use super::knob::Knob;
use crate::scenario::Setting;
use crate::scenario::aliases::Target;
use crate::scenario::wanted::KnobKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The field of a schedule's window that says how many.
pub(super) const HOW_MANY: &str = "minReplicas";

/// A level of each knob, in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Point(Vec<u16>);

impl Point {
    /// As everything is now.
    pub(super) fn as_is(knobs: &[Knob]) -> Point {
        Point(knobs.iter().map(|knob| knob.current as u16).collect())
    }
    /// The level of knob number `at`.
    pub(super) fn level(&self, at: usize) -> usize {
        usize::from(self.0[at])
    }
    /// With another level of knob number `at`.
    pub(super) fn with(&self, at: usize, level: usize) -> Point {
        let mut levels = self.0.clone();
        levels[at] = level as u16;
        Point(levels)
    }
    /// The knobs at which two points differ.
    pub(super) fn differences(&self, other: &Point) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at] != other.0[*at]).collect()
    }
    /// What is set: knobs that stand as they do now set nothing.
    pub(super) fn settings(&self, knobs: &[Knob]) -> Vec<Setting> {
        let of_knob = |at: usize| {
            let written = format!("recommend {}={}", knobs[at].name, knobs[at].text(self.level(at)));
            self.puts(knobs, at).into_iter().map(move |(target, value)| target.setting(&value, written.clone()))
        };
        self.moved(knobs).flat_map(of_knob).collect()
    }
    /// The same as `--set` takes it, a text each.
    pub(super) fn texts(&self, knobs: &[Knob]) -> Vec<String> {
        self.moved(knobs).flat_map(|at| self.texts_of(knobs, at)).collect()
    }
    /// What knob number `at` sets, moved or not, as `--set` takes it.
    pub(super) fn texts_of(&self, knobs: &[Knob], at: usize) -> Vec<String> {
        self.puts(knobs, at).into_iter().map(|(target, value)| target.text(&value)).collect()
    }

    fn moved<'k>(&'k self, knobs: &'k [Knob]) -> impl Iterator<Item = usize> + 'k {
        (0..knobs.len()).filter(|at| knobs[*at].current != self.level(*at))
    }
    /// What knob number `at` puts where. The windows of a schedule ask for the minimum of this point.
    fn puts<'k>(&self, knobs: &'k [Knob], at: usize) -> Vec<(&'k Target, Value)> {
        let knob = &knobs[at];
        let mut puts = knob.puts(self.level(at));
        if let Some(present) = knob.minimum {
            let is_its = |other: &Knob| other.kind == Some(KnobKind::Min) && other.owner == knob.owner;
            let minimum = knobs.iter().position(is_its).map_or(present, |min| knobs[min].number(self.level(min)));
            puts.iter_mut().for_each(|(_, value)| ask_for(value, minimum));
        }
        puts
    }
}

/// Windows that do not say how many ask for so many.
fn ask_for(schedule: &mut Value, replicas: i64) {
    for window in schedule.as_array_mut().into_iter().flatten() {
        if let Some(how_many @ Value::Null) = window.get_mut(HOW_MANY) {
            *how_many = json!(replicas);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Owner;
    use super::super::knob::Level;
    use super::*;

    fn knob(kind: KnobKind, places: &[&[&str]]) -> Knob {
        let owner = Owner::Hpa { namespace: "web".to_owned(), name: "web".to_owned() };
        Knob::new(kind.name().to_owned(), Some(kind), owner, places.iter().map(|path| Target::of(path)).collect())
    }

    #[test]
    fn a_minimum_above_the_first_size_moves_that_too() {
        let size = Target::of(&["nodeGroups", "app", "desiredSize"]);
        let mut min = knob(KnobKind::Min, &[&["nodeGroups", "app", "minSize"]]).with_numbers(1..=5, 2);
        min.first_size = Some((size, 3));
        let knobs = [min];
        let texts = |number: i64| Point::as_is(&knobs).with(0, knobs[0].level_of(number)).texts(&knobs);
        assert_eq!(texts(2), Vec::<String>::new(), "as it is");
        assert_eq!(texts(3), ["nodeGroups.app.minSize=3"]);
        assert_eq!(texts(4), ["nodeGroups.app.minSize=4", "nodeGroups.app.desiredSize=4"]);
    }

    #[test]
    fn windows_ask_for_the_minimum_of_the_point() {
        let min = knob(KnobKind::Min, &[&["hpas", "web", "minReplicas"]]).with_numbers(2..=8, 6);
        let places: [&[&str]; 2] = [&["hpas", "web", "minReplicas"], &["hpas", "web", "schedule"]];
        let values = vec![json!(2), json!([{"from": "08:00", HOW_MANY: null}])];
        let mut schedule = knob(KnobKind::Schedule, &places)
            .with_choices(Level::as_it_is(), [Level::said("from 08:00, else 2".to_owned(), values)]);
        schedule.minimum = Some(6);
        let both = [min, schedule];
        let by_day = Point::as_is(&both).with(1, 1);
        let written = |minimum: i64| {
            let window = format!("hpas.web.schedule=[{{\"from\":\"08:00\",\"minReplicas\":{minimum}}}]");
            ["hpas.web.minReplicas=2".to_owned(), window]
        };
        assert_eq!(by_day.texts_of(&both, 1), written(6));
        let moved = by_day.with(0, both[0].level_of(5));
        assert_eq!(moved.texts(&both)[1..], written(5), "after the minimum's own");
        assert_eq!(Point::as_is(&both[1..]).with(0, 1).texts(&both[1..]), written(6), "where no minimum moves");
        let read: Vec<_> =
            moved.texts(&both).iter().map(|text| Setting::parse(text).map(|set| set.path().to_vec())).collect();
        assert!(read.iter().all(Result::is_ok) && read.len() == 3);
    }
}
