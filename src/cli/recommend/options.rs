//! What is asked on the command line, in place of what the scenario's `recommend:` block says.

use super::super::Failure;
use foresail::scenario::Setting;
use foresail::scenario::issue::Issue;
use foresail::units::SimDuration;
use serde_json::{Value, json};
use std::time::Duration;

/// What may change, and what it must survive.
#[derive(clap::Args)]
pub(super) struct WantedArgs {
    /// What may change: min, max, target, scaleUp, scaleDown, instanceTypes, spotShare, utilizationThreshold, unneededTime, expander,
    /// requests, schedule. By default what the scenario's `recommend` says, or min,max,target.
    #[arg(long, value_delimiter = ',', value_name = "KNOB")]
    knobs: Vec<String>,
    /// What a setting must survive, as YAML: `[{nodeLoss: any}, {traffic: 1.5}]`. By default what the scenario's `recommend` says, or the
    /// loss of a zone, of a node, of spot capacity, a quarter more traffic, the worst crowd.
    #[arg(long, value_name = "LIST", conflicts_with = "no_stress")]
    against: Option<String>,
    /// A setting has nothing to survive.
    #[arg(long)]
    no_stress: bool,
    /// The chance with which a setting is to keep the objectives in the next period: 0.95 by default.
    #[arg(long, value_name = "SHARE")]
    confidence: Option<f64>,
}

impl WantedArgs {
    /// As settings of the scenario, which checks them.
    ///
    /// Errors: a list that is no YAML.
    pub(super) fn settings(&self) -> Result<Vec<Setting>, Failure> {
        let set = |path: [&str; 2], value: Value, written: String| {
            Setting::new(path.map(str::to_owned).to_vec(), value, written)
        };
        let mut all = Vec::new();
        if !self.knobs.is_empty() {
            all.push(set(["recommend", "knobs"], json!(self.knobs), format!("--knobs {}", self.knobs.join(","))));
        }
        if self.no_stress {
            all.push(set(["recommend", "against"], json!([]), "--no-stress".to_owned()));
        }
        if let Some(list) = &self.against {
            let issue = || Issue::error("--against", format!("`{list}` is not YAML"));
            let parsed = Setting::parse(&format!("recommend.against={list}")).map_err(|_| {
                Failure::from(issue().with_help("write a list: --against '[{nodeLoss: any}, {traffic: 1.5}]'"))
            })?;
            all.push(parsed);
        }
        if let Some(share) = self.confidence {
            all.push(set(["objectives", "confidence"], json!(share), format!("--confidence {share}")));
        }
        Ok(all)
    }
}

/// How long a search may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// So many replications.
    Replications(u32),
    /// So long.
    Time(Duration),
}

/// What `--budget` says.
///
/// Errors: it is neither a number above 0 nor a time.
pub(super) fn budget(text: &str) -> Result<Budget, Failure> {
    let refuse = || {
        let message = format!("found `{text}`, expected a number of replications or a time, above 0");
        Failure::from(Issue::error("--budget", message).with_help("write --budget 200 or --budget 2m"))
    };
    if let Ok(count) = text.parse::<u32>() {
        return if count == 0 { Err(refuse()) } else { Ok(Budget::Replications(count)) };
    }
    let time = SimDuration::parse(text).ok().filter(|time| *time > SimDuration::ZERO).ok_or_else(refuse)?;
    Ok(Budget::Time(Duration::from_nanos(time.as_nanos() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_or_a_time() {
        let read = |text| budget(text).ok();
        assert_eq!(read("200"), Some(Budget::Replications(200)));
        assert_eq!(read("2m"), Some(Budget::Time(Duration::from_secs(120))));
        for text in ["0", "-1", "0s", "-2m", "soon", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
