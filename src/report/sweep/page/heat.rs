//! Two axes as a map: a figure's mean by the levels of both.

use super::scale::Scale;
use crate::report::format::figure;
use crate::report::sweep::findings::{Findings, FrontPoint, KeptPoint, PairEffect};
use minijinja::{Value, context};
use std::collections::BTreeMap;

/// The maps of the main figures: of both axes, or of the two of many that do most together to the front's figures. Nothing with
/// a single axis.
pub(super) fn maps(findings: &Findings, drawn: &[&FrontPoint]) -> Value {
    let front = findings.effects.iter().take(2).filter(|effects| !effects.is_constant);
    let weight = |pair: &PairEffect| pair.share.unwrap_or(0.0);
    let strongest = front
        .flat_map(|effects| effects.pairs.iter())
        .reduce(|best, pair| if weight(pair) > weight(best) { pair } else { best });
    let Some([one, other]) = strongest.map(|pair| pair.axes) else { return Value::from(()) };
    let axes = [&findings.axes[one], &findings.axes[other]];
    let is_whole = findings.axes.len() == 2 && !axes.iter().any(|axis| axis.is_grouped);
    // With two axes a cell is a point.
    let mut points: BTreeMap<[usize; 2], (&KeptPoint, bool)> = BTreeMap::new();
    if is_whole {
        let all =
            drawn.iter().map(|point| (&point.kept, true)).chain(findings.others.iter().map(|point| (point, false)));
        for (point, is_front) in all {
            if let [Some(one), Some(other)] = [0, 1].map(|at| axes[at].level(&point.settings[at])) {
                points.insert([one, other], (point, is_front));
            }
        }
    }
    let map = |at: usize| {
        let effects = findings.effects.iter().find(|effects| effects.figure == at)?;
        let pair = effects.pairs.iter().find(|pair| pair.axes == [one, other]).filter(|_| !effects.is_constant)?;
        let scale = Scale::of(pair.means.iter().flatten().copied());
        let unit = findings.figures[at].unit;
        let cell = |row: usize, column: usize, mean: f64| {
            let point = points.get(&[row, column]);
            context! {
                text => if mean.is_nan() { String::new() } else { figure(mean, unit) },
                shade => if mean.is_nan() { 0.0 } else { (scale.place(mean) * 100.0).round() },
                point => point.map(|(point, _)| point.point),
                front => point.is_some_and(|(_, is_front)| *is_front),
                broken => point.is_some_and(|(point, _)| point.breaks()),
            }
        };
        let row = |(row, means): (usize, &Vec<f64>)| {
            let cells: Vec<Value> = means.iter().enumerate().map(|(column, mean)| cell(row, column, *mean)).collect();
            context! { label => axes[0].labels[row].as_str(), cells }
        };
        let rows: Vec<Value> = pair.means.iter().enumerate().map(row).collect();
        Some(context! { label => findings.figures[at].label.as_str(), rows })
    };
    let maps: Vec<Value> = findings.effects.iter().filter_map(|effects| map(effects.figure)).collect();
    context! {
        maps,
        one => axes[0].name.as_str(),
        other => axes[1].name.as_str(),
        columns => axes[1].labels.clone(),
        averaged => findings.axes.len() > 2,
        grouped => axes.iter().any(|axis| axis.is_grouped),
    }
}
