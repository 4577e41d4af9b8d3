//! What costs money besides nodes.

mod balancers;
mod claims;
mod compute_fees;
mod control_plane;
mod disk;
mod entry_traffic;
mod left_out;
mod lines;
mod managed;
mod network;
mod price_name;
mod root_volumes;
mod standing;
mod storage_classes;
mod support;
mod unit_price;
mod wildcard;
mod written;

use super::scene::Scene;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::world::{Cast, GroupId};
use lines::Lines;

/// What the clusters' objects, the scenario and the traffic cost besides nodes; the answer is what is not in the bill.
pub(super) fn build(
    scene: &Scene<'_>,
    converter: &mut Converter<'_>,
    cast: &mut Cast,
    issues: &mut Issues,
) -> Vec<String> {
    let version = scene.file.cluster.kubernetes_version.as_ref().map_or("", |version| &version.0);
    let minor = minor_of(version);
    let (mut billing, mut metered) = (std::mem::take(&mut cast.billing), Vec::new());
    let made = balancers::of_scene(scene);
    for remark in &made.remarks {
        issues.push(Issue::warning("manifests", remark.clone()));
    }
    let traffic = entry_traffic::of(scene, converter, cast, &made.all, issues);
    let mut lines = Lines { scene, billing: &mut billing, metered: &mut metered, issues };
    control_plane::add(&mut lines, version);
    compute_fees::add_autopilot(&mut lines, converter, cast, minor);
    compute_fees::add_auto_mode(&mut lines, converter, cast);
    compute_fees::add_fargate(&mut lines, converter, cast);
    compute_fees::add_credits(&mut lines, cast);
    if !scene.file.cluster.autopilot || lines.is_aws() {
        root_volumes::add(&mut lines, cast, minor);
    }
    claims::add(&mut lines, converter, cast, minor);
    network::add_balancers(&mut lines, converter, &made.all, &traffic);
    let groups: Vec<(GroupId, String)> = cast.groups.iter().map(|(id, group)| (id, group.name.clone())).collect();
    network::add_traffic(&mut lines, &traffic, &groups);
    written::add(scene, converter, &mut billing, issues);
    support::add(scene, &mut billing, issues);
    (cast.billing, cast.metered) = (billing, metered);
    let included = left_out::Included {
        traffic: cast.traffic.is_some(),
        nat: scene.nat_gateways() > 0,
        node_addresses: scene.file.cluster.public_nodes,
        managed: !scene.file.managed.is_empty(),
    };
    left_out::sentences(scene, included)
}

/// 28 of `1.28`; the oldest rules for what is no version.
fn minor_of(version: &str) -> u32 {
    let rest = version.trim_start_matches('v').split_once('.').map_or("", |(_, rest)| rest);
    rest.split(['.', '-', '+']).next().and_then(|minor| minor.parse().ok()).unwrap_or(28)
}
