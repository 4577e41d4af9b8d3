//! Cost per day: bars, stacked by group or by namespace.

use super::colors::{Colors, largest};
use super::frame::{Axis, Figure, INK, Line, Result, WIDTH, builder, legend, mesh, themed};
use crate::cost::Owner;
use crate::report::format::{digits, usd};
use crate::report::{CostRow, Report};
use plotters::prelude::*;
use std::collections::BTreeSet;

/// Cost per day, stacked by group and by namespace.
pub(in crate::report) fn cost_figures(report: &Report) -> Vec<Figure> {
    let colors = Colors::of(report);
    let group = |row: &CostRow| if row.group.is_empty() { row.resource.clone() } else { row.group.clone() };
    let of_group = |name: &str| colors.group(name);
    let of_owner = |name: &str| colors.owner(name);
    [
        cost_per_day(report, "Cost per day by node group and charge", (&group, &of_group)),
        cost_per_day(report, "Cost per day by namespace", (&|row| row.namespace.clone(), &of_owner)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whom a row is of, and the colour of a name.
type Named<'a> = (&'a dyn Fn(&CostRow) -> String, &'a dyn Fn(&str) -> RGBColor);

fn cost_per_day(report: &Report, title: &str, (name, color): Named<'_>) -> Option<Figure> {
    let names: BTreeSet<String> = report.costs.iter().map(name).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let days = report.costs.iter().map(|row| row.day as usize + 1).max()?;
    let mut lines: Vec<Line> = names.into_iter().map(|name| Line { name, values: vec![Some(0.0); days] }).collect();
    for row in &report.costs {
        let name = name(row);
        if let Some(line) = lines.iter_mut().find(|line| line.name == name) {
            line.values[row.day as usize] = line.values[row.day as usize].map(|sum| sum + row.cost_usd);
        }
    }
    let lines = largest(lines, |sum, value| sum + value);
    let day_total = |day: usize| lines.iter().filter_map(|line| line.values[day]).sum::<f64>();
    let top = (0..days).map(day_total).fold(0.0, f64::max) * 1.12;
    let colors: Vec<RGBColor> = lines.iter().map(|line| color(&line.name)).collect();
    let mut lines = lines;
    lines.iter_mut().for_each(in_words);
    let mut svg = String::new();
    draw_bars(&mut svg, &lines, &colors, top.max(0.01)).ok()?;
    Some(Figure {
        title: title.to_owned(),
        note: "USD, mean of the replications".to_owned(),
        legend: legend(&lines, &colors),
        svg: themed(&svg),
    })
}

fn draw_bars(svg: &mut String, lines: &[Line], colors: &[RGBColor], top: f64) -> Result<()> {
    let root = SVGBackend::with_string(svg, (WIDTH / 2, 300)).into_drawing_area();
    let days = lines.first().map_or(0, |line| line.values.len());
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
    for (line, color) in lines.iter().zip(colors) {
        let mut bars = Vec::new();
        for (day, value) in line.values.iter().enumerate() {
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

/// What belongs to nobody, as the page's tables call it.
fn in_words(line: &mut Line) {
    match line.name.as_str() {
        Owner::IDLE => "idle".clone_into(&mut line.name),
        Owner::UNALLOCATED => "shared".clone_into(&mut line.name),
        _ => {}
    }
}

/// Namespaces before what is idle, and that before what belongs to nobody.
fn rank(name: &str) -> (bool, bool, &str) {
    (name == Owner::UNALLOCATED, name == Owner::IDLE, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_namespaces_come_last() {
        let mut names = ["__unallocated__", "order", "__idle__", "catalog"];
        names.sort_by_key(|name| rank(name));
        assert_eq!(names, ["catalog", "order", "__idle__", "__unallocated__"]);
    }
}
