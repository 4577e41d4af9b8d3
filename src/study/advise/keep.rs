//! Redundancy that no week of ordinary traffic shows, and that stays: the least that minimums may be.

use crate::id::{IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::scenario::wanted::{Keep, Redundancy};
use crate::world::{Cast, GroupId, Holders, Workload, WorkloadKind};

/// No HPA's minimum is lowered below this: an ordinary week does not show what the loss of a node does to a
/// service of a single pod.
const LEAST_PODS: i32 = 2;

/// The least that each minimum may be.
#[derive(Clone, Debug)]
pub(super) struct Floors {
    /// By HPA.
    pub(super) hpas: Vec<Floor>,
    /// By group.
    pub(super) groups: IdVec<GroupId, Floor>,
}

/// A floor, and why it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) least: i32,
    /// In a few words; empty where it is the least there can be.
    pub(super) why: String,
}

impl Floors {
    /// The floors of a cast, as far as `keep` says.
    pub(super) fn of(cast: &Cast, keep: &Keep) -> Floors {
        let hpas = cast.hpas.iter().map(|hpa| {
            let is_kept = keep.namespaces.contains(&cast.workloads[hpa.workload].namespace);
            match is_kept {
                true => Floor { least: hpa.spec.min, why: "its namespace is kept as it is".to_owned() },
                false => Floor { least: LEAST_PODS.min(hpa.spec.min), why: String::new() },
            }
        });
        let hpas = hpas.collect();
        let tenants = tenants(cast);
        let groups = cast.groups.iter().map(|(id, group)| {
            let named = || keep.groups.contains(&id).then(|| (0, "the scenario keeps it".to_owned()));
            let floor = group_floor(cast, &tenants[id], &keep.namespaces).or_else(named);
            let zones = group.zones.len().max(1) as i32;
            match (floor, keep.redundancy) {
                (None, _) | (_, Redundancy::None) => Floor::default(),
                (Some((_, why)), Redundancy::Nodes(nodes)) => Floor { least: group.min.min(nodes as i32), why },
                (Some((replicas, why)), Redundancy::Zones) => Floor { least: group.min.min(replicas.max(zones)), why },
            }
        });
        Floors { hpas, groups: groups.collect() }
    }
}

/// The most replicas of what keeps a group's redundancy, and why; none where nothing does.
fn group_floor(cast: &Cast, tenants: &[WorkloadId], kept: &[Symbol]) -> Option<(i32, String)> {
    let name = |workload: &Workload| cast.cluster.symbols.text(workload.name).to_owned();
    let serves = |id: WorkloadId| {
        cast.traffic.as_ref().is_some_and(|traffic| traffic.services.values().any(|row| row.workload == Some(id)))
    };
    let rows = || tenants.iter().map(|id| (*id, &cast.workloads[*id]));
    let most = |rows: &mut dyn Iterator<Item = (WorkloadId, &Workload)>| rows.map(|(_, row)| row.replicas).max();
    let stateful = |row: &Workload| matches!(row.kind, WorkloadKind::StatefulSet { .. });
    if let Some((_, row)) = rows().find(|(_, row)| stateful(row)) {
        let replicas = most(&mut rows().filter(|(_, row)| stateful(row)));
        return Some((replicas.unwrap_or(0), format!("StatefulSet {} runs there", name(row))));
    }
    let is_kept = |row: &Workload| kept.contains(&row.namespace);
    if let Some((_, row)) = rows().find(|(_, row)| is_kept(row)) {
        let replicas = most(&mut rows().filter(|(_, row)| is_kept(row)));
        return Some((replicas.unwrap_or(0), format!("{} of a kept namespace runs there", name(row))));
    }
    (!rows().any(|(id, _)| serves(id))).then(|| {
        let replicas = most(&mut rows()).unwrap_or(0);
        (replicas, "no traffic shows what its nodes are needed for".to_owned())
    })
}

/// The workloads that a group's nodes can hold, DaemonSets and Jobs apart.
fn tenants(cast: &Cast) -> IdVec<GroupId, Vec<WorkloadId>> {
    let holders = Holders::of(cast);
    let mut tenants = IdVec::filled(Vec::new(), cast.groups.len());
    for (id, workload) in cast.workloads.iter() {
        if matches!(workload.kind, WorkloadKind::DaemonSet(_) | WorkloadKind::Job { .. } | WorkloadKind::CronJob { .. })
        {
            continue;
        }
        for group in holders.groups(id).into_iter().flatten() {
            tenants[group].push(id);
        }
    }
    tenants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Sources, load};

    /// The floor of a group whose second machine type alone is large enough for a StatefulSet that runs in one of its zones.
    fn floor(selector: &str) -> Floor {
        let folder = tempfile::tempdir().expect("a folder");
        let scenario = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: db\nmanifests: [db.yaml]\n\
             cluster: {region: us-east-1, zones: [us-east-1a, us-east-1b]}\nduration: 1h\n\
             nodeGroups: {db: {instanceTypes: [t3.small, m5.2xlarge], minSize: 4, maxSize: 6, desiredSize: 4}}\n";
        let objects = format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: db}}, spec: {{replicas: 3, serviceName: db, selector: {{matchLabels: \
             {{app: db}}}}, template: {{metadata: {{labels: {{app: db}}}}, spec: {{nodeSelector: {{{selector}}}, containers: [{{name: db, \
             image: db, resources: {{requests: {{cpu: '5', memory: 4Gi}}}}}}]}}}}}}}}\n"
        );
        std::fs::write(folder.path().join("scenario.yaml"), scenario).expect("written");
        std::fs::write(folder.path().join("db.yaml"), objects).expect("written");
        let loaded = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]);
        let cast = loaded.unwrap_or_else(|issues| panic!("{issues:?}")).cast;
        let floors = Floors::of(&cast, &Keep::default());
        floors.groups.values().next().cloned().expect("a group")
    }

    #[test]
    fn what_runs_in_one_zone_or_on_a_later_machine_type_keeps_its_group() {
        let kept = Floor { least: 3, why: "StatefulSet db runs there".to_owned() };
        assert_eq!(floor(""), kept);
        assert_eq!(floor("topology.kubernetes.io/zone: us-east-1b"), kept);
        let other = floor("topology.kubernetes.io/zone: us-east-1f");
        assert!(other.why.starts_with("no traffic shows"), "{other:?}");
    }
}
