//! Compute that is paid for otherwise than by the node: EKS Auto Mode's fee, Fargate, GKE Autopilot, cpu credits.

use super::lines::{Line, Lines};
use super::price_name::PriceName;
use super::wildcard::matches;
use crate::cost::rules::{AutopilotRules, CreditTerms, FargateSize};
use crate::cost::{Basis, ChargeKind, MICRO, Payer, PriceType, Tier, Unit, UnitPrice};
use crate::intern::Symbol;
use crate::market::Catalog;
use crate::scenario::file::FargateProfile;
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::Converter;
use crate::units::{Money, PricePerHour};
use crate::world::{Cast, GroupId, Machine, Measure, NodeGroup, WorkloadId, WorkloadKind};

/// The label that Auto Mode's nodes have.
const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";
const GIB: f64 = 1_073_741_824.0;

/// Auto Mode's fee for each node of the cluster, or of the groups whose labels say that they are its nodes.
pub(super) fn add_auto_mode(lines: &mut Lines<'_, '_>, converter: &mut Converter<'_>, cast: &Cast) {
    if !lines.is_aws() {
        if lines.scene.file.cluster.auto_mode {
            let message = "EKS Auto Mode is AWS': it does not count in this region";
            lines.issues.push(Issue::warning("cluster.autoMode", message));
        }
        return;
    }
    let (label, auto) = (converter.symbol(COMPUTE_TYPE), converter.symbol("auto"));
    for (id, group) in cast.groups.iter() {
        let says_so = |machine: &Machine| machine.template.labels.get(label) == Some(auto);
        if lines.scene.file.cluster.auto_mode || group.machines.iter().any(says_so) {
            for (at, machine) in group.machines.iter().enumerate() {
                add_auto_mode_fee(lines, (id, group), (at, machine));
            }
        }
    }
}

fn add_auto_mode_fee(lines: &mut Lines<'_, '_>, (id, group): (GroupId, &NodeGroup), (at, machine): (usize, &Machine)) {
    let scene = lines.scene;
    let Ok(share) = scene.prices.fixed_price("eks_auto_mode_share", scene.region) else { return };
    let Ok(offering) = scene.prices.offering(&machine.instance_type, scene.region) else { return };
    let rate = offering.on_demand;
    let part = |price: PricePerHour, share: Money| {
        Money::from_nano_usd(i128::from(price.nano_usd())).share(share.nano_usd(), 1_000_000_000)
    };
    let Some(tier) = share.tiers.first() else { return };
    let tier = Tier { above: 0, list: part(rate.list, tier.list), net: part(rate.net, tier.net) };
    let unit = Unit { name: "Hours", basis: Basis::Hour };
    let origin = rate.origin.estimated("12 % of the on-demand price");
    let price = UnitPrice { unit, price_type: PriceType::OnDemand, tiers: vec![tier], origin };
    let line = Line {
        kind: ChargeKind::ComputeFees,
        service: "Amazon Elastic Kubernetes Service",
        price: PriceName::of("eks_auto_mode_share"),
        name: format!("Auto Mode fee of {}", machine.instance_type),
        resource: format!("node group {}", group.name),
        payer: Payer::Cluster,
    };
    lines.metered_at(line, price, Measure::Nodes { group: id, machine: Some(at), level: MICRO });
}

/// Pods of Fargate profiles, by the size that they are rounded up to.
pub(super) fn add_fargate(lines: &mut Lines<'_, '_>, converter: &mut Converter<'_>, cast: &Cast) {
    let profiles = &lines.scene.file.cluster.fargate;
    if profiles.is_empty() {
        return;
    }
    if !lines.is_aws() {
        let message = "Fargate is AWS': profiles do not count in this region";
        return lines.issues.push(Issue::warning("cluster.fargate", message));
    }
    let (mut on_fargate, mut too_large) = (Vec::new(), Vec::new());
    for (id, workload) in cast.workloads.iter() {
        if matches!(workload.kind, WorkloadKind::DaemonSet(_)) || !selects(profiles, converter, workload) {
            continue;
        }
        let requests = &converter.cluster().spec(workload.template).requests;
        let size = FargateSize::of_requests(requests.cpu_milli, requests.memory_bytes);
        let name = full_name(converter, workload.namespace, workload.name);
        let Some(size) = size else {
            too_large.push(name);
            continue;
        };
        let parts = [
            ("fargate_vcpu_hour", "vCPUs", size.cpu_milli),
            ("fargate_memory_gb_hour", "memory", size.memory_milli_gb),
        ];
        for (item, what, milli) in parts {
            add_pods(
                lines,
                Pods { item, service: "AWS Fargate", what, name: &name, workload: id, level: milli * 1000 },
            );
        }
        on_fargate.push(name);
    }
    if on_fargate.is_empty() {
        lines.issues.push(Issue::warning("cluster.fargate", "no pods match the profiles"));
    } else {
        let message = format!(
            "paid for as Fargate pods, and simulated on the nodes of the groups, which may have to be larger for it: {}",
            on_fargate.join(", ")
        );
        lines.issues.push(Issue::warning("cluster.fargate", message));
    }
    if !too_large.is_empty() {
        let message = format!("too large for Fargate, and not paid for as its pods: {}", too_large.join(", "));
        lines.issues.push(Issue::warning("cluster.fargate", message));
    }
}

fn selects(profiles: &[FargateProfile], converter: &mut Converter<'_>, workload: &crate::world::Workload) -> bool {
    let wanted: Vec<Vec<(Symbol, String)>> = profiles
        .iter()
        .map(|profile| profile.labels.iter().map(|(key, value)| (converter.symbol(key), value.clone())).collect())
        .collect();
    let cluster = converter.cluster();
    let text = |symbol: Symbol| cluster.symbols.text(symbol);
    let labels = &cluster.spec(workload.template).labels;
    profiles.iter().zip(&wanted).any(|(profile, wanted)| {
        let has =
            |(key, pattern): &(Symbol, String)| labels.get(*key).is_some_and(|value| matches(pattern, text(value)));
        matches(&profile.namespace, text(workload.namespace)) && wanted.iter().all(has)
    })
}

/// GKE Autopilot: every pod by its requests, as Autopilot changes them; nodes cost nothing.
pub(super) fn add_autopilot(lines: &mut Lines<'_, '_>, converter: &mut Converter<'_>, cast: &mut Cast, minor: u32) {
    if !lines.scene.file.cluster.autopilot {
        return;
    }
    if lines.is_aws() {
        let message = "Autopilot is Google Cloud's: it does not count in this region";
        return lines.issues.push(Issue::warning("cluster.autopilot", message));
    }
    let rules = AutopilotRules::of_version(minor);
    for (id, workload) in cast.workloads.iter() {
        let requests = converter.cluster().spec(workload.template).requests.clone();
        let pod = match workload.kind {
            WorkloadKind::DaemonSet(_) => rules.daemon_pod(requests.cpu_milli, requests.memory_bytes),
            _ => rules.pod(requests.cpu_milli, requests.memory_bytes),
        };
        let name = full_name(converter, workload.namespace, workload.name);
        let memory = (pod.memory_bytes as f64 / GIB * 1e6).round() as i64;
        let parts =
            [("autopilot_vcpu_hour", "vCPUs", pod.cpu_milli * 1000), ("autopilot_memory_gb_hour", "memory", memory)];
        for (item, what, level) in parts {
            add_pods(lines, Pods { item, service: "Kubernetes Engine", what, name: &name, workload: id, level });
        }
    }
    for (_, group) in cast.groups.iter_mut() {
        for machine in &mut group.machines {
            (machine.list_price, machine.price) = (PricePerHour::ZERO, PricePerHour::ZERO);
        }
    }
    let message = "Autopilot: pods are paid for by their requests as it changes them (general-purpose class, regular price), nodes are \
                   simulated and cost nothing; ephemeral storage and other classes are not priced";
    lines.issues.push(Issue::warning("cluster.autopilot", message));
    if !cast.trace.is_empty() {
        lines.issues.push(Issue::warning("cluster.autopilot", "pods of the pod trace are not paid for"));
    }
}

/// What the pods of a workload are paid for.
struct Pods<'a> {
    item: &'static str,
    service: &'static str,
    what: &'static str,
    name: &'a str,
    workload: WorkloadId,
    /// Of each pod.
    level: i64,
}

fn add_pods(lines: &mut Lines<'_, '_>, pods: Pods<'_>) {
    let Pods { item, service, what, name, workload, level } = pods;
    let line = Line {
        kind: ChargeKind::ComputeFees,
        service,
        price: PriceName::of(item),
        name: format!("{what} of the pods of {name}"),
        resource: format!("pods {name}"),
        payer: Payer::Workloads(vec![workload]),
    };
    lines.metered(line, Measure::Pods { workload, level });
}

/// Surplus cpu credits of burstable machines, which are launched in the unlimited mode.
pub(super) fn add_credits(lines: &mut Lines<'_, '_>, cast: &Cast) {
    let (mut unlimited, mut standard) = (Vec::new(), Vec::new());
    for (id, group) in cast.groups.iter() {
        for (at, machine) in group.machines.iter().enumerate() {
            let kind = machine.instance_type.as_str();
            if kind.starts_with("t2.") {
                standard.push(kind);
            }
            let Ok(found) = Catalog::shipped().instance_type(kind) else { continue };
            let Some(terms) = CreditTerms::of(kind, found.cpu_milli / 1000) else { continue };
            unlimited.push(kind);
            let item = if kind.starts_with("t4g.") { "cpu_credit_t4g_vcpu_hour" } else { "cpu_credit_t3_vcpu_hour" };
            let line = Line {
                kind: ChargeKind::ComputeFees,
                service: "Amazon Elastic Compute Cloud",
                price: PriceName::of(item),
                name: format!("surplus cpu credits of {kind}"),
                resource: format!("node group {}", group.name),
                payer: Payer::Cluster,
            };
            lines.metered(line, Measure::SurplusCredits { group: id, machine: at, terms });
        }
    }
    if !unlimited.is_empty() {
        let message = format!(
            "{}: launched in the unlimited mode, which is their default; only what pods use is known of their cpu",
            unique(unlimited)
        );
        lines.issues.push(Issue::note("nodeGroups", message));
    }
    if !standard.is_empty() {
        let message = format!(
            "{}: in the standard mode, which is their default; that they are slow without credits is not simulated",
            unique(standard)
        );
        lines.issues.push(Issue::warning("nodeGroups", message));
    }
}

fn unique(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

fn full_name(converter: &mut Converter<'_>, namespace: Symbol, name: Symbol) -> String {
    let symbols = &converter.cluster().symbols;
    format!("{}/{}", symbols.text(namespace), symbols.text(name))
}
