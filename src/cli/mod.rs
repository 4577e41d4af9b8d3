//! One file per command: its arguments, its `run`, its texts. Data goes to stdout, everything about
//! the work (progress, caveats, errors) to stderr.

mod autoscale;
mod bounds;
mod calibrate;
mod catalog;
mod check;
mod compare;
mod completing;
mod completions;
mod explain;
mod files;
mod fit;
mod hpa;
mod init;
mod interrupted;
mod jobs;
mod kubernetes;
mod man;
mod precision;
mod progress;
mod prometheus;
mod recommend;
mod render;
mod report;
mod root;
mod run;
mod scenario;
mod schedule;
mod schedule_against;
mod schema;
mod scrub;
mod streams;
mod sweep;
mod validate;
mod vpa;
mod watch;
mod why;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};
use foresail::scenario::issue::{Issue, Issues, did_you_mean};
use std::process::ExitCode;

/// Bad usage or bad input.
const EXIT_INPUT: u8 = 2;
/// A bug in the program, or a machine that does not co-operate (disk full, no permission).
const EXIT_INTERNAL: u8 = 70;

/// Replays traffic against a simulated Kubernetes cluster: what will it cost, how will it feel to users,
/// which min/max to set.
#[derive(Parser)]
#[command(name = "foresail", version, max_term_width = 100, arg_required_else_help = true, after_help = bounds::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    bounds: bounds::Args,
}

#[derive(Subcommand)]
enum Command {
    /// Write a first scenario: a starter, or one for a cluster, with a list of what it assumes.
    Init(init::Args),
    /// Simulate a scenario: what it costs, how it feels, which min and max to set.
    Run(run::Args),
    /// Show a result that was written in another form: page, spreadsheet, FOCUS, CSV, JSON.
    Report(report::Args),
    /// Set scenarios side by side: what differs in what was asked, what differs in what came out, and how sure that is.
    Compare(compare::Args),
    /// Simulate a scenario at many settings: which are the cheapest that keep what is promised.
    Sweep(Box<sweep::Args>),
    /// What to set: minima, maxima, targets and more, what that saves and does to users, and whether it holds next week.
    Recommend(Box<recommend::Args>),
    /// The gate for pull requests: is a scenario worse than its baseline, beyond chance; does it keep its thresholds.
    Check(check::Args),
    /// Fit a scenario to a recorded past and hold it against the days kept back: which of its answers may be trusted.
    Calibrate(Box<calibrate::Args>),
    /// Estimate what requests cost each service from recorded metrics.
    Fit(fit::Args),
    /// Replay recorded metrics against HPAs: what would they have done?
    Hpa(hpa::Args),
    /// Tell what happened around an instant, and what caused it: of a scenario, or of a decisions.jsonl that was written.
    Why(why::Args),
    /// Recommend requests for recorded usage, as the VPA would
    Vpa(vpa::Args),
    /// Place the pending pods of a cluster dump as kube-scheduler would: a dry run.
    Schedule(schedule::Args),
    /// What the Cluster Autoscaler would do next with a cluster: which group grows, which nodes go, and why.
    Autoscale(autoscale::Args),
    /// What things cost where: machine types, items and managed services, with the source and date of each price.
    Catalog(catalog::Args),
    /// Say everything that is wrong with scenarios, without simulating them.
    Validate(validate::Args),
    /// The scenario as `run` would use it: extended, set, with node groups, bounds and defaults filled in.
    Render(render::Args),
    /// What a field of a scenario is: type, unit, default, example.
    Explain(explain::Args),
    /// The JSON schema of a scenario file (draft-07), for editors.
    Schema(schema::Args),
    /// Write manual pages, one for each command.
    Man(man::Args),
    /// A cluster dump without names, images, environment and secrets, which simulates as before.
    Scrub(scrub::Args),
    /// Print a completion script for your shell.
    Completions(completions::Args),
}

/// Why a command stopped.
pub(crate) enum Failure {
    /// The user's input: everything wrong with it.
    Input(Issues),
    /// The machine or the program: what happened.
    Internal(String),
    /// Nobody reads stdout any more: there is nothing to complain about.
    Unread,
}

impl From<Issue> for Failure {
    fn from(issue: Issue) -> Self {
        Failure::Input(issue.into())
    }
}

/// Parses the arguments, runs the command, turns what happened into an exit code.
pub(crate) fn main() -> ExitCode {
    completing::answer();
    streams::take_limits_as_errors();
    let command = match Cli::try_parse() {
        Ok(cli) => {
            cli.bounds.apply();
            cli.command
        }
        Err(error) => return refused(error),
    };
    let outcome = match command {
        Command::Init(args) => init::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Check(args) => return check::run(&args).map_or_else(|failure| tell(&failure), ExitCode::from),
        Command::Recommend(args) => {
            return recommend::run(&args).map_or_else(|failure| tell(&failure), ExitCode::from);
        }
        Command::Validate(args) => return validate::run(&args).map_or_else(|failure| tell(&failure), ExitCode::from),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Fit(args) => fit::run(&args),
        Command::Hpa(args) => hpa::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Vpa(args) => vpa::run(&args),
        Command::Schedule(args) => schedule::run(&args),
        Command::Autoscale(args) => autoscale::run(&args),
        Command::Catalog(args) => catalog::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Scrub(args) => scrub::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    outcome.map_or_else(|failure| tell(&failure), |()| ExitCode::SUCCESS)
}

/// Says what clap says of the arguments, but proposes only a command that may be meant: `init` is no slip of `fit`.
fn refused(mut error: clap::Error) -> ExitCode {
    let text = |value: Option<&ContextValue>| match value {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let found = text(error.get(ContextKind::InvalidSubcommand)).concat();
    let names = text(error.get(ContextKind::SuggestedSubcommand));
    // Who slips mostly has the first letter right.
    let likely = names.iter().map(String::as_str).filter(|name| name.chars().next() == found.chars().next());
    if did_you_mean(&found, likely).is_none() {
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::Suggested);
    }
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { EXIT_INPUT } else { 0 })
}

/// Says what went wrong on stderr.
fn tell(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Input(issues) => {
            issues.iter().for_each(streams::tell);
            ExitCode::from(EXIT_INPUT)
        }
        Failure::Internal(what) => {
            streams::tell(format!("foresail: {what}"));
            ExitCode::from(EXIT_INTERNAL)
        }
        Failure::Unread => ExitCode::SUCCESS,
    }
}
