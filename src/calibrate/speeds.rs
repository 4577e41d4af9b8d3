//! How fast the cores of node groups are against each other: the same requests take less cpu time on faster ones.

use super::blocks::Blocks;
use super::line::{Line, Row, line};
use super::recorded::Recorded;
use std::collections::BTreeMap;

/// A line through fewer instants says nothing.
const FEWEST: usize = 30;

/// Cpu per request on each group of one workload, its requests going to all pods alike. Empty unless at least two groups have a line.
pub(super) fn lines(recorded: &Recorded<'_>, (seed, name): (u64, &str)) -> BTreeMap<String, Line> {
    let one = |group: &str| {
        let mut blocks = Blocks::new(recorded.blocks(), seed, "calibrate/speed", &format!("{name}/{group}"));
        let rows = rows(recorded, group);
        if rows.len() < FEWEST { None } else { line(&rows, &mut blocks) }
    };
    let groups = recorded.service.groups.keys().filter(|group| !group.is_empty());
    let lines: BTreeMap<String, Line> = groups.filter_map(|group| Some((group.clone(), one(group)?))).collect();
    if lines.len() < 2 { BTreeMap::new() } else { lines }
}

/// Requests are spread over all pods alike: a group has as many of them as it has pods.
fn rows(recorded: &Recorded<'_>, group: &str) -> Vec<Row> {
    let Some(past) = recorded.service.groups.get(group) else { return Vec::new() };
    let share = |step: usize| Some(past.ready.at(step).filter(|pods| *pods > 0.0)? / recorded.pods(step)?);
    let row = |step: usize| {
        let pods = past.ready.at(step).filter(|pods| *pods > 0.0 && recorded.is_steady(step))?;
        let (load, instrument) = (recorded.rate(step)?, recorded.around(step, |step| recorded.rate(step))?);
        let share = share(step)?;
        let used = past.cpu_cores.at(step)?;
        Some(Row { block: recorded.block(step), pods, load: load * share, instrument: instrument * share, used })
    };
    (0..recorded.steps).filter_map(row).collect()
}

/// The speed of a group over that of another: estimate and draws of both lines give its interval.
pub(super) fn ratio(of: &Line, to: &Line) -> (f64, [f64; 2], Vec<f64>) {
    let mut draws: Vec<f64> = of.draws.iter().zip(&to.draws).map(|(of, to)| to.1 / of.1).collect();
    let estimate = to.per_load / of.per_load;
    let unsorted = draws.clone();
    let interval = super::blocks::interval(estimate, &mut draws, of.rows.min(to.rows));
    (estimate, interval, unsorted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::past::{GroupPast, Past, Series, ServicePast};

    #[test]
    fn a_group_that_takes_less_cpu_for_the_same_requests_is_faster() {
        let steps = 1440;
        let rate = |k: usize| 40.0 + 20.0 * libm::sin(k as f64 / 1440.0 * std::f64::consts::TAU);
        let series = |value: &dyn Fn(usize) -> f64| Series::new((0..steps).map(|k| Some(value(k))).collect());
        // Two of four pods on each group: half of the requests; the fast one does them in two thirds of the cpu.
        let group = |cost: f64| GroupPast {
            ready: series(&|_| 2.0),
            cpu_cores: series(&|k| 2.0 * 0.01 + cost * rate(k) / 2.0),
        };
        let groups = [("slow".to_owned(), group(0.03)), ("fast".to_owned(), group(0.02))].into();
        let service =
            ServicePast { requests: series(&rate), ready: series(&|_| 4.0), groups, ..ServicePast::default() };
        let past = Past { step_s: 60, steps, services: [("web".to_owned(), service)].into(), ..Past::default() };
        let lines = lines(&Recorded::new(&past, &past.services["web"]), (1, "web"));
        let (speed, [low, high], _) = ratio(&lines["fast"], &lines["slow"]);
        assert!((speed - 1.5).abs() < 0.01 && low <= 1.5 && 1.5 <= high + 0.01, "{speed} {low} {high}");
    }
}
