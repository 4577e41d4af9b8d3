//! The page: verdicts on top, then both lines of everything that was held against what was recorded.

use super::Shown;
use crate::calibrate::{Comparison, Parameter, Trust, Verdict};
use crate::report::chart::Beside;
use crate::report::format::digits;
use crate::units::finite;
use minijinja::value::Serde;
use minijinja::{Value, context};

/// One file, no network, light and dark, prints well.
///
/// Cost: some milliseconds a chart.
pub fn page(shown: &Shown<'_>) -> String {
    let calibration = shown.calibration;
    let model = context! {
        name => shown.name.to_owned(),
        about => shown.about(),
        version => env!("CARGO_PKG_VERSION"),
        verdicts => calibration.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        wanted => shown.wanted().into_iter().map(str::to_owned).collect::<Vec<_>>(),
        caveats => shown.caveats(),
        parameters => calibration.parameters.iter().map(parameter).collect::<Vec<_>>(),
        comparisons => calibration.comparisons.iter().map(|one| comparison(one, f64::from(shown.past.step_s))).collect::<Vec<_>>(),
        scenario => calibration.scenario.as_str(),
    };
    crate::report::page::page(include_str!("page.html"), model)
}

fn verdict(one: &Verdict) -> Value {
    let class = match one.trust {
        Trust::Trusted => "good",
        Trust::NotTrusted => "bad",
        _ => "soft",
    };
    context! { question => one.question.text(), trust => one.trust.word(), class, because => one.because.as_str() }
}

fn parameter(one: &Parameter) -> Value {
    context! {
        field => one.field(),
        value => one.shown(),
        range => one.range(),
        standing => one.standing.word(),
        why => one.why.as_str(),
    }
}

fn comparison(one: &Comparison, step_seconds: f64) -> Value {
    let label = one.quantity.label();
    let title = if one.name.is_empty() { label.to_owned() } else { format!("{}: {label}", one.name) };
    let percent = |share: f64| format!("{:+.1} %", finite(100.0 * share));
    let [low, high] = one.bias_interval.map(percent);
    let figure = Beside {
        title: title.clone(),
        note: format!("{} in total, {:.1} % off from instant to instant", percent(one.bias), finite(100.0 * one.wape)),
        lines: [("recorded", &one.recorded), ("simulated", &one.simulated)],
        step_seconds,
    };
    context! {
        title,
        recorded => digits(one.means[0]),
        simulated => digits(one.means[1]),
        bias => percent(one.bias),
        range => format!("{low} to {high}"),
        wape => format!("{:.1} %", finite(100.0 * one.wape)),
        figure => figure.figure().map(|figure| Value::from(Serde(figure))),
    }
}
