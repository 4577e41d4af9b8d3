//! A scenario with nothing left to other files to say: what `run` would use.

use super::loaded::Scenario;
use super::merge::rebase;
use crate::world::NodeGroup;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Fields that bring node groups, whose machine types are then theirs to say.
const INFRASTRUCTURE: [&str; 3] = ["terraform", "eksctl", "describe"];

/// The merged scenario with what was read from elsewhere and what holds by default: region, version, node groups, bounds of
/// HPAs, length. Objects and traces stay in their files, whose paths are seen from the working directory.
pub(super) fn resolved(mut merged: Value, scenario: &Scenario, folder: &Path) -> Value {
    rebase(&mut merged, folder);
    let version = scenario.platform.split(' ').nth(1).unwrap_or_default();
    put(&mut merged, &["cluster", "region"], json!(scenario.region));
    put(&mut merged, &["cluster", "kubernetesVersion"], json!(version));
    put(&mut merged, &["autoscaler", "enabled"], json!(scenario.cast.autoscaler.is_some()));
    if let Some(flags) = &scenario.cast.autoscaler {
        put(&mut merged, &["autoscaler", "version"], json!(flags.version().to_string()));
    }
    node_groups(&mut merged, scenario);
    hpas(&mut merged, scenario);
    put(&mut merged, &["duration"], json!(scenario.duration.to_string()));
    put(&mut merged, &["step"], json!(scenario.timing.step.to_string()));
    put(&mut merged, &["replications"], json!(scenario.replications));
    put(&mut merged, &["seed"], json!(scenario.seed));
    merged
}

/// Sets a value, in mappings that are made where they are missing.
fn put(value: &mut Value, path: &[&str], new: Value) {
    let mut place = value;
    for key in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[*key];
    }
    *place = new;
}

/// Each group as it was built. A group of nodes of a dump keeps its machine types to itself: with types it would be another
/// group, declared beside the nodes. One that is shared with spot keeps what the scenario says: its twin is made of that.
fn node_groups(merged: &mut Value, scenario: &Scenario) {
    let is_declared =
        INFRASTRUCTURE.iter().any(|field| merged[*field].as_array().is_some_and(|paths| !paths.is_empty()));
    let shared = |merged: &Value, name: &str| merged["nodeGroups"][name].get("spotShare").is_some();
    for group in scenario.cast.groups.values() {
        let base = group.name.strip_suffix("-spot").unwrap_or_default();
        if shared(merged, &group.name) || shared(merged, base) {
            continue;
        }
        let has_types = is_declared || merged["nodeGroups"][&group.name].get("instanceTypes").is_some();
        for (field, value) in
            fields(group, scenario).into_iter().filter(|(field, _)| has_types || *field != "instanceTypes")
        {
            put(merged, &["nodeGroups", &group.name, field], value);
        }
    }
}

fn fields(group: &NodeGroup, scenario: &Scenario) -> Vec<(&'static str, Value)> {
    let text = |symbol| scenario.cast.cluster.symbols.text(symbol);
    let types: Vec<&str> = group.machines.iter().map(|machine| machine.instance_type.as_str()).collect();
    let zones: Vec<&str> = group.zones.iter().map(|zone| text(*zone)).collect();
    vec![
        ("instanceTypes", json!(types)),
        ("capacityType", json!(if group.spot { "SPOT" } else { "ON_DEMAND" })),
        ("minSize", json!(group.min)),
        ("desiredSize", json!(group.initial)),
        ("maxSize", json!(group.max)),
        ("zones", json!(zones)),
        ("autoscaled", json!(group.autoscaled)),
    ]
}

/// Bounds by name; of two HPAs with one name and other bounds nothing can be said so.
fn hpas(merged: &mut Value, scenario: &Scenario) {
    let mut bounds: BTreeMap<&str, Vec<(i32, i32)>> = BTreeMap::new();
    for hpa in &scenario.cast.hpas {
        let name = scenario.cast.cluster.symbols.text(hpa.name);
        bounds.entry(name).or_default().push((hpa.spec.min, hpa.spec.max));
    }
    for (name, mut bounds) in bounds {
        bounds.dedup();
        if let [(min, max)] = bounds[..] {
            put(merged, &["hpas", name, "minReplicas"], json!(min));
            put(merged, &["hpas", name, "maxReplicas"], json!(max));
        }
    }
}
