//! The page of a comparison: one file, no network, light and dark, prints well. The answer is on top.

use super::Compared;
use super::answer::{self, COLUMNS, met};
use super::model::{Comparison, FigureDifference, Variant};
use super::variance::{self, signed};
use super::waterfall::waterfall;
use super::words::{cells, difference, sentence, tells};
use crate::report::chart::histories_beside_each_other;
use crate::report::figures::Scope;
use crate::report::format::{cents, parts_in_cents};
use crate::report::owner_words::owner;
use crate::report::page::page;
use crate::report::{Panel, Report, Series};
use crate::study::{Better, Pair};
use crate::units::{counted, finite};
use minijinja::value::Serde;
use minijinja::{Value, context};

/// The page for a comparison of these reports.
pub fn comparison_page(comparison: &Comparison, base: &Compared, others: &[Compared]) -> String {
    let variants: Vec<Value> =
        comparison.variants.iter().zip(others).map(|(variant, new)| shown(variant, base, new)).collect();
    let runs = counted(comparison.base.replications as usize, "replication");
    let overview = (comparison.variants.len() > 1).then(|| overview(comparison));
    let comparison = Value::from(Serde(comparison));
    page(TEMPLATE, context! { comparison => comparison, overview => overview, variants => variants, runs => runs })
}

/// All studies in one table and two plots: money, and what users feel.
fn overview(comparison: &Comparison) -> Value {
    let base = &comparison.base;
    let plain = |value: String| [value, String::new()];
    let base_cells: Vec<[String; 2]> = answer::base_cells(comparison).into_iter().map(plain).collect();
    let mut rows = vec![context! { name => base.name.as_str(), cells => base_cells, met => met(base) }];
    rows.extend(comparison.variants.iter().map(|variant| {
        context! { name => variant.side.name.as_str(), cells => answer::cells(variant), met => met(&variant.side) }
    }));
    let plots: Vec<Value> = COLUMNS
        .iter()
        .take(2)
        .map(|(metric, title)| context! { title => *title, bars => Value::from(Serde(beside(comparison, metric))) })
        .collect();
    context! { columns => COLUMNS.map(|(_, title)| title).to_vec(), rows => rows, plots => plots }
}

/// A figure of all variants as its difference to the base, on a common scale.
fn beside(comparison: &Comparison, metric: &str) -> Vec<Bar> {
    let rows: Vec<(&str, &FigureDifference, &Pair)> = comparison
        .variants
        .iter()
        .filter_map(|variant| {
            let row = answer::whole(variant, metric)?;
            Some((variant.side.name.as_str(), row, row.pair.as_ref()?))
        })
        .collect();
    let ends = |pair: &Pair| pair.difference.interval.unwrap_or([pair.difference.mean; 2]);
    let widest = rows.iter().flat_map(|(_, _, pair)| ends(pair)).fold(1e-9, |most: f64, end| most.max(end.abs()));
    let place = |value: f64| 50.0 + 48.0 * value / widest;
    let bar = |(name, row, pair): &(&str, &FigureDifference, &Pair)| {
        let [low, high] = ends(pair).map(place);
        Bar {
            label: (*name).to_owned(),
            text: difference(&pair.difference, row.unit),
            left: low,
            width: (high - low).max(0.4),
            dot: place(pair.difference.mean),
            tone: tone(row),
        }
    };
    rows.iter().map(bar).collect()
}

const TEMPLATE: &str = include_str!("page.html");

fn shown(variant: &Variant, base: &Compared, new: &Compared) -> Value {
    let of = |scope: Scope| variant.figures.iter().filter(move |row| row.scope == scope);
    let grid = |scope: Scope| {
        let rows: Vec<Value> = of(scope).map(row).collect();
        context! { title => scope.word(), rows => rows }
    };
    let parts = [Scope::Route, Scope::Service, Scope::Hpa, Scope::NodeGroup, Scope::Namespace, Scope::Charge];
    context! {
        name => variant.side.name.as_str(),
        sentence => sentence(variant),
        inputs => Value::from(Serde(&variant.inputs)),
        caveats => Value::from(Serde(&variant.side.caveats)),
        plot => plot(variant),
        headlines => of(Scope::Whole).map(row).collect::<Vec<_>>(),
        grids => parts.map(grid).to_vec(),
        bridge => bridge(variant),
        variance => why_it_costs(variant),
        parting => Value::from(Serde(&variant.parting)),
        figures => Value::from(Serde(histories_beside_each_other(&both(&base.report, &new.report)))),
    }
}

fn row(row: &FigureDifference) -> Value {
    let [base, new, difference, relative, verdict] = cells(row);
    let tone = tone(row);
    context! { name => owner(&row.name), label => row.label.as_str(), base, new, difference, relative, verdict, tone }
}

fn tone(row: &FigureDifference) -> &'static str {
    use crate::study::PairVerdict::{Better, Worse};
    match row.pair.as_ref().map(|pair| pair.verdict) {
        Some(Better) => "good",
        Some(Worse) => "bad",
        _ => "",
    }
}

/// The cost difference by its causes, as a picture and a table.
fn why_it_costs(variant: &Variant) -> Option<Value> {
    let variance = variant.variance.as_ref()?;
    let base = answer::whole(variant, "costUsdPerMonth").and_then(|row| row.pair.as_ref())?.base;
    let row = |step: variance::Shown| {
        let tone = match (step.says.is_empty(), step.usd < 0.0) {
            (false, _) => "soft",
            (true, true) => "good",
            (true, false) => "bad",
        };
        context! { name => step.name, meaning => step.meaning, amount => step.amount, range => step.range, says => step.says, tone }
    };
    let rows: Vec<Value> = variance::shown(variance).into_iter().map(row).collect();
    let [total, range] = variance::total(variance);
    (!rows.is_empty()).then(|| {
        context! { rows, total, range, picture => waterfall(variance, base), convention => variance::CONVENTION }
    })
}

/// An interval as a bar in per cent of the plot's width, whose middle is zero.
#[derive(serde::Serialize)]
struct Bar {
    label: String,
    text: String,
    left: f64,
    width: f64,
    dot: f64,
    tone: &'static str,
}

/// Every figure of everything and of routes that can get better or worse and is not the same in both, as its relative
/// change with its interval, on a common scale that ends at the largest of those that tell something, at most at 100 %:
/// what is beyond stands at the edge, with its number beside it.
fn plot(variant: &Variant) -> Value {
    let is_drawn = |row: &&FigureDifference| row.scope == Scope::Whole && row.better != Better::Neither;
    let rows: Vec<(&FigureDifference, &Pair)> = variant
        .figures
        .iter()
        .filter(|row| is_drawn(row) || (row.scope == Scope::Route && row.better != Better::Neither && tells(row)))
        .filter_map(|row| Some((row, row.pair.as_ref()?)))
        .filter(|(_, pair)| pair.base != 0.0 && pair.difference.mean != 0.0)
        .take(MOST_BARS)
        .collect();
    let ends = |pair: &Pair| {
        let [low, high] = pair.difference.interval.unwrap_or([pair.difference.mean; 2]);
        [low, high].map(|end| end / pair.base.abs())
    };
    let widest = rows
        .iter()
        .filter(|(row, _)| tells(row))
        .flat_map(|(_, pair)| ends(pair))
        .fold(0.02, |most: f64, end| most.max(end.abs()))
        .min(1.0);
    let place = |share: f64| (50.0 + 48.0 * (share / widest).clamp(-1.0, 1.0)).clamp(0.0, 100.0);
    let bar = |(row, pair): &(&FigureDifference, &Pair)| {
        let [low, high] = ends(pair).map(place);
        Bar {
            label: if row.name.is_empty() { row.label.clone() } else { format!("{} {}", row.name, row.label) },
            text: difference(&pair.difference, row.unit),
            left: low,
            width: (high - low).max(0.4),
            dot: place(pair.difference.mean / pair.base.abs()),
            tone: tone(row),
        }
    };
    let bars: Vec<Bar> = rows.iter().map(bar).collect();
    context! { bars => Value::from(Serde(bars)), widest => format!("{:.0}%", finite(widest * 100.0)) }
}

/// More bars nobody reads.
const MOST_BARS: usize = 40;

/// The cost difference step by step, as amounts that add up to it as shown, each with the share of the largest.
fn bridge(variant: &Variant) -> Value {
    let total = |report: fn(&super::BridgeStep) -> f64| variant.bridge.iter().map(report).sum::<f64>();
    let change = total(|step| step.new) - total(|step| step.base);
    let amounts: Vec<f64> = variant.bridge.iter().map(|step| step.new - step.base).collect();
    let most = amounts.iter().fold(0.0, |most: f64, amount| most.max(amount.abs()));
    let step = |((step, amount), text): ((&super::BridgeStep, &f64), String)| {
        context! {
            name => step.name.as_str(),
            amount => text,
            width => (amount.abs() / most.max(1e-9) * 48.0),
            left => if *amount < 0.0 { 50.0 - amount.abs() / most.max(1e-9) * 48.0 } else { 50.0 },
            tone => if *amount < 0.0 { "good" } else { "bad" },
        }
    };
    let shown = parts_in_cents(change, &amounts, |_| false).into_iter().map(signed);
    let steps: Vec<Value> = variant.bridge.iter().zip(&amounts).zip(shown).map(step).collect();
    context! { steps => steps, total => signed(cents(change)) }
}

/// A report with both timelines in one: a line each a panel, sums of all series (of latencies the largest).
fn both(base: &Report, new: &Report) -> Report {
    let mut both = base.clone();
    both.timeline.series.clear();
    // What is drawn is no namespace or group, and has colours of its own.
    both.namespaces.clear();
    both.groups.clear();
    both.charges.clear();
    let mut panels: Vec<Panel> = Vec::new();
    for series in base.timeline.series.iter().chain(&new.timeline.series) {
        if !panels.contains(&series.panel) {
            panels.push(series.panel);
        }
    }
    for panel in panels {
        for (name, report) in [("base", base), ("new", new)] {
            let of: Vec<&Series> = report.timeline.series.iter().filter(|series| series.panel == panel).collect();
            let steps = of.iter().map(|series| series.values.len()).max().unwrap_or(0);
            let at = |step: usize| {
                let values = of.iter().filter_map(|series| series.values.get(step).copied().flatten());
                match panel {
                    Panel::LatencyMsP95 => values.reduce(f64::max),
                    _ => values.reduce(|sum, value| sum + value),
                }
            };
            both.timeline.series.push(Series { panel, name: name.to_owned(), values: (0..steps).map(at).collect() });
        }
    }
    both
}
