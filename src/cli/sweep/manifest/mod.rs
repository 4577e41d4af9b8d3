//! `foresail sweep manifest`: a ready file for an engine that runs the shards of a plan.

use super::super::Failure;
use super::super::run::file_name;
use super::super::streams::print;
use super::plan;
use foresail::report::sweep::{SweepPlan, quoted};
use foresail::scenario::issue::Issue;
use minijinja::{Environment, Value, context};
use std::path::{Component, Path, PathBuf};

/// Which engine, which plan, how large a shard's machine is.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Who runs the shards.
    engine: Engine,
    /// What `foresail sweep plan` wrote: the file, or its folder.
    plan: PathBuf,
    /// Into how many parts the points go; the plan's number by default.
    #[arg(long, value_name = "N")]
    shards: Option<u32>,
    /// Cores of a shard.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1024))]
    cpus: u32,
    /// Memory of a shard, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
    /// At most so many shards at once; kubernetes: 50, slurm: no bound, parallel: as many as the machine has cores for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    parallelism: Option<u32>,
    /// The program, for slurm and parallel.
    #[arg(long, value_name = "PATH", default_value = "foresail")]
    program: String,
    /// The image, for kubernetes; the Dockerfile of the repository builds it.
    #[arg(long, value_name = "IMAGE", default_value = concat!("foresail:", env!("CARGO_PKG_VERSION")))]
    image: String,
    /// The PersistentVolumeClaim with the scenario and the plan, for kubernetes.
    #[arg(long, value_name = "NAME", default_value = "foresail")]
    claim: String,
}

/// Who runs shards.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// An Indexed Job.
    Kubernetes,
    /// A job array.
    Slurm,
    /// A line for GNU parallel.
    Parallel,
}

impl Engine {
    fn template(self) -> &'static str {
        match self {
            Engine::Kubernetes => include_str!("job.yaml"),
            Engine::Slurm => include_str!("array.sh"),
            Engine::Parallel => include_str!("parallel.sh"),
        }
    }
}

/// More indexes a Job must not have without further bounds.
const MOST_INDEXES: u32 = 100_000;
/// The largest array of a Slurm that nobody configured (MaxArraySize, 1001).
const USUAL_ARRAY: u32 = 1000;
/// A Job's name, with room for the index behind it.
const MOST_OF_A_NAME: usize = 52;

/// Prints the file.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let planned = plan::read(&args.plan)?;
    let shards = shards(args, &planned)?;
    let file = if args.plan.is_dir() { args.plan.join("plan.json") } else { args.plan.clone() };
    if args.engine == Engine::Kubernetes {
        check_below(&file, &planned)?;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = |path: &Path| path.display().to_string();
    let model = context! {
        name => job_name(&planned.study.scenario),
        shards => shards,
        last => shards - 1,
        points => planned.study.points,
        parallelism => args.parallelism.map(|most| most.min(shards)),
        usual => shards.min(50),
        // Where a shard fails again and again, others will as well.
        most_failed => (shards / 10).clamp(1, 10_000),
        cpus => args.cpus,
        memory => args.memory,
        large => shards > USUAL_ARRAY,
        image => args.image.as_str(),
        claim => args.claim.as_str(),
        plan => text(&file),
        folder => text(folder),
        shell => context! {
            program => quoted(&args.program),
            plan => quoted(&text(&file)),
            folder => quoted(&text(folder)),
            log => quoted(&text(&folder.join("parallel.log"))),
            logs => text(&folder.join("slurm-%A_%a.log")),
            job => quoted(&format!("{} sweep --plan {} --shard {{}}/{shards} --jobs {} --quiet", quoted(&args.program), quoted(&text(&file)), args.cpus)),
        },
    };
    print(&rendered(args.engine.template(), model)?)
}

fn rendered(template: &str, model: Value) -> Result<String, Failure> {
    let text = Environment::new().render_str(template, model);
    text.map(|text| text + "\n").map_err(|error| Failure::Internal(error.to_string()))
}

fn shards(args: &Args, planned: &SweepPlan) -> Result<u32, Failure> {
    let refuse = |why: String, help: &str| Err(Issue::error("--shards", why).with_help(help).into());
    let shards = match (args.shards, planned.shards) {
        (Some(own), Some(planned)) if own != planned => {
            return refuse(format!("found {own}, and the plan has {planned}"), "leave it out, or write another plan");
        }
        (None, None) => {
            return refuse("into how many parts?".to_owned(), "the plan does not say it: give --shards N");
        }
        (own, planned) => own.or(planned).unwrap_or(1),
    };
    let points = planned.study.points;
    if shards == 0 || u64::from(shards) > points {
        return refuse(
            format!("found {shards}, expected 1 to {points}, the number of points"),
            "a part has a point at least",
        );
    }
    if args.engine == Engine::Kubernetes && shards > MOST_INDEXES {
        let why = format!("found {shards}, expected at most {MOST_INDEXES} for an Indexed Job");
        return refuse(why, "take larger parts: a pod needs seconds to start");
    }
    Ok(shards)
}

/// What lies on the volume is named from its root: the folder in which the plan was written.
fn check_below(file: &Path, planned: &SweepPlan) -> Result<(), Failure> {
    let is_below = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let outside = [Some(file), planned.scenario.as_deref()].into_iter().flatten().find(|path| !is_below(path));
    let Some(path) = outside else { return Ok(()) };
    let issue =
        Issue::error("", format!("{} is not below this folder, which a pod sees as its volume", path.display()));
    let help = "write the plan in the folder that goes onto the volume, and name scenario and plan from there";
    Err(issue.with_help(help).into())
}

/// As Kubernetes takes it: small letters, digits and dashes, a letter first.
fn job_name(scenario: &str) -> String {
    let name = format!("sweep-{}", file_name(scenario).to_lowercase());
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let short: String = plain.chars().take(MOST_OF_A_NAME).collect();
    short.trim_end_matches('-').to_owned()
}
