//! The answer on stdout, and in the folder that was named.

use super::super::Failure;
use super::super::files::unwritable;
use super::super::streams::{print, tell};
use super::{Args, Output};
use foresail::report::advice::{AdviceReport, advice_markdown, advice_text, patches, publish_advice};
use foresail::scenario::Scenario;
use foresail::whole::Folder;
use std::path::Path;

/// The files that `kubectl` takes.
const OBJECTS: [&str; 2] = ["recommended-hpas.yaml", "recommended-requests.yaml"];

/// Writes what applies the answer, if a folder was named, and prints it.
pub(super) fn tell_all(
    args: &Args,
    scenario: &Scenario,
    report: &AdviceReport,
    folder: Option<&Folder>,
) -> Result<(), Failure> {
    let files = patches(&report.answer, scenario);
    if let Some(folder) = folder {
        publish_advice(report, &files, folder).map_err(|error| unwritable("--out", folder.path(), &error))?;
    }
    // JSON has them.
    if !args.quiet && args.output != Output::Json {
        report.caveats.iter().for_each(|caveat| tell(format!("caveat: {caveat}")));
    }
    print(&match args.output {
        Output::Json => {
            serde_json::to_string_pretty(report).map_err(|error| Failure::Internal(error.to_string()))? + "\n"
        }
        Output::Markdown => advice_markdown(report),
        Output::Yaml => yaml(&files, report),
        Output::Wide => advice_text(report, true) + &next(args.out.as_deref(), &files),
        Output::Table | Output::Csv => advice_text(report, false) + &next(args.out.as_deref(), &files),
    })
}

/// The HPAs and workloads that change; a comment where none does.
fn yaml(files: &[(&'static str, String)], report: &AdviceReport) -> String {
    let found: String =
        files.iter().filter(|(name, _)| OBJECTS.contains(name)).map(|(_, text)| text.as_str()).collect();
    if found.is_empty() { format!("# {}: no HPA changes.\n", report.scenario.name) } else { found }
}

/// How to go on.
fn next(folder: Option<&Path>, files: &[(&'static str, String)]) -> String {
    match (folder, files.first()) {
        (_, None) => String::new(),
        (None, Some(_)) => "Apply  --out DIR writes patches for kubectl, Terraform and eksctl\n".to_owned(),
        (Some(folder), Some((name, _))) => format!("Apply  {}\n", folder.join(name).display()),
    }
}
