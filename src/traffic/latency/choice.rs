//! What a request finds in the pod that a balancer gives it, from what pods have.
//!
//! With `S_k`, the share of pods with at least `k` requests, and `T_k`, the share of requests whose pod has at least
//! `k` when they join it, all else follows from flows: as many requests go up from a level as come down to it. So a
//! balancer is a function from `S_k` to `T_k`.

use super::erlang::erlang_c;
use super::few_pods::moving_together;
use super::pool::{Pool, fill};
use super::profile::Discipline;
use super::servers::Servers;

/// The function, by level.
pub(super) struct Choice {
    /// The level up to which a request does not wait.
    threads: usize,
    /// The level that rejects.
    pub(super) most: usize,
    load: f64,
    by_level: ByLevel,
}

enum ByLevel {
    /// How pods move together.
    OfTwo(Together),
    /// `T_k` from the level on at which requests wait.
    OfAll(Vec<f64>),
}

/// How many others a pod at a level moves with, less itself; from level 1, with the shares at which it is so.
#[derive(Default)]
struct Together {
    others: f64,
    with: Vec<f64>,
    at_shares: Vec<f64>,
    /// The correlation at ever higher levels.
    at_last: f64,
    /// How much the share counts and not the level: 1 for even work, 0 for exponential work and what varies more.
    by_share: f64,
    /// How much rarer each of those levels is found than the one below, at least.
    rarer: f64,
}

impl Together {
    /// The correlation of two pods' being at a level.
    fn correlation(&self, level: usize, at_least: f64) -> f64 {
        if self.with.is_empty() {
            return 0.0;
        }
        let last = self.with.len() - 1;
        let by_level = self.with[(level - 1).min(last)];
        let above = self.at_shares.partition_point(|share| *share > at_least);
        let by_share = match above {
            0 => self.with[0],
            _ if above > last => self.with[last],
            _ => {
                let (high, low) = (self.at_shares[above - 1], self.at_shares[above]);
                self.with[above] + (self.with[above - 1] - self.with[above]) * (at_least - low) / (high - low)
            }
        };
        let with = by_level + self.by_share * (by_share - by_level) / 2.0;
        let known = with / (with + self.others);
        if level <= last + 1 {
            return known;
        }
        self.at_last.max(known) + (known - self.at_last).min(0.0) * libm::pow(0.8, (level - 1 - last) as f64)
    }
}

/// More levels than a queue without bound is followed to one by one.
pub(super) const MOST_LEVELS: usize = 48;
/// The share of pods at a level above which its movements are those of the linear equation.
const COMMON: f64 = 0.01;
/// With many pods levels are rarer than these by themselves.
const LEAST_RATIO: f64 = 0.35;
/// More pods than this are as good as many.
const MANY: u32 = 400;

impl Choice {
    /// None where the balancer does not look at the pods.
    pub(super) fn new(servers: &Servers, load: f64) -> Option<Choice> {
        let threads = servers.threads as usize;
        let most = servers.bound.map_or(usize::MAX, |bound| threads + bound as usize);
        let by_level = match servers.discipline {
            _ if servers.pods < 2 => return None,
            // Of two pods, two choices see all.
            Discipline::PowerOfTwo => ByLevel::OfTwo(Together::default()),
            Discipline::LeastOutstanding if servers.pods == 2 => ByLevel::OfTwo(Together::default()),
            Discipline::LeastOutstanding => ByLevel::OfAll(all(servers, load)),
            _ => return None,
        };
        let choice = Choice { threads, most, load, by_level };
        if choice.sees_all() || servers.pods > MANY {
            return Some(choice);
        }
        let many = choice.with_exponential_work(load);
        // Below a bound that holds back the linear equation knows all levels.
        let is_held = servers.bound.is_some_and(|bound| f64::from(bound) < 3.0 * (1.0 + servers.scv()) || load > 0.95);
        let least = if is_held { 0.0 } else { COMMON };
        let common = many.iter().skip(1).take_while(|share| **share > least).count().max(1);
        let mut with = moving_together(servers, load, &many);
        with.truncate(common);
        let at_last = libm::pow(spread_load(load.min(1.0), servers.scv()), f64::from(servers.pods) - 1.0);
        let together = Together {
            others: f64::from(servers.pods) - 1.0,
            at_shares: many[1..=with.len()].to_vec(),
            with,
            at_last: if is_held { 0.8 * at_last } else { at_last },
            by_share: (1.0 - servers.scv()).max(0.0),
            rarer: tail_ratio(servers, load).max(LEAST_RATIO),
        };
        Some(Choice { by_level: ByLevel::OfTwo(together), ..choice })
    }

    /// `T_k` from `S_k`.
    pub(super) fn found(&self, level: usize, at_least: f64) -> f64 {
        let at_least = at_least.clamp(0.0, 1.0);
        match &self.by_level {
            _ if level == 0 => 1.0,
            ByLevel::OfTwo(together) => {
                at_least * at_least + together.correlation(level, at_least) * at_least * (1.0 - at_least)
            }
            ByLevel::OfAll(found) => match level.checked_sub(self.threads) {
                None => 1.0,
                Some(above) => found.get(above).copied().unwrap_or(0.0),
            },
        }
    }

    /// What `T_(k+1)` is of `T_k` at most: far up, levels fill only as the sum of all does.
    pub(super) fn most_of(&self, level: usize) -> f64 {
        match &self.by_level {
            ByLevel::OfTwo(together) if !together.with.is_empty() && level > together.with.len() => together.rarer,
            _ => 1.0,
        }
    }

    /// How far a pod is at a level because all pods are: a correlation, 1 where all are looked at.
    pub(super) fn in_common(&self, level: usize, at_least: f64) -> f64 {
        match &self.by_level {
            ByLevel::OfTwo(together) => together.correlation(level, at_least.clamp(0.0, 1.0)),
            // Far above capacity it is the pod that has just ended a request that is joined.
            ByLevel::OfAll(_) => ((1.3 - self.load) / 0.3).clamp(0.0, 1.0),
        }
    }

    /// Whether all pods are looked at; of two, two choices are followed.
    pub(super) fn sees_all(&self) -> bool {
        matches!(self.by_level, ByLevel::OfAll(_))
    }

    /// The share that is rejected, where it is known without the levels.
    pub(super) fn rejected(&self) -> Option<f64> {
        match &self.by_level {
            _ if self.most == usize::MAX => Some(0.0),
            ByLevel::OfTwo(_) => None,
            ByLevel::OfAll(found) => found.last().copied(),
        }
    }

    /// `S_k` if work is exponential, by level from 0, to the level that rejects or to the last that matters.
    ///
    /// The birth-death chain of one pod whose births are those that these very shares give (cavity, fixed point).
    pub(super) fn with_exponential_work(&self, load: f64) -> Vec<f64> {
        let levels = self.most.min(self.threads + MOST_LEVELS);
        let rate = load * self.threads as f64;
        let mut at_least: Vec<f64> =
            (0..=levels).map(|k| libm::pow(load.min(0.98), k as f64 / self.threads as f64)).collect();
        for _ in 0..600 {
            let found: Vec<f64> = at_least.iter().enumerate().map(|(k, share)| self.found(k, *share)).collect();
            let mut masses = vec![1.0];
            let mut total = 1.0;
            for k in 0..levels {
                let here = (at_least[k] - at_least[k + 1]).max(1e-300);
                let births = rate * ((found[k] - found[k + 1]) / here).clamp(0.0, 1e3);
                let next = masses[k] * births / ((k + 1) as f64).min(self.threads as f64);
                masses.push(next.max(1e-300));
                total += next;
            }
            let (mut above, mut change) = (0.0, 0.0_f64);
            for (known, mass) in at_least.iter_mut().zip(&masses).rev() {
                above += mass / total;
                change = change.max((above - *known).abs());
                *known = (*known + above) / 2.0;
            }
            if change < 1e-8 {
                break;
            }
        }
        at_least
    }
}

impl Choice {
    /// `T_k` from the level on at which requests wait, if work is exponential, and the share that is rejected.
    pub(super) fn found_with_exponential_work(&self, load: f64) -> (Vec<f64>, f64) {
        let found = match &self.by_level {
            ByLevel::OfAll(found) => found.clone(),
            ByLevel::OfTwo(_) => {
                let at_least = self.with_exponential_work(load);
                (self.threads..at_least.len()).map(|k| self.found(k, at_least[k])).collect()
            }
        };
        let rejected = if self.most == usize::MAX { 0.0 } else { found.last().copied().unwrap_or(0.0) };
        (found, rejected)
    }
}

/// The load as the tail of the numbers in few pods feels it: work that varies more makes it fall more slowly.
fn spread_load(load: f64, scv: f64) -> f64 {
    libm::pow(load, libm::pow(2.0 / (1.0 + scv), 0.6))
}

/// By how much one level more in all pods is rarer, if work is exponential or less variable; nearly so if more.
fn tail_ratio(servers: &Servers, load: f64) -> f64 {
    let scv = servers.scv();
    let exponent = if scv > 1.0 { 0.85 } else { 1.0 };
    libm::pow(load.min(1.0), exponent * 2.0 * f64::from(servers.pods) / (1.0 + scv))
}

/// `T_k` where all pods are looked at, from the level on at which requests wait.
///
/// Whoever finds all busy finds the queue for all servers in one (Erlang's C, or the same with a bound) but for those
/// who are stuck behind others while a server is free. Each level more needs as many requests as there are pods: the
/// tail of the sum of all, which heavy traffic gives (Kingman 1961), reached step by step. Constants are fitted to
/// simulations with 2 to 30 pods, 1 to 8 threads, loads from 0.5 to 1.5, and SCVs from 0 to 8.
fn all(servers: &Servers, load: f64) -> Vec<f64> {
    let (pods, scv) = (f64::from(servers.pods), servers.scv());
    let count = servers.pods * servers.threads;
    let stuck = 1.0 - libm::exp(-0.23 * (libm::sqrt(pods) - 1.0));
    let Some(bound) = servers.bound else {
        let pooled = erlang_c(count, load);
        let mut found = vec![pooled * (1.0 - stuck * (1.0 - pooled) / (1.0 + 0.1 * (scv - 1.0)))];
        let last = libm::pow(load, 2.0 * pods / (1.0 + scv));
        let slower = libm::pow((1.0 + scv) / 2.0, if scv > 1.0 { 0.3 + 0.5 / pods } else { 0.09 });
        let mut more = libm::pow(last, 0.92 * slower);
        for level in 0..MOST_LEVELS {
            found.push(found[level] * more);
            more += (last - more) / 3.0;
        }
        return found;
    };
    // Some places are free while others reject.
    let places = (pods * f64::from(bound) - 0.25 * (pods - 2.0)).max(0.0);
    let pool = Pool::new(load, f64::from(count), places * fill(scv, bound, servers.threads));
    let free = if bound > 0 { 0.2 * libm::pow(f64::from(bound), -1.4) } else { 0.0 };
    let less = 1.0 - if bound > 0 { stuck * (1.0 - pool.at_least(0.0) + free) } else { 0.0 };
    let rejected = pool.rejected();
    let level =
        |above: u32| if above < bound { pool.at_least(f64::from(above) / f64::from(bound)) * less } else { 0.0 };
    (0..=bound).map(|above| level(above).max(rejected)).collect()
}
