//! What one loop of the Cluster Autoscaler costs, on the workloads that the real one was measured on.
//!
//! `up-p1000-g10-n100`: 1,000 pending pods, 10 groups, 100 nodes. `first` is an autoscaler that has just
//! started; `second` has seen the cluster before; `unchanged` is a loop whose inputs are those of the last one.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use foresail::autoscaler::{Autoscaler, Choice, FlagOutcome, LoopInputs};
use foresail::dry_run::autoscale::{self, Loaded, Request, Surroundings};
use foresail::scheduler::Profile;
use foresail::units::{SimDuration, SimTime};
use std::hint::black_box;
use std::path::Path;

fn loaded(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/autoscaler/{name}.json.gz"));
    let request = Request { files: vec![path], ..Request::default() };
    autoscale::load(&request).unwrap_or_else(|issues| panic!("{name}: {issues:?}"))
}

fn started(surroundings: &Surroundings) -> Autoscaler {
    Autoscaler::new(surroundings.flags.clone(), Profile::default(), Choice::Recorded)
}

/// One loop; how many nodes come or are unneeded.
fn turn(surroundings: &mut Surroundings, autoscaler: &mut Autoscaler, now: SimTime) -> usize {
    let pending = surroundings.pending();
    let Surroundings { cluster, groups, daemon_sets, .. } = surroundings;
    let inputs = LoopInputs { now, groups: &autoscale::views(groups), pending: &pending, daemon_sets };
    let outcome = autoscaler.run_once(cluster, inputs);
    let unneeded = outcome.scale_down.as_ref().map_or(0, |down| down.unneeded.len());
    outcome.scale_up.increases.iter().map(|row| (row.to - row.from) as usize).sum::<usize>() + unneeded
}

fn scale_up(criterion: &mut Criterion) {
    for name in ["up-p1000-g10-n100", "up-p5000-g50-n1000"] {
        let Loaded { mut surroundings, now, .. } = loaded(name);
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        group.bench_function("first", |bencher| {
            let fresh = started(&surroundings);
            let turn = |mut autoscaler: Autoscaler| black_box(turn(&mut surroundings, &mut autoscaler, now));
            bencher.iter_batched(|| fresh.clone(), turn, BatchSize::PerIteration);
        });
        group.finish();
    }
}

fn scale_down(criterion: &mut Criterion) {
    let Loaded { mut surroundings, now, .. } = loaded("down-n1000");
    let mut group = criterion.benchmark_group("down-n1000");
    group.bench_function("first", |bencher| {
        let fresh = started(&surroundings);
        let turn = |mut autoscaler: Autoscaler| black_box(turn(&mut surroundings, &mut autoscaler, now));
        bencher.iter_batched(|| fresh.clone(), turn, BatchSize::PerIteration);
    });
    group.bench_function("second", |bencher| {
        let mut fresh = started(&surroundings);
        turn(&mut surroundings, &mut fresh, now);
        let later = now + SimDuration::from_secs(10);
        let turn = |mut autoscaler: Autoscaler| black_box(turn(&mut surroundings, &mut autoscaler, later));
        bencher.iter_batched(|| fresh.clone(), turn, BatchSize::PerIteration);
    });
    group.bench_function("unchanged", |bencher| {
        // Nothing is ever due, and after some loops every plan repeats the one before.
        assert_eq!(surroundings.flags.set("scale-down-unneeded-time", "1000000h"), FlagOutcome::Set);
        let (mut autoscaler, mut now) = (started(&surroundings), now);
        for _ in 0..100 {
            turn(&mut surroundings, &mut autoscaler, now);
            now += SimDuration::from_secs(1);
        }
        let pending = surroundings.pending();
        let Surroundings { cluster, groups, daemon_sets, .. } = &mut surroundings;
        let groups = autoscale::views(groups);
        bencher.iter(|| {
            now += SimDuration::from_secs(1);
            let inputs = LoopInputs { now, groups: &groups, pending: &pending, daemon_sets };
            black_box(autoscaler.run_once(cluster, inputs).scale_down.is_some())
        });
    });
    group.finish();
}

criterion_group!(benches, scale_up, scale_down);
criterion_main!(benches);
