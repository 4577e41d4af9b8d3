//! `foresail recommend`: what to set, or what to commit to.

mod commitments;
mod options;
mod outputs;
mod setting;
mod stop;

pub(super) use setting::searched;

use super::Failure;
use super::scenario::ScenarioArgs;
use foresail::scenario::issue::Issue;
use std::path::PathBuf;

/// Which scenario, what may change, and how long to look.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Fresh periods, which the search does not see, in which the answer is checked; with --commitments alternative histories.
    #[arg(short = 'n', long, value_name = "N")]
    replications: Option<u32>,
    #[command(flatten)]
    wanted: options::WantedArgs,
    /// How long to look: replications (200) or a time (2m); the best so far is printed then.
    #[arg(long, value_name = "N|TIME")]
    budget: Option<String>,
    /// Threads; all cores by default. The result does not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// A folder for recommend.json, the patches, and study.jsonl, from which the same command goes on if it is ended.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Throw away what an earlier search left in the folder.
    #[arg(long, requires = "out")]
    fresh: bool,
    /// Which commitments would pay instead (Savings Plans, Reserved Instances, committed use), and how surely.
    #[arg(long, conflicts_with_all = ["budget", "out"])]
    commitments: bool,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// No progress, no figures about the run itself, no caveats.
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "Examples:
  foresail recommend scenario.yaml
  foresail recommend scenario.yaml --knobs min,max --budget 2m -o wide
  foresail recommend scenario.yaml --out recommended && kubectl apply --server-side -f recommended/recommended-hpas.yaml
  foresail recommend scenario.yaml -o markdown > comment.md
  foresail recommend scenario.yaml --commitments -n 50 -o csv > commitments.csv";

/// What goes to stdout.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// What to set, what that saves and does; with --commitments those that would pay.
    Table,
    /// The same with everything there is to say.
    Wide,
    /// One object with every figure.
    Json,
    /// What to apply to Kubernetes: the HPAs that change.
    Yaml,
    /// For a merge request.
    Markdown,
    /// With --commitments: one record per commitment, for spreadsheets.
    Csv,
}

/// Searches, and says what to set; or simulates, and says what it would have been cheaper to commit to. Returns the exit code: that of
/// the signal that ended the search, if one did.
pub(super) fn run(args: &Args) -> Result<u8, Failure> {
    let refuse = |message: &str, help: &str| Err(Issue::error("--output", message).with_help(help).into());
    match (args.commitments, args.output) {
        (false, Output::Csv) => {
            refuse("csv is there for commitments only", "add --commitments, or take -o json for what to set")
        }
        (true, Output::Yaml | Output::Markdown) => {
            refuse("commitments are no objects and no text", "take -o table, wide, json or csv")
        }
        (true, _) => commitments::run(args).map(|()| 0),
        (false, _) => setting::run(args),
    }
}
