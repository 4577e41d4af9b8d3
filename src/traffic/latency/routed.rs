//! Waiting behind a balancer that looks at the pods, two choices and least outstanding requests, and in queues with a
//! bound.
//!
//! Every pod is a queue of its own whose arrivals depend on the number in it by the [`Choice`] (cavity method: Bramson,
//! Lu, Prabhakar, "Asymptotic independence of queues under randomized load balancing", 2012; single queue
//! approximation: Gupta, Harchol-Balter, Sigman, Whitt, "Analysis of join-the-shortest-queue routing for web server
//! farms", 2007). Times are in multiples of the mean work.

use super::choice::{Choice, MOST_LEVELS};
use super::pod_levels::{Level, PodLevels, WorkGrid};
use super::pool::{Pool, fill, peakedness};
use super::profile::{Discipline, WorkShape};
use super::servers::Servers;
use super::work::{Cells, GammaSurvival, Survival, cells_of};
use std::rc::Rc;

/// How finely waits are cut.
const CELLS_PER_OCTAVE: i32 = 8;

/// A part of those who wait.
struct Part {
    share: f64,
    mean: f64,
    /// P(wait > w) of it.
    wait: Shape,
}

enum Shape {
    /// The work left in service and what always comes after it: edges, P(more is left), later.
    Rest { edges: Vec<f64>, above: Vec<f64>, later: f64 },
    /// The work left in service, in a few cells, and one whole work.
    RestAndOne(Cells, Rc<Survival>),
    /// Much that adds up.
    Sum(GammaSurvival),
    /// The same of lognormal work: lognormal with the squared coefficient of variation of the sum (Fenton 1960).
    LognormalSum(f64),
}

impl Part {
    fn survival(&self, wait: f64) -> f64 {
        self.share
            * match &self.wait {
                Shape::Rest { edges, above, later } => at(edges, above, wait - later),
                Shape::RestAndOne(rest, work) => rest.plus_survival(work, wait),
                Shape::Sum(gamma) => gamma.at(wait / self.mean),
                Shape::LognormalSum(scv) => WorkShape::Lognormal { scv: *scv }.survival(wait / self.mean),
            }
    }
}

/// Straight lines between edges; 1 below the first and 0 above the last.
fn at(edges: &[f64], above: &[f64], x: f64) -> f64 {
    let after = edges.partition_point(|edge| *edge <= x);
    match (after.checked_sub(1), after < edges.len()) {
        (None, _) => 1.0,
        (_, false) => 0.0,
        (Some(low), true) => above[low] + (above[after] - above[low]) * (x - edges[low]) / (edges[after] - edges[low]),
    }
}

/// What becomes of arrivals: the share of those taken that waits, their waits (masses that add up to it), and the
/// share of all that is rejected.
pub(super) struct Routed {
    pub(super) share: f64,
    pub(super) cells: Cells,
    pub(super) rejected: f64,
}

impl Routed {
    /// The stationary wait at `load`; none where the balancer does not look at pods or the work is not known.
    pub(super) fn new(servers: &Servers, load: f64) -> Option<Routed> {
        let (parts, rejected) = match (Choice::new(servers, load), servers.shape) {
            (Some(choice), Some(shape)) if servers.threads == 1 => {
                one_thread(servers, shape, |grid| PodLevels::new(grid, &choice, load))
            }
            (Some(choice), _) if servers.threads > 1 => many_threads(servers, &choice, load),
            (None, Some(shape)) if servers.are_one_by_one() && servers.gap_scv() == Some(1.0) => {
                let most = servers.bound? as usize + 1;
                one_thread(servers, shape, |grid| PodLevels::unseen(grid, most, load))
            }
            (None, _) => unseen(servers, load)?,
            _ => return None,
        };
        let taken = (1.0 - rejected).max(1e-9);
        let share: f64 = parts.iter().map(|part| part.share).sum();
        if share < 1e-9 {
            return Some(Routed { share: 0.0, cells: Cells::default(), rejected });
        }
        let mean = parts.iter().map(|part| part.share * part.mean).sum::<f64>() / share;
        let unit = servers.moments[0];
        let survival = |w: f64| parts.iter().map(|part| part.survival(w / unit)).sum::<f64>() / share;
        let cells = cells_of(survival, mean * unit, CELLS_PER_OCTAVE).scaled(share / taken);
        Some(Routed { share: share / taken, cells, rejected })
    }
}

fn one_thread(servers: &Servers, shape: WorkShape, levels: impl Fn(&WorkGrid) -> PodLevels) -> (Vec<Part>, f64) {
    let unit = servers.moments[0];
    let work = Survival::tabulate(1.0 / 256.0, |x| shape.survival(x * unit - servers.off_cpu));
    let limited = |x: f64| match shape {
        WorkShape::Deterministic => x.min(1.0),
        _ => work.integral(x),
    };
    let grid = WorkGrid::new(limited);
    let found = levels(&grid);
    let work = Rc::new(work);
    let scv = servers.scv();
    let sum = |mean: f64, variance: f64| match shape {
        WorkShape::Lognormal { scv } if scv > 1.0 => Shape::LognormalSum(variance / (mean * mean)),
        _ => Shape::sum(mean, variance),
    };
    let mut parts = Vec::new();
    for (at, level) in found.levels.iter().enumerate().filter(|(_, level)| level.found > 1e-9) {
        let (mean, variance) = grid.rest(level);
        let before = at as f64;
        let wait = match at {
            0 => Shape::rest(&grid, level, 0.0),
            _ if scv * before < 0.02 => Shape::rest(&grid, level, before),
            1 => Shape::RestAndOne(few_cells(&grid, level), Rc::clone(&work)),
            _ => sum(mean + before, variance + before * scv),
        };
        parts.push(Part { share: level.found, mean: mean + before, wait });
    }
    // Beyond the levels followed one by one, more and more of them together.
    let Some(last) = found.levels.last().filter(|_| found.beyond > 0.0) else { return (parts, found.rejected) };
    let (rest, variance) = grid.rest(last);
    let (mut first, mut left) = (MOST_LEVELS as f64, last.found * found.beyond / (1.0 - found.beyond));
    while left > 1e-8 {
        let count = (first / 8.0).ceil();
        let still = left * libm::pow(found.beyond, count);
        let before = first + (count - 1.0) / 2.0;
        let mean = rest + before;
        let wait = sum(mean, variance + before * scv + count * count / 12.0);
        parts.push(Part { share: left - still, mean, wait });
        (first, left) = (first + count, still);
    }
    (parts, found.rejected)
}

impl Shape {
    fn rest(grid: &WorkGrid, level: &Level, later: f64) -> Shape {
        let share = level.above[0].max(1e-300);
        let above = level.above.iter().map(|above| above / share).collect();
        Shape::Rest { edges: grid.edges.clone(), above, later }
    }

    fn sum(mean: f64, variance: f64) -> Shape {
        Shape::Sum(GammaSurvival::new(mean * mean / variance.max(1e-3)))
    }
}

fn few_cells(grid: &WorkGrid, level: &Level) -> Cells {
    let share = level.above[0].max(1e-300);
    let masses = level.above.windows(2).map(|pair| (pair[0] - pair[1]).max(0.0) / share).collect();
    Cells { edges: grid.edges.clone(), masses }.merged(1e-4)
}

/// Several threads: what arrivals find is that of exponential work, and how long it takes depends on the work.
fn many_threads(servers: &Servers, choice: &Choice, load: f64) -> (Vec<Part>, f64) {
    let count = f64::from(servers.threads);
    let heavy = (1.0 + servers.scv()) / 2.0;
    let (mut found, rejected) = choice.found_with_exponential_work(load);
    let mut exponential = found.first().map_or(1.0, |first| first.max(1e-300));
    if servers.bound.is_none() && !choice.sees_all() && heavy < 1.0 {
        // Each level is rarer than the one below by as much as heavy traffic lets the tails of queues differ.
        for at in 1..found.len() {
            let ratio = (found[at] / exponential).min(1.0);
            exponential = found[at].max(1e-300);
            found[at] = found[at - 1] * libm::pow(ratio, 1.0 / heavy);
        }
    }
    // Long queues behind two choices are longer with variable work; elsewhere that is in what is found.
    let stretched = servers.bound.is_none() && !choice.sees_all() && heavy > 1.0;
    let ends = Ends { count, scv: servers.scv() };
    let mut parts = Vec::new();
    for (at, pair) in found.windows(2).enumerate().filter(|(_, pair)| pair[0] - pair[1] > 1e-9) {
        let mut part = ends.part(pair[0] - pair[1], at as f64);
        if stretched {
            let (pace, ends) = (libm::pow(heavy, 0.64) / count, at as f64 + 1.0);
            part.mean = ends * pace;
            part.wait = Shape::sum(part.mean, ends * pace * pace);
        }
        parts.push(part);
    }
    (parts, rejected)
}

/// The ends of requests while all threads are busy.
struct Ends {
    /// The threads.
    count: f64,
    scv: f64,
}

impl Ends {
    /// The wait behind `before` others.
    fn part(&self, share: f64, before: f64) -> Part {
        let Ends { count, scv } = *self;
        // Until the first of all threads is free, in mean times between ends of requests.
        let first = if scv < 1.0 {
            1.0 - (1.0 - scv) / (count + 1.0)
        } else {
            libm::pow((1.0 + scv) / 2.0, 0.4 / libm::sqrt(count))
        };
        let mean = (before + first) / count;
        // The first end of even works, evenly spread, varies less than that of exponential ones.
        let even = scv.min(1.0) + (1.0 - scv.min(1.0)) * count / (count + 2.0);
        Part { share, mean, wait: Shape::sum(mean, (before * scv + first * first * even) / (count * count)) }
    }
}

/// Longer queues are taken together into so many parts.
const MOST_PARTS: u32 = 48;

/// A bounded queue that nobody looks at, of one pod or of all: exponential work and Poisson arrivals are left to
/// M/M/c/K.
fn unseen(servers: &Servers, load: f64) -> Option<(Vec<Part>, f64)> {
    let (gap_scv, scv, bound) = (servers.gap_scv()?, servers.scv(), servers.bound?);
    if gap_scv == 1.0 && scv == 1.0 {
        return None;
    }
    let queues = if servers.discipline == Discipline::SharedQueue { servers.pods } else { 1 };
    let count = f64::from(queues * servers.threads);
    let peaked = peakedness(load * count, gap_scv);
    // Of the variation of arrivals the equivalent has its part already.
    let fill = fill(2.0 * (gap_scv + scv) / (gap_scv + 1.0) - 1.0, bound, servers.threads);
    let places = queues * bound;
    let pool = Pool::new(load, count / peaked, f64::from(places) * fill / peaked);
    let rejected = pool.rejected();
    let steps = places.min(MOST_PARTS);
    let ends = Ends { count, scv };
    let at_least = |step: u32| if step < steps { pool.at_least(f64::from(step) / f64::from(steps)) } else { rejected };
    let width = f64::from(places) / f64::from(steps.max(1));
    let part = |step: u32| {
        let share = at_least(step).max(rejected) - at_least(step + 1).max(rejected);
        (share > 1e-9).then(|| ends.part(share, width * f64::from(step) + (width - 1.0) / 2.0))
    };
    Some(((0..steps).filter_map(part).collect(), rejected))
}

#[cfg(test)]
mod tests {
    use super::super::arriving::Arriving;
    use super::super::erlang::{erlang_b_inverse, erlang_c};
    use super::*;

    fn servers(discipline: Discipline, pods: u32, threads: u32, shape: WorkShape) -> Servers {
        Servers {
            discipline,
            pods,
            threads,
            moments: shape.moments(),
            bound: None,
            patience: None,
            stops_work: false,
            arriving: Arriving::Poisson,
            shape: Some(shape),
            off_cpu: 0.0,
        }
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1e-3), "{found}, not {wanted}");
    }

    #[test]
    fn two_choices_of_many_pods_wait_as_known() {
        // Vvedenskaya, Dobrushin, Karpelevich: the pod joined has at least k with load^(2^(k+1) - 2).
        for load in [0.3, 0.7, 0.9] {
            let found = Routed::new(&servers(Discipline::PowerOfTwo, 1_000_000, 1, WorkShape::Exponential), load);
            let found = found.expect("a balancer that looks");
            let wanted: f64 = (1..20).map(|k| libm::pow(load, libm::exp2(f64::from(k + 1)) - 2.0)).sum();
            check(found.cells.mean(), wanted, 0.01);
            check(found.share, load * load, 0.01);
        }
    }

    #[test]
    fn a_balancer_that_sees_all_loses_as_erlang_says() {
        for threads in [1, 3] {
            let shape = WorkShape::Exponential;
            let loss = Servers { bound: Some(0), ..servers(Discipline::LeastOutstanding, 4, threads, shape) };
            let found = Routed::new(&loss, 0.9).expect("a balancer that looks");
            let all = 4 * threads;
            check(found.rejected, 1.0 / erlang_b_inverse(all, 0.9 * f64::from(all)), 1e-6);
            check(found.share, 0.0, 1e-6);
        }
    }

    #[test]
    fn bounded_pods_take_at_most_their_capacity_and_less_variable_work_better() {
        for discipline in [Discipline::PowerOfTwo, Discipline::LeastOutstanding] {
            for (threads, load) in [(1, 0.9), (1, 1.5), (3, 1.0), (3, 2.5)] {
                let rejected = |shape| {
                    let bounded = Servers { bound: Some(4), ..servers(discipline, 5, threads, shape) };
                    let found = Routed::new(&bounded, load).expect("a balancer that looks");
                    let mass = found.cells.mass();
                    check(mass, found.share, 1e-6);
                    assert!((0.0..=1.0).contains(&found.share), "{}", found.share);
                    found.rejected
                };
                let usual = rejected(WorkShape::Exponential);
                let least = (1.0 - 1.0 / load).max(0.0);
                assert!(usual > least - 1e-4 && usual < least + 0.1, "{load}: {usual}");
                assert!(rejected(WorkShape::Lognormal { scv: 4.0 }) > usual - 0.003);
            }
        }
    }

    #[test]
    fn few_pods_wait_between_one_queue_and_queues_of_their_own() {
        for (pods, load) in [(3, 0.5), (3, 0.9), (5, 0.8), (20, 0.95)] {
            let wait = |discipline| {
                let found = Routed::new(&servers(discipline, pods, 1, WorkShape::Exponential), load);
                found.map_or(f64::NAN, |found| found.cells.mean())
            };
            let one_queue = erlang_c(pods, load) / (f64::from(pods) * (1.0 - load));
            let (all, two) = (wait(Discipline::LeastOutstanding), wait(Discipline::PowerOfTwo));
            let own = load / (1.0 - load);
            assert!(one_queue < all && all < two && two < own, "{pods} {load}: {one_queue} {all} {two} {own}");
        }
    }
}
