//! The exact mode's verdict on a case, written as the recordings are.

use super::draw::Drawn;
use foresail::id::Id;
use foresail::rng::Seed;
use foresail::study::Estimate;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer, PodKey};
use foresail::traffic::latency::{Abandoned, ArrivalProcess, Discipline, FineHistogram, WorkShape};
use serde_json::{Value, json};

/// Latencies and failures of a group of requests.
#[derive(Clone, Default)]
struct Group {
    latency: FineHistogram,
    rejected: f64,
    timed_out: f64,
}

impl Group {
    fn all(&self) -> f64 {
        self.latency.requests() + self.rejected + self.timed_out
    }

    fn error_rate(&self) -> f64 {
        (self.rejected + self.timed_out) / self.all().max(1e-9)
    }

    fn merge(&mut self, other: &Group) {
        self.latency.merge(&other.latency);
        self.rejected += other.rejected;
        self.timed_out += other.timed_out;
    }
}

/// Sorts what ends by the interval in which it entered.
struct Collector {
    from_s: f64,
    until_s: f64,
    step_s: f64,
    groups: Vec<Group>,
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
        if !self.measures(ended.entered_s) {
            return;
        }
        self.open -= 1;
        let at = ((ended.entered_s - self.from_s) / self.step_s) as usize;
        let at = at.min(self.groups.len() - 1);
        let group = &mut self.groups[at];
        match ended.ending {
            Ending::Answered => group.latency.record_one(ended.latency_s),
            Ending::TimedOut => group.timed_out += 1.0,
            Ending::Rejected | Ending::Broken => group.rejected += 1.0,
        }
    }
}

/// The case with what the exact mode has seen.
pub(crate) fn case(drawn: &Drawn) -> Value {
    let runs: Vec<Vec<Group>> = (0..drawn.replications).map(|replication| run(drawn, replication)).collect();
    let whole = |run: &Vec<Group>| {
        let mut sum = Group::default();
        run.iter().for_each(|group| sum.merge(group));
        sum
    };
    let wholes: Vec<Group> = runs.iter().map(whole).collect();
    let mut expect = json!({ "overall": overall(&wholes), "services": [{ "util": [0.0, 0.0] }] });
    if drawn.interval_s > 0.0 {
        expect["intervals"] = intervals(&runs);
    }
    json!({ "name": drawn.name, "theme": drawn.kind, "input": input(drawn), "expect": expect })
}

fn run(drawn: &Drawn, replication: u32) -> Vec<Group> {
    let service = ServiceId::from_index(0);
    let route = Route { name: "/".into(), share: 1.0, call: Call::to(service) };
    let graph = CallGraph::from_routes(vec![route], 1).expect("one route");
    let profiles = std::slice::from_ref(&drawn.profile);
    let seed = Seed::new(u64::from(replication) ^ drawn.seed.stream("replications", 0).bits(), replication);
    let mut model = ExactModel::new(profiles, &graph, drawn.profile.arrivals, seed).expect("a sound profile");
    let measured_s = drawn.horizon_s - drawn.warmup_s;
    let step_s = if drawn.interval_s > 0.0 { drawn.interval_s } else { measured_s };
    let groups = vec![Group::default(); (measured_s / step_s).round() as usize];
    let mut collector = Collector { from_s: drawn.warmup_s, until_s: drawn.horizon_s, step_s, groups, open: 0 };
    let mut pods: Vec<PodKey> = Vec::new();
    let mut times: Vec<f64> = drawn.rates.iter().map(|row| row.0).chain(drawn.pods.iter().map(|row| row.0)).collect();
    times.push(drawn.horizon_s);
    times.sort_by(f64::total_cmp);
    for time_s in times {
        model.run_until(time_s, &mut collector);
        model.set_rate(at(&drawn.rates, time_s));
        // Pods come and never go.
        while pods.len() < at(&drawn.pods, time_s) as usize {
            pods.push(model.add_pod(service, None, &mut collector));
        }
    }
    while collector.open > 0 {
        model.run_until(model.now_s() + 1.0, &mut collector);
    }
    collector.groups
}

fn at<T: Copy>(rows: &[(f64, T)], time_s: f64) -> T {
    rows[rows.partition_point(|row| row.0 <= time_s).saturating_sub(1)].1
}

fn quantiles(group: &Group) -> Option<[f64; 4]> {
    let latency = &group.latency;
    let all = || [latency.mean_s(), latency.quantile_s(0.5), latency.quantile_s(0.95), latency.quantile_s(0.99)];
    (latency.requests() > 0.0).then(all)
}

/// The mean over replications and its 95 % half-width; nothing where one of them has no value.
fn estimate(values: &[Option<f64>]) -> Option<(f64, f64)> {
    let estimate = Estimate::of(values.iter().copied().collect::<Option<Vec<f64>>>()?);
    Some((estimate.mean, estimate.half_width()))
}

fn pooled(groups: impl Iterator<Item = Group>) -> Option<[f64; 4]> {
    let mut sum = Group::default();
    groups.for_each(|group| sum.merge(&group));
    quantiles(&sum)
}

fn overall(runs: &[Group]) -> Value {
    let figure = |at: usize| estimate(&runs.iter().map(|run| Some(quantiles(run)?[at])).collect::<Vec<_>>());
    let share = |of: &dyn Fn(&Group) -> f64| estimate(&runs.iter().map(|run| Some(of(run))).collect::<Vec<_>>());
    json!({
        "n": runs.iter().map(Group::all).sum::<f64>(),
        "mean": figure(0), "p50": figure(1), "p95": figure(2), "p99": figure(3),
        "pooled": pooled(runs.iter().cloned()).map(|[_, p50, p95, p99]| [p50, p95, p99]),
        "error_rate": share(&Group::error_rate),
        "rejected": share(&|run| run.rejected / run.all().max(1e-9)),
        "timed_out": share(&|run| run.timed_out / run.all().max(1e-9)),
    })
}

fn intervals(runs: &[Vec<Group>]) -> Value {
    let count = runs.first().map_or(0, Vec::len);
    let column = |of: &dyn Fn(usize) -> Option<(f64, f64)>| -> (Vec<Option<f64>>, Vec<Option<f64>>) {
        let rows = (0..count).map(of);
        rows.map(|row| (row.map(|row| row.0), row.map(|row| row.1))).unzip()
    };
    let figure = |figure: usize| {
        column(&move |k| estimate(&runs.iter().map(|run| Some(quantiles(&run[k])?[figure])).collect::<Vec<_>>()))
    };
    let of_all = |k: usize| pooled(runs.iter().map(|run| run[k].clone()));
    let pools: Vec<Option<[f64; 4]>> = (0..count).map(of_all).collect();
    let pool = |at: usize| pools.iter().map(|row| row.map(|row| row[at])).collect::<Vec<_>>();
    let errors = |k: usize| estimate(&runs.iter().map(|run| Some(run[k].error_rate())).collect::<Vec<_>>());
    let (error_rate, error_rate_hw) = column(&errors);
    let mean_count = |k: usize| runs.iter().map(|run| run[k].all()).sum::<f64>() / runs.len() as f64;
    let [mean, p50, p95, p99] = [0, 1, 2, 3].map(figure);
    json!({
        "n": (0..count).map(mean_count).collect::<Vec<f64>>(),
        "mean": mean.0, "mean_hw": mean.1, "p50": p50.0, "p50_hw": p50.1,
        "p95": p95.0, "p95_hw": p95.1, "p99": p99.0, "p99_hw": p99.1,
        "pooled_p95": pool(2), "pooled_p99": pool(3),
        "error_rate": error_rate, "error_rate_hw": error_rate_hw,
        "services": [],
    })
}

fn input(drawn: &Drawn) -> Value {
    let profile = &drawn.profile;
    let (process, scv, mmpp) = match profile.arrivals {
        ArrivalProcess::Poisson => ("poisson", None, None),
        ArrivalProcess::Deterministic => ("deterministic", None, None),
        ArrivalProcess::Gamma { scv } => ("gamma", Some(scv), None),
        ArrivalProcess::Bursty { levels, mean_sojourn_s } => {
            ("mmpp2", None, Some(json!({ "mult": levels, "mean_sojourn_s": mean_sojourn_s })))
        }
    };
    let dist = match profile.shape {
        WorkShape::Deterministic => "deterministic",
        WorkShape::Exponential => "exponential",
        WorkShape::Lognormal { .. } => "lognormal",
        WorkShape::Gamma { .. } | WorkShape::Empirical(_) => "gamma",
    };
    let discipline = match profile.discipline {
        Discipline::Random => "random",
        Discipline::RoundRobin => "round_robin",
        Discipline::LeastOutstanding => "jsq",
        Discipline::PowerOfTwo => "p2c",
        Discipline::SharedQueue => "shared_fcfs",
    };
    let timeout = profile.timeout.map(|timeout| {
        let work = match timeout.work {
            Abandoned::Ignored => "ignore",
            Abandoned::CancelQueued => "cancel_queued",
            Abandoned::CancelAll => "cancel_all",
        };
        json!({ "s": timeout.after_s, "work": work })
    });
    json!({
        "replications": drawn.replications, "horizon_s": drawn.horizon_s, "warmup_s": drawn.warmup_s,
        "interval_s": drawn.interval_s,
        "arrivals": { "process": process, "rate": drawn.rates, "scv": scv, "mmpp": mmpp },
        "services": [{
            "name": "s", "pods": drawn.pods, "threads": profile.concurrency, "cpu": profile.cpu_limit_cores,
            "queue_bound": profile.queue_bound, "discipline": discipline,
            "service_time": { "dist": dist, "mean_s": profile.cpu_s, "scv": profile.shape.scv() },
        }],
        "routes": [{ "name": "/", "weight": 1.0, "call": { "service": "s", "mean_s": null, "hold": false, "then": [] } }],
        "timeout": timeout, "net_delay_s": 0.0,
    })
}
