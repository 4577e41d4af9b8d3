use super::*;
use crate::traffic::latency::WorkShape;
use crate::traffic::latency::phases::Phases;
use crate::traffic::latency::work::Survival;

fn phases(shape: WorkShape) -> Phases {
    Phases::of(shape, &Survival::tabulate(1.0 / 256.0, |x| shape.survival(x))).unwrap()
}

/// Pods of one core with 20 ms requests.
fn law(phases: &Phases, threads: f64) -> PodLaw<'_> {
    PodLaw {
        pods: 1.0,
        phases,
        cpu_s: 0.02,
        off_cpu_s: 0.0,
        cores: 1.0,
        speed: 1.0,
        threads,
        places: f64::INFINITY,
        patience: f64::INFINITY,
        arrival_scv: 1.0,
        sharing_scv: 1.0,
        work_scv: 1.0,
    }
}

fn pass(pods: &mut Population, law: &PodLaw<'_>, arrivals: f64, steps: std::ops::Range<u32>) -> (Sorted, Vec<Drained>) {
    let (mut sorted, mut drained) = (Sorted::default(), Vec::new());
    for step in steps {
        drained.clear();
        let flow =
            Flow { start_s: f64::from(step) * 15.0, span_s: 15.0, arrivals, capacity: 50.0, limit: f64::INFINITY };
        sorted = pods.pass(&flow, law, &mut drained);
    }
    (sorted, drained)
}

fn mean_s(drained: &[Drained]) -> f64 {
    let all: f64 = drained.iter().map(|row| row.requests).sum();
    drained.iter().map(|row| row.requests * (row.first_wait_s + row.last_wait_s) / 2.0).sum::<f64>() / all
}

#[test]
fn calm_pods_are_those_of_processor_sharing() {
    for shape in [WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }] {
        let phases = phases(shape);
        let law = PodLaw { work_scv: shape.scv(), ..law(&phases, f64::INFINITY) };
        let mut pods = Population::new(&law, 0.9);
        let (sorted, drained) = pass(&mut pods, &law, 45.0, 0..20);
        // M/G/1-PS at 0.9: nine in the pod, ten times the work.
        assert!((pods.mean() - 9.0).abs() < 0.1, "{}", pods.mean());
        assert!((mean_s(&drained) / 0.2 - 1.0).abs() < 0.02, "{shape:?}: {}", mean_s(&drained));
        assert!((sorted.started / (45.0 * 15.0) - 1.0).abs() < 1e-3 && sorted.rejected == 0.0, "{sorted:?}");
    }
}

#[test]
fn a_crowd_grows_as_its_work_says() {
    // As the fluid limit has it (see `fluid_sharing`): 22.8 of 40 too many with SCV 4.
    for (shape, wanted) in [(WorkShape::Exponential, 1.0), (WorkShape::Lognormal { scv: 4.0 }, 22.8 / 40.0)] {
        let phases = phases(shape);
        let law = PodLaw { work_scv: shape.scv(), ..law(&phases, f64::INFINITY) };
        let mut pods = Population::new(&law, 0.7);
        pass(&mut pods, &law, 70.0, 0..4);
        let before = pods.mean();
        pass(&mut pods, &law, 70.0, 4..8);
        let found = (pods.mean() - before) / 60.0 / 20.0;
        assert!((found / wanted - 1.0).abs() < 0.05, "{shape:?}: {found}, not {wanted}");
    }
}

#[test]
fn bounded_pods_reject_as_a_bounded_queue_does() {
    // M/M/1/20 at 1.2, whoever shares the CPU.
    let phases = phases(WorkShape::Exponential);
    let law = PodLaw { places: 20.0, ..law(&phases, 4.0) };
    let mut pods = Population::new(&law, 0.9);
    let (sorted, _) = pass(&mut pods, &law, 60.0, 0..20);
    let full = 0.2 * libm::pow(1.2, 20.0) / (libm::pow(1.2, 21.0) - 1.0);
    assert!((sorted.rejected / (60.0 * 15.0) / full - 1.0).abs() < 0.01, "{sorted:?}, {full}");
}

#[test]
fn the_impatient_leave_what_is_too_much() {
    let phases = phases(WorkShape::Exponential);
    // Whoever would wait for more than two seconds, a hundred requests, does not.
    let law = PodLaw { patience: 104.0, ..law(&phases, 4.0) };
    let mut pods = Population::new(&law, 0.9);
    let (sorted, drained) = pass(&mut pods, &law, 75.0, 0..20);
    assert!((sorted.abandoned / (25.0 * 15.0) - 1.0).abs() < 0.02, "{sorted:?}");
    let longest_s = drained.iter().filter(|row| !row.is_whole).map(|row| row.first_wait_s).fold(0.0, f64::max);
    assert!((1.9..3.2).contains(&longest_s), "{longest_s}");
}

#[test]
fn who_queues_in_long_steps_waits_as_in_short_ones() {
    let phases = phases(WorkShape::Exponential);
    let law = law(&phases, 4.0);
    for span_s in [15.0, 60.0, 300.0] {
        let mut pods = Population::new(&law, 0.5);
        let mut drained = Vec::new();
        for step in 0..(600.0 / span_s) as u32 {
            drained.clear();
            let start_s = span_s * f64::from(step);
            let flow = Flow { start_s, span_s, arrivals: 100.0, capacity: 50.0, limit: f64::INFINITY };
            pods.pass(&flow, &law, &mut drained);
        }
        // Twice as many come as can be served: who starts after a time has waited for half of it.
        let waited: Vec<Drained> = drained.iter().copied().filter(|row| !row.is_whole).collect();
        let wanted_s = (600.0 - span_s / 2.0) / 2.0;
        assert!((mean_s(&waited) / wanted_s - 1.0).abs() < 0.01, "{span_s}: {}, not {wanted_s}", mean_s(&waited));
        let requests: f64 = waited.iter().map(|row| row.requests).sum();
        assert!((requests / (50.0 * span_s) - 1.0).abs() < 0.01, "{span_s}: {requests}");
        let longest_s = waited.iter().map(|row| row.last_wait_s).fold(0.0, f64::max);
        assert!(longest_s < 320.0, "{span_s}: {longest_s}");
    }
}

#[test]
fn a_grid_may_change() {
    let phases = phases(WorkShape::Exponential);
    let law = law(&phases, f64::INFINITY);
    let mut pods = Population::new(&law, 0.9);
    pass(&mut pods, &law, 100.0, 0..8);
    let (mean, unit) = (pods.mean(), pods.unit);
    assert!(unit > 1 && (mean / (9.0 + 50.0 * 120.0) - 1.0).abs() < 0.01, "{mean} in units of {unit}");
    pods.merge();
    assert!((pods.mean() - mean).abs() < 1.0);
    pods.split();
    assert_eq!(pods.unit, unit);
    pods.mix_with_empty(0.5);
    assert!((pods.mean() / mean - 0.5).abs() < 0.01);
    // The crowd dissolves, and every number counts again.
    pass(&mut pods, &law, 10.0, 8..40);
    assert_eq!(pods.unit, 1);
    assert!((pods.mean() / law.stationary_mean(0.2) - 1.0).abs() < 0.01, "{}", pods.mean());
}
