//! From a study's figures to a report.

mod bill;
mod bottlenecks;
mod carbon;
mod commitments;
mod costs;
mod drivers;
mod forecast;
mod headlines;
mod month;
mod objectives;
mod owners;
mod scaling;
mod timeline;
mod unit_cost;
mod users;

use super::{AdvisedCommitment, Estimate, Prices, Report, Run, ScenarioInfo, ServiceResult, Unit};
use crate::scenario::Scenario;
use crate::scenario::issue::{Issue, Severity};
use crate::study::{Figures, Finished, Kind, Names, Runs, Study};
use crate::units::SimDuration;
use crate::world::Cast;

impl Report {
    /// What a study found. The timeline is that of replication 0; the command that makes the report again is left empty.
    pub fn of(finished: &Finished) -> Self {
        let Finished { scenario, study, runs, commitment_advice, forecast } = finished;
        let names = study.names();
        let results = Results { cast: &study.cast, names: &names, duration: study.duration, runs };
        let mut report = Report::of_figures(finished);
        report.vertical_autoscalers = results.vertical_autoscalers();
        report.bottlenecks = results.bottlenecks();
        report.costs = results.costs();
        report.commitments = results.commitments();
        report.carbon = results.carbon();
        report.cost_drivers = Some(results.cost_drivers());
        report.commitment_advice = commitment_advice.iter().map(AdvisedCommitment::from).collect();
        report.allocation = results.allocation(&scenario.owners);
        report.budgets = results.budgets(&scenario.owners);
        report.forecast = forecast.as_ref().map(|found| results.forecast(found, &scenario.owners));
        report.unit_costs = results.unit_costs();
        report.bill = results.bill(&study.cast.billing.calendar, scenario);
        report.inputs = scenario.inputs.values(&scenario.cast);
        report.timeline = results.timeline();
        report
    }

    /// The figures alone: without what the scenario is made of, the timeline, the costs day by day, and advice.
    pub(crate) fn of_figures(finished: &Finished) -> Self {
        let Finished { scenario, study, runs, .. } = finished;
        let names = study.names();
        let results = Results { cast: &study.cast, names: &names, duration: study.duration, runs };
        let mut report = empty(scenario, study);
        report.headlines = results.headlines();
        report.objectives = results.objectives();
        report.services = results.services();
        report.routes = results.routes();
        report.autoscalers = results.autoscalers();
        report.groups = results.groups();
        report.charges = results.charges();
        report.namespaces = results.namespaces();
        let overloaded = report.services.iter().filter(|service| service.error_ratio.mean > OVERLOADED);
        let caveats: Vec<String> = overloaded.map(overload).collect();
        report.caveats.extend(caveats);
        report.caveats.extend(users::overflow_caveats(runs));
        report.caveats.extend(users::replay_caveats(&report.services));
        report.notes.extend(users::replay_notes(&report.services));
        report.notes.extend(results.repacking_notes(&report.groups));
        report
    }
}

/// A report that says what was simulated, and how.
pub(super) fn empty(scenario: &Scenario, study: &Study) -> Report {
    let info = ScenarioInfo {
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        region: scenario.region.clone(),
        platform: scenario.platform.clone(),
        duration_seconds: study.duration.as_secs_f64(),
        digest: scenario.digest.clone(),
    };
    let run = Run {
        seed: scenario.seed,
        replications: scenario.replications,
        warm_up_seconds: study.warm_up.as_secs_f64(),
        command: String::new(),
    };
    let prices =
        Prices { currency: "USD".to_owned(), date: scenario.prices.date.clone(), estimated: scenario.prices.estimated };
    let mut report = Report::new(info, run, prices);
    let (notes, caveats): (Vec<&Issue>, Vec<&Issue>) =
        scenario.caveats.iter().partition(|issue| issue.severity == Severity::Note);
    [report.caveats, report.notes] = [caveats, notes].map(|issues| issues.into_iter().map(Issue::sentence).collect());
    report
}

/// A service that fails more of its requests than this gets a caveat.
const OVERLOADED: f64 = 0.01;

fn overload(service: &ServiceResult) -> String {
    if service.error_ratio.mean >= 1.0 {
        return format!("service {} answered nothing: all of its requests were refused or timed out", service.name);
    }
    let failed = super::format::figure(service.error_ratio.mean, Unit::Ratio);
    format!(
        "service {} could not keep up: {failed} of its requests were refused or timed out, and the percentiles \
         are those of the others",
        service.name
    )
}

/// Replications, and what they are replications of.
struct Results<'a> {
    cast: &'a Cast,
    names: &'a Names,
    duration: SimDuration,
    runs: &'a Runs,
}

impl Results<'_> {
    fn over(&self, value: impl Fn(&Figures) -> f64) -> Estimate {
        self.runs.over(value)
    }
    /// Of a sum of events, one of which adds `event`: its interval tells of those that did not happen.
    fn events(&self, event: f64, value: impl Fn(&Figures) -> f64) -> Estimate {
        self.runs.over_kind(Kind::Sum { event }, value)
    }
    /// Of a count.
    fn count(&self, value: impl Fn(&Figures) -> u64) -> Estimate {
        self.runs.over_kind(Kind::COUNT, |run| value(run) as f64)
    }
    /// Of a share of the time, or of what comes in it, that may have a bad hour.
    fn bad_share(&self, value: impl Fn(&Figures) -> f64) -> Estimate {
        self.runs.over_kind(Kind::Share { event: (1.0 / self.hours()).min(1.0) }, value)
    }
    /// Of a share: its interval stays within 0 and 1.
    fn share(&self, value: impl Fn(&Figures) -> f64) -> Estimate {
        self.over(value).within(0.0, 1.0)
    }
    /// Of a share, over the replications that have a value; unknown where none has.
    fn share_known(&self, value: impl Fn(&Figures) -> Option<f64>) -> Estimate {
        self.over_known(value).within(0.0, 1.0)
    }
    /// Over the replications that have a value; unknown where none has.
    fn over_known(&self, value: impl Fn(&Figures) -> Option<f64>) -> Estimate {
        if self.runs.figures().iter().all(|run| value(run).is_none()) {
            return Estimate::UNKNOWN;
        }
        self.runs.over(|run| value(run).unwrap_or(f64::NAN))
    }
    fn seconds(&self) -> f64 {
        self.duration.as_secs_f64()
    }
    fn hours(&self) -> f64 {
        self.seconds() / 3600.0
    }
    fn text(&self, symbol: crate::intern::Symbol) -> String {
        self.cast.cluster.symbols.text(symbol).to_owned()
    }
}
