//! Which setting to choose.

use super::super::Failure;
use super::super::files::folder;
use super::super::jobs::pool;
use super::super::precision::not_looked_at;
use super::super::progress::Progress;
use super::super::streams::tell;
use super::super::sweep::study_failed;
use super::Args;
use super::options::{Budget, budget};
use super::outputs::tell_all;
use super::stop::Stop;
use foresail::report::advice::{AdviceReport, OutcomeFile};
use foresail::scenario::issue::Issue;
use foresail::scenario::wanted::SearchBudget;
use foresail::scenario::{Scenario, Setting, Written, checked_replications};
use foresail::study::advise::answer::Answer;
use foresail::study::advise::{Ask, Ends, Known, recommend};
use foresail::whole::Folder;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Replications where nobody says how long to look.
const REPLICATIONS: u32 = 200;
/// Fresh periods where nobody says in how many.
const CHECK: u32 = 20;
/// A budget of fewer replications leaves nothing to search with.
const LEAST: u32 = 10;

/// Searches, and says what to set.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let (written, mut sets) = args.scenario.written()?;
    sets.extend(args.wanted.settings()?);
    let mut base = written.with(&sets).map_err(Failure::Input)?;
    base.seed = args.scenario.seed().unwrap_or(base.seed);
    not_looked_at(&base, "the search has as many replications as --budget says, its check as many periods as -n");
    let check = args.replications.map(checked_replications).transpose().map_err(Failure::from)?;
    let looked = args.budget.as_deref().map(budget).transpose()?.unwrap_or_else(|| usual(&base));
    enough(looked, check.unwrap_or(CHECK))?;
    let (folder, file) = args.out.as_deref().map(|place| open(place, &base, args)).transpose()?.unzip();
    let stop = Stop::on_signals().map_err(|error| Failure::Internal(error.to_string()))?;
    let asked = Asked { written: &written, sets: &sets, base: &base, check };
    let known: &dyn Known = match &file {
        Some(file) => file,
        None => &(),
    };
    let answer = pool(args.jobs)?.install(|| asked.search(looked, (&stop, known), args.quiet))?;
    if let Some(file) = file {
        file.finish().map_err(study_failed)?;
    }
    tell_all(args, &base, &AdviceReport::of(&base, answer), folder.as_ref())?;
    Ok(stop.exit_code())
}

/// What to set, for a command that tells more than that; none where nothing can move.
pub(in crate::cli) fn searched(
    (written, sets): (&Written, &[Setting]),
    base: &Scenario,
    is_quiet: bool,
) -> Option<Answer> {
    let asked = Asked { written, sets, base, check: None };
    asked.search(usual(base), (&Stop::default(), &()), is_quiet).ok()
}

/// What the scenario says, or as long as mostly is enough.
fn usual(base: &Scenario) -> Budget {
    match base.wanted.budget {
        None => Budget::Replications(REPLICATIONS),
        Some(SearchBudget::Replications(count)) => Budget::Replications(count),
        Some(SearchBudget::Time(time)) => Budget::Time(Duration::from_nanos(time.as_nanos().max(0) as u64)),
    }
}

/// Errors: a budget that the check alone would use up.
fn enough(looked: Budget, check: u32) -> Result<(), Failure> {
    let least = LEAST + 2 * check;
    match looked {
        Budget::Replications(count) if count < least => {
            let message = format!(
                "found {count} replications, expected at least {least}: {check} fresh periods of the present setting and of \
                 the recommended one, and some to search with"
            );
            let fewer = (count.saturating_sub(LEAST) / 2).max(1);
            let help = format!("give it more, or check the answer in fewer periods: -n {fewer}");
            Err(Issue::error("--budget", message).with_help(help).into())
        }
        _ => Ok(()),
    }
}

/// The folder that was named, and the file of outcomes in it.
fn open(place: &Path, base: &Scenario, args: &Args) -> Result<(Folder, OutcomeFile), Failure> {
    let folder = folder("--out", place)?;
    let file = OutcomeFile::open(&place.join("study.jsonl"), base, args.fresh).map_err(study_failed)?;
    if file.found() > 0 && !args.quiet {
        tell(format!("{} replications stand already", file.found()));
    }
    Ok((folder, file))
}

/// What is searched for.
struct Asked<'a> {
    written: &'a Written,
    sets: &'a [Setting],
    base: &'a Scenario,
    check: Option<u32>,
}

impl Asked<'_> {
    fn search(&self, looked: Budget, (stop, known): (&Stop, &dyn Known), is_quiet: bool) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let (replications, until) = match looked {
            Budget::Replications(count) => (count, None),
            Budget::Time(time) => (u32::MAX, begun.checked_add(time)),
        };
        let ends = Ends { replications, until, stop: &stop.asked };
        let own = Ask::of(self.written, self.sets, self.base, ends);
        let ask = Ask { known, check: self.check.unwrap_or(own.check), ..own };
        let expected = if replications == u32::MAX { REPLICATIONS } else { replications };
        let bar = Progress::new("searching", u64::from(expected), is_quiet);
        let answer = recommend(&ask, &|| bar.step());
        bar.finish();
        let is_ended = stop.asked.load(Ordering::Relaxed) || until.is_some_and(|until| Instant::now() >= until);
        let answer = answer.ok_or_else(|| Failure::from(if is_ended { ended_early() } else { nothing_to_move() }))?;
        if !is_quiet {
            let took_s = begun.elapsed().as_secs_f64();
            tell(format!(
                "{} replications of {} settings in {took_s:.1} s",
                answer.replications, answer.settings_tried
            ));
        }
        Ok(answer)
    }
}

fn ended_early() -> Issue {
    Issue::error("", "the search was ended before the present setting was measured: there is nothing to tell")
        .with_help("give it more time: --budget 2m; with --out the same command goes on where it was ended")
}

fn nothing_to_move() -> Issue {
    Issue::error("", "there is nothing to move: the scenario has no HorizontalPodAutoscaler, and no node group that Cluster Autoscaler scales")
        .with_help("write hpas or nodeGroups with minSize and maxSize, or name what may change: --knobs")
}
