//! `foresail run`.

use super::Failure;
use foresail::scenario::{self, Scenario, Sources};
use foresail::sim::Study;
use std::path::PathBuf;

/// What to run.
#[derive(clap::Args)]
pub struct Args {
    /// The scenario file.
    scenario: Option<PathBuf>,
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[arg(long)]
    replications: Option<u32>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let scenario: Scenario = match &args.scenario {
        None => scenario::embedded(&args.sets),
        Some(path) => scenario::load(Sources::Disk, path, &args.sets),
    }
    .map_err(Failure::Input)?;
    scenario.caveats.iter().for_each(|issue| eprintln!("{issue}"));
    let study = Study {
        cast: std::sync::Arc::new(scenario.cast),
        timing: scenario.timing.clone(),
        duration: scenario.duration,
        seed: scenario.seed,
        tables: Default::default(),
        timeline_every: foresail::units::SimDuration::from_mins(15),
    };
    let begin = std::time::Instant::now();
    let outcomes = study.replicate_all(0..args.replications.unwrap_or(1), &|| ());
    let took = begin.elapsed().as_secs_f64();
    let first = &outcomes[0];
    println!(
        "took {took:.3} s, events {}, monthly {:.2}, errors {:.5}",
        first.events,
        first.bill.monthly_run_rate().usd(),
        first.service_levels.error_rate()
    );
    for s in &first.services {
        println!(
            "{} requests {:.0} errors {:.0} p50 {:.4} p95 {:.4} busy {:.3}",
            s.name,
            s.totals.requests,
            s.totals.errors,
            s.latency.quantile_s(0.5),
            s.latency.quantile_s(0.95),
            s.totals.busy / 604800.0
        );
    }
    for r in &first.routes {
        println!(
            "{} {:.0} p95 {:.4} p99 {:.4}",
            r.name,
            r.requests,
            r.latency.quantile_s(0.95),
            r.latency.quantile_s(0.99)
        );
    }
    for (id, row) in first.books.groups.iter() {
        println!(
            "{} nodes mean {:.2} most {} added {} up {}",
            study.cast.groups[id].name,
            row.nodes.mean(first.end, study.duration),
            row.nodes.most(),
            row.added,
            row.scale_ups
        );
    }
    for (id, row) in first.books.workloads.iter() {
        println!(
            "{} desired max {} ready mean {:.2} pending {:.0}s rescales {} created {}",
            first.cluster.symbols.text(study.cast.workloads[id].name),
            row.desired.most(),
            row.ready.mean(first.end, study.duration),
            row.pending.seconds(first.end),
            row.rescales,
            row.created
        );
    }
    println!(
        "evictions {} preempt {} notices {} oom {} longest pending {:?}",
        first.books.evictions,
        first.books.preemptions,
        first.books.spot_notices,
        first.books.out_of_memory,
        first.books.longest_pending
    );
    Ok(())
}
