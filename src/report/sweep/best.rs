//! The cheapest points that keep what is promised.

use super::error::StudyError;
use super::lines::Lines;
use super::model::{StudyHead, StudyPoint};
use std::path::Path;

/// As many points are shown.
const SHOWN: usize = 8;

/// A study in a few lines.
#[derive(Clone, Debug)]
pub struct Best {
    /// Its head.
    pub head: StudyHead,
    /// How many points keep every objective, by their means.
    pub keeping: u64,
    /// Whether there is any objective.
    pub has_objectives: bool,
    /// The cheapest of those, at most eight; of all points where none keeps them.
    pub points: Vec<StudyPoint>,
    /// How many points have caveats of their own.
    pub doubtful: u64,
}

impl StudyPoint {
    /// Whether every figure that has an objective is at most that, by its mean; none without objectives.
    pub fn keeps(&self) -> Option<bool> {
        let mut promised = self.figures.values().filter_map(|figure| Some(figure.mean <= figure.objective?)).peekable();
        promised.peek()?;
        Some(promised.all(|kept| kept))
    }

    /// Its cost in USD per month; more than anything where that is not known.
    pub fn cost(&self) -> f64 {
        self.figures.get("costUsdPerMonth").map_or(f64::INFINITY, |figure| figure.mean)
    }
}

/// Reads a study for its cheapest points.
///
/// Errors: it cannot be read. Memory: a few points.
pub fn best(study: &Path) -> Result<Best, StudyError> {
    let Some((head, mut lines)) = Lines::open(study)? else {
        return Err(StudyError::broken(study, 1, "the file is empty"));
    };
    let mut best = Best { head, keeping: 0, has_objectives: false, points: Vec::new(), doubtful: 0 };
    let mut others: Vec<StudyPoint> = Vec::new();
    while let Some(line) = lines.next()? {
        let keeps = line.point.keeps();
        best.has_objectives |= keeps.is_some();
        best.doubtful += u64::from(!line.point.caveats.is_empty());
        match keeps {
            Some(false) => insert(&mut others, line.point),
            _ => {
                best.keeping += 1;
                insert(&mut best.points, line.point);
            }
        }
    }
    if best.points.is_empty() {
        best.points = others;
    }
    Ok(best)
}

/// The cheapest stay; of equally cheap ones those that come first.
fn insert(points: &mut Vec<StudyPoint>, point: StudyPoint) {
    let at = points.partition_point(|other| other.cost() <= point.cost());
    points.insert(at, point);
    points.truncate(SHOWN);
}
