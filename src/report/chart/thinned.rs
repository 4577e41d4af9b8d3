//! Series with no more points than can be seen, and their time axis.

use super::frame::Line;
use crate::report::{Panel, Report, Series};

/// More points than pixels are not visible, but they are downloaded.
const POINTS: usize = 480;

/// How the values of one drawn point are chosen from the steps it covers.
#[derive(Clone, Copy)]
pub(super) enum Thin {
    Mean,
    Peak,
}

/// The time axis of thinned series: whole days as ticks, hours in a short run.
pub(in crate::report) struct TimeAxis {
    pub(in crate::report) start: f64,
    pub(in crate::report) step: f64,
    pub(in crate::report) end: f64,
}

const DAY: f64 = 86_400.0;

impl TimeAxis {
    pub(super) fn of(report: &Report, points: usize) -> Self {
        let steps = report.timeline.len().max(1);
        let step = report.timeline.step_seconds * steps as f64 / points.max(1) as f64;
        let start = report.timeline.start_seconds;
        let last = start + step * points.saturating_sub(1) as f64;
        TimeAxis { start, step, end: if last > 0.0 { last } else { 1.0 } }
    }
    pub(super) fn at(&self, point: usize) -> f64 {
        self.start + self.step * point as f64
    }
    pub(in crate::report) fn ticks(&self) -> Vec<f64> {
        let nice = [
            60.0,
            300.0,
            900.0,
            1800.0,
            3600.0,
            7200.0,
            14_400.0,
            21_600.0,
            43_200.0,
            DAY,
            2.0 * DAY,
            7.0 * DAY,
            30.0 * DAY,
        ];
        let distance = nice.into_iter().find(|distance| self.end / distance <= 10.0).unwrap_or(90.0 * DAY);
        (0..=(self.end / distance) as usize).map(|tick| tick as f64 * distance).collect()
    }
    pub(in crate::report) fn label(&self, seconds: f64) -> String {
        let minutes = (seconds / 60.0).round() as i64;
        let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        match (hour, minute) {
            (0, 0) if self.end > DAY => format!("day {}", day + 1),
            _ => format!("{hour:02}:{minute:02}"),
        }
    }
}

/// The series of a panel, with at most [`POINTS`] points each.
pub(super) fn thinned(report: &Report, panel: Panel, thin: Thin) -> Vec<Line> {
    let steps = report.timeline.len();
    let chunk = steps.div_ceil(POINTS).max(1);
    let line = |series: &Series| {
        let mut values = series.values.clone();
        values.resize(steps, None);
        let values = values.chunks(chunk).map(|chunk| {
            let known = || chunk.iter().flatten().copied().filter(|value| value.is_finite());
            match (thin, known().count()) {
                (_, 0) => None,
                (Thin::Mean, count) => Some(known().sum::<f64>() / count as f64),
                (Thin::Peak, _) => Some(known().fold(f64::NEG_INFINITY, f64::max)),
            }
        });
        Line { name: series.name.clone(), values: values.collect() }
    };
    report.timeline.of(panel).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn peaks_survive_thinning() {
        let mut report = fixture::report();
        let spike = report.timeline.series.iter_mut().find(|series| series.panel == Panel::PendingPods).unwrap();
        spike.values[1001] = Some(777.0);
        let lines = thinned(&report, Panel::PendingPods, Thin::Peak);
        assert!(lines[0].values.contains(&Some(777.0)) && lines[0].values.len() <= POINTS);
    }
}
