//! What a request and what an idle pod cost in cpu, and what they take of memory.

use super::blocks::Blocks;
use super::breaks::last_change;
use super::line::{Line, Row, line};
use super::recorded::Recorded;

/// A line through fewer instants says nothing.
const FEWEST: usize = 30;

/// Why there is no line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NoLine {
    /// A series that it needs was not recorded.
    NotRecorded,
    /// So few instants have everything.
    TooFew(usize),
    /// Nothing was used.
    Flat,
}

/// A line through what was recorded.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) line: Line,
    /// The first instant after the last change of what a request costs, if it changed.
    pub(super) changed_at: Option<usize>,
}

/// Cores by pods and requests per second.
pub(super) fn cpu(recorded: &Recorded<'_>, seed: u64, name: &str) -> Result<Fitted, NoLine> {
    let service = recorded.service;
    let has_pods = !service.ready.is_empty() || !service.replicas.is_empty();
    if service.requests.is_empty() || service.cpu_cores.is_empty() || !has_pods {
        return Err(NoLine::NotRecorded);
    }
    let used = |step: usize| recorded.service.cpu_cores.at(step).filter(|cores| *cores >= 0.0);
    fitted(recorded, &rows(recorded, &|step| recorded.rate(step), &used), (seed, "calibrate/cpu", name))
}

/// Bytes by pods and requests in hand.
pub(super) fn memory(recorded: &Recorded<'_>, seed: u64, name: &str) -> Result<Fitted, NoLine> {
    if recorded.service.memory_bytes.is_empty() {
        return Err(NoLine::NotRecorded);
    }
    let used = |step: usize| recorded.service.memory_bytes.at(step).filter(|bytes| *bytes > 0.0);
    let rows = rows(recorded, &|step| recorded.in_hand(step), &used);
    fitted(recorded, &rows, (seed, "calibrate/memory", name))
}

/// Bytes of a pod, where nothing is known of requests in hand: the mean, and how far it goes up and down.
pub(super) fn memory_of_a_pod(recorded: &Recorded<'_>) -> Option<(f64, [f64; 2])> {
    let bytes = |step: usize| Some(recorded.service.memory_bytes.at(step)? / recorded.pods(step)?);
    let mut all: Vec<f64> = (0..recorded.steps).filter(|step| recorded.is_steady(*step)).filter_map(bytes).collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all.get(((all.len().saturating_sub(1)) as f64 * share).round() as usize).copied();
    Some((at(0.5)?, [at(0.025)?, at(0.975)?]))
}

type Value<'a> = &'a dyn Fn(usize) -> Option<f64>;

fn rows(recorded: &Recorded<'_>, load: Value<'_>, used: Value<'_>) -> Vec<Row> {
    let row = |step: usize| {
        let pods = recorded.pods(step).filter(|_| recorded.is_steady(step))?;
        let instrument = recorded.around(step, load)?;
        Some(Row { block: recorded.block(step), pods, load: load(step)?, instrument, used: used(step)? })
    };
    (0..recorded.steps).filter_map(row).collect()
}

fn fitted(recorded: &Recorded<'_>, rows: &[Row], (seed, what, name): (u64, &str, &str)) -> Result<Fitted, NoLine> {
    if rows.len() < FEWEST {
        return Err(NoLine::TooFew(rows.len()));
    }
    let mut blocks = Blocks::new(recorded.blocks(), seed, what, name);
    let all = line(rows, &mut blocks).ok_or(NoLine::Flat)?;
    let from = last_change(&levels(recorded.blocks(), rows, &all));
    let late: Vec<Row> = rows.iter().copied().filter(|row| row.block >= from).collect();
    if from == 0 || late.len() < FEWEST {
        return Ok(Fitted { line: all, changed_at: None });
    }
    let line = line(&late, &mut blocks).ok_or(NoLine::Flat)?;
    Ok(Fitted { line, changed_at: Some(from * recorded.block_steps) })
}

/// By block: the logarithm of what was used over what the line expects.
fn levels(blocks: usize, rows: &[Row], line: &Line) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0.0); blocks];
    for row in rows {
        sums[row.block].0 += row.used;
        sums[row.block].1 += line.per_pod * row.pods + line.per_load * row.load;
    }
    sums.into_iter()
        .map(|(used, expected)| (used > 0.0 && expected > 0.0).then(|| libm::log(used / expected)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::past::{Past, Series, ServicePast};
    use crate::rng::Seed;

    /// Two days of minutes; from `deployed` on a request costs a third more.
    fn past(deployed: usize) -> Past {
        let mut chance = Seed::new(5, 0).stream("past", 0);
        let steps = 2880;
        let rate = |k: usize| 50.0 + 30.0 * libm::sin(k as f64 / 1440.0 * std::f64::consts::TAU);
        let pods = |k: usize| if rate(k) > 50.0 { 5.0 } else { 3.0 };
        let cost = |k: usize| if k < deployed { 0.03 } else { 0.04 };
        let cpu = (0..steps).map(|k| Some((0.02 * pods(k) + cost(k) * rate(k)) * (1.0 + 0.02 * chance.normal())));
        let service = ServicePast {
            cpu_cores: Series::new(cpu.collect()),
            requests: Series::new((0..steps).map(|k| (k % 50 != 7).then(|| rate(k))).collect()),
            ready: Series::new((0..steps).map(|k| Some(pods(k))).collect()),
            ..ServicePast::default()
        };
        Past { step_s: 60, steps, services: [("web".to_owned(), service)].into(), ..Past::default() }
    }

    #[test]
    fn after_a_deploy_only_what_came_after_it_counts() {
        let (before, after) = (past(9999), past(1700));
        let fit = |past: &Past| cpu(&Recorded::new(past, &past.services["web"]), 1, "web").expect("a line");
        assert_eq!(fit(&before).changed_at, None);
        let found = fit(&after);
        assert!(found.changed_at.is_some_and(|step| (1680..=1800).contains(&step)), "{:?}", found.changed_at);
        assert!((found.line.per_load / 0.04 - 1.0).abs() < 0.03, "{:?}", found.line);
    }

    #[test]
    fn what_was_not_recorded_is_named() {
        let mut past = past(9999);
        past.services.get_mut("web").expect("it is there").cpu_cores = Series::default();
        let found = cpu(&Recorded::new(&past, &past.services["web"]), 1, "web");
        assert!(matches!(found, Err(NoLine::NotRecorded)));
    }
}
