//! `foresail why`.

use super::Failure;
use super::scenario::ScenarioArgs;
use super::streams::print;
use foresail::report::decisions::{Question, why};
use foresail::scenario::issue::Issue;
use foresail::study::Study;
use foresail::units::{SimDuration, SimTime};

/// What to ask.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// About when: `10:42`, `1d 10:42:05`, or the time since the start, `34h42m`.
    #[arg(long, value_name = "TIME")]
    at: String,
    /// About what: a workload, pod, node or node group; everything by default.
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// How far before and after to look.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    window: String,
}

/// Simulates the first alternative history and tells what happened around an instant, and why.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let window = SimDuration::parse(&args.window).ok().filter(|window| *window >= SimDuration::ZERO);
    let window = window.ok_or_else(|| {
        Issue::error("--window", format!("`{}` is not a duration", args.window)).with_help("write 5m or 90s")
    })?;
    let at = instant(&args.at).ok_or_else(|| {
        Issue::error("--at", format!("`{}` is not a time", args.at)).with_help("write 10:42, 1d 10:42:05 or 34h42m")
    })?;
    let scenario = args.scenario.load()?;
    if at > SimTime::ZERO + scenario.duration {
        let message = format!("{at} lies after the end of the scenario, which lasts {}", scenario.duration);
        return Err(Issue::error("--at", message).into());
    }
    let study = Study::of(&scenario);
    let question = Question { at, window, object: args.object.clone() };
    let answer =
        why(&study.cast, &study.history(), &question).map_err(|names| unknown(args.object.as_deref(), &names))?;
    print(&answer)
}

fn unknown(object: Option<&str>, names: &[String]) -> Issue {
    let object = object.unwrap_or_default();
    let issue = Issue::error("--object", format!("nothing in this scenario is called `{object}`"));
    issue.with_help("name a workload, pod, node or node group").suggest(object, names.iter().map(String::as_str))
}

/// `10:42`, `10:42:05`, either after `1d `; or a duration since the start.
fn instant(text: &str) -> Option<SimTime> {
    let text = text.trim();
    if !text.contains(':') {
        let span = SimDuration::parse(text).ok().filter(|span| *span >= SimDuration::ZERO)?;
        return Some(SimTime::ZERO + span);
    }
    let (days, clock) = match text.split_once('d') {
        Some((days, clock)) => (days.trim().parse::<i64>().ok()?, clock.trim()),
        None => (0, text),
    };
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let most_hours = if days > 0 { 24 } else { 87_600 };
    let fits = (0..3650).contains(&days) && (0..most_hours).contains(&hours);
    let fits = fits && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    fits.then(|| SimTime::from_secs(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_three_ways() {
        assert_eq!(instant("10:42"), Some(SimTime::from_secs(38_520)));
        assert_eq!(instant("1d 10:42:05"), Some(SimTime::from_secs(86_400 + 38_525)));
        assert_eq!(instant("34h42m"), Some(SimTime::from_secs(124_920)));
        assert_eq!(instant("44:00"), Some(SimTime::from_secs(158_400)));
        for bad in ["", "10:99", "1d 25:00", "1:2:3:4", "-5m", "noon", "9999999999d 1:00", ":"] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }
}
