//! `foresail vpa`.

use super::Failure;
use super::streams::{print, tell};
use foresail::cost::BaseRates;
use foresail::dry_run::vpa::Request;
use foresail::report::dry_run;
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::metrics::MetricsFile;
use foresail::scenario::pod_shape::PodShape;
use foresail::units::Quantity;

/// Which requests would the VerticalPodAutoscaler recommend for this usage, and what would they change per month?
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Recorded usage of pods: a CSV with a header, or the JSON of Prometheus' query_range (repeatable)
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    usage: Vec<String>,
    /// A VerticalPodAutoscaler for its resourcePolicy, its Deployment for requests and replicas (repeatable)
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    files: Vec<String>,
    /// requests.cpu of a pod now, where no workload is given
    #[arg(long, value_name = "QUANTITY")]
    cpu_request: Option<String>,
    /// requests.memory of a pod now, where no workload is given
    #[arg(long, value_name = "QUANTITY")]
    memory_request: Option<String>,
    /// Pods that the monthly difference is for; else spec.replicas, the pods of the recording, 1
    #[arg(long, value_name = "N")]
    replicas: Option<i32>,
    /// USD for a core-hour (OpenCost's default)
    #[arg(long, value_name = "USD", default_value_t = 0.031611)]
    cpu_usd_hour: f64,
    /// USD for a GiB-hour of memory (OpenCost's default)
    #[arg(long, value_name = "USD", default_value_t = 0.004237)]
    memory_usd_hour: f64,
    /// Take gaps in a CSV for times without samples
    #[arg(long)]
    allow_gaps: bool,
    /// Output format
    #[arg(short = 'o', long = "output", value_enum, default_value = "table")]
    output: Output,
}

const EXAMPLES: &str = "Examples:
  foresail vpa --usage usage.csv -f deployment.yaml
  foresail vpa --usage cpu=cpu.json --usage memory=memory.json -f vpa.yaml -f deployment.yaml -o json

A CSV looks like this; without the column `pod` the values are of one pod:
  time,pod,cpu_milli,memory_mib
  2026-01-31T10:42:00Z,order-1,180,212";

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Table,
    Markdown,
    Csv,
    Json,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut issues = Issues::new();
    for (flag, price) in [("--cpu-usd-hour", args.cpu_usd_hour), ("--memory-usd-hour", args.memory_usd_hour)] {
        if !(0.0..=1e6).contains(&price) {
            issues.push(Issue::error(flag, format!("{price} is no price")));
        }
    }
    if args.replicas.is_some_and(|replicas| !(1..=1_000_000).contains(&replicas)) {
        issues.push(Issue::error("--replicas", "must be between 1 and 1000000"));
    }
    let request = Request {
        files: &args.files,
        usage: args.usage.iter().map(|text| MetricsFile::parse(text)).collect(),
        allow_gaps: args.allow_gaps,
        pod: requests(args, &mut issues),
        replicas: args.replicas,
        rates: BaseRates {
            cpu_milli_hour: (args.cpu_usd_hour * 1e6).round() as i64,
            ram_gib_hour: (args.memory_usd_hour * 1e9).round() as i64,
            ..BaseRates::default()
        },
    };
    let (advice, caveats) = request.run(issues).map_err(Failure::Input)?;
    caveats.iter().for_each(tell);
    let text = match args.output {
        Output::Table => dry_run::advice_terminal(&advice),
        Output::Markdown => dry_run::advice_markdown(&advice),
        Output::Csv => dry_run::advice_csv(&advice),
        Output::Json => dry_run::advice_json(&advice),
    };
    print(&text)
}

/// What the arguments say.
fn requests(args: &Args, issues: &mut Issues) -> PodShape {
    let mut quantity = |flag: &str, text: &Option<String>| {
        let parsed: Result<Quantity, _> = text.as_ref()?.parse();
        parsed.map_err(|error| issues.push(Issue::error(flag, error.to_string()))).ok()
    };
    let cpu = quantity("--cpu-request", &args.cpu_request).map(Quantity::milli_value);
    let memory = quantity("--memory-request", &args.memory_request).map(Quantity::value);
    PodShape { cpu_request_milli: cpu, memory_request_bytes: memory, cpu_limit_milli: None }
}
