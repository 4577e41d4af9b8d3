//! For a terminal of 80 columns.

use super::Shown;
use crate::calibrate::{Comparison, Parameter};
use crate::report::format::digits;
use crate::report::screen::{cut, right, table as screen_table, wrapped};
use crate::units::finite;
use std::fmt::Write;

/// Parameters, errors and verdicts.
pub fn table(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    wrapped(&mut text, "", &format!("{}: {}", shown.name, shown.about()));
    let mut grid = screen_table(&["PARAMETER", "VALUE", "95 % INTERVAL", ""]);
    grid.add_rows(shown.calibration.parameters.iter().map(parameter));
    text.extend(right(grid).map(|grid| format!("\n{grid}\n")));
    let mut grid = screen_table(&["HELD BACK", "RECORDED", "SIMULATED", "TOTAL", "95 % INTERVAL", "AT EACH"]);
    grid.add_rows(shown.calibration.comparisons.iter().map(comparison));
    text.extend(right(grid).map(|grid| format!("\n{grid}\n")));
    text + "\n" + &verdicts(shown)
}

/// The verdicts, and what to record.
pub fn verdicts(shown: &Shown<'_>) -> String {
    let mut text = String::new();
    for verdict in &shown.calibration.verdicts {
        let _ = writeln!(text, "{:<31} {}", verdict.question.text(), verdict.trust.word());
        wrapped(&mut text, "  ", &verdict.because);
    }
    let wanted = shown.wanted();
    if !wanted.is_empty() {
        let _ = writeln!(text, "\nRecord these to know more:");
        wanted.iter().for_each(|metric| wrapped(&mut text, "  ", metric));
    }
    text
}

fn parameter(one: &Parameter) -> Vec<String> {
    let path = one.path.get(1..).unwrap_or_default().join(".");
    vec![cut(&path, 36), one.shown(), one.range(), one.standing.word().to_owned()]
}

fn comparison(one: &Comparison) -> Vec<String> {
    let label = one.quantity.label();
    let name = if one.name.is_empty() { label.to_owned() } else { format!("{} {label}", one.name) };
    let percent = |share: f64| format!("{:+.1} %", finite(100.0 * share));
    let [low, high] = one.bias_interval.map(|bound| format!("{:+.1}", finite(100.0 * bound)));
    let range = format!("{low} to {high}");
    let [recorded, simulated] = one.means.map(digits);
    vec![cut(&name, 27), recorded, simulated, percent(one.bias), range, format!("{:.1} %", finite(100.0 * one.wape))]
}
