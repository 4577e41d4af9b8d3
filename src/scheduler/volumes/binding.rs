//! VolumeBinding: bound claims must be reachable, unbound ones must find or get a volume.

use super::lookup::{ClaimName, Lookup, claim_name, class_of, is_for};
use crate::cluster::{
    ClusterState, Labels, Node, NodeId, Operator, PersistentVolume, PersistentVolumeClaim, PodId, PodSpec, PvId, PvcId,
    VolumeBindingMode, VolumePlan,
};
use crate::intern::Symbol;
use crate::scheduler::reason::{Plugin, PreFilterError, Reason, Rejection};
use smallvec::SmallVec;

/// The pod's claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Binding {
    /// The volumes of bound claims; absent if there is no such volume.
    bound: Vec<Option<PvId>>,
    /// Claims that wait for their first consumer, smallest first as far as upstream sorts them.
    waiting: Vec<PvcId>,
}

impl Binding {
    /// Upstream: `VolumeBinding.PreFilter`, `GetPodVolumeClaims`, 1.28.
    pub(super) fn prepare(
        cluster: &ClusterState,
        lookup: &Lookup,
        spec: &PodSpec,
        pod: Option<PodId>,
    ) -> Result<Self, PreFilterError> {
        let refuse = |text: String| PreFilterError::Unschedulable(Plugin::VolumeBinding, text);
        let mut claims = Vec::new();
        for volume in &spec.volumes {
            let Some(name) = claim_name(cluster, pod.map(|pod| cluster.pod(pod)), volume) else { continue };
            claims.push(usable(cluster, lookup, (spec, pod), &name).map_err(refuse)?);
        }
        let mut found = Binding::default();
        for id in claims {
            let claim = &cluster.claims[id];
            let mode = class_of(cluster, claim).map(|class| class.binding_mode);
            if claim.volume_name != Symbol::EMPTY && claim.bind_completed {
                found.bound.push(lookup.volume(claim.volume_name));
            } else if mode == Some(VolumeBindingMode::WaitForFirstConsumer) && claim.volume_name == Symbol::EMPTY {
                found.waiting.push(id);
            } else {
                return Err(refuse("pod has unbound immediate PersistentVolumeClaims".into()));
            }
        }
        let size = |id: &PvcId| cluster.claims[*id].request_bytes;
        crate::go_sort::sort_by(&mut found.waiting, |a, b| size(a) < size(b));
        Ok(found)
    }

    /// The nodes that bound local volumes are on, by name; absent without any. Upstream: `GetEligibleNodes`, until 1.31.
    pub(super) fn node_names(&self, cluster: &ClusterState) -> Option<Vec<Symbol>> {
        let mut names: Option<Vec<Symbol>> = None;
        for pv in &self.bound {
            let local = local_nodes(cluster, &cluster.volumes[(*pv)?]);
            if local.is_empty() {
                continue;
            }
            names = Some(match names {
                None => local,
                Some(names) => names.into_iter().filter(|name| local.contains(name)).collect(),
            });
        }
        names
    }

    /// What is to be said of a bound volume that is `elsewhere` depends on the version.
    ///
    /// Upstream: `VolumeBinding.Filter`, `FindPodVolumes`.
    pub(super) fn check(&self, cluster: &ClusterState, node: &Node, elsewhere: Reason) -> Result<(), Rejection> {
        let mut reasons: SmallVec<[Reason; 1]> = SmallVec::new();
        for pv in &self.bound {
            let reason = match pv.map(|pv| &cluster.volumes[pv]) {
                None => Reason::VolumeMissing,
                Some(volume) if !reachable(cluster, volume, node) => elsewhere,
                Some(_) => continue,
            };
            reasons.push(reason);
            break;
        }
        if self.find(cluster, node).is_none() {
            let at = reasons.iter().position(|reason| *reason == Reason::VolumeMissing).unwrap_or(reasons.len());
            reasons.insert(at, Reason::NoVolumeToBind);
        }
        if reasons.is_empty() {
            return Ok(());
        }
        Err(Rejection { plugin: Plugin::VolumeBinding, reasons, unresolvable: true })
    }

    pub(super) fn plan(&self, cluster: &ClusterState, node: NodeId) -> VolumePlan {
        self.find(cluster, cluster.node(node)).unwrap_or_default()
    }

    /// A volume for each waiting claim, or the intent to make one; nothing if that cannot be here.
    fn find(&self, cluster: &ClusterState, node: &Node) -> Option<VolumePlan> {
        let mut plan = VolumePlan::default();
        let mut unmatched = Vec::new();
        for id in &self.waiting {
            let claim = &cluster.claims[*id];
            match claim.selected_node {
                Symbol::EMPTY => unmatched.push(*id),
                name if name == node.name => plan.provisions.push(*id),
                _ => return None,
            }
        }
        for id in unmatched {
            let taken = |pv: PvId| plan.bindings.iter().any(|(_, other)| *other == pv);
            match matching_volume(cluster, &cluster.claims[id], node, &taken) {
                Some(pv) => plan.bindings.push((id, pv)),
                None => plan.provisions.push(id),
            }
        }
        plan.provisions.iter().all(|id| can_provision(cluster, &cluster.claims[*id], node)).then_some(plan)
    }
}

/// The claim, if it can be used at all. Upstream: `podHasPVCs`.
fn usable(
    cluster: &ClusterState,
    lookup: &Lookup,
    (spec, pod): (&PodSpec, Option<PodId>),
    name: &ClaimName,
) -> Result<PvcId, String> {
    let text = || name.text.clone().unwrap_or_else(|| cluster.symbols.text(name.symbol.unwrap_or_default()).to_owned());
    let Some(id) = name.find(lookup, spec) else {
        return Err(match name.is_ephemeral() {
            true => {
                format!("waiting for ephemeral volume controller to create the persistentvolumeclaim \"{}\"", text())
            }
            false => format!("persistentvolumeclaim \"{}\" not found", text()),
        });
    };
    let claim = &cluster.claims[id];
    if claim.lost {
        let volume = cluster.symbols.text(claim.volume_name);
        return Err(format!(
            "persistentvolumeclaim \"{}\" bound to non-existent persistentvolume \"{volume}\"",
            text()
        ));
    }
    if claim.deleting {
        return Err(format!("persistentvolumeclaim \"{}\" is being deleted", text()));
    }
    let owner = |pod: PodId| cluster.symbols.lookup(&cluster.pod_name(pod));
    if name.is_ephemeral() && claim.owner_pod.is_none_or(|owned| pod.and_then(owner) != Some(owned)) {
        let namespace = cluster.symbols.text(spec.namespace);
        let pod = pod.map_or_else(String::new, |pod| cluster.pod_key(pod));
        return Err(format!("PVC {namespace}/{} was not created for pod {pod} (pod is not owner)", text()));
    }
    Ok(id)
}

/// Whether the volume can be reached from a node. Upstream: `CheckNodeAffinity`: labels alone are looked at.
fn reachable(cluster: &ClusterState, volume: &PersistentVolume, node: &Node) -> bool {
    let affinity = volume.node_affinity.as_ref();
    affinity.is_none_or(|affinity| affinity.matches(Symbol::EMPTY, &node.labels, &cluster.symbols))
}

/// Hostnames that a volume's affinity names. Upstream: `GetLocalPersistentVolumeNodeNames`.
fn local_nodes(cluster: &ClusterState, volume: &PersistentVolume) -> Vec<Symbol> {
    let hostname = cluster.symbols.lookup(crate::scheduler::spread::HOSTNAME);
    let mut all: Vec<Symbol> = Vec::new();
    for term in volume.node_affinity.iter().flat_map(|affinity| &affinity.terms) {
        let mut of_term: Option<Vec<Symbol>> = None;
        let names = |r: &&crate::cluster::Requirement| Some(r.key) == hostname && r.operator == Operator::In;
        for row in term.expressions.iter().filter(names) {
            of_term = Some(match of_term {
                None => row.values.to_vec(),
                Some(known) => known.into_iter().filter(|name| row.values.contains(name)).collect(),
            });
        }
        all.extend(of_term.into_iter().flatten());
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The volume reserved for the claim, or the smallest that will do. Upstream: `FindMatchingVolume`.
fn matching_volume(
    cluster: &ClusterState,
    claim: &PersistentVolumeClaim,
    node: &Node,
    taken: &dyn Fn(PvId) -> bool,
) -> Option<PvId> {
    let class = claim.storage_class.unwrap_or(Symbol::EMPTY);
    let selected = |labels: &Labels| claim.selector.as_ref().is_none_or(|s| s.matches(labels, &cluster.symbols));
    let mut smallest: Option<(PvId, i64)> = None;
    for (id, volume) in cluster.volumes.iter().filter(|(id, row)| row.storage_class == class && !taken(*id)) {
        let is_ours = is_for(volume, claim);
        let foreign = volume.claim.is_some() && !is_ours;
        if foreign || volume.capacity_bytes < claim.request_bytes || volume.block != claim.block || volume.deleting {
            continue;
        }
        if is_ours {
            return reachable(cluster, volume, node).then_some(id);
        }
        let modes = || claim.access_modes.iter().all(|mode| volume.access_modes.contains(mode));
        let smaller = smallest.is_none_or(|(_, bytes)| bytes > volume.capacity_bytes);
        if smaller && volume.available && selected(&volume.labels) && reachable(cluster, volume, node) && modes() {
            smallest = Some((id, volume.capacity_bytes));
        }
    }
    smallest.map(|(id, _)| id)
}

/// Whether the claim's class can make a volume here. Upstream: `checkVolumeProvisions`.
fn can_provision(cluster: &ClusterState, claim: &PersistentVolumeClaim, node: &Node) -> bool {
    let Some(class) = class_of(cluster, claim) else { return false };
    let provisioner = cluster.symbols.text(class.provisioner);
    let allowed = &class.allowed_topologies;
    let fits = |term: &Vec<crate::cluster::Requirement>| {
        !term.is_empty() && term.iter().all(|row| row.matches(&node.labels, &cluster.symbols))
    };
    !provisioner.is_empty()
        && provisioner != "kubernetes.io/no-provisioner"
        && (allowed.is_empty() || allowed.iter().any(fits))
}
