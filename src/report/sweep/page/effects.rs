//! What each axis does by itself: a small chart an axis and figure.

use super::scale::Scale;
use super::{percent, side};
use crate::report::format::figure;
use crate::report::sweep::findings::{AxisEffect, FigureEffects, Findings, Levels};
use crate::report::sweep::words::with_interval;
use minijinja::{Value, context};

/// All labels are written below a chart of so few levels.
const MOST_LABELS: usize = 4;

/// By figure, those of the front first; axes of a figure have one scale in common.
pub(super) fn charts(findings: &Findings) -> Vec<Value> {
    findings.effects.iter().filter(|effects| !effects.is_constant).map(|effects| of(findings, effects)).collect()
}

fn of(findings: &Findings, effects: &FigureEffects) -> Value {
    let levels = || effects.axes.iter().flat_map(|axis| &axis.levels);
    let ends = levels().flat_map(|level| [level.mean - level.half, level.mean + level.half]);
    let scale = Scale::of(ends);
    let named = &findings.figures[effects.figure];
    let chart = |(axis, levels): (&AxisEffect, &Levels)| {
        let count = levels.count() as f64;
        let dot = |(at, level): (usize, &crate::report::sweep::LevelEffect)| {
            let y = |value: f64| side(1.0 - scale.place(value));
            let text = with_interval(level.mean, level.half, named.unit);
            context! {
                x => side((at as f64 + 0.5) / count),
                y => y(level.mean),
                low => y(level.mean - level.half),
                high => y(level.mean + level.half),
                title => format!("{}: {text}", levels.labels[at]),
            }
        };
        let known = axis.levels.iter().enumerate().filter(|(_, level)| level.mean.is_finite());
        let points = || {
            known.clone().map(|(at, level)| {
                format!("{},{}", side((at as f64 + 0.5) / count), side(1.0 - scale.place(level.mean)))
            })
        };
        let labels: Vec<String> = if levels.count() <= MOST_LABELS {
            levels.labels.clone()
        } else {
            [levels.labels.first(), levels.labels.last()].into_iter().flatten().cloned().collect()
        };
        context! {
            name => levels.name.as_str(),
            share => axis.share.map(percent),
            span => figure(axis.span(), named.unit),
            line => points().collect::<Vec<_>>().join(" "),
            dots => known.clone().map(dot).collect::<Vec<_>>(),
            labels,
            few => levels.count() <= MOST_LABELS,
        }
    };
    let ticks = scale.ticks(3).into_iter().map(|tick| {
        context! { at => side(1.0 - scale.place(tick)), label => figure(tick, named.unit) }
    });
    let ticks: Vec<Value> = ticks.collect();
    context! {
        label => named.label.as_str(),
        mean => figure(effects.mean, named.unit),
        missing => effects.missing,
        left => effects.left.filter(|left| *left >= 0.005).map(percent),
        charts => effects.axes.iter().zip(&findings.axes).filter(|(_, levels)| levels.count() > 1).map(chart).collect::<Vec<_>>(),
        ticks,
    }
}
