//! What tags of a group say in place of flags.

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
}

impl GroupOptions {
    /// Those of a group of machines with these tags on AWS, and what is wrong: the tag, and why it does not count.
    ///
    /// Upstream: `AwsManager.GetAsgOptions`, 1.28.0: what cannot be read is as if it were not there.
    pub fn of_tags(tags: &BTreeMap<String, String>) -> (GroupOptions, Vec<(String, String)>) {
        let (mut options, mut wrong) = (GroupOptions::default(), Vec::new());
        for (tag, value) in tags {
            let Some(name) = tag.strip_prefix(PREFIX) else { continue };
            let number = || value.parse::<f64>().map_err(|_| format!("found `{value}`, expected a number such as 0.5"));
            let span =
                || SimDuration::parse(value).map_err(|_| format!("found `{value}`, expected a time such as 10m0s"));
            let outcome = match name {
                "scaledownutilizationthreshold" => number().map(|share| options.utilization_threshold = Some(share)),
                "scaledowngpuutilizationthreshold" => {
                    number().map(|share| options.gpu_utilization_threshold = Some(share))
                }
                "scaledownunneededtime" => span().map(|time| options.unneeded_time = Some(time)),
                "scaledownunreadytime" => span().map(|time| options.unready_time = Some(time)),
                _ => Err(format!(
                    "Cluster Autoscaler 1.28 reads no such option on AWS, but {}",
                    "scaledownutilizationthreshold, scaledowngpuutilizationthreshold, scaledownunneededtime and scaledownunreadytime"
                )),
            };
            wrong.extend(outcome.err().map(|why| (tag.clone(), why)));
        }
        (options, wrong)
    }
}
