//! Which part of the points: `--shard i/n`, or what an engine says in the environment.

use super::super::Failure;
use super::super::streams::tell;
use foresail::report::sweep::ShardOf;
use foresail::scenario::issue::Issue;

/// Where engines say which of their tasks this is; all of them count from 0.
const INDEXES: [&str; 3] = ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX"];

/// What is said about shards.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ShardArgs {
    /// Simulate part I of N only, counted from 1.
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Into how many parts the points go. Which one this is stands in JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID or
    /// AWS_BATCH_JOB_ARRAY_INDEX, counted from 0, unless --shard says it.
    #[arg(long, value_name = "N")]
    shards: Option<u32>,
}

/// A shard that there is not.
fn outside(flag: &str, found: &str, count: u32) -> Failure {
    let message = format!("found {found}, and there are {count} shards");
    let last = count.saturating_sub(1);
    let help = format!("--shard counts from 1/{count} to {count}/{count}, {} from 0 to {last}", INDEXES.join(", "));
    Issue::error(flag, message).with_help(help).into()
}

impl ShardArgs {
    /// The part to simulate, if not all; `planned` is how many parts a plan has.
    ///
    /// Errors: no such shard, or contradictions.
    pub(super) fn shard(&self, planned: Option<u32>) -> Result<Option<ShardOf>, Failure> {
        let count = self.shards.or(planned);
        if count == Some(0) {
            return Err(Issue::error("--shards", "found 0, expected at least 1").into());
        }
        if let (Some(own), Some(planned)) = (self.shards, planned)
            && own != planned
        {
            return Err(Issue::error("--shards", format!("found {own}, and the plan has {planned}")).into());
        }
        let said = said();
        let Some(text) = &self.shard else { return of_engine(said, count, self.shards.is_some()) };
        let shard = parse(text)?;
        if let Some(count) = count.filter(|count| *count != shard.count) {
            return Err(Issue::error("--shard", format!("found {text}, expected one of {count} shards")).into());
        }
        if let Some((variable, index)) = said
            && index.parse::<u32>().ok().and_then(|index| index.checked_add(1)) != Some(shard.index)
        {
            tell(format!("note: --shard {text} counts, not {variable}={index}, which counts from 0"));
        }
        Ok(Some(shard))
    }
}

/// What the first of the variables says.
fn said() -> Option<(&'static str, String)> {
    INDEXES.into_iter().find_map(|variable| Some((variable, std::env::var(variable).ok()?)))
}

fn of_engine(
    said: Option<(&'static str, String)>,
    count: Option<u32>,
    is_asked: bool,
) -> Result<Option<ShardOf>, Failure> {
    match (said, count) {
        (Some((variable, text)), Some(count)) => {
            let index = text.parse::<u32>().ok().filter(|index| *index < count);
            let index = index.ok_or_else(|| outside(variable, &text, count))?;
            Ok(Some(ShardOf { index: index + 1, count }))
        }
        (Some((variable, text)), None) => {
            tell(format!("note: {variable}={text} is not looked at: --shards N would make this one of N parts"));
            Ok(None)
        }
        (None, Some(count)) if is_asked => {
            let issue = Issue::error("--shards", format!("which of the {count} shards is this?"));
            Err(issue.with_help(format!("say --shard 1/{count}, or set {} from 0", INDEXES.join(", "))).into())
        }
        (None, _) => Ok(None),
    }
}

fn parse(text: &str) -> Result<ShardOf, Failure> {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    let Some((index, count)) = numbers.filter(|(_, count)| *count > 0) else {
        let issue = Issue::error("--shard", format!("found `{text}`, expected I/N, as in 2/7"));
        return Err(issue.into());
    };
    if index == 0 || index > count {
        return Err(outside("--shard", text, count));
    }
    Ok(ShardOf { index, count })
}
