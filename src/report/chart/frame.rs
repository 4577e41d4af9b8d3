//! What every chart shares: colours, axes, and the frame around a drawing.

use plotters::chart::MeshStyle;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged, ValueFormatter};
use plotters::prelude::*;
use serde::Serialize;

/// A drawing with what belongs around it.
#[derive(Serialize)]
pub(in crate::report) struct Figure {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) legend: Vec<LegendEntry>,
    pub(super) svg: String,
}

#[derive(Serialize)]
pub(in crate::report) struct LegendEntry {
    name: String,
    color: String,
}

/// A series or a stack of a drawing. A missing value is a gap.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) values: Vec<Option<f64>>,
}

/// Colours that can be told apart, also by most colour-blind readers, on white and on black.
pub(in crate::report) const PALETTE: [RGBColor; 14] = [
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
    RGBColor(0x8c, 0x8f, 0x2d),
    RGBColor(0xd6, 0x4f, 0x9c),
    RGBColor(0x5b, 0x5f, 0xa8),
    RGBColor(0x00, 0x7f, 0x6e),
];
pub(super) const ALARM: RGBColor = RGBColor(0xe0, 0x4f, 0x43);
/// Placeholders: replaced by `var(--soft)` and `var(--grid)`.
pub(in crate::report) const INK: RGBColor = RGBColor(1, 1, 1);
pub(in crate::report) const GRID: RGBColor = RGBColor(2, 2, 2);

pub(super) const WIDTH: u32 = 960;

pub(super) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An axis with its ticks given.
pub(in crate::report) struct Axis {
    pub(in crate::report) low: f64,
    pub(in crate::report) high: f64,
    pub(in crate::report) ticks: Vec<f64>,
    pub(in crate::report) log: bool,
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

pub(in crate::report) fn builder<'a, 'b, DB: DrawingBackend>(
    root: &'a DrawingArea<DB, plotters::coord::Shift>,
) -> ChartBuilder<'a, 'b, DB> {
    let mut builder = ChartBuilder::on(root);
    builder.margin(6).margin_right(14).x_label_area_size(26).y_label_area_size(54);
    builder
}

/// Horizontal lines and labels in the page's colours; formatters are the caller's.
pub(in crate::report) fn mesh<'a, 'b, DB: DrawingBackend, X, Y>(
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

/// The names of lines, with their colours.
pub(super) fn legend(lines: &[Line], colors: &[RGBColor]) -> Vec<LegendEntry> {
    let entry = |(line, color): (&Line, &RGBColor)| LegendEntry {
        name: line.name.clone(),
        color: format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2),
    };
    lines.iter().zip(colors).filter(|(line, _)| !line.name.is_empty()).map(entry).collect()
}

/// Placeholder colours become the page's; the fixed size becomes the column's.
pub(super) fn themed(svg: &str) -> String {
    svg.replace("#010101", "var(--soft)").replace("#020202", "var(--grid)")
}
