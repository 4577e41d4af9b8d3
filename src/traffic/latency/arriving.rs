//! Queues whose arrivals are not Poisson: renewal arrivals, and Poisson arrivals between two levels.
//!
//! Times are in multiples of the mean work of a request.

use super::profile::{ArrivalProcess, Discipline};

/// How arrivals at a station vary, in its own units.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(super) enum Arriving {
    /// Exponential gaps.
    #[default]
    Poisson,
    /// Gamma gaps with this squared coefficient of variation; equal gaps at 0.
    Renewal { scv: f64 },
    /// Poisson at two levels of the rate, each for an exponential time with this mean.
    Modulated { levels: [f64; 2], sojourns: [f64; 2] },
}

impl Arriving {
    /// Of a whole service, the unit of whose work is `work_s` seconds.
    pub(super) fn new(process: ArrivalProcess, work_s: f64) -> Arriving {
        match process {
            ArrivalProcess::Poisson => Arriving::Poisson,
            ArrivalProcess::Deterministic => Arriving::Renewal { scv: 0.0 },
            ArrivalProcess::Gamma { scv } => Arriving::Renewal { scv },
            ArrivalProcess::Bursty { levels, mean_sojourn_s } => {
                Arriving::Modulated { levels, sojourns: mean_sojourn_s.map(|sojourn_s| sojourn_s / work_s) }
            }
        }
    }

    /// As one queue sees it: all of it, one pod's share drawn at random, or every so many-th.
    pub(super) fn at_a_queue(self, discipline: Discipline, pods: u32) -> Arriving {
        let pods = f64::from(pods);
        match (self, discipline) {
            (Arriving::Renewal { scv }, Discipline::Random) => Arriving::Renewal { scv: 1.0 + (scv - 1.0) / pods },
            (Arriving::Renewal { scv }, Discipline::RoundRobin) => Arriving::Renewal { scv: scv / pods },
            (other, _) => other,
        }
    }
}

/// The root of s = A*(1 - s) at full work rate, for gamma gaps with this variation: the ratio of
/// neighbouring numbers of requests found in GI/M/c.
pub(super) fn renewal_root(servers: f64, load: f64, scv: f64) -> f64 {
    let mut root = load * load;
    for _ in 0..400 {
        let next = gap_transform(servers * (1.0 - root), load * servers, scv);
        if (next - root).abs() < 1e-12 {
            break;
        }
        root = next;
    }
    root.clamp(1e-12, 1.0 - 1e-9)
}

/// E[exp(-s gap)] for gamma gaps at `rate`.
fn gap_transform(s: f64, rate: f64, scv: f64) -> f64 {
    if scv < 1e-6 { libm::exp(-s / rate) } else { libm::pow(1.0 + scv * s / rate, -1.0 / scv) }
}

/// The share of arrivals that wait in GI/M/c.
///
/// Source: Takács, "Introduction to the theory of queues", 1962, chapter 2.
pub(super) fn renewal_share(servers: u32, load: f64, scv: f64) -> f64 {
    let count = f64::from(servers);
    let root = renewal_root(count, load, scv);
    let mut sum = 1.0 / (1.0 - root);
    // Logarithms of the binomial coefficient and of the product of all found so far.
    let (mut binomial, mut product) = (0.0, 0.0);
    for j in 1..=servers {
        let j = f64::from(j);
        let found = gap_transform(j, load * count, scv).clamp(1e-300, 1.0 - 1e-15);
        binomial += libm::log((count - j + 1.0) / j);
        product += libm::log(found / (1.0 - found));
        let above = |j: f64| count * (1.0 - gap_transform(j, load * count, scv)) - j;
        let below = count * (1.0 - root) - j;
        // Both vanish together; then their slopes tell.
        let ratio =
            if below.abs() > 1e-4 * j { above(j) / below } else { (above(j * 0.999) - above(j * 1.001)) / (j * 0.002) };
        sum += libm::exp(binomial - product) / (1.0 - found) * ratio.max(0.0);
    }
    (1.0 / sum / (1.0 - root)).clamp(1e-9, 1.0 - 1e-9)
}

/// What arrivals find in a queue with Poisson arrivals between two levels (MMPP-2) and exponential work.
pub(super) struct ModulatedQueue {
    /// Requests there in the mean.
    pub(super) mean_number: f64,
    /// The waits of those that wait: pairs of the share of all arrivals and the mean wait.
    pub(super) waits: [(f64, f64); 2],
}

pub(super) type Pair = [f64; 2];
pub(super) type Square = [[f64; 2]; 2];

impl ModulatedQueue {
    /// The matrix-geometric solution; `sojourns` in multiples of the mean work.
    ///
    /// Source: Neuts, "Matrix-geometric solutions in stochastic models", 1981.
    pub(super) fn new(servers: u32, load: f64, levels: [f64; 2], sojourns: [f64; 2]) -> ModulatedQueue {
        let count = f64::from(servers);
        let rates = levels.map(|level| level * load * count);
        let leave = sojourns.map(|sojourn| 1.0 / sojourn.max(1e-9));
        // -(Q - rates - served), the diagonal block at a level.
        let block = |served: f64| -> Square {
            [[leave[0] + rates[0] + served, -leave[0]], [-leave[1], leave[1] + rates[1] + served]]
        };
        let times_rates = |m: Square| -> Square {
            [[rates[0] * m[0][0], rates[0] * m[0][1]], [rates[1] * m[1][0], rates[1] * m[1][1]]]
        };
        let ratio_above = |above: Square, served_here: f64, served_above: f64| {
            let mut middle = block(served_here);
            for row in 0..2 {
                for column in 0..2 {
                    middle[row][column] -= above[row][column] * served_above;
                }
            }
            times_rates(inverse(middle))
        };
        let mut top: Square = [[0.0; 2]; 2];
        for _ in 0..20_000 {
            let next = ratio_above(top, count, count);
            let change = (0..4).map(|at| (next[at / 2][at % 2] - top[at / 2][at % 2]).abs()).fold(0.0, f64::max);
            top = next;
            if change < 1e-13 {
                break;
            }
        }
        // Level by level downwards: the masses of a level are those of the one below times its ratio.
        let mut ratios = vec![top; servers as usize];
        for level in (1..servers as usize).rev() {
            ratios[level - 1] = ratio_above(ratios[level], level as f64, (level + 1) as f64);
        }
        let first = ratios[0];
        let mut out = block(0.0);
        for row in 0..2 {
            for column in 0..2 {
                out[row][column] -= first[row][column];
            }
        }
        // Left null vector.
        let mut masses: Pair = [out[1][0].abs().max(1e-300), out[0][0].abs().max(1e-300)];
        let (mut total, mut number, mut seen) = (masses[0] + masses[1], 0.0, dot(masses, rates));
        for (at, ratio) in ratios.iter().enumerate().take(servers as usize - 1) {
            masses = row_times(masses, *ratio);
            total += masses[0] + masses[1];
            number += (at + 1) as f64 * (masses[0] + masses[1]);
            seen += dot(masses, rates);
        }
        // `masses` is now the last level with a free server; above it all is geometric.
        let busy = row_times(masses, top);
        let [(one, weight_one), (two, weight_two)] = geometric_parts(top, busy, rates);
        let [(_, plain_one), (_, plain_two)] = geometric_parts(top, busy, [1.0, 1.0]);
        for (root, weight) in [(one, plain_one), (two, plain_two)] {
            total += weight / (1.0 - root);
            number += weight * (count / (1.0 - root) + root / ((1.0 - root) * (1.0 - root)));
        }
        let waiting = [(one, weight_one), (two, weight_two)].map(|(root, weight)| (root, weight / (1.0 - root)));
        seen += waiting[0].1 + waiting[1].1;
        ModulatedQueue {
            mean_number: number / total,
            waits: waiting.map(|(root, weight)| ((weight / seen).max(0.0), 1.0 / (count * (1.0 - root)))),
        }
    }
}

/// `start R^j end` as a sum of two geometric sequences: pairs of root and weight.
fn geometric_parts(matrix: Square, start: Pair, end: Pair) -> [(f64, f64); 2] {
    let trace = matrix[0][0] + matrix[1][1];
    let determinant = matrix[0][0] * matrix[1][1] - matrix[0][1] * matrix[1][0];
    let root = libm::sqrt((trace * trace / 4.0 - determinant).max(0.0));
    let high = (trace / 2.0 + root).clamp(0.0, 1.0 - 1e-9);
    let low = (trace / 2.0 - root).clamp(0.0, high);
    let zeroth = dot(start, end);
    let first = dot(row_times(start, matrix), end);
    if high - low < 1e-12 {
        return [(high, zeroth), (low, 0.0)];
    }
    let weight = (first - low * zeroth) / (high - low);
    [(high, weight), (low, zeroth - weight)]
}

fn dot(a: Pair, b: Pair) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub(super) fn row_times(row: Pair, matrix: Square) -> Pair {
    [row[0] * matrix[0][0] + row[1] * matrix[1][0], row[0] * matrix[0][1] + row[1] * matrix[1][1]]
}

pub(super) fn inverse(m: Square) -> Square {
    let determinant = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    [[m[1][1] / determinant, -m[0][1] / determinant], [-m[1][0] / determinant, m[0][0] / determinant]]
}

#[cfg(test)]
mod tests {
    use super::super::erlang::erlang_c;
    use super::*;

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn exponential_gaps_are_poisson() {
        for (servers, load) in [(1, 0.7), (3, 0.5), (10, 0.9), (200, 0.95)] {
            check(renewal_root(f64::from(servers), load, 1.0), load, 1e-6);
            check(renewal_share(servers, load, 1.0), erlang_c(servers, load), 1e-4);
        }
        // D/M/1 at 0.5: the root of s = exp(-2 (1 - s)).
        check(renewal_root(1.0, 0.5, 0.0), 0.203_188, 1e-4);
        check(renewal_share(1, 0.5, 0.0), 0.203_188, 1e-4);
    }

    #[test]
    fn equal_levels_are_poisson() {
        for (servers, load) in [(1_u32, 0.7), (3, 0.5), (10, 0.9)] {
            let queue = ModulatedQueue::new(servers, load, [1.0, 1.0], [3.0, 7.0]);
            let share = erlang_c(servers, load);
            let wait = queue.waits[0].0 * queue.waits[0].1 + queue.waits[1].0 * queue.waits[1].1;
            check(wait, share / (f64::from(servers) * (1.0 - load)), 1e-6);
            check(queue.mean_number, load * f64::from(servers) + share * load / (1.0 - load), 1e-6);
        }
    }

    #[test]
    fn fast_switching_is_poisson_and_slow_switching_is_a_mixture() {
        let mean = |sojourn: f64| ModulatedQueue::new(1, 0.5, [1.5, 0.5], [sojourn, sojourn]).mean_number;
        check(mean(1e-4), 1.0, 1e-3);
        // M/M/1 at 0.75 and at 0.25, each half of the time.
        check(mean(1e5), (3.0 + 1.0 / 3.0) / 2.0, 1e-2);
        assert!(mean(1.0) < mean(10.0) && mean(10.0) < mean(100.0));
    }
}
