//! `foresail fit` on metrics that the exact mode made: known services come back.

use crate::program::Folder;
use foresail::id::Id;
use foresail::rng::Seed;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{Ended, Ending, ExactModel, Observer};
use foresail::traffic::latency::{LatencyHistogram, ServiceProfile, WorkShape};
use std::fmt::Write;

#[derive(Default)]
struct Seen(LatencyHistogram);

impl Observer for Seen {
    fn ended(&mut self, ended: Ended) {
        if ended.ending == Ending::Answered {
            self.0.record_one(ended.latency_s);
        }
    }
}

/// Eight hours of a service in steps of five minutes, as its metrics would show it.
fn metrics(truth: &ServiceProfile) -> String {
    let service = ServiceId::from_index(0);
    let route = Route { name: "/".into(), share: 1.0, call: Call::to(service) };
    let graph = CallGraph::from_routes(vec![route], 1).unwrap();
    let profiles = std::slice::from_ref(truth);
    let mut model = ExactModel::new(profiles, &graph, truth.arrivals, Seed::new(3, 0)).unwrap();
    let mut pods = Vec::new();
    let mut csv = "time,service,rps,replicas,cpu_cores,p50_ms,p95_ms,p99_ms\n".to_owned();
    for step in 0..96_u32 {
        let rate = 110.0 + 70.0 * libm::sin(f64::from(step) / 11.0);
        let wanted = if rate > 130.0 { 6 } else { 4 };
        let mut seen = Seen::default();
        while pods.len() < wanted {
            pods.push(model.add_pod(service, None, &mut seen));
        }
        pods.drain(wanted..).for_each(|pod| model.drain_pod(pod, &mut seen));
        model.set_rate(rate);
        model.run_until(f64::from(step + 1) * 300.0, &mut seen);
        let cores = model.take_cpu_s(service) / 300.0 + truth.idle_cpu_milli / 1000.0 * wanted as f64;
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| 1000.0 * seen.0.quantile_s(share));
        let at_s = (step + 1) * 300;
        let _ = writeln!(csv, "{at_s},shop,{rate:.3},{wanted},{cores:.5},{p50:.3},{p95:.3},{p99:.3}");
    }
    csv
}

#[test]
fn a_known_service_comes_back_from_its_metrics() {
    let shape = WorkShape::Lognormal { scv: 4.0 };
    let limit = Some(0.5);
    let truth = ServiceProfile {
        cpu_s: 0.01,
        idle_cpu_milli: 20.0,
        shape,
        cpu_limit_cores: limit,
        ..ServiceProfile::default()
    };
    let folder = Folder::new().file("m.csv", metrics(&truth));
    let done = folder.run("fit --metrics m.csv --cpu-limit 0.5");
    let (yaml, told) = (done.ok(), &done.stderr);
    let value = |field: &str| {
        let line = yaml.lines().find_map(|line| line.trim().strip_prefix(&format!("{field}: ")));
        line.map(|text| text.trim_end_matches('m').parse::<f64>().expect("a number"))
    };
    let cpu_s = value("cpuPerRequest").expect("it is always there");
    assert!((cpu_s / 0.01 - 1.0).abs() < 0.02, "{yaml}");
    assert!((value("idleCpu").expect("it is always there") - 20.0).abs() < 15.0, "{yaml}");
    assert_eq!(value("scv"), Some(4.0), "{yaml}");
    // What was held back is explained to within a few percent: cpu, P50, P95, P99.
    let errors: Vec<f64> = told
        .lines()
        .filter(|line| line.contains("held back:"))
        .flat_map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter_map(|word| word.parse().ok())
        .collect();
    assert_eq!(errors.len(), 4, "{told}");
    for (error, most) in errors.iter().zip([2.0, 5.0, 8.0, 12.0]) {
        assert!(error < &most, "{told}");
    }
}
