//! How weeks and days differ from those of the patterns.

use super::scene::Scene;
use crate::scenario::file::{self, Pattern, Resampled};
use crate::scenario::issue::{Issue, Issues};
use crate::traffic::demand::{Block, Curve, DAYS_THAT_KEEP_WEEKDAYS, Resample, Weeks};
use std::path::Path;

/// More than this is no noise any more: one standard deviation would be a factor of 20.
const MOST_NOISE: f64 = 3.0;

/// Refuses what is no standard deviation of a rate's logarithm.
pub(super) fn check_noise(field: &str, sigma: f64, issues: &mut Issues) {
    if !(0.0..=MOST_NOISE).contains(&sigma) {
        let message =
            format!("found {sigma}, expected 0 to {MOST_NOISE}: the standard deviation of the rate's logarithm");
        issues.push(Issue::error(field, message));
    }
}

/// What `traffic.weeks` says; `curves` are those of the patterns, in their order.
pub(super) fn build(scene: &Scene<'_>, curves: &[Curve], issues: &mut Issues) -> Weeks {
    let Some(row) = scene.file.traffic.weeks else { return Weeks::default() };
    let file::Weeks { noise, days, resample } = row;
    if noise.is_none() && days.is_none() && resample.is_none() {
        let message = "found nothing in it, expected `noise`, `days` or `resample`: how weeks differ";
        issues.push(Issue::error("traffic.weeks", message).with_help("weeks: {noise: 0.1}, as in docs/traffic.md"));
    }
    for (name, sigma) in [("noise", noise), ("days", days)] {
        check_noise(&format!("traffic.weeks.{name}"), sigma.unwrap_or(0.0), issues);
    }
    let resample = resample.and_then(|block| resampled(scene, block, curves, issues));
    Weeks { noise: noise.unwrap_or(0.0), days: days.unwrap_or(0.0), resample, luck: 0 }
}

/// The traces that are drawn anew; refuses those that are too short for it.
fn resampled(scene: &Scene<'_>, drawn: Resampled, curves: &[Curve], issues: &mut Issues) -> Option<Resample> {
    const FIELD: &str = "traffic.weeks.resample";
    let (block, word) = match drawn {
        Resampled::Days => (Block::Day, "days"),
        Resampled::Weeks => (Block::Week, "weeks"),
    };
    let (mut traces, mut recorded) = (Vec::new(), 0);
    for (at, (pattern, curve)) in scene.file.traffic.patterns.iter().zip(curves).enumerate() {
        let Pattern::Trace(trace) = pattern else { continue };
        // A plan of k6 ends; nothing of it was recorded.
        let Some(period) = curve.period() else { continue };
        recorded += 1;
        let place = format!("{} of traffic.patterns[{at}]", trace.file.below(Path::new("")).display());
        let whole = period.as_nanos() / block.span().as_nanos();
        if trace.stretch.is_some_and(|factor| factor != 1.0) {
            let message = format!("{place} is stretched: its {word} are no {word} any more");
            issues.push(Issue::error(FIELD, message).with_help("leave `stretch` out, or say `noise` instead"));
        } else if whole < 2 {
            let message = format!("{place} is {period} long, expected at least two whole {word} to draw from");
            let help = match drawn {
                Resampled::Weeks if period >= Block::Day.span() * 2 => "`resample: days` draws days of it",
                _ => "`noise: 0.1` says how weeks differ where no trace does",
            };
            issues.push(Issue::error(FIELD, message).with_help(help));
        } else {
            if block == Block::Day && whole < DAYS_THAT_KEEP_WEEKDAYS {
                let message = format!(
                    "{place} has {whole} whole days: any of them is drawn, whatever its weekday; from \
                     {DAYS_THAT_KEEP_WEEKDAYS} days on weekdays stay what they are"
                );
                issues.push(Issue::warning(FIELD, message));
            }
            traces.push(at);
        }
    }
    if recorded == 0 {
        let message = format!("found {word}, but no pattern is a recorded trace whose {word} could be drawn");
        let help = "patterns: [{trace: {file: traffic.csv}}], or `noise: 0.1` instead";
        issues.push(Issue::error(FIELD, message).with_help(help));
    }
    (!traces.is_empty()).then_some(Resample { block, traces })
}
