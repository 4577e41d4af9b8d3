//! The kube-controller-manager's flags, as far as they change what HPAs decide.

use crate::hpa::{self, Rules};
use crate::release::Release;
use crate::scenario::file::ScenarioFile;
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::units::SimDuration;

const PREFIX: &str = "horizontal-pod-autoscaler-";
const FLAGS: [&str; 5] = [
    "horizontal-pod-autoscaler-sync-period",
    "horizontal-pod-autoscaler-downscale-stabilization",
    "horizontal-pod-autoscaler-tolerance",
    "horizontal-pod-autoscaler-cpu-initialization-period",
    "horizontal-pod-autoscaler-initial-readiness-delay",
];

/// The HPA controller's flags, and its sync period.
pub(super) fn flags(file: &ScenarioFile, release: &Release, issues: &mut Issues) -> (hpa::Flags, SimDuration) {
    let (mut flags, mut sync) = (hpa::Flags::default(), SimDuration::from_secs(15));
    flags.rules = Rules::of(release);
    for (at, argument) in file.cluster.controller_manager_flags.iter().enumerate() {
        if let Err(issue) = set(&mut flags, &mut sync, argument) {
            let field = format!("cluster.controllerManagerFlags[{at}]");
            issues.push(Issue { place: crate::scenario::issue::Place { field: Some(field), ..issue.place }, ..issue });
        }
    }
    (flags, sync)
}

fn set(flags: &mut hpa::Flags, sync: &mut SimDuration, argument: &str) -> Result<(), Issue> {
    let (name, value) = argument.trim_start_matches('-').split_once('=').ok_or_else(|| {
        Issue::error("", format!("found `{argument}`"))
            .with_help(format!("write --{PREFIX}sync-period=15s or the like"))
    })?;
    let bad = |expected: &str| Issue::error("", format!("found `{value}` for --{name}, expected {expected}"));
    let span = |least: SimDuration| match SimDuration::parse(value) {
        Ok(span) if span >= least => Ok(span),
        _ => Err(bad("a duration such as 15s or 5m")),
    };
    match name.strip_prefix(PREFIX) {
        Some("sync-period") => *sync = span(SimDuration::from_secs(1))?,
        Some("downscale-stabilization") => flags.downscale_stabilization = span(SimDuration::ZERO)?,
        Some("cpu-initialization-period") => flags.cpu_initialization_period = span(SimDuration::ZERO)?,
        Some("initial-readiness-delay") => flags.initial_readiness_delay = span(SimDuration::ZERO)?,
        Some("tolerance") => {
            let parsed = value.parse::<f64>().ok().filter(|tolerance| (0.0..=1e6).contains(tolerance));
            flags.tolerance = parsed.ok_or_else(|| bad("a ratio such as 0.1"))?;
        }
        _ => {
            let issue = Issue::error("", format!("`--{name}` is no flag of the HPA controller"));
            return Err(match did_you_mean(name, FLAGS) {
                Some(meant) => issue.with_help(format!("did you mean `--{meant}`?")),
                None => issue.with_help(format!("the flags read are --{}", FLAGS.join(", --"))),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> (hpa::Flags, SimDuration, Vec<String>) {
        let mut file = ScenarioFile::default();
        file.cluster.controller_manager_flags = arguments.iter().map(|text| (*text).to_owned()).collect();
        let mut issues = Issues::new();
        let (flags, sync) = flags(&file, &Release::default(), &mut issues);
        (flags, sync, issues.iter().map(|issue| issue.to_string()).collect())
    }

    #[test]
    fn flags_are_taken_as_upstream_spells_them() {
        let (flags, sync, issues) = read(&[
            "--horizontal-pod-autoscaler-sync-period=30s",
            "--horizontal-pod-autoscaler-tolerance=0.05",
            "--horizontal-pod-autoscaler-downscale-stabilization=10m0s",
        ]);
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!((sync, flags.tolerance), (SimDuration::from_secs(30), 0.05));
        assert_eq!(flags.downscale_stabilization, SimDuration::from_mins(10));
    }

    #[test]
    fn a_misspelt_flag_gets_a_suggestion() {
        let (_, _, issues) =
            read(&["--horizontal-pod-autoscaler-sync-periods=1s", "--horizontal-pod-autoscaler-tolerance=x"]);
        assert!(issues[0].contains("did you mean `--horizontal-pod-autoscaler-sync-period`?"), "{issues:?}");
        assert!(issues[1].contains("cluster.controllerManagerFlags[1]: found `x`"), "{issues:?}");
    }
}
