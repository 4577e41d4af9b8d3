//! What goes to stdout.

use super::super::Failure;
use super::super::streams::print;
use super::errors::failed;
use super::points::Ready;
use foresail::report::sweep::{AxisValues, Findings, StudyError, StudyFolder, best, each_json, study_csv, study_table};
use foresail::units::counted;
use std::fmt::Write;
use std::path::Path;

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// The cheapest points, as text.
    Table,
    /// The whole study: its head, with its points.
    Json,
    /// One row a point and figure, as in sweep.csv.
    Csv,
}

/// The study of a folder.
pub(super) fn study(folder: &StudyFolder, findings: Option<&Findings>, output: Output) -> Result<(), Failure> {
    let path = &folder.study;
    let mut failure = None;
    let mut put = |text: &str| {
        print(text).map_err(|error| {
            failure = Some(error);
            StudyError::Missing(String::new())
        })
    };
    let done = match output {
        Output::Table => best(path).and_then(|best| {
            put(&(study_table(&best) + "\n" + &findings.map(Findings::text).unwrap_or_default() + &files(folder)))
        }),
        Output::Json => each_json(path, &mut put),
        Output::Csv => study_csv(path, &mut put),
    };
    match (failure, done) {
        (Some(failure), _) => Err(failure),
        (None, done) => done.map_err(failed),
    }
}

fn files(folder: &StudyFolder) -> String {
    let [page, study, csv] = [&folder.page, &folder.study, &folder.csv].map(|path| path.display());
    format!("\nReport  {page}\nStudy   {study}\nCSV     {csv}\n")
}

/// Where a shard is.
pub(super) fn shard(path: &Path, is_quiet: bool) -> Result<(), Failure> {
    if is_quiet { Ok(()) } else { print(&format!("Shard   {}\n", path.display())) }
}

/// As many values of an axis are named.
const MOST_VALUES: usize = 12;

/// Which points there are.
pub(super) fn dry_run(ready: &Ready) -> Result<(), Failure> {
    let head = &ready.head;
    let points = counted(head.points as usize, "point");
    let replications = counted(head.replications as usize, "replication");
    let mut text = format!("{}: {points}, {replications} each, seed {}\n", head.scenario, head.seed);
    for axis in &head.axes {
        let values = match &axis.values {
            AxisValues::Range { low, high } => format!("{low} to {high}"),
            AxisValues::List(list) => {
                let more =
                    if list.len() > MOST_VALUES { format!(", ... ({} in all)", list.len()) } else { String::new() };
                list.iter().take(MOST_VALUES).cloned().collect::<Vec<_>>().join(", ") + &more
            }
        };
        let _ = writeln!(text, " {}: {values}", axis.name);
    }
    print(&text)
}
