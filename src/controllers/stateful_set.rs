//! StatefulSets: which ordinal comes or goes next.

/// `spec.podManagementPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodManagement {
    /// One after the other, each waits until those before it are ready.
    #[default]
    OrderedReady,
    /// All at once.
    Parallel,
}

/// A pod of a StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its ordinal.
    pub ordinal: u32,
    /// Running and ready.
    pub healthy: bool,
    /// Its deletion was asked for.
    pub terminating: bool,
}

/// What the controller does next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Ordinals to create.
    pub create: Vec<u32>,
    /// Ordinals to delete.
    pub delete: Vec<u32>,
}

/// The next step towards `replicas` pods with ordinals 0..replicas.
///
/// Upstream: stateful_set_control.go `updateStatefulSet`, 1.28: ordinals are created in order, each
/// after its predecessors are healthy; condemned ones are deleted from the highest, after all others are
/// healthy; a terminating pod blocks its successors, and so does an unhealthy condemned one unless all pods below
/// it are healthy.
pub fn next_step(replicas: u32, management: PodManagement, pods: &[Replica]) -> Step {
    let of = |ordinal: u32| pods.iter().find(|pod| pod.ordinal == ordinal);
    let is_sound = |pod: &Replica| pod.healthy && !pod.terminating;
    let first_unsound = pods.iter().filter(|pod| !is_sound(pod)).map(|pod| pod.ordinal).min();
    let mut step = Step::default();
    for ordinal in 0..replicas {
        match of(ordinal) {
            None => step.create.push(ordinal),
            Some(pod) if is_sound(pod) => continue,
            Some(_) => {}
        }
        if management == PodManagement::OrderedReady {
            return step;
        }
    }
    let mut condemned: Vec<&Replica> = pods.iter().filter(|pod| pod.ordinal >= replicas).collect();
    condemned.sort_by_key(|pod| std::cmp::Reverse(pod.ordinal));
    for pod in condemned {
        let may_go = pod.healthy || management == PodManagement::Parallel || first_unsound == Some(pod.ordinal);
        if !pod.terminating && may_go {
            step.delete.push(pod.ordinal);
        }
        if management == PodManagement::OrderedReady {
            return step;
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_come_and_go_in_order() {
        let pod = |ordinal, healthy| Replica { ordinal, healthy, terminating: false };
        let leaving = |ordinal| Replica { ordinal, healthy: true, terminating: true };
        let check = |name: &str, replicas, pods: &[Replica], create: &[u32], delete: &[u32]| {
            let step = next_step(replicas, PodManagement::OrderedReady, pods);
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
        let gone = next_step(1, PodManagement::Parallel, &[pod(0, false), pod(1, false), pod(2, false), leaving(3)]);
        assert_eq!(gone.delete, [2, 1]);
        let all = next_step(3, PodManagement::Parallel, &[pod(1, false)]);
        assert_eq!(all.create, [0, 2]);
    }
}
