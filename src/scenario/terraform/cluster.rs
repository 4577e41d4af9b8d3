//! What Terraform says of the cluster itself: region, version, release channel, Auto Mode, Autopilot, Fargate profiles.

use super::body::{Body, Declaration, Given, Value};
use crate::scenario::declared::{ClusterFacts, Fact};
use crate::scenario::file::FargateProfile;
use crate::scenario::issue::{Issue, Issues};
use std::collections::BTreeMap;

/// Where a cluster of Google's is taken to be.
const USUAL_REGION: &str = "us-central1";

/// All that the declarations say.
pub(super) fn facts(all: &[Declaration], issues: &mut Issues) -> ClusterFacts {
    let mut facts = ClusterFacts::default();
    for declaration in all {
        match declaration.kind.as_str() {
            "provider" => provider(declaration, &mut facts, issues),
            "aws_eks_cluster" => amazon(declaration, &mut facts, issues),
            "aws_eks_fargate_profile" => profile(declaration, &declaration.body, &mut facts),
            "google_container_cluster" => google(declaration, &mut facts, issues),
            "module" => module(declaration, &mut facts, issues),
            _ => {}
        }
    }
    if let (None, Some(region)) = (&facts.region, of_resources(all)) {
        facts.say_region(region, issues);
    }
    facts
}

/// The region that plans and states name with what is there, where no provider says one: an argument since version 6 of
/// AWS' provider, else a part of names (`arn:aws:eks:eu-west-1:...`).
fn of_resources(all: &[Declaration]) -> Option<Fact<String>> {
    let of_name = |one: &Declaration| {
        let name = one.fact("arn").filter(|name| name.value.starts_with("arn:"))?;
        let region = name.value.split(':').nth(3).filter(|region| !region.is_empty())?.to_owned();
        Some(Fact { value: region, ..name })
    };
    let kinds = ["aws_eks_cluster", "aws_eks_node_group", "aws_autoscaling_group"];
    let told = |one: &Declaration| one.fact("region").or_else(|| of_name(one));
    kinds.iter().find_map(|kind| all.iter().filter(|one| one.kind == *kind).find_map(told))
}

/// A cluster of Google's whose region is not known is in no region of AWS.
pub(super) fn assume_region(all: &[Declaration], facts: &mut ClusterFacts, issues: &mut Issues) {
    let is_google = |one: &&Declaration| {
        let is_module = || one.body.text("source").is_some_and(|source| source.contains("kubernetes-engine"));
        one.kind.starts_with("google_container_") || (one.kind == "module" && is_module())
    };
    let (None, Some(first)) = (&facts.region, all.iter().find(is_google)) else { return };
    let given = first.body.first(&["region", "location"]);
    let because = given.as_ref().map_or_else(String::new, |(given, _)| given.value.because());
    let line = given.map_or(first.line, |(given, _)| given.line);
    let message = format!("the region of the cluster is not known{because}: {USUAL_REGION} is taken");
    let issue = Issue::warning("region", message).with_help("give cluster.region, or the variable in terraformVars");
    issues.push(issue.in_file(first.file.clone(), Some(line)));
    facts.region = Some(Fact::at(USUAL_REGION.to_owned(), &first.file, line));
}

impl Declaration {
    /// A text with its place.
    fn fact(&self, name: &str) -> Option<Fact<String>> {
        let given = self.body.get(name)?;
        Some(Fact::at(given.value.text().filter(|text| !text.is_empty())?, &self.file, given.line))
    }
    /// That something is so, with the place.
    fn is(&self, given: &Given) -> Fact<()> {
        Fact::at((), &self.file, given.line)
    }
}

/// The region of the provider that resources take where they name none.
fn provider(declaration: &Declaration, facts: &mut ClusterFacts, issues: &mut Issues) {
    let is_cloud = ["aws", "google", "google-beta"].contains(&declaration.resource.as_str());
    if !is_cloud || declaration.body.get("alias").is_some() {
        return;
    }
    let zone = || declaration.fact("zone").map(region_of);
    if let Some(region) = declaration.fact("region").or_else(zone) {
        facts.say_region(region, issues);
    }
}

/// `us-central1` of `us-central1-a`.
fn region_of(location: Fact<String>) -> Fact<String> {
    let is_zone = location.value.rsplit('-').next().is_some_and(|last| last.len() == 1);
    match location.value.rsplit_once('-').filter(|_| is_zone) {
        Some((region, _)) => Fact { value: region.to_owned(), ..location },
        None => location,
    }
}

fn amazon(declaration: &Declaration, facts: &mut ClusterFacts, issues: &mut Issues) {
    facts.name = facts.name.take().or_else(|| declaration.fact("name"));
    if let Some(version) = declaration.fact("version") {
        facts.say_version(version, issues);
    }
    automatic(declaration, "compute_config", facts);
}

/// Auto Mode, as the cluster or its module says it.
fn automatic(declaration: &Declaration, name: &str, facts: &mut ClusterFacts) {
    let is_on = |body: &Body| body.get("enabled").is_some_and(|given| given.value.boolean() == Some(true));
    if let Some(given) = declaration.body.get(name).filter(|_| declaration.body.block(name).is_some_and(is_on)) {
        facts.auto_mode = Some(declaration.is(given));
    }
}

fn google(declaration: &Declaration, facts: &mut ClusterFacts, issues: &mut Issues) {
    facts.name = facts.name.take().or_else(|| declaration.fact("name"));
    if let Some(location) = declaration.fact("location").map(region_of) {
        facts.say_region(location, issues);
    }
    if let Some(version) = declaration.fact("min_master_version") {
        facts.say_version(version, issues);
    }
    if let Some(given) = declaration.body.get("enable_autopilot").filter(|given| given.value.boolean() == Some(true)) {
        facts.autopilot = Some(declaration.is(given));
    }
    let channel = declaration.body.block("release_channel").and_then(|block| block.get("channel"));
    channel.into_iter().for_each(|given| say_channel(declaration, given, facts));
}

fn say_channel(declaration: &Declaration, given: &Given, facts: &mut ClusterFacts) {
    if let Some(text) = given.value.text() {
        facts.release_channel.get_or_insert_with(|| Fact::at(text.to_lowercase(), &declaration.file, given.line));
    }
}

/// The modules of both clouds that make clusters.
fn module(declaration: &Declaration, facts: &mut ClusterFacts, issues: &mut Issues) {
    let body = &declaration.body;
    let source = body.text("source").unwrap_or_default();
    if body.get("create").is_some_and(|given| given.value.boolean() == Some(false)) {
        return;
    }
    if source.contains("kubernetes-engine") || source.contains("gke") {
        facts.name = facts.name.take().or_else(|| declaration.fact("name"));
        let location = declaration.fact("region").or_else(|| declaration.fact("location"));
        if let Some(region) = location.map(region_of) {
            facts.say_region(region, issues);
        }
        if let Some(version) = declaration.fact("kubernetes_version") {
            facts.say_version(version, issues);
        }
        body.get("release_channel").into_iter().for_each(|given| say_channel(declaration, given, facts));
        if source.contains("autopilot") {
            let line = body.get("source").map_or(declaration.line, |given| given.line);
            facts.autopilot = Some(Fact::at((), &declaration.file, line));
        }
        return;
    }
    let is_cluster =
        ["cluster_version", "kubernetes_version", "compute_config", "cluster_compute_config", "fargate_profiles"];
    if !is_cluster.iter().any(|name| body.get(name).is_some()) || source.contains("node-group") {
        return;
    }
    facts.name = facts.name.take().or_else(|| declaration.fact("cluster_name")).or_else(|| declaration.fact("name"));
    if let Some(version) = declaration.fact("kubernetes_version").or_else(|| declaration.fact("cluster_version")) {
        facts.say_version(version, issues);
    }
    automatic(declaration, "compute_config", facts);
    automatic(declaration, "cluster_compute_config", facts);
    if let Some(profiles) = body.block("fargate_profiles") {
        for (_, given) in &profiles.entries {
            if let Value::Map(one) = &given.value {
                profile(declaration, one, facts);
            }
        }
    }
}

/// The selectors of one profile, whose namespaces are known.
fn profile(declaration: &Declaration, body: &Body, facts: &mut ClusterFacts) {
    for selector in selectors(body) {
        let Some(namespace) = selector.text("namespace") else { continue };
        let labels = selector.get("labels").and_then(|given| given.value.pairs()).unwrap_or_default();
        let labels = labels.into_iter().collect::<BTreeMap<_, _>>();
        let line = selector.get("namespace").map_or(declaration.line, |given| given.line);
        facts.fargate.push(Fact::at(FargateProfile { namespace, labels }, &declaration.file, line));
    }
}

fn selectors(body: &Body) -> Vec<&Body> {
    [body.blocks("selector"), body.blocks("selectors")].concat()
}

/// Whether all that Fargate profiles say is read: their selectors are.
pub(super) fn is_read(declaration: &Declaration) -> bool {
    let known = |body: &Body| {
        let selectors = selectors(body);
        !selectors.is_empty() && selectors.iter().all(|selector| selector.text("namespace").is_some())
    };
    if declaration.kind != "module" {
        return known(&declaration.body);
    }
    let profiles = declaration.body.block("fargate_profiles");
    profiles.is_some_and(|profiles| {
        let all = profiles.entries.iter().map(|(_, given)| &given.value);
        all.into_iter().all(|value| matches!(value, Value::Map(body) if known(body)))
    })
}
