//! Google Cloud: `google_container_node_pool`, and the node pools of the `kubernetes-engine` module.

use super::body::{Body, Declaration, Given, Value};
use super::group::TerraformGroup;
use super::unread::{cut, unread_block};
use crate::scenario::issue::{Issue, Issues};

/// GKE's own machine type. Source: google_container_node_pool's `machine_type`.
const DEFAULT_TYPE: &str = "e2-medium";

/// A node pool.
pub(super) fn node_pool(declaration: &Declaration, issues: &mut Issues) -> TerraformGroup {
    let body = &declaration.body;
    let mut group = declaration.group(&["name"], &["name_prefix"], issues);
    group.self_managed = true;
    group.read_sizes(body);
    let per_zone = read_autoscaling(&mut group, body);
    for config in body.blocks("node_config") {
        group.read(config);
    }
    for (name, line) in &body.dynamic {
        if name == "node_config" || name == "autoscaling" {
            let field = if name == "autoscaling" { "maxSize" } else { "instanceTypes" };
            let expression = Value::unknown(format!("dynamic \"{name}\""));
            group.miss(name, field, &Given { value: expression, line: *line });
        }
    }
    finish(&mut group, body, per_zone, issues);
    group
}

/// Bounds; whether they are of each zone.
fn read_autoscaling(group: &mut TerraformGroup, body: &Body) -> bool {
    let Some(scaling) = body.block("autoscaling") else { return true };
    let totals = ["total_min_node_count", "total_max_node_count"];
    let per_zone = scaling.first(&totals).is_none();
    let (min, max) = if per_zone { ("min_node_count", "max_node_count") } else { (totals[0], totals[1]) };
    group.min = group.field(scaling, &[min], "minSize", Value::integer);
    group.max = group.field(scaling, &[max], "maxSize", Value::integer);
    if group.min.is_none() && !group.misses("minSize") {
        group.min = Some(0);
    }
    per_zone
}

/// The pools of terraform-google-modules/kubernetes-engine: a list of maps.
pub(super) fn pools_of_module(declaration: &Declaration, given: &Given, issues: &mut Issues) -> Vec<TerraformGroup> {
    let Value::List(list) = &given.value else {
        let text = given.value.expression().map_or_else(|| "it".to_owned(), cut);
        let what = format!("{}: node_pools", declaration.name());
        let issue = unread_block(declaration, &what, &format!("`{text}` is not evaluated{}", given.value.because()));
        issues.push(issue.in_file(declaration.file.clone(), Some(given.line)));
        return Vec::new();
    };
    let mut groups = Vec::new();
    for (at, row) in list.iter().enumerate() {
        let Value::Map(body) = &row.value else {
            let what = format!("{}: node_pools[{at}]", declaration.name());
            issues.push(unread_block(declaration, &what, "it is not literal"));
            continue;
        };
        let place =
            Declaration { label: format!("pool-{at}"), body: body.clone(), line: row.line, ..declaration.clone() };
        let mut group = place.group(&["name"], &[], issues);
        group.self_managed = true;
        group.read(body);
        for (name, field) in [("node_pools_labels", "labels"), ("node_pools_taints", "taints")] {
            let Some(maps) = declaration.body.get(name) else { continue };
            let Value::Map(maps) = &maps.value else {
                group.miss(name, field, &Given { value: maps.value.clone(), line: maps.line });
                continue;
            };
            for of_pool in ["all", group.name.clone().as_str()] {
                if let Some(given) = maps.get(of_pool) {
                    let one = Body { entries: vec![(field.to_owned(), given.clone())], dynamic: Vec::new() };
                    group.read(&one);
                }
            }
        }
        finish(&mut group, &declaration.body, true, issues);
        groups.push(group);
    }
    groups
}

/// The machine type, and all zones together.
fn finish(group: &mut TerraformGroup, place: &Body, per_zone: bool, issues: &mut Issues) {
    if group.instance_types.is_empty() && !group.misses("instanceTypes") {
        let message = format!("node pool {} names no machine type: GKE takes {DEFAULT_TYPE}", group.name);
        issues.push(Issue::warning("machine_type", message).in_file(group.file.clone(), Some(group.line)));
        group.instance_types.push(DEFAULT_TYPE.to_owned());
    }
    group.zones = ["node_locations", "node_locations_list", "zones"]
        .iter()
        .find_map(|name| place.get(name)?.value.texts())
        .filter(|zones| !zones.is_empty())
        .or_else(|| place.text("location").filter(|location| is_zone(location)).map(|zone| vec![zone]));
    if !per_zone {
        return;
    }
    let location = place.text("location").or(place.text("region"));
    let count = match (&group.zones, location) {
        (Some(zones), _) => zones.len() as i32,
        (None, Some(_)) => 3,
        (None, None) => 1,
    };
    if count > 1 {
        let times = |size: &mut Option<i32>| *size = size.map(|size| size.saturating_mul(count));
        [&mut group.min, &mut group.max, &mut group.desired].into_iter().for_each(times);
    }
    let message = if group.zones.is_none() && count == 1 {
        format!("sizes of node pool {} are of each zone, and its zones are not known: taken as one zone's", group.name)
    } else if count > 1 {
        format!("sizes of node pool {} are of each zone: of its {count} zones together here", group.name)
    } else {
        return;
    };
    issues.push(Issue::warning("", message).in_file(group.file.clone(), Some(group.line)));
}

/// `us-central1-a`, not `us-central1`.
fn is_zone(location: &str) -> bool {
    location.rsplit('-').next().is_some_and(|last| last.len() == 1)
}
