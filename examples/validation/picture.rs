//! A trajectory, ours over the real one.

use crate::measure::Measured;
use foresail::units::SimTime;
use plotters::coord::Shift;
use plotters::prelude::*;

const WIDTH: u32 = 960;
const PANEL: u32 = 200;
const REAL: RGBColor = RGBColor(0xef, 0xb1, 0x18);
const OURS: RGBColor = RGBColor(0x42, 0x69, 0xd0);
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
/// Text and lines take the colours of the reader's theme.
const STYLE: &str = "<style>svg{--ink:#3d4450;--grid:#d5d9e0;background:#fff}\
@media(prefers-color-scheme:dark){svg{--ink:#c3c8d2;--grid:#3a404b;background:#14171c}}</style>";

type Changes<'a> = Vec<&'a [(i64, i64)]>;
type Line = Vec<(f64, f64)>;

/// Ready pods, pending pods and nodes over time: the real ones as a broad line, ours thin on top.
pub(crate) fn svg(row: &Measured) -> Result<String, Box<dyn std::error::Error>> {
    let expect = &row.case.expect;
    let ready: Changes = expect.deployments.values().map(|samples| samples.ready.as_slice()).collect();
    let pending: Changes = expect.deployments.values().map(|samples| samples.pending.as_slice()).collect();
    let nodes: Changes = expect.groups.values().map(|samples| samples.nodes.as_slice()).collect();
    let first = row.case.daemon_sets.len();
    let ours = |value: &dyn Fn(&foresail::sim::outcome::Point) -> i32| -> Line {
        row.outcome.timeline.points.iter().map(|point| (hours(point.at), f64::from(value(point)))).collect()
    };
    let panels = [
        ("Ready pods", ready, ours(&|point| point.pods.iter().skip(first).map(|pods| pods.ready).sum())),
        ("Pods without a node", pending, ours(&|point| point.pods.iter().skip(first).map(|pods| pods.pending).sum())),
        ("Nodes", nodes, ours(&|point| point.nodes.iter().map(|nodes| nodes.nodes).sum())),
    ];
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, PANEL * panels.len() as u32)).into_drawing_area();
        for (at, (area, (title, changes, ours))) in root.split_evenly((panels.len(), 1)).iter().zip(&panels).enumerate()
        {
            let times: Vec<f64> = ours.iter().map(|(at, _)| *at).collect();
            panel(area, title, &real(changes, &times), ours, at == 0)?;
        }
        root.present()?;
    }
    let themed = text.replace("#010101", "var(--ink)").replace("#020202", "var(--grid)");
    let at = themed.find('>').ok_or("no SVG")?;
    Ok(format!("{}{STYLE}{}", &themed[..=at], &themed[at + 1..]))
}

/// In hours, so that ticks are where a clock has them.
fn hours(at: SimTime) -> f64 {
    at.since(SimTime::ZERO).as_secs_f64() / 3600.0
}

/// The sum of what the change lists (in seconds) hold at each time (in hours).
fn real(changes: &Changes<'_>, times: &[f64]) -> Line {
    let held = |list: &[(i64, i64)], at: f64| {
        let after = list.partition_point(|(from, _)| *from <= (at * 3600.0).round() as i64);
        after.checked_sub(1).map_or(0, |last| list[last].1)
    };
    times.iter().map(|at| (*at, changes.iter().map(|list| held(list, *at)).sum::<i64>() as f64)).collect()
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    real: &Line,
    ours: &Line,
    legend: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let ink = |size: u32| ("sans-serif", size).into_font().color(&INK);
    area.draw(&Text::new(title.to_owned(), (8, 6), ink(14)))?;
    if legend {
        for (x, color, name) in [(WIDTH as i32 - 260, REAL, "real controllers"), (WIDTH as i32 - 110, OURS, "Foresail")]
        {
            area.draw(&Rectangle::new([(x, 9), (x + 12, 19)], color.filled()))?;
            area.draw(&Text::new(name, (x + 17, 7), ink(13)))?;
        }
    }
    let top = real.iter().chain(ours).map(|(_, value)| *value).fold(1.0, f64::max) * 1.08;
    let end = ours.last().map_or(1.0, |(at, _)| *at);
    let mut chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_right(16)
        .x_label_area_size(22)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..end, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(ink(12))
        .x_labels(8)
        .y_labels(4)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .x_label_formatter(&|hours| format!("{}:{:02}", *hours as i64, (*hours * 60.0).round() as i64 % 60))
        .draw()?;
    chart.draw_series([PathElement::new(real.clone(), REAL.stroke_width(5))])?;
    chart.draw_series([PathElement::new(ours.clone(), OURS.stroke_width(1))])?;
    Ok(())
}
