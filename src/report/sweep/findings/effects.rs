//! What an axis does by itself, and two of them together.
//!
//! The effect of a level is the mean of all points on it, over whatever the other axes are. Where every combination is a
//! point, the variance between points falls apart exactly (analysis of variance): a share for each axis, one for each pair
//! (what two do together beyond what each does), and what is left of three and more. There the intervals come from the
//! replications: each has its own effect, and what all points met alike cancels out. Where points are drawn, an axis has the
//! share that the means of its parts explain beyond what as many parts would by chance, and intervals come from how far the
//! points of a part lie apart.

use super::levels::Levels;
use super::sums::{ByReplication, Sum, contrast};
use crate::report::sweep::model::StudyHead;
use crate::study::Estimate;

/// Of more axes no pairs are looked at.
const MOST_PAIRED_AXES: usize = 16;

/// What the axes do to a figure.
#[derive(Clone, Debug)]
pub struct FigureEffects {
    /// Its place in [`Findings::figures`](super::Findings::figures).
    pub figure: usize,
    /// The mean of all points that have a value.
    pub mean: f64,
    /// Points without a value.
    pub missing: u64,
    /// Whether all points have the same value.
    pub is_constant: bool,
    /// By axis, in their order.
    pub axes: Vec<AxisEffect>,
    /// By pair of axes; empty for very many axes.
    pub pairs: Vec<PairEffect>,
    /// The share of the variance that is neither an axis's nor a pair's; absent where shares are.
    pub left: Option<f64>,
}

/// What an axis does by itself.
#[derive(Clone, Debug)]
pub struct AxisEffect {
    /// In the order of [`Levels::labels`].
    pub levels: Vec<LevelEffect>,
    /// Its share of the variance between points; absent where nothing varies.
    pub share: Option<f64>,
}

impl AxisEffect {
    /// From the level with the least mean to that with the most.
    pub fn span(&self) -> f64 {
        let means = || self.levels.iter().map(|level| level.mean).filter(|mean| mean.is_finite());
        let (low, high) = (means().fold(f64::INFINITY, f64::min), means().fold(f64::NEG_INFINITY, f64::max));
        if low <= high { high - low } else { 0.0 }
    }
}

/// The points of a level.
#[derive(Clone, Copy, Debug)]
pub struct LevelEffect {
    /// The mean over them; not a number where there is none.
    pub mean: f64,
    /// Half of the 95 % interval of its distance from the mean of all; zero where it is unknown.
    pub half: f64,
}

/// What two axes do together.
#[derive(Clone, Debug)]
pub struct PairEffect {
    /// Their places among the axes.
    pub axes: [usize; 2],
    /// What the second does from its first level to its last (of ranges: from the lower half to the upper), where the first
    /// axis is on its last level, less the same where it is on its first. None where such points are missing.
    pub difference: Option<Estimate>,
    /// Their share of the variance beyond what each does; only where every combination is a point.
    pub share: Option<f64>,
    /// Means by level of the first axis, then of the second; not a number where there is none.
    pub means: Vec<Vec<f64>>,
}

/// The sums for a figure.
pub(super) struct EffectSums {
    figure: usize,
    /// What is taken off every value.
    shift: Option<f64>,
    /// The least and the most.
    ends: [f64; 2],
    missing: u64,
    all: Sum,
    runs: ByReplication,
    axes: Vec<(Vec<Sum>, Vec<ByReplication>)>,
    pairs: Vec<PairSums>,
}

struct PairSums {
    axes: [usize; 2],
    cells: Vec<Vec<Sum>>,
    /// First and last level of the first axis, then of the second.
    corners: [[ByReplication; 2]; 2],
}

impl EffectSums {
    pub(super) fn new(figure: usize, axes: &[Levels], head: &StudyHead) -> Self {
        let runs = || ByReplication::new(head.replications as usize);
        let of_axis = |axis: &Levels| {
            let count = axis.count();
            (vec![Sum::default(); count], (0..count).map(|_| runs()).collect())
        };
        let varied: Vec<usize> = (0..axes.len()).filter(|at| axes[*at].count() > 1).collect();
        let is_paired = varied.len() <= MOST_PAIRED_AXES;
        let both = varied.iter().enumerate().flat_map(|(at, one)| varied[at + 1..].iter().map(|other| [*one, *other]));
        let pair = |both: [usize; 2]| PairSums {
            axes: both,
            cells: vec![vec![Sum::default(); axes[both[1]].count()]; axes[both[0]].count()],
            corners: [0, 1].map(|_| [0, 1].map(|_| runs())),
        };
        EffectSums {
            figure,
            shift: None,
            ends: [f64::INFINITY, f64::NEG_INFINITY],
            missing: 0,
            all: Sum::default(),
            runs: runs(),
            axes: axes.iter().map(of_axis).collect(),
            pairs: both.filter(|_| is_paired).map(pair).collect(),
        }
    }

    pub(super) fn figure(&self) -> usize {
        self.figure
    }

    /// A point: on which level of each axis it is, its mean and its values by replication.
    pub(super) fn add(&mut self, places: &[Option<usize>], mean: f64, values: &[f64]) {
        if !mean.is_finite() {
            self.missing += 1;
            return;
        }
        let shift = *self.shift.get_or_insert(mean);
        let value = mean - shift;
        self.ends = [self.ends[0].min(value), self.ends[1].max(value)];
        self.all.add(value);
        self.runs.add(values, shift);
        for ((sums, runs), place) in self.axes.iter_mut().zip(places) {
            if let Some(place) = *place {
                sums[place].add(value);
                runs[place].add(values, shift);
            }
        }
        for pair in &mut self.pairs {
            let [Some(one), Some(other)] = pair.axes.map(|axis| places[axis]) else { continue };
            let lasts = [pair.cells.len() - 1, pair.cells[one].len() - 1];
            pair.cells[one][other].add(value);
            let end = |place: usize, last: usize| [0, last].iter().position(|end| *end == place);
            if let (Some(one), Some(other)) = (end(one, lasts[0]), end(other, lasts[1])) {
                pair.corners[one][other].add(values, shift);
            }
        }
    }

    pub(super) fn finish(&self, levels: &[Levels], head: &StudyHead, complete: bool) -> FigureEffects {
        let is_drawn = head.sampling.is_some();
        let is_constant = self.ends[0] >= self.ends[1];
        let spread = self.all.spread();
        let has_shares = !is_constant && spread > 0.0;
        // Only where every combination is there do the shares add up.
        let is_exact = has_shares && complete && !is_drawn && self.missing == 0;
        let between = |sums: &[Sum]| -> f64 {
            let mean = self.all.mean();
            sums.iter().filter(|sum| sum.count > 0.0).map(|sum| sum.count * (sum.mean() - mean).powi(2)).sum()
        };
        let explained: Vec<f64> = self.axes.iter().map(|(sums, _)| between(sums)).collect();
        let axis = |((sums, runs), explained): (&(Vec<Sum>, Vec<ByReplication>), &f64)| AxisEffect {
            levels: sums.iter().zip(runs).map(|(sum, runs)| self.level(*sum, runs, is_drawn)).collect(),
            share: has_shares.then(|| {
                let by_chance = if is_drawn { by_chance(sums, spread, *explained) } else { 0.0 };
                ((explained - by_chance) / spread).clamp(0.0, 1.0)
            }),
        };
        let axes: Vec<AxisEffect> = self.axes.iter().zip(&explained).map(axis).collect();
        let pair = |pair: &PairSums| {
            let cells: Vec<Sum> = pair.cells.iter().flatten().copied().collect();
            let beyond = between(&cells) - explained[pair.axes[0]] - explained[pair.axes[1]];
            let shift = self.shift.unwrap_or(0.0);
            PairEffect {
                axes: pair.axes,
                difference: if is_drawn { pair.of_halves() } else { pair.of_corners() },
                share: is_exact.then(|| (beyond / spread).clamp(0.0, 1.0)),
                means: pair.cells.iter().map(|row| row.iter().map(|sum| sum.mean() + shift).collect()).collect(),
            }
        };
        let pairs: Vec<PairEffect> = self.pairs.iter().map(pair).collect();
        debug_assert_eq!(axes.len(), levels.len());
        let told: f64 = axes.iter().filter_map(|axis| axis.share).sum::<f64>()
            + pairs.iter().filter_map(|pair| pair.share).sum::<f64>();
        FigureEffects {
            figure: self.figure,
            mean: self.all.mean() + self.shift.unwrap_or(0.0),
            missing: self.missing,
            is_constant,
            axes,
            pairs,
            left: has_shares.then(|| (1.0 - told).clamp(0.0, 1.0)),
        }
    }

    fn level(&self, sum: Sum, runs: &ByReplication, is_drawn: bool) -> LevelEffect {
        let half = if is_drawn {
            sum.error().map_or(0.0, |error| NORMAL * libm::sqrt(error))
        } else {
            contrast(&[(1.0, runs), (-1.0, &self.runs)]).half_width()
        };
        LevelEffect { mean: sum.mean() + self.shift.unwrap_or(0.0), half }
    }
}

/// The 97.5 % quantile of the normal law.
const NORMAL: f64 = 1.959_964;

/// What as many parts would explain if the axis did nothing.
fn by_chance(sums: &[Sum], spread: f64, explained: f64) -> f64 {
    let parts = sums.iter().filter(|sum| sum.count > 0.0).count() as f64;
    let points: f64 = sums.iter().map(|sum| sum.count).sum();
    if points > parts { (parts - 1.0) * (spread - explained) / (points - parts) } else { explained }
}

impl PairSums {
    fn of_corners(&self) -> Option<Estimate> {
        let last = [self.cells.len() - 1, self.cells[0].len() - 1];
        let has_points = [(0, 0), (0, last[1]), (last[0], 0), (last[0], last[1])]
            .iter()
            .all(|(one, other)| self.cells[*one][*other].count > 0.0);
        let [[low_low, low_high], [high_low, high_high]] = &self.corners;
        let estimate = contrast(&[(1.0, high_high), (-1.0, high_low), (-1.0, low_high), (1.0, low_low)]);
        (has_points && estimate.is_known()).then_some(estimate)
    }

    /// Lower and upper halves of both; a part in the middle is in none.
    fn of_halves(&self) -> Option<Estimate> {
        let side =
            |at: usize, count: usize| [2 * at + 2 <= count, 2 * at >= count].iter().position(|is_there| *is_there);
        let mut quarters = [[Sum::default(); 2]; 2];
        for (one, row) in self.cells.iter().enumerate() {
            for (other, sum) in row.iter().enumerate() {
                if let (Some(one), Some(other)) = (side(one, self.cells.len()), side(other, row.len())) {
                    quarters[one][other] = quarters[one][other].plus(*sum);
                }
            }
        }
        let [[low_low, low_high], [high_low, high_high]] = quarters;
        let mean = high_high.mean() - high_low.mean() - low_high.mean() + low_low.mean();
        let errors: Option<f64> = quarters.iter().flatten().map(|sum| sum.error()).sum();
        let half = NORMAL * libm::sqrt(errors?);
        Some(Estimate { interval: Some([mean - half, mean + half]), ..Estimate::exact(mean) })
    }
}
