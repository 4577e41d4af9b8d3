//! `foresail recommend`: which commitments would pay.

use super::Failure;
use super::jobs::pool;
use super::scenario::ScenarioArgs;
use super::streams::{print, tell};
use super::watch::Shown;
use foresail::report::{Report, recommend};
use foresail::scenario::checked_replications;
use foresail::study::{self, Options};

/// Which scenario, and how to look at it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Alternative histories to simulate.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// No progress, no figures about the run itself, no caveats.
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "Examples:
  foresail recommend scenario.yaml
  foresail recommend scenario.yaml -n 50 -o wide
  foresail recommend scenario.yaml -o csv > commitments.csv";

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// The commitments that would pay, those that save most first.
    Table,
    /// The same with every column.
    Wide,
    /// One object with every figure.
    Json,
    /// One record per commitment, for spreadsheets.
    Csv,
}

/// Simulates, and says what it would have been cheaper to commit to.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut scenario = args.scenario.load()?;
    if let Some(replications) = args.replications {
        scenario.replications = checked_replications(replications).map_err(Failure::from)?;
    }
    let options = Options { recommend: false, recommend_commitments: true, ..Options::default() };
    let finished = pool(args.jobs)?.install(|| study::run(&scenario, &options, &Shown::new(args.quiet)));
    let report = Report::of(&finished);
    // JSON has them.
    if !args.quiet && args.output != Output::Json {
        report.caveats.iter().for_each(|caveat| tell(format!("caveat: {caveat}")));
    }
    print(&match args.output {
        Output::Table => recommend::table(&report, false),
        Output::Wide => recommend::table(&report, true),
        Output::Json => recommend::json(&report).map_err(|error| Failure::Internal(error.to_string()))?,
        Output::Csv => recommend::csv(&report),
    })
}
