//! One server whose arrivals depend on the number in its queue (M_n/G/1): what arrivals find, level by level.
//!
//! For each number in the pod, [`Level::above`] is the chance of it and of more than `x` work left in service. It
//! changes with `x` by the arrivals that enter and leave the level and by works that begin at it, so each level is a
//! linear equation in `x` from the top downwards once the one below is known, and the flows between levels are those
//! of the [`Choice`]. Source: Hokstad, "A supplementary variable technique applied to the M/G/1 queue", 1975, with
//! rates that depend on the state. Times are in multiples of the mean work.

use super::choice::{Choice, MOST_LEVELS};

/// Where work left is known, and how much work there is in between.
pub(super) struct WorkGrid {
    /// Rising from 0.
    pub(super) edges: Vec<f64>,
    /// The mean of P(work > x) between neighbouring edges.
    above: Vec<f64>,
    /// The weight of the lower edge in means between neighbouring edges: half, more where cells are wide.
    lower: Vec<f64>,
}

/// Cells up to the mean work, and how much wider each beyond is than the one before.
const EVEN_CELLS: usize = 24;
const WIDER: f64 = 1.12;
const LONGEST: f64 = 3_000.0;
/// A level is left at most so often in the time of one work.
const FASTEST: f64 = 12.0;

impl WorkGrid {
    /// `limited(x)` is E[min(work, x)], for work with mean 1.
    pub(super) fn new(limited: impl Fn(f64) -> f64) -> WorkGrid {
        let mut edges: Vec<f64> = (0..=EVEN_CELLS).map(|at| at as f64 / EVEN_CELLS as f64).collect();
        let mut width = 1.0 / EVEN_CELLS as f64;
        let mut end = 1.0;
        while 1.0 - limited(end) > 1e-5 && end < LONGEST {
            width *= WIDER;
            end += width;
            edges.push(end);
        }
        let whole = limited(end);
        let limits: Vec<f64> = edges.iter().map(|x| limited(*x) / whole).collect();
        let widths: Vec<f64> = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let above = limits.windows(2).zip(&widths).map(|(pair, width)| (pair[1] - pair[0]) / width).collect();
        let lower = widths.iter().map(|width| (1.0 - 1.0 / (FASTEST * width)).max(0.5)).collect();
        WorkGrid { edges, above, lower }
    }

    fn cells(&self) -> impl DoubleEndedIterator<Item = (usize, f64)> + '_ {
        self.edges.windows(2).map(|pair| pair[1] - pair[0]).enumerate()
    }

    /// A level by what enters from the one `below` (rate times its shares), the rate at which works `begin`, and the
    /// rate `up` at which it is left upwards.
    fn level(&self, below: Option<(f64, &[f64])>, begin: f64, up: f64, into: &mut Vec<f64>) {
        into.clear();
        into.resize(self.edges.len(), 0.0);
        let mut above = 0.0;
        for at in (0..self.above.len()).rev() {
            let (width, low) = (self.edges[at + 1] - self.edges[at], self.lower[at]);
            let entering = match below {
                Some((rate, shares)) => rate * (low * shares[at] + (1.0 - low) * shares[at + 1]),
                None => 0.0,
            };
            let gain = width * (entering + begin * self.above[at]);
            above = (above * (1.0 - up * (1.0 - low) * width) + gain) / (1.0 + up * low * width);
            into[at] = above;
        }
    }

    /// Mean and variance of the work left at a level.
    pub(super) fn rest(&self, level: &Level) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        for (at, width) in self.cells() {
            let area = width * (level.above[at] + level.above[at + 1]) / 2.0;
            first += area;
            second += area * (self.edges[at] + self.edges[at + 1]);
        }
        let share = level.above[0].max(1e-300);
        (first / share, (second / share - first * first / (share * share)).max(0.0))
    }
}

/// A number in the pod, from 1.
pub(super) struct Level {
    /// The share of arrivals that find it.
    pub(super) found: f64,
    /// By edge of the grid: the chance of it and of more work left than that.
    pub(super) above: Vec<f64>,
    /// How far a pod is here because all pods are, see [`Choice::in_common`].
    in_common: f64,
}

/// The levels of a pod, and the share of arrivals that it rejects.
pub(super) struct PodLevels {
    pub(super) levels: Vec<Level>,
    pub(super) rejected: f64,
    /// How many times rarer a level beyond the last one is found than the one before.
    pub(super) beyond: f64,
}

/// Fewer pods are never idle.
const LEAST_IDLE: f64 = 1e-12;
/// Rarer levels do not matter.
const RAREST: f64 = 1e-7;

impl PodLevels {
    /// At `load`, below 1 where the choice does not reject.
    ///
    /// A pod that is at a level because all pods are has as much work left there as if it were the first.
    pub(super) fn new(grid: &WorkGrid, choice: &Choice, load: f64) -> PodLevels {
        let mut known = PodLevels::each_alone(grid, choice, load);
        let Some((first, others)) = known.levels.split_first_mut() else { return known };
        for level in others {
            let (mass, in_common) = (level.above[0], level.in_common);
            let ratio = mass / first.above[0].max(1e-300);
            for (above, of_first) in level.above.iter_mut().zip(&first.above) {
                *above += in_common * (of_first * ratio - *above);
            }
        }
        known
    }

    /// With arrivals that look at nothing, at `most` requests in the pod (M/G/1/K).
    pub(super) fn unseen(grid: &WorkGrid, most: usize, load: f64) -> PodLevels {
        // A level is what comes from below, and what begins there: the latter is the same at all.
        let mut begun = Vec::new();
        grid.level(None, load, load, &mut begun);
        let mut levels: Vec<Level> = Vec::new();
        for k in 1..=most {
            let below = levels.last().map(|level| (load, level.above.as_slice()));
            let mut above = Vec::new();
            grid.level(below, if k == 1 { load } else { 0.0 }, if k == most { 0.0 } else { load }, &mut above);
            if k < most {
                let mass = above[0] / (1.0 - begun[0]).max(1e-12);
                above.iter_mut().zip(&begun).for_each(|(above, begun)| *above += mass * begun);
            }
            levels.push(Level { found: above[0], above, in_common: 0.0 });
        }
        let all = 1.0 + levels.iter().map(|level| level.found).sum::<f64>();
        levels.iter_mut().for_each(|level| level.found /= all);
        let rejected = levels.last_mut().map_or(0.0, |level| std::mem::take(&mut level.found));
        PodLevels { levels, rejected, beyond: 0.0 }
    }

    fn each_alone(grid: &WorkGrid, choice: &Choice, load: f64) -> PodLevels {
        if let Some(rejected) = choice.rejected() {
            let idle = (1.0 - load * (1.0 - rejected)).max(LEAST_IDLE);
            return PodLevels { rejected, ..PodLevels::idling(grid, choice, load, idle) };
        }
        // How many are idle decides how much is there, and that how much is rejected: as much as lets so many be idle.
        // Far above capacity few are: it is their logarithm that is sought.
        let (mut low, mut high) = ((1.0 - load).max(LEAST_IDLE), 1.0);
        while high > low * (1.0 + 1e-4) {
            let middle = libm::sqrt(low * high);
            if PodLevels::idling(grid, choice, load, middle).rejected > 1.0 - (1.0 - middle) / load {
                low = middle;
            } else {
                high = middle;
            }
        }
        PodLevels { rejected: (1.0 - (1.0 - low) / load).max(0.0), ..PodLevels::idling(grid, choice, load, low) }
    }

    /// The levels if this share of pods is idle; `rejected` then is the share that finds no place.
    fn idling(grid: &WorkGrid, choice: &Choice, load: f64, idle: f64) -> PodLevels {
        let mut at_least = 1.0 - idle;
        let mut found = choice.found(1, at_least);
        let mut levels: Vec<Level> = Vec::new();
        let mut up_before = 0.0;
        let last = if choice.most == usize::MAX { MOST_LEVELS } else { choice.most };
        for k in 1..=last {
            let begin = if k == 1 { load * (1.0 - found) } else { 0.0 };
            let below = levels.last().map(|level| (up_before, level.above.as_slice()));
            if k == choice.most {
                let mut above = Vec::new();
                grid.level(below, begin, 0.0, &mut above);
                levels.push(Level { found: 0.0, above, in_common: 0.0 });
                return PodLevels { levels, rejected: found, beyond: 0.0 };
            }
            let mut above = Vec::new();
            if k > 1 && choice.in_common(k, at_least) == 1.0 {
                // What is left of work there will be that of the first level.
                let next = choice.found(k + 1, 0.0).min(found);
                above.clone_from(&levels[0].above);
                levels.push(Level { found: found - next, above, in_common: 1.0 });
                found = next;
                if found < RAREST {
                    break;
                }
                continue;
            }
            let most = if choice.most == usize::MAX { found * choice.most_of(k) } else { found };
            let mut mass_with = |share: f64| {
                let next = choice.found(k + 1, at_least - share).min(most);
                let up = load * (found - next);
                let rate = (up / share).min(FASTEST);
                grid.level(below, begin + up, rate, &mut above);
                (above[0], rate, next)
            };
            let guess = if k == 1 { load * (1.0 - found) } else { up_before };
            let share = root(|share| mass_with(share).0 - share, guess, at_least);
            let (_, up, next) = mass_with(share);
            let in_common = choice.in_common(k, at_least);
            levels.push(Level { found: found - next, above, in_common });
            at_least = (at_least - share).max(0.0);
            (found, up_before) = (next, up);
            if found < RAREST {
                break;
            }
        }
        let beyond = match levels.as_slice() {
            [.., before, last] if found >= RAREST => (last.found / before.found.max(1e-300)).clamp(0.0, 0.999),
            _ => 0.0,
        };
        PodLevels { levels, rejected: if choice.most == usize::MAX { 0.0 } else { found }, beyond }
    }
}

/// Where a function that falls from above 0 to below 0 below `most` is 0, sought around a guess (regula falsi, Illinois).
fn root(value: impl FnMut(f64) -> f64, guess: f64, most: f64) -> f64 {
    let mut value = value;
    let (mut low, mut high) = ((guess * 0.3).max(most * 1e-12).min(most), (guess * 4.0).min(most));
    let (mut at_low, mut at_high) = (value(low), value(high));
    while at_low <= 0.0 && low > most * 1e-12 {
        (high, at_high) = (low, at_low);
        low *= 0.1;
        at_low = value(low);
    }
    while at_high >= 0.0 && high < most {
        (low, at_low) = (high, at_high);
        high = (high * 10.0).min(most);
        at_high = value(high);
    }
    if at_low <= 0.0 || at_high >= 0.0 {
        return if at_low <= 0.0 { low } else { high };
    }
    let mut side = 0;
    for _ in 0..40 {
        let middle = (low * at_high - high * at_low) / (at_high - at_low);
        let here = value(middle);
        if here.abs() < 1e-7 * middle || high - low < 1e-9 * middle {
            return middle;
        }
        if here > 0.0 {
            (low, at_low) = (middle, here);
            at_high /= if side == 1 { 2.0 } else { 1.0 };
            side = 1;
        } else {
            (high, at_high) = (middle, here);
            at_low /= if side == -1 { 2.0 } else { 1.0 };
            side = -1;
        }
    }
    (low + high) / 2.0
}
