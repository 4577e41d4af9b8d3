//! Charts over time: stacked areas, lines with gaps, latency on a logarithmic axis.

use super::colors::{Colors, largest};
use super::frame::{ALARM, Axis, Figure, Line, Result, WIDTH, builder, legend, mesh, themed};
use super::thinned::{Thin, TimeAxis, thinned};
use crate::report::format::{digits, figure as figure_of};
use crate::report::{Panel, Report, Unit};
use plotters::prelude::*;

/// A chart of a panel with a linear axis.
#[derive(Clone, Copy)]
struct OverTime {
    panel: Panel,
    title: &'static str,
    note: &'static str,
    thin: Thin,
    stacked: bool,
    height: u32,
}

/// The charts above the latency, and those below it.
const ABOVE: [OverTime; 4] = [
    OverTime {
        panel: Panel::RequestsPerSecond,
        title: "Traffic",
        note: "requests per second, stacked",
        thin: Thin::Mean,
        stacked: true,
        height: 230,
    },
    OverTime {
        panel: Panel::Replicas,
        title: "Replicas",
        note: "ready pods, stacked",
        thin: Thin::Peak,
        stacked: true,
        height: 230,
    },
    OverTime {
        panel: Panel::Nodes,
        title: "Nodes by group",
        note: "ready nodes, stacked",
        thin: Thin::Peak,
        stacked: true,
        height: 200,
    },
    OverTime {
        panel: Panel::PendingPods,
        title: "Pending pods",
        note: "waiting for a node, mean",
        thin: Thin::Peak,
        stacked: true,
        height: 110,
    },
];
const BELOW: [OverTime; 2] = [
    OverTime {
        panel: Panel::ErrorRatio,
        title: "Errors",
        note: "share of requests that failed",
        thin: Thin::Peak,
        stacked: false,
        height: 150,
    },
    OverTime {
        panel: Panel::CostUsdPerHour,
        title: "Run rate",
        note: "USD per hour",
        thin: Thin::Mean,
        stacked: true,
        height: 130,
    },
];

/// All charts over time that have data.
pub(in crate::report) fn timeline_figures(report: &Report) -> Vec<Figure> {
    let linear = |chart: &OverTime| chart.figure(report);
    let above = ABOVE.iter().map(linear);
    above.chain([latency(report)]).chain(BELOW.iter().map(linear)).flatten().collect()
}

/// The charts of two or more histories in one: a line each, nothing stacked. The report's series are one a history and
/// panel.
pub(in crate::report) fn histories_beside_each_other(report: &Report) -> Vec<Figure> {
    let linear = |chart: &OverTime| {
        let note = chart.note.strip_suffix(", stacked").unwrap_or(chart.note);
        OverTime { stacked: false, note, ..*chart }.figure(report)
    };
    let above = ABOVE.iter().map(linear);
    above.chain([latency(report)]).chain(BELOW.iter().map(linear)).flatten().collect()
}

impl OverTime {
    fn figure(&self, report: &Report) -> Option<Figure> {
        let join = if self.stacked { |sum: f64, value: f64| sum + value } else { f64::max };
        let lines = largest(thinned(report, self.panel, self.thin), join);
        let points = lines.first()?.values.len();
        let peak = if self.stacked {
            let stack = |at: usize| lines.iter().filter_map(|line| line.values[at]).sum::<f64>();
            (0..points).map(stack).fold(0.0, f64::max)
        } else {
            lines.iter().flat_map(|line| &line.values).flatten().copied().fold(0.0, f64::max)
        };
        let axis = TimeAxis::of(report, points);
        let top = if peak > 0.0 { peak * 1.06 } else { 1.0 };
        let colors = colors(report, &lines, self.panel);
        let mut svg = String::new();
        self.draw(&mut svg, &axis, (&lines, &colors), top).ok()?;
        let legend = legend(&lines, &colors);
        Some(Figure { title: self.title.to_owned(), note: self.note.to_owned(), legend, svg: themed(&svg) })
    }

    fn draw(&self, svg: &mut String, axis: &TimeAxis, (lines, colors): (&[Line], &[RGBColor]), top: f64) -> Result<()> {
        let unit = if self.panel == Panel::ErrorRatio { Unit::Ratio } else { Unit::Count };
        let root = SVGBackend::with_string(svg, (WIDTH, self.height)).into_drawing_area();
        let x = Axis { low: 0.0, high: axis.end, ticks: axis.ticks(), log: false };
        let mut chart = builder(&root).build_cartesian_2d(x, 0.0..top)?;
        mesh(&mut chart)
            .y_labels((self.height / 45).max(3) as usize)
            .y_label_formatter(&|value| figure_of(*value, unit))
            .x_label_formatter(&|value| axis.label(*value))
            .draw()?;
        let mut below = vec![0.0; lines.first().map_or(0, |line| line.values.len())];
        for (line, color) in lines.iter().zip(colors) {
            if !self.stacked {
                draw_pieces(&mut chart, axis, &line.values, *color)?;
                continue;
            }
            let mut outline: Vec<(f64, f64)> = Vec::with_capacity(line.values.len() * 2);
            let floor: Vec<f64> = below.clone();
            for (i, value) in line.values.iter().enumerate() {
                below[i] += value.unwrap_or(0.0);
                outline.push((axis.at(i), below[i]));
            }
            let edge = outline.clone();
            outline.extend(floor.iter().enumerate().rev().map(|(i, floor)| (axis.at(i), *floor)));
            chart.draw_series([Polygon::new(outline, color.mix(0.75).filled())])?;
            chart.draw_series([PathElement::new(edge, color.stroke_width(1))])?;
        }
        root.present()?;
        Ok(())
    }
}

/// A line with its gaps.
pub(super) fn draw_pieces<'a, DB: DrawingBackend + 'a, CT>(
    chart: &mut ChartContext<'a, DB, CT>,
    axis: &TimeAxis,
    values: &[Option<f64>],
    color: RGBColor,
) -> Result<()>
where
    CT: CoordTranslate<From = (f64, f64)>,
    DB::ErrorType: 'static,
{
    let points: Vec<Option<(f64, f64)>> =
        values.iter().enumerate().map(|(i, value)| value.map(|value| (axis.at(i), value))).collect();
    for piece in points.split(Option::is_none).filter(|piece| !piece.is_empty()) {
        let path: Vec<(f64, f64)> = piece.iter().flatten().copied().collect();
        chart.draw_series([PathElement::new(path, color.stroke_width(2))])?;
    }
    Ok(())
}

/// Latency spans orders of magnitude: a logarithmic axis, with the objective in milliseconds as a dashed line.
struct Latency {
    lines: Vec<Line>,
    colors: Vec<RGBColor>,
    low: f64,
    high: f64,
    objective_ms: Option<f64>,
}

fn latency(report: &Report) -> Option<Figure> {
    let objective_ms = report.headline("latencyMsP95").and_then(|headline| headline.objective);
    let lines = largest(thinned(report, Panel::LatencyMsP95, Thin::Peak), f64::max);
    let values = || lines.iter().flat_map(|line| &line.values).flatten().copied().filter(|value| *value > 0.0);
    let lowest = values().fold(f64::INFINITY, f64::min).min(objective_ms.unwrap_or(f64::INFINITY));
    let highest = values().fold(0.0, f64::max).max(objective_ms.unwrap_or(0.0));
    if !lowest.is_finite() {
        return None;
    }
    let axis = TimeAxis::of(report, lines.first()?.values.len());
    let colors = colors(report, &lines, Panel::LatencyMsP95);
    let chart = Latency { lines, colors, low: lowest / 1.3, high: highest * 1.3, objective_ms };
    let mut svg = String::new();
    chart.draw(&mut svg, &axis).ok()?;
    let note = match objective_ms {
        Some(limit) => {
            format!(
                "P95 in ms, logarithmic; the dashed line is the objective, {}",
                figure_of(limit, Unit::Milliseconds)
            )
        }
        None => "P95 in ms, logarithmic".to_owned(),
    };
    let legend = legend(&chart.lines, &chart.colors);
    Some(Figure { title: "Latency".to_owned(), note, legend, svg: themed(&svg) })
}

impl Latency {
    fn draw(&self, svg: &mut String, axis: &TimeAxis) -> Result<()> {
        let (low, high) = (self.low, self.high);
        let root = SVGBackend::with_string(svg, (WIDTH, 260)).into_drawing_area();
        let x = Axis { low: 0.0, high: axis.end, ticks: axis.ticks(), log: false };
        let decades: Vec<f64> = (-2..8)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * libm::pow(10.0, f64::from(power))))
            .filter(|tick| (low..=high).contains(tick))
            .collect();
        let y = Axis { low, high, ticks: decades, log: true };
        let mut chart = builder(&root).build_cartesian_2d(x, y)?;
        mesh(&mut chart)
            .y_label_formatter(&|value| digits(*value))
            .x_label_formatter(&|value| axis.label(*value))
            .draw()?;
        for (line, color) in self.lines.iter().zip(&self.colors) {
            let positive: Vec<Option<f64>> =
                line.values.iter().map(|value| value.filter(|value| *value > 0.0)).collect();
            draw_pieces(&mut chart, axis, &positive, *color)?;
        }
        if let Some(limit) = self.objective_ms {
            let ends = [(0.0, limit), (axis.end, limit)];
            chart.draw_series(DashedLineSeries::new(ends, 7, 5, ALARM.stroke_width(2)))?;
        }
        root.present()?;
        Ok(())
    }
}

fn colors(report: &Report, lines: &[Line], panel: Panel) -> Vec<RGBColor> {
    let colors = Colors::of(report);
    match panel {
        Panel::PendingPods | Panel::ErrorRatio if lines.len() == 1 => vec![ALARM],
        Panel::Nodes => lines.iter().map(|line| colors.group(&line.name)).collect(),
        _ => lines.iter().map(|line| colors.owner(&line.name)).collect(),
    }
}
