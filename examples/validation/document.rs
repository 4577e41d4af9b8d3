//! The page.

use crate::compare::errors_of_totals;
use crate::measure::{Measured, TIMED_RUNS};
use crate::spread::{RUNS, Sample, Spread, agreement};
use crate::totals::{FIGURES, Figure, relative_error};
use std::fmt::Write;

const OPENING: &str = "\
# Validation of the closed loop

Written by `cargo run --release --example validation`; do not edit.

`tests/conformance/closed-loop/` holds trajectories of the real controllers, running together in virtual time on a small
deterministic world: the HPA controller and kube-scheduler of Kubernetes 1.28, Cluster Autoscaler 1.28.0, the real ranking of pods
to delete and the real rule of DaemonSets. They were recorded by one Go program (Go 1.21); their world has no latency of API or
informers, whole seconds, aligned phases and smallest-name ties. Foresail runs the same cases in the same engine that runs
scenarios, with `Timing::lockstep` on. Compared are all sampled replicas, pods and nodes (every 15 s), all events (scale-ups,
scale-downs, evictions and their refusals, nodes that come and go, rescales, preemptions), of every pod when and where it was created,
bound, ready and deleted, and the totals of the run, of each Deployment and of each group.

Single decisions of each controller are compared on other recordings: `cargo test --release --test conformance`.
";

/// The whole document.
/// Our runs beside the real ones, by the clockwork of ours.
pub(crate) struct Spreads {
    /// The recordings' world, with random phases, ties and orders.
    pub recorded: Vec<Spread>,
    /// Real delays, and metrics as fresh as in the recordings.
    pub fresh: Vec<Spread>,
    /// As scenarios run: metrics have a phase of their own.
    pub live: Vec<Spread>,
}

pub(crate) fn write(rows: &[Measured], spreads: &Spreads, pictures: &[(String, String)]) -> String {
    let mut text = OPENING.to_owned();
    errors(&mut text, rows);
    for (name, file) in pictures {
        let _ = write!(text, "\n![{name}: ready pods, pending pods and nodes]({file})\n*{name}*\n");
    }
    distribution(&mut text, spreads);
    speed(&mut text, rows);
    text
}

fn themes<'a>(rows: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    rows.for_each(|name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    names
}

fn errors(text: &mut String, rows: &[Measured]) {
    let exact = rows.iter().filter(|row| row.difference.is_none()).count();
    let _ = write!(
        text,
        "\n## Equality\n\n{exact} of {} trajectories are equal in every sample, event, life of a pod and total. ",
        rows.len()
    );
    text.push_str("The worst relative error of any case's totals, by theme:\n\n| theme | exact |");
    FIGURES.iter().for_each(|figure| text.push_str(&format!(" {} |", figure.name())));
    text.push_str("\n|---|--:|");
    FIGURES.iter().for_each(|_| text.push_str("--:|"));
    text.push('\n');
    for theme in themes(rows.iter().map(|row| row.theme.as_str())) {
        let of_theme: Vec<&Measured> = rows.iter().filter(|row| row.theme == theme).collect();
        let exact = of_theme.iter().filter(|row| row.difference.is_none()).count();
        let _ = write!(text, "| {theme} | {exact}/{} |", of_theme.len());
        for figure in FIGURES {
            let worst = of_theme.iter().map(|row| error(row, figure)).max_by(|a, b| a.abs().total_cmp(&b.abs()));
            let _ = write!(text, " {} |", percent(worst.unwrap_or(0.0)));
        }
        text.push('\n');
    }
    for row in rows {
        if let Some(difference) = &row.difference {
            let _ = write!(
                text,
                "\n{} differs first at {difference}.\nIts totals: {}. LIMITATIONS.md says why.\n",
                row.case.name,
                errors_of_totals(&row.case, &row.outcome)
            );
        }
    }
}

fn error(row: &Measured, figure: Figure) -> f64 {
    relative_error(figure.ours(&row.case, &row.outcome), figure.recorded(&row.case.expect.totals))
}

fn percent(error: f64) -> String {
    if error == 0.0 { "0".to_owned() } else { format!("{:+.2} %", error * 100.0) }
}

fn distribution(text: &mut String, spreads: &Spreads) {
    let [recorded, fresh, live] = [&spreads.recorded, &spreads.fresh, &spreads.live].map(|rows| agreement(rows));
    let _ = write!(
        text,
        "\n## Spread\n\nThe real control plane is not deterministic. `spread/` holds five further runs of each case with random \
         choices among\nequal nodes, random orders in Cluster Autoscaler, random uids and random phases of the loops, on the same \
         world of whole\nseconds. Ours are {RUNS} runs with the same things left to chance. The tables have the difference of the \
         mean over a theme's\ncases, in brackets the largest standard deviation of the real runs of one case, and in how many cases \
         the two means cannot\nbe told apart (Welch's test at 95 %, which errs in one of twenty).\n\nIn the recordings' own world \
         they agree in {} of {} comparisons ({:.0} %):\n\n{}",
        recorded.0,
        recorded.1,
        100.0 * recorded.0 as f64 / recorded.1 as f64,
        table(&spreads.recorded),
    );
    let _ = write!(
        text,
        "\nWith real delays (100 ms from a change to a reaction, the scheduler's queue with its back-off) and metrics as fresh as in \
         the\nrecordings they agree in {} of {}. What differs is what delays do; the recorded scheduler tries pods every second \
         without\nback-off, for example. In {} of {} they agree where scrapes have a phase of their own as well, as in a live \
         cluster and in\nscenarios: metrics are up to 15 s old then. With real delays and fresh metrics:\n\n{}",
        fresh.0,
        fresh.1,
        live.0,
        live.1,
        table(&spreads.fresh),
    );
}

fn table(spreads: &[Spread]) -> String {
    let mut table = "| theme |".to_owned();
    FIGURES.iter().for_each(|figure| table.push_str(&format!(" {} |", figure.name())));
    table.push_str("\n|---|");
    FIGURES.iter().for_each(|_| table.push_str("--:|"));
    table.push('\n');
    for theme in themes(spreads.iter().map(|row| row.theme.as_str())) {
        let of_theme: Vec<&Spread> = spreads.iter().filter(|row| row.theme == theme).collect();
        let _ = write!(table, "| {theme} |");
        for at in 0..FIGURES.len() {
            let samples: Vec<(Sample, Sample)> = of_theme.iter().map(|row| (row.rows[at].1, row.rows[at].2)).collect();
            let (real, ours) = samples.iter().fold((0.0, 0.0), |sum, (r, o)| (sum.0 + r.mean, sum.1 + o.mean));
            let same = samples.iter().filter(|(real, ours)| real.agrees_with(ours)).count();
            let difference = if real > 0.0 { format!("{:+.1} %", (ours / real - 1.0) * 100.0) } else { "-".to_owned() };
            let spread = samples.iter().map(|(real, _)| real.deviation / real.mean.max(1e-9)).fold(0.0, f64::max);
            let _ = write!(table, " {difference} (±{:.1} %), {same}/{} |", spread * 100.0, samples.len());
        }
        table.push('\n');
    }
    table
}

fn speed(text: &mut String, rows: &[Measured]) {
    let build = match (option_env!("CARGO_PROFILE_RELEASE_LTO"), option_env!("CARGO_PROFILE_RELEASE_OPT_LEVEL")) {
        (None, None) => "",
        _ => " This build had less optimisation than the release profile's (no link-time optimisation).",
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = write!(
        text,
        "\n## Speed\n\nWall time of one run on one thread, the least of {TIMED_RUNS}, on a machine with {cores} cores that had \
         other work; beside it\nthe real controllers' (`timings.txt`: Go, two cores, fake API and accounting included, in tenths of a \
         second).{build}\n\n| case | simulated | most nodes | real | Foresail | simulated s per s | faster |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let wall = row.wall.as_secs_f64();
        let (real, faster) = match row.real_wall_s {
            Some(real) if real > 0.0 => (format!("{real:.1} s"), format!("{:.0}x", real / wall)),
            Some(_) => ("< 0.1 s".to_owned(), "-".to_owned()),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let most = row.outcome.timeline.points.iter().map(|point| point.nodes.iter().map(|n| n.nodes).sum::<i32>());
        let _ = writeln!(
            text,
            "| {} | {:.1} h | {} | {real} | {:.1} ms | {:.0} | {faster} |",
            row.case.name,
            row.case.duration_s as f64 / 3600.0,
            most.max().unwrap_or(0),
            wall * 1000.0,
            row.case.duration_s as f64 / wall,
        );
    }
}
