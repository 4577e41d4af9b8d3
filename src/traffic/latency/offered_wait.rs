//! Servers whose clients give up: the wait that is offered to an arrival.
//!
//! Whoever would wait for longer than its patience never starts, so only the work of the others counts. The density
//! of the time until the next server is free, while all are busy, follows from level crossings: as often as it falls
//! through a level by passing time it is lifted over it by an arrival.
//!
//! One server is exact for any work (Daley 1965; de Kok and Tijms 1985, "A queueing system with impatient customers").
//! Several that are all busy are taken as one that is as fast as all, and a busy time begins with the least of the
//! residual works (Tijms, van Hoorn and Federgruen 1981); exponential work is exact there too (Zeltyn and Mandelbaum
//! 2005). Times are in multiples of the mean work.

use super::work::{Cells, Survival};

/// Servers with one queue, and clients that give up.
pub(super) struct OfferedWait<'a> {
    /// P(work > x).
    pub(super) work: &'a Survival,
    pub(super) servers: u32,
    /// Arrivals per mean work.
    pub(super) rate: f64,
    pub(super) patience: f64,
    /// Whether work in service stops at the end of patience, too.
    pub(super) stops_work: bool,
    /// Places to wait.
    pub(super) places: Option<u32>,
}

/// What arrivals are offered; shares of all arrivals.
pub(super) struct Offered {
    /// Those who find a free server.
    pub(super) free: f64,
    /// Those who wait and start.
    pub(super) waits: Cells,
    pub(super) rejected: f64,
    /// Those who give up while they wait.
    pub(super) abandoned: f64,
    /// Mean work done for an arrival.
    pub(super) done: f64,
}

/// Cells of the grid at least, and at most.
const FEWEST_CELLS: f64 = 96.0;
const MOST_CELLS: f64 = 1024.0;
/// Cells per work that all servers together do, and per arrival.
const PER_WORK: f64 = 8.0;
const PER_ARRIVAL: f64 = 3.0;
/// Cells of the result: each holds about that part of those who wait, or of the patience.
const COARSE: f64 = 1.0 / 64.0;
/// Masses are scaled down from here on.
const HUGE: f64 = 1e200;

impl OfferedWait<'_> {
    /// Whether the grid is fine enough for so many arrivals within their patience.
    fn is_fine(&self) -> bool {
        self.rate * self.patience <= MOST_CELLS
    }

    /// The stationary law. Cost: up to 0.3 ms.
    ///
    /// Many arrivals within their patience are as with exponential work, `stretch` times as long.
    pub(super) fn solve(&self, stretch: f64) -> Offered {
        match (self.is_fine(), self.stops_work || self.places.is_some()) {
            (true, _) => self.on_grid(),
            (false, false) => self.exponential(stretch),
            (false, true) if self.rate > f64::from(self.servers) => self.fluid(),
            (false, true) => self.on_grid(),
        }
    }

    /// M/M/n+D (Zeltyn and Mandelbaum 2005), where all work is `stretch` times as long.
    pub(super) fn exponential(&self, stretch: f64) -> Offered {
        let count = f64::from(self.servers);
        let patience = self.patience / stretch;
        let drain = count - self.rate;
        let growth = |w: f64| if drain.abs() < 1e-9 { w } else { -libm::expm1(-drain * w) / drain };
        // In units of the chance that all servers but one are busy.
        let free = (1..self.servers).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / self.rate);
        let (mut waiting, mut leaving) =
            (self.rate * growth(patience), self.rate / count * libm::exp(-drain * patience));
        let mut total = free + waiting + leaving;
        if !total.is_finite() {
            // Only the ratio of the last two is left.
            (waiting, leaving) = (count / (self.rate - count), 1.0);
            total = waiting + leaving;
        }
        let mass_to = |w: f64| {
            if drain.abs() < 1e-9 || -drain * patience < 500.0 {
                growth(w) / growth(patience)
            } else {
                libm::exp(drain * (patience - w))
            }
        };
        let edges: Vec<f64> = (0..=64).map(|edge| patience * f64::from(edge) / 64.0).collect();
        let masses = edges.windows(2).map(|pair| (mass_to(pair[1]) - mass_to(pair[0])) * waiting / total).collect();
        let edges = edges.iter().map(|edge| edge * stretch).collect();
        Offered {
            free: free / total,
            waits: Cells { edges, masses },
            rejected: 0.0,
            abandoned: leaving / total,
            done: (free + waiting) / total,
        }
    }

    /// So many arrivals in overload that the wait hardly varies: as long as the line may be, or as leaves the servers
    /// with no more work than they can do.
    fn fluid(&self) -> Offered {
        let count = f64::from(self.servers);
        let (mut low, mut high) = (0.0, self.patience);
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            *(if self.rate * self.work_in(self.patience - middle) > count { &mut low } else { &mut high }) = middle;
        }
        let in_line = self.places.map_or(f64::INFINITY, f64::from) * self.work_in(self.patience - low) / count;
        let wait = low.min(in_line);
        let started = (count / (self.rate * self.work_in(self.patience - wait))).min(1.0);
        let is_full = in_line < low;
        // Some wait less, so that the cells are not put together.
        let masses = vec![1e-4 * started, (1.0 - 1e-4) * started];
        let waits = Cells { edges: vec![0.0, wait * 0.98, wait], masses };
        Offered {
            free: if wait > 0.0 { 0.0 } else { started },
            waits: if wait > 0.0 { waits } else { Cells::default() },
            rejected: if is_full { 1.0 - started } else { 0.0 },
            abandoned: if is_full { 0.0 } else { 1.0 - started },
            done: count / self.rate,
        }
    }

    /// By level crossings.
    fn on_grid(&self) -> Offered {
        let count = f64::from(self.servers);
        let wanted = (count * self.patience * PER_WORK).max(self.rate * self.patience * PER_ARRIVAL);
        let cells = wanted.clamp(FEWEST_CELLS, MOST_CELLS).ceil() as usize;
        let width = self.patience / cells as f64;
        let taken: Vec<f64> = (0..cells).map(|cell| 1.0 - self.refused(width * (cell as f64 + 0.5))).collect();
        let (start, mut masses) = self.masses(width, &taken);
        // In units of the rate at which busy times begin.
        let idle = start / self.rate * self.idle_over_last();
        let beyond = self.beyond(start, width, &masses, &taken);
        let total = idle + masses.iter().sum::<f64>() + beyond;
        let mut offered = Offered {
            free: idle / total,
            waits: Cells::default(),
            rejected: 0.0,
            abandoned: beyond / total,
            done: idle / total * self.work_in(self.patience),
        };
        if self.places == Some(0) {
            // Nobody waits: whoever finds all busy is refused, patient or not.
            offered.abandoned = 0.0;
            offered.rejected = 1.0 - offered.free;
        }
        for (cell, (mass, taken)) in masses.iter_mut().zip(&taken).enumerate() {
            let found = *mass / total;
            *mass = found * taken;
            if self.places != Some(0) {
                offered.rejected += found - *mass;
            }
            offered.done += *mass * self.work_in(self.patience - width * (cell as f64 + 0.5));
        }
        let edges = (0..=cells).map(|edge| width * edge as f64).collect();
        let all: f64 = masses.iter().sum();
        offered.waits = coarser(&Cells { edges, masses }, (all * COARSE).max(1e-12), self.patience * COARSE);
        offered
    }

    /// The work done in a service that has this long at most.
    fn work_in(&self, left: f64) -> f64 {
        if self.stops_work { self.work.integral(left.max(0.0)) } else { 1.0 }
    }

    /// The chance to find no place where the next server is free after `wait`: those who wait arrived in that time, as
    /// many as a Poisson number that fits (exact for exponential work and one server).
    fn refused(&self, wait: f64) -> f64 {
        let Some(places) = self.places else { return 0.0 };
        let offered = self.rate * wait;
        if offered + 8.0 * libm::sqrt(offered) + 4.0 < f64::from(places) {
            return 0.0;
        }
        1.0 / (1..=places).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / offered.max(1e-9))
    }

    /// One over Erlang's B of one server fewer: all states with a free server over the one with a single free server.
    fn idle_over_last(&self) -> f64 {
        let offered = self.rate * self.work_in(self.patience);
        (1..self.servers).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / offered)
    }

    /// P(a busy time begins with more than `x` until a server is free).
    fn first_above(&self, x: f64) -> f64 {
        if self.stops_work && x >= self.patience {
            return 0.0;
        }
        let residual = (1.0 - self.work.integral(x) / self.work_in(self.patience)).max(0.0);
        self.work.at(x) * libm::pow(residual, f64::from(self.servers - 1))
    }

    /// The rate of busy times that begin, and the chance to be offered the wait of each cell, on the same scale.
    fn masses(&self, width: f64, taken: &[f64]) -> (f64, Vec<f64>) {
        let count = f64::from(self.servers);
        // How likely an arrival in a cell lifts the wait over the edge so many cells above the cell's lower one.
        let area = |cells: usize| self.work.integral(count * width * cells as f64);
        let lifted: Vec<f64> =
            (1..=taken.len()).map(|above| (area(above) - area(above - 1)) / (count * width)).collect();
        let cells = taken.len();
        // Rates of arrivals that lift, in the order of the cells' distance from a level: the latest first.
        let mut lifts = vec![0.0; cells];
        let mut masses = Vec::with_capacity(cells);
        let (mut start, mut below) = (1.0, 1.0);
        let near = 0.5 * width * self.rate * lifted[0];
        for cell in 0..cells {
            let edge = width * (cell as f64 + 1.0);
            let first = self.first_reaching(edge, width);
            let known: f64 = (first..cell).map(|at| lifts[at] * lifted[cell - at]).sum();
            let near = near * taken[cell];
            let above = (start * self.first_above(edge) + known + near * below) / (1.0 - near);
            let mass = width * 0.5 * (below + above);
            lifts[cell] = self.rate * taken[cell] * mass;
            masses.push(mass);
            below = above;
            if above > HUGE {
                masses.iter_mut().chain(&mut lifts).for_each(|value| *value /= HUGE);
                (start, below) = (start / HUGE, below / HUGE);
            }
        }
        (start, masses)
    }

    /// The first cell from which an arrival that stops in time can lift the wait to `edge`.
    fn first_reaching(&self, edge: f64, width: f64) -> usize {
        if !self.stops_work || self.servers == 1 {
            return 0;
        }
        let count = f64::from(self.servers);
        ((count * edge - self.patience) / (count - 1.0) / width).max(0.0) as usize
    }

    /// The chance to be offered more than the patience, on the scale of the masses.
    fn beyond(&self, start: f64, width: f64, masses: &[f64], taken: &[f64]) -> f64 {
        if self.stops_work {
            return 0.0;
        }
        let count = f64::from(self.servers);
        let left = |x: f64| (1.0 - self.work.integral(x)).max(0.0);
        let lifted = masses.iter().zip(taken).enumerate().map(|(cell, (mass, taken))| {
            let over = self.patience - width * (cell as f64 + 0.5);
            self.rate * taken * mass * left(count * over) / count
        });
        // The least of the residual works beyond the patience: its survival is a power of that of one.
        start * libm::pow(left(self.patience), count) / count + lifted.sum::<f64>()
    }
}

/// Neighbours put together until each cell holds `least`, or is `widest` wide.
fn coarser(cells: &Cells, least: f64, widest: f64) -> Cells {
    let mut coarse = Cells { edges: vec![0.0], masses: Vec::new() };
    let (mut from, mut gathered) = (0.0, 0.0);
    for (_, to, mass) in cells.iter() {
        gathered += mass;
        if gathered >= least || to - from >= widest || cells.edges.last() == Some(&to) {
            coarse.edges.push(to);
            coarse.masses.push(std::mem::take(&mut gathered));
            from = to;
        }
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::super::profile::WorkShape;
    use super::*;

    fn survival(shape: WorkShape) -> Survival {
        Survival::tabulate(1.0 / 256.0, |x| shape.survival(x))
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() <= tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn exponential_work_is_that_of_zeltyn_and_mandelbaum() {
        let work = survival(WorkShape::Exponential);
        for (servers, load, patience) in [(1, 1.0, 10.0), (1, 0.8, 4.0), (5, 1.3, 3.0), (20, 0.95, 1.5)] {
            let rate = load * f64::from(servers);
            let queue = OfferedWait { work: &work, servers, rate, patience, stops_work: false, places: None };
            let offered = queue.solve(1.0);
            // The density is proportional to exp(-(servers - rate) wait) up to the patience, exp(-servers wait) beyond.
            let drain = f64::from(servers) - rate;
            let waiting = if drain == 0.0 { patience } else { (1.0 - (-drain * patience).exp()) / drain } * rate;
            let leaving = rate * (-drain * patience).exp() / f64::from(servers);
            let idle = (1..servers).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / rate);
            let total = idle + waiting + leaving;
            check(offered.abandoned, leaving / total, 0.003);
            check(offered.free, idle / total, 0.003);
            check(offered.waits.mass() + offered.free + offered.abandoned, 1.0, 1e-9);
        }
    }

    #[test]
    fn what_stops_in_time_does_no_more_than_the_servers_can() {
        for shape in [WorkShape::Gamma { scv: 0.5 }, WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }] {
            let work = survival(shape);
            for rate in [0.2, 0.8, 1.2, 3.0, 9.0, 20.0] {
                let queue =
                    OfferedWait { work: &work, servers: 2, rate, patience: 6.0, stops_work: true, places: None };
                let offered = queue.solve(1.0);
                let (done, most) = (offered.done * rate, f64::min(rate, 2.0));
                assert!(done <= 1.01 * most && done > 0.87 * most, "{shape:?} at {rate}: {done}");
                assert!(offered.abandoned == 0.0);
            }
        }
    }

    #[test]
    fn a_bound_refuses_as_in_the_loss_formulas() {
        // M/M/1/5 at 0.8 (4 places to wait) with endless patience.
        let work = survival(WorkShape::Exponential);
        let queue =
            OfferedWait { work: &work, servers: 1, rate: 0.8, patience: 60.0, stops_work: false, places: Some(4) };
        check(queue.solve(1.0).rejected, 0.088_819_5, 0.001);
        let loss = OfferedWait { servers: 5, rate: 4.0, places: Some(0), ..queue };
        check(loss.solve(1.0).rejected, 0.199_067, 0.002);
    }
}
