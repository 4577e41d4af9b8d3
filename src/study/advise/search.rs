//! The search for the cheapest setting that keeps the promises.

use super::setting::{Bounds, Setting};
use crate::study::carbon::emissions;
use crate::study::estimate::Estimate;
use crate::study::kept::keeps_promises;
use crate::study::paired;
use crate::study::replicate::Study;
use crate::study::runs::Runs;
use crate::world::Cast;
use rayon::prelude::*;

/// How far above the most that was ever needed a maximum is set, in percent.
const HEADROOM_PERCENT: i32 = 25;
/// A promise counts as kept if it was kept in this share of the replications.
const CONFIDENCE: f64 = 0.95;
/// No HPA's minimum is lowered below this: an ordinary week does not show what the loss of a node does to a
/// service of a single pod.
const LEAST_PODS: i32 = 2;
/// How often all minimums are raised by half when the present setting breaks its promises.
const RAISES: usize = 6;

/// How much to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Replications per alternative.
    pub search: u32,
    /// Fresh replications for the check of the winner.
    pub check: u32,
}

/// A simulated setting.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The setting.
    pub setting: Setting,
    /// USD per month, by replication.
    pub usd_per_month: Vec<f64>,
    /// kg CO2e per month, by replication; empty where nobody asked.
    pub co2e_kg_per_month: Vec<f64>,
    /// The share of replications that kept the promises.
    pub kept: f64,
    /// By bounds number: the fewest and the most pods or nodes there ever were.
    seen: Vec<Bounds>,
}

impl Trial {
    /// It keeps the promises in at least 95 % of its replications.
    pub fn keeps_promises(&self) -> bool {
        self.kept >= CONFIDENCE
    }
}

/// What to make of one pair of bounds.
#[derive(Clone, Debug)]
pub struct Row {
    /// `HPA order/order-service`, `node group app-nodes`.
    pub target: String,
    /// As it is.
    pub current: Bounds,
    /// As it should be.
    pub recommended: Bounds,
    /// The most pods or nodes that the recommended setting ever had.
    pub most: i32,
    /// Why, in one sentence.
    pub reason: String,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Advice {
    /// By bounds number.
    pub rows: Vec<Row>,
    /// The present setting on fresh seeds.
    pub current: Trial,
    /// The recommended one on the same fresh seeds.
    pub recommended: Trial,
    /// Recommended minus current, USD per month, paired by replication.
    pub difference_usd_per_month: Estimate,
    /// Settings simulated.
    pub tried: usize,
}

impl Advice {
    /// The recommended setting keeps the promises in at least 95 % of the fresh replications.
    pub fn keeps_promises(&self) -> bool {
        self.recommended.keeps_promises()
    }
}

/// Searches the cheapest setting that keeps the objective, and checks it.
///
/// From the present setting (its minimums raised together until the promises are kept) each minimum is
/// lowered alone as far as the promises hold (an HPA's to 2 at least), by bisection; the lowest are combined, and taken back one
/// by one, the least saving first, until the promises hold together. A minimum is not set below the fewest there
/// ever were: that saves nothing. Maximums follow from what was needed, with 25 % headroom. `progress` is called after every replication.
///
/// Cost: about (6 + 2 per bound) settings times `budget.search` replications, in parallel.
pub(crate) fn advise(study: &Study, budget: Budget, progress: &(dyn Fn() + Sync)) -> Advice {
    let search = Search { study, budget, progress };
    let current = Setting::of(&study.cast);
    let mut tried = 1;
    let mut start = search.simulate(&current, 1..budget.search + 1);
    for _ in 0..RAISES {
        if start.keeps_promises() {
            break;
        }
        start = search.simulate(&raised(&start.setting), 1..budget.search + 1);
        tried += 1;
    }
    let lowest: Vec<(i32, usize)> =
        (0..current.len()).into_par_iter().map(|at| search.lowest_min(&start, at)).collect();
    tried += lowest.iter().map(|(_, tried)| tried).sum::<usize>();
    let mut setting = start.setting.clone();
    for (at, (min, _)) in lowest.iter().enumerate() {
        setting = setting.with(at, Bounds { min: *min, ..setting.bounds(at) });
    }
    let mut best = search.simulate(&setting, 1..budget.search + 1);
    tried += 1;
    for at in 0..current.len() {
        if best.keeps_promises() {
            break;
        }
        let back = best.setting.with(at, start.setting.bounds(at));
        if back != best.setting {
            best = search.simulate(&back, 1..budget.search + 1);
            tried += 1;
        }
    }
    let fresh = budget.search + 1..budget.search + 1 + budget.check;
    let winner = fitting(&best, &current);
    let (before, mut after) =
        rayon::join(|| search.simulate(&current, fresh.clone()), || search.simulate(&winner, fresh.clone()));
    tried += 2;
    let mut difference = paired::difference(&after.usd_per_month, &before.usd_per_month);
    let saves = difference.is_significant() && difference.mean < 0.0;
    if before.keeps_promises() && (!saves || !after.keeps_promises()) {
        after = Trial { setting: fitting(&before, &current), ..before.clone() };
        difference = Estimate::of(after.usd_per_month.iter().map(|_| 0.0));
    }
    let rows = (0..current.len()).map(|at| row(study, &before, &after, at)).collect();
    Advice { rows, current: before, recommended: after, difference_usd_per_month: difference, tried }
}

/// About as many replications as [`advise`] will simulate: for a progress bar.
pub(crate) fn expected_replications(study: &Study, budget: Budget) -> u64 {
    let setting = Setting::of(&study.cast);
    let bisections: u32 =
        (0..setting.len()).map(|at| setting.bounds(at).min.max(0) as u32).map(|min| (min + 1).ilog2()).sum();
    u64::from((2 + bisections) * budget.search + 2 * budget.check)
}

struct Search<'a> {
    study: &'a Study,
    budget: Budget,
    progress: &'a (dyn Fn() + Sync),
}

impl Search<'_> {
    fn simulate(&self, setting: &Setting, numbers: std::ops::Range<u32>) -> Trial {
        let cast = setting.apply(&self.study.cast);
        let study = Study { cast, ..self.study.clone() };
        let runs = study.replicate_all(numbers, self.progress);
        Trial {
            setting: setting.clone(),
            usd_per_month: runs.figures().iter().map(|run| run.usd_per_month(run.cost())).collect(),
            co2e_kg_per_month: runs
                .figures()
                .iter()
                .filter_map(|run| Some(emissions(&study.cast, run)?.kg()))
                .collect(),
            kept: runs.share(|run| keeps_promises(&study.cast, run)),
            seen: (0..setting.len()).map(|at| seen(&study.cast, setting, at, &runs)).collect(),
        }
    }

    /// The lowest minimum at `at` that keeps the promises while all others stay, and how many were tried.
    fn lowest_min(&self, start: &Trial, at: usize) -> (i32, usize) {
        let bounds = start.setting.bounds(at);
        let floor = if at >= start.setting.first_group() { 0 } else { LEAST_PODS };
        let (mut low, mut high, mut tried) = (floor.min(bounds.min), bounds.min, 0);
        if !start.keeps_promises() {
            return (bounds.min, 0);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            let trial =
                self.simulate(&start.setting.with(at, Bounds { min: middle, ..bounds }), 1..self.budget.search + 1);
            tried += 1;
            if trial.keeps_promises() { high = middle } else { low = middle + 1 }
        }
        (high, tried)
    }
}

/// All minimums half as large again, all maximums at least twice that.
fn raised(setting: &Setting) -> Setting {
    let mut up = setting.clone();
    for at in 0..setting.first_group() {
        let bounds = setting.bounds(at);
        let min = bounds.min + (bounds.min + 1) / 2;
        up = up.with(at, Bounds { min, max: bounds.max.max(2 * min) });
    }
    up
}

/// Minimums lowered as far as it matters; maximums a quarter above the most that was needed, never below the minimum.
fn fitting(trial: &Trial, current: &Setting) -> Setting {
    let mut setting = trial.setting.clone();
    for at in 0..setting.len() {
        let bounds = setting.bounds(at);
        let needed = trial.seen[at].max + (trial.seen[at].max * HEADROOM_PERCENT + 99) / 100;
        let at_limit = trial.seen[at].max >= current.bounds(at).max;
        let max = if at_limit { needed } else { needed.min(current.bounds(at).max) };
        let min = bounds.min.max(trial.seen[at].min.min(current.bounds(at).min));
        setting = setting.with(at, Bounds { min, max: max.max(min).max(1) });
    }
    setting
}

/// The fewest and the most pods or nodes there ever were.
fn seen(cast: &Cast, setting: &Setting, at: usize, runs: &Runs) -> Bounds {
    let sizes = runs.figures().iter().map(|run| match at < setting.first_group() {
        true => run.workloads[cast.hpas[at].workload].desired,
        false => run.groups[setting.group(at)].nodes,
    });
    let fewest = sizes.clone().map(|size| size.least).min();
    let most = sizes.map(|size| size.most).max();
    Bounds { min: fewest.unwrap_or(0) as i32, max: most.unwrap_or(0) as i32 }
}

fn row(study: &Study, before: &Trial, after: &Trial, at: usize) -> Row {
    let (old, new) = (before.setting.bounds(at), after.setting.bounds(at));
    let most = after.seen[at].max;
    let needed = format!("there were never more than {most}");
    let reason = if new == old {
        format!("as it is; {needed}")
    } else if new.min < old.min {
        format!("the promises are kept with a minimum of {}; {needed}", new.min)
    } else if new.min > old.min {
        let percent = before.kept * 100.0;
        format!("the promises are kept in only {percent:.0} % of the replications with a minimum of {}", old.min)
    } else if new.max < old.max {
        format!("{needed}; {HEADROOM_PERCENT} % headroom is left")
    } else {
        format!("the maximum of {} was reached", old.max)
    };
    Row { target: before.setting.name(&study.cast, at), current: old, recommended: new, most, reason }
}
