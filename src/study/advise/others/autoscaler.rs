//! Cluster Autoscaler's flags, the share of spot capacity and machine types.

use super::machines::alike;
use crate::scenario::Scenario;
use crate::scenario::aliases::targets;
use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::Owner;
use crate::study::advise::knob::{Knob, Level};
use serde_json::{Value, json};

/// As far as there is an autoscaler, and groups that it manages.
pub(super) fn knobs(base: &Scenario) -> Vec<Knob> {
    let mut all = Vec::new();
    if let Some(flags) = &base.cast.autoscaler {
        let seconds = flags.scale_down_unneeded_time.as_secs_f64();
        let time = |share: f64| json!(format!("{}s", (seconds * share).round()));
        let mut flag = |kind, path: &str, now: Value, others: Vec<Value>| {
            all.extend(knob(base, kind, (path, Owner::Autoscaler), (now, others)));
        };
        let unneeded = "autoscaler.--scale-down-unneeded-time";
        flag(KnobKind::UnneededTime, unneeded, time(1.0), vec![time(0.5), time(0.2)]);
        let now = flags.scale_down_utilization_threshold;
        let higher = [0.6, 0.7].into_iter().filter(|other| *other > now).map(|other| json!(other)).collect();
        let threshold = "autoscaler.--scale-down-utilization-threshold";
        flag(KnobKind::UtilizationThreshold, threshold, json!(now), higher);
        let expanders = ["least-waste", "random"].map(|name| json!(name)).to_vec();
        flag(KnobKind::Expander, "autoscaler.--expander", json!("as it is"), expanders);
        let (spot, shares) = (("spot.share", Owner::Scenario), vec![json!(0.3), json!(0.6)]);
        all.extend(knob(base, KnobKind::SpotShare, spot, (json!(0), shares)));
    }
    for group in base.cast.groups.values().filter(|group| group.autoscaled) {
        let now: Vec<&str> = group.machines.iter().map(|row| row.instance_type.as_str()).collect();
        let path = format!("nodeGroups.{}.instanceTypes", group.name);
        let fits = group.machines.first().map(|machine| alike(machine, &base.region)).unwrap_or_default();
        let fits = fits.into_iter().map(|name| json!([name])).collect();
        let place = (path.as_str(), Owner::Group(group.name.clone()));
        all.extend(knob(base, KnobKind::InstanceTypes, place, (json!(now), fits)));
    }
    all
}

fn knob(
    base: &Scenario,
    kind: KnobKind,
    (path, owner): (&str, Owner),
    (now, others): (Value, Vec<Value>),
) -> Option<Knob> {
    let name = path.trim_start_matches("nodeGroups.").trim_start_matches("autoscaler.").to_owned();
    let knob = Knob::new(name, Some(kind), owner, targets(path, base).ok()?);
    let knob = knob.with_choices(Level::value(now), others.into_iter().map(Level::value));
    (knob.levels.len() > 1).then_some(knob)
}
