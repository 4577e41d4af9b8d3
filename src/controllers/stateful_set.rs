//! StatefulSets: which ordinal comes or goes next.

use super::{IntOrPercent, Rounding};

/// `spec.podManagementPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodManagement {
    /// One after the other, each waits until those before it are available.
    #[default]
    OrderedReady,
    /// All at once.
    Parallel,
}

/// `spec.updateStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Pods get the new template when something else deletes them.
    OnDelete,
    /// One after the other, from the highest ordinal down to this one.
    RollingUpdate {
        /// Pods with lower ordinals keep the old template.
        partition: u32,
        /// So many at once, whichever they are, where the gate MaxUnavailableStatefulSet is on.
        max_unavailable: Option<IntOrPercent>,
    },
}

impl Update {
    /// Whether the pod of an ordinal is made from the new template.
    ///
    /// Upstream: stateful_set_utils.go `newVersionedStatefulSetPod`, 1.28.
    pub fn reaches(self, ordinal: u32) -> bool {
        match self {
            Update::OnDelete => true,
            Update::RollingUpdate { partition, .. } => ordinal >= partition,
        }
    }
}

/// A pod of a StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replica {
    /// Its ordinal.
    pub ordinal: u32,
    /// Running, and ready for `minReadySeconds`.
    pub available: bool,
    /// Its deletion was asked for.
    pub terminating: bool,
    /// It was made from the new template.
    pub updated: bool,
}

impl Replica {
    fn is_sound(&self) -> bool {
        self.available && !self.terminating
    }
}

/// What the controller does next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Ordinals to create.
    pub create: Vec<u32>,
    /// Ordinals to delete.
    pub delete: Vec<u32>,
}

/// The next step towards `replicas` pods with ordinals 0..replicas, of the new template as far as `update` says.
///
/// Upstream: stateful_set_control.go `updateStatefulSet`, 1.28 (with `maxUnavailable`: 1.35, `updateStatefulSetAfterInvariantEstablished`): ordinals
/// are created in order, each after its predecessors are available; condemned ones are deleted from the highest, after
/// all others are available; a terminating pod blocks its successors, and so does an unavailable condemned one unless
/// all pods below it are available. Where nothing of that is left to do, the highest old pod is deleted, if all above
/// it are available.
pub(crate) fn next_step(replicas: u32, management: PodManagement, update: Update, pods: &[Replica]) -> Step {
    let of = |ordinal: u32| pods.iter().find(|pod| pod.ordinal == ordinal);
    let first_unsound = pods.iter().filter(|pod| !pod.is_sound()).map(|pod| pod.ordinal).min();
    let mut step = Step::default();
    for ordinal in 0..replicas {
        match of(ordinal) {
            None => step.create.push(ordinal),
            Some(pod) if pod.is_sound() => continue,
            Some(_) => {}
        }
        if management == PodManagement::OrderedReady {
            return step;
        }
    }
    let mut condemned: Vec<&Replica> = pods.iter().filter(|pod| pod.ordinal >= replicas).collect();
    condemned.sort_by_key(|pod| std::cmp::Reverse(pod.ordinal));
    for pod in condemned {
        let may_go = pod.available || management == PodManagement::Parallel || first_unsound == Some(pod.ordinal);
        if !pod.terminating && may_go {
            step.delete.push(pod.ordinal);
        }
        if management == PodManagement::OrderedReady {
            return step;
        }
    }
    if let Update::RollingUpdate { partition, max_unavailable: Some(most) } = update {
        let most = most.of(replicas as i32, Rounding::Down).max(1) as usize;
        let missing = (0..replicas).filter(|ordinal| !of(*ordinal).is_some_and(Replica::is_sound)).count();
        let old = (partition..replicas)
            .rev()
            .filter(|ordinal| of(*ordinal).is_some_and(|pod| !pod.updated && !pod.terminating));
        step.delete.extend(old.take(most.saturating_sub(missing)));
    } else if let Update::RollingUpdate { partition, .. } = update {
        let mut reached = (partition..replicas).rev().map(of);
        let blocks = |pod: &Option<&Replica>| pod.is_none_or(|pod| !pod.updated || !pod.is_sound());
        let old = reached.find(blocks).flatten().filter(|pod| !pod.updated && !pod.terminating);
        step.delete.extend(old.map(|pod| pod.ordinal));
    }
    step
}

/// Whether a rolling update has done what `update` lets it do.
pub(crate) fn is_complete(replicas: u32, update: Update, pods: &[Replica]) -> bool {
    let is_done = |pod: &Replica| pod.is_sound() && (pod.updated || !update.reaches(pod.ordinal));
    pods.len() == replicas as usize && pods.iter().all(is_done)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Update = upper(0);

    const fn upper(partition: u32) -> Update {
        Update::RollingUpdate { partition, max_unavailable: None }
    }

    fn pod(ordinal: u32, available: bool) -> Replica {
        Replica { ordinal, available, terminating: false, updated: true }
    }
    fn old(ordinal: u32, available: bool) -> Replica {
        Replica { updated: false, ..pod(ordinal, available) }
    }
    fn leaving(ordinal: u32) -> Replica {
        Replica { terminating: true, ..pod(ordinal, true) }
    }

    #[test]
    fn ordinals_come_and_go_in_order() {
        let check = |name: &str, replicas, pods: &[Replica], create: &[u32], delete: &[u32]| {
            let step = next_step(replicas, PodManagement::OrderedReady, WHOLE, pods);
            assert_eq!((step.create.as_slice(), step.delete.as_slice()), (create, delete), "{name}");
        };
        check("first", 3, &[], &[0], &[]);
        check("waits for the first", 3, &[pod(0, false)], &[], &[]);
        check("second", 3, &[pod(0, true)], &[1], &[]);
        check("a hole is filled first", 3, &[pod(1, true), pod(2, true)], &[0], &[]);
        check("the highest goes", 1, &[pod(0, true), pod(1, true), pod(2, true)], &[], &[2]);
        check("one at a time", 1, &[pod(0, true), pod(1, true), leaving(2)], &[], &[]);
        check("a leaving one blocks", 3, &[pod(0, true), leaving(1)], &[], &[]);
        check("the only unready one goes", 1, &[pod(0, true), pod(1, true), pod(2, false)], &[], &[2]);
        check("another unready one blocks", 1, &[pod(0, true), pod(1, false), pod(2, false)], &[], &[]);
        let parallel = |replicas, pods: &[Replica]| next_step(replicas, PodManagement::Parallel, WHOLE, pods);
        assert_eq!(parallel(1, &[pod(0, false), pod(1, false), pod(2, false), leaving(3)]).delete, [2, 1]);
        assert_eq!(parallel(3, &[pod(1, false)]).create, [0, 2]);
    }

    #[test]
    fn updates_go_down_from_the_highest_ordinal() {
        let check = |name: &str, update, pods: &[Replica], delete: &[u32]| {
            for management in [PodManagement::OrderedReady, PodManagement::Parallel] {
                let step = next_step(3, management, update, pods);
                assert_eq!(step, Step { create: vec![], delete: delete.to_vec() }, "{name}, {management:?}");
            }
        };
        check("start", WHOLE, &[old(0, true), old(1, true), old(2, true)], &[2]);
        check("waits for it to go", WHOLE, &[old(0, true), old(1, true), leaving(2)], &[]);
        check("waits for the new one", WHOLE, &[old(0, true), old(1, true), pod(2, false)], &[]);
        check("the next one", WHOLE, &[old(0, true), old(1, true), pod(2, true)], &[1]);
        check("all of them", WHOLE, &[pod(0, true), pod(1, true), pod(2, true)], &[]);
        check("down to the partition", upper(2), &[old(0, true), old(1, true), pod(2, true)], &[]);
        check("only on deletion", Update::OnDelete, &[old(0, true), old(1, true), old(2, true)], &[]);
        let broken = next_step(3, PodManagement::OrderedReady, WHOLE, &[old(0, true), old(1, true), old(2, false)]);
        assert_eq!(broken, Step::default(), "in order, a broken pod blocks its own update");
    }

    #[test]
    fn as_many_as_may_be_unavailable_are_updated_at_once() {
        let update = |most| Update::RollingUpdate { partition: 1, max_unavailable: Some(most) };
        let check = |most, pods: &[Replica], delete: &[u32]| {
            let step = next_step(5, PodManagement::Parallel, update(most), pods);
            assert_eq!(step.delete, delete, "{most:?}");
        };
        let all: Vec<Replica> = (0..5).map(|ordinal| old(ordinal, true)).collect();
        check(IntOrPercent::Int(2), &all, &[4, 3]);
        check(IntOrPercent::Int(9), &all, &[4, 3, 2, 1]);
        // Percentages round down, and one may always go.
        check(IntOrPercent::Percent(50), &all, &[4, 3]);
        check(IntOrPercent::Percent(10), &all, &[4]);
        // Whoever is unavailable already counts, also below the partition; it is not waited for.
        let some = [old(0, false), old(1, true), old(2, true), leaving(3), pod(4, true)];
        check(IntOrPercent::Int(3), &some, &[2]);
        check(IntOrPercent::Int(2), &some, &[]);
    }

    #[test]
    fn updates_are_complete_when_all_that_may_be_updated_are_available() {
        assert!(is_complete(2, upper(1), &[old(0, true), pod(1, true)]));
        assert!(!is_complete(2, WHOLE, &[old(0, true), pod(1, true)]));
        assert!(!is_complete(2, upper(1), &[old(0, true), pod(1, false)]));
        assert!(!is_complete(3, upper(1), &[old(0, true), pod(1, true)]));
    }
}
