//! The points themselves: each is simulated, and written down at once.

use super::super::Failure;
use super::super::files::check_folder;
use super::super::jobs::pool;
use super::super::progress::Progress;
use super::super::run::file_name;
use super::super::streams::tell;
use super::errors::failed;
use super::interrupted::{SharedFile, end_between_lines};
use super::points::{Ready, planned};
use super::{Args, front, plan, print};
use foresail::report::sweep::{ShardOf, StudyFile, StudyFolder, StudyPoint, shard_name};
use foresail::scenario::issue::Issue;
use foresail::study::sweep::{at_all, at_point, tried};
use foresail::study::{LatencyTables, measure};
use foresail::units::counted;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Where things are written.
struct Places {
    folder: PathBuf,
    /// While points come in.
    working: PathBuf,
    /// When all are there.
    whole: PathBuf,
}

/// Simulates the points that are not there yet.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let asked = args.front.asked()?;
    let plan = args.plan.as_deref().map(plan::read).transpose()?;
    let ready = match &plan {
        None => args.points.ready()?,
        Some(_) if args.points.is_given() => {
            let issue = Issue::error("--plan", "the plan says what is varied, set and drawn, and how often");
            return Err(issue.with_help("leave the other flags out, or write another plan").into());
        }
        Some(plan) => planned(plan, args.points.scenario.path())?,
    };
    let shard = args.shard.shard(plan.as_ref().and_then(|plan| plan.shards))?;
    asked.is_kept(&ready.head.by)?;
    if args.dry_run {
        return print::dry_run(&ready);
    }
    let pool = pool(args.jobs)?;
    if plan.is_none() {
        pool.install(|| tried(&ready.plan, &ready.written)).map_err(Failure::Input)?;
    }
    let places = places(args, &ready, shard);
    check_folder("--out", &places.folder)?;
    std::fs::create_dir_all(&places.folder)
        .map_err(|error| super::super::files::unwritable("--out", &places.folder, &error))?;
    if shard.is_some() && places.whole.is_file() && !args.fresh {
        return check_whole(&ready, shard, &places);
    }
    let head = ready.head.of_shard(shard);
    let file = StudyFile::open(&places.working, &head, args.fresh).map_err(failed)?;
    let (begun, missing) = (Instant::now(), file.missing());
    if file.found() > 0 && !missing.is_empty() && !args.quiet {
        tell(format!("{} of {} points stand already", file.found(), file.expected()));
    }
    let count = missing.len();
    let file: SharedFile = Arc::new(Mutex::new(Some(file)));
    end_between_lines(&file).map_err(|error| Failure::Internal(error.to_string()))?;
    let share = pool.install(|| simulate(&ready, missing, &file, args.quiet))?;
    let file = file.lock().unwrap_or_else(PoisonError::into_inner).take();
    file.map_or(Ok(()), |file| file.finish(&places.whole)).map_err(failed)?;
    if count > 0 && !args.quiet {
        let took_s = begun.elapsed().as_secs_f64();
        let points = counted(count, "point");
        tell(format!("simulated {points} in {took_s:.1} s; {:.1} % of the work was simulating", share * 100.0));
    }
    if shard.is_some() {
        return print::shard(&places.whole, args.quiet);
    }
    let (scenario, sets) = match &plan {
        Some(plan) => (args.points.scenario.path().or(plan.scenario.as_deref()), &plan.sets),
        None => (args.points.scenario.path(), &args.points.scenario.sets),
    };
    let folder = StudyFolder::at(&places.folder);
    let findings = folder.publish(asked, &front::command(&ready, scenario, sets)).map_err(failed)?;
    print::study(&folder, findings.as_ref(), args.output)
}

fn places(args: &Args, ready: &Ready, shard: Option<ShardOf>) -> Places {
    let of_plan = || args.plan.as_deref().and_then(Path::parent).map(Path::to_owned);
    let own = || Path::new("reports").join(format!("sweep-{}", file_name(&ready.head.scenario)));
    let folder = args.out.clone().or_else(of_plan).unwrap_or_else(own);
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let name = shard.map_or_else(|| "study.jsonl".to_owned(), shard_name);
    let whole = folder.join(&name);
    let working = if shard.is_some() { folder.join(format!("{name}.part")) } else { whole.clone() };
    Places { folder, working, whole }
}

/// A shard that was simulated before has nothing to do.
fn check_whole(ready: &Ready, shard: Option<ShardOf>, places: &Places) -> Result<(), Failure> {
    let file = StudyFile::open(&places.whole, &ready.head.of_shard(shard), false).map_err(failed)?;
    file.finish(&places.whole).map_err(failed)?;
    tell(format!("{} is whole: there is nothing to do", places.whole.display()));
    Ok(())
}

/// Returns the share of the work that was simulating, 0..=1: the rest is building scenarios and writing lines.
fn simulate(ready: &Ready, missing: Vec<u64>, file: &SharedFile, is_quiet: bool) -> Result<f64, Failure> {
    let Ready { written, plan, head } = ready;
    let bar = Progress::new("points", missing.len() as u64, is_quiet || missing.is_empty());
    let tables = LatencyTables::default();
    let (all_ns, simulating_ns) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = |spent: &AtomicU64, since: Instant| {
        spent.fetch_add(since.elapsed().as_nanos() as u64, Ordering::Relaxed);
    };
    let outcome = at_all(missing.into_iter(), |point| {
        let begun = Instant::now();
        let values = plan.values(point);
        let built = written.with(&plan.settings(&values));
        let mut scenario = built.map_err(|issues| Failure::Input(at_point(plan, point, issues)))?;
        (scenario.seed, scenario.replications) = (head.seed, head.replications);
        let simulating = Instant::now();
        let finished = measure(scenario, &tables);
        count(&simulating_ns, simulating);
        let line = StudyPoint::of(head, point, &values, &finished);
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.as_mut().map_or(Ok(()), |file| file.add(&line)).map_err(failed)?;
        count(&all_ns, begun);
        bar.step();
        Ok(())
    });
    bar.finish();
    outcome.map(|()| simulating_ns.into_inner() as f64 / all_ns.into_inner().max(1) as f64)
}
