//! `foresail autoscale`.

use super::Failure;
use super::kubernetes::{only_new, read};
use super::streams::{print, tell};
use foresail::dry_run::autoscale::{self, Forecast, Loaded, Request};
use foresail::release::KubernetesVersion;
use foresail::report::{AutoscaleLoop, Otherwise, Told, autoscale_text};
use foresail::scenario::issue::{Issue, Issues};
use foresail::units::counted;
use foresail::units::{SimDuration, SimTime};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What to look at.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Dumps of a cluster (YAML or JSON, plain or gzip), folders of them, or - for standard input.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", required = true)]
    files: Vec<PathBuf>,
    /// Node groups: a list of name, min, max, target, nodeSelector, price, tags, template or instanceType.
    #[arg(long, value_name = "FILE")]
    node_groups: Option<PathBuf>,
    /// Cluster Autoscaler's own flags, such as "--expander=least-waste --nodes=1:10:workers".
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    flags: Vec<String>,
    /// Cluster Autoscaler's version, 1.28 to 1.36; else by its image in the dumps, else the nodes'
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<String>,
    /// What another version would decide otherwise
    #[arg(long, value_name = "VERSION")]
    against: Option<String>,
    /// How far ahead to run the loops, such as 30m.
    #[arg(long = "for", value_name = "DURATION", default_value = "0s")]
    ahead: String,
    /// How to print.
    #[arg(short = 'o', long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Table,
    Json,
    Markdown,
}

/// What is printed where two versions are set side by side.
#[derive(serde::Serialize)]
struct Both<'a> {
    loops: &'a [AutoscaleLoop],
    against: &'a Otherwise,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut issues = Issues::new();
    let span = SimDuration::parse(&args.ahead).unwrap_or_else(|error| {
        issues.push(Issue::error("--for", error.to_string()).with_help("for example 30m"));
        SimDuration::ZERO
    });
    if !(SimDuration::ZERO..=LONGEST).contains(&span) {
        issues.push(Issue::error("--for", format!("found {span}, expected 0s to {LONGEST}")));
    }
    let mut version = |option: &str, text: &Option<String>| read(option, text.as_deref()?, &mut issues);
    let (version, against) = (version("--kubernetes", &args.kubernetes), version("--against", &args.against));
    if issues.has_errors() {
        return Err(Failure::Input(issues));
    }
    let loaded = load(args, version)?;
    loaded.caveats.iter().for_each(tell);
    let beside = against.map(|other| Ok::<_, Failure>((other, load(args, Some(other))?))).transpose()?;
    if let Some((_, beside)) = &beside {
        only_new(&beside.caveats, &loaded.caveats).iter().for_each(tell);
    }
    let version = loaded.surroundings.flags.version();
    let loops = loops(loaded, span);
    let otherwise = beside.map(|(other, beside)| {
        let theirs = self::loops(beside, span);
        Otherwise::of((&version.to_string(), &loops), (&other.to_string(), &theirs))
    });
    let told = otherwise.as_ref();
    let with = |text: String, markdown: bool| told.map_or(text.clone(), |told| text + &told.text(markdown));
    print(&match args.output {
        Output::Table => with(autoscale_text(&loops, false), false),
        Output::Markdown => with(autoscale_text(&loops, true), true),
        Output::Json => {
            let text = match told {
                None => serde_json::to_string_pretty(&loops),
                Some(against) => serde_json::to_string_pretty(&Both { loops: &loops, against }),
            };
            text.map_err(|e| Failure::Internal(e.to_string()))? + "\n"
        }
    })
}

/// Reads what is asked for, as of a version.
fn load(args: &Args, version: Option<KubernetesVersion>) -> Result<Loaded, Failure> {
    let (files, node_groups, flags) = (args.files.clone(), args.node_groups.clone(), args.flags.clone());
    autoscale::load(&Request { files, node_groups, flags, version }).map_err(Failure::Input)
}

/// How far ahead loops may run.
const LONGEST: SimDuration = SimDuration::from_hours(7 * 24);
/// As many as a week has at a usual `--scan-interval`; at once after each other there is no end.
const MOST_LOOPS: usize = 61_000;

/// The loops ahead.
fn loops(loaded: Loaded, span: SimDuration) -> Vec<AutoscaleLoop> {
    let begin = loaded.now;
    let mut forecast = Forecast::new(loaded);
    tidy_up();
    let (mut loops, mut took) = (Vec::new(), Duration::ZERO);
    let mut now = begin;
    while now - begin <= span {
        if loops.len() >= MOST_LOOPS {
            let ends = now - begin;
            tell(format!("warning: --for: {MOST_LOOPS} loops end after {ends}: what comes after is left out"));
            break;
        }
        let (row, spent, pause) = turn(&mut forecast, begin, now);
        loops.push(row);
        took += spent;
        now += pause;
        forecast.advance(now);
    }
    let per_loop = took.as_secs_f64() / loops.len().max(1) as f64;
    tell(format!("{}, {per_loop:.6} s per loop (reading apart)", counted(loops.len(), "loop")));
    loops
}

/// glibc's allocator puts the pieces of what reading freed together when the next larger block is asked for. That takes
/// longer than a loop and is reading's work.
fn tidy_up() {
    drop(black_box(Vec::<u8>::with_capacity(1 << 16)));
}

/// One loop, told and done; how long the decision took, and how long it is to the next.
fn turn(forecast: &mut Forecast, begin: SimTime, now: SimTime) -> (AutoscaleLoop, Duration, SimDuration) {
    let waiting = forecast.surroundings.pending();
    let start = Instant::now();
    let outcome = forecast.decide(now);
    let spent = start.elapsed();
    let groups = forecast.surroundings.views();
    let told = Told { cluster: &forecast.surroundings.cluster, groups: &groups, waiting: &waiting, begin, now };
    let row = AutoscaleLoop::new(told, &outcome);
    drop(groups);
    forecast.act(now, &outcome);
    (row, spent, forecast.pause(&outcome))
}
