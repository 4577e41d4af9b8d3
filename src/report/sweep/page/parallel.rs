//! Three axes and more as parallel lines: a line a point, across every axis and both figures.

use super::scale::Scale;
use super::{side, title};
use crate::report::format::figure;
use crate::report::sweep::findings::{Findings, FrontPoint, KeptPoint, Levels};
use minijinja::{Value, context};

/// Lines of points that are not on the front.
const MOST_OTHERS: usize = 200;
/// All values of an axis with so few are written beside it.
const MOST_LABELS: usize = 6;

/// The lines in per cent of the picture; nothing for fewer than three axes.
pub(super) fn lines(findings: &Findings, drawn: &[&FrontPoint]) -> Value {
    if findings.axes.len() < 3 || drawn.is_empty() {
        return Value::from(());
    }
    let others: Vec<&KeptPoint> = super::thinned(&findings.others, MOST_OTHERS);
    let points = || drawn.iter().map(|point| &point.kept).chain(others.iter().copied());
    let scales = [0, 1].map(|at| Scale::of(points().map(|point| point.figures[at].mean)));
    let last = (findings.axes.len() + 1) as f64;
    let path = |point: &KeptPoint| {
        let settings = findings.axes.iter().zip(&point.settings).map(|(axis, value)| axis.place(value).unwrap_or(0.5));
        let figures = [0, 1].map(|at| scales[at].place(point.figures[at].mean));
        let place = |(at, place): (usize, f64)| format!("{},{}", side(at as f64 / last), side(0.97 - place * 0.94));
        settings.chain(figures).enumerate().map(place).collect::<Vec<_>>().join(" ")
    };
    let line =
        |point: &KeptPoint| context! { path => path(point), point => point.point, title => title(findings, point) };
    let mut columns: Vec<Value> = findings.axes.iter().map(of_axis).collect();
    for at in [0, 1] {
        let unit = findings.figures[at].unit;
        let mark =
            |tick: f64| context! { at => side(0.97 - scales[at].place(tick) * 0.94), label => figure(tick, unit) };
        let marks: Vec<Value> = scales[at].ticks(3).into_iter().map(mark).collect();
        columns.push(context! { name => findings.figures[at].label.split(',').next(), marks });
    }
    let columns: Vec<Value> = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| context! { x => side(at as f64 / last), last => at as f64 == last, ..column })
        .collect();
    context! {
        columns,
        front => drawn.iter().map(|point| line(&point.kept)).collect::<Vec<_>>(),
        others => others.iter().map(|point| line(point)).collect::<Vec<_>>(),
    }
}

fn of_axis(axis: &Levels) -> Value {
    let count = axis.count();
    let mark = |at: usize| {
        let place = if count < 2 { 0.5 } else { at as f64 / (count - 1) as f64 };
        context! { at => side(0.97 - place * 0.94), label => axis.labels[at].as_str() }
    };
    let marks: Vec<Value> =
        if count <= MOST_LABELS { (0..count).map(mark).collect() } else { [0, count - 1].map(mark).to_vec() };
    context! { name => axis.name.as_str(), marks }
}
