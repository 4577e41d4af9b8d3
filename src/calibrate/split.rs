//! Which part of a past is fitted, and which is held back.

use crate::past::Past;
use crate::scenario::issue::Issue;
use crate::units::SimDuration;
use std::ops::Range;

const DAY_S: f64 = 86_400.0;
/// What is held back unless something else is asked for.
const SHARE: f64 = 1.0 / 3.0;
/// Fewer instants in either part say nothing.
const FEWEST: usize = 60;
/// Replays begin so much earlier, so that what is compared does not hang on how they begin.
const LEAD_S: f64 = 7200.0;

/// How much is held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HoldBack {
    /// The last third, in whole days if there are at least three.
    Third,
    /// The last part, above 0 and below 1.
    Share(f64),
    /// The end, this long.
    Span(SimDuration),
}

impl HoldBack {
    /// `30%`, `2d`, `12h`, or `third`.
    ///
    /// Errors: in words.
    pub fn parse(text: &str) -> Result<HoldBack, String> {
        if text == "third" {
            return Ok(HoldBack::Third);
        }
        let expected = || format!("found `{text}`, expected a part such as 30% or a time such as 2d");
        if let Some(percent) = text.strip_suffix('%') {
            let share = percent.trim().parse::<f64>().map_err(|_| expected())? / 100.0;
            return if share > 0.0 && share < 1.0 { Ok(HoldBack::Share(share)) } else { Err(expected()) };
        }
        let span = SimDuration::parse(text).ok().filter(|span| *span > SimDuration::ZERO);
        span.map(HoldBack::Span).ok_or_else(expected)
    }
}

/// The parts of a past, in instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What parameters are fitted to.
    pub fitted: Range<usize>,
    /// What the replay is held against.
    pub held: Range<usize>,
    /// Where the replay begins.
    pub lead: usize,
}

/// The parts of a past.
///
/// Errors: too little of it.
pub fn split(past: &Past, hold_back: HoldBack) -> Result<Split, Issue> {
    let step_s = f64::from(past.step_s.max(1));
    let days = (past.span_s() / DAY_S).floor();
    let held_s = match hold_back {
        HoldBack::Third if days >= 3.0 => (days * SHARE).floor().max(1.0) * DAY_S,
        HoldBack::Third => past.span_s() * SHARE,
        HoldBack::Share(share) => past.span_s() * share,
        HoldBack::Span(span) => span.as_secs_f64(),
    };
    let held = ((held_s / step_s).round() as usize).min(past.steps);
    let from = past.steps - held;
    if from < FEWEST || held < FEWEST {
        let message = format!(
            "of {} recorded instants, {} s apart, {held} would be held back and {from} fitted: at least {FEWEST} are needed in each part",
            past.steps, past.step_s
        );
        let help = "take a longer range (--range 7d), a shorter step (--step 60s), or another part (--hold-back 30%)";
        return Err(Issue::error("--hold-back", message).with_help(help));
    }
    let lead = from.saturating_sub((LEAD_S / step_s).ceil() as usize);
    Ok(Split { fitted: 0..from, held: from..past.steps, lead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_held_back_where_there_are_some() {
        let past = |days: f64| Past { step_s: 60, steps: (days * 1440.0) as usize, ..Past::default() };
        let held = |days: f64, hold_back| split(&past(days), hold_back).map(|split| split.held.len());
        assert_eq!(held(7.0, HoldBack::Third), Ok(2 * 1440));
        assert_eq!(held(3.5, HoldBack::Third), Ok(1440));
        assert_eq!(held(1.0, HoldBack::Third), Ok(480));
        assert_eq!(held(2.0, HoldBack::Share(0.25)), Ok(720));
        assert_eq!(split(&past(2.0), HoldBack::Span(SimDuration::from_hours(6))).map(|split| split.lead), Ok(2400));
        assert!(
            held(0.05, HoldBack::Third).is_err() && held(1.0, HoldBack::Span(SimDuration::from_hours(48))).is_err()
        );
    }

    #[test]
    fn parts_are_read_as_people_write_them() {
        assert_eq!(HoldBack::parse("30%"), Ok(HoldBack::Share(0.3)));
        assert_eq!(HoldBack::parse("2d"), Ok(HoldBack::Span(SimDuration::from_hours(48))));
        assert!(HoldBack::parse("120%").is_err() && HoldBack::parse("much").is_err() && HoldBack::parse("0s").is_err());
    }
}
