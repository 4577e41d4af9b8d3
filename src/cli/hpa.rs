//! `foresail hpa`.

use super::Failure;
use super::files::write;
use super::kubernetes;
use super::streams::{print, tell};
use foresail::dry_run::hpa::{Mode, Replayed, Request};
use foresail::hpa::{Flags, Rules};
use foresail::release::KubernetesVersion;
use foresail::report::dry_run::{self, HpaRun};
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::metrics::{MetricsFile, Recording, Unit};
use foresail::scenario::pod_shape::PodShape;
use foresail::units::{Quantity, SimDuration};
use std::path::PathBuf;

/// What would this HPA have done? Replays recorded metrics against HorizontalPodAutoscalers.
///
/// `--mode open` (the default) replays per-pod usage as it was recorded, whatever the HPA decides; the column
/// `replicas`, if there is one, says how many pods there were. `--mode closed` takes the recording as the
/// total load and divides it among the pods that this HPA would have had; memory stays with its pod.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// HorizontalPodAutoscalers; their Deployments too, for requests and limits (repeatable; `-` is stdin)
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", required = true)]
    files: Vec<String>,
    /// Recorded metrics: a CSV with a header, or the JSON of Prometheus' query_range (repeatable). A name says
    /// what the JSON holds: cpu, cpu_percent, cpu_milli, memory_mib, replicas or your metric
    #[arg(long, value_name = "[NAME=]FILE", required = true)]
    metrics: Vec<String>,
    /// How the recording is taken
    #[arg(long, value_enum, default_value = "open")]
    mode: ModeArg,
    /// Replicas at the start; else status.currentReplicas, the recording, the Deployment, minReplicas
    #[arg(long, value_name = "N")]
    replicas: Option<i32>,
    /// requests.cpu of a pod, where no Deployment is given
    #[arg(long, value_name = "QUANTITY")]
    cpu_request: Option<String>,
    /// requests.memory of a pod, where no Deployment is given
    #[arg(long, value_name = "QUANTITY")]
    memory_request: Option<String>,
    /// From the creation of a pod to Ready (closed mode)
    #[arg(long, value_name = "SPAN", default_value = "30s")]
    pod_start: String,
    #[command(flatten)]
    kubernetes: kubernetes::Versions,
    /// The controller's --horizontal-pod-autoscaler-sync-period
    #[arg(long, value_name = "SPAN", default_value = "15s")]
    sync_period: String,
    /// The controller's --horizontal-pod-autoscaler-downscale-stabilization
    #[arg(long, value_name = "SPAN", default_value = "5m")]
    downscale_stabilization: String,
    /// The controller's --horizontal-pod-autoscaler-tolerance
    #[arg(long, value_name = "RATIO", default_value_t = 0.1)]
    tolerance: f64,
    /// The controller's --horizontal-pod-autoscaler-cpu-initialization-period
    #[arg(long, value_name = "SPAN", default_value = "5m")]
    cpu_initialization_period: String,
    /// The controller's --horizontal-pod-autoscaler-initial-readiness-delay
    #[arg(long, value_name = "SPAN", default_value = "30s")]
    initial_readiness_delay: String,
    /// Take gaps in a CSV for times without metrics
    #[arg(long)]
    allow_gaps: bool,
    /// Show every sync, not only those with news
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(short = 'o', long = "output", value_enum, default_value = "table")]
    output: Output,
    /// Draw load, utilisation and replicas into a file, .svg or .html
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  kubectl get hpa,deploy order-service -o yaml | foresail hpa -f - --metrics cpu.csv
  foresail hpa -f hpa.yaml -f faster.yaml --metrics load.csv --mode closed --cpu-request 250m --chart hpa.svg
  foresail hpa -f hpa.yaml --metrics cpu=query_range.json --metrics replicas=replicas.json -o markdown

A CSV looks like this; a column `pod` makes it one line per pod:
  time,cpu_percent,memory_percent,replicas
  2026-01-31T10:42:00Z,63,71,3";

#[derive(Clone, Copy, clap::ValueEnum)]
enum ModeArg {
    /// Per-pod usage as it was
    Open,
    /// Total load, divided among the pods this HPA would have had
    Closed,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Table,
    Markdown,
    Json,
    Csv,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut issues = Issues::new();
    let request = request(args, &mut issues);
    let against = args.kubernetes.against(&mut issues);
    let mut replayed = request.run(issues).map_err(Failure::Input)?;
    replayed.caveats.iter().for_each(tell);
    let Some(against) = against else {
        let runs = in_words(&replayed);
        print(&text(args, &runs))?;
        return chart(args, &runs, &replayed.recording);
    };
    let this = args.kubernetes.release(KubernetesVersion::default(), &mut Issues::new());
    let names = [this, against.clone()].map(|release| format!("Kubernetes {}", release.version));
    let flags = Flags { rules: Rules::of(&against), ..request.flags };
    let mut other = Request { flags, ..request }.run(Issues::new()).map_err(Failure::Input)?;
    kubernetes::only_new(&other.caveats, &replayed.caveats).iter().for_each(tell);
    let summary = dry_run::otherwise(&in_words(&replayed), &in_words(&other), [&names[0], &names[1]]);
    for (replayed, name) in [(&mut replayed, &names[0]), (&mut other, &names[1])] {
        replayed.runs.iter_mut().for_each(|run| run.label = format!("{}, {name}", run.label));
    }
    let both = replayed.runs.len();
    let runs: Vec<HpaRun<'_>> = in_words(&replayed).into_iter().chain(in_words(&other)).collect();
    // The two of an HPA stand beside each other.
    let (first, second) = runs.split_at(both);
    let runs: Vec<HpaRun<'_>> = first.iter().zip(second).flat_map(|(one, two)| [*one, *two]).collect();
    match args.output {
        Output::Json | Output::Csv => summary.lines().for_each(|line| tell(Issue::note("--against", line))),
        Output::Table | Output::Markdown => print(&format!("{summary}\n"))?,
    }
    print(&text(args, &runs))?;
    chart(args, &runs, &replayed.recording)
}

fn in_words(replayed: &Replayed) -> Vec<HpaRun<'_>> {
    replayed.runs.iter().map(|run| HpaRun::new(run, &replayed.symbols)).collect()
}

fn mode(args: &Args) -> Mode {
    match args.mode {
        ModeArg::Open => Mode::Open,
        ModeArg::Closed => Mode::Closed,
    }
}

/// The arguments as the library wants them.
fn request<'a>(args: &'a Args, issues: &mut Issues) -> Request<'a> {
    let rules = Rules::of(&args.kubernetes.release(KubernetesVersion::default(), issues));
    let mut span = |flag: &str, text: &str| match SimDuration::parse(text) {
        Ok(span) if span >= SimDuration::ZERO => span,
        Ok(_) => {
            issues.push(Issue::error(flag, format!("`{text}` is below 0")));
            SimDuration::ZERO
        }
        Err(error) => {
            issues.push(Issue::error(flag, error.to_string()));
            SimDuration::ZERO
        }
    };
    let pod_start = span("--pod-start", &args.pod_start);
    let sync = span("--sync-period", &args.sync_period);
    let flags = Flags {
        rules,
        downscale_stabilization: span("--downscale-stabilization", &args.downscale_stabilization),
        tolerance: args.tolerance,
        cpu_initialization_period: span("--cpu-initialization-period", &args.cpu_initialization_period),
        initial_readiness_delay: span("--initial-readiness-delay", &args.initial_readiness_delay),
    };
    if sync < SimDuration::from_secs(1) && !issues.has_errors() {
        issues.push(Issue::error("--sync-period", format!("`{}` is below 1s", args.sync_period)));
    }
    if !(0.0..=1e6).contains(&args.tolerance) {
        issues.push(Issue::error("--tolerance", format!("{} is below 0 or no number", args.tolerance)));
    }
    if args.replicas.is_some_and(|replicas| !(0..=1_000_000).contains(&replicas)) {
        issues.push(Issue::error("--replicas", "must be between 0 and 1000000"));
    }
    let mut quantity = |flag: &str, text: &Option<String>| {
        let quantity: Quantity = match text.as_ref()?.parse() {
            Ok(quantity) => quantity,
            Err(error) => {
                issues.push(Issue::error(flag, format!("{error}")));
                return None;
            }
        };
        if quantity <= Quantity::ZERO {
            issues.push(Issue::error(flag, "must be greater than 0"));
        }
        Some(quantity)
    };
    let pod = PodShape {
        cpu_request_milli: quantity("--cpu-request", &args.cpu_request).map(Quantity::milli_value),
        memory_request_bytes: quantity("--memory-request", &args.memory_request).map(Quantity::value),
        cpu_limit_milli: None,
    };
    Request {
        files: &args.files,
        metrics: args.metrics.iter().map(|text| MetricsFile::parse(text)).collect(),
        allow_gaps: args.allow_gaps,
        flags,
        mode: mode(args),
        replicas: args.replicas,
        pod,
        pod_start,
        sync,
    }
}

fn text(args: &Args, runs: &[HpaRun<'_>]) -> String {
    match args.output {
        Output::Table => dry_run::terminal(runs, args.all),
        Output::Markdown => dry_run::markdown(runs, args.all),
        Output::Json => dry_run::json(runs),
        Output::Csv => dry_run::csv(runs),
    }
}

fn chart(args: &Args, runs: &[HpaRun<'_>], recording: &Recording) -> Result<(), Failure> {
    let Some(path) = &args.chart else { return Ok(()) };
    let series = recording.series().first();
    let unit = series.map_or("", |series| match (series.unit, series.name.as_str()) {
        (Unit::Percent, _) => "percent of the requests",
        (Unit::Bytes, _) => "bytes",
        (Unit::Milli, "cpu") => "milli-cores",
        (Unit::Milli, _) => "thousandths",
    });
    let name = series.map_or("", |series| series.name.as_str());
    let scope = match args.mode {
        ModeArg::Open => "per pod, as recorded",
        ModeArg::Closed => "of all pods together",
    };
    let title = format!("Load: {name} {scope}, {unit}");
    let drawn = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => dry_run::svg(runs, &title),
        Some("html" | "htm") => dry_run::page(runs, &title),
        _ => return Err(Issue::error("--chart", format!("`{}` ends in neither .svg nor .html", path.display())).into()),
    };
    let text = drawn.map_err(Failure::Internal)?;
    write("--chart", path, &text)
}
