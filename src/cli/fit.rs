//! `foresail fit`.

use super::Failure;
use super::files::write;
use super::streams::{print, tell};
use foresail::limits::{Budget, read_text};
use foresail::scenario;
use foresail::scenario::issue::Issue;
use foresail::traffic::fit::{Fit, fit};
use foresail::traffic::latency::{Discipline, ServiceProfile, WorkShape};
use foresail::units::{counted, finite};
use std::fmt::Write;
use std::path::PathBuf;

/// The CSV has a header: `time,service,rps,replicas,cpu_cores,p50_ms,p95_ms,p99_ms` (service and
/// latencies may be missing; times in seconds). The last 30 % are held back: errors on them are printed on
/// stderr, the profile on stdout, as a scenario that extends yours.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The recorded metrics.
    #[arg(long, value_name = "FILE")]
    metrics: PathBuf,
    /// The scenario that the result shall extend.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The cpu limit of a pod in cores, if it has one.
    #[arg(long, value_name = "CORES", value_parser = parse_cores)]
    cpu_limit: Option<f64>,
    /// How requests find their pod.
    #[arg(long, value_name = "RULE", default_value = "random")]
    load_balancing: Balancing,
    /// How to print: the profile as a scenario, or profile and errors as JSON.
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
    /// Write the result here instead of to stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Yaml,
    Json,
}

#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "camelCase")]
enum Balancing {
    Random,
    RoundRobin,
    LeastOutstanding,
    PowerOfTwo,
    SharedQueue,
}

impl Balancing {
    fn discipline(self) -> Discipline {
        match self {
            Balancing::Random => Discipline::Random,
            Balancing::RoundRobin => Discipline::RoundRobin,
            Balancing::LeastOutstanding => Discipline::LeastOutstanding,
            Balancing::PowerOfTwo => Discipline::PowerOfTwo,
            Balancing::SharedQueue => Discipline::SharedQueue,
        }
    }
}

fn parse_cores(text: &str) -> Result<f64, String> {
    let cores = text.parse::<f64>().ok().filter(|cores| cores.is_finite() && *cores > 0.0);
    cores.ok_or_else(|| format!("found `{text}`, expected a number of cores above 0, such as 0.5"))
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = args.metrics.display().to_string();
    let text = read_text(&args.metrics, Budget::FileBytes)
        .map_err(|error| Failure::from(Issue::error("--metrics", format!("{name}: {error}"))))?;
    let services = scenario::read_metrics(&name, &text).map_err(Failure::Input)?;
    let known = ServiceProfile {
        cpu_limit_cores: args.cpu_limit,
        discipline: args.load_balancing.discipline(),
        ..ServiceProfile::default()
    };
    let mut yaml = head(args);
    let mut rows = serde_json::Map::new();
    for (service, samples) in &services {
        let found = fit(samples, &known)
            .map_err(|error| Failure::from(Issue::error(format!("{name}, service {service}"), error.to_string())))?;
        judge(service, &found);
        write_profile(&mut yaml, service, &found.profile);
        rows.insert(service.clone(), json(&found));
    }
    let text = match args.output {
        Output::Yaml => yaml,
        Output::Json => format!("{:#}\n", serde_json::Value::Object(rows)),
    };
    match &args.out {
        None => print(&text),
        Some(path) => write("--out", path, &text),
    }
}

fn head(args: &Args) -> String {
    let mut yaml = "apiVersion: foresail/v1alpha1\nkind: Scenario\n".to_owned();
    if let Some(scenario) = &args.scenario {
        let _ = writeln!(yaml, "extends: {:?}", scenario.display().to_string());
    }
    yaml + "services:\n"
}

fn write_profile(yaml: &mut String, service: &str, profile: &ServiceProfile) {
    let mut line = |text: String| yaml.push_str(&(text + "\n"));
    line(format!("  {service:?}:"));
    line(format!("    cpuPerRequest: {:.6}", finite(profile.cpu_s)));
    if profile.off_cpu_s > 0.0 {
        line(format!("    waitPerRequest: {:.6}", finite(profile.off_cpu_s)));
    }
    if profile.shape != WorkShape::Exponential {
        line(format!("    scv: {}", profile.shape.scv()));
    }
    if let Some(threads) = profile.concurrency {
        line(format!("    concurrency: {threads}"));
    }
    line(format!("    idleCpu: {:.0}m", finite(profile.idle_cpu_milli)));
    line(format!("    loadBalancing: {}", rule(profile.discipline)));
}

/// The profile, and how far it can be trusted: errors in per cent of what was held back.
fn json(found: &Fit) -> serde_json::Value {
    let [cpu, p50, p95, p99] = found.held_back_percent;
    serde_json::json!({
        "cpuPerRequestSeconds": found.profile.cpu_s,
        "waitPerRequestSeconds": found.profile.off_cpu_s,
        "scv": found.profile.shape.scv(),
        "concurrency": found.profile.concurrency,
        "idleCpuMilli": found.profile.idle_cpu_milli,
        "loadBalancing": rule(found.profile.discipline),
        "samples": { "used": found.samples.0, "heldBack": found.samples.1 },
        "seenRequestsPerSecondPerPod": { "min": found.seen_rate_per_pod.0, "max": found.seen_rate_per_pod.1 },
        "medianErrorPercent": { "cpu": cpu, "p50": p50, "p95": p95, "p99": p99 },
    })
}

fn rule(discipline: Discipline) -> &'static str {
    match discipline {
        Discipline::Random => "random",
        Discipline::RoundRobin => "roundRobin",
        Discipline::LeastOutstanding => "leastOutstanding",
        Discipline::PowerOfTwo => "powerOfTwo",
        Discipline::SharedQueue => "sharedQueue",
    }
}

/// How far the profile can be trusted.
fn judge(service: &str, found: &Fit) {
    let (used, held) = found.samples;
    let (least, most) = found.seen_rate_per_pod;
    let used = counted(used, "sample");
    tell(format!(
        "{service}: {used} used, {held} held back; {:.2} to {:.2} requests/s per pod seen",
        finite(least),
        finite(most)
    ));
    let figures = ["cpu", "P50", "P95", "P99"].iter().zip(found.held_back_percent);
    let errors: Vec<String> = figures
        .map(|(figure, error)| {
            error.map_or(format!("{figure} not recorded"), |error| format!("{figure} {:.1} %", finite(error)))
        })
        .collect();
    tell(format!("{service}: median error on what was held back: {}", errors.join(", ")));
}
