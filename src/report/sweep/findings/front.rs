//! The Pareto front of two figures: points that no other is better than in both.

use super::kept::{KeptPoint, Keys};
use crate::study::{Better, Pair};

/// A point of the front.
#[derive(Clone, Debug)]
pub struct FrontPoint {
    /// Which.
    pub kept: KeptPoint,
    /// How many other points have exactly the same two figures.
    pub alike: u64,
    /// Its lead over the next point in the first figure, and over the one before it in the second: this one's minus the
    /// other's, replication by replication. Absent at the ends of the front.
    pub leads: [Option<Pair>; 2],
}

impl FrontPoint {
    /// Whether both leads are beyond chance: only then it is sure that neither neighbour is better in both figures.
    pub fn is_sure(&self) -> bool {
        self.leads.iter().flatten().all(|lead| lead.difference.is_significant())
    }
}

/// A front while points come in: the first figure rises, the second falls, and less is better in both.
#[derive(Clone, Debug, Default)]
pub(super) struct Front {
    points: Vec<([f64; 2], u64, KeptPoint)>,
}

impl Front {
    /// Cost: the logarithm of the front's length, and what it takes away.
    pub(super) fn offer(&mut self, [x, y]: [f64; 2], kept: KeptPoint) {
        // Behind all that are at least as good in the first figure, the best of which in the second is the last.
        let at = self.points.partition_point(|([other, _], ..)| *other <= x);
        if let Some(([best_x, best_y], alike, best)) = at.checked_sub(1).and_then(|at| self.points.get_mut(at)) {
            if (*best_x, *best_y) == (x, y) {
                *alike += 1;
                if kept.point < best.point {
                    *best = kept;
                }
                return;
            }
            if *best_y <= y {
                return;
            }
        }
        let begin = self.points.partition_point(|([other, _], ..)| *other < x);
        let worse = self.points[begin..].iter().take_while(|([_, other], ..)| *other >= y).count();
        self.points.splice(begin..begin + worse, [([x, y], 0, kept)]);
    }

    pub(super) fn finish(self, keys: &Keys) -> Vec<FrontPoint> {
        let betters = keys.named().iter().take(2).map(|figure| figure.better).collect::<Vec<Better>>();
        let lead = |figure: usize, own: usize, other: Option<usize>| {
            let (_, _, other) = self.points.get(other?)?;
            Pair::of(&other.values[figure], &self.points[own].2.values[figure], betters[figure])
        };
        let leads: Vec<[Option<Pair>; 2]> =
            (0..self.points.len()).map(|at| [lead(0, at, Some(at + 1)), lead(1, at, at.checked_sub(1))]).collect();
        let one = |((_, alike, kept), leads): (([f64; 2], u64, KeptPoint), _)| FrontPoint { kept, alike, leads };
        self.points.into_iter().zip(leads).map(one).collect()
    }
}
