//! Charts as SVG: drawn by plotters in placeholder colours that the page's style sheet replaces, so
//! that one drawing is readable on light and on dark.

use plotters::chart::MeshStyle;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged, ValueFormatter};
use plotters::prelude::*;
use serde::Serialize;

use super::format::{digits, figure as figure_of, usd};
use super::model::{Panel, Series};
use super::{CostRow, Report, Unit};

/// A drawing with what belongs around it.
#[derive(Serialize)]
pub(super) struct Figure {
    title: String,
    note: String,
    legend: Vec<LegendEntry>,
    svg: String,
}

#[derive(Serialize)]
struct LegendEntry {
    name: String,
    color: String,
}

/// Colours that can be told apart, also by most colour-blind readers, on white and on black.
pub(super) const PALETTE: [RGBColor; 10] = [
    RGBColor(0x42, 0x69, 0xd0),
    RGBColor(0xef, 0xb1, 0x18),
    RGBColor(0xff, 0x72, 0x5c),
    RGBColor(0x6c, 0xc5, 0xb0),
    RGBColor(0x3c, 0xa9, 0x51),
    RGBColor(0xff, 0x8a, 0xb7),
    RGBColor(0xa4, 0x63, 0xf2),
    RGBColor(0x97, 0xbb, 0xf5),
    RGBColor(0x9c, 0x6b, 0x4e),
    RGBColor(0x2f, 0x9b, 0xb8),
];
/// Idle and unallocated money is shown in grey, as OpenCost's users know it.
const IDLE: RGBColor = RGBColor(0xb4, 0xba, 0xc4);
const UNALLOCATED: RGBColor = RGBColor(0x84, 0x8b, 0x98);
const ALARM: RGBColor = RGBColor(0xe0, 0x4f, 0x43);
/// Placeholders: replaced by `var(--ink)` and `var(--grid)`.
pub(super) const INK: RGBColor = RGBColor(1, 1, 1);
pub(super) const GRID: RGBColor = RGBColor(2, 2, 2);

const WIDTH: u32 = 960;
/// More points than pixels are not visible, but they are downloaded.
const POINTS: usize = 480;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How the values of one drawn point are chosen from the steps it covers.
#[derive(Clone, Copy)]
enum Thin {
    Mean,
    Peak,
}

/// An axis with its ticks given.
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
    pub(super) log: bool,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let scale = |value: f64| if self.log { libm::log(value.max(f64::MIN_POSITIVE)) } else { value };
        let (low, high) = (scale(self.low), scale(self.high));
        let share = if high > low { (scale(*value) - low) / (high - low) } else { 0.0 };
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }
    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }
    fn range(&self) -> std::ops::Range<f64> {
        self.low..self.high
    }
}

/// All charts over time that have data.
pub(super) fn timeline_figures(report: &Report) -> Vec<Figure> {
    let objective = report.headline("latencyMsP95").and_then(|headline| headline.objective);
    [
        over_time(report, Panel::RequestsPerSecond, "Traffic", "requests per second, stacked", Thin::Mean, true, 230),
        over_time(report, Panel::Replicas, "Replicas", "ready pods, stacked", Thin::Peak, true, 230),
        over_time(report, Panel::Nodes, "Nodes by group", "ready nodes, stacked", Thin::Peak, true, 200),
        over_time(report, Panel::PendingPods, "Pending pods", "waiting for a node, mean", Thin::Peak, true, 110),
        latency(report, objective),
        over_time(report, Panel::ErrorRatio, "Errors", "share of requests that failed", Thin::Peak, false, 150),
        over_time(report, Panel::CostUsdPerHour, "Run rate", "USD per hour", Thin::Mean, true, 130),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Cost per day, stacked by group and by namespace.
pub(super) fn cost_figures(report: &Report) -> Vec<Figure> {
    let group = |row: &CostRow| if row.group.is_empty() { row.resource.clone() } else { row.group.clone() };
    [
        cost_per_day(report, "Cost per day by node group and charge", group),
        cost_per_day(report, "Cost per day by namespace", |row| row.namespace.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn over_time(
    report: &Report,
    panel: Panel,
    title: &str,
    note: &str,
    thin: Thin,
    stacked: bool,
    height: u32,
) -> Option<Figure> {
    let lines = thinned(report, panel, thin);
    let peak = if stacked {
        (0..lines.first()?.1.len())
            .map(|i| lines.iter().filter_map(|(_, values)| values[i]).sum::<f64>())
            .fold(0.0, f64::max)
    } else {
        lines.iter().flat_map(|(_, values)| values).flatten().copied().fold(0.0, f64::max)
    };
    let axis = TimeAxis::of(report, lines.first()?.1.len());
    let top = if peak > 0.0 { peak * 1.06 } else { 1.0 };
    let unit = if panel == Panel::ErrorRatio { Unit::Ratio } else { Unit::Count };
    let mut svg = String::new();
    let colors = colors(&lines, panel);
    draw_over_time(&mut svg, &axis, &lines, &colors, stacked, (top, unit), height).ok()?;
    Some(figure(title, note, &lines, &colors, svg))
}

fn draw_over_time(
    svg: &mut String,
    axis: &TimeAxis,
    lines: &[(String, Vec<Option<f64>>)],
    colors: &[RGBColor],
    stacked: bool,
    (top, unit): (f64, Unit),
    height: u32,
) -> Result<()> {
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    let x = Axis { low: 0.0, high: axis.end, ticks: axis.ticks(), log: false };
    let mut chart = builder(&root).build_cartesian_2d(x, 0.0..top)?;
    mesh(&mut chart)
        .y_labels((height / 45).max(3) as usize)
        .y_label_formatter(&|value| figure_of(*value, unit))
        .x_label_formatter(&|value| axis.label(*value))
        .draw()?;
    let mut below = vec![0.0; lines.first().map_or(0, |(_, values)| values.len())];
    for ((_, values), color) in lines.iter().zip(colors) {
        if !stacked {
            draw_pieces(&mut chart, axis, values, *color)?;
            continue;
        }
        let mut outline: Vec<(f64, f64)> = Vec::with_capacity(values.len() * 2);
        let floor: Vec<f64> = below.clone();
        for (i, value) in values.iter().enumerate() {
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

/// A line with its gaps.
fn draw_pieces<'a, DB: DrawingBackend + 'a, CT>(
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

/// Latency spans orders of magnitude: a logarithmic axis, with the objective as a dashed line.
fn latency(report: &Report, objective: Option<f64>) -> Option<Figure> {
    let lines = thinned(report, Panel::LatencyMsP95, Thin::Peak);
    let values = || lines.iter().flat_map(|(_, values)| values).flatten().copied().filter(|value| *value > 0.0);
    let lowest = values().fold(f64::INFINITY, f64::min).min(objective.unwrap_or(f64::INFINITY));
    let highest = values().fold(0.0, f64::max).max(objective.unwrap_or(0.0));
    if !lowest.is_finite() {
        return None;
    }
    let axis = TimeAxis::of(report, lines.first()?.1.len());
    let colors = colors(&lines, Panel::LatencyMsP95);
    let mut svg = String::new();
    draw_latency(&mut svg, &axis, &lines, &colors, (lowest / 1.3, highest * 1.3), objective).ok()?;
    let note = match objective {
        Some(limit) => format!(
            "P95 in ms, logarithmic; the dashed line is the objective, {}",
            super::format::figure(limit, Unit::Milliseconds)
        ),
        None => "P95 in ms, logarithmic".to_owned(),
    };
    Some(figure("Latency", &note, &lines, &colors, svg))
}

fn draw_latency(
    svg: &mut String,
    axis: &TimeAxis,
    lines: &[(String, Vec<Option<f64>>)],
    colors: &[RGBColor],
    (low, high): (f64, f64),
    objective: Option<f64>,
) -> Result<()> {
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
    for ((_, values), color) in lines.iter().zip(colors) {
        let positive: Vec<Option<f64>> = values.iter().map(|value| value.filter(|value| *value > 0.0)).collect();
        draw_pieces(&mut chart, axis, &positive, *color)?;
    }
    if let Some(limit) = objective {
        let ends = [(0.0, limit), (axis.end, limit)];
        chart.draw_series(DashedLineSeries::new(ends, 7, 5, ALARM.stroke_width(2)))?;
    }
    root.present()?;
    Ok(())
}

fn cost_per_day(report: &Report, title: &str, name: impl Fn(&CostRow) -> String) -> Option<Figure> {
    let mut names = super::csv::names(report.costs.iter().map(&name));
    names.sort_by(|a, b| super::results::namespace_rank(a).cmp(&super::results::namespace_rank(b)));
    let days = report.costs.iter().map(|row| row.day as usize + 1).max()?;
    let mut lines: Vec<(String, Vec<Option<f64>>)> =
        names.into_iter().map(|name| (name, vec![Some(0.0); days])).collect();
    for row in &report.costs {
        let name = name(row);
        if let Some((_, values)) = lines.iter_mut().find(|(line, _)| *line == name) {
            values[row.day as usize] = values[row.day as usize].map(|sum| sum + row.cost_usd);
        }
    }
    let day_total = |day: usize| lines.iter().filter_map(|(_, values)| values[day]).sum::<f64>();
    let top = (0..days).map(day_total).fold(0.0, f64::max) * 1.12;
    let colors: Vec<RGBColor> = lines.iter().enumerate().map(|(i, (name, _))| money_color(i, name)).collect();
    let mut svg = String::new();
    draw_bars(&mut svg, &lines, &colors, top.max(0.01)).ok()?;
    Some(figure(title, "USD, mean of the replications", &lines, &colors, svg))
}

fn draw_bars(svg: &mut String, lines: &[(String, Vec<Option<f64>>)], colors: &[RGBColor], top: f64) -> Result<()> {
    let root = SVGBackend::with_string(svg, (WIDTH / 2, 300)).into_drawing_area();
    let days = lines.first().map_or(0, |(_, values)| values.len());
    let every = days.div_ceil(14).max(1);
    let middles: Vec<f64> = (0..days).step_by(every).map(|day| day as f64 + 0.5).collect();
    let x = Axis { low: 0.0, high: days as f64, ticks: middles, log: false };
    // The axis has its name below its labels.
    let mut chart = builder(&root).x_label_area_size(40).build_cartesian_2d(x, 0.0..top)?;
    mesh(&mut chart)
        .y_labels(6)
        .y_label_formatter(&|value| usd_axis(*value, top))
        .x_label_formatter(&|value| format!("{}", value.floor() as i64 + 1))
        .x_desc("day")
        .axis_desc_style(("sans-serif", 13).into_font().color(&INK))
        .draw()?;
    let mut below = vec![0.0; days];
    for ((_, values), color) in lines.iter().zip(colors) {
        let mut bars = Vec::new();
        for (day, value) in values.iter().enumerate() {
            let value = value.unwrap_or(0.0);
            if value > 0.0 {
                let corners = [(day as f64 + 0.12, below[day]), (day as f64 + 0.88, below[day] + value)];
                bars.push(Rectangle::new(corners, color.filled()));
            }
            below[day] += value;
        }
        chart.draw_series(bars)?;
    }
    if days <= 10 {
        let labels = below.iter().enumerate().map(|(day, total)| {
            let style = ("sans-serif", 12).into_font().color(&INK);
            let centred = style.pos(plotters::style::text_anchor::Pos::new(
                plotters::style::text_anchor::HPos::Center,
                plotters::style::text_anchor::VPos::Bottom,
            ));
            Text::new(usd_axis(*total, top), (day as f64 + 0.5, total + top * 0.012), centred)
        });
        chart.draw_series(labels)?;
    }
    root.present()?;
    Ok(())
}

/// Whole dollars where the axis is long enough for them.
fn usd_axis(value: f64, top: f64) -> String {
    if top >= 20.0 { format!("${}", digits(value.round())) } else { usd(value) }
}

pub(super) fn builder<'a, 'b, DB: DrawingBackend>(
    root: &'a DrawingArea<DB, plotters::coord::Shift>,
) -> ChartBuilder<'a, 'b, DB> {
    let mut builder = ChartBuilder::on(root);
    builder.margin(6).margin_right(14).x_label_area_size(26).y_label_area_size(54);
    builder
}

/// Horizontal lines and labels in the page's colours; formatters are the caller's.
pub(super) fn mesh<'a, 'b, DB: DrawingBackend, X, Y>(
    chart: &'b mut ChartContext<'a, DB, Cartesian2d<X, Y>>,
) -> MeshStyle<'a, 'b, X, Y, DB>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(("sans-serif", 13).into_font().color(&INK));
    mesh
}

fn figure(title: &str, note: &str, lines: &[(String, Vec<Option<f64>>)], colors: &[RGBColor], svg: String) -> Figure {
    let entry = |((name, _), color): (&(String, Vec<Option<f64>>), &RGBColor)| LegendEntry {
        name: name.clone(),
        color: format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2),
    };
    let legend = lines.iter().zip(colors).filter(|((name, _), _)| !name.is_empty()).map(entry).collect();
    Figure { title: title.to_owned(), note: note.to_owned(), legend, svg: themed(&svg) }
}

/// Placeholder colours become the page's; the fixed size becomes the column's.
fn themed(svg: &str) -> String {
    svg.replace("#010101", "var(--muted)").replace("#020202", "var(--grid)")
}

/// The time axis of thinned series: whole days as ticks, hours in a short run.
pub(super) struct TimeAxis {
    pub(super) start: f64,
    pub(super) step: f64,
    pub(super) end: f64,
}

const DAY: f64 = 86_400.0;

impl TimeAxis {
    fn of(report: &Report, points: usize) -> Self {
        let steps = report.timeline.len().max(1);
        let step = report.timeline.step_seconds * steps as f64 / points.max(1) as f64;
        let start = report.timeline.start_seconds;
        let last = start + step * points.saturating_sub(1) as f64;
        TimeAxis { start, step, end: if last > 0.0 { last } else { 1.0 } }
    }
    fn at(&self, point: usize) -> f64 {
        self.start + self.step * point as f64
    }
    pub(super) fn ticks(&self) -> Vec<f64> {
        let nice = [
            60.0,
            300.0,
            900.0,
            1800.0,
            3600.0,
            7200.0,
            14_400.0,
            21_600.0,
            43_200.0,
            DAY,
            2.0 * DAY,
            7.0 * DAY,
            30.0 * DAY,
        ];
        let distance = nice.into_iter().find(|distance| self.end / distance <= 15.0).unwrap_or(90.0 * DAY);
        (0..=(self.end / distance) as usize).map(|tick| tick as f64 * distance).collect()
    }
    pub(super) fn label(&self, seconds: f64) -> String {
        let minutes = (seconds / 60.0).round() as i64;
        let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        match (hour, minute) {
            (0, 0) if self.end > DAY => format!("day {}", day + 1),
            _ => format!("{hour:02}:{minute:02}"),
        }
    }
}

/// The series of a panel, with at most [`POINTS`] points each.
fn thinned(report: &Report, panel: Panel, thin: Thin) -> Vec<(String, Vec<Option<f64>>)> {
    let steps = report.timeline.len();
    let chunk = steps.div_ceil(POINTS).max(1);
    let line = |series: &Series| {
        let mut values = series.values.clone();
        values.resize(steps, None);
        let values = values.chunks(chunk).map(|chunk| {
            let known = || chunk.iter().flatten().copied().filter(|value| value.is_finite());
            match (thin, known().count()) {
                (_, 0) => None,
                (Thin::Mean, count) => Some(known().sum::<f64>() / count as f64),
                (Thin::Peak, _) => Some(known().fold(f64::NEG_INFINITY, f64::max)),
            }
        });
        (series.name.clone(), values.collect())
    };
    report.timeline.of(panel).map(line).collect()
}

fn colors(lines: &[(String, Vec<Option<f64>>)], panel: Panel) -> Vec<RGBColor> {
    match panel {
        Panel::PendingPods | Panel::ErrorRatio if lines.len() == 1 => vec![ALARM],
        _ => (0..lines.len()).map(|place| PALETTE[place % PALETTE.len()]).collect(),
    }
}

fn money_color(place: usize, name: &str) -> RGBColor {
    match name {
        "__idle__" => IDLE,
        "__unallocated__" => UNALLOCATED,
        _ => PALETTE[place % PALETTE.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_panel_with_data_is_drawn() {
        let report = fixture::report();
        let titles: Vec<String> = timeline_figures(&report).into_iter().map(|figure| figure.title).collect();
        assert_eq!(titles, ["Traffic", "Replicas", "Nodes by group", "Pending pods", "Latency", "Run rate"]);
        assert_eq!(cost_figures(&report).len(), 2);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut report = fixture::report();
        report.timeline.series.clear();
        report.costs.clear();
        assert!(timeline_figures(&report).is_empty() && cost_figures(&report).is_empty());
    }

    #[test]
    fn values_of_zero_and_gaps_can_be_drawn() {
        let mut report = fixture::report();
        for series in &mut report.timeline.series {
            series.values = vec![Some(0.0), None, Some(f64::NAN), Some(0.0)];
        }
        assert!(!timeline_figures(&report).is_empty());
        for series in &mut report.timeline.series {
            series.values = vec![Some(1.0)];
        }
        assert!(!timeline_figures(&report).is_empty());
    }

    #[test]
    fn drawings_take_the_colours_of_the_page() {
        let figures = timeline_figures(&fixture::report());
        assert!(figures.iter().all(|figure| figure.svg.contains("var(--grid)") && !figure.svg.contains("#020202")));
    }

    #[test]
    fn peaks_survive_thinning() {
        let mut report = fixture::report();
        let spike = report.timeline.series.iter_mut().find(|series| series.panel == Panel::PendingPods).unwrap();
        spike.values[1001] = Some(777.0);
        let lines = thinned(&report, Panel::PendingPods, Thin::Peak);
        assert!(lines[0].1.contains(&Some(777.0)) && lines[0].1.len() <= POINTS);
    }
}
