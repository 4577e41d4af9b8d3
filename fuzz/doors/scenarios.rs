//! Doors that a scenario's file opens: itself with `--set`, manifests, Terraform, node groups, traffic, prices.

use super::place::{parts, within};
use super::{accepted, text};
use foresail::scenario::{Scenario, Sources, inventory, load, read_price_file};
use std::path::Path;

const APP: &[u8] = include_bytes!("../../tests/mutations/tool/app.yaml");
const HEAD: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nduration: 2m\nreplications: 1\n";
const GROUPS: &str = "nodeGroups: {w: {instanceTypes: [m5.large], minSize: 1, maxSize: 4, desiredSize: 2}}\n";
const RATE: &str = "traffic: {patterns: [{constant: {rate: 20}}], routes: {api: 1}}\n";
const SERVICES: &str = "services: {api: {cpuPerRequest: 5ms, concurrency: 32}}\n";
/// What a scenario may name.
const BESIDE: &[&str] =
    &["app.yaml", "web.yaml", "more.yaml", "g.tf", "plan.json", "t.csv", "p.csv", "k.yaml", "base.yaml", "prices.yaml"];

/// What was accepted can be told.
fn loaded(folder: &Path, sets: &[String]) -> Option<Scenario> {
    let scenario = accepted(load(Sources::Disk, &folder.join("s.yaml"), sets))?;
    let told = scenario.caveats.to_string();
    assert!(!scenario.caveats.has_errors(), "accepted with an error: {told}");
    Some(scenario)
}

/// `s.yaml` and what stands beside it; `%% set` has settings, one a line.
pub(super) fn scenario(data: &[u8]) {
    let (mut files, mut sets) = (vec![("app.yaml", APP)], Vec::new());
    for (name, part) in parts(data) {
        match name {
            "" => files.push(("s.yaml", part)),
            "set" => sets.extend(text(part).lines().map(str::to_owned)),
            named => files.extend(BESIDE.iter().filter(|known| **known == named).map(|known| (*known, part))),
        }
    }
    within(&files, |folder| loaded(folder, &sets));
}

/// A small scenario that names the file at `name`, by more lines.
fn beside(name: &str, data: &[u8], lines: &str) {
    let text = format!("{HEAD}{lines}");
    within(&[("app.yaml", APP), ("s.yaml", text.as_bytes()), (name, data)], |folder| loaded(folder, &[]));
}

/// Objects of Kubernetes, as a scenario and as `init` read them.
pub(super) fn manifests(data: &[u8]) {
    let name = if data.first() == Some(&b'{') { "objects.json" } else { "objects.yaml" };
    beside(name, data, &format!("manifests: [{name}]\n{GROUPS}"));
    within(&[(name, data)], |folder| accepted(inventory(&[folder.join(name)])));
}

/// Terraform's files.
pub(super) fn hcl(data: &[u8]) {
    beside("g.tf", data, "manifests: [app.yaml]\nterraform: [g.tf]\n");
}

/// The output of `terraform show -json`, of a plan or of a state.
pub(super) fn plan(data: &[u8]) {
    beside("plan.json", data, "manifests: [app.yaml]\nterraform: [plan.json]\n");
}

/// eksctl's ClusterConfig, or what a cloud's `describe` prints; Karpenter's and KEDA's objects beside it.
pub(super) fn groups(data: &[u8]) {
    let is_json = data.first() == Some(&b'{');
    let (name, lines) = match is_json {
        true => ("g.json", "manifests: [app.yaml]\ndescribe: [g.json]\n"),
        false => ("g.yaml", "manifests: [app.yaml, g.yaml]\neksctl: [g.yaml]\n"),
    };
    beside(name, data, lines);
}

/// A trace by what it looks like; `%% FIELDS` gives the trace its own fields.
pub(super) fn traffic(data: &[u8]) {
    let given = parts(data);
    let (fields, body) = match given.first() {
        Some((fields, body)) => (*fields, *body),
        None => ("", data),
    };
    let name = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => "t.json",
        _ => "t.csv",
    };
    let more = if fields.is_empty() { String::new() } else { format!(", {fields}") };
    let lines = format!(
        "manifests: [app.yaml]\n{GROUPS}{SERVICES}traffic: {{patterns: [{{trace: {{file: {name}{more}}}}}], routes: {{api: 1}}}}\n"
    );
    beside(name, body, &lines);
}

/// An access log.
pub(super) fn access_log(data: &[u8]) {
    let lines = format!(
        "manifests: [app.yaml]\n{GROUPS}{SERVICES}traffic: {{patterns: [{{trace: {{file: t.log, step: 1m}}}}], routes: {{api: 1}}}}\n"
    );
    beside("t.log", data, &lines);
}

/// Negotiated prices, alone and in a scenario.
pub(super) fn prices(data: &[u8]) {
    within(&[("prices.yaml", data)], |folder| {
        accepted(read_price_file(Sources::Disk, &folder.join("prices.yaml"), "us-east-1"))
    });
    beside(
        "prices.yaml",
        data,
        &format!("manifests: [app.yaml]\n{GROUPS}{RATE}{SERVICES}prices: {{file: prices.yaml}}\n"),
    );
}
