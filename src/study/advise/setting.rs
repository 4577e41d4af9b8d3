//! A setting: min and max of everything that scales.

use crate::id::Id;
use crate::world::Cast;
use crate::world::GroupId;
use std::sync::Arc;

/// Least and most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// `minReplicas`, or the group's least size.
    pub min: i32,
    /// `maxReplicas`, or the group's largest size.
    pub max: i32,
}

/// The bounds of every HPA and of every node group that Cluster Autoscaler manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// In the order of the cast's HPAs.
    pub hpas: Vec<Bounds>,
    /// The autoscaled groups.
    pub groups: Vec<(GroupId, Bounds)>,
}

impl Setting {
    /// The setting that a cast has.
    pub fn of(cast: &Cast) -> Self {
        let hpas = cast.hpas.iter().map(|hpa| Bounds { min: hpa.spec.min, max: hpa.spec.max }).collect();
        let groups = cast.groups.iter().filter(|(_, group)| group.autoscaled);
        let groups = groups.map(|(id, group)| (id, Bounds { min: group.min, max: group.max })).collect();
        Setting { hpas, groups }
    }

    /// The same cast with this setting. Workloads and groups start within their new bounds.
    pub fn apply(&self, cast: &Cast) -> Arc<Cast> {
        let mut cast = cast.clone();
        for (hpa, bounds) in cast.hpas.iter_mut().zip(&self.hpas) {
            (hpa.spec.min, hpa.spec.max) = (bounds.min, bounds.max);
            let workload = &mut cast.workloads[hpa.workload];
            workload.replicas = workload.replicas.clamp(bounds.min, bounds.max.max(bounds.min));
        }
        for (id, bounds) in &self.groups {
            let group = &mut cast.groups[*id];
            (group.min, group.max) = (bounds.min, bounds.max);
            group.initial = group.initial.clamp(bounds.min, bounds.max.max(bounds.min));
        }
        Arc::new(cast)
    }

    /// How many bounds there are to choose: one per HPA, then one per group.
    pub(super) fn len(&self) -> usize {
        self.hpas.len() + self.groups.len()
    }
    /// Bounds number `at`.
    pub(super) fn bounds(&self, at: usize) -> Bounds {
        match at.checked_sub(self.hpas.len()) {
            None => self.hpas[at],
            Some(group) => self.groups[group].1,
        }
    }
    /// The setting with other bounds at `at`.
    pub(super) fn with(&self, at: usize, bounds: Bounds) -> Self {
        let mut changed = self.clone();
        match at.checked_sub(self.hpas.len()) {
            None => changed.hpas[at] = bounds,
            Some(group) => changed.groups[group].1 = bounds,
        }
        changed
    }
    /// The name of bounds number `at`, as people know it.
    pub(super) fn name(&self, cast: &Cast, at: usize) -> String {
        match at.checked_sub(self.hpas.len()) {
            None => {
                let hpa = &cast.hpas[at];
                let namespace = cast.workloads[hpa.workload].namespace;
                format!("HPA {}/{}", cast.cluster.symbols.text(namespace), cast.cluster.symbols.text(hpa.name))
            }
            Some(group) => format!("node group {}", cast.groups[self.groups[group].0].name),
        }
    }
    /// The first number that is a group's.
    pub(super) fn first_group(&self) -> usize {
        self.hpas.len()
    }
    pub(super) fn group(&self, at: usize) -> GroupId {
        at.checked_sub(self.hpas.len()).map_or(GroupId::from_index(0), |group| self.groups[group].0)
    }
}
