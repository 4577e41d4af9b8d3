//! What the page of a study is asked: which figures its front is of, and how a point is run by itself.

use super::super::Failure;
use super::plan;
use super::points::{Ready, planned};
use foresail::report::sweep::{FrontOf, PointCommand, StudyHead, quoted};
use std::path::Path;

/// Which figures are weighed against each other.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct FrontArgs {
    /// The two figures whose front the page shows: costUsdPerMonth, latencyMsP95, errorRatio, breachRatio, flappingPerHour or
    /// any other, of parts as latencyMsP95{route:NAME} (with --by route).
    #[arg(long, value_name = "FIGURE,FIGURE", default_value = "costUsdPerMonth,latencyMsP95")]
    front: String,
}

impl FrontArgs {
    /// Errors: no such figures.
    pub(super) fn asked(&self) -> Result<FrontOf, Failure> {
        FrontOf::parse(&self.front).map_err(Failure::from)
    }
}

/// How a point is run by itself.
pub(super) fn command(ready: &Ready, scenario: Option<&Path>, sets: &[String]) -> PointCommand {
    let mut run = base(scenario.map(|path| path.display().to_string()).as_deref(), &ready.head);
    sets.iter().for_each(|set| run += &format!(" --set {}", quoted(set)));
    PointCommand { run, sets: ready.plan.axes().iter().map(|axis| axis.sets()).collect() }
}

/// The same for a study of which only the files are known: by the plan beside them, if its scenario is still there.
pub(super) fn command_beside(folder: &Path, head: &StudyHead) -> PointCommand {
    let plan = plan::read(&folder.join("plan.json")).ok().filter(|plan| plan.study == head.of_shard(None));
    let known = plan.and_then(|plan| {
        let ready = planned(&plan, None).ok()?;
        Some(command(&ready, plan.scenario.as_deref(), &plan.sets))
    });
    known.unwrap_or_else(|| PointCommand {
        run: base(Some("SCENARIO"), head),
        sets: head.axes.iter().map(|axis| vec![format!("{}=", axis.name)]).collect(),
    })
}

fn base(scenario: Option<&str>, head: &StudyHead) -> String {
    let scenario = scenario.map_or(String::new(), |path| format!(" {}", quoted(path)));
    format!("foresail run{scenario} --seed {} -n {}", head.seed, head.replications)
}
