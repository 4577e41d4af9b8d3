//! From a study's figures to a report.

mod costs;
mod headlines;
mod scaling;
mod timeline;
mod users;

pub(super) use costs::namespace_rank;

use super::{Estimate, Report, ServiceResult, Unit};
use crate::study::{Figures, Names, Runs};
use crate::units::SimDuration;
use crate::world::Cast;

/// What was simulated.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The cast.
    pub cast: &'a Cast,
    /// How long.
    pub duration: SimDuration,
}

/// Fills an empty report from replications. The timeline is the first one's.
pub fn from_runs(mut report: Report, subject: Subject<'_>, runs: &Runs) -> Report {
    let names = Names::of(subject.cast);
    let results = Results { cast: subject.cast, names: &names, duration: subject.duration, runs };
    report.headlines = results.headlines();
    report.objectives = results.objectives();
    report.services = results.services();
    report.routes = results.routes();
    report.autoscalers = results.autoscalers();
    report.vertical_autoscalers = results.vertical_autoscalers();
    report.groups = results.groups();
    report.charges = results.charges();
    report.namespaces = results.namespaces();
    report.costs = results.costs();
    report.timeline = results.timeline();
    let overloaded = report.services.iter().filter(|service| service.error_ratio.mean > OVERLOADED);
    let caveats: Vec<String> = overloaded.map(overload).collect();
    report.caveats.extend(caveats);
    report.caveats.extend(users::overflow_caveats(runs));
    report
}

/// A service that fails more of its requests than this gets a caveat.
const OVERLOADED: f64 = 0.01;

fn overload(service: &ServiceResult) -> String {
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
