//! The way from a scenario to what can be said about it: replications, then advice.

use super::commitments::{self, Advised};
use super::estimate::Estimate;
use super::figures::Grain;
use super::forecast::{self, Forecast};
use super::replicate::Study;
use super::runs::Runs;
use crate::scenario::Scenario;
use crate::traffic::latency::LatencyTables;

/// What to do apart from simulating the scenario as often as it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Look for commitments that would pay.
    pub recommend_commitments: bool,
    /// Look twelve months ahead, also where the demand does not grow.
    pub forecast: bool,
}

/// Hears how far the work is, from any thread. `()` does not listen.
pub trait Watch: Sync {
    /// A phase begins that takes about this many replications.
    fn begins(&self, phase: Phase, replications: u64);
    /// One more replication has ended.
    fn replicated(&self);
    /// All replications of the scenario itself have ended.
    fn simulated(&self, runs: &Runs);
    /// The forecast has ended.
    fn foreseen(&self);
}

impl Watch for () {
    fn begins(&self, _: Phase, _: u64) {}
    fn replicated(&self) {}
    fn simulated(&self, _: &Runs) {}
    fn foreseen(&self) {}
}

/// What replications are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The scenario itself.
    Simulating,
    /// The demand of the months to come.
    Forecasting,
}

/// A scenario, simulated.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What was asked.
    pub scenario: Scenario,
    /// How it was simulated.
    pub study: Study,
    /// What came out.
    pub runs: Runs,
    /// Which commitments would pay, if that was asked.
    pub commitment_advice: Vec<Advised>,
    /// Twelve months, if that was asked or the demand grows.
    pub forecast: Option<Forecast>,
}

/// Simulates a scenario on all threads of the current rayon pool, as often as its `replications` and `precision` say. Cannot fail: an accepted
/// scenario can be run.
///
/// The result depends on the scenario and the options only, not on the threads. Cost: the scenario's replications; with
/// a forecast those of twelve levels of demand.
pub fn run(scenario: &Scenario, options: &Options, watch: &dyn Watch) -> Finished {
    let mut simulated = simulate(scenario, &LatencyTables::default(), watch);
    if let Some(share) = scenario.precision {
        refine(&mut simulated, share, watch);
    }
    let Finished { scenario, study, runs, .. } = simulated;
    let step = || watch.replicated();
    let commitment_advice = if options.recommend_commitments {
        commitments::advise(&study.cast.billing.pledges, runs.figures(), Grain::of(study.duration))
    } else {
        Vec::new()
    };
    let forecast = (options.forecast || scenario.growth_per_month.is_some()).then(|| {
        watch.begins(Phase::Forecasting, forecast::expected_replications(&scenario));
        let forecast = forecast::forecast(&scenario, &study, &step);
        watch.foreseen();
        forecast
    });
    Finished { scenario, study, runs, commitment_advice, forecast: forecast.flatten() }
}

/// More replications than this are not made for the sake of precision.
const MOST: u32 = 5120;

/// Adds replications until the intervals of the cost and of the slowest route's P95 reach no farther from the mean than this
/// share of it; at most [`MOST`]. They are doubled: looking again costs coverage where the first look may miss what is
/// rare, from 40 replications on hardly any (docs/run.md).
fn refine(finished: &mut Finished, share: f64, watch: &dyn Watch) {
    while finished.scenario.replications < MOST && !is_precise(&finished.runs, share) {
        let so_far = finished.scenario.replications;
        let count = so_far.saturating_mul(2).min(MOST);
        watch.begins(Phase::Simulating, u64::from(count - so_far));
        let more = finished.study.replicate_all(so_far..count, &|| watch.replicated());
        watch.simulated(&more);
        finished.runs = std::mem::take(&mut finished.runs).merged(more);
        finished.scenario.replications = count;
    }
}

/// Whether cost and latency are known so precisely. Where nothing is answered there is no latency to know.
fn is_precise(runs: &Runs, share: f64) -> bool {
    let cost = runs.over(|run| run.usd_per_month(run.cost()));
    let latency = runs.over(|run| run.slowest_route_s(0.95).unwrap_or(f64::NAN));
    let is_known = |estimate: &Estimate| {
        let reach = |[low, high]: [f64; 2]| f64::max(estimate.mean - low, high - estimate.mean);
        estimate.interval.is_some_and(|ends| reach(ends) <= share * estimate.mean.abs())
    };
    is_known(&cost) && (is_known(&latency) || latency.values.iter().all(|value| value.is_nan()))
}

/// Simulates a scenario without searching for a better setting. Studies that share `tables` make each table of latency
/// once; what comes out does not depend on that.
pub fn simulate(scenario: &Scenario, tables: &LatencyTables, watch: &dyn Watch) -> Finished {
    let study = Study { tables: tables.clone(), ..Study::of(scenario) };
    watch.begins(Phase::Simulating, u64::from(scenario.replications));
    let runs = study.replicate_all(0..scenario.replications, &|| watch.replicated());
    watch.simulated(&runs);
    Finished { scenario: scenario.clone(), study, runs, commitment_advice: Vec::new(), forecast: None }
}

/// Simulates a scenario for its figures alone: without a log or a timeline. `tables` as in [`simulate`].
pub fn measure(scenario: Scenario, tables: &LatencyTables) -> Finished {
    let study = Study { tables: tables.clone(), keeps_story: false, ..Study::of(&scenario) };
    let runs = study.replicate_all(0..scenario.replications, &|| ());
    Finished { scenario, study, runs, commitment_advice: Vec::new(), forecast: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replications_are_doubled_until_it_is_known() {
        let scenario = crate::scenario::embedded(&["duration=2h".to_owned()]).expect("the reference scenario");
        let scenario = Scenario { replications: 2, ..scenario };
        let plain = Options::default();
        let few = run(&scenario, &plain, &());
        assert!(!is_precise(&few.runs, 0.05));
        let enough = run(&Scenario { precision: Some(0.05), ..scenario }, &plain, &());
        assert!(enough.runs.len() > 2 && is_precise(&enough.runs, 0.05), "{}", enough.runs.len());
        assert_eq!(enough.runs.len() as u32, enough.scenario.replications);
    }
}
