//! `foresail run`.

use super::Failure;
use super::progress::Progress;
use foresail::report::decisions::Decisions;
use foresail::report::{self, Prices, Recommendation, Report, Run, ScenarioInfo, Subject};
use foresail::scenario::issue::Issue;
use foresail::scenario::{self, Scenario, Sources};
use foresail::study::advise::{self, Advice};
use foresail::study::audit::{AuditPlan, audit};
use foresail::study::{Runs, Study};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Replications of every alternative while a better min and max is searched.
const SEARCH_REPLICATIONS: u32 = 5;
/// Fresh replications in which present and recommended settings are compared, at least.
const CHECK_REPLICATIONS: u32 = 20;
/// More threads are a typing error.
const MOST_JOBS: usize = 4096;

/// What to run, and how.
#[derive(clap::Args)]
pub struct Args {
    /// The scenario file, or the folder that holds a scenario.yaml. Without one, the reference scenario
    /// that is built in: an e-commerce platform on EKS, for a week.
    scenario: Option<PathBuf>,
    /// Change a value of the scenario: `--set traffic.scale=2` (repeatable).
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Alternative histories to simulate.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// The seed of all chance: same input, same seed, same result.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder for the report; reports/<scenario> by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Do not search for better min and max.
    #[arg(long)]
    no_recommend: bool,
    /// Replay the worst minutes in the exact latency mode too, and print both.
    #[arg(long)]
    audit_latency: bool,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// No progress, no figures about the run itself.
    #[arg(short, long)]
    quiet: bool,
}

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// The summary, as text.
    Table,
    /// The whole result, as in result.json.
    Json,
}

/// Simulates, recommends, writes the report, prints the summary.
pub fn run(args: &Args) -> Result<(), Failure> {
    let scenario = load(args)?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("reports").join(file_name(&scenario.name)));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Failure::Internal(error.to_string()))?;
    let study = Study::of(&scenario);
    let runs = pool.install(|| replicate(&study, &scenario, args.quiet));
    let advice =
        (!args.no_recommend).then(|| pool.install(|| recommend(&study, &scenario, args.quiet))).filter(has_bounds);
    let subject = Subject { cast: &study.cast, duration: study.duration };
    let mut report = report::from_runs(empty_report(&scenario, args), subject, &runs);
    report.recommendation = advice.as_ref().map(Recommendation::from);
    let page = write(&report, &study, &runs, advice.as_ref(), &folder)?;
    match args.output {
        Output::Table => anstream::print!("{}", report::summary(&report)),
        Output::Json => {
            let json = serde_json::to_string_pretty(&report).map_err(|error| Failure::Internal(error.to_string()))?;
            anstream::println!("{json}");
        }
    }
    if args.audit_latency {
        let rows = pool.install(|| audit(&study, &AuditPlan::default()));
        // With `-o json` stdout belongs to the result.
        match args.output {
            Output::Table => anstream::println!("\n{}", report::audit_table(&rows)),
            Output::Json => anstream::eprintln!("{}", report::audit_table(&rows)),
        }
    }
    if args.output == Output::Table {
        anstream::println!("\nReport: {}", page.display());
    }
    Ok(())
}

fn load(args: &Args) -> Result<Scenario, Failure> {
    let loaded = match &args.scenario {
        None => scenario::embedded(&args.sets),
        Some(path) if path.is_dir() => scenario::load(Sources::Disk, &path.join("scenario.yaml"), &args.sets),
        Some(path) => scenario::load(Sources::Disk, path, &args.sets),
    };
    let mut scenario = loaded.map_err(Failure::Input)?;
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    if let Some(replications) = args.replications {
        scenario.replications = scenario::checked_replications(replications).map_err(Failure::from)?;
    }
    if args.jobs.is_some_and(|jobs| jobs == 0 || jobs > MOST_JOBS) {
        return Err(Issue::error("--jobs", format!("expected 1 to {MOST_JOBS}")).into());
    }
    Ok(scenario)
}

/// All replications, and how fast that was.
fn replicate(study: &Study, scenario: &Scenario, quiet: bool) -> Runs {
    let progress = Progress::new("simulating", u64::from(scenario.replications), quiet);
    let begin = Instant::now();
    let runs = study.replicate_all(0..scenario.replications, &|| progress.step());
    let took = begin.elapsed().as_secs_f64().max(1e-9);
    progress.finish();
    if !quiet {
        let events: u64 = runs.figures().iter().map(|run| run.events).sum();
        let simulated = study.duration.as_secs_f64() * f64::from(scenario.replications);
        anstream::eprintln!(
            "simulated {:.1} days x {} in {took:.2} s: {:.2} million simulated seconds per second, {:.2} million events per second",
            study.duration.as_secs_f64() / 86_400.0,
            scenario.replications,
            simulated / took / 1e6,
            events as f64 / took / 1e6
        );
    }
    runs
}

fn recommend(study: &Study, scenario: &Scenario, quiet: bool) -> Advice {
    let check = scenario.replications.max(CHECK_REPLICATIONS);
    let budget = advise::Budget { search: SEARCH_REPLICATIONS, check };
    let progress = Progress::new("searching min and max", advise::expected_replications(study, budget), quiet);
    let advice = advise::advise(study, budget, &|| progress.step());
    progress.finish();
    advice
}

/// There is something to set, and something that was promised.
fn has_bounds(advice: &Advice) -> bool {
    !advice.rows.is_empty()
}

fn empty_report(scenario: &Scenario, args: &Args) -> Report {
    let info = ScenarioInfo {
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        region: scenario.region.clone(),
        platform: scenario.platform.clone(),
        duration_seconds: scenario.duration.as_secs_f64(),
        digest: scenario.digest.clone(),
    };
    let run = Run { seed: scenario.seed, replications: scenario.replications, command: command(scenario, args) };
    let prices =
        Prices { currency: "USD".to_owned(), date: scenario.prices.date.clone(), estimated: scenario.prices.estimated };
    let mut report = Report::new(info, run, prices);
    report.caveats = scenario.caveats.iter().map(Issue::sentence).collect();
    report
}

/// The command that makes this report again.
fn command(scenario: &Scenario, args: &Args) -> String {
    let mut words = vec!["foresail run".to_owned()];
    words.extend(args.scenario.iter().map(|path| quoted(&path.display().to_string())));
    words.extend(args.sets.iter().map(|set| format!("--set {}", quoted(set))));
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
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '-' };
    let name: String = name.chars().take(100).map(safe).collect();
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() { "scenario".to_owned() } else { name.to_owned() }
}

/// The report's files and, if there is something to change, what applies the change.
fn write(
    report: &Report,
    study: &Study,
    runs: &Runs,
    advice: Option<&Advice>,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let mut more = Vec::new();
    if let Some(history) = runs.history() {
        more.push(("decisions.jsonl", Decisions::new(&study.cast, history).json_lines()));
    }
    if let Some(advice) = advice {
        let setting = &advice.recommended.setting;
        more.push(("recommended-hpas.yaml", advise::hpa_patch(&study.cast, setting)));
        more.push(("recommended.tfvars", advise::tfvars(&study.cast, setting)));
    }
    more.retain(|(_, text)| !text.is_empty());
    report::write(report, &more, folder)
        .map_err(|error| Failure::Internal(format!("cannot write {}: {error}", folder.display())))
}
