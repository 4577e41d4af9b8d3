//! Load, utilisation and replicas over time, as a picture that stands on its own.

use super::super::chart::{Axis, INK, PALETTE, TimeAxis, builder, mesh};
use super::super::format::digits;
use super::HpaRun;
use crate::dry_run::hpa::SyncRow;
use plotters::coord::Shift;
use plotters::prelude::*;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const WIDTH: u32 = 960;
const PANEL: u32 = 210;
const TITLE: u32 = 26;

/// Text and lines take the colours of the reader's theme.
const STYLE: &str = "<style>svg{--muted:#3d4450;--grid:#d5d9e0;background:#fff}\
@media(prefers-color-scheme:dark){svg{--muted:#c3c8d2;--grid:#3a404b;background:#14171c}}</style>";

/// Lines over time with their names and colours.
struct Lines {
    title: String,
    lines: Vec<(String, RGBColor, Vec<(f64, f64)>)>,
    /// A dashed line to compare with.
    mark: Option<f64>,
    top: f64,
}

/// The picture: load, utilisation against its target, replicas per HPA. `load` says what the load is.
///
/// Errors: what plotters says; with an SVG in memory that does not happen.
pub fn svg(runs: &[HpaRun<'_>], load: &str) -> std::result::Result<String, String> {
    draw(runs, load).map_err(|error| error.to_string())
}

/// The picture on a page.
///
/// Errors: as [`svg`].
pub fn page(runs: &[HpaRun<'_>], load: &str) -> std::result::Result<String, String> {
    let names: Vec<String> = runs.iter().map(|run| escaped(run.label)).collect();
    let title = names.join(", ");
    let svg = svg(runs, load)?;
    Ok(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>:root{{color-scheme:light dark}}\
         body{{font:15px system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem}}\
         svg{{width:100%;height:auto}}</style><h1>What would it have done? {title}</h1>{svg}</html>\n"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn draw(runs: &[HpaRun<'_>], load: &str) -> Result<String> {
    let begin = runs.iter().filter_map(|run| Some(run.timeline.rows.first()?.at)).min().unwrap_or_default();
    let seconds = |row: &SyncRow| (row.at - begin).as_secs_f64();
    let end = runs.iter().filter_map(|run| Some(seconds(run.timeline.rows.last()?))).fold(1.0, f64::max);
    let panels = panels(runs, load, &seconds);
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, PANEL * panels.len() as u32)).into_drawing_area();
        for (area, panel) in root.split_evenly((panels.len(), 1)).iter().zip(&panels) {
            draw_panel(area, panel, end)?;
        }
        root.present()?;
    }
    let themed = text.replace("#010101", "var(--muted)").replace("#020202", "var(--grid)");
    Ok(match themed.find('>') {
        Some(at) => format!("{}{STYLE}{}", &themed[..=at], &themed[at + 1..]),
        None => themed,
    })
}

fn panels(runs: &[HpaRun<'_>], load: &str, seconds: &dyn Fn(&SyncRow) -> f64) -> Vec<Lines> {
    let mut panels = Vec::new();
    let curve = |run: &HpaRun<'_>, value: &dyn Fn(&SyncRow) -> Option<f64>| -> Vec<(f64, f64)> {
        run.timeline.rows.iter().filter_map(|row| Some((seconds(row), value(row)?))).collect()
    };
    if let Some(run) = runs.first() {
        let line = curve(run, &|row| row.load);
        panels.push(Lines::new(load.to_owned(), vec![(String::new(), PALETTE[9], line)], None));
    }
    let color = |at: usize| PALETTE[[0, 2, 4, 1, 6, 8][at % 6]];
    let of_all = |value: &dyn Fn(&SyncRow) -> Option<f64>| -> Vec<(String, RGBColor, Vec<(f64, f64)>)> {
        runs.iter().enumerate().map(|(at, run)| (run.label.to_owned(), color(at), curve(run, value))).collect()
    };
    let title = "Worst metric, percent of its target (dashed: 100 %)".to_owned();
    panels.push(Lines::new(title, of_all(&|row| Some(row.ratio? * 100.0)), Some(100.0)));
    let replicas = of_all(&|row| Some(f64::from(row.decision.replicas)));
    let steps = |line: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        let mut last = None;
        let corners = line.into_iter().flat_map(|(x, y)| {
            let corner = last.replace(y).map(|before| (x, before));
            [corner, Some((x, y))].into_iter().flatten()
        });
        corners.collect()
    };
    let replicas = replicas.into_iter().map(|(name, color, line)| (name, color, steps(line))).collect();
    panels.push(Lines::new("Replicas".to_owned(), replicas, None));
    panels
}

impl Lines {
    fn new(title: String, lines: Vec<(String, RGBColor, Vec<(f64, f64)>)>, mark: Option<f64>) -> Self {
        let peak = lines.iter().flat_map(|(_, _, line)| line).map(|(_, y)| *y).fold(mark.unwrap_or(0.0), f64::max);
        Lines { title, lines, mark, top: if peak > 0.0 { peak * 1.08 } else { 1.0 } }
    }
}

fn draw_panel(area: &Area<'_>, panel: &Lines, end: f64) -> Result<()> {
    let ink = |size: u32| ("sans-serif", size).into_font().color(&INK);
    area.draw(&Text::new(panel.title.clone(), (8, 8), ink(14)))?;
    let mut right = WIDTH as i32 - 14;
    for (name, color, _) in panel.lines.iter().rev().filter(|(name, _, _)| !name.is_empty()) {
        right -= name.chars().count() as i32 * 7 + 24;
        area.draw(&Rectangle::new([(right, 9), (right + 12, 19)], color.filled()))?;
        area.draw(&Text::new(name.clone(), (right + 17, 8), ink(13)))?;
    }
    let plot = area.margin(TITLE, 0, 0, 0);
    let time = TimeAxis { start: 0.0, step: 1.0, end };
    let x = Axis { low: 0.0, high: end, ticks: time.ticks(), log: false };
    let mut chart = builder(&plot).build_cartesian_2d(x, 0.0..panel.top)?;
    mesh(&mut chart)
        .y_labels(4)
        .y_label_formatter(&|value| digits(*value))
        .x_label_formatter(&|value| time.label(*value))
        .draw()?;
    for (_, color, line) in &panel.lines {
        chart.draw_series([PathElement::new(line.clone(), color.stroke_width(2))])?;
    }
    if let Some(mark) = panel.mark {
        chart.draw_series(DashedLineSeries::new([(0.0, mark), (end, mark)], 6, 5, INK.stroke_width(1)))?;
    }
    Ok(())
}
