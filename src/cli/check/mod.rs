//! `foresail check`.

mod outputs;
mod revision;

use super::Failure;
use super::files::{check_folder, unwritable};
use super::jobs::pool;
use super::precision::not_looked_at;
use super::scenario::ScenarioArgs;
use super::streams::tell;
use super::watch::Shown;
use foresail::limits::{Budget, read_text};
use foresail::report::Report;
use foresail::report::check::{
    Base, Baseline, CheckPlan, CheckResult, CheckVerdict, Margins, check, check_json, check_markdown, check_table,
};
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::{Scenario, checked_replications, share_of};
use foresail::study::{Growing, LatencyTables};
use foresail::whole;
use outputs::Answer;
use revision::Checkout;
use std::path::Path;

/// A regression, or a threshold that is crossed.
const EXIT_FAILED: u8 = 1;
/// With `--strict`: it could not be told.
const EXIT_INCONCLUSIVE: u8 = 3;
/// The replications at the first look where nothing is said: the scenario's, if those are not more.
const FIRST: u32 = 10;
/// The replications at the last look over those at the first, where nothing is said.
const GROWTH: u32 = 4;

/// What to check, and against what.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// What the scenario is set beside: a baseline file, or `git:REVISION` to read the scenario's files as they were there
    /// and to simulate both sides. Without one only thresholds and objectives are held.
    #[arg(short, long, value_name = "FILE|git:REV")]
    baseline: Option<String>,
    /// Write the baseline file instead of checking against it.
    #[arg(long, requires = "baseline", conflicts_with = "reports")]
    update_baseline: bool,
    /// Replications at the first look; the scenario's without it, ten at most.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// Replications at most: they are doubled until the answer is clear. Four times the first without it, or the scenario's.
    #[arg(long, value_name = "N")]
    max_replications: Option<u32>,
    /// How much worse a figure may become, as a share of the baseline: `1%` for all, `latencyMsP95=5%` for one (repeatable).
    #[arg(long = "margin", value_name = "[FIGURE=]SHARE")]
    margins: Vec<String>,
    /// Write the result for others too: json, markdown, junit, sarif, benchmark, gitlab-codequality, gitlab-metrics, each
    /// `KIND=FILE`; `gitlab` for both of its files; `github` for annotations and the step summary (repeatable).
    #[arg(long = "report", value_name = "KIND[=FILE]")]
    reports: Vec<String>,
    /// Exit with 3 where the answer could not be told.
    #[arg(long)]
    strict: bool,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Every figure, also those that did not change.
    #[arg(long)]
    details: bool,
    /// No progress, no figures about the run itself.
    #[arg(short, long)]
    quiet: bool,
}

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// The answer, as text.
    Table,
    /// The whole result.
    Json,
    /// For a merge request.
    Markdown,
}

/// Checks, or writes the baseline. Returns the exit code.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let file = args.scenario.path().map(|path| path.display().to_string()).unwrap_or_default();
    let read: Vec<&Path> = args.scenario.path().into_iter().chain(args.baseline.as_deref().map(Path::new)).collect();
    let asked = match outputs::asked(&args.reports, &read) {
        Ok(asked) => asked,
        Err(mut issues) => {
            // What is wrong with the scenario is said as well.
            if let Err(Failure::Input(more)) = checked(args) {
                issues.absorb(more, |_| {});
            }
            return Err(Failure::Input(issues));
        }
    };
    match checked_result(args) {
        Ok(None) => Ok(0),
        Ok(Some((result, problems))) => {
            let result = CheckResult { file, ..result };
            let answer = Answer { text: text(args, &result), is_data: args.output != Output::Table };
            outputs::write(&result, &problems, &asked, &answer)?;
            Ok(exit_code(result.verdict, args.strict))
        }
        Err(Failure::Input(issues)) => Err(outputs::refuse(&file, issues, &asked)),
        Err(other) => Err(other),
    }
}

/// What was found, and what the readers said of the input; nothing where only the baseline was written.
fn checked_result(args: &Args) -> Result<Option<(CheckResult, Issues)>, Failure> {
    let (scenario, plan) = checked(args)?;
    not_looked_at(&scenario, "replications are added until the answer is clear");
    let pool = pool(args.jobs)?;
    let watch = Shown::new(args.quiet);
    if args.update_baseline {
        return pool.install(|| update(args, &scenario, &plan, &watch)).map(|()| None);
    }
    let base = base(args)?;
    let result = pool.install(|| check(&scenario, &base, &plan, &watch)).map_err(Failure::Input)?;
    Ok(Some((result, scenario.caveats)))
}

fn exit_code(verdict: CheckVerdict, is_strict: bool) -> u8 {
    match verdict {
        CheckVerdict::Failed => EXIT_FAILED,
        CheckVerdict::Inconclusive if is_strict => EXIT_INCONCLUSIVE,
        CheckVerdict::Inconclusive | CheckVerdict::Passed => 0,
    }
}

fn text(args: &Args, result: &CheckResult) -> String {
    match args.output {
        Output::Table => check_table(result, args.details),
        Output::Json => check_json(result),
        Output::Markdown => check_markdown(result),
    }
}

/// The scenario and the plan; every problem of both at once.
fn checked(args: &Args) -> Result<(Scenario, CheckPlan), Failure> {
    let mut issues = Issues::new();
    let scenario = match args.scenario.load() {
        Ok(scenario) => Some(scenario),
        Err(Failure::Input(found)) => {
            found.into_iter().for_each(|issue| issues.push(issue));
            None
        }
        Err(other) => return Err(other),
    };
    let mut count = |flag: &str, given: Option<u32>| {
        let checked = given.map(checked_replications)?;
        checked.map_err(|issue| issues.push(Issue::error(flag, issue.message))).ok()
    };
    let (first, most) =
        (count("--replications", args.replications), count("--max-replications", args.max_replications));
    let own = scenario.as_ref().map_or(1, |scenario| scenario.replications);
    let least = if first.is_some() { 1 } else { own };
    let first = first.unwrap_or(own.min(FIRST));
    let most = most.unwrap_or(first.saturating_mul(GROWTH).max(least));
    if args.max_replications.is_some() && most < first && args.replications.is_some() {
        issues.push(Issue::error(
            "--max-replications",
            format!("found {most}, expected at least the {first} of --replications"),
        ));
    }
    let margins = margins(&args.margins, &mut issues);
    match scenario.filter(|_| !issues.has_errors()) {
        Some(scenario) => Ok((scenario, CheckPlan { first: first.min(most), most, margins })),
        None => Err(Failure::Input(issues)),
    }
}

fn margins(texts: &[String], issues: &mut Issues) -> Margins {
    let mut margins = Margins::default();
    for text in texts {
        let (figure, share) =
            text.rsplit_once('=').map_or((None, text.as_str()), |(figure, share)| (Some(figure), share));
        match share_of(share) {
            Some(share) => match figure {
                None => margins.all = Some(share),
                Some(figure) => margins.set(figure, share),
            },
            None => issues
                .push(Issue::error("--margin", format!("found `{text}`, expected a share such as `1%` or `0.01`"))),
        }
    }
    margins
}

/// What the scenario is set beside.
fn base(args: &Args) -> Result<Base, Failure> {
    let Some(name) = &args.baseline else { return Ok(Base::Nothing) };
    if let Some(revision) = name.strip_prefix("git:") {
        let checkout = Checkout::of(args.scenario.path(), revision)?;
        let old = checkout.load(&args.scenario.sets)?;
        return Ok(Base::Scenario(name.clone(), Some(checkout.commit().to_owned()), Box::new(old)));
    }
    let text = match read_text(Path::new(name), Budget::FileBytes) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let issue = Issue::error("--baseline", format!("{name} does not exist"));
            let help = "write it with --update-baseline, and commit it; a revision is written `git:origin/main`";
            return Err(issue.with_help(help).into());
        }
        Err(error) => return Err(Issue::error("--baseline", format!("cannot read {name}: {error}")).into()),
    };
    let baseline = Baseline::parse(&text, name)?;
    Ok(Base::File(name.clone(), Box::new(baseline)))
}

/// Writes the baseline with as many replications as a check may take.
fn update(args: &Args, scenario: &Scenario, plan: &CheckPlan, watch: &Shown) -> Result<(), Failure> {
    let name = args.baseline.as_deref().unwrap_or_default();
    if name.starts_with("git:") {
        let issue = Issue::error("--update-baseline", format!("{name} is a revision, there is nothing to write"));
        return Err(issue.with_help("name a file: --baseline baseline.json").into());
    }
    let path = Path::new(name);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    check_folder("--baseline", folder)?;
    let mut growing = Growing::new(scenario, &LatencyTables::default());
    growing.grow(plan.most, watch);
    let baseline = Baseline::of(&Report::of(growing.finished()));
    whole::write(path, baseline.to_json()).map_err(|error| unwritable("--baseline", path, &error))?;
    tell(format!(
        "wrote {name}: {} figures, {} replications; commit it",
        baseline.figures.len(),
        baseline.replications
    ));
    Ok(())
}
