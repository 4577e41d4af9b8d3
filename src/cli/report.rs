//! `foresail report`: a result that was written, in another form.

use super::Failure;
use super::files::write;
use super::streams::print;
use foresail::report::bill::{BillError, FocusVersion, Grain, bill_csv, focus_csv, workbook};
use foresail::report::{self, Printed, Report};
use foresail::scenario::issue::Issue;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// What to show, and how.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A report folder, or its result.json.
    result: PathBuf,
    /// What to make of it.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Write to a file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Rows of csv and focus: by calendar day, or by clock hour (of results up to 32 days).
    #[arg(long, value_enum, default_value_t = By::Day)]
    grain: By,
    /// The version of FOCUS; 1.3 splits nodes among namespaces.
    #[arg(long, value_enum, default_value_t = Version::V1_2)]
    version: Version,
    /// For people outside: pseudonyms in the place of all names, no description, no command, no inputs.
    #[arg(long)]
    redact: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// The summary, as text.
    Table,
    /// The tables, then the summary.
    Wide,
    /// The page.
    Html,
    /// The whole result, as in result.json.
    Json,
    /// The bill, line by line, as in bill.csv.
    Csv,
    /// The bill in the FinOps Foundation's format, FOCUS.
    Focus,
    /// The bill as a workbook, as in bill.xlsx.
    Xlsx,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Hour,
    Day,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Version {
    #[value(name = "1.2")]
    V1_2,
    #[value(name = "1.3")]
    V1_3,
}

/// Reads the result and renders it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let report = report::read(&args.result).map_err(|error| {
        Issue::error("RESULT", error.to_string()).with_help("`foresail run` writes results that this release reads")
    })?;
    let report = match args.redact {
        true => report::redacted(&report).map_err(|error| {
            let issue = Issue::error("RESULT", format!("a name in it is one of Foresail's own words: {error}"));
            issue.with_help("rename it in the scenario, and run that again")
        })?,
        false => report,
    };
    let grain = match args.grain {
        By::Hour => Grain::Hour,
        By::Day => Grain::Day,
    };
    let version = match args.version {
        Version::V1_2 => FocusVersion::V1_2,
        Version::V1_3 => FocusVersion::V1_3,
    };
    let text = match args.output {
        Output::Table | Output::Wide => summary(&report, args),
        Output::Html => report::html(&report),
        Output::Json => serde_json::to_string_pretty(&report).map_err(|e| Failure::Internal(e.to_string()))? + "\n",
        Output::Csv => bill_csv(&report, grain).map_err(|error| refused(&error))?,
        Output::Focus => focus_csv(&report, grain, version).map_err(|error| refused(&error))?,
        Output::Xlsx => return spreadsheet(&report, args.file.as_deref()),
    };
    match &args.file {
        Some(path) => write("--file", path, &text),
        None => print(&text),
    }
}

fn summary(report: &Report, args: &Args) -> String {
    let folder =
        if args.result.is_dir() { args.result.as_path() } else { args.result.parent().unwrap_or(Path::new("")) };
    let page = folder.join("index.html");
    let page = page.is_file().then_some(page.as_path());
    report::summary(report, Printed { page, details: args.output == Output::Wide })
}

/// A workbook is no text: it goes to a file, or into a pipe.
fn spreadsheet(report: &Report, file: Option<&Path>) -> Result<(), Failure> {
    if file.is_none() && std::io::stdout().is_terminal() {
        let issue = Issue::error("--output", "a workbook cannot be shown in a terminal");
        return Err(issue.with_help("name a file: `--file bill.xlsx`").into());
    }
    let bytes = workbook(report).map_err(|error| refused(&error))?;
    match file {
        Some(path) => write("--file", path, bytes),
        None => super::streams::print_bytes(&bytes),
    }
}

fn refused(error: &BillError) -> Failure {
    let help = match error {
        BillError::Empty => "run the scenario again with `foresail run`",
        BillError::NoHours => "leave `--grain hour` out",
        BillError::Periods(_) => "write the result again with `foresail run`",
        BillError::Workbook(why) => return Failure::Internal(why.clone()),
    };
    Issue::error("RESULT", error.to_string()).with_help(help).into()
}
