//! Two lines over time in one chart: what was and what was said.

use super::frame::{Axis, Figure, Line, PALETTE, Result, WIDTH, builder, legend, mesh, themed};
use super::over_time::draw_pieces;
use super::thinned::TimeAxis;
use crate::report::Unit;
use crate::report::format::figure as figure_of;
use plotters::prelude::*;

/// More points than pixels are not visible.
const POINTS: usize = 480;
const HEIGHT: u32 = 170;

/// Two lines, and what they are.
pub(in crate::report) struct Beside<'a> {
    pub(in crate::report) title: String,
    pub(in crate::report) note: String,
    /// A name and its values, one per step.
    pub(in crate::report) lines: [(&'a str, &'a [Option<f64>]); 2],
    pub(in crate::report) step_seconds: f64,
}

impl Beside<'_> {
    /// The chart; none where there is nothing to draw.
    pub(in crate::report) fn figure(&self) -> Option<Figure> {
        let steps = self.lines.iter().map(|(_, values)| values.len()).max()?;
        let every = steps.div_ceil(POINTS).max(1);
        let lines = self.lines.map(|(name, values)| Line { name: name.to_owned(), values: means(values, every) });
        let points = lines[0].values.len().max(lines[1].values.len());
        let step = self.step_seconds * every as f64;
        let axis = TimeAxis { start: 0.0, step, end: (step * points.saturating_sub(1) as f64).max(1.0) };
        let peak = lines.iter().flat_map(|line| &line.values).flatten().copied().fold(0.0, f64::max);
        if peak <= 0.0 {
            return None;
        }
        let colors = [PALETTE[0], PALETTE[1]];
        let mut svg = String::new();
        draw(&mut svg, &axis, (&lines, &colors), peak * 1.06).ok()?;
        let legend = legend(&lines, &colors);
        Some(Figure { title: self.title.clone(), note: self.note.clone(), legend, svg: themed(&svg) })
    }
}

fn means(values: &[Option<f64>], every: usize) -> Vec<Option<f64>> {
    let mean = |part: &[Option<f64>]| {
        let known: Vec<f64> = part.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    values.chunks(every).map(mean).collect()
}

fn draw(svg: &mut String, axis: &TimeAxis, (lines, colors): (&[Line; 2], &[RGBColor; 2]), top: f64) -> Result<()> {
    let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let x = Axis { low: 0.0, high: axis.end, ticks: axis.ticks(), log: false };
    let mut chart = builder(&root).build_cartesian_2d(x, 0.0..top)?;
    mesh(&mut chart)
        .y_labels(4)
        .y_label_formatter(&|value| figure_of(*value, Unit::Count))
        .x_label_formatter(&|value| axis.label(*value))
        .draw()?;
    for (line, color) in lines.iter().zip(colors) {
        draw_pieces(&mut chart, axis, &line.values, *color)?;
    }
    root.present()?;
    Ok(())
}
