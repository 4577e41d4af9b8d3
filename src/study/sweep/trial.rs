//! Points that cannot be simulated are found before the first one is.

use super::plan::Plan;
use crate::scenario::Written;
use crate::scenario::issue::{Issue, Issues, Severity};
use crate::units::counted;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Of larger plans so many points are tried, evenly spread; and each value of each axis, and the corners.
const MOST_TRIED: u64 = 1_000;
/// So many values of an axis are tried at most.
const MOST_VALUES: u64 = 200;
/// Corners of so many axes are tried at most.
const MOST_CORNERED: usize = 8;
/// As many problems are told.
const MOST_TOLD: usize = 20;

/// Builds the scenario at each point of a small plan, and at many of a large one, without simulating it.
///
/// Errors: everything that is wrong with any of them, each problem once, with the first point that has it.
pub fn tried(plan: &Plan, written: &Written) -> Result<(), Issues> {
    let points: Vec<u64> = worth_trying(plan).into_iter().collect();
    let broken: Vec<(u64, Issues)> = points
        .into_par_iter()
        .filter_map(|point| {
            let settings = plan.settings(&plan.values(point));
            Some((point, written.with(&settings).err()?))
        })
        .collect();
    if broken.is_empty() { Ok(()) } else { Err(together(plan, broken)) }
}

/// What is wrong at one point, with its settings.
pub fn at_point(plan: &Plan, point: u64, issues: Issues) -> Issues {
    together(plan, vec![(point, issues)])
}

/// Each problem once.
fn together(plan: &Plan, broken: Vec<(u64, Issues)>) -> Issues {
    // The problem, its first point, how many points have it.
    let mut problems: Vec<(Issue, u64, usize)> = Vec::new();
    for (point, issues) in broken {
        for issue in issues.into_iter().filter(|issue| issue.severity == Severity::Error) {
            let is_same = |other: &&mut (Issue, u64, usize)| {
                (&other.0.message, &other.0.place.field, &other.0.place.object)
                    == (&issue.message, &issue.place.field, &issue.place.object)
            };
            match problems.iter_mut().find(is_same) {
                Some((_, first, count)) => *count += usize::from(*first != point),
                None => problems.push((issue, point, 1)),
            }
        }
    }
    let left = problems.len().saturating_sub(MOST_TOLD);
    let mut told = Issues::new();
    for (mut issue, point, count) in problems.into_iter().take(MOST_TOLD) {
        let others = if count > 1 { format!(" and {}", counted(count - 1, "other point")) } else { String::new() };
        issue.message = format!("{}\n    at {}{others}", issue.message, plan.words(&plan.values(point)));
        told.push(issue);
    }
    if left > 0 {
        told.push(Issue::error("", format!("and {}", counted(left, "other problem"))));
    }
    told
}

fn worth_trying(plan: &Plan) -> BTreeSet<u64> {
    let all = plan.points();
    if all <= MOST_TRIED {
        return (0..all).collect();
    }
    let mut points: BTreeSet<u64> =
        (0..MOST_TRIED).map(|at| (u128::from(at) * u128::from(all) / u128::from(MOST_TRIED)) as u64).collect();
    if plan.sampling().is_some() {
        return points;
    }
    let counts: Vec<u64> = plan.axes().iter().map(|axis| axis.values.count()).collect();
    let number = |levels: &[u64]| levels.iter().zip(&counts).fold(0, |number, (level, count)| number * count + level);
    for (axis, count) in counts.iter().enumerate() {
        let mut levels = vec![0; counts.len()];
        for at in 0..MOST_VALUES.min(*count) {
            levels[axis] = (u128::from(at) * u128::from(*count) / u128::from(MOST_VALUES.min(*count))) as u64;
            points.insert(number(&levels));
        }
    }
    for corner in 0..1_u64 << counts.len().min(MOST_CORNERED) {
        let end = |(axis, count): (usize, &u64)| if axis < 64 && corner >> axis & 1 == 1 { count - 1 } else { 0 };
        points.insert(number(&counts.iter().enumerate().map(end).collect::<Vec<u64>>()));
    }
    points
}
