//! The bridge as a picture: from the base's cost over the steps to the other's. SVG without script; colours are the page's.

use super::model::Variance;
use super::variance::{Shown, shown};
use crate::report::format::usd;
use std::fmt::Write;

const ROW: f64 = 26.0;
const LEFT: f64 = 158.0;
/// So narrow that its words can be read on a phone.
const WIDTH: f64 = 480.0;
const RIGHT: f64 = 74.0;
/// Drawn no wider than this.
const WIDEST: f64 = 600.0;

/// The picture; `base` is what the base costs in a month.
pub(super) fn waterfall(variance: &Variance, base: f64) -> String {
    let steps = shown(variance);
    let end = base + variance.total_usd_per_month.mean;
    let mut at = base;
    let mut levels = vec![base];
    for step in &steps {
        at += step.usd;
        levels.push(at);
    }
    let (low, high) = levels.iter().fold((base, base), |(low, high), level| (low.min(*level), high.max(*level)));
    // The axis begins near the lowest level, so that steps can be seen; it is said on the picture.
    let margin = ((high - low) * 0.15).max(high.abs() * 0.01).max(0.01);
    let (from, until) = ((low - margin).max(0.0).min(low), high + margin);
    let place = |usd: f64| LEFT + (usd - from) / (until - from).max(1e-9) * (WIDTH - LEFT - RIGHT);
    let height = ROW * (steps.len() + 2) as f64 + 18.0;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"The cost difference step by step\" style=\"width:100%;max-width:{WIDEST}px;height:auto\">"
    );
    let mut y = 0.0;
    bar(&mut svg, &Bar { y, label: "base", text: usd(base), ends: [place(from), place(base)], tone: "soft" });
    for (step, pair) in steps.iter().zip(levels.windows(2)) {
        y += ROW;
        let _ = write!(
            svg,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1:.1}\" y2=\"{2:.1}\" stroke=\"var(--grid)\"/>",
            place(pair[0]),
            y - 6.0,
            y + 5.0
        );
        let ends = [place(pair[0].min(pair[1])), place(pair[0].max(pair[1]))];
        bar(&mut svg, &Bar { y, label: step.name, text: step.amount.clone(), ends, tone: tone(step) });
    }
    y += ROW;
    bar(&mut svg, &Bar { y, label: "new", text: usd(end), ends: [place(from), place(end)], tone: "soft" });
    if from > 0.0 {
        let _ =
            write!(svg, "<text x=\"{LEFT}\" y=\"{:.1}\" class=\"axis\">axis from {}</text>", y + ROW + 10.0, usd(from));
    }
    svg.push_str("</svg>");
    svg
}

struct Bar<'a> {
    y: f64,
    label: &'a str,
    text: String,
    ends: [f64; 2],
    tone: &'static str,
}

fn tone(step: &Shown) -> &'static str {
    match (step.says.is_empty(), step.usd < 0.0) {
        (false, _) => "soft",
        (true, true) => "good",
        (true, false) => "bad",
    }
}

fn bar(svg: &mut String, bar: &Bar<'_>) {
    let Bar { y, label, text, ends: [from, until], tone } = bar;
    let width = (until - from).max(1.0);
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" class=\"axis\">{}</text>\
         <rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"2\" fill=\"var(--{tone})\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" class=\"axis\">{}</text>",
        LEFT - 8.0,
        y + 17.0,
        label,
        y + 5.0,
        from + width + 6.0,
        y + 17.0,
        text
    );
}
