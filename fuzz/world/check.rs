//! What must be true of every world.

use super::World;
use foresail::report::bill::{Grain, bill_csv};
use foresail::report::{Printed, html, summary};
use foresail::rng::{Seed, fnv1a};
use foresail::scenario::Scenario;
use foresail::sim::outcome::Outcome;
use foresail::sim::{Simulation, Start};
use foresail::study::{Finished, LatencyTables, Study, simulate};
use foresail::units::{SimDuration, SimTime};
use foresail::{Report, world::Timing};
use std::path::Path;

/// The scenario; a world that is refused was drawn wrongly.
///
/// Panics: it is refused.
pub(crate) fn accepted(world: &World, folder: &Path) -> Scenario {
    let read = world.load(folder, &world.order());
    read.unwrap_or_else(|issues| panic!("refused: {issues}\n{world:#?}"))
}

/// Simulates replication 0 and looks at the invariants after every `stride`th event, and at the bill. Gives the number of events.
///
/// Panics: one of them does not hold; `again` says how to see that again.
pub(crate) fn invariants(study: &Study, stride: u64, again: &str) -> u64 {
    let mut simulation = Simulation::new(Start {
        cast: study.cast.clone(),
        timing: study.timing.clone(),
        duration: study.duration,
        warm_up: study.warm_up,
        counts_from: SimTime::ZERO,
        seed: Seed::new(study.seed, 0),
        tables: study.tables.clone(),
        timeline_every: SimDuration::ZERO,
        keep_log: true,
    });
    let mut number = 0u64;
    loop {
        let before = number.is_multiple_of(stride).then(|| simulation.before_event());
        if !simulation.step() {
            break;
        }
        number += 1;
        let wrong = before.map(|before| simulation.violations(&before)).unwrap_or_default();
        assert!(wrong.is_empty(), "event {number}: {}\n{again}", wrong.join("\n"));
    }
    let bill = simulation.finish().bill;
    let negative = |line: &foresail::cost::Line| line.hours(&bill.calendar).any(|hour| hour.net.nano_usd() < 0);
    assert!(!bill.lines.iter().any(negative), "a negative bill\n{again}");
    number
}

/// The result that is written, as the program makes it.
pub(crate) fn result(scenario: &Scenario) -> (Report, String) {
    let finished: Finished = simulate(scenario, &LatencyTables::default(), &());
    let report = Report::of(&finished);
    let text = serde_json::to_string(&report).expect("a report is written");
    (report, text)
}

/// The report is read again as it was written, holds numbers, and its parts add up.
///
/// Panics: one of them is not so.
pub(crate) fn report(report: &Report, text: &str) {
    let again: Report = serde_json::from_str(text).unwrap_or_else(|error| panic!("it is not read again: {error}"));
    assert_eq!(serde_json::to_string(&again).ok().as_deref(), Some(text), "it is another one when it is read again");
    let bill = bill_csv(report, Grain::Day).unwrap_or_default();
    let pages = [summary(report, Printed { page: None, details: true }), html(report), bill];
    for text in &pages {
        for word in ["NaN", " inf", "-inf"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let cost = report.headline("costUsdPerMonth").map_or(0.0, |headline| headline.value.mean);
    assert!(cost >= 0.0 && cost.is_finite(), "it costs {cost}");
    let parts: f64 = report.charges.iter().map(|row| row.cost_usd_per_month.mean).sum();
    adds_up("charges", parts, cost);
    let owners: f64 = report.namespaces.iter().map(|row| row.cost_usd_per_month.mean).sum();
    adds_up("namespaces", owners, cost);
}

/// Each part is rounded to the nano-dollar of a month.
fn adds_up(what: &str, parts: f64, whole: f64) {
    assert!((parts - whole).abs() <= 1e-6 * whole.abs().max(1.0), "{what} are {parts} together, the whole {whole}");
}

/// A history in short: log, counts, bill and timeline.
pub(crate) fn digest(outcome: &Outcome) -> u64 {
    fnv1a(&format!("{:?}{:?}{:?}{:?}", outcome.log, outcome.counts, outcome.bill, outcome.timeline))
}

/// The study, remembering nothing from turn to turn.
pub(crate) fn afresh(study: &Study) -> Study {
    Study { timing: Timing { afresh: true, ..study.timing.clone() }, tables: LatencyTables::default(), ..study.clone() }
}

/// All that the fuzz target `simulation` looks at.
///
/// Panics: something is wrong.
pub(crate) fn whole(world: &World, folder: &Path, stride: u64) {
    let scenario = accepted(world, folder);
    invariants(&Study::of(&scenario), stride, "");
    let (told, text) = result(&scenario);
    report(&told, &text);
    assert!(result(&scenario).1 == text, "a second run is another one");
}
