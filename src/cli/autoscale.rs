//! `foresail autoscale`.

use super::Failure;
use super::streams::{print, tell};
use foresail::dry_run::autoscale::{self, Forecast, Request};
use foresail::report::{AutoscaleLoop, Told, autoscale_text};
use foresail::scenario::issue::Issue;
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

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let span = SimDuration::parse(&args.ahead);
    let span = span.map_err(|error| Issue::error("--for", error.to_string()).with_help("for example 30m"))?;
    let request =
        Request { files: args.files.clone(), node_groups: args.node_groups.clone(), flags: args.flags.clone() };
    let loaded = autoscale::load(&request).map_err(Failure::Input)?;
    loaded.caveats.iter().for_each(tell);
    let (begin, every) = (loaded.now, loaded.surroundings.flags.scan_interval.max(SimDuration::from_secs(1)));
    let mut forecast = Forecast::new(loaded);
    tidy_up();
    let (mut loops, mut took) = (Vec::new(), Duration::ZERO);
    let mut now = begin;
    while now - begin <= span {
        let (row, spent) = turn(&mut forecast, begin, now);
        loops.push(row);
        took += spent;
        now += every;
        forecast.advance(now);
    }
    let per_loop = took.as_secs_f64() / loops.len() as f64;
    tell(format!("{}, {per_loop:.6} s per loop (reading apart)", counted(loops.len(), "loop")));
    print(&match args.output {
        Output::Table => autoscale_text(&loops, false),
        Output::Markdown => autoscale_text(&loops, true),
        Output::Json => serde_json::to_string_pretty(&loops).map_err(|e| Failure::Internal(e.to_string()))? + "\n",
    })
}

/// glibc's allocator puts the pieces of what reading freed together when the next larger block is asked for. That takes
/// longer than a loop and is reading's work.
fn tidy_up() {
    drop(black_box(Vec::<u8>::with_capacity(1 << 16)));
}

/// One loop, told and done; how long the decision took.
fn turn(forecast: &mut Forecast, begin: SimTime, now: SimTime) -> (AutoscaleLoop, Duration) {
    let waiting = forecast.surroundings.pending();
    let start = Instant::now();
    let outcome = forecast.decide(now);
    let spent = start.elapsed();
    let groups = forecast.surroundings.views();
    let told = Told { cluster: &forecast.surroundings.cluster, groups: &groups, waiting: &waiting, begin, now };
    let row = AutoscaleLoop::new(told, &outcome);
    drop(groups);
    forecast.act(now, &outcome);
    (row, spent)
}
