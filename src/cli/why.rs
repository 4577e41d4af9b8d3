//! `foresail why`.

use super::Failure;
use super::scenario::ScenarioArgs;
use super::streams::print;
use foresail::limits::{Budget, read_text};
use foresail::report::decisions::{Question, Story, why, why_written};
use foresail::scenario::issue::Issue;
use foresail::study::Study;
use foresail::units::{SimDuration, SimTime};
use std::path::{Path, PathBuf};

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

/// Tells what happened around an instant, and why: in the first alternative history of a scenario, which is simulated, or
/// in a decision log that was written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let window = SimDuration::parse(&args.window).ok().filter(|window| *window >= SimDuration::ZERO);
    let window = window.ok_or_else(|| {
        Issue::error("--window", format!("`{}` is not a duration", args.window)).with_help("write 5m or 90s")
    })?;
    let at = instant(&args.at).ok_or_else(|| {
        Issue::error("--at", format!("`{}` is not a time", args.at)).with_help("write 10:42, 1d 10:42:05 or 34h42m")
    })?;
    if let Some(path) = args.scenario.path().and_then(written_log) {
        return tell_written(args, &path, &Question { at, window, object: args.object.clone() });
    }
    let scenario = args.scenario.load()?;
    if at > SimTime::ZERO + scenario.duration {
        let message = format!("{at} lies after the end of the scenario, which lasts {}", scenario.duration);
        return Err(Issue::error("--at", message).into());
    }
    let study = Study::of(&scenario);
    let question = Question { at, window, object: args.object.clone() };
    let answer =
        why(&study.cast, &study.history(), &question).map_err(|names| unknown(args, "this scenario", &names))?;
    print(&answer)
}

/// The decision log that a path stands for: a file of JSON Lines, or a report's folder.
fn written_log(path: &Path) -> Option<PathBuf> {
    let in_folder = path.join("decisions.jsonl");
    if path.extension().is_some_and(|kind| kind == "jsonl") {
        Some(path.to_owned())
    } else {
        (!path.join("scenario.yaml").exists() && in_folder.exists()).then_some(in_folder)
    }
}

/// Answers from a log, without simulating.
fn tell_written(args: &Args, path: &Path, question: &Question) -> Result<(), Failure> {
    let name = path.display().to_string();
    if args.scenario.is_changed() {
        let message = "a decision log is what it is: --set and --seed change a scenario";
        return Err(Issue::error("", message)
            .in_file(name, None)
            .with_help("name the scenario instead of its log")
            .into());
    }
    let unreadable = |error: std::io::Error| {
        let issue = Issue::error("", format!("cannot read it: {error}")).in_file(name.clone(), None);
        issue.with_help("name the decisions.jsonl of a report, as reports/NAME/decisions.jsonl")
    };
    let text = read_text(path, Budget::DumpBytes).map_err(unreadable)?;
    let story = Story::read(&name, &text).map_err(Failure::Input)?;
    print(&why_written(&story, question).map_err(|names| unknown(args, &name, &names))?)
}

fn unknown(args: &Args, place: &str, names: &[String]) -> Issue {
    let object = args.object.as_deref().unwrap_or_default();
    let issue = Issue::error("--object", format!("nothing in {place} is called `{object}`"));
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
