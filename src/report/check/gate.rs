//! The gate itself: more and more replications until the answer is clear.

use super::baseline::Baseline;
use super::headline;
use super::judge::{Judged, Look as Judging, Values, judge};
use super::margins::Margins;
use super::model::{BaselineUsed, CheckResult, CheckVerdict, FigureValue, InputChange, Look, WhereWritten};
use super::thresholds::{self, Threshold};
use crate::report::Report;
use crate::report::compare::input_differences;
use crate::report::figures::{Figure, figures};
use crate::report::model::API_VERSION;
use crate::scenario::Scenario;
use crate::scenario::issue::{Issue, Issues};
use crate::study::{ALPHA, Estimate, Growing, LatencyTables, Watch, looks};
use crate::units::PricePerHour;
use std::collections::{BTreeMap, HashSet};

/// How a check is made.
#[derive(Clone, Debug)]
pub struct CheckPlan {
    /// Replications at the first look.
    pub first: u32,
    /// Replications at the last, if it comes to that.
    pub most: u32,
    /// What is too little to matter.
    pub margins: Margins,
}

/// What a scenario is set beside.
#[derive(Clone, Debug)]
pub enum Base {
    /// Nothing: only thresholds are held.
    Nothing,
    /// What was kept in a file of this name.
    File(String, Box<Baseline>),
    /// The scenario as it was: how it was named (`git:main`), its revision, what was read there.
    Scenario(String, Option<String>, Box<Scenario>),
}

/// Checks a scenario: simulates it (and its base where that is a scenario) as often as it takes.
///
/// Errors: thresholds that say nothing, margins of no figure, a baseline of something else; all of them, before anything is simulated.
pub fn check(scenario: &Scenario, base: &Base, plan: &CheckPlan, watch: &dyn Watch) -> Result<CheckResult, Issues> {
    let tables = LatencyTables::default();
    let mut new = Growing::new(scenario, &tables);
    let thresholds = asked(scenario, base, (plan, &Report::of(new.finished())))?;
    let mut sides = Sides { scenario, base, old: Old::of(scenario, base, &tables), thresholds: &thresholds };
    let most = sides.old.most().map_or(plan.most, |most| plan.most.min(most));
    let looks = looks(plan.first, most);
    let alpha = ALPHA / looks.len() as f64;
    let mut taken = Vec::new();
    for (at, count) in looks.iter().enumerate() {
        new.grow(*count, watch);
        let report = Report::of(new.finished());
        let values = sides.old.values(&report, *count, watch);
        let figures = figures(&report);
        let look = Judging {
            figures: &figures,
            base: values.as_ref(),
            thresholds: &thresholds,
            margins: &plan.margins,
            alpha,
        };
        let judged = judge(&look);
        taken.push(Look { replications: *count, alpha });
        if judged.has_failed() || !judged.is_unclear() || at + 1 == looks.len() {
            let found = Found { report: &report, figures: &figures, judged, taken, looks: looks.len() };
            return Ok(result(&sides, values.as_ref(), found));
        }
    }
    Err(Issue::error("--max-replications", "expected at least 1").into())
}

/// Reads what a check needs before it begins.
fn asked(scenario: &Scenario, base: &Base, (plan, empty): (&CheckPlan, &Report)) -> Result<Vec<Threshold>, Issues> {
    let mut issues = Issues::new();
    let known = figures(empty);
    let thresholds = thresholds::read(&scenario.thresholds, empty, &known);
    let thresholds = thresholds.unwrap_or_else(|found| {
        found.into_iter().for_each(|issue| issues.push(issue));
        Vec::new()
    });
    plan.margins.unknown(&known).into_iter().for_each(|issue| issues.push(issue));
    if let Base::File(name, baseline) = base {
        baseline.unlike(empty, name).into_iter().for_each(|issue| issues.push(issue));
    }
    if let Base::Scenario(name, _, old) = base
        && old.duration != scenario.duration
    {
        let message = format!(
            "there it runs for {}, here for {}: figures of both say nothing together",
            old.duration, scenario.duration
        );
        issues.push(
            Issue::error("duration", message)
                .in_file(name.clone(), None)
                .with_help("check a revision of the same duration"),
        );
    }
    if matches!(base, Base::Nothing) && thresholds.is_empty() && !issues.has_errors() {
        let issue = Issue::error("--baseline", "there is nothing to check: no baseline, no thresholds, no objectives");
        issues.push(issue.with_help("name a baseline, or write `thresholds:` into the scenario"));
    }
    if issues.has_errors() { Err(issues) } else { Ok(thresholds) }
}

/// The other side.
enum Old<'a> {
    Nothing,
    File(&'a Baseline),
    /// The scenario as it was.
    Scenario(Box<Growing>),
    /// It was as it is: one simulation is enough.
    TheSame,
}

impl<'a> Old<'a> {
    fn of(new: &Scenario, base: &'a Base, tables: &LatencyTables) -> Self {
        match base {
            Base::Nothing => Old::Nothing,
            Base::File(_, baseline) => Old::File(baseline),
            Base::Scenario(_, _, old) if old.digest == new.digest => Old::TheSame,
            Base::Scenario(_, _, old) => {
                let old = Scenario { seed: new.seed, ..(**old).clone() };
                Old::Scenario(Box::new(Growing::new(&old, tables)))
            }
        }
    }

    /// As many replications as it has, where it cannot get more.
    fn most(&self) -> Option<u32> {
        match self {
            Old::File(baseline) => Some(baseline.replications),
            _ => None,
        }
    }

    fn values(&mut self, new: &Report, count: u32, watch: &dyn Watch) -> Option<Values> {
        let of_report = |report: &Report| {
            let by_figure = figures(report).iter().map(|figure| (figure.key(), figure.value.values.clone())).collect();
            Values { by_figure, are_rounded: false }
        };
        match self {
            Old::Nothing => None,
            Old::TheSame => Some(of_report(new)),
            Old::File(baseline) => {
                let first = |values: &Vec<Option<f64>>| {
                    values.iter().take(count as usize).map(|value| value.unwrap_or(f64::NAN)).collect()
                };
                let by_figure = baseline.figures.iter().map(|(key, values)| (key.clone(), first(values))).collect();
                Some(Values { by_figure, are_rounded: true })
            }
            Old::Scenario(growing) => {
                growing.grow(count, watch);
                Some(of_report(&Report::of(growing.finished())))
            }
        }
    }
}

/// What is set beside what.
struct Sides<'a> {
    scenario: &'a Scenario,
    base: &'a Base,
    old: Old<'a>,
    thresholds: &'a [Threshold],
}

/// What the last look found.
struct Found<'a> {
    report: &'a Report,
    figures: &'a [Figure<'a>],
    judged: Judged,
    taken: Vec<Look>,
    /// How many there could have been.
    looks: usize,
}

fn result(sides: &Sides<'_>, values: Option<&Values>, found: Found<'_>) -> CheckResult {
    let Sides { scenario, base, .. } = *sides;
    let Found { report, figures, judged, taken, looks } = found;
    let verdict = match (judged.has_failed(), judged.is_unclear()) {
        (true, _) => CheckVerdict::Failed,
        (false, true) => CheckVerdict::Inconclusive,
        (false, false) => CheckVerdict::Passed,
    };
    let identical =
        values.is_some() && judged.changes.iter().all(|row| row.difference.values.iter().all(|v| *v == 0.0));
    let mut result = CheckResult {
        api_version: API_VERSION.to_owned(),
        kind: "Check".to_owned(),
        foresail_version: report.foresail_version.clone(),
        scenario: scenario.name.clone(),
        file: String::new(),
        digest: scenario.digest.clone(),
        seed: scenario.seed,
        replications: report.run.replications,
        verdict,
        headline: String::new(),
        baseline: used(base, identical),
        rule: headline::rule(&judged.changes, &taken, looks),
        looks: taken,
        inputs: inputs(scenario, base, report),
        caveats: caveats(sides, report, unpaired(figures, values)),
        thresholds: judged.thresholds,
        figures: judged.changes,
        present: figures.iter().map(present).collect(),
    };
    result.headline = headline::headline(&result);
    result
}

fn present(figure: &Figure<'_>) -> FigureValue {
    FigureValue {
        figure: figure.key(),
        scope: figure.scope,
        name: figure.name.clone(),
        metric: figure.metric.to_owned(),
        label: figure.label.to_owned(),
        unit: figure.unit,
        better: figure.better,
        value: Estimate { values: Vec::new(), ..(*figure.value).clone() },
    }
}

fn used(base: &Base, identical: bool) -> Option<BaselineUsed> {
    match base {
        Base::Nothing => None,
        Base::File(name, baseline) => Some(BaselineUsed {
            source: name.clone(),
            revision: None,
            digest: baseline.digest.clone(),
            foresail_version: baseline.foresail_version.clone(),
            price_date: baseline.price_date.clone(),
            identical,
        }),
        Base::Scenario(name, revision, old) => Some(BaselineUsed {
            source: name.clone(),
            revision: revision.clone(),
            digest: old.digest.clone(),
            foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
            price_date: old.prices.date.clone(),
            identical,
        }),
    }
}

fn inputs(scenario: &Scenario, base: &Base, report: &Report) -> Vec<InputChange> {
    let before: BTreeMap<String, String> = match base {
        Base::Nothing => return Vec::new(),
        Base::File(_, baseline) => baseline.inputs.clone(),
        Base::Scenario(_, _, old) => old.inputs.values(&old.cast),
    };
    let written = |path: &str| {
        let place = scenario.inputs.written(path)?;
        // A setting of the command line is in no file.
        let file = place.file.filter(|file| !file.starts_with("--"))?;
        Some(WhereWritten { file: file.replace('\\', "/"), line: place.line })
    };
    let change = |row: crate::report::compare::InputDifference| InputChange {
        written: written(&row.path),
        path: row.path,
        base: row.base,
        new: row.new,
    };
    input_differences(&before, &report.inputs).into_iter().map(change).collect()
}

/// Parts that only one side has: their figures are set beside nothing.
fn unpaired(figures: &[Figure<'_>], values: Option<&Values>) -> [Vec<String>; 2] {
    let Some(values) = values else { return [Vec::new(), Vec::new()] };
    let part = |key: &str| key.split_once('{').map(|(_, part)| part.trim_end_matches('}').to_owned());
    let new: HashSet<String> = figures.iter().map(Figure::key).collect();
    let only = |one: Vec<&String>, other: &dyn Fn(&str) -> bool| {
        let mut parts: Vec<String> = one.into_iter().filter(|key| !other(key)).filter_map(|key| part(key)).collect();
        parts.sort();
        parts.dedup();
        parts
    };
    [
        only(new.iter().collect(), &|key| values.by_figure.contains_key(key)),
        only(values.by_figure.keys().collect(), &|key| new.contains(key)),
    ]
}

/// Prices that are not those of the base: of another day, or otherwise agreed on for the same machines.
fn other_prices(name: &str, before: &Scenario, now: &Scenario) -> Option<String> {
    let prices = |scenario: &Scenario| -> BTreeMap<(String, bool), PricePerHour> {
        let groups = scenario.cast.groups.values();
        let machines = groups.flat_map(|group| group.machines.iter().map(|machine| (group.spot, machine)));
        machines.map(|(spot, machine)| ((machine.instance_type.clone(), spot), machine.price)).collect()
    };
    const SO: &str = "what prices changed is in the differences";
    if before.prices.date != now.prices.date {
        return Some(format!("{name} has prices of {}, this run of {}: {SO}", before.prices.date, now.prices.date));
    }
    let (before, now) = (prices(before), prices(now));
    let other = now.iter().filter(|(machine, price)| before.get(*machine).is_some_and(|old| old != *price));
    let names: Vec<&str> = other.map(|((name, _), _)| name.as_str()).collect();
    (!names.is_empty()).then(|| format!("{name} has other prices of {}: {SO}", names.join(", ")))
}

fn caveats(sides: &Sides<'_>, report: &Report, [added, gone]: [Vec<String>; 2]) -> Vec<String> {
    let Sides { scenario, base, old, thresholds } = sides;
    let mut caveats = report.caveats.clone();
    if let Base::File(_, baseline) = base {
        caveats.extend(baseline.doubts(report));
    }
    if let (Old::Scenario(_), Base::Scenario(name, _, before)) = (old, base)
        && before.seed != scenario.seed
    {
        caveats.push(format!("{name} says seed {}: both sides were simulated with {}", before.seed, scenario.seed));
    }
    if let Base::Scenario(name, _, before) = base {
        caveats.extend(other_prices(name, before, scenario));
    }
    for (parts, what) in [(added, "is new"), (gone, "is only in the baseline")] {
        if !parts.is_empty() {
            caveats.push(format!("set beside nothing, because it {what}: {}", parts.join(", ")));
        }
    }
    let waiting = thresholds.iter().filter(|threshold| threshold.needs_baseline());
    let names: Vec<&str> = waiting.map(|threshold| threshold.figure.as_str()).collect();
    if matches!(base, Base::Nothing) && !names.is_empty() {
        caveats.push(format!("not held, because a change needs a baseline: thresholds of {}", names.join(", ")));
    }
    caveats
}
