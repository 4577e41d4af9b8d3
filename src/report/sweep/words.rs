//! What a study says, in sentences and for the terminal.

use super::findings::levels::bare;
use super::findings::{FigureEffects, Findings, KeptPoint, Levels, NamedFigure};
use crate::report::compare::words::difference;
use crate::report::format::figure;
use crate::report::screen::{right, shortened, table, wrapped};
use crate::report::{Estimate, Unit};
use crate::study::Better;
use crate::units::{counted, finite, grouped};
use std::fmt::Write;

/// As many points of the front are told in the terminal.
const MOST_TOLD: usize = 8;
/// An axis with less of the variance is not worth naming.
const LEAST_SHARE: f64 = 0.01;

/// `hpa.max=8, traffic.scale=2`
pub(super) fn settings(axes: &[Levels], point: &KeptPoint) -> String {
    let one = |(axis, value): (&Levels, &String)| format!("{}={}", axis.name, bare(value));
    axes.iter().zip(&point.settings).map(one).collect::<Vec<_>>().join(", ")
}

/// `$1,234 ± 12`: to the digit that the interval carries.
pub(super) fn with_interval(mean: f64, half: f64, unit: Unit) -> String {
    if mean.is_nan() || half <= 0.0 {
        return figure(mean, unit);
    }
    let estimate = Estimate { interval: Some([mean - half, mean + half]), ..Estimate::exact(mean) };
    let text = difference(&estimate, unit);
    // Shares are of something, not points on top of something.
    text.strip_prefix('+').unwrap_or(&text).replace(" pp", " %")
}

/// In the middle of a sentence.
pub(super) fn small(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(label.chars().skip(1)).collect()
        }
        _ => label.to_owned(),
    }
}

/// The answer in a few sentences, what to do first.
pub(super) fn answer(findings: &Findings) -> Vec<String> {
    let mut sentences: Vec<String> = recommended(findings).into_iter().collect();
    sentences.push(of_the_front(findings));
    sentences.extend(findings.effects.iter().take(2).filter_map(|effects| of_the_axes(findings, effects)));
    let (seen, points) = (findings.seen, findings.head.points);
    if seen < points {
        sentences.push(format!(
            "The study is not whole: {} of {} points are there.",
            grouped(seen),
            counted(points as usize, "point")
        ));
    }
    sentences
}

fn recommended(findings: &Findings) -> Option<String> {
    let broken = findings.broken?;
    if broken == findings.seen {
        return Some("No point keeps the objectives.".to_owned());
    }
    let best = findings.best.as_ref()?;
    let [x, y] = [0, 1].map(|at| shown(findings, best, at));
    let label = small(&findings.figures[0].label);
    let least = if findings.figures[0].better == Better::Higher { "most" } else { "least" };
    let of_which = match findings.seen - broken {
        kept if broken == 0 => format!("All {} keep the objectives; point", counted(kept as usize, "point")),
        kept => format!("Of the {} points that keep the objectives point", grouped(kept)),
    };
    let settings = settings(&findings.axes, best);
    let other = small(&findings.figures[1].label);
    let number = best.point;
    if findings.seen - broken == 1 {
        return Some(format!("One point keeps the objectives, {number}: {settings} ({label} {x}, {other} {y})."));
    }
    Some(format!("{of_which} {number} has the {least} {label}: {settings} ({x}; {other}: {y})."))
}

fn shown(findings: &Findings, point: &KeptPoint, at: usize) -> String {
    with_interval(point.figures[at].mean, point.figures[at].half, findings.figures[at].unit)
}

fn of_the_front(findings: &Findings) -> String {
    let [x, y] = [0, 1].map(|at| small(&findings.figures[at].label));
    let (Some(first), Some(last)) = (findings.front.first(), findings.front.last()) else {
        return format!("No point has both figures, {x} and {y}.");
    };
    let place = |point: &KeptPoint| {
        let [x, y] = [0, 1].map(|at| figure(point.figures[at].mean, findings.figures[at].unit));
        format!("{x} and {y} ({})", settings(&findings.axes, point))
    };
    let many = counted(findings.seen as usize, "point");
    if findings.front.len() == 1 {
        let alike = match first.alike {
            0 => String::new(),
            others => format!("; {} the same two figures", have(others)),
        };
        return format!("One setting of {many} is best in both {x} and {y}: {}{alike}.", place(&first.kept));
    }
    let front = findings.front.len();
    let begin = format!("{} of {many} are the front of {x} against {y}", grouped(front as u64));
    format!("{begin}, from {} to {}; no other is better in both.", place(&first.kept), place(&last.kept))
}

fn have(others: u64) -> String {
    if others == 1 { "1 other point has".to_owned() } else { format!("{} other points have", grouped(others)) }
}

/// Which axes matter for a figure, most first.
fn of_the_axes(findings: &Findings, effects: &FigureEffects) -> Option<String> {
    let label = &findings.figures[effects.figure].label;
    if findings.seen < 2 {
        return None;
    }
    if effects.is_constant {
        return Some(format!("{label} is the same at every point."));
    }
    let mut shares: Vec<(f64, String)> = Vec::new();
    for (axis, levels) in effects.axes.iter().zip(&findings.axes) {
        shares.push((axis.share?, levels.name.clone()));
    }
    for pair in &effects.pairs {
        let [one, other] = pair.axes.map(|axis| findings.axes[axis].name.as_str());
        shares.push((pair.share.unwrap_or(0.0), format!("{one} and {other} together")));
    }
    shares.sort_by(|one, other| other.0.total_cmp(&one.0));
    let named: Vec<String> = shares
        .iter()
        .take(3)
        .filter(|(share, _)| *share >= LEAST_SHARE)
        .map(|(share, name)| format!("{name} ({})", percent(*share)))
        .collect();
    match &named[..] {
        [] => Some(format!("No axis by itself explains much of {}.", small(label))),
        [first, rest @ ..] => {
            let rest = rest.iter().map(|other| format!(", then on {other}")).collect::<String>();
            let left = effects.left.filter(|left| *left > 0.5);
            let whose =
                if findings.head.sampling.is_some() { "axes together, and chance" } else { "more axes together" };
            let left = left.map_or(String::new(), |left| format!("; {} are of {whose}", percent(left)));
            Some(format!("{label} depends most on {first}{rest}; shares of the variance between points{left}."))
        }
    }
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if !percent.is_finite() => "none".to_owned(),
        percent if percent > 0.0 && percent < 0.5 => "<1 %".to_owned(),
        percent => format!("{:.0} %", finite(percent)),
    }
}

/// At most so many of them, at equal distances, with both ends.
pub(super) fn thinned<T>(all: &[T], most: usize) -> Vec<&T> {
    if all.len() <= most || most < 2 {
        return all.iter().take(most).collect();
    }
    (0..most).map(|at| &all[at * (all.len() - 1) / (most - 1)]).collect()
}

/// Whether the leads of a point over its neighbours are beyond chance.
pub(super) fn lead(findings: &Findings, point: &super::FrontPoint) -> &'static str {
    match (point.leads.iter().flatten().count(), findings.head.replications) {
        (0, _) => "",
        (_, 1) => "unknown: one replication",
        _ if point.is_sure() => "beyond chance",
        _ => "may be chance",
    }
}

impl Findings {
    /// The front and the strongest effects for the terminal: lines of at most 80 columns.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let heads: [String; 2] = [0, 1].map(|at| head(&self.figures[at]));
        let mut rows = table(&["point", &heads[0], &heads[1], "lead", "settings"]);
        for point in thinned(&self.front, MOST_TOLD) {
            let [x, y] = [0, 1].map(|at| shown(self, &point.kept, at));
            let y = if point.kept.breaks() { format!("{y} !") } else { y };
            let settings = settings(&self.axes, &point.kept);
            rows.add_row([point.kept.point.to_string(), x, y, lead(self, point).to_owned(), settings]);
        }
        if let Some(mut table) = right(rows) {
            if let Some(column) = table.column_mut(4) {
                column.set_cell_alignment(comfy_table::CellAlignment::Left);
            }
            for line in table.trim_fmt().lines() {
                let _ = writeln!(text, "{}", shortened(line));
            }
        }
        if self.front.len() > MOST_TOLD {
            let _ = writeln!(text, " {MOST_TOLD} of {} on the front, evenly along it", self.front.len());
        }
        if self.front.iter().any(|point| point.kept.breaks()) {
            text.push_str(" ! breaks an objective\n");
        }
        text.push('\n');
        // What to do last: there it is read.
        let answer = answer(self);
        let first = usize::from(self.broken.is_some());
        let order = answer.iter().skip(first).chain(answer.iter().take(first));
        order.for_each(|sentence| wrapped(&mut text, "", sentence));
        text
    }
}

/// A short head of a column.
fn head(figure: &NamedFigure) -> String {
    let label = small(figure.label.split(',').next().unwrap_or_default());
    label.chars().take(24).collect()
}
