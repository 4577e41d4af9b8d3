//! `foresail sweep`.

mod errors;
mod front;
mod interrupted;
mod manifest;
mod merge;
mod plan;
mod points;
mod print;
mod run;
mod shard;

pub(super) use errors::failed as study_failed;

use super::Failure;
use std::path::PathBuf;

/// What to simulate, and how; or another step of a sweep on many machines.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    points: points::PointsArgs,
    /// Simulate what `foresail sweep plan` wrote.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    shard: shard::ShardArgs,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder for the results; reports/sweep-<scenario> by default, or where the plan is.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Throw away what an earlier sweep left in the folder, of whatever it is.
    #[arg(long)]
    fresh: bool,
    /// Say which points there are, and simulate none.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    front: front::FrontArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = print::Output::Table)]
    output: print::Output,
    /// No progress, no figures about the run itself.
    #[arg(short, long)]
    quiet: bool,
}

/// Sweeps on many machines.
#[derive(clap::Subcommand)]
enum Step {
    /// Write down which points there are, for `foresail sweep --plan`.
    Plan(plan::Args),
    /// Put the files of all shards together: the same bytes as those of one machine.
    Merge(merge::Args),
    /// Print a ready file that runs the shards of a plan: for Kubernetes, Slurm or GNU parallel.
    Manifest(manifest::Args),
}

/// Simulates all points, or does one of the steps.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.step {
        None => run::run(args),
        Some(Step::Plan(args)) => plan::run(args),
        Some(Step::Merge(args)) => merge::run(args),
        Some(Step::Manifest(args)) => manifest::run(args),
    }
}
