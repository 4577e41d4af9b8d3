//! `foresail render SCENARIO`: the scenario as `run` would use it.

use super::Failure;
use super::scenario::ScenarioArgs;
use super::streams::{print, tell};
use foresail::scenario::Scenario;
use foresail::scenario::issue::Issue;
use std::fmt::Write;

/// What it extends is merged in, settings are applied; region, version, node groups, bounds of HPAs, length and seed are as `run`
/// would have them. `foresail run` of the output gives the same figures. Objects and traces stay in their files: paths are
/// seen from the working directory, so write it there.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Yaml)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Yaml,
    Json,
}

/// Prints it; caveats go to stderr.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.scenario.path().is_none() {
        let issue =
            Issue::error("SCENARIO", "the built-in scenario's objects are part of the program: no file can name them");
        return Err(issue.with_help("name a scenario file").into());
    }
    let (written, settings) = args.scenario.written()?;
    let (mut value, scenario) = written.resolved(&settings).map_err(Failure::Input)?;
    if let Some(seed) = args.scenario.seed() {
        value["seed"] = seed.into();
    }
    scenario.caveats.iter().for_each(tell);
    match args.output {
        Output::Json => print(&format!("{value:#}\n")),
        Output::Yaml => {
            let body = serde_yaml::to_string(&value);
            let body = body.map_err(|error| Failure::Internal(format!("cannot write YAML: {error}")))?;
            print(&(prices(&scenario) + &body))
        }
    }
}

/// What machines cost, as comments: prices are no field where they are the list's.
fn prices(scenario: &Scenario) -> String {
    let mut text = format!("# Prices of {}, {}:\n", scenario.region, scenario.prices.date);
    for group in scenario.cast.groups.values() {
        let of_machine =
            group.machines.iter().map(|machine| format!("{} ${}", machine.instance_type, machine.price.usd()));
        let _ = writeln!(text, "#   {}: {} an hour", group.name, of_machine.collect::<Vec<_>>().join(", "));
    }
    text
}
