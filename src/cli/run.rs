//! `foresail run`.

use super::Failure;
use super::files::{folder, unwritable};
use super::interrupted;
use super::jobs::pool;
use super::precision::with_flags;
use super::recommend::searched;
use super::scenario::ScenarioArgs;
use super::streams::{print, tell};
use super::watch::Shown;
use foresail::report::advice::patches;
use foresail::report::{self, Printed, Recommendation, Report};
use foresail::scenario::{Scenario, Setting, Written};
use foresail::study::audit::{AuditPlan, audit};
use foresail::study::{self, Options};
use std::path::{Path, PathBuf};

/// What to run, and how.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Alternative histories to simulate; so many, whatever `precision` the scenario asks for.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// Double the replications, up to 5120, until cost and P95 are known to this share: `1%` or `0.01`; else what the scenario says.
    #[arg(long, value_name = "SHARE")]
    precision: Option<String>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder for the report; reports/<scenario> by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Search for a better setting, as `foresail recommend` does; of the built-in scenario that is done without it too.
    #[arg(long, conflicts_with = "no_recommend")]
    recommend: bool,
    /// Do not search for a better setting.
    #[arg(long)]
    no_recommend: bool,
    /// Look for commitments (Savings Plans, committed use) that would pay, if the simulated time stood for their term.
    #[arg(long)]
    recommend_commitments: bool,
    /// Say what each of the next twelve calendar months costs; `traffic.growth` in the scenario asks for it too.
    #[arg(long)]
    forecast: bool,
    /// Replay the worst minutes in the exact latency mode too, and print both.
    #[arg(long)]
    audit_latency: bool,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// The tables too: every figure with its interval, node groups, HPAs, routes; all caveats. The same as `-o wide`.
    #[arg(long)]
    details: bool,
    /// No progress, no figures about the run itself.
    #[arg(short, long)]
    quiet: bool,
}

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// The summary, as text.
    Table,
    /// The tables, then the summary.
    Wide,
    /// The whole result, as in result.json.
    Json,
}

/// Simulates, recommends, writes the report, prints the summary.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (written, sets) = args.scenario.written()?;
    let scenario = checked(args, &written, &sets)?;
    let pool = pool(args.jobs)?;
    let place = args.out.clone().unwrap_or_else(|| Path::new("reports").join(file_name(&scenario.name)));
    interrupted::leave_nothing()?;
    let folder = folder("--out", &place)?;
    let options = Options { recommend_commitments: args.recommend_commitments, forecast: args.forecast };
    let finished = pool.install(|| study::run(&scenario, &options, &Shown::new(args.quiet)));
    let is_asked = args.recommend || (args.scenario.path().is_none() && !args.no_recommend);
    let answer = is_asked.then(|| pool.install(|| searched((&written, &sets), &scenario, args.quiet))).flatten();
    let mut report = Report::of(&finished);
    report.run.command = command(&finished.scenario, args);
    report.recommendation = answer.as_ref().map(|answer| Recommendation::of(answer, &scenario.cast));
    let mut files = report::attachments(&finished);
    files.extend(answer.iter().flat_map(|answer| patches(answer, &scenario)));
    let page = report::write(&report, &files, &folder).map_err(|error| unwritable("--out", &place, &error))?;
    if args.audit_latency {
        let audited = pool.install(|| audit(&finished.study, &AuditPlan::default()));
        // With `-o json` stdout belongs to the result.
        match args.output {
            Output::Table | Output::Wide => print(&format!("{}\n", report::audit_table(&audited)))?,
            Output::Json => tell(report::audit_table(&audited)),
        }
    }
    print(&match args.output {
        Output::Table | Output::Wide => {
            let details = args.details || args.output == Output::Wide;
            report::summary(&report, Printed { page: Some(&page), details })
        }
        Output::Json => serde_json::to_string_pretty(&report).map_err(|e| Failure::Internal(e.to_string()))? + "\n",
    })
}

/// The scenario with what the command line sets.
fn checked(args: &Args, written: &Written, sets: &[Setting]) -> Result<Scenario, Failure> {
    let mut scenario = written.with(sets).map_err(Failure::Input)?;
    scenario.seed = args.scenario.seed().unwrap_or(scenario.seed);
    with_flags(&mut scenario, args.replications, args.precision.as_deref())?;
    Ok(scenario)
}

/// The command that makes this report again.
fn command(scenario: &Scenario, args: &Args) -> String {
    let mut words = vec!["foresail run".to_owned()];
    words.extend(args.scenario.path().map(|path| quoted(&path.display().to_string())));
    words.extend(args.scenario.sets.iter().map(|set| format!("--set {}", quoted(set))));
    words.extend(args.recommend.then(|| "--recommend".to_owned()));
    words.push(format!("--seed {} --replications {}", scenario.seed, scenario.replications));
    words.join(" ")
}

/// As a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A scenario's name as a folder's.
pub(super) fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '-' };
    let name: String = name.chars().take(100).map(safe).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { "scenario".to_owned() } else { name.to_owned() }
}
