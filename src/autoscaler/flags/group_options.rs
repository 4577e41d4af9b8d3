//! What tags of a group say in place of flags.

use crate::release::KubernetesVersion::{self, *};
use crate::units::SimDuration;
use std::collections::BTreeMap;

/// What such tags begin with. Upstream: `optionsTagsPrefix` of the AWS provider, 1.28.0.
const PREFIX: &str = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/";

/// A group's own word; what is absent is as the flags say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GroupOptions {
    pub(super) utilization_threshold: Option<f64>,
    pub(super) gpu_utilization_threshold: Option<f64>,
    pub(super) unneeded_time: Option<SimDuration>,
    pub(super) unready_time: Option<SimDuration>,
    pub(super) startup_time: Option<SimDuration>,
    pub(super) ignores_daemon_sets: Option<bool>,
}

impl GroupOptions {
    /// Those of a group of machines with these tags on AWS, and what is wrong: the tag, and why it does not count.
    ///
    /// Upstream: `AwsManager.GetAsgOptions`, 1.28.0 to 1.35: what cannot be read is as if it were not there.
    pub fn of_tags(
        version: KubernetesVersion,
        tags: &BTreeMap<String, String>,
    ) -> (GroupOptions, Vec<(String, String)>) {
        let (mut options, mut wrong) = (GroupOptions::default(), Vec::new());
        for (tag, value) in tags {
            let Some(name) = tag.strip_prefix(PREFIX) else { continue };
            let outcome = match NAMES.iter().find(|(known, since, _)| *known == name && version >= *since) {
                Some((_, _, set)) => set(&mut options, value),
                None => {
                    let known = NAMES.iter().filter(|(_, since, _)| version >= *since).map(|(name, ..)| *name);
                    let known: Vec<&str> = known.collect();
                    Err(format!("Cluster Autoscaler {version} reads no such option on AWS, but {}", known.join(", ")))
                }
            };
            wrong.extend(outcome.err().map(|why| (tag.clone(), why)));
        }
        (options, wrong)
    }
}

/// Sets an option. Errors: what was found, and what was expected.
type Set = fn(&mut GroupOptions, &str) -> Result<(), String>;

/// The options, the version that brought each, and how it is set.
const NAMES: [(&str, KubernetesVersion, Set); 6] = [
    ("scaledownutilizationthreshold", V1_28, |options, value| number(value, &mut options.utilization_threshold)),
    ("scaledowngpuutilizationthreshold", V1_28, |options, value| number(value, &mut options.gpu_utilization_threshold)),
    ("scaledownunneededtime", V1_28, |options, value| span(value, &mut options.unneeded_time)),
    ("scaledownunreadytime", V1_28, |options, value| span(value, &mut options.unready_time)),
    ("ignoredaemonsetsutilization", V1_29, |options, value| switch(value, &mut options.ignores_daemon_sets)),
    ("maxnodestartuptime", V1_35, |options, value| span(value, &mut options.startup_time)),
];

fn number(value: &str, into: &mut Option<f64>) -> Result<(), String> {
    *into = Some(value.parse().map_err(|_| format!("found `{value}`, expected a number such as 0.5"))?);
    Ok(())
}

fn span(value: &str, into: &mut Option<SimDuration>) -> Result<(), String> {
    *into = Some(SimDuration::parse(value).map_err(|_| format!("found `{value}`, expected a time such as 10m0s"))?);
    Ok(())
}

fn switch(value: &str, into: &mut Option<bool>) -> Result<(), String> {
    *into = Some(value.parse().map_err(|_| format!("found `{value}`, expected true or false"))?);
    Ok(())
}
