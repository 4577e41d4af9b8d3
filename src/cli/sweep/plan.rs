//! `foresail sweep plan`: which points there are, for machines that simulate them later.

use super::super::Failure;
use super::super::files::{check_folder, unwritable};
use super::super::run::file_name;
use super::super::streams::print;
use super::points::{PointsArgs, Ready};
use foresail::limits::{Budget, read_text};
use foresail::report::sweep::{SweepPlan, points_csv};
use foresail::scenario::issue::Issue;
use foresail::study::sweep::tried;
use foresail::units::counted;
use foresail::whole;
use std::path::{Path, PathBuf};

/// What to plan, and where to write it.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    points: PointsArgs,
    /// Into how many parts the points go.
    #[arg(long, value_name = "N")]
    shards: Option<u32>,
    /// The folder for plan.json and points.csv; reports/sweep-<scenario> by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Checks the points and writes them down.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.shards == Some(0) {
        return Err(Issue::error("--shards", "found 0, expected at least 1").into());
    }
    let ready = args.points.ready()?;
    tried(&ready.plan, &ready.written).map_err(Failure::Input)?;
    let own = || Path::new("reports").join(format!("sweep-{}", file_name(&ready.head.scenario)));
    let folder = args.out.clone().unwrap_or_else(own);
    check_folder("--out", &folder)?;
    let plan = SweepPlan::of(
        args.points.scenario.path().map(Path::to_owned),
        args.points.scenario.sets.clone(),
        args.shards,
        ready.head.clone(),
    );
    let json = serde_json::to_string_pretty(&plan).map_err(|error| Failure::Internal(error.to_string()))? + "\n";
    let Ready { plan: points, head, .. } = &ready;
    let path = folder.join("plan.json");
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| points_csv(points, &folder.join("points.csv")))
        .and_then(|()| whole::write(&path, json));
    written.map_err(|error| unwritable("--out", &folder, &error))?;
    let shards = args.shards.map_or(String::new(), |count| format!(" in {}", counted(count as usize, "shard")));
    print(&format!(
        "{}: {}{shards}\nPlan    {}\n",
        head.scenario,
        counted(head.points as usize, "point"),
        path.display()
    ))
}

/// A plan that was written.
///
/// Errors: it cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<SweepPlan, Failure> {
    let path = if path.is_dir() { path.join("plan.json") } else { path.to_owned() };
    let refuse = |why: String| {
        let issue = Issue::error("--plan", format!("{}: {why}", path.display()));
        Failure::from(issue.with_help("`foresail sweep plan` writes plans"))
    };
    let text = read_text(&path, Budget::DumpBytes).map_err(|error| refuse(error.to_string()))?;
    let plan: SweepPlan = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    match plan.kind == "SweepPlan" && plan.api_version == plan.study.api_version {
        true => Ok(plan),
        false => Err(refuse(format!("found {} {}, expected a SweepPlan", plan.api_version, plan.kind))),
    }
}
