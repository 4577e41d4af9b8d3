//! Feature gates that matter to a decision, as their versions have them.

use super::KubernetesVersion::{self, *};

/// How a gate stands from a version on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) from: KubernetesVersion,
    pub(super) is_on: bool,
    /// Generally available and fixed: nobody can switch it.
    pub(super) is_locked: bool,
}

const fn off(from: KubernetesVersion) -> Stage {
    Stage { from, is_on: false, is_locked: false }
}
const fn on(from: KubernetesVersion) -> Stage {
    Stage { from, is_on: true, is_locked: false }
}
const fn locked(from: KubernetesVersion) -> Stage {
    Stage { from, is_on: true, is_locked: true }
}

/// A row per gate: its name, what it does, the version that first knows it, how it stands from which version on, and from when on it is gone.
macro_rules! gates {
    ($($name:ident: $doc:literal, [$($stage:expr),+] $(, gone $gone:expr)?;)+) => {
        /// A feature gate of Kubernetes that changes what a room here decides.
        ///
        /// Source: `pkg/features/kube_features.go`, 1.28 to 1.36.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Gate {
            $(#[doc = $doc] $name,)+
        }

        impl Gate {
            /// All, by name.
            pub const ALL: &'static [Gate] = &[$(Gate::$name),+];

            /// As upstream spells it.
            pub const fn name(self) -> &'static str {
                match self { $(Gate::$name => stringify!($name),)+ }
            }
            /// What it does.
            pub const fn about(self) -> &'static str {
                match self { $(Gate::$name => $doc,)+ }
            }
            const fn stages(self) -> &'static [Stage] {
                match self { $(Gate::$name => const { &[$($stage),+] },)+ }
            }
            fn gone_from(self) -> Option<KubernetesVersion> {
                match self { $(Gate::$name => [$($gone,)?].first().copied(),)+ }
            }
        }
    };
}

gates! {
    DynamicResourceAllocation: "Pods with resource claims.", [off(V1_28), on(V1_34), locked(V1_35)];
    HPAConfigurableTolerance: "A tolerance of an HPA's own, by direction.", [off(V1_33), on(V1_35)];
    HPAContainerMetrics: "ContainerResource metrics of HPAs.", [on(V1_28), locked(V1_30)], gone V1_32;
    HPAScaleToZero: "HPAs with `minReplicas: 0`.", [off(V1_28)];
    InPlacePodLevelResourcesVerticalScaling: "`spec.resources` of a pod that is resized while it runs.", [off(V1_35), on(V1_36)];
    InPlacePodVerticalScaling: "Pods that are resized while they run.", [off(V1_28), on(V1_33), locked(V1_35)];
    JobPodReplacementPolicy: "`podReplacementPolicy` of Jobs.", [off(V1_28), on(V1_29), locked(V1_34)];
    MatchLabelKeysInPodAffinity: "`matchLabelKeys` and `mismatchLabelKeys` of pod affinity.", [off(V1_29), on(V1_31), locked(V1_33)];
    MatchLabelKeysInPodTopologySpread: "`matchLabelKeys` of spread constraints.", [on(V1_28)];
    MatchLabelKeysInPodTopologySpreadSelectorMerge: "The API server merges them into the selector.", [on(V1_34)];
    // On in 1.35.0, and off again in its patches: updates stood still (kubernetes/kubernetes, 1.35).
    MaxUnavailableStatefulSet: "`maxUnavailable` of StatefulSets.", [off(V1_28)];
    MinDomainsInPodTopologySpread: "`minDomains` of spread constraints.", [on(V1_28), locked(V1_30)], gone V1_32;
    NodeInclusionPolicyInPodTopologySpread: "`nodeAffinityPolicy` and `nodeTaintsPolicy` of spread constraints.", [on(V1_28), locked(V1_33)];
    OpportunisticBatching: "Pods that are alike are scheduled by one ranking.", [on(V1_35)];
    PodLevelResources: "`spec.resources` of a pod.", [off(V1_32), on(V1_34)];
    SchedulerAsyncPreemption: "Victims of preemption are deleted beside the scheduling loop.", [off(V1_32), on(V1_33)];
    SchedulerPopFromBackoffQ: "Pods that wait after a failure are tried when nobody else waits.", [on(V1_33)];
    SchedulerQueueingHints: "Unschedulable pods are tried again only after what may help them.", [off(V1_28), on(V1_32), locked(V1_34)];
    SidecarContainers: "Init containers with `restartPolicy: Always`.", [off(V1_28), on(V1_29), locked(V1_33)];
}

impl Gate {
    /// The gate of this name.
    pub fn named(name: &str) -> Option<Gate> {
        Self::ALL.iter().copied().find(|gate| gate.name() == name)
    }

    /// The first version here that knows it.
    pub const fn since(self) -> KubernetesVersion {
        self.stages()[0].from
    }

    /// How it stands in a version; none if that does not know it.
    pub(super) fn stage(self, version: KubernetesVersion) -> Option<Stage> {
        if self.gone_from().is_some_and(|gone| version >= gone) {
            return None;
        }
        self.stages().iter().rev().find(|stage| stage.from <= version).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(Gate::ALL.is_sorted_by_key(|gate| gate.name()));
        for gate in Gate::ALL {
            assert!(gate.stages().is_sorted_by_key(|stage| stage.from), "{gate:?}");
            assert_eq!(Gate::named(gate.name()), Some(*gate));
            assert_eq!(gate.stage(gate.since()), Some(gate.stages()[0]));
        }
    }
}
