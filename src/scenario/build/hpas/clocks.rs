//! External metrics whose values the clock gives: those of KEDA's cron triggers.

use crate::controllers::cron_job::Schedule;
use crate::scenario::build::scaled_objects::Scaled;
use crate::scenario::issue::{Issue, Issues};
use crate::units::SimTime;
use crate::world::CronWindow;
use jiff::Timestamp;

/// The windows of a ScaledObject's triggers, each with the beginning of its metric's name. A trigger that KEDA cannot read is named, and
/// has none: its metric has no value there either.
///
/// `epoch` is the wall-clock time of [`SimTime::ZERO`].
pub(super) fn clocks(scaled: &Scaled, epoch: Timestamp, issues: &mut Issues) -> Vec<(String, CronWindow)> {
    let mut found = Vec::new();
    for cron in &scaled.crons {
        let mut read = |field: &str, text: &str| {
            let read = Schedule::parse(text, Some(&cron.timezone), epoch).map_err(|error| error.to_string());
            let comes = |schedule: Schedule| match schedule.next_after(SimTime::ZERO) {
                Some(_) => Ok(schedule),
                None => Err(format!("`{text}` never comes")),
            };
            let complain = |message: String| {
                let place = format!("spec.triggers[{}].metadata.{field}", cron.index);
                issues.push(
                    scaled.from.locate(Issue::warning(place, format!("{message}; the trigger asks for nothing"))),
                );
            };
            read.and_then(comes).map_err(complain).ok()
        };
        if let (Some(start), Some(end)) = (read("start", &cron.start), read("end", &cron.end)) {
            found.push((cron.prefix(), CronWindow { start, end, inside: cron.replicas }));
        }
    }
    found
}
