//! `foresail sweep merge`: the files of all shards together.

use super::super::Failure;
use super::super::files::unwritable;
use super::errors::unmerged;
use super::{front, print};
use foresail::report::sweep::{StudyFolder, merge_study, shard_files};
use foresail::scenario::issue::Issue;
use std::path::{Path, PathBuf};

/// What to merge, and where.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files of shards, or folders that hold some (shard-1-of-7.jsonl...).
    #[arg(required = true, value_name = "DIR|FILE")]
    parts: Vec<PathBuf>,
    /// The folder for the study; that of the first part by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    front: front::FrontArgs,
    /// What to print.
    #[arg(short, long, value_enum, default_value_t = print::Output::Table)]
    output: print::Output,
}

/// Merges, writes what a sweep in one go would have written, prints the answer.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let asked = args.front.asked()?;
    let mut parts = Vec::new();
    for path in &args.parts {
        match path.is_dir() {
            true => parts.extend(shard_files(path).map_err(unmerged)?),
            false => parts.push(path.clone()),
        }
    }
    let Some(first) = parts.first() else {
        let named = args.parts.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let issue = Issue::error("", format!("{named} holds no file of a shard"));
        return Err(issue.with_help("`foresail sweep --shard 1/7` writes one").into());
    };
    let own = || first.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let folder = args.out.clone().unwrap_or_else(own);
    std::fs::create_dir_all(&folder).map_err(|error| unwritable("--out", &folder, &error))?;
    let beside = own();
    let folder = StudyFolder::at(&folder);
    let head = merge_study(&parts, &folder.study).map_err(unmerged)?;
    asked.is_kept(&head.by)?;
    let findings = folder.publish(asked, &front::command_beside(&beside, &head)).map_err(unmerged)?;
    print::study(&folder, findings.as_ref(), args.output)
}
