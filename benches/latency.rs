//! Latency: requests per second of the exact mode, cost per service and step of the fast mode.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use foresail::id::Id;
use foresail::rng::Seed;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{ArrivalProcess, ExactModel};
use foresail::traffic::latency::{Discipline, PodCohort, ServiceModel, ServiceProfile, WorkShape};
use foresail::units::SimDuration;
use std::hint::black_box;

/// Ten pods of half a core with 20 ms requests: 250 per second at full load.
fn shared_cpu() -> ServiceProfile {
    ServiceProfile { cpu_limit_cores: Some(0.5), ..ServiceProfile::default() }
}

fn threads(discipline: Discipline) -> ServiceProfile {
    ServiceProfile { concurrency: Some(1), discipline, ..ServiceProfile::default() }
}

fn exact_model(services: usize, profile: &ServiceProfile, rate: f64) -> ExactModel {
    let mut call = Call::to(ServiceId::from_index(services - 1));
    for service in (0..services - 1).rev() {
        call = Call::to(ServiceId::from_index(service)).then(vec![call]);
    }
    let route = Route { name: "/".into(), share: 1.0, call };
    let graph = CallGraph::from_routes(vec![route], services).expect("one route");
    let profiles = vec![profile.clone(); services];
    let mut model =
        ExactModel::new(&profiles, &graph, ArrivalProcess::Poisson, Seed::new(1, 0)).expect("a sound profile");
    for service in 0..services {
        for _ in 0..10 {
            model.add_pod(ServiceId::from_index(service), None, &mut ());
        }
    }
    model.set_rate(rate);
    model.run_until(100.0, &mut ());
    model
}

fn exact(c: &mut Criterion) {
    let mut group = c.benchmark_group("exact");
    let cases = [
        ("one service, random, shared cpu", 1, shared_cpu(), 200.0),
        ("one service, shared queue", 1, threads(Discipline::SharedQueue), 400.0),
        ("one service, random pods", 1, threads(Discipline::Random), 400.0),
        ("one service, round robin", 1, threads(Discipline::RoundRobin), 400.0),
        ("one service, least outstanding", 1, threads(Discipline::LeastOutstanding), 400.0),
        ("one service, two choices", 1, threads(Discipline::PowerOfTwo), 400.0),
        ("chain of four, random, shared cpu", 4, shared_cpu(), 200.0),
    ];
    for (name, services, profile, rate) in cases {
        let mut model = exact_model(services, &profile, rate);
        let seconds = 50.0;
        group.throughput(Throughput::Elements((rate * seconds) as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let until_s = model.now_s() + seconds;
                model.run_until(until_s, &mut ());
            });
        });
    }
    group.finish();
}

fn fast(c: &mut Criterion) {
    let mut group = c.benchmark_group("fast, per service and step");
    let cases = [
        ("calm, shared cpu", shared_cpu(), 200.0),
        ("calm, two choices", threads(Discipline::PowerOfTwo), 400.0),
        ("near capacity, one queue", threads(Discipline::SharedQueue), 490.0),
        ("near capacity, random pods", threads(Discipline::Random), 490.0),
        ("near capacity, shared cpu", shared_cpu(), 245.0),
        (
            "near capacity, shared cpu, SCV 4",
            ServiceProfile { shape: WorkShape::Lognormal { scv: 4.0 }, ..shared_cpu() },
            245.0,
        ),
        ("near capacity, 16 threads share a cpu", ServiceProfile { concurrency: Some(16), ..shared_cpu() }, 245.0),
    ];
    for (name, profile, rate) in cases {
        let mut model = ServiceModel::new(profile).expect("a sound profile");
        let pods = [PodCohort { key: 0, ready: 10.0, speed: 1.0 }];
        let mut step = 0_u32;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                // Hardly ever the same load twice.
                step += 1;
                let wave = 1.0 - 0.01 * f64::from(step % 7);
                black_box(model.step(SimDuration::from_secs(15), rate * wave, &pods))
            });
        });
    }
    let bursts = ArrivalProcess::Bursty { levels: [1.5, 0.5], mean_sojourn_s: [2.0, 2.0] };
    let profile = ServiceProfile { arrivals: bursts, ..threads(Discipline::PowerOfTwo) };
    let mut model = ServiceModel::new(profile).expect("a sound profile");
    let pods = [PodCohort { key: 0, ready: 10.0, speed: 1.0 }];
    model.step(SimDuration::from_secs(15), 400.0, &pods);
    // Each time the second step of a crowd: what may be replayed is never used up.
    group.bench_function("replayed in 50 copies, bursts behind two choices", |bencher| {
        bencher.iter_batched_ref(
            || model.clone(),
            |model| black_box(model.step(SimDuration::from_secs(15), 490.0, &pods)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, exact, fast);
criterion_main!(benches);
