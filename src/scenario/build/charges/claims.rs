//! Volumes of claims: alone, and those of StatefulSets, which stay when their pods go.

use super::lines::{Line, Lines};
use super::storage_classes::Classes;
use crate::cost::{ChargeKind, MICRO, Payer};
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::storage::{PersistentVolumeClaim, StorageClass};
use crate::scenario::kubernetes::workloads::Workload;
use crate::world::{Cast, Measure, WorkloadId, WorkloadKind};
use std::collections::BTreeMap;

/// What has to be said about claims, said once for all that it is true of.
#[derive(Default)]
struct Said {
    assumed: BTreeMap<String, usize>,
    left_out: BTreeMap<String, Vec<String>>,
}

/// Adds the volumes of all claims.
pub(super) fn add(lines: &mut Lines<'_, '_>, converter: &mut Converter<'_>, cast: &Cast, minor: u32) {
    let scene = lines.scene;
    let declared: Vec<&StorageClass> = scene.objects.storage_classes.iter().map(|(_, class)| class).collect();
    let classes = Classes { provider: scene.provider, minor, declared };
    let mut said = Said::default();
    for (_, set) in &scene.objects.stateful_sets {
        let (namespace, name) = (set.metadata.namespace_or_default(), &set.metadata.name);
        let symbols = (converter.symbol(namespace), converter.symbol(name));
        let is_set = |row: &crate::world::Workload| {
            (row.namespace, row.name) == symbols && matches!(row.kind, WorkloadKind::StatefulSet { .. })
        };
        let Some((workload, _)) = cast.workloads.iter().find(|(_, row)| is_set(row)) else { continue };
        let payer = Payer::Namespace(lines.billing.namespace(symbols.0));
        for claim in &set.spec.volume_claim_templates {
            let resource = format!("claims {namespace}/{}-{name}", claim.metadata.name);
            let by = by_ordinal(&classes, set, claim, workload);
            add_claim(lines, &classes, claim, Owner { resource, payer: payer.clone(), by: Some(by) }, &mut said);
        }
    }
    for (_, claim) in &scene.objects.claims {
        let namespace = claim.metadata.namespace_or_default();
        let payer = Payer::Namespace(lines.billing.namespace(converter.symbol(namespace)));
        let resource = format!("claim {namespace}/{}", claim.metadata.name);
        add_claim(lines, &classes, claim, Owner { resource, payer, by: None }, &mut said);
    }
    for (assumption, count) in said.assumed {
        let times = if count > 1 { format!(" ({count} claims)") } else { String::new() };
        lines.issues.push(Issue::warning("volumes", assumption + &times));
    }
    for (why, claims) in said.left_out {
        lines.issues.push(Issue::warning("volumes", format!("not billed: {}: {why}", claims.join(", "))));
    }
}

/// Whose claim it is, and how many there are over time.
struct Owner {
    resource: String,
    payer: Payer,
    by: Option<ByOrdinal>,
}

/// How claims of a StatefulSet come and go.
#[derive(Clone, Copy)]
struct ByOrdinal {
    workload: WorkloadId,
    when_bound: bool,
    go_when_scaled: bool,
}

fn by_ordinal(classes: &Classes<'_>, set: &Workload, claim: &PersistentVolumeClaim, workload: WorkloadId) -> ByOrdinal {
    let retention = set.spec.persistent_volume_claim_retention_policy.when_scaled.as_deref();
    ByOrdinal { workload, when_bound: classes.waits_for_pods(claim), go_when_scaled: retention == Some("Delete") }
}

fn add_claim(
    lines: &mut Lines<'_, '_>,
    classes: &Classes<'_>,
    claim: &PersistentVolumeClaim,
    owner: Owner,
    said: &mut Said,
) {
    let provisioned = match classes.provision(claim) {
        Ok(provisioned) => provisioned,
        Err(why) => return said.left_out.entry(why).or_default().push(owner.resource),
    };
    if let Some(assumption) = provisioned.assumed {
        *said.assumed.entry(assumption).or_default() += 1;
    }
    let service = if lines.is_aws() { "Amazon Elastic Block Store" } else { "Compute Engine" };
    for part in provisioned.disk.parts() {
        let line = Line {
            kind: ChargeKind::Volumes,
            service,
            name: format!("{} of {}", part.words(), owner.resource),
            price: part.price,
            resource: owner.resource.clone(),
            payer: owner.payer.clone(),
        };
        let level = part.units * MICRO;
        match owner.by {
            None => lines.standing(line, level),
            Some(ByOrdinal { workload, when_bound, go_when_scaled }) => {
                lines.metered(line, Measure::Claims { workload, level, when_bound, go_when_scaled });
            }
        }
    }
}
