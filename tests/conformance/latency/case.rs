//! The recordings as they are written.
#![allow(dead_code, reason = "the whole format is spelled out; a judge reads what it compares")]

use crate::runner;
use foresail::id::Id;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::latency::{Abandoned, ArrivalProcess, Discipline, ServiceProfile, Timeout, WorkShape};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub name: String,
    pub theme: String,
    pub input: Input,
    pub expect: Expect,
}

#[derive(Deserialize)]
pub(crate) struct Input {
    pub replications: u32,
    pub horizon_s: f64,
    pub warmup_s: f64,
    pub interval_s: f64,
    pub arrivals: Arrivals,
    pub services: Vec<Service>,
    pub routes: Vec<RecordedRoute>,
    pub timeout: Option<RecordedTimeout>,
    pub net_delay_s: f64,
}

#[derive(Deserialize)]
pub(crate) struct Arrivals {
    pub process: String,
    pub rate: Vec<(f64, f64)>,
    pub scv: Option<f64>,
    pub mmpp: Option<Mmpp>,
}

#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Mmpp {
    pub mult: [f64; 2],
    pub mean_sojourn_s: [f64; 2],
}

#[derive(Deserialize)]
pub(crate) struct Service {
    pub name: String,
    pub pods: Vec<(f64, u32)>,
    pub threads: Option<u32>,
    pub cpu: Option<f64>,
    pub queue_bound: Option<u32>,
    pub discipline: String,
    pub service_time: ServiceTime,
}

#[derive(Deserialize)]
pub(crate) struct ServiceTime {
    pub dist: String,
    pub mean_s: f64,
    pub scv: f64,
}

#[derive(Deserialize)]
pub(crate) struct RecordedTimeout {
    pub s: f64,
    pub work: String,
}

#[derive(Deserialize)]
pub(crate) struct RecordedRoute {
    pub name: String,
    pub weight: f64,
    pub call: RecordedCall,
}

#[derive(Deserialize)]
pub(crate) struct RecordedCall {
    pub service: String,
    pub mean_s: Option<f64>,
    pub hold: bool,
    pub then: Vec<Vec<RecordedCall>>,
}

/// A value and the half-width of its 95 % interval.
pub(crate) type Interval = (f64, f64);

#[derive(Deserialize)]
pub(crate) struct Expect {
    pub overall: Overall,
    pub services: Vec<ExpectedService>,
    pub intervals: Option<Intervals>,
    pub routes: Option<Vec<Overall>>,
    pub closed_form: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
pub(crate) struct Overall {
    #[serde(default)]
    pub name: String,
    pub n: f64,
    pub mean: Option<Interval>,
    pub p50: Option<Interval>,
    pub p95: Option<Interval>,
    pub p99: Option<Interval>,
    pub pooled: Option<[f64; 3]>,
    pub error_rate: Option<Interval>,
    pub rejected: Option<Interval>,
    pub timed_out: Option<Interval>,
}

#[derive(Deserialize)]
pub(crate) struct ExpectedService {
    pub util: Interval,
    pub wait_mean: Option<Interval>,
    pub p_wait: Option<Interval>,
    pub residence_mean: Option<Interval>,
}

#[derive(Deserialize)]
pub(crate) struct Intervals {
    pub n: Vec<f64>,
    pub mean: Vec<Option<f64>>,
    pub mean_hw: Vec<Option<f64>>,
    pub p50: Vec<Option<f64>>,
    pub p50_hw: Vec<Option<f64>>,
    pub p95: Vec<Option<f64>>,
    pub p95_hw: Vec<Option<f64>>,
    pub p99: Vec<Option<f64>>,
    pub p99_hw: Vec<Option<f64>>,
    pub pooled_p95: Vec<Option<f64>>,
    pub pooled_p99: Vec<Option<f64>>,
    pub error_rate: Option<Vec<f64>>,
    pub error_rate_hw: Option<Vec<f64>>,
    pub services: Vec<ServiceIntervals>,
}

#[derive(Deserialize)]
pub(crate) struct ServiceIntervals {
    pub waiting: Vec<f64>,
    pub waiting_hw: Vec<f64>,
}

/// All cases, or why one of them cannot be read; none where the recordings are not.
pub(crate) fn read(folder: &Path) -> Vec<Result<Case, String>> {
    let files = ["cases.json.gz", "cases.json"].map(|name| folder.join(name));
    let Some(file) = files.iter().find(|file| file.exists()) else { return Vec::new() };
    let text = runner::read(file);
    let cases = text.and_then(|text| serde_json::from_str::<Vec<serde_json::Value>>(&text).map_err(|e| e.to_string()));
    let one = |case| serde_json::from_value(case).map_err(|e| format!("unreadable case: {e}"));
    cases.map_or_else(|why| vec![Err(why)], |cases| cases.into_iter().map(one).collect())
}

impl Input {
    pub(crate) fn rate_at(&self, time_s: f64) -> f64 {
        held_at(&self.arrivals.rate, time_s).unwrap_or(0.0)
    }

    /// Requests expected to arrive before a time.
    pub(crate) fn requests_before(&self, time_s: f64) -> f64 {
        let rate = &self.arrivals.rate;
        let ends = rate.iter().skip(1).map(|(at, _)| *at).chain([f64::INFINITY]);
        rate.iter().zip(ends).map(|((from, rate), to)| (to.min(time_s) - from).max(0.0) * rate).sum()
    }

    pub(crate) fn service_index(&self, name: &str) -> usize {
        self.services.iter().position(|service| service.name == name).expect("calls name services")
    }

    pub(crate) fn call_graph(&self) -> CallGraph {
        let routes = self.routes.iter().map(|route| Route {
            name: route.name.clone(),
            share: route.weight,
            call: self.call(&route.call),
        });
        CallGraph::from_routes(routes.collect(), self.services.len()).expect("routes have weights")
    }

    fn call(&self, recorded: &RecordedCall) -> Call {
        let index = self.service_index(&recorded.service);
        let mean_s = self.services[index].service_time.mean_s;
        Call {
            service: ServiceId::from_index(index),
            work: recorded.mean_s.unwrap_or(mean_s) / mean_s,
            probability: 1.0,
            holds_thread: recorded.hold,
            then: recorded.then.iter().map(|step| step.iter().map(|call| self.call(call)).collect()).collect(),
        }
    }

    pub(crate) fn process(&self) -> ArrivalProcess {
        match (self.arrivals.process.as_str(), self.arrivals.mmpp) {
            ("poisson", _) => ArrivalProcess::Poisson,
            ("deterministic", _) => ArrivalProcess::Deterministic,
            ("gamma", _) => ArrivalProcess::Gamma { scv: self.arrivals.scv.expect("gamma gaps have one") },
            ("mmpp2", Some(Mmpp { mult, mean_sojourn_s })) => ArrivalProcess::Bursty { levels: mult, mean_sojourn_s },
            (other, _) => panic!("unknown arrivals {other}"),
        }
    }

    pub(crate) fn timeout(&self) -> Option<Timeout> {
        self.timeout.as_ref().map(|timeout| Timeout {
            after_s: timeout.s,
            work: match timeout.work.as_str() {
                "ignore" => Abandoned::Ignored,
                "cancel_queued" => Abandoned::CancelQueued,
                "cancel_all" => Abandoned::CancelAll,
                other => panic!("unknown work after a timeout: {other}"),
            },
        })
    }
}

impl Service {
    pub(crate) fn pods_at(&self, time_s: f64) -> u32 {
        held_at(&self.pods, time_s).unwrap_or(0)
    }

    pub(crate) fn profile(&self) -> ServiceProfile {
        let scv = self.service_time.scv;
        ServiceProfile {
            cpu_s: self.service_time.mean_s,
            shape: match self.service_time.dist.as_str() {
                "exponential" => WorkShape::Exponential,
                "deterministic" => WorkShape::Deterministic,
                "lognormal" => WorkShape::Lognormal { scv },
                "gamma" => WorkShape::Gamma { scv },
                other => panic!("unknown distribution {other}"),
            },
            concurrency: self.threads,
            cpu_limit_cores: self.cpu,
            discipline: match self.discipline.as_str() {
                "random" => Discipline::Random,
                "round_robin" => Discipline::RoundRobin,
                "jsq" => Discipline::LeastOutstanding,
                "p2c" => Discipline::PowerOfTwo,
                "shared_fcfs" => Discipline::SharedQueue,
                other => panic!("unknown discipline {other}"),
            },
            queue_bound: self.queue_bound,
            ..ServiceProfile::default()
        }
    }
}

/// The value of a step function; none before its first point.
fn held_at<T: Copy>(points: &[(f64, T)], time_s: f64) -> Option<T> {
    points.iter().take_while(|point| point.0 <= time_s + 1e-9).last().map(|point| point.1)
}
