//! The figures of an answer in rows: the same in every form.

use crate::report::format::{figure, half_width, interval};
use crate::report::{Estimate, Unit};
use crate::study::advise::answer::{Answer, Effect, KnobAnswer, Measured};

/// A figure of the present setting beside that of the recommended one.
pub(in crate::report) struct Beside {
    pub(in crate::report) label: &'static str,
    pub(in crate::report) now: String,
    pub(in crate::report) new: String,
    /// More or less, with its interval where it is one of pairs.
    pub(in crate::report) difference: String,
}

/// What a figure is, and how it is taken from a measured setting.
struct Kind {
    label: &'static str,
    unit: Unit,
    of: fn(&Measured) -> &Estimate,
}

const KINDS: [Kind; 6] = [
    Kind { label: "cost per month", unit: Unit::UsdPerMonth, of: |row| &row.usd_per_month },
    Kind { label: "time in breach", unit: Unit::Ratio, of: |row| &row.breach },
    Kind { label: "waiting pods per month", unit: Unit::Hours, of: |row| &row.pending_pod_hours },
    Kind { label: "longest wait for a node", unit: Unit::Seconds, of: |row| &row.longest_pending_s },
    Kind { label: "P95 of the slowest route", unit: Unit::Seconds, of: |row| &row.p95_s },
    Kind { label: "failed requests", unit: Unit::Ratio, of: |row| &row.failed },
];

/// Cost, service, and how often everything was kept, of the present setting and of the recommended one.
pub(in crate::report) fn beside(answer: &Answer) -> Vec<Beside> {
    let paired = [
        Some(&answer.difference_usd_per_month),
        Some(&answer.difference_breach),
        Some(&answer.difference_pending_pod_hours),
        None,
        None,
        None,
    ];
    let mut rows: Vec<Beside> = KINDS
        .iter()
        .zip(paired)
        .map(|(kind, paired)| {
            let [now, new] = [&answer.as_is, &answer.recommended].map(|row| (kind.of)(row));
            let difference = match paired {
                Some(pairs) => with_half(pairs, kind.unit),
                None => more(new.mean - now.mean, kind.unit),
            };
            Beside { label: kind.label, now: shown(now.mean, kind.unit), new: shown(new.mean, kind.unit), difference }
        })
        .collect();
    let [now, new] = [&answer.as_is, &answer.recommended].map(|row| share(&row.kept));
    rows.push(Beside { label: "all promises kept in", now, new, difference: String::new() });
    if let (Some(now), Some(new)) = (&answer.as_is.co2e_kg_per_month, &answer.recommended.co2e_kg_per_month) {
        let [a, b] = [now, new].map(|row| figure(row.mean, Unit::KgPerMonth));
        let difference = more(new.mean - now.mean, Unit::KgPerMonth);
        rows.push(Beside { label: "CO2e per month", now: a, new: b, difference });
    }
    rows
}

/// The same in what the search saw: as it is, as it should be.
pub(in crate::report) fn in_training(answer: &Answer) -> Vec<[String; 3]> {
    let both = [&answer.held_back.training_as_is, &answer.held_back.training_recommended];
    let row = |kind: &Kind| {
        let [now, new] = both.map(|row| shown((kind.of)(row).mean, kind.unit));
        [kind.label.to_owned(), now, new]
    };
    let kept = both.map(|row| share(&row.kept));
    let [now, new] = kept;
    KINDS.iter().map(row).chain([["all promises kept in".to_owned(), now, new]]).collect()
}

/// A change of a value: what it is called, as it is, as it should be, what it does alone and in the whole, why.
pub(in crate::report) fn change(knob: &KnobAnswer) -> [String; 6] {
    let usd = |effect: &Option<Effect>| {
        effect.as_ref().map_or(String::new(), |effect| more(effect.usd_per_month, Unit::UsdPerMonth))
    };
    [
        knob.name.clone(),
        knob.current.clone(),
        knob.recommended.clone(),
        usd(&knob.alone),
        usd(&knob.in_set),
        reason(knob),
    ]
}

/// Why, and what stands in the way of more.
pub(in crate::report) fn reason(knob: &KnobAnswer) -> String {
    let told = knob.decided_by.as_ref().filter(|what| !knob.why.contains(what.as_str()));
    let decided = told.map_or(String::new(), |what| format!("; decided by {what}"));
    format!("{}{decided}", knob.why.trim_end_matches('.'))
}

/// What an effect does to cost and service, in few words: `-$31.20 a month, breach +0.02%`.
pub(in crate::report) fn effect(effect: &Effect) -> String {
    let mut parts = vec![format!("{} a month", more(effect.usd_per_month, Unit::UsdPerMonth))];
    let is_told = |value: f64, unit: Unit| !["0%", "<0.01%", "0 h"].contains(&figure(value.abs(), unit).as_str());
    if is_told(effect.breach, Unit::Ratio) {
        parts.push(format!("breach {}", more(effect.breach, Unit::Ratio)));
    }
    if is_told(effect.pending_pod_hours, Unit::Hours) {
        parts.push(format!("waiting {}", more(effect.pending_pod_hours, Unit::Hours)));
    }
    parts.join(", ")
}

/// `98% (95 %: 90% – 100%)`.
pub(in crate::report) fn share(kept: &Estimate) -> String {
    let range = interval(kept, Unit::Ratio);
    let range = if range.is_empty() { range } else { format!(" ({range})") };
    format!("{}{range}", figure(kept.mean, Unit::Ratio))
}

/// With a sign, whatever it is: `+$12.30`, `-0.2%`, `0`.
pub(in crate::report) fn more(value: f64, unit: Unit) -> String {
    if value.is_nan() {
        return String::new();
    }
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", shown(value.abs(), unit))
}

fn with_half(pairs: &Estimate, unit: Unit) -> String {
    let half = half_width(pairs, unit);
    let half = if half.is_empty() { half } else { format!(" {half}") };
    format!("{}{half}", more(pairs.mean, unit))
}

/// Latencies are kept in seconds and read in milliseconds.
fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if value.abs() < 10.0 => figure(value * 1000.0, Unit::Milliseconds),
        unit => figure(value, unit),
    }
}
