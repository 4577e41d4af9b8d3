//! How much pods move together behind two choices: what tells few pods from many.
//!
//! With many pods the share of them that has at least `k` requests is a number (mean field); with `n` it moves around
//! it, with variances that a linear equation gives (Lyapunov's, for the drift and the noise of the mean field).
//! Source: Gast and Van Houdt, "A refined mean field approximation", 2017; exponential work.

use super::lyapunov::covariance;
use super::servers::Servers;

/// Levels that are told apart.
const MOST_LEVELS: usize = 24;
/// Rarer levels move like the last that is not.
const RAREST: f64 = 1e-7;

/// The variance of each level's share times the number of pods over what independent pods have, less 1: how many
/// others a pod at that level moves with. `at_least[k]` is the share of pods with at least `k` requests.
pub(super) fn moving_together(servers: &Servers, load: f64, at_least: &[f64]) -> Vec<f64> {
    let count = (at_least.iter().skip(1).take_while(|share| **share > RAREST).count()).min(MOST_LEVELS);
    let share = |level: usize| at_least.get(level).copied().unwrap_or(0.0);
    let rate = load * f64::from(servers.threads);
    let ends = |level: usize| (level as f64).min(f64::from(servers.threads));
    let drift = |at: usize| {
        let level = at + 1;
        let below = if at > 0 { 2.0 * rate * share(level - 1) } else { 0.0 };
        let above = if level < count { ends(level) } else { 0.0 };
        [below, -2.0 * rate * share(level) - ends(level), above]
    };
    let noise = |level: usize| 2.0 * ends(level) * (share(level) - share(level + 1)).max(0.0);
    let (drift, noise): (Vec<_>, Vec<f64>) = ((0..count).map(drift).collect(), (1..=count).map(noise).collect());
    let moved = covariance(&drift, &noise, 0.5 / ends(count).max(1.0));
    let variance = |at: usize| moved[at * count + at];
    (0..count).map(|at| (variance(at) / (share(at + 1) * (1.0 - share(at + 1))).max(1e-12) - 1.0).max(0.0)).collect()
}
