//! The points of a sweep: which there are, and what is set at each. None of them is kept; a point is computed from its number.

use super::axes::{Axis, axes};
use super::draw::{Draw, LONGEST_SOBOL, MOST_SOBOL_AXES};
use super::values::Values;
use crate::scenario::file::Method;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::{Scenario, Setting, Written};
use crate::units::grouped;
use indexmap::IndexMap;

/// What a plan is made from.
#[derive(Clone)]
pub struct Wanted<'a> {
    /// What is varied, the slowest first.
    pub vary: IndexMap<String, Values>,
    /// How many points are drawn, and how; without this every combination is one.
    pub sample: Option<(u64, Method)>,
    /// Of samples.
    pub seed: u64,
    /// More points are refused.
    pub most: u64,
    /// Values that are the same at every point.
    pub sets: &'a [Setting],
    /// The scenario as it is written.
    pub written: &'a Written,
}

/// The points of a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    axes: Vec<Axis>,
    sample: Option<Method>,
    points: u64,
    counts: Vec<u64>,
    sets: Vec<Setting>,
    draw: Draw,
}

impl Plan {
    /// The points of a scenario.
    ///
    /// Errors: everything that is wrong with what is wanted.
    pub fn new(wanted: Wanted<'_>, base: &Scenario) -> Result<Plan, Issues> {
        let Wanted { vary, sample, seed, most, sets, written } = wanted;
        let mut issues = Issues::new();
        let axes = axes(vary, sets, base, &mut issues);
        let points = match sample {
            None => combinations(&axes, most, &mut issues),
            Some((points, method)) => drawn(&axes, (points, method), most, &mut issues),
        };
        if issues.has_errors() {
            axes.iter().for_each(|axis| unknown(axis, sets, written, &mut issues));
            return Err(issues);
        }
        let draw = match sample {
            None => Draw::All,
            Some((_, Method::Sobol)) => Draw::sobol(seed),
            Some((_, Method::Lhs)) => Draw::latin(seed, axes.len(), points as u32),
        };
        let counts = axes.iter().map(|axis| axis.values.count()).collect();
        Ok(Plan { axes, sample: sample.map(|(_, method)| method), points, counts, sets: sets.to_vec(), draw })
    }

    /// What is varied, the slowest first.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }
    /// How points are drawn; none where every combination is one.
    pub fn sampling(&self) -> Option<Method> {
        self.sample
    }
    /// How many points there are. Their numbers are 0 to this, less one.
    pub fn points(&self) -> u64 {
        self.points
    }
    /// The value of each axis at a point, in their order. Cost: a few operations an axis.
    pub fn values(&self, point: u64) -> Vec<String> {
        let levels = self.draw.levels(point, &self.counts);
        self.axes.iter().zip(levels).map(|(axis, level)| axis.values.value(level)).collect()
    }
    /// Everything that is set at a point with these values of the axes.
    pub fn settings(&self, values: &[String]) -> Vec<Setting> {
        let varied = self.axes.iter().zip(values).flat_map(|(axis, value)| axis.settings(value));
        self.sets.iter().cloned().chain(varied).collect()
    }
    /// `hpa.max=8, traffic.scale=2`
    pub fn words(&self, values: &[String]) -> String {
        let one = |(axis, value): (&Axis, &String)| format!("{}={value}", axis.name);
        self.axes.iter().zip(values).map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Adds what is wrong with the path of an axis, and with its first value where that alone decides.
fn unknown(axis: &Axis, sets: &[Setting], written: &Written, issues: &mut Issues) {
    let settings: Vec<Setting> = sets.iter().cloned().chain(axis.settings(&axis.values.value(0))).collect();
    let found = written.with(&settings).err().unwrap_or_default();
    let is_own = |issue: &Issue| issue.place.file.as_deref().is_some_and(|file| file.starts_with("--vary"));
    found.into_iter().filter(is_own).for_each(|issue| issues.push(issue));
}

/// How many combinations there are; none if they are more than a number holds.
fn product(axes: &[Axis]) -> Option<u128> {
    axes.iter().try_fold(1_u128, |product, axis| product.checked_mul(u128::from(axis.values.count())))
}

fn combinations(axes: &[Axis], most: u64, issues: &mut Issues) -> u64 {
    for axis in axes {
        if let Some([low, high]) = axis.values.stepless() {
            let message = format!("{}: {low}..{high} has no step, and every combination was asked for", axis.name);
            let help = format!("write {}={low}..{high}/STEP, or draw some points with --sample N", axis.name);
            issues.push(Issue::error("--vary", message).with_help(help));
        }
    }
    let product = product(axes);
    match product.and_then(|points| u64::try_from(points).ok()).filter(|points| *points <= most) {
        Some(points) => points,
        None if issues.has_errors() => 0,
        None => {
            let count = match product.map(u64::try_from) {
                Some(Ok(points)) => grouped(points),
                Some(Err(_)) => format!("about {:.1e}", product.unwrap_or(u128::MAX) as f64),
                None => "more than 1e38".to_owned(),
            };
            issues.push(
                too_many(&count, most)
                    .with_help("take fewer values, draw some points with --sample N, or raise --max-points"),
            );
            0
        }
    }
}

fn too_many(count: &str, most: u64) -> Issue {
    Issue::error("--vary", format!("{count} points, expected at most {}", grouped(most)))
}

fn drawn(axes: &[Axis], (points, method): (u64, Method), most: u64, issues: &mut Issues) -> u64 {
    let mut refuse = |why: String, help: &str| issues.push(Issue::error("--sample", why).with_help(help));
    if points == 0 {
        refuse("found 0, expected at least 1".to_owned(), "leave it out for every combination");
    } else if points > most || u32::try_from(points).is_err() {
        refuse(
            format!("{} points, expected at most {}", grouped(points), grouped(most)),
            "draw fewer, or raise --max-points",
        );
    }
    let is_sobol = method == Method::Sobol;
    if is_sobol && points > LONGEST_SOBOL {
        refuse(
            format!("a Sobol sequence has at most {} points", grouped(LONGEST_SOBOL)),
            "--method lhs has no such bound",
        );
    }
    if is_sobol && axes.len() > MOST_SOBOL_AXES {
        refuse(format!("a Sobol sequence has at most {MOST_SOBOL_AXES} axes"), "--method lhs has no such bound");
    }
    if let Some(all) = product(axes).filter(|all| *all < u128::from(points)) {
        refuse(format!("there are only {all} combinations"), "leave it out: each of them is then simulated");
    }
    points
}
