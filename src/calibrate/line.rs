//! `y = per pod * pods + per request * requests`: cpu and memory as a line, by weighted least squares.
//!
//! Recorded rates are noisy themselves, and noise in what a line hangs on makes it flatter than it is. So the rates of the neighbours
//! in time stand in for each rate (instrumental variables: Durbin 1954): their noise is another, their traffic the same.

use super::blocks::{Blocks, DRAWS, interval};

/// One recorded instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its block.
    pub(super) block: usize,
    /// Pods.
    pub(super) pods: f64,
    /// What costs: requests per second, or requests in hand, of all pods.
    pub(super) load: f64,
    /// The same from the neighbours in time.
    pub(super) instrument: f64,
    /// What it costs: cores, bytes.
    pub(super) used: f64,
}

/// A line, its intervals, and draws of it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What a pod takes without load, at least 0.
    pub(super) per_pod: f64,
    /// What a unit of load takes; above 0.
    pub(super) per_load: f64,
    pub(super) per_pod_interval: [f64; 2],
    pub(super) per_load_interval: [f64; 2],
    /// Both, as other blocks would have given them.
    pub(super) draws: Vec<(f64, f64)>,
    /// Rows that count.
    pub(super) rows: usize,
}

/// Sums of one block.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    pods_pods: f64,
    pods_load: f64,
    pods_used: f64,
    load_pods: f64,
    load_load: f64,
    load_used: f64,
}

impl Sums {
    fn add(&mut self, other: &Sums, times: f64) {
        self.pods_pods += times * other.pods_pods;
        self.pods_load += times * other.pods_load;
        self.pods_used += times * other.pods_used;
        self.load_pods += times * other.load_pods;
        self.load_load += times * other.load_load;
        self.load_used += times * other.load_used;
    }
    fn row(row: &Row, weight: f64) -> Sums {
        let Row { pods, load, instrument, used, .. } = *row;
        Sums {
            pods_pods: weight * pods * pods,
            pods_load: weight * pods * load,
            pods_used: weight * pods * used,
            load_pods: weight * instrument * pods,
            load_load: weight * instrument * load,
            load_used: weight * instrument * used,
        }
    }
    /// What a unit of load takes if pods without load take nothing.
    fn through_zero(&self) -> f64 {
        self.load_used / self.load_load
    }
    /// What a pod and what a unit of load takes; a pod never less than nothing. None where no load explains anything.
    fn solved(&self) -> Option<(f64, f64)> {
        let determinant = self.pods_pods * self.load_load - self.pods_load * self.load_pods;
        let through_zero = (0.0, self.through_zero());
        let all = (
            (self.pods_used * self.load_load - self.load_used * self.pods_load) / determinant,
            (self.load_used * self.pods_pods - self.pods_used * self.load_pods) / determinant,
        );
        let is_flat = determinant.abs() <= 1e-9 * self.pods_pods * self.load_load;
        let (per_pod, per_load) = if is_flat || all.0 < 0.0 { through_zero } else { all };
        (per_load.is_finite() && per_load > 0.0).then_some((per_pod, per_load))
    }
}

fn sums(rows: &[Row], count: usize, weight: impl Fn(&Row) -> f64) -> Vec<Sums> {
    let mut blocks = vec![Sums::default(); count];
    for row in rows {
        blocks[row.block].add(&Sums::row(row, weight(row)), 1.0);
    }
    blocks
}

fn together(blocks: &[Sums], times: impl Fn(usize) -> f64) -> Sums {
    let mut all = Sums::default();
    blocks.iter().enumerate().for_each(|(at, block)| all.add(block, times(at)));
    all
}

/// Where load per pod hardly changes, as an HPA holds it, the line may even seem to fall: then all of it is taken as the load's,
/// and anything between that and all of it being the pods' is as good.
fn undivided(all: &Sums, rows: usize) -> Option<Line> {
    let per_load = all.through_zero();
    let per_pod = all.pods_used / all.pods_pods;
    let is_known = per_load.is_finite() && per_load > 0.0 && per_pod.is_finite();
    let along = |at: usize| at as f64 / DRAWS as f64;
    is_known.then(|| Line {
        per_pod: 0.0,
        per_load,
        per_pod_interval: [0.0, per_pod],
        per_load_interval: [0.0, per_load],
        draws: (0..DRAWS).map(|at| (per_pod * along(at), per_load * (1.0 - along(at)))).collect(),
        rows,
    })
}

/// The line through rows whose blocks are numbered below those of `blocks`; relative errors count alike. None where nothing
/// is used.
pub(super) fn line(rows: &[Row], blocks: &mut Blocks) -> Option<Line> {
    let unweighted = together(&sums(rows, blocks.count, |_| 1.0), |_| 1.0);
    let Some(plain) = unweighted.solved() else { return undivided(&unweighted, rows.len()) };
    let mean = rows.iter().map(|row| row.used).sum::<f64>() / rows.len().max(1) as f64;
    let expected = |row: &Row| plain.0 * row.pods + plain.1 * row.load;
    let weighted = sums(rows, blocks.count, |row| {
        let level = expected(row).max(0.05 * mean);
        1.0 / (level * level)
    });
    let all = together(&weighted, |_| 1.0);
    let Some((per_pod, per_load)) = all.solved() else { return undivided(&all, rows.len()) };
    let draws: Vec<(f64, f64)> = (0..DRAWS)
        .filter_map(|_| {
            let times = blocks.draw();
            together(&weighted, |at| f64::from(times[at])).solved()
        })
        .collect();
    let filled = weighted.iter().filter(|block| block.pods_pods > 0.0).count();
    let around = |estimate: f64, of: &dyn Fn(&(f64, f64)) -> f64| {
        interval(estimate, &mut draws.iter().map(of).collect::<Vec<_>>(), filled).map(|bound| bound.max(0.0))
    };
    Some(Line {
        per_pod,
        per_load,
        per_pod_interval: around(per_pod, &|draw| draw.0),
        per_load_interval: around(per_load, &|draw| draw.1),
        rows: rows.len(),
        draws,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    /// A day of minutes of 30 ms per request and 50 m per pod, with noise on rates and on cpu.
    fn rows(noise: f64, swing: f64, seed: u64) -> Vec<Row> {
        let mut chance = Seed::new(seed, 0).stream("rows", 0);
        let truth: Vec<f64> = (0..1440)
            .map(|k| 60.0 * (1.0 + swing * libm::sin(f64::from(k) * std::f64::consts::TAU / 1440.0)))
            .collect();
        let seen: Vec<f64> = truth.iter().map(|rate| rate * (1.0 + noise * chance.normal())).collect();
        (1..1439)
            .map(|k| Row {
                block: k / 60,
                pods: 4.0,
                load: seen[k],
                instrument: (seen[k - 1] + seen[k + 1]) / 2.0,
                used: (4.0 * 0.05 + 0.03 * truth[k]) * (1.0 + noise * chance.normal()),
            })
            .collect()
    }

    #[test]
    fn a_line_without_noise_is_found_exactly() {
        let found = line(&rows(0.0, 0.6, 1), &mut Blocks::new(24, 1, "cpu", "web")).expect("cpu rises with requests");
        assert!((found.per_load / 0.03 - 1.0).abs() < 1e-3 && (found.per_pod / 0.05 - 1.0).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn noise_in_the_rates_does_not_flatten_the_line() {
        let found = line(&rows(0.15, 0.3, 2), &mut Blocks::new(24, 1, "cpu", "web")).expect("cpu rises with requests");
        // Plain least squares: slope times variance of the truth over that of what is seen, 0.045 of 0.0675 here.
        let [low, high] = found.per_load_interval;
        assert!(low <= 0.03 && 0.03 <= high, "{found:?}");
        assert!((found.per_load / 0.03 - 1.0).abs() < 0.12, "{found:?}");
    }

    #[test]
    fn traffic_that_never_changes_leaves_both_apart() {
        let found = line(&rows(0.02, 0.0, 3), &mut Blocks::new(24, 1, "cpu", "web")).expect("something is used");
        let [low, high] = found.per_pod_interval;
        assert!(high - low > 0.1, "nothing tells idle cpu from cpu of requests: {found:?}");
        // Together they are what was used at the load that there was.
        let used = |(per_pod, per_load): (f64, f64)| 4.0 * per_pod + 60.0 * per_load;
        assert!((used((found.per_pod, found.per_load)) / 2.0 - 1.0).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn a_line_that_falls_is_taken_as_undivided() {
        let falling: Vec<Row> = (0..600)
            .map(|k| {
                let load = 20.0 + f64::from(k % 60) / 60.0;
                Row { block: k as usize / 60, pods: 4.0, load, instrument: load, used: 2.0 - 0.05 * (load - 20.0) }
            })
            .collect();
        let found = line(&falling, &mut Blocks::new(10, 1, "cpu", "web")).expect("something is used");
        assert_eq!((found.per_pod, found.per_pod_interval[0]), (0.0, 0.0));
        assert!((found.per_load / 0.0964 - 1.0).abs() < 0.02 && found.per_pod_interval[1] > 0.49, "{found:?}");
    }
}
