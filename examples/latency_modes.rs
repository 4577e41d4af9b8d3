//! Draws both latency modes through a flash crowd: `docs/latency-flash-crowd.svg`.
//!
//! `cargo run --release --example latency_modes -- docs/latency-flash-crowd.svg`

use foresail::id::Id;
use foresail::rng::Seed;
use foresail::traffic::calls::{Call, CallGraph, Route, ServiceId};
use foresail::traffic::exact::{ArrivalProcess, Ended, Ending, ExactModel, Observer};
use foresail::traffic::latency::{LatencyHistogram, PodCohort, ServiceModel, ServiceProfile, WorkShape};
use foresail::units::SimDuration;
use plotters::prelude::*;

const STEP_S: f64 = 15.0;
const STEPS: usize = 80;
const REPLICATIONS: u32 = 40;

/// Requests per second: a calm start, five times as much within a minute, a slow decay.
fn rate(step: usize) -> f64 {
    let minutes = step as f64 * STEP_S / 60.0;
    match minutes {
        ..4.0 => 60.0,
        ..5.0 => 60.0 + 240.0 * (minutes - 4.0),
        ..8.0 => 300.0,
        _ => 60.0 + 240.0 * (-(minutes - 8.0) / 3.0).exp(),
    }
}

/// Pods as an autoscaler would bring them: late, then enough.
fn pods(step: usize) -> usize {
    match step {
        ..22 => 4,
        22..26 => 6,
        26..30 => 9,
        30..34 => 14,
        _ => 20,
    }
}

fn profile() -> ServiceProfile {
    let shape = WorkShape::Lognormal { scv: 2.0 };
    ServiceProfile { cpu_s: 0.02, shape, cpu_limit_cores: Some(0.5), ..ServiceProfile::default() }
}

#[derive(Default)]
struct Step {
    latency: LatencyHistogram,
}

impl Observer for Step {
    fn ended(&mut self, ended: Ended) {
        if ended.ending == Ending::Answered {
            self.latency.record_one(ended.latency_s);
        }
    }
}

/// P95 of each step by time of answer.
fn fast() -> Vec<f64> {
    let mut model = ServiceModel::new(profile()).expect("a sound profile");
    let mut cohorts: Vec<PodCohort> = Vec::new();
    let one = |step: usize| {
        let have: f64 = cohorts.iter().map(|cohort| cohort.ready).sum();
        let more = pods(step) as f64 - have;
        if more > 0.0 {
            cohorts.push(PodCohort { key: step as u64, ready: more, speed: 1.0 });
        }
        model.step(SimDuration::from_secs_f64(STEP_S), rate(step), &cohorts).latency.p95_s
    };
    (0..STEPS).map(one).collect()
}

fn exact(replication: u32) -> Vec<f64> {
    let service = ServiceId::from_index(0);
    let route = Route { name: "/".into(), share: 1.0, call: Call::to(service) };
    let graph = CallGraph::from_routes(vec![route], 1).expect("one route");
    let seed = Seed::new(11, replication);
    let mut model = ExactModel::new(&[profile()], &graph, ArrivalProcess::Poisson, seed).expect("a sound profile");
    let mut have = 0;
    let one = |step: usize| {
        let mut seen = Step::default();
        while have < pods(step) {
            model.add_pod(service, None, &mut seen);
            have += 1;
        }
        model.set_rate(rate(step));
        model.run_until((step + 1) as f64 * STEP_S, &mut seen);
        seen.latency.quantile_s(0.95)
    };
    (0..STEPS).map(one).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "docs/latency-flash-crowd.svg".into());
    let fast = fast();
    let runs: Vec<Vec<f64>> = (0..REPLICATIONS).map(exact).collect();
    let sorted = |step: usize| {
        let mut values: Vec<f64> = runs.iter().map(|run| run[step]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let bands: Vec<(f64, f64, f64)> = (0..STEPS)
        .map(|step| {
            let values = sorted(step);
            (values[2], values.iter().sum::<f64>() / values.len() as f64, values[values.len() - 3])
        })
        .collect();
    let weighted: f64 = bands.iter().zip(&fast).map(|((_, mean, _), fast)| (fast - mean).abs()).sum();
    let all: f64 = bands.iter().map(|(_, mean, _)| mean).sum();
    println!("P95, weighted absolute error of the fast mode: {:.1} %", 100.0 * weighted / all);
    draw(&path, &fast, &bands)
}

fn draw(path: &str, fast: &[f64], bands: &[(f64, f64, f64)]) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::new(path, (900, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let minute = |step: usize| (step as f64 + 1.0) * STEP_S / 60.0;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption("P95 through a flash crowd: 60 to 300 requests/s, 4 to 20 pods of 500m", ("sans-serif", 18))
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..minute(STEPS - 1), (0.05..1000.0_f64).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("minutes")
        .y_desc("seconds (log)")
        .label_style(("sans-serif", 13))
        .light_line_style(WHITE)
        .draw()?;
    let upper = bands.iter().enumerate().map(|(step, band)| (minute(step), band.2));
    let lower = bands.iter().enumerate().rev().map(|(step, band)| (minute(step), band.0));
    let band = Polygon::new(upper.chain(lower).collect::<Vec<_>>(), RGBColor(0, 114, 178).mix(0.2));
    chart
        .draw_series(std::iter::once(band))?
        .label("exact: 90 % of single runs")
        .legend(|(x, y)| Rectangle::new([(x, y - 5), (x + 20, y + 5)], RGBColor(0, 114, 178).mix(0.2).filled()));
    let mean = bands.iter().enumerate().map(|(step, band)| (minute(step), band.1));
    chart
        .draw_series(LineSeries::new(mean, RGBColor(0, 114, 178).stroke_width(2)))?
        .label("exact: mean over runs")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], RGBColor(0, 114, 178).stroke_width(2)));
    let fast = fast.iter().enumerate().map(|(step, value)| (minute(step), *value));
    chart
        .draw_series(LineSeries::new(fast, RGBColor(213, 94, 0).stroke_width(2)))?
        .label("fast")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], RGBColor(213, 94, 0).stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 13))
        .draw()?;
    root.present()?;
    Ok(())
}
