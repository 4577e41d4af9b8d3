//! The front as a picture.

use super::scale::Scale;
use super::{side, title};
use crate::report::format::figure;
use crate::report::sweep::findings::{Findings, FrontPoint, KeptPoint};
use minijinja::{Value, context};

/// Marks and dots in per cent of the picture.
pub(super) fn plot(findings: &Findings, drawn: &[&FrontPoint]) -> Value {
    let points = || drawn.iter().map(|point| &point.kept).chain(&findings.others);
    let scales = [0, 1].map(|at| Scale::of(points().map(|point| point.figures[at].mean)));
    let place = |point: &KeptPoint| {
        let [x, y] = [0, 1].map(|at| scales[at].place(point.figures[at].mean));
        [x, 1.0 - y]
    };
    let ticks = |at: usize, about: usize| -> Vec<Value> {
        let unit = findings.figures[at].unit;
        let one = |tick: f64| {
            let place = scales[at].place(tick);
            context! { at => side(if at == 0 { place } else { 1.0 - place }), label => figure(tick, unit) }
        };
        scales[at].ticks(about).into_iter().map(one).collect()
    };
    let best = findings.best.as_ref().map(|best| best.point);
    let dot = |point: &KeptPoint| {
        let [x, y] = place(point).map(side);
        context! { x, y, point => point.point, broken => point.breaks() }
    };
    let front: Vec<Value> = drawn
        .iter()
        .map(|point| {
            let is_best = best == Some(point.kept.point);
            context! { title => title(findings, &point.kept), sure => point.is_sure(), best => is_best, ..dot(&point.kept) }
        })
        .collect();
    let is_aside = |point: &&KeptPoint| best == Some(point.point);
    context! {
        x_ticks => ticks(0, 6),
        y_ticks => ticks(1, 5),
        logs => [0, 1].map(|at| scales[at].is_log()).to_vec(),
        stairs => stairs(&drawn.iter().map(|point| place(&point.kept)).collect::<Vec<_>>()),
        front => front,
        has_best => best.is_some(),
        has_broken => points().any(KeptPoint::breaks),
        // The one that keeps the objectives need not be on the front.
        others => findings.others.iter().filter(|point| !is_aside(point)).map(&dot).collect::<Vec<_>>(),
        aside => findings.others.iter().find(is_aside).map(|point| context! { title => title(findings, point), ..dot(point) }),
    }
}

/// The border of what can be had: from each point across to the next one's first figure, then to its second.
fn stairs(places: &[[f64; 2]]) -> String {
    let mut path = String::new();
    for (at, [x, y]) in places.iter().enumerate() {
        let (x, y) = (side(*x), side(*y));
        path += &if at == 0 { format!("M{x},{y}") } else { format!("H{x}V{y}") };
    }
    path
}
