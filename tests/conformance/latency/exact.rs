//! The exact mode against the reference: every number within the widened interval, or not.
//!
//! Fewer replications than the reference has, so that the whole takes about a minute on a core;
//! `FORESAIL_LATENCY_REQUESTS` sets how many requests a case may simulate.

use super::case::{Case, Input, Interval, Overall};
use crate::runner::{Tally, judged};
use foresail::id::Id;
use foresail::rng::{Seed, fnv1a};
use foresail::traffic::calls::{CallGraph, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey, Visited};
use foresail::traffic::latency::ServiceProfile;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::collections::BTreeMap;

/// Requests simulated per case, unless its shortest sensible run is longer.
const USUAL_REQUESTS: f64 = 1e6;
const FEWEST_REPLICATIONS: u32 = 4;

/// Judges every case the themes of which are wanted; one tally per theme.
pub(crate) fn judge(cases: &[Case], wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Tally)> {
    let chosen: Vec<&Case> = cases.iter().filter(|case| wanted(&format!("latency/{}", case.theme))).collect();
    let verdicts: Vec<Result<Vec<Comparison>, String>> =
        chosen.par_iter().map(|case| judged(|| Ok(compare(case)))).collect();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (case, verdict) in chosen.iter().zip(verdicts) {
        let tally = tallies.entry(case.theme.clone()).or_default();
        let comparisons = match verdict {
            Ok(comparisons) => comparisons,
            Err(why) => {
                tally.count(Err(format!("{}: {why}", case.name)));
                continue;
            }
        };
        let outside: Vec<&Comparison> = comparisons.iter().filter(|c| !c.is_within()).collect();
        tally.total += comparisons.len();
        tally.passed += comparisons.len() - outside.len();
        if std::env::args().any(|argument| argument == "--verbose") {
            outside.iter().for_each(|c| println!("    {}: {c}", case.name));
        }
    }
    tallies.into_iter().collect()
}

/// A number of ours with its half-width, and the reference's.
struct Comparison {
    what: String,
    ours: Interval,
    reference: Interval,
}

impl Comparison {
    fn is_within(&self) -> bool {
        // The reference is written with five digits.
        let rounding = 2e-5 * self.reference.0.abs() + 1e-9;
        (self.ours.0 - self.reference.0).abs() <= self.ours.1 + self.reference.1 + rounding
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (ours, reference) = (self.ours, self.reference);
        write!(f, "{} {:.6} ± {:.6}, not {:.6} ± {:.6}", self.what, ours.0, ours.1, reference.0, reference.1)
    }
}

/// The figures of one replication, in the order of [`names`]; none where no request succeeded.
type Figures = Vec<Option<f64>>;

fn compare(case: &Case) -> Vec<Comparison> {
    let references = references(case);
    let (replications, horizon_s) = budget(case);
    let runs: Vec<Figures> = (0..replications).map(|replication| run(case, replication, horizon_s)).collect();
    let mut comparisons = Vec::new();
    for (at, (what, reference)) in references.into_iter().enumerate() {
        let Some(reference) = reference else { continue };
        let values: Vec<f64> = runs.iter().filter_map(|run| run[at]).collect();
        if values.len() > 1 && values.len() as u32 == replications {
            comparisons.push(Comparison { what, ours: mean_and_half_width(&values), reference });
        }
    }
    comparisons
}

/// Replications, and until when requests are measured.
fn budget(case: &Case) -> (u32, f64) {
    let wanted = std::env::var("FORESAIL_LATENCY_REQUESTS").ok().and_then(|text| text.parse().ok());
    let budget = wanted.unwrap_or(USUAL_REQUESTS);
    let input = &case.input;
    let per_run = input.requests_before(input.horizon_s);
    let replications = ((budget / per_run) as u32).clamp(FEWEST_REPLICATIONS, input.replications);
    let share = budget / (per_run * f64::from(replications));
    let measured = input.horizon_s - input.warmup_s;
    // A stationary case may be measured for a shorter time; a story has to be told to its end.
    let horizon_s = if input.interval_s > 0.0 || share >= 1.0 {
        input.horizon_s
    } else {
        input.warmup_s + measured * share.max(0.2)
    };
    (replications, horizon_s)
}

fn mean_and_half_width(values: &[f64]) -> Interval {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
    let t = StudentsT::new(0.0, 1.0, count - 1.0).expect("two values at least").inverse_cdf(0.975);
    (mean, t * (variance / count).sqrt())
}

/// What the reference says, in the order in which [`run`] gives its figures.
fn references(case: &Case) -> Vec<(String, Option<Interval>)> {
    let mut rows = Vec::new();
    let closed = |name: &str, simulated: Option<Interval>| match case.expect.closed_form.as_ref() {
        Some(form) => match form.get(name).and_then(serde_json::Value::as_f64) {
            // The exact value is the better centre; how well a simulation can know it stays the same.
            Some(exact) => Some((exact, simulated.map_or(0.0, |(_, half_width)| half_width))),
            None => simulated,
        },
        None => simulated,
    };
    let overall = &case.expect.overall;
    for (name, value) in overall_rows(overall) {
        rows.push((name.to_owned(), closed(name, value)));
    }
    for (at, service) in case.expect.services.iter().enumerate() {
        let alone = case.expect.services.len() == 1;
        let wait = if alone { closed("wait_mean", service.wait_mean) } else { service.wait_mean };
        let rows_here = [
            ("util", Some(service.util)),
            ("wait_mean", wait),
            ("p_wait", service.p_wait),
            ("residence_mean", service.residence_mean),
        ];
        rows.extend(rows_here.map(|(name, value)| (format!("service {at} {name}"), value)));
    }
    for route in case.expect.routes.iter().flatten() {
        rows.extend(overall_rows(route).map(|(name, value)| (format!("route {} {name}", route.name), value)));
    }
    if let Some(intervals) = &case.expect.intervals {
        for k in 0..intervals.n.len() {
            let pair = |x: &[Option<f64>], hw: &[Option<f64>]| x[k].zip(hw[k]);
            let error = intervals.error_rate.as_ref().zip(intervals.error_rate_hw.as_ref());
            let rows_here = [
                ("mean", pair(&intervals.mean, &intervals.mean_hw)),
                ("p50", pair(&intervals.p50, &intervals.p50_hw)),
                ("p95", pair(&intervals.p95, &intervals.p95_hw)),
                ("p99", pair(&intervals.p99, &intervals.p99_hw)),
                ("error_rate", error.map(|(x, hw)| (x[k], hw[k]))),
            ];
            rows.extend(rows_here.map(|(name, value)| (format!("interval {k} {name}"), value)));
            for (at, service) in intervals.services.iter().enumerate() {
                let waiting = Some((service.waiting[k], service.waiting_hw[k]));
                rows.push((format!("interval {k} service {at} waiting"), waiting));
            }
        }
    }
    rows
}

fn overall_rows(overall: &Overall) -> [(&'static str, Option<Interval>); 7] {
    [
        ("mean", overall.mean),
        ("p50", overall.p50),
        ("p95", overall.p95),
        ("p99", overall.p99),
        ("error_rate", overall.error_rate),
        ("rejected", overall.rejected),
        ("timed_out", overall.timed_out),
    ]
}

/// Latencies of a group of requests, and how many went wrong.
#[derive(Clone, Default)]
struct Group {
    latencies: Vec<f64>,
    rejected: u64,
    timed_out: u64,
}

impl Group {
    fn add(&mut self, ended: &Ended) {
        match ended.ending {
            Ending::Answered => self.latencies.push(ended.latency_s),
            Ending::TimedOut => self.timed_out += 1,
            Ending::Rejected | Ending::Broken => self.rejected += 1,
        }
    }

    fn latency_figures(&mut self) -> [Option<f64>; 4] {
        let count = self.latencies.len();
        if count == 0 {
            return [None; 4];
        }
        let mean = self.latencies.iter().sum::<f64>() / count as f64;
        let mut quantile = |q: f64| {
            let rank = ((q * count as f64).ceil() as usize).clamp(1, count);
            Some(*self.latencies.select_nth_unstable_by(rank - 1, f64::total_cmp).1)
        };
        [Some(mean), quantile(0.5), quantile(0.95), quantile(0.99)]
    }

    fn figures(&mut self) -> [Option<f64>; 7] {
        let all = self.latencies.len() as f64 + self.rejected as f64 + self.timed_out as f64;
        let share = |count: u64| (all > 0.0).then(|| count as f64 / all);
        let [mean, p50, p95, p99] = self.latency_figures();
        [mean, p50, p95, p99, share(self.rejected + self.timed_out), share(self.rejected), share(self.timed_out)]
    }
}

#[derive(Clone, Default)]
struct ServiceSums {
    started: u64,
    waited: u64,
    wait_s: f64,
    worked: u64,
    residence_s: f64,
}

/// Collects what is measured.
struct Collector {
    from_s: f64,
    until_s: f64,
    step_s: f64,
    intervals: Vec<Group>,
    routes: Vec<Group>,
    services: Vec<ServiceSums>,
    open: u64,
}

impl Collector {
    fn measures(&self, entered_s: f64) -> bool {
        entered_s >= self.from_s && entered_s < self.until_s
    }
}

impl Observer for Collector {
    fn entered(&mut self, entered_s: f64) {
        self.open += u64::from(self.measures(entered_s));
    }

    fn ended(&mut self, ended: Ended) {
        if self.measures(ended.entered_s) {
            self.open -= 1;
            self.routes[ended.route.index()].add(&ended);
            if self.step_s > 0.0 {
                let at = (ended.entered_s / self.step_s) as usize;
                if let Some(interval) = self.intervals.get_mut(at) {
                    interval.add(&ended);
                }
            }
        }
    }

    fn started(&mut self, visit: Visited) {
        if self.measures(visit.entered_s) {
            let sums = &mut self.services[visit.service.index()];
            sums.started += 1;
            sums.waited += u64::from(visit.now_s > visit.arrived_s);
            sums.wait_s += visit.now_s - visit.arrived_s;
        }
    }

    fn worked(&mut self, visit: Visited) {
        if self.measures(visit.entered_s) {
            let sums = &mut self.services[visit.service.index()];
            sums.worked += 1;
            sums.residence_s += visit.now_s - visit.arrived_s;
        }
    }
}

/// A case under way.
struct Run<'a> {
    input: &'a Input,
    model: ExactModel,
    pods: Vec<Vec<PodKey>>,
    collector: Collector,
    /// Pods times seconds, by service, while measured.
    pod_seconds: Vec<f64>,
}

fn run(case: &Case, replication: u32, horizon_s: f64) -> Figures {
    let input = &case.input;
    let graph = input.call_graph();
    let model =
        ExactModel::new(&profiles(input, &graph), &graph, input.process(), Seed::new(fnv1a(&case.name), replication))
            .expect("recorded services make sense")
            .with_network_delay(input.net_delay_s);
    let count = if input.interval_s > 0.0 { (horizon_s / input.interval_s).round() as usize } else { 0 };
    let collector = Collector {
        from_s: input.warmup_s,
        until_s: horizon_s,
        step_s: input.interval_s,
        intervals: vec![Group::default(); count],
        routes: vec![Group::default(); input.routes.len()],
        services: vec![ServiceSums::default(); input.services.len()],
        open: 0,
    };
    let services = input.services.len();
    let mut run = Run { input, model, pods: vec![Vec::new(); services], collector, pod_seconds: vec![0.0; services] };
    let mut waiting: Vec<Vec<f64>> = Vec::new();
    let mut work = vec![0.0; services];
    for time_s in run.times(horizon_s) {
        run.go_to(time_s, &mut work);
        let k = time_s / input.interval_s.max(1e-300);
        if input.interval_s > 0.0 && time_s > 0.0 && (k - k.round()).abs() < 1e-9 && waiting.len() < count {
            waiting.push((0..services).map(|at| run.model.waiting(ServiceId::from_index(at)) as f64).collect());
        }
    }
    while run.collector.open > 0 {
        let later_s = run.model.now_s() + 1.0;
        run.model.run_until(later_s, &mut run.collector);
    }
    run.figures(&waiting, &work, case.expect.routes.is_some())
}

fn profiles(input: &Input, graph: &CallGraph) -> Vec<ServiceProfile> {
    let chain = input.services.len() > 1;
    let entry = input.routes.first().map(|route| input.service_index(&route.call.service));
    let profile = |(index, service): (usize, &super::case::Service)| {
        let own = service.profile();
        // The client's patience is for the whole request: that of its first call.
        let timeout = if !chain || Some(index) == entry { input.timeout() } else { None };
        let visited = graph.mean_work(ServiceId::from_index(index));
        let scale = if visited > 0.0 { visited } else { 1.0 };
        ServiceProfile { cpu_s: own.cpu_s * scale, timeout, ..own }
    };
    input.services.iter().enumerate().map(profile).collect()
}

impl Run<'_> {
    /// All times at which something changes or is read.
    fn times(&self, horizon_s: f64) -> Vec<f64> {
        let input = self.input;
        let mut times = vec![0.0, input.warmup_s, horizon_s];
        times.extend(input.arrivals.rate.iter().map(|(at, _)| *at));
        times.extend(input.services.iter().flat_map(|service| service.pods.iter().map(|(at, _)| *at)));
        if input.interval_s > 0.0 {
            times.extend((0..).map(|k| f64::from(k) * input.interval_s).take_while(|at| *at < horizon_s));
        }
        times.retain(|at| *at <= horizon_s);
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }

    fn go_to(&mut self, time_s: f64, work: &mut [f64]) {
        let before_s = self.model.now_s();
        self.model.run_until(time_s, &mut self.collector);
        for (at, done) in work.iter_mut().enumerate() {
            let done_s = self.model.take_cpu_s(ServiceId::from_index(at));
            if before_s >= self.input.warmup_s {
                *done += done_s;
                self.pod_seconds[at] += self.pods[at].len() as f64 * (time_s - before_s);
            }
        }
        self.model.set_rate(self.input.rate_at(time_s));
        for (at, service) in self.input.services.iter().enumerate() {
            let wanted = service.pods_at(time_s) as usize;
            while self.pods[at].len() < wanted {
                let pod = self.model.add_pod(ServiceId::from_index(at), None, &mut self.collector);
                self.pods[at].push(pod);
            }
            while self.pods[at].len() > wanted {
                let youngest = self.pods[at].pop().expect("more than wanted");
                self.model.drain_pod(youngest, &mut self.collector);
            }
        }
    }

    fn figures(mut self, waiting: &[Vec<f64>], work: &[f64], case_has_routes: bool) -> Figures {
        let mut all = Group::default();
        for route in &self.collector.routes {
            all.latencies.extend_from_slice(&route.latencies);
            all.rejected += route.rejected;
            all.timed_out += route.timed_out;
        }
        let mut figures: Figures = all.figures().to_vec();
        for (at, sums) in self.collector.services.iter().enumerate() {
            let service = &self.input.services[at];
            let threads = service.threads.map_or(f64::INFINITY, f64::from);
            let cores = service.cpu.unwrap_or(f64::INFINITY).min(threads);
            figures.push(Some(work[at] / (self.pod_seconds[at] * cores)));
            let mean = |sum: f64, count: u64| (count > 0).then(|| sum / count as f64);
            figures.push(mean(sums.wait_s, sums.started));
            figures.push(mean(sums.waited as f64, sums.started));
            figures.push(mean(sums.residence_s, sums.worked));
        }
        if case_has_routes {
            for route in &mut self.collector.routes {
                figures.extend(route.figures());
            }
        }
        for (k, interval) in self.collector.intervals.iter_mut().enumerate() {
            let [mean, p50, p95, p99, errors, ..] = interval.figures();
            figures.extend([mean, p50, p95, p99, errors]);
            figures.extend(waiting[k].iter().map(|count| Some(*count)));
        }
        figures
    }
}
