//! Which pods a ReplicaSet gives up first.

use crate::units::SimTime;
use std::cmp::Ordering;

/// What the ranking looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// Bound to a node.
    pub assigned: bool,
    /// 0 Pending, 1 Unknown, 2 Running.
    pub phase: u8,
    /// Since when it is ready, if it is.
    pub ready_since: Option<SimTime>,
    /// Active pods of the same owner on the same node, itself included; pods without node count as one node.
    pub rank: u32,
    /// Creation time.
    pub created: SimTime,
    /// The uid's order among uids; decides what nothing else decides.
    pub uid: u64,
    /// Annotation `controller.kubernetes.io/pod-deletion-cost`, 0 if absent.
    pub deletion_cost: i32,
    /// The most restarts of any container.
    pub restarts: u32,
}

/// Whether `a` is given up before `b`. Not transitive in all cases (the uid decides only between pods
/// of like age), so the sorting algorithm matters: see `go_sort`.
///
/// Upstream: `controller.ActivePodsWithRanks.Less` (pkg/controller/controller_utils.go, 1.28, gate
/// LogarithmicScaleDown on).
pub(crate) fn goes_before(a: &Candidate, b: &Candidate, now: SimTime) -> bool {
    if a.assigned != b.assigned {
        return !a.assigned;
    }
    if a.phase != b.phase {
        return a.phase < b.phase;
    }
    if a.ready_since.is_some() != b.ready_since.is_some() {
        return a.ready_since.is_none();
    }
    if a.deletion_cost != b.deletion_cost {
        return a.deletion_cost < b.deletion_cost;
    }
    if a.rank != b.rank {
        return a.rank > b.rank;
    }
    if let (Some(first), Some(second)) = (a.ready_since, b.ready_since)
        && first != second
    {
        return younger_by_magnitude(first, second, now).unwrap_or(a.uid < b.uid);
    }
    if a.restarts != b.restarts {
        return a.restarts > b.restarts;
    }
    if a.created != b.created {
        return younger_by_magnitude(a.created, b.created, now).unwrap_or(a.uid < b.uid);
    }
    false
}

/// Whether `a` is younger in powers of two of its age; nothing if both ages have the same power.
fn younger_by_magnitude(a: SimTime, b: SimTime, now: SimTime) -> Option<bool> {
    let magnitude = |since: SimTime| match (now - since).as_nanos() {
        age if age > 0 => i64::from(age.ilog2()),
        _ => -1,
    };
    match magnitude(a).cmp(&magnitude(b)) {
        Ordering::Equal => None,
        order => Some(order == Ordering::Less),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Candidate = Candidate {
        assigned: true,
        phase: 2,
        ready_since: Some(SimTime::ZERO),
        rank: 1,
        created: SimTime::ZERO,
        uid: 5,
        deletion_cost: 0,
        restarts: 0,
    };

    #[test]
    fn the_least_useful_pod_goes_first() {
        let now = SimTime::from_secs(1000);
        let check = |name: &str, first: Candidate, second: Candidate| {
            assert!(goes_before(&first, &second, now), "{name}");
            assert!(!goes_before(&second, &first, now), "{name}, the other way");
        };
        check("unassigned", Candidate { assigned: false, ..READY }, READY);
        check("pending", Candidate { phase: 0, ..READY }, READY);
        check("not ready", Candidate { ready_since: None, ..READY }, READY);
        check("cheaper", Candidate { deletion_cost: -1, ..READY }, READY);
        check("doubled up", Candidate { rank: 2, ..READY }, READY);
        check("younger", Candidate { ready_since: Some(SimTime::from_secs(900)), ..READY }, READY);
        let like_age = Candidate { ready_since: Some(SimTime::from_secs(1)), uid: 4, ..READY };
        check("like age: the smaller uid", like_age, READY);
        check("restarted more", Candidate { restarts: 1, ..READY }, READY);
    }
}
