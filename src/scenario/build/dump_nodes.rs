//! The nodes of a dump as node groups of a fixed size.

use super::group_draft::GroupDraft;
use super::objects::Placed;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::node::Node;
use std::collections::BTreeMap;

/// Labels that every node of the provider gets anyway, or that tell single nodes apart.
const OWN_LABELS: &[&str] =
    &["kubernetes.io/", "beta.kubernetes.io/", "topology.", "failure-domain.", "node.kubernetes.io/"];

/// The nodes of a dump as groups of a fixed size, by the label that names the group, else by machine type.
pub(super) fn groups(nodes: &[Placed<Node>], issues: &mut Issues) -> Vec<(String, GroupDraft)> {
    let mut drafts: BTreeMap<String, GroupDraft> = BTreeMap::new();
    for (from, node) in nodes {
        let label = |key: &str| node.metadata.labels.get(key).map(String::as_str);
        let kind = label("node.kubernetes.io/instance-type").or(label("beta.kubernetes.io/instance-type"));
        let Some(kind) = kind else {
            let message = "the node has no label node.kubernetes.io/instance-type: it was left aside";
            issues.push(from.locate(Issue::warning("metadata.labels", message)));
            continue;
        };
        let name = node.group().unwrap_or(kind);
        let draft = drafts.entry(name.to_owned()).or_default();
        let count = draft.desired.unwrap_or(0) + 1;
        (draft.min, draft.max, draft.desired) = (Some(count), Some(count), Some(count));
        if !draft.types.iter().any(|known| known == kind) {
            draft.types.push(kind.to_owned());
        }
        let capacity = label("eks.amazonaws.com/capacityType").or(label("karpenter.sh/capacity-type"));
        draft.spot |= capacity.is_some_and(|text| text.eq_ignore_ascii_case("spot"));
        draft.spot |= label("cloud.google.com/gke-spot") == Some("true");
        if let Some(zone) = label("topology.kubernetes.io/zone").or(label("failure-domain.beta.kubernetes.io/zone")) {
            let zones = draft.zones.get_or_insert_default();
            if !zones.iter().any(|known| known == zone) {
                zones.push(zone.to_owned());
                zones.sort();
            }
        }
        if count == 1 {
            let own = |key: &str| OWN_LABELS.iter().any(|prefix| key.starts_with(prefix));
            let kept = node.metadata.labels.iter().filter(|(key, _)| !own(key));
            draft.labels = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
            let lasting = node.spec.taints.iter().filter(|taint| !taint.key.starts_with("node.kubernetes.io/"));
            draft.taints = lasting.map(|t| (t.key.clone(), t.value.clone(), t.effect.clone())).collect();
        }
    }
    drafts.into_iter().collect()
}
