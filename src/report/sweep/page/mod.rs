//! The page of a study: one file, no network, light and dark, prints well. The answer is on top.
//!
//! Everything can be read without scripts; with them a point opens under the mouse or the keyboard. Its size does not grow with
//! the number of points: of the front at most [`MOST_OF_FRONT`] points are drawn, of others those that
//! [`Findings::others`] has.

mod command;
mod effects;
mod front;
mod heat;
mod parallel;
mod scale;

pub use command::{PointCommand, quoted};

use super::findings::levels::bare;
use super::findings::{Findings, FrontPoint, KeptPoint};
use super::model::{AxisValues, Sampling, StudyAxis};
use super::words::{answer, lead, percent, settings, small, thinned, with_interval};
use crate::report::compare::words::difference;
use crate::report::format::figure;
use crate::report::page::page;
use crate::units::{counted, finite, grouped};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde_json::json;

/// Points of the front that are drawn.
const MOST_OF_FRONT: usize = 100;
/// Rows of a table of effects.
const MOST_ROWS: usize = 20;
/// Characters of an axis's values.
const MOST_OF_VALUES: usize = 120;

/// The page for what a study's points say; `command` runs one of them.
///
/// Cost: some milliseconds; below a megabyte of text, whatever the number of points.
pub fn study_page(findings: &Findings, command: &PointCommand) -> String {
    let drawn: Vec<&FrontPoint> = thinned(&findings.front, MOST_OF_FRONT);
    let head = &findings.head;
    let names: Vec<String> = findings.figures.iter().map(|figure| figure.label.clone()).collect();
    let model = context! {
        head => Value::from(Serde(head)),
        about => format!("{} · {} each, all with the same random numbers", counted(findings.seen as usize, "point"), counted(head.replications as usize, "replication")),
        answer => answer(findings),
        lower => [small(&names[0]), small(&names[1])],
        short => [0, 1].map(|at| small(names[at].split(',').next().unwrap_or_default())),
        names => names,
        plot => front::plot(findings, &drawn),
        drawn => drawn_rule(findings, drawn.len()),
        rows => drawn.iter().map(|point| row(findings, command, point)).collect::<Vec<_>>(),
        alike => drawn.iter().any(|point| point.alike > 0),
        heat => heat::maps(findings, &drawn),
        parallel => parallel::lines(findings, &drawn),
        effects => effects::charts(findings),
        pairs => pairs(findings),
        axes => head.axes.iter().map(axis).collect::<Vec<_>>(),
        sampling => sampling(head.sampling),
        data => Value::from(Serde(data(findings, command, &drawn))),
    };
    page(include_str!("page.html"), model)
}

/// Which points are drawn, where that is not all of them.
fn drawn_rule(findings: &Findings, front: usize) -> String {
    let mut rules = Vec::new();
    if front < findings.front.len() {
        rules.push(format!("{front} of {} points of the front are drawn, evenly along it", findings.front.len()));
    }
    let dominated = findings.dominated();
    let others = findings.others.len() as u64;
    if others < dominated {
        rules.push(format!(
            "of {} that another point is better than, {} are drawn: those whose numbers come first in a fixed shuffle",
            counted(dominated as usize, "point"),
            grouped(others)
        ));
    }
    if findings.unknown > 0 {
        let points = counted(findings.unknown as usize, "point");
        rules.push(format!("{points} without one of both figures are not: nothing was answered there"));
    }
    if let Some(broken) = findings.broken.filter(|broken| *broken > 0) {
        rules.push(format!("{} of all break an objective", counted(broken as usize, "point")));
    }
    rules.join("; ")
}

fn row(findings: &Findings, command: &PointCommand, point: &FrontPoint) -> Value {
    let kept = &point.kept;
    let figure = |at: usize| {
        let shown = kept.figures[at];
        let text = with_interval(shown.mean, shown.half, findings.figures[at].unit);
        context! { text, broken => shown.is_broken }
    };
    let leads = [0, 1].map(|at| {
        let unit = findings.figures[at].unit;
        point.leads[at].as_ref().map(|lead| difference(&lead.difference, unit))
    });
    context! {
        point => kept.point,
        settings => kept.settings.iter().map(|value| bare(value)).collect::<Vec<_>>(),
        x => figure(0),
        y => figure(1),
        alike => point.alike,
        leads => leads.to_vec(),
        lead => lead(findings, point),
        rest => (2..kept.figures.len()).map(|at| context! { label => findings.figures[at].label.as_str(), ..figure(at) }).collect::<Vec<_>>(),
        command => command.of(&kept.settings),
    }
}

/// What two axes do together to the front's figures, the strongest first.
fn pairs(findings: &Findings) -> Vec<Value> {
    let mut rows = Vec::new();
    for effects in findings.effects.iter().take(2).filter(|effects| !effects.is_constant) {
        let named = &findings.figures[effects.figure];
        for pair in &effects.pairs {
            let Some(together) = &pair.difference else { continue };
            let [one, other] = pair.axes.map(|axis| &findings.axes[axis]);
            let ends = |levels: &super::Levels| {
                if findings.head.sampling.is_some() {
                    return format!("{} from its lower to its upper half", levels.name);
                }
                let (first, last) = (levels.labels.first(), levels.labels.last());
                let [first, last] = [first, last].map(|label| label.map_or("", String::as_str));
                format!("{} from {first} to {last}", levels.name)
            };
            let size = together.mean.abs() / (effects.mean.abs().max(f64::MIN_POSITIVE));
            let row = context! {
                figure => named.label.as_str(),
                one => ends(one),
                other => ends(other),
                difference => difference(together, named.unit),
                share => pair.share.map(percent),
                sure => together.is_significant(),
                known => together.interval.is_some(),
            };
            rows.push((pair.share.unwrap_or(size), row));
        }
    }
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    rows.into_iter().take(MOST_ROWS).map(|(_, row)| row).collect()
}

fn axis(axis: &StudyAxis) -> Value {
    let values = match &axis.values {
        AxisValues::List(list) => list.iter().map(|value| bare(value)).collect::<Vec<_>>().join(", "),
        AxisValues::Range { low, high } => format!("{low} to {high}"),
    };
    let count = match &axis.values {
        AxisValues::List(list) => grouped(list.len() as u64),
        AxisValues::Range { .. } => "any between".to_owned(),
    };
    let shown: String = values.chars().take(MOST_OF_VALUES).collect();
    let values = if shown.len() < values.len() { format!("{shown} …") } else { shown };
    context! { name => axis.name.as_str(), values, count }
}

fn sampling(sampling: Option<Sampling>) -> &'static str {
    match sampling {
        None => "every combination",
        Some(Sampling::Sobol) => "a scrambled Sobol sequence",
        Some(Sampling::LatinHypercube) => "a Latin hypercube",
    }
}

/// What the script shows of a point: settings, figures, which of them are beyond their objective.
fn data(findings: &Findings, command: &PointCommand, drawn: &[&FrontPoint]) -> serde_json::Value {
    let one = |point: &KeptPoint| {
        let texts = |(shown, named): (&super::Shown, &super::NamedFigure)| figure(shown.mean, named.unit);
        let figures: Vec<String> = point.figures.iter().zip(&findings.figures).map(texts).collect();
        let broken: Vec<usize> = (0..point.figures.len()).filter(|at| point.figures[*at].is_broken).collect();
        (point.point.to_string(), json!([point.settings, figures, broken, point.caveats]))
    };
    let front = drawn.iter().map(|point| &point.kept);
    let points: serde_json::Map<String, serde_json::Value> = front.chain(&findings.others).map(one).collect();
    let axes: Vec<&str> = findings.head.axes.iter().map(|axis| axis.name.as_str()).collect();
    let figures: Vec<&str> = findings.figures.iter().map(|figure| figure.label.as_str()).collect();
    json!({ "axes": axes, "figures": figures, "run": command.run, "sets": command.sets, "points": points })
}

/// A point's settings and its two figures, as the mouse shows it without a script.
fn title(findings: &Findings, point: &KeptPoint) -> String {
    let [x, y] = [0, 1].map(|at| figure(point.figures[at].mean, findings.figures[at].unit));
    format!("{}: {x}, {y}", settings(&findings.axes, point))
}

/// Per cent of a picture's side.
fn side(place: f64) -> String {
    format!("{:.2}", finite(place * 100.0))
}

#[cfg(test)]
mod tests;
