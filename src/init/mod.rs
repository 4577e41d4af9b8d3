//! A first scenario: for a cluster, from its manifests, or a starter that runs as it is.
//!
//! What nobody said is assumed, and each assumption is told with the field that says it better. Deliberately not here:
//! reading files (`scenario` does) and writing them (`cli` does, all or none).
//!
//! Start reading at [`draft`]; `calls` finds out who calls whom, `pools` proposes nodes, `open` what declared groups lack, `profiles` what a request costs.

mod assumed;
mod calls;
mod collect;
mod open;
mod pools;
mod profiles;
mod starter;
mod text;

use assumed::some;
pub use assumed::{Assumed, table};
pub use collect::commands;
pub use open::Open;
pub use starter::{STARTER, STARTER_MANIFESTS};
pub use text::plain;

use crate::market::{Catalog, region_of_zone};
use crate::recorded::FromPast;
use crate::release::KubernetesVersion;
use crate::scenario::release::of_kubelets;
use crate::scenario::{FoundNode, IngressPath, Inventory};
use calls::{Calls, calls};
use profiles::Profiles;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a scenario is wanted for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// Files and folders of objects, as the scenario names them.
    pub manifests: Vec<String>,
    /// Files and folders that declare node groups, by the field that names them: `terraform`, `eksctl`, `describe`.
    pub infrastructure: Vec<(&'static str, Vec<String>)>,
    /// What those files leave open.
    pub open: Open,
    /// The region, where somebody said it.
    pub region: Option<String>,
    /// What was recorded.
    pub recorded: FromPast,
    /// How the scenario names the file of the recorded traffic.
    pub traffic_file: String,
    /// Whether the manifests are scrubbed ones: the head of the file says so.
    pub is_scrubbed: bool,
}

/// A scenario, and what it assumes.
#[derive(Clone, Debug, Default)]
pub struct Drafted {
    /// The file.
    pub yaml: String,
    /// What was assumed, in the order of the file.
    pub assumed: Vec<Assumed>,
}

/// Where requests from outside enter, as far as manifests tell: routes as the scenario calls them, each with its workload.
pub fn entries(inventory: &Inventory) -> Vec<(String, String)> {
    let entries = calls(inventory, &FromPast::default()).entries.into_iter();
    let named = entries.map(|entry| {
        let workload = inventory.workloads[entry.workload].name.clone();
        (entry.path.unwrap_or_else(|| workload.clone()), workload)
    });
    named.collect()
}

/// Writes a scenario for what was found.
pub fn draft(inventory: &Inventory, wanted: &Wanted) -> Drafted {
    written(inventory, wanted, calls(inventory, &wanted.recorded))
}

/// Writes a scenario for what was found, with the names of `clean`: the same objects, scrubbed. Who calls whom and where
/// requests enter is read from `found`, because pseudonyms and pods without variables do not tell it.
///
/// None where they are not the same objects.
pub fn draft_scrubbed(found: &Inventory, mut clean: Inventory, wanted: &Wanted) -> Option<Drafted> {
    let sizes = |one: &Inventory| [one.workloads.len(), one.paths.len(), one.nodes.len()];
    if sizes(found) != sizes(&clean) {
        return None;
    }
    let mut calls = calls(found, &wanted.recorded);
    for entry in &mut calls.entries {
        let is_it =
            |one: &IngressPath| (Some(&one.path), Some(&one.service)) == (entry.path.as_ref(), entry.service.as_ref());
        let own = found.paths.iter().position(is_it).map(|at| &clean.paths[at]);
        (entry.path, entry.service) = own.map(|own| (own.path.clone(), own.service.clone())).unzip();
    }
    // Versions are no secret, and not in a scrubbed node.
    for (node, own) in clean.nodes.iter_mut().zip(&found.nodes) {
        node.kubelet_version.clone_from(&own.kubelet_version);
    }
    Some(written(&clean, wanted, calls))
}

fn written(inventory: &Inventory, wanted: &Wanted, calls: Calls) -> Drafted {
    let mut draft = Draft { inventory, wanted, calls, assumed: Vec::new() };
    let mut body = format!("apiVersion: foresail/v1alpha1\nkind: Scenario\nname: {}\n", plain(&wanted.name));
    let _ = writeln!(body, "manifests: [{}]", list(&wanted.manifests));
    for (field, paths) in wanted.infrastructure.iter().filter(|(_, paths)| !paths.is_empty()) {
        let _ = writeln!(body, "{field}: [{}]", list(paths));
    }
    let region = draft.cluster(&mut body);
    draft.groups(&region, &mut body);
    if draft.calls.entries.is_empty() {
        draft.assumed.push(Assumed::new(
            "no traffic",
            "no Service leads to a workload",
            "traffic.patterns and traffic.routes; an Ingress among the manifests",
        ));
    } else {
        draft.traffic_and_services(&mut body);
        draft.objectives(&mut body);
    }
    body += "# Prices are the provider's list. What was negotiated, and what is paid for besides:\n\
             # prices: {discounts: {ec2: 7%}}\n# charges: [{name: search, usdPerMonth: 250}]\n";
    let mut yaml =
        "# yaml-language-server: $schema=./scenario.schema.json\n# Written by `foresail init`. What it assumes, and \
                    where to say it better (`foresail explain FIELD`):\n#\n"
            .to_owned();
    table(&draft.assumed).iter().for_each(|row| yaml += &format!("#   {}\n", row.trim_end()));
    if wanted.is_scrubbed {
        yaml += SCRUBBED;
    }
    Drafted { yaml: yaml + "\n" + &body, assumed: draft.assumed }
}

const SCRUBBED: &str = "#\n# The manifests are scrubbed: names, namespaces, label values, images and paths are pseudonyms; environment variables,\n\
                        # arguments, Secrets and ConfigMaps are left out. Who calls whom was read before that.\n";

fn list(paths: &[String]) -> String {
    paths.iter().map(|path| plain(path)).collect::<Vec<_>>().join(", ")
}

/// A scenario while it is written.
struct Draft<'a> {
    inventory: &'a Inventory,
    wanted: &'a Wanted,
    calls: Calls,
    assumed: Vec<Assumed>,
}

impl Draft<'_> {
    fn assume(&mut self, what: impl Into<String>, why: impl Into<String>, say_it_in: impl Into<String>) {
        self.assumed.push(Assumed::new(what, why, say_it_in));
    }

    /// Region and version; the region.
    fn cluster(&mut self, body: &mut String) -> String {
        let nodes = &self.inventory.nodes;
        let of_node = |node: &FoundNode| {
            let by_zone = || node.zone.as_deref().map(|zone| region_of_zone(zone).to_owned());
            node.region.clone().or_else(by_zone).filter(|region| Catalog::shipped().provider(region).is_ok())
        };
        let region = self.wanted.region.clone().or_else(|| nodes.iter().find_map(of_node));
        let version = of_kubelets(nodes.iter().filter_map(|node| node.kubelet_version.as_deref()));
        let otherwise = if self.is_declared() { "as the infrastructure says, else " } else { "" };
        if region.is_none() {
            self.assume(
                format!("region: {otherwise}us-east-1"),
                "no node tells its region",
                "cluster.region; --region",
            );
        }
        if version.is_none() {
            self.assume(
                format!("Kubernetes: {otherwise}{}", KubernetesVersion::default()),
                "no node tells a kubelet's version whose rules are known",
                "cluster.kubernetesVersion",
            );
        }
        // What is not said is left to what the infrastructure declares.
        let said = region.iter().map(|region| format!("region: {region}"));
        let said = said.chain(version.map(|version| format!("kubernetesVersion: \"{version}\"")));
        let said: Vec<String> = said.collect();
        if !said.is_empty() {
            let _ = writeln!(body, "cluster: {{{}}}", said.join(", "));
        }
        region.unwrap_or_else(|| "us-east-1".to_owned())
    }

    /// Whether files declare node groups.
    fn is_declared(&self) -> bool {
        self.wanted.infrastructure.iter().any(|(_, paths)| !paths.is_empty())
    }

    /// Node groups, where neither Terraform nor nodes bring some.
    fn groups(&mut self, region: &str, body: &mut String) {
        let has_nodes = self.inventory.nodes.iter().any(|node| node.instance_type.is_some());
        if self.is_declared() {
            let assumed = self.wanted.open.write(&self.inventory.workloads, region, body);
            return self.assumed.extend(assumed);
        }
        if has_nodes {
            return self.groups_of_nodes(body);
        }
        let Some(pool) = pools::propose(&self.inventory.workloads, region) else {
            self.assume("no node group", "no machine type of general use holds the largest pod", "nodeGroups");
            return;
        };
        let (kind, nodes) = (&pool.instance_type, pool.nodes);
        let most = nodes * 3;
        let _ = writeln!(
            body,
            "nodeGroups:\n  nodes: {{instanceTypes: [{kind}], minSize: {nodes}, desiredSize: {nodes}, maxSize: {most}}}"
        );
        if !self.inventory.has_autoscaler {
            *body += "autoscaler: {enabled: true}\n";
        }
        self.assume(
            format!("{nodes} to {most} nodes of {kind}"),
            "no nodes, no Terraform: the cheapest that hold the requests",
            "nodeGroups; --terraform",
        );
    }

    /// The sizes that nodes cannot tell.
    fn groups_of_nodes(&mut self, body: &mut String) {
        let mut sizes: BTreeMap<&str, i64> = BTreeMap::new();
        for node in self.inventory.nodes.iter().filter(|node| node.instance_type.is_some()) {
            let name = node.group.as_deref().or(node.instance_type.as_deref()).unwrap_or_default();
            *sizes.entry(name).or_default() += 1;
        }
        *body += "nodeGroups:\n";
        for (name, count) in &sizes {
            let most = if self.inventory.has_autoscaler { count * 2 } else { *count };
            let _ = writeln!(body, "  {}: {{minSize: 1, desiredSize: {count}, maxSize: {}}}", plain(name), most.max(1));
        }
        let names = sizes.keys().copied().collect::<Vec<_>>().join(", ");
        let most = if self.inventory.has_autoscaler { "twice what there is" } else { "what there is" };
        let what = format!("least and largest sizes of {names}: 1 and {most}");
        self.assume(what, "nodes do not tell their groups' bounds", "nodeGroups.NAME.minSize, .maxSize");
    }

    fn traffic_and_services(&mut self, body: &mut String) {
        let recorded = &self.wanted.recorded;
        let profiles = Profiles::estimated(self.inventory, &self.calls, recorded);
        *body += "traffic:\n  patterns:\n";
        if recorded.traffic_csv.is_empty() {
            let rate = profiles.rate;
            let _ =
                writeln!(body, "    - diurnal: {{meanRate: {rate}, swing: 0.5, peakHour: 20}}  # requests per second");
            self.assume(
                format!("{rate} requests per second on average, {} at the peak", profiles.peak()),
                format!("as many as use half of the front's cpu at {} each", profiles::USUAL),
                "traffic.patterns",
            );
        } else {
            let _ = writeln!(body, "    - trace: {{file: {}, unit: rps}}", plain(&self.wanted.traffic_file));
        }
        let routes = self.routes();
        let _ = writeln!(body, "  routes: {{{}}}", routes.join(", "));
        if self.calls.is_guessed {
            let names = self.calls.entries.iter().map(|entry| self.inventory.workloads[entry.workload].name.clone());
            let what = format!("requests enter at {}", some(&names.collect::<Vec<_>>()));
            self.assume(what, "no Ingress or LoadBalancer: by its name, or as nothing calls it", "traffic.routes");
        } else if routes.len() > 1 && self.wanted.recorded.routes.is_empty() {
            self.assume(
                format!("{} routes get the same share", routes.len()),
                "nothing tells how requests spread",
                "traffic.routes",
            );
        }
        *body += "services:\n";
        profiles.write(body);
        self.assumed.extend(profiles.assumed);
    }

    /// Each with its weight: as recorded, else all alike.
    fn routes(&self) -> Vec<String> {
        let known = &self.wanted.recorded.routes;
        let entries = self.calls.entries.iter().map(|entry| {
            let own = self.inventory.workloads[entry.workload].name.as_str();
            let name = entry.path.as_deref().unwrap_or(own);
            (name, known.get(name).or_else(|| known.get(own)).copied())
        });
        let entries: Vec<(&str, Option<f64>)> = entries.collect();
        let otherwise = if entries.iter().any(|(_, rate)| rate.is_some()) { 0.0 } else { 1.0 };
        entries.into_iter().map(|(name, rate)| format!("{}: {}", plain(name), rate.unwrap_or(otherwise))).collect()
    }

    fn objectives(&mut self, body: &mut String) {
        *body += "objectives: {latencyP95: 500ms, errorRate: 0.01}\n";
        self.assume("P95 below 500ms, errors below 1 %", "what is promised to users is in no manifest", "objectives");
    }
}
