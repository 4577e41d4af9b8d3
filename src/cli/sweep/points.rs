//! Which points: what the command line and the scenario's `sweep:` block ask for.

use super::super::Failure;
use super::super::precision::not_looked_at;
use super::super::scenario::{ScenarioArgs, written};
use foresail::report::figures::Scope;
use foresail::report::sweep::{StudyHead, SweepPlan};
use foresail::scenario::file::Method;
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::{Scenario, Setting, Written, checked_replications};
use foresail::study::sweep::{Plan, Wanted, asked};
use std::path::Path;

/// What to vary, and how.
#[derive(clap::Args)]
pub(in crate::cli) struct PointsArgs {
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    /// Vary a value: `traffic.scale=1,1.5,2`, `hpa.max=4..20/4`, `services.web.queue=10..200` (with --sample). A path of
    /// --set, or hpa.min, hpa.max, hpa.cpu, hpa.NAME.max, autoscaler.FLAG, spot.share (repeatable).
    #[arg(long, value_name = "PATH=VALUES")]
    vary: Vec<String>,
    /// Draw so many points instead of every combination.
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    /// How points are drawn.
    #[arg(long, value_enum)]
    method: Option<Drawn>,
    /// More points are refused.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    max_points: u64,
    /// Alternative histories of each point.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// Also keep the figures of each of these.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    by: Vec<By>,
}

/// How points are drawn.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Drawn {
    /// A Sobol sequence.
    Sobol,
    /// A Latin hypercube.
    Lhs,
}

/// Of what there are figures.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
enum By {
    Route,
    Service,
    Hpa,
    NodeGroup,
    Namespace,
    Charge,
}

impl By {
    fn scope(self) -> Scope {
        match self {
            By::Route => Scope::Route,
            By::Service => Scope::Service,
            By::Hpa => Scope::Hpa,
            By::NodeGroup => Scope::NodeGroup,
            By::Namespace => Scope::Namespace,
            By::Charge => Scope::Charge,
        }
    }
}

/// A sweep that is ready to be simulated.
pub(super) struct Ready {
    pub(super) written: Written,
    pub(super) plan: Plan,
    /// Of the whole study.
    pub(super) head: StudyHead,
}

impl PointsArgs {
    /// Reads the scenario and plans its points.
    ///
    /// Errors: everything that is wrong with what is asked, then with the scenario as it is.
    pub(super) fn ready(&self) -> Result<Ready, Failure> {
        if let Some(replications) = self.replications {
            checked_replications(replications).map_err(Failure::from)?;
        }
        let (written, sets) = self.scenario.written()?;
        let block = written.sweep(&sets).map_err(Failure::Input)?;
        let mut wrong = Issues::new();
        let vary = asked(&block, &self.vary, &mut wrong);
        if vary.is_empty() {
            return Err(Failure::Input(wrong));
        }
        let method = self.method.map(|method| match method {
            Drawn::Sobol => Method::Sobol,
            Drawn::Lhs => Method::Lhs,
        });
        let (sample, method) = (self.sample.or(block.sample), method.or(block.method));
        if sample.is_none() && method.is_some() {
            let issue = Issue::error("--method", "nothing is drawn: every combination is simulated");
            return Err(issue.with_help("say how many points to draw: --sample N").into());
        }
        let mut base = written.with(&sets).map_err(Failure::Input)?;
        base.seed = self.scenario.seed().unwrap_or(base.seed);
        base.replications = self.replications.unwrap_or(base.replications);
        not_looked_at(&base, "every point has as many replications as -n or the scenario says");
        let sample = sample.map(|points| (points, method.unwrap_or_default()));
        let wanted = Wanted { vary, sample, seed: base.seed, most: self.max_points, sets: &sets, written: &written };
        let plan = match Plan::new(wanted, &base) {
            Ok(plan) if wrong.is_empty() => plan,
            Ok(_) => return Err(Failure::Input(wrong)),
            Err(more) => {
                more.into_iter().for_each(|issue| wrong.push(issue));
                return Err(Failure::Input(wrong));
            }
        };
        let by: Vec<Scope> = self.by.iter().map(|by| by.scope()).collect();
        let head = StudyHead::of(&plan, &base, &by);
        Ok(Ready { written, plan, head })
    }

    /// Whether it says something that a plan says already.
    pub(super) fn is_given(&self) -> bool {
        let has_flags = self.sample.is_some() || self.method.is_some() || self.replications.is_some();
        has_flags || !self.vary.is_empty() || !self.by.is_empty() || self.scenario.is_changed()
    }
}

/// What a plan that was written says; `scenario` is where its scenario lies now, if that is elsewhere.
///
/// Errors: the scenario or the release is another one.
pub(super) fn planned(plan: &SweepPlan, scenario: Option<&Path>) -> Result<Ready, Failure> {
    let path = scenario.or(plan.scenario.as_deref());
    let (written, sets) = written(path, &plan.sets).map_err(Failure::Input)?;
    let mut base = written.with(&sets).map_err(Failure::Input)?;
    (base.seed, base.replications) = (plan.study.seed, plan.study.replications);
    let plan_again = |why: String| {
        let issue = Issue::error("--plan", why);
        Failure::from(issue.with_help("write the plan anew with `foresail sweep plan`"))
    };
    let points = again(plan, &sets, &written, &base).map_err(&plan_again)?;
    let head = StudyHead::of(&points, &base, &plan.study.by);
    match head.difference(&plan.study) {
        Some(differs) => Err(plan_again(format!("the scenario or the release is not the planned one: {differs}"))),
        None => Ok(Ready { written, plan: points, head }),
    }
}

fn again(plan: &SweepPlan, sets: &[Setting], written: &Written, base: &Scenario) -> Result<Plan, String> {
    let vary = plan.study.vary()?;
    let (seed, most) = (plan.study.seed, plan.study.points);
    let wanted = Wanted { vary, sample: plan.study.sample(), seed, most, sets, written };
    Plan::new(wanted, base).map_err(|issues| issues.to_string())
}
