//! Stresses in the search: which a setting survives, and what mends one that it does not.

use super::answer::StressAnswer;
use super::knob::Knob;
use super::point::Point;
use super::stress::{Stresses, Withstood, answers};
use super::trial::Lab;
use crate::scenario::wanted::KnobKind;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The luck of the windows in which stresses come.
const NUMBERS: std::ops::Range<u32> = 1..2;

/// The stresses of a scenario, and how settings got through them.
pub(super) struct Stressed<'a> {
    lab: &'a Lab<'a>,
    stresses: Stresses,
    known: Mutex<BTreeMap<Point, Vec<Withstood>>>,
}

impl<'a> Stressed<'a> {
    /// The stresses that the scenario asks for, or the usual ones; none where it cannot be built.
    pub(super) fn new(lab: &'a Lab<'a>, as_is: &Point) -> Option<Self> {
        let study = lab.study(as_is)?;
        let stresses = Stresses::of(&study, lab.ask.base.wanted.against.as_deref());
        Some(Stressed { lab, stresses, known: Mutex::default() })
    }

    fn withstood(&self, point: &Point) -> Vec<Withstood> {
        let lock = || self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = lock().get(point) {
            return known.clone();
        }
        let Some(study) = self.lab.study(point).filter(|_| !self.lab.is_stopped()) else { return Vec::new() };
        let found = self.stresses.undergo(&study, NUMBERS);
        lock().insert(point.clone(), found.clone());
        found
    }

    /// The names of the stresses that a setting does not survive; all, if it cannot be built.
    pub(super) fn failed(&self, point: &Point) -> Vec<String> {
        if self.lab.study(point).is_none() {
            return self.stresses.list().iter().map(|stress| stress.name.clone()).collect();
        }
        let rows = self.withstood(point);
        rows.into_iter().filter(|row| !row.survives()).map(|row| row.stress.name).collect()
    }

    /// The setting with what it needs to survive as many stresses as can be: what was lowered goes back where that helps, then minimums
    /// rise one by one, the knob first that mends most.
    pub(super) fn mended(&self, as_is: &Point, point: &Point) -> Point {
        let mut best = (self.failed(point).len(), point.clone());
        for _ in 0..2 * self.lab.knobs.len() {
            if best.0 == 0 || self.lab.is_over() {
                break;
            }
            let steps = self.steps(as_is, &best.1);
            let failed: Vec<(usize, Point)> =
                steps.into_par_iter().map(|point| (self.failed(&point).len(), point)).collect();
            let Some(next) = failed.into_iter().min_by_key(|(failed, _)| *failed) else { break };
            if next.0 >= best.0 {
                // None mends anything alone: everything lowered goes back together, once.
                let back = self.all_back(as_is, &best.1);
                let failed = self.failed(&back).len();
                if failed < best.0 {
                    best = (failed, back);
                }
                break;
            }
            best = next;
        }
        best.1
    }

    /// Back to the present level of what was made scarcer, or one more of what is as it was.
    fn steps(&self, as_is: &Point, point: &Point) -> Vec<Point> {
        let rows = self.lab.knobs.iter().enumerate();
        let step = |(at, knob): (usize, &Knob)| {
            let (now, own) = (as_is.level(at), point.level(at));
            let scarcer = is_scarcer(knob, own, now);
            let more = knob.kind == Some(KnobKind::Min) && own + 1 < knob.levels.len();
            if scarcer { Some(point.with(at, now)) } else { more.then(|| point.with(at, own + 1)) }
        };
        rows.filter_map(step).collect()
    }

    fn all_back(&self, as_is: &Point, point: &Point) -> Point {
        self.lab.knobs.iter().enumerate().fold(point.clone(), |point, (at, knob)| {
            let now = as_is.level(at);
            if is_scarcer(knob, point.level(at), now) { point.with(at, now) } else { point }
        })
    }

    /// How both settings get through each stress.
    pub(super) fn answers(&self, as_is: &Point, point: &Point) -> Vec<StressAnswer> {
        answers(&self.withstood(as_is), &self.withstood(point), &self.lab.ask.base.cast)
    }
}

/// Whether a level leaves less room than the present one may; of most kinds any other one may.
fn is_scarcer(knob: &Knob, level: usize, now: usize) -> bool {
    match knob.kind {
        Some(KnobKind::Min | KnobKind::Max) => level < now,
        Some(KnobKind::Target) => level > now,
        _ => level != now,
    }
}
