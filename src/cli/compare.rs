//! `foresail compare`.

use super::Failure;
use super::files::{folder, unwritable};
use super::interrupted;
use super::jobs::pool;
use super::precision::not_looked_at;
use super::run::file_name;
use super::scenario::load;
use super::streams::print;
use super::watch::Shown;
use clap::{ArgMatches, FromArgMatches};
use foresail::limits::{Budget, read_text};
use foresail::report::compare::{
    Compared, Comparison, Incomparable, compare, comparison_csv, comparison_markdown, comparison_table,
    write_comparison,
};
use foresail::report::decisions::Decisions;
use foresail::report::{self, Report};
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::{Scenario, checked_replications};
use foresail::study;
use std::path::{Path, PathBuf};

/// What to set side by side, and how.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The base, then what is set beside it: scenario files, folders that hold a scenario.yaml, or results of earlier runs
    /// (report folders or result.json). Without any, the base is the reference scenario that is built in.
    #[arg(value_name = "BASE [NEW...]")]
    studies: Vec<PathBuf>,
    #[command(flatten)]
    variants: Variants,
    /// The seed of all chance, on both sides; the base's without one.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Alternative histories to simulate on both sides.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder for the page; reports/compare-<base> by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
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
    /// The whole comparison, as in comparison.json.
    Json,
    /// For a merge request.
    Markdown,
    /// One row a figure, as in comparison.csv.
    Csv,
}

/// Variants of the base without a file: which settings, by which name, as they follow each other on the command line.
#[derive(Debug, Default)]
struct Variants(Vec<(Vec<String>, Option<String>)>);

impl clap::Args for Variants {
    fn augment_args(command: clap::Command) -> clap::Command {
        let set =
            clap::Arg::new("set").long("set").value_name("PATH=VALUE").action(clap::ArgAction::Append).help(
                "A variant: the base with another value, `--set traffic.scale=2` (repeatable, up to the next --as)",
            );
        let name = clap::Arg::new("as")
            .long("as")
            .value_name("NAME")
            .action(clap::ArgAction::Append)
            .help("What the settings before it are called as a variant of the base");
        command.arg(set).arg(name)
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Variants {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let placed = |id: &str| -> Vec<(usize, String)> {
            let places = matches.indices_of(id).into_iter().flatten();
            places.zip(matches.get_many::<String>(id).into_iter().flatten().cloned()).collect()
        };
        let mut variants = Vec::new();
        let mut sets = placed("set").into_iter().peekable();
        for (end, name) in placed("as") {
            let before = std::iter::from_fn(|| sets.next_if(|(place, _)| *place < end)).map(|(_, set)| set).collect();
            variants.push((before, Some(name)));
        }
        let rest: Vec<String> = sets.map(|(_, set)| set).collect();
        if !rest.is_empty() {
            variants.push((rest, None));
        }
        Ok(Variants(variants))
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// One side before it is simulated.
enum Asked {
    /// To be simulated.
    Scenario(Box<Scenario>),
    /// It was, earlier: the result and the decision log beside it.
    Result(Box<Report>, String),
}

/// Simulates what was not, compares, writes the page, prints the answer.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let pool = pool(args.jobs)?;
    let asked = asked(args)?;
    let base_name = asked[0].0.clone();
    let place =
        args.out.clone().unwrap_or_else(|| Path::new("reports").join(format!("compare-{}", file_name(&base_name))));
    interrupted::leave_nothing()?;
    let folder = folder("--out", &place)?;
    let sides = pool.install(|| simulated(asked, args.quiet));
    let (base, others) = sides.split_first().ok_or_else(|| Failure::Internal("no base".to_owned()))?;
    let comparison = compare(base, others).map_err(|problems| refused(&problems))?;
    let page =
        write_comparison(&comparison, base, others, &folder).map_err(|error| unwritable("--out", &place, &error))?;
    print(&text(args, &comparison, &page)?)
}

fn text(args: &Args, comparison: &Comparison, page: &Path) -> Result<String, Failure> {
    Ok(match args.output {
        Output::Table => comparison_table(comparison, Some(page), args.details),
        Output::Json => serde_json::to_string_pretty(comparison).map_err(|e| Failure::Internal(e.to_string()))? + "\n",
        Output::Markdown => comparison_markdown(comparison),
        Output::Csv => comparison_csv(comparison),
    })
}

fn refused(problems: &[Incomparable]) -> Failure {
    let mut issues = Issues::new();
    for problem in problems {
        let issue = Issue::error("", problem.to_string());
        issues.push(issue.with_help("name the scenario instead of its result: both sides are then simulated alike"));
    }
    Failure::Input(issues)
}

/// All sides with their names, read and checked: every problem of every side at once.
fn asked(args: &Args) -> Result<Vec<(String, Asked)>, Failure> {
    if args.studies.len() < 2 && args.variants.0.is_empty() {
        let issue = Issue::error("NEW", "there is nothing to set beside the base");
        return Err(issue.with_help("name another scenario, or give `--set PATH=VALUE --as NAME`").into());
    }
    let mut issues = Issues::new();
    let mut sides: Vec<(String, Asked)> = Vec::new();
    let base_path = args.studies.first();
    let mut take = |name: Option<String>, side: Result<Asked, Issues>, issues: &mut Issues| match side {
        Ok(side) => {
            let name = name.unwrap_or_else(|| own_name(&side));
            sides.push((unlike(name, &sides), side));
        }
        Err(found) => found.iter().for_each(|issue| issues.push(of_variant(issue.clone(), name.as_deref()))),
    };
    take(None, read(base_path.map(PathBuf::as_path), &[]), &mut issues);
    for path in args.studies.iter().skip(1) {
        take(None, read(Some(path), &[]), &mut issues);
    }
    for (sets, name) in &args.variants.0 {
        let name = name.clone().unwrap_or_else(|| sets.join(" "));
        take(Some(name), read(base_path.map(PathBuf::as_path), sets), &mut issues);
    }
    if issues.has_errors() {
        return Err(Failure::Input(issues));
    }
    met_alike(&mut sides, args)?;
    let precise = sides.iter().find_map(|(_, side)| match side {
        Asked::Scenario(scenario) => scenario.precision.is_some().then_some(scenario),
        Asked::Result(..) => None,
    });
    precise.iter().for_each(|scenario| {
        not_looked_at(
            scenario,
            "all sides have the same replications, as many as -n, an earlier result or the base says",
        );
    });
    Ok(sides)
}

/// A problem of a variant says whose it is.
fn of_variant(mut issue: Issue, name: Option<&str>) -> Issue {
    if let Some(name) = name {
        issue.message = format!("variant {name}: {}", issue.message);
    }
    issue
}

fn own_name(side: &Asked) -> String {
    match side {
        Asked::Scenario(scenario) => scenario.name.clone(),
        Asked::Result(report, _) => report.scenario.name.clone(),
    }
}

/// A name that no other side has.
fn unlike(name: String, sides: &[(String, Asked)]) -> String {
    let is_taken = |name: &str| sides.iter().any(|(other, _)| other == name);
    if !is_taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name} ({number})")).find(|name| !is_taken(name)).unwrap_or(name)
}

/// Simulated sides meet the base's luck, or that of the results among them.
fn met_alike(sides: &mut [(String, Asked)], args: &Args) -> Result<(), Failure> {
    if let Some(replications) = args.replications {
        checked_replications(replications).map_err(Failure::from)?;
    }
    let known = sides.iter().find_map(|(_, side)| match side {
        Asked::Result(report, _) => Some((report.run.seed, report.run.replications)),
        Asked::Scenario(_) => None,
    });
    let base = match &sides[0].1 {
        Asked::Scenario(scenario) => (scenario.seed, scenario.replications),
        Asked::Result(report, _) => (report.run.seed, report.run.replications),
    };
    let (seed, replications) = known.unwrap_or(base);
    for (_, side) in sides {
        if let Asked::Scenario(scenario) = side {
            scenario.seed = args.seed.unwrap_or(seed);
            scenario.replications = args.replications.unwrap_or(replications);
        }
    }
    Ok(())
}

/// A scenario with settings, or the result of an earlier run.
fn read(path: Option<&Path>, sets: &[String]) -> Result<Asked, Issues> {
    let is_result =
        |path: &&Path| path.join("result.json").is_file() || path.file_name() == Some("result.json".as_ref());
    let Some(path) = path.filter(is_result) else {
        return load(path, sets).map(|scenario| Asked::Scenario(Box::new(scenario)));
    };
    if !sets.is_empty() {
        let issue =
            Issue::error("--set", format!("{} is a result: it cannot be run with other values", path.display()));
        return Err(issue.with_help("name the scenario that it is of").into());
    }
    let report = report::read(path).map_err(|error| {
        Issues::from(
            Issue::error("", error.to_string()).with_help("`foresail run` writes results that this release reads"),
        )
    })?;
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let decisions = read_text(&folder.join("decisions.jsonl"), Budget::DumpBytes).unwrap_or_default();
    Ok(Asked::Result(Box::new(report), decisions))
}

/// Every side as a report; those that are not yet one are simulated, with their tables of latency in common.
fn simulated(asked: Vec<(String, Asked)>, is_quiet: bool) -> Vec<Compared> {
    let tables = study::LatencyTables::default();
    let one = |(name, side): (String, Asked)| match side {
        Asked::Result(report, decisions) => Compared { name, report: *report, decisions },
        Asked::Scenario(scenario) => {
            let finished = study::simulate(&scenario, &tables, &Shown::new(is_quiet));
            let log = |history| Decisions::new(&finished.study.cast, history).json_lines();
            let decisions = finished.runs.history().map(log).unwrap_or_default();
            Compared { name, report: Report::of(&finished), decisions }
        }
    };
    asked.into_iter().map(one).collect()
}
