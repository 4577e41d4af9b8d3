//! `foresail validate SCENARIO...`: everything that is wrong with scenarios.

use super::completing::settings;
use super::root::root;
use super::scenario::load;
use super::streams::print;
use super::{EXIT_INPUT, Failure};
use clap_complete::engine::ArgValueCompleter;
use foresail::report::check::{problems_commands, problems_sarif};
use foresail::scenario::issue::{Issue, Issues, Severity};
use foresail::units::counted;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Reads scenarios and all that they name, as `run` does, and says what it finds: errors, caveats that change a number, notes.
/// Exit code 2 where there are errors (with --strict also where there are caveats), else 0.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Scenario files, or folders that hold a scenario.yaml.
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Change a value of the scenarios: `--set traffic.scale=2` (repeatable).
    #[arg(long = "set", value_name = "PATH=VALUE", add = ArgValueCompleter::new(settings))]
    sets: Vec<String>,
    /// Caveats count as errors.
    #[arg(long)]
    strict: bool,
    /// How to print: for people, SARIF 2.1.0 for code scanning, JSON, or annotations of GitHub Actions.
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Text,
    Sarif,
    Json,
    Github,
}

/// What was found in a scenario.
struct Checked {
    name: String,
    problems: Issues,
}

/// Reads them all and prints what was found; the exit code.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let check = |path: &PathBuf| Checked {
        name: path.display().to_string(),
        problems: load(Some(path), &args.sets).map_or_else(|issues| issues, |scenario| scenario.caveats),
    };
    let all: Vec<Checked> = args.scenarios.iter().map(check).collect();
    let text = match args.output {
        Output::Text => all.iter().map(text).collect(),
        Output::Json => {
            format!("{:#}\n", json!({ "version": 1, "scenarios": all.iter().map(json).collect::<Vec<_>>() }))
        }
        Output::Sarif => problems_sarif(&together(&all), &root()),
        Output::Github => problems_commands(&together(&all), &root()),
    };
    print(&text)?;
    let fails =
        |issue: &Issue| issue.severity == Severity::Error || (args.strict && issue.severity == Severity::Warning);
    let is_bad = all.iter().any(|checked| checked.problems.iter().any(fails));
    Ok(if is_bad { EXIT_INPUT } else { 0 })
}

/// What was found in all of them; what two scenarios share is said once.
fn together(all: &[Checked]) -> Issues {
    let mut problems = Issues::new();
    for issue in all.iter().flat_map(|checked| checked.problems.iter()) {
        if !problems.iter().any(|known| known == issue) {
            problems.push(issue.clone());
        }
    }
    problems
}

fn text(checked: &Checked) -> String {
    let count = |severity: Severity| checked.problems.iter().filter(|issue| issue.severity == severity).count();
    let counts = [(Severity::Error, "error"), (Severity::Warning, "caveat"), (Severity::Note, "note")];
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(severity, name)| counted(count(severity), name))
        .filter(|text| !text.starts_with("0 "))
        .collect();
    let verdict = if checked.problems.has_errors() { "refused" } else { "valid" };
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let lines: String = checked.problems.iter().map(|issue| format!("{issue}\n")).collect();
    format!("{lines}{} is {verdict}{counts}\n", checked.name)
}

fn json(checked: &Checked) -> Value {
    let problem = |issue: &Issue| {
        json!({
            "severity": match issue.severity {
                Severity::Error => "error",
                Severity::Warning => "caveat",
                Severity::Note => "note",
            },
            "file": issue.place.file, "line": issue.place.line, "column": issue.place.column,
            "object": issue.place.object, "field": issue.place.field,
            "message": issue.message, "help": issue.help,
        })
    };
    json!({
        "scenario": checked.name,
        "valid": !checked.problems.has_errors(),
        "problems": checked.problems.iter().map(problem).collect::<Vec<_>>(),
    })
}
