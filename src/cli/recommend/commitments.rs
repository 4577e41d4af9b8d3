//! Which commitments would pay.

use super::super::Failure;
use super::super::jobs::pool;
use super::super::precision::with_flags;
use super::super::streams::{print, tell};
use super::super::watch::Shown;
use super::{Args, Output};
use foresail::report::{Report, recommend};
use foresail::study::{self, Options};

/// Simulates, and says what it would have been cheaper to commit to.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut scenario = args.scenario.load()?;
    with_flags(&mut scenario, args.replications, None)?;
    let options = Options { recommend_commitments: true, ..Options::default() };
    let finished = pool(args.jobs)?.install(|| study::run(&scenario, &options, &Shown::new(args.quiet)));
    let report = Report::of(&finished);
    // JSON has them.
    if !args.quiet && args.output != Output::Json {
        report.caveats.iter().for_each(|caveat| tell(format!("caveat: {caveat}")));
    }
    print(&match args.output {
        Output::Wide => recommend::table(&report, true),
        Output::Json => recommend::json(&report).map_err(|error| Failure::Internal(error.to_string()))?,
        Output::Csv => recommend::csv(&report),
        Output::Table | Output::Yaml | Output::Markdown => recommend::table(&report, false),
    })
}
