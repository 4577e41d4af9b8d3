//! What the points of a study say together, in one pass over them.
//!
//! Memory does not grow with the number of points, but for those on the front. Start reading at [`Findings`].

mod effects;
mod front;
mod kept;
pub(super) mod levels;
mod question;
mod sample;
mod sums;

pub use effects::{AxisEffect, FigureEffects, LevelEffect, PairEffect};
pub use front::FrontPoint;
pub use kept::{KeptPoint, Shown};
pub use levels::Levels;
pub use question::{FrontOf, NamedFigure};

use super::model::{StudyHead, StudyPoint};
use effects::EffectSums;
use front::Front;
use kept::Keys;
use sample::Sample;

/// What the points of a study say together.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The study.
    pub head: StudyHead,
    /// The figures that are kept of points: those of the front first.
    pub figures: Vec<NamedFigure>,
    /// How many points there were.
    pub seen: u64,
    /// Points without a value for one of the front's two figures: nothing was answered.
    pub unknown: u64,
    /// Points that break an objective; none where there are no objectives.
    pub broken: Option<u64>,
    /// Points that no other is better than in both figures, best in the first figure first. Of points with exactly the same two
    /// figures the one with the least number stands for all.
    pub front: Vec<FrontPoint>,
    /// Of the points that keep all objectives, the best in the front's first figure.
    pub best: Option<KeptPoint>,
    /// Other points, to be drawn: all of them, or some that a fixed shuffle of the numbers chose.
    pub others: Vec<KeptPoint>,
    /// The levels of each axis.
    pub axes: Vec<Levels>,
    /// What each axis does to the main figures.
    pub effects: Vec<FigureEffects>,
}

/// Points while they come in.
pub struct Collecting {
    head: StudyHead,
    asked: FrontOf,
    keys: Option<Keys>,
    seen: u64,
    unknown: u64,
    broken: u64,
    has_objectives: bool,
    front: Front,
    best: Option<KeptPoint>,
    sample: Sample,
    axes: Vec<Levels>,
    effects: Vec<EffectSums>,
}

impl Collecting {
    /// Nothing yet of a study.
    pub fn new(head: StudyHead, asked: FrontOf) -> Self {
        let axes = head.axes.iter().map(|axis| Levels::of(axis, head.points)).collect();
        Collecting {
            head,
            asked,
            keys: None,
            seen: 0,
            unknown: 0,
            broken: 0,
            has_objectives: false,
            front: Front::default(),
            best: None,
            sample: Sample::default(),
            axes,
            effects: Vec::new(),
        }
    }

    /// One more point. The order of the points changes nothing but the last digits of means.
    pub fn add(&mut self, point: &StudyPoint) {
        self.seen += 1;
        let keys = self.keys.get_or_insert_with(|| Keys::of(&self.asked, point));
        if self.effects.is_empty() {
            let sums = |at: usize| EffectSums::new(at, &self.axes, &self.head);
            self.effects = keys.main().map(sums).collect();
        }
        let kept = KeptPoint::of(point, keys);
        self.has_objectives |= point.figures.values().any(|figure| figure.objective.is_some());
        let breaks = kept.breaks();
        self.broken += u64::from(breaks);
        let places: Vec<Option<usize>> =
            self.axes.iter().zip(&kept.settings).map(|(axis, value)| axis.level(value)).collect();
        for sums in &mut self.effects {
            let values = point.figures.get(keys.key(sums.figure())).map(|figure| &figure.values[..]);
            sums.add(&places, kept.figures[sums.figure()].mean, values.unwrap_or_default());
        }
        let Some(scores) = keys.scores(&kept) else {
            self.unknown += 1;
            return;
        };
        let is_better = |best: &KeptPoint| {
            keys.scores(best).is_none_or(|[x, y]| (scores[0], scores[1], kept.point) < (x, y, best.point))
        };
        if !breaks && self.best.as_ref().is_none_or(is_better) {
            self.best = Some(kept.clone());
        }
        self.sample.offer(&kept);
        self.front.offer(scores, kept);
    }

    /// What they say. None without a point.
    pub fn finish(self) -> Option<Findings> {
        let keys = self.keys?;
        let complete = self.seen == self.head.points;
        let front = self.front.finish(&keys);
        let is_drawn = |other: &KeptPoint| front.iter().all(|one| one.kept.point != other.point);
        let others = self.sample.finish().into_iter().filter(is_drawn).collect();
        let effects = self.effects.iter().map(|sums| sums.finish(&self.axes, &self.head, complete)).collect();
        Some(Findings {
            figures: keys.named(),
            seen: self.seen,
            unknown: self.unknown,
            broken: self.has_objectives.then_some(self.broken),
            best: self.best.filter(|_| self.has_objectives),
            front,
            others,
            effects,
            axes: self.axes,
            head: self.head,
        })
    }
}

impl Findings {
    /// Of a study's points.
    pub fn of<'a>(head: &StudyHead, points: impl IntoIterator<Item = &'a StudyPoint>, asked: FrontOf) -> Option<Self> {
        let mut collecting = Collecting::new(head.clone(), asked);
        points.into_iter().for_each(|point| collecting.add(point));
        collecting.finish()
    }

    /// Points that another one is better than in both figures.
    pub fn dominated(&self) -> u64 {
        self.seen - self.unknown - self.front.iter().map(|point| 1 + point.alike).sum::<u64>()
    }
}

#[cfg(test)]
mod tests;
