//! `foresail calibrate`: a scenario fitted to the user's own past.

use super::Failure;
use super::files::{folder, unwritable, way_to};
use super::interrupted;
use super::jobs::pool;
use super::precision::not_looked_at;
use super::prometheus::PrometheusArgs;
use super::scenario::{ScenarioArgs, place};
use super::streams::{print, tell};
use foresail::calibrate::{HoldBack, Options, calibrate};
use foresail::report::calibration::{Shown, json, page, table};
use foresail::scenario::issue::{Issue, Issues};
use std::path::{Path, PathBuf};

/// Which scenario, whose past, how much of it is held back.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    #[command(flatten)]
    prometheus: PrometheusArgs,
    /// The end of the past that is not fitted but replayed: a part (30%) or a time (2d). Without it the last third, in whole
    /// days where there are three.
    #[arg(long, value_name = "PART|TIME", value_parser = HoldBack::parse, default_value = "third", hide_default_value = true)]
    hold_back: HoldBack,
    /// Replays of the days held back, each with other luck and other values of what is not sure.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1000))]
    replications: u32,
    /// Where to write the calibrated scenario, the page and the figures; reports/NAME-calibrated without it.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// No caveats, no names of files.
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "Examples:
  foresail calibrate shop.yaml --prometheus http://localhost:9090 --range 14d
  foresail calibrate shop.yaml --prometheus answers/ --hold-back 2d
  foresail run reports/shop-calibrated/calibrated.yaml";

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Parameters, errors, verdicts.
    Table,
    /// The calibrated scenario.
    Yaml,
    /// One object with every figure.
    Json,
}

/// Fits, replays, writes.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Some(named) = args.scenario.path() else {
        let issue = Issue::error("SCENARIO", "the built-in scenario is nobody's cluster: there is no past of it");
        return Err(issue.with_help("name your scenario's file; `foresail init --from` writes one").into());
    };
    let (written, settings) = args.scenario.written()?;
    let mut doubts = Issues::new();
    let Some(past) = args.prometheus.read(&mut doubts)? else {
        let issue = Issue::error("--prometheus", "there is nothing to fit to");
        return Err(issue.with_help("name a server, a file or a folder: --prometheus http://localhost:9090").into());
    };
    let scenario = written.with(&settings).map_err(Failure::Input)?;
    not_looked_at(&scenario, "the days held back are replayed as often as --replications says");
    let name = scenario.name;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(format!("{name}-calibrated")));
    interrupted::leave_nothing()?;
    let folder = folder("--out", &out)?;
    let (_, file) = place(Some(named));
    let extends = relative(&out, &file);
    let options =
        Options { hold_back: args.hold_back, replays: args.replications, seed: args.scenario.seed().unwrap_or(1) };
    let found = pool(args.jobs)?.install(|| calibrate(&written, &settings, &past, (&options, &extends)));
    let mut calibration = found.map_err(Failure::Input)?;
    calibration.issues.absorb(doubts, |_| ());
    let shown = Shown { name: &name, calibration: &calibration, past: &past, replays: args.replications };
    let all = format!("{:#}\n", json(&shown));
    let texts = [("calibrated.yaml", &calibration.scenario), ("calibration.json", &all), ("index.html", &page(&shown))];
    folder.publish(&texts, &[]).map_err(|error| unwritable("--out", &out, &error))?;
    if !args.quiet {
        calibration.issues.iter().for_each(tell);
    }
    print(&match args.output {
        Output::Table => table(&shown),
        Output::Yaml => calibration.scenario.clone(),
        Output::Json => all.clone(),
    })?;
    if !args.quiet {
        let at = |file: &str| out.join(file).display().to_string();
        tell(format!("\nReport   {}\nScenario {}", at("index.html"), at("calibrated.yaml")));
        tell(format!("Next     foresail run {}", at("calibrated.yaml")));
    }
    Ok(())
}

/// A file as a folder sees it; as it is where the two have nothing in common.
fn relative(folder: &Path, file: &Path) -> String {
    let (Ok(folder), Ok(file)) = (std::path::absolute(folder), std::path::absolute(file)) else {
        return file.display().to_string();
    };
    // Nothing but the root is in common.
    if folder.components().nth(1) != file.components().nth(1) {
        return file.display().to_string();
    }
    way_to(&folder, &file).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_found_again_from_where_the_result_is() {
        assert_eq!(relative(Path::new("reports/shop"), Path::new("shops/shop.yaml")), "../../shops/shop.yaml");
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/b/shop.yaml")), "shop.yaml");
    }
}
