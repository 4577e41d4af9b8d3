//! The errors of the fast mode: as a table per group, and against the goals of `docs/latency.md`.

use super::case::{Case, Input, Interval, Overall};
use crate::runner::{Tally, judged};
use foresail::id::Id;
use foresail::traffic::calls::CallGraph;
use foresail::traffic::latency::{
    Drained, Hop, LatencyHistogram, LatencyTables, PodCohort, STRATA_SHARES, ServiceModel, ServiceProfile, StepOutcome,
    compose_call, record_strata,
};
use foresail::units::SimDuration;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Errors in % of mean, P95, P99 (signed), and of the error rate in points.
struct Errors {
    group: String,
    name: String,
    percent: [Option<f64>; 3],
    error_rate_points: Option<f64>,
    /// What they may be at most; nothing where they are told for comparison only.
    goals: Option<Goals>,
}

/// The largest errors that are good enough: in % of mean, P95, P99, and in points of the error rate.
#[derive(Clone, Copy)]
struct Goals {
    percent: [f64; 3],
    points: f64,
}

const USUAL: Goals = Goals { percent: [10.0, 12.0, 20.0], points: 2.0 };
/// Within 2 % of capacity.
const AT_CAPACITY: Goals = Goals { percent: [20.0, 25.0, 35.0], points: 4.0 };

impl Goals {
    /// Wider by what the reference itself does not know: half of its 95 % intervals.
    fn of(input: &Input, overall: &Overall) -> Goals {
        let service = &input.services[0];
        let capacity = service.profile().pod_capacity() * f64::from(service.pods_at(0.0));
        let load = input.rate_at(0.0) / capacity;
        let is_stationary = input.interval_s == 0.0;
        let goals = if is_stationary && (load - 1.0).abs() <= 0.02 { AT_CAPACITY } else { USUAL };
        let unknown = [overall.mean, overall.p95, overall.p99].map(half_width_percent);
        let percent = std::array::from_fn(|at| goals.percent[at] + unknown[at]);
        Goals { percent, points: goals.points + 100.0 * overall.error_rate.map_or(0.0, |(_, half_width)| half_width) }
    }
}

fn half_width_percent(interval: Option<Interval>) -> f64 {
    interval.filter(|(value, _)| *value > 0.0).map_or(0.0, |(value, half_width)| 100.0 * half_width / value)
}

impl Errors {
    fn miss(&self) -> Option<String> {
        let goals = self.goals?;
        let figures = ["mean", "P95", "P99"].into_iter().zip(self.percent).zip(goals.percent);
        let percents = figures.filter_map(|((name, found), most)| {
            found.filter(|found| found.abs() > most).map(|found| format!("{name} {found:+.1} % (at most {most:.1})"))
        });
        let points = self.error_rate_points.filter(|found| found.abs() > goals.points);
        let points = points.map(|found| format!("errors {found:+.2} points (at most {:.1})", goals.points));
        let all: Vec<String> = percents.chain(points).collect();
        (!all.is_empty()).then(|| format!("{} {}: {}", self.name, self.group, all.join(", ")))
    }
}

/// Runs every case in the fast mode, prints median and worst errors per group, and tallies who misses the goals.
pub(crate) fn judge(cases: &[Case], wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Tally)> {
    let mut groups: BTreeMap<String, Vec<Errors>> = BTreeMap::new();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let chosen: Vec<&Case> = cases.iter().filter(|case| wanted(&format!("latency/fast/{}", case.theme))).collect();
    // A case that cannot be run is told where it is judged.
    let errors = |case: &&Case| judged(|| Ok(errors_of(case))).unwrap_or_default();
    let all: Vec<Vec<Errors>> = chosen.par_iter().map(errors).collect();
    for (case, errors) in chosen.iter().zip(all) {
        for errors in errors {
            if errors.goals.is_some() {
                let tally = tallies.entry(format!("fast/{}", case.theme)).or_default();
                tally.count(errors.miss().map_or(Ok(()), Err));
            }
            groups.entry(errors.group.clone()).or_default().push(errors);
        }
    }
    print(&groups);
    tallies.into_iter().collect()
}

fn print(groups: &BTreeMap<String, Vec<Errors>>) {
    if groups.is_empty() {
        return;
    }
    println!("latency, fast mode: errors in % of the reference, median / worst");
    println!("{:<44} {:>5} {:>13} {:>13} {:>13} {:>16}", "theme", "cases", "mean", "P95", "P99", "errors, points");
    for (group, errors) in groups {
        let column = |figure: &dyn Fn(&Errors) -> Option<f64>| {
            let mut values: Vec<f64> = errors.iter().filter_map(figure).map(f64::abs).collect();
            values.sort_by(f64::total_cmp);
            match values.last() {
                Some(worst) => format!("{:.1} / {worst:.1}", values[values.len() / 2]),
                None => "-".to_owned(),
            }
        };
        let percents: Vec<String> = (0..3).map(|i| column(&|e| e.percent[i])).collect();
        println!(
            "{group:<44} {:>5} {:>13} {:>13} {:>13} {:>16}",
            errors.len(),
            percents[0],
            percents[1],
            percents[2],
            column(&|e| e.error_rate_points)
        );
        if std::env::args().any(|argument| argument == "--verbose") {
            for row in errors {
                let text: Vec<String> =
                    row.percent.iter().map(|p| p.map_or("-".into(), |p| format!("{p:+.1}"))).collect();
                let points = row.error_rate_points.map_or(String::new(), |points| format!("{points:+.2}"));
                println!("    {:<40} {:>8} {:>8} {:>8} {points:>8}", row.name, text[0], text[1], text[2]);
            }
        }
    }
}

fn errors_of(case: &Case) -> Vec<Errors> {
    match case.input.interval_s > 0.0 {
        _ if case.input.services.len() > 1 && case.input.interval_s > 0.0 => Vec::new(),
        true => transient(case),
        false if case.input.services.len() > 1 => vec![graph(case)],
        false => vec![stationary(case)],
    }
}

fn percent(found: f64, wanted: Option<(f64, f64)>) -> Option<f64> {
    wanted.map(|(wanted, _)| 100.0 * (found / wanted - 1.0))
}

/// The group of a stationary case: what the tables of targets tell apart.
fn group_of(case: &Case) -> String {
    let input = &case.input;
    let service = &input.services[0];
    if input.arrivals.process != "poisson" {
        return format!("{} {} arrivals", case.theme, input.arrivals.process);
    }
    let serving = match (service.threads, service.cpu) {
        (None, _) => "sharing".to_owned(),
        (Some(threads), Some(cpu)) if cpu < f64::from(threads) => "limited sharing".to_owned(),
        (Some(1), _) => "1 thread".to_owned(),
        (Some(_), _) => "threads".to_owned(),
    };
    let scv = if service.service_time.scv <= 1.0 { "SCV <= 1" } else { "SCV > 1" };
    format!("{} {} {serving} {scv}", case.theme, service.discipline)
}

fn pods(count: u32) -> [PodCohort; 1] {
    [PodCohort { key: 0, ready: f64::from(count), speed: 1.0 }]
}

fn stationary(case: &Case) -> Errors {
    let input = &case.input;
    let service = &input.services[0];
    let profile = ServiceProfile { timeout: input.timeout(), arrivals: input.process(), ..service.profile() };
    let mut model = ServiceModel::new(profile).expect("recorded services make sense");
    let mut outcome = StepOutcome::default();
    for _ in 0..40 {
        outcome = model.step(SimDuration::from_secs(15), input.rate_at(0.0), &pods(service.pods_at(0.0)));
    }
    let overall = &case.expect.overall;
    let (latency, wanted_errors) = (outcome.latency, overall.error_rate);
    Errors {
        group: group_of(case),
        name: case.name.clone(),
        percent: [
            percent(latency.mean_s, overall.mean),
            percent(latency.p95_s, overall.p95),
            percent(latency.p99_s, overall.p99),
        ],
        error_rate_points: wanted_errors.map(|(wanted, _)| 100.0 * (outcome.error_rate() - wanted)),
        goals: Some(Goals::of(input, overall)),
    }
}

fn graph(case: &Case) -> Errors {
    let input = &case.input;
    let graph = input.call_graph();
    let hops = hops_of(input, &graph, input.rate_at(0.0));
    let mut all = LatencyHistogram::new();
    for route in graph.routes().values() {
        record_strata(&mut all, &compose_call(&route.call, &hops), 1e6 * route.share);
    }
    let overall = &case.expect.overall;
    let service = &input.services[0];
    Errors {
        group: format!(
            "{} {} {}",
            case.theme,
            service.discipline,
            if service.threads.is_some() { "threads" } else { "sharing" }
        ),
        name: case.name.clone(),
        percent: [
            percent(all.mean_s(), overall.mean),
            percent(all.quantile_s(0.95), overall.p95),
            percent(all.quantile_s(0.99), overall.p99),
        ],
        error_rate_points: None,
        goals: Some(USUAL),
    }
}

fn hops_of(input: &Input, graph: &CallGraph, entry_rate: f64) -> Vec<Hop> {
    graph
        .arrival_rates(entry_rate)
        .map(|(id, rate)| {
            let service = &input.services[id.index()];
            let profile = service.profile();
            let profile = ServiceProfile { cpu_s: profile.cpu_s * graph.mean_work(id), ..profile };
            let mut model = ServiceModel::new(profile).expect("recorded services make sense");
            let outcome = model.step(SimDuration::from_secs(15), rate, &pods(service.pods_at(0.0)));
            Hop { strata_s: model.strata_s(), error_rate: outcome.error_rate() }
        })
        .collect()
}

/// One interval by time of arrival.
#[derive(Clone)]
struct ByArrival {
    histogram: LatencyHistogram,
    failed: f64,
}

/// Weighted absolute percentage errors over intervals, and errors of the whole run.
fn transient(case: &Case) -> Vec<Errors> {
    let Some(expected) = &case.expect.intervals else { return Vec::new() };
    let (intervals, whole) = run_by_arrival(case, false);
    let (of_first_tier, _) = run_by_arrival(case, true);
    let wape_of = |intervals: &[ByArrival], figure: &dyn Fn(&LatencyHistogram) -> f64, wanted: &[Option<f64>]| {
        let (mut difference, mut sum) = (0.0, 0.0);
        for (interval, wanted) in intervals.iter().zip(wanted) {
            if let Some(wanted) = wanted {
                difference += (figure(&interval.histogram) - wanted).abs();
                sum += wanted;
            }
        }
        (sum > 0.0).then(|| 100.0 * difference / sum)
    };
    let mean_s: &dyn Fn(&LatencyHistogram) -> f64 = &LatencyHistogram::mean_s;
    let p95 = |h: &LatencyHistogram| h.quantile_s(0.95);
    let p99 = |h: &LatencyHistogram| h.quantile_s(0.99);
    let overall = &case.expect.overall;
    let failed: f64 = intervals.iter().map(|interval| interval.failed).sum();
    let all: f64 = intervals.iter().map(|interval| interval.histogram.requests()).sum::<f64>() + failed;
    let row = |group: &str, percent, error_rate_points, goals| Errors {
        group: format!("{} {group}", case.theme),
        name: case.name.clone(),
        percent,
        error_rate_points,
        goals,
    };
    // Of an interval the reference knows less than of all.
    let unknown = |values: &[Option<f64>], half_widths: &[Option<f64>]| {
        let sum = |column: &[Option<f64>]| column.iter().flatten().sum::<f64>();
        100.0 * sum(half_widths) / sum(values).max(1e-12)
    };
    let unknown = [
        unknown(&expected.mean, &expected.mean_hw),
        unknown(&expected.p95, &expected.p95_hw),
        unknown(&expected.p99, &expected.p99_hw),
    ];
    let of_intervals = Goals { percent: std::array::from_fn(|at| USUAL.percent[at] + unknown[at]), ..USUAL };
    let three = |intervals: &[ByArrival], wanted_p95: &[Option<f64>], wanted_p99: &[Option<f64>]| {
        [
            wape_of(intervals, mean_s, &expected.mean),
            wape_of(intervals, &p95, wanted_p95),
            wape_of(intervals, &p99, wanted_p99),
        ]
    };
    vec![
        row("first tier, intervals, WAPE, per run", three(&of_first_tier, &expected.p95, &expected.p99), None, None),
        row(
            "intervals, WAPE, pooled",
            three(&intervals, &expected.pooled_p95, &expected.pooled_p99),
            None,
            Some(of_intervals),
        ),
        row(
            "whole run, pooled",
            [
                percent(whole.mean_s(), overall.mean),
                percent(p95(&whole), overall.pooled.map(|pooled| (pooled[1], 0.0))),
                percent(p99(&whole), overall.pooled.map(|pooled| (pooled[2], 0.0))),
            ],
            overall.error_rate.map(|(wanted, _)| 100.0 * (failed / all - wanted)),
            Some(Goals::of(&case.input, overall)),
        ),
    ]
}

/// The intervals, and the whole run: all who arrived before the horizon.
fn run_by_arrival(case: &Case, first_tier_only: bool) -> (Vec<ByArrival>, LatencyHistogram) {
    let input = &case.input;
    let service = &input.services[0];
    let profile = ServiceProfile { timeout: input.timeout(), arrivals: input.process(), ..service.profile() };
    let tables = LatencyTables::default();
    let both = || ServiceModel::with_tables(profile.clone(), tables.clone()).expect("recorded services make sense");
    let fresh = || if first_tier_only { both().first_tier_only() } else { both() };
    let mut model = fresh();
    let body = {
        let mut idle = fresh();
        idle.step(SimDuration::from_secs(1), 1e-9, &pods(1));
        idle.strata_s()
    };
    let step_s = step_of(input);
    let count = (input.horizon_s / step_s).round() as usize;
    let interval_of = |time_s: f64| (time_s / input.interval_s + 1e-9) as usize;
    let empty = ByArrival { histogram: LatencyHistogram::new(), failed: 0.0 };
    let mut intervals = vec![empty; interval_of(input.horizon_s - 1e-3) + 1];
    let mut cohorts: Vec<PodCohort> = Vec::new();
    let mut whole = LatencyHistogram::new();
    for step in 0..count + 200 {
        let time_s = step as f64 * step_s;
        follow_pods(&mut cohorts, step as u64, service.pods_at(time_s));
        let rate = input.rate_at(time_s);
        if step == count {
            whole = model.take_histogram();
        }
        let outcome = model.step(SimDuration::from_secs_f64(step_s), rate, &cohorts);
        let mut calm = outcome.answered;
        for drained in model.drained() {
            calm -= drained.requests;
            record_waited(drained, &body, profile.timeout.map(|t| t.after_s), &mut |arrived_s, latency_s, requests| {
                if let Some(interval) = intervals.get_mut(interval_of(arrived_s)) {
                    interval.histogram.record(latency_s, requests);
                    if step >= count {
                        whole.record(latency_s, requests);
                    }
                }
            });
        }
        if step >= count && model.drained().is_empty() {
            break;
        }
        let Some(interval) = intervals.get_mut(interval_of(time_s)) else { continue };
        interval.failed += outcome.rejected + outcome.timed_out;
        if calm > 1e-6 * outcome.arrived {
            let mut twin = fresh();
            twin.step(SimDuration::from_secs_f64(step_s), rate, &cohorts);
            let strata = if model.drained().is_empty() { model.strata_s() } else { twin.strata_s() };
            record_strata(&mut interval.histogram, &strata, calm);
        }
    }
    (intervals, whole)
}

/// The longest step, 15 s at most, that ends wherever an interval ends or something changes.
fn step_of(input: &Input) -> f64 {
    let pods = input.services.iter().flat_map(|service| service.pods.iter().map(|(at, _)| *at));
    let mut times: Vec<f64> = input.arrivals.rate.iter().map(|(at, _)| *at).chain(pods).collect();
    times.push(input.interval_s);
    let divides = |step_s: &f64| times.iter().all(|at| (at / step_s - (at / step_s).round()).abs() < 1e-9);
    [15.0, 10.0, 5.0, 2.5, 1.0].into_iter().find(divides).unwrap_or(0.5)
}

/// Hands out what left a backlog: time of arrival, latency, requests.
fn record_waited(
    drained: &Drained,
    body: &[f64; STRATA_SHARES.len()],
    timeout_s: Option<f64>,
    record: &mut dyn FnMut(f64, f64, f64),
) {
    const PARTS: u32 = 32;
    for part in 0..PARTS {
        let along = (f64::from(part) + 0.5) / f64::from(PARTS);
        let arrived_s = drained.arrived_from_s + along * (drained.arrived_to_s - drained.arrived_from_s);
        let wait_s = drained.first_wait_s + along * (drained.last_wait_s - drained.first_wait_s);
        let requests = drained.requests / f64::from(PARTS);
        if drained.is_whole {
            record(arrived_s, wait_s, requests);
            continue;
        }
        for (value, share) in body.iter().zip(STRATA_SHARES) {
            if timeout_s.is_none_or(|limit| wait_s + value <= limit) {
                record(arrived_s, wait_s + value, requests * share);
            }
        }
    }
}

/// Pods that come together are a cohort; those that go are the youngest.
fn follow_pods(cohorts: &mut Vec<PodCohort>, key: u64, count: u32) {
    let have: f64 = cohorts.iter().map(|cohort| cohort.ready).sum();
    let mut surplus = have - f64::from(count);
    if surplus < 0.0 {
        cohorts.push(PodCohort { key, ready: -surplus, speed: 1.0 });
    }
    while surplus > 0.0 {
        let Some(youngest) = cohorts.last_mut() else { break };
        let gone = surplus.min(youngest.ready);
        youngest.ready -= gone;
        surplus -= gone;
        if youngest.ready <= 0.0 {
            cohorts.pop();
        }
    }
}
