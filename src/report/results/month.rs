//! What a month costs, with what it is over.

use super::Results;
use crate::report::format::{duration, figure};
use crate::report::{Estimate, MonthResult, Unit};
use crate::study::Month;
use crate::traffic::demand::{Block, Weeks};
use crate::units::counted;

impl Results<'_> {
    /// A month, from what each replication costs at a month's rate.
    pub(super) fn month(&self, cost: &Estimate) -> MonthResult {
        let traffic = self.cast.traffic.as_ref();
        let weeks = traffic.map(|traffic| &traffic.demand.weeks).filter(|weeks| weeks.differ());
        let Month { mean, interval, nine_of_ten, stretches } =
            Month::of(cost, self.duration, weeks.and_then(|weeks| weeks.shared_for()));
        let span = duration(self.duration.as_secs_f64());
        let histories = counted(self.runs.len(), "replication");
        let (over, left_out) = match (weeks, traffic) {
            (Some(weeks), _) => (format!("over {histories} of {span} whose weeks differ: {}", differ(weeks)), String::new()),
            (None, Some(_)) => (
                format!("over {histories} of the same {span}"),
                "The traffic pattern is the same in all of them; noise, spot market and starts are not. How weeks differ is not in it: \
                 `traffic.weeks` puts it in."
                    .to_owned(),
            ),
            (None, None) => (
                format!("over {histories} of the same {span}"),
                "Spot market and starts differ; what runs is the same in all of them.".to_owned(),
            ),
        };
        let [p5, p95] = [nine_of_ten.map(|ends| ends[0]), nine_of_ten.map(|ends| ends[1])];
        MonthResult { mean, interval, p5, p95, stretches, over, left_out }
    }
}

/// How weeks differ, in words.
fn differ(weeks: &Weeks) -> String {
    let noise =
        |sigma: f64, of: &str| (sigma > 0.0).then(|| format!("levels of {of} by {} each", figure(sigma, Unit::Ratio)));
    let drawn = weeks.resample.as_ref().map(|how| match how.block {
        Block::Day => "days drawn from the trace",
        Block::Week => "weeks drawn from the trace",
    });
    let parts = [noise(weeks.noise, "weeks"), noise(weeks.days, "days"), drawn.map(str::to_owned)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
