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
        let per_zone = take_defaults(&mut group, body);
        let own = [("node_pool", Some(group.name.clone())), ("cluster_name", declaration.body.text("name"))];
        group.labels.extend(own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        tell_accelerators(&group, body, issues);
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
        finish(&mut group, &pool_place(body, &declaration.body), per_zone, issues);
        groups.push(group);
    }
    let removed = declaration.body.get("remove_default_node_pool").and_then(|given| given.value.boolean());
    let first = declaration.body.integer("initial_node_count").unwrap_or(0);
    if removed != Some(true) && first > 0 {
        groups.push(default_pool(declaration, first, issues));
    }
    groups
}

/// Submodules that take the words of a resource: a pool alone, or a cluster without pools of the module.
pub(super) fn of_submodule(
    declaration: &Declaration,
    source: &str,
    issues: &mut Issues,
) -> Option<Vec<TerraformGroup>> {
    let submodule = source.split("//modules/").nth(1)?.split(['?', '/']).next()?;
    match submodule {
        "gke-node-pool" => Some(vec![node_pool(declaration, issues)]),
        "gke-standard-cluster" => Some(pools_of_cluster(declaration, issues)),
        _ => None,
    }
}

/// The pool that the module makes where nobody gives it any.
///
/// Upstream: terraform-google-modules/kubernetes-engine, `variables.tf`, `node_pools`.
pub(super) fn usual_pools(declaration: &Declaration, source: &str) -> Option<Given> {
    let submodule = source.split("//modules/").nth(1);
    let is_cluster = submodule.is_none_or(|name| name.contains("-cluster"));
    if !source.contains("kubernetes-engine/google") || !is_cluster || source.contains("autopilot") {
        return None;
    }
    let line = declaration.line;
    let pool = Value::map([("name".to_owned(), Value::Text("default-node-pool".to_owned()))], line);
    Some(Given { value: Value::list([pool], line), line })
}

/// The pool that a cluster begins with, of a fixed size.
fn default_pool(declaration: &Declaration, count: i32, issues: &mut Issues) -> TerraformGroup {
    let body = &declaration.body;
    let given = body.get("initial_node_count").or_else(|| body.get("node_count"));
    let mut group = TerraformGroup {
        name: "default-pool".to_owned(),
        source: declaration.resource.clone(),
        file: declaration.file.clone(),
        line: given.map_or(declaration.line, |given| given.line),
        self_managed: true,
        ..TerraformGroup::default()
    };
    (group.min, group.max, group.desired) = (Some(count), Some(count), Some(count));
    for config in body.blocks("node_config") {
        group.read(config);
    }
    finish(&mut group, body, true, issues);
    group
}

/// The node pools of a cluster itself: its blocks, or the default one.
pub(super) fn pools_of_cluster(declaration: &Declaration, issues: &mut Issues) -> Vec<TerraformGroup> {
    let body = &declaration.body;
    let is = |name: &str| body.get(name).and_then(|given| given.value.boolean()) == Some(true);
    if is("enable_autopilot") {
        return Vec::new();
    }
    let pools = body.blocks("node_pool");
    let mut groups = Vec::new();
    for pool in &pools {
        let place = Declaration { body: pool_place(pool, body), ..declaration.clone() };
        groups.push(node_pool(&place, issues));
    }
    let dynamic = body.dynamic.iter().find(|(name, _)| name == "node_pool");
    if let Some((_, line)) = dynamic {
        let issue = unread_block(declaration, &declaration.name(), "how many node pools it has is not known");
        issues.push(issue.in_file(declaration.file.clone(), Some(*line)));
    }
    if pools.is_empty() && dynamic.is_none() && !is("remove_default_node_pool") {
        match body.get("initial_node_count").map(|given| given.value.integer()) {
            Some(Some(count)) => groups.push(default_pool(declaration, count, issues)),
            Some(None) => {
                issues.push(unread_block(
                    declaration,
                    "initial_node_count",
                    "the size of the default pool is not known",
                ));
            }
            None => {}
        }
    }
    groups
}

/// A pool's own words, and where the cluster is.
fn pool_place(pool: &Body, cluster: &Body) -> Body {
    let mut place = pool.clone();
    for name in ["node_locations", "zones", "location", "region"] {
        if place.get(name).is_none() {
            place.entries.extend(cluster.get(name).map(|given| (name.to_owned(), given.clone())));
        }
    }
    place
}

/// What the module takes where a pool says nothing; whether sizes are of each zone.
///
/// Upstream: terraform-google-modules/kubernetes-engine, `cluster.tf`.
fn take_defaults(group: &mut TerraformGroup, body: &Body) -> bool {
    if body.get("autoscaling").and_then(|given| given.value.boolean()) == Some(false) {
        let count = body.integer("node_count").unwrap_or(1);
        (group.min, group.max, group.desired) = (Some(count), Some(count), Some(count));
        return true;
    }
    let totals = ["total_min_count", "total_max_count"].map(|name| body.integer(name).filter(|count| *count > 0));
    if let [min, Some(max)] = totals {
        (group.min, group.max) = (Some(min.unwrap_or(0)), Some(max));
        group.desired = body.integer("initial_node_count").or(group.min);
        return false;
    }
    if !group.misses("minSize") {
        group.min = group.min.or(Some(1));
    }
    if !group.misses("maxSize") {
        group.max = group.max.or(Some(100));
    }
    // `node_count` is of pools without autoscaling.
    group.desired = body.integer("initial_node_count").or(group.min);
    true
}

/// GPUs that are attached to a machine, and that its type does not bring.
fn tell_accelerators(group: &TerraformGroup, body: &Body, issues: &mut Issues) {
    let count = body.integer("accelerator_count").unwrap_or(0);
    let brings = |name: &String| ["a2-", "a3-", "a4-", "g2-", "g4-"].iter().any(|family| name.starts_with(family));
    if count > 0 && !group.instance_types.iter().any(brings) {
        let message = format!("accelerators of node pool {} are not read: its nodes have none", group.name);
        let help = format!("give nodeGroups.{}.resources: {{nvidia.com/gpu: {count}}}", group.name);
        issues.push(
            Issue::warning("accelerator_count", message).with_help(help).in_file(group.file.clone(), Some(group.line)),
        );
    }
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
        .find_map(|name| {
            let value = &place.get(name)?.value;
            // The module has them in one text.
            let listed = || Some(value.text()?.split(',').map(|zone| zone.trim().to_owned()).collect());
            value.texts().or_else(listed)
        })
        .filter(|zones| !zones.is_empty())
        .or_else(|| place.text("location").filter(|location| is_zone(location)).map(|zone| vec![zone]));
    if !per_zone {
        return;
    }
    // A region that nobody knows yet is a region all the same.
    let is_regional = place.first(&["location", "region"]).is_some();
    let count = match (&group.zones, is_regional) {
        (Some(zones), _) => zones.len() as i32,
        (None, true) => 3,
        (None, false) => 1,
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
