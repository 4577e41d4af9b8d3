//! What is kept of a point that may be shown.

use super::question::{FrontOf, NamedFigure};
use crate::report::metrics;
use crate::report::sweep::model::{FigureAtPoint, StudyPoint};

/// As many figures of a point are kept; the rest is in `study.jsonl`.
const MOST_FIGURES: usize = 40;
/// What axes are asked about, besides the front's figures.
const MAIN: [&str; 5] =
    [metrics::COST.name, metrics::LATENCY_P95.name, metrics::ERRORS.name, metrics::BREACH.name, metrics::FLAPPING.name];

/// A figure of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Not a number where there is no value.
    pub mean: f64,
    /// Half of its 95 % interval; zero without one.
    pub half: f64,
    /// Whether it is beyond its objective.
    pub is_broken: bool,
}

/// A point.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptPoint {
    /// Its number.
    pub point: u64,
    /// The value of each axis.
    pub settings: Vec<String>,
    /// In the order of [`Findings::figures`](super::Findings::figures).
    pub figures: Vec<Shown>,
    /// The front's two figures, by replication.
    pub(super) values: [Vec<f64>; 2],
    /// How many caveats it has besides those of the scenario.
    pub caveats: usize,
}

impl KeptPoint {
    pub(super) fn of(point: &StudyPoint, keys: &Keys) -> Self {
        let shown = |key: &String| {
            let found = point.figures.get(key);
            let mean = found.map_or(f64::NAN, |figure| figure.mean);
            let half = found.and_then(|figure| figure.interval).map_or(0.0, |[low, high]| (high - low) / 2.0);
            // What nobody was answered in no time at all breaks what it should be.
            let breaks = |figure: &FigureAtPoint| figure.objective.is_some_and(|most| mean.is_nan() || mean > most);
            Shown { mean, half, is_broken: found.is_some_and(breaks) }
        };
        let values = |at: usize| point.figures.get(&keys.keys[at]).map(|figure| figure.values.clone());
        KeptPoint {
            point: point.point,
            settings: point.settings.values().cloned().collect(),
            figures: keys.keys.iter().map(shown).collect(),
            values: [0, 1].map(|at| values(at).unwrap_or_default()),
            caveats: point.caveats.len(),
        }
    }

    /// Whether it breaks an objective.
    pub fn breaks(&self) -> bool {
        self.figures.iter().any(|figure| figure.is_broken)
    }
}

/// Which figures are kept: the front's two first.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    keys: Vec<String>,
    signs: [f64; 2],
}

impl Keys {
    /// Those of the first point, which has the same as all others.
    pub(super) fn of(asked: &FrontOf, point: &StudyPoint) -> Self {
        let mut keys = asked.0.to_vec();
        // Objectives must not fall off the end.
        let (kept, rest): (Vec<_>, Vec<_>) =
            point.figures.iter().partition(|(key, figure)| figure.objective.is_some() || MAIN.contains(&key.as_str()));
        for (key, _) in kept.into_iter().chain(rest) {
            if keys.len() < MOST_FIGURES && !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let signs = [0, 1].map(|at| NamedFigure::of(&asked.0[at]).sign());
        Keys { keys, signs }
    }
    pub(super) fn key(&self, at: usize) -> &str {
        &self.keys[at]
    }
    pub(super) fn named(&self) -> Vec<NamedFigure> {
        self.keys.iter().map(|key| NamedFigure::of(key)).collect()
    }
    /// The front's two figures, so that less is better; none where one is unknown.
    pub(super) fn scores(&self, point: &KeptPoint) -> Option<[f64; 2]> {
        let [x, y] = [0, 1].map(|at| self.signs[at] * point.figures[at].mean);
        (x.is_finite() && y.is_finite()).then_some([x, y])
    }
    /// The figures that axes are asked about.
    pub(super) fn main(&self) -> impl Iterator<Item = usize> {
        (0..self.keys.len()).filter(|at| *at < 2 || MAIN.contains(&self.keys[*at].as_str()))
    }
}
