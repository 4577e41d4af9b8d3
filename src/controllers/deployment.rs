//! Deployments: how many pods each ReplicaSet should have.

use super::{IntOrPercent, Rounding};
use std::cmp::Reverse;

/// How a Deployment replaces its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Old and new pods side by side.
    RollingUpdate {
        /// Pods above the wanted number during an update.
        max_surge: IntOrPercent,
        /// Pods below the wanted number during an update.
        max_unavailable: IntOrPercent,
    },
    /// All old pods go before the first new one comes.
    Recreate,
}

impl Strategy {
    /// How many pods more, and how many less, there may be of `replicas`: surge rounds up, unavailable rounds
    /// down, and not both may be 0.
    ///
    /// Upstream: `deploymentutil.ResolveFenceposts`, `MaxUnavailable`; 1.28.
    fn bounds(self, replicas: i32) -> (i32, i32) {
        let Strategy::RollingUpdate { max_surge, max_unavailable } = self else { return (0, 0) };
        match (max_surge.of(replicas, Rounding::Up).max(0), max_unavailable.of(replicas, Rounding::Down).max(0)) {
            (0, 0) => (0, 1.min(replicas)),
            (surge, unavailable) => (surge, unavailable.min(replicas)),
        }
    }
}

/// A ReplicaSet of a Deployment, as the Deployment controller sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSet {
    /// `spec.replicas`.
    pub replicas: i32,
    /// Pods that are ready.
    pub ready: i32,
    /// Pods that have been ready for `minReadySeconds`.
    pub available: i32,
    /// Pods that exist and are not terminating.
    pub current: i32,
    /// Pods that exist, terminating ones included.
    pub existing: i32,
}

/// How many pods a Deployment wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `spec.replicas`.
    pub replicas: i32,
    /// What it was when the ReplicaSets got their sizes: their annotation `desired-replicas`.
    pub before: i32,
}

/// New `spec.replicas` for each of `sets`, which are in order of creation, such that the Deployment moves towards
/// the wanted pods of the template of set number `new` as far as it may now.
///
/// Upstream: deployment controller `scale`, `rolloutRolling` and `rolloutRecreate`, 1.28. Differs: the
/// steps that upstream takes in successive syncs without anything else changing are taken at once.
pub fn desired_replicas(wanted: Wanted, strategy: Strategy, sets: &mut [ReplicaSet], new: usize) {
    if wanted.replicas != wanted.before {
        scale(wanted, strategy, sets);
    }
    match strategy {
        Strategy::Recreate => {
            old_of(sets, new).for_each(|set| set.replicas = 0);
            if old_of(sets, new).all(|set| set.existing == 0) {
                sets[new].replicas = wanted.replicas;
            }
        }
        Strategy::RollingUpdate { .. } => {
            let (surge, unavailable) = strategy.bounds(wanted.replicas);
            grow_new(wanted.replicas + surge, wanted.replicas, sets, new);
            shrink_old(wanted.replicas - unavailable, sets, new);
            grow_new(wanted.replicas + surge, wanted.replicas, sets, new);
        }
    }
}

fn old_of(sets: &mut [ReplicaSet], new: usize) -> impl Iterator<Item = &mut ReplicaSet> {
    sets.iter_mut().enumerate().filter(move |(at, _)| *at != new).map(|(_, set)| set)
}

fn total(sets: &[ReplicaSet]) -> i32 {
    sets.iter().map(|set| set.replicas).sum()
}

/// The Deployment's size changed: its only ReplicaSet with pods follows; several, in the middle of a rolling update,
/// each take their share, so that the update goes on at the pace it had. The largest takes what rounding leaves.
///
/// Upstream: `scale`, `GetProportion`, `getReplicaSetFraction`; 1.28.
fn scale(wanted: Wanted, strategy: Strategy, sets: &mut [ReplicaSet]) {
    let mut active: Vec<usize> = (0..sets.len()).filter(|at| sets[*at].replicas > 0).collect();
    if let [only] = active[..] {
        sets[only].replicas = wanted.replicas;
        return;
    }
    if strategy == Strategy::Recreate {
        return;
    }
    let most = |replicas| if replicas > 0 { replicas + strategy.bounds(replicas).0 } else { 0 };
    let to_add = most(wanted.replicas) - total(sets);
    // Of equal ones the newer grows and the older shrinks first.
    match to_add > 0 {
        true => active.sort_by_key(|at| (Reverse(sets[*at].replicas), Reverse(*at))),
        false => active.sort_by_key(|at| (Reverse(sets[*at].replicas), *at)),
    }
    let mut left = to_add;
    for at in &active {
        let size = f64::from(sets[*at].replicas);
        let fair = size * f64::from(most(wanted.replicas)) / f64::from(most(wanted.before));
        let share = fair.round() as i32 - sets[*at].replicas;
        let share = if to_add > 0 { share.min(left) } else { share.max(left) };
        sets[*at].replicas += share;
        left -= share;
    }
    if let Some(largest) = active.first() {
        sets[*largest].replicas = (sets[*largest].replicas + left).max(0);
    }
}

/// Upstream: `deploymentutil.NewRSNewReplicas`, 1.28; a lower number wanted is followed at once.
fn grow_new(most: i32, replicas: i32, sets: &mut [ReplicaSet], new: usize) {
    let room = most - total(sets);
    let new = &mut sets[new];
    match new.replicas > replicas {
        true => new.replicas = replicas,
        false => new.replicas += room.min(replicas - new.replicas).max(0),
    }
}

/// Upstream: `reconcileOldReplicaSets`, `cleanupUnhealthyReplicas` and
/// `scaleDownOldReplicaSetsForRollingUpdate`, 1.28.
fn shrink_old(min_available: i32, sets: &mut [ReplicaSet], new: usize) {
    let mut budget = total(sets) - min_available - (sets[new].replicas - sets[new].available);
    for set in old_of(sets, new) {
        let unhealthy = (set.replicas - set.available).clamp(0, budget.max(0));
        set.replicas -= unhealthy;
        budget -= unhealthy;
    }
    let available = sets[new].available + old_of(sets, new).map(|set| set.available.min(set.replicas)).sum::<i32>();
    let mut spare = available - min_available;
    for set in old_of(sets, new) {
        let cut = set.replicas.clamp(0, spare.max(0));
        set.replicas -= cut;
        spare -= cut;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntOrPercent::{Int, Percent};

    fn set(replicas: i32, available: i32) -> ReplicaSet {
        ReplicaSet { replicas, ready: available, available, current: replicas, existing: replicas }
    }
    fn rolling(max_surge: i32, max_unavailable: i32) -> Strategy {
        Strategy::RollingUpdate { max_surge: Int(max_surge), max_unavailable: Int(max_unavailable) }
    }
    fn check(name: &str, (replicas, strategy): (i32, Strategy), sets: &[ReplicaSet], expected: &[i32]) {
        let mut sets = sets.to_vec();
        let new = sets.len() - 1;
        desired_replicas(Wanted { replicas, before: replicas }, strategy, &mut sets, new);
        assert_eq!(sets.iter().map(|set| set.replicas).collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn rolling_updates_keep_their_bounds() {
        let one = rolling(1, 1);
        check("plain scale", (5, one), &[set(3, 3)], &[5]);
        check("start: one surges, one goes", (3, one), &[set(3, 3), set(0, 0)], &[2, 2]);
        check("nothing ready yet: wait", (3, one), &[set(2, 2), set(2, 0)], &[2, 2]);
        check("one new is ready", (3, one), &[set(2, 2), set(2, 1)], &[1, 3]);
        check("last step", (3, one), &[set(1, 1), set(3, 2)], &[0, 3]);
        check("surge only", (4, rolling(2, 0)), &[set(4, 4), set(0, 0)], &[4, 2]);
        check("unavailable only", (4, rolling(0, 1)), &[set(4, 4), set(0, 0)], &[3, 1]);
        check("broken old pods go first", (4, one), &[set(4, 1), set(0, 0)], &[3, 2]);
        check("both zero means one unavailable", (2, rolling(0, 0)), &[set(2, 2), set(0, 0)], &[1, 1]);
        let quarter = Strategy::RollingUpdate { max_surge: Percent(25), max_unavailable: Percent(25) };
        check("percent of few", (3, quarter), &[set(3, 3), set(0, 0)], &[3, 1]);
        check("percent of many", (20, quarter), &[set(20, 20), set(0, 0)], &[15, 10]);
    }

    #[test]
    fn in_the_middle_of_an_update_all_sets_take_their_share_of_a_new_size() {
        let check = |name: &str, (before, replicas), surge, sizes: &[i32], expected: &[i32]| {
            let mut sets: Vec<ReplicaSet> = sizes.iter().map(|size| set(*size, *size)).collect();
            scale(Wanted { replicas, before }, rolling(surge, 0), &mut sets);
            assert_eq!(sets.iter().map(|set| set.replicas).collect::<Vec<_>>(), expected, "{name}");
        };
        check("one set follows", (10, 12), 1, &[10], &[12]);
        check("the only one with pods follows", (3, 5), 1, &[3, 0], &[5, 0]);
        check("up", (10, 12), 0, &[5, 5], &[6, 6]);
        check("up, of equal ones the newer first", (10, 11), 0, &[5, 5], &[5, 6]);
        check("down, of equal ones the older first", (10, 9), 0, &[5, 5], &[4, 5]);
        check("with surge, which was in use", (10, 20), 2, &[5, 4, 3], &[9, 7, 6]);
        check("the largest takes the rest", (10, 14), 0, &[4, 3, 3], &[6, 4, 4]);
        check("to nothing", (10, 0), 1, &[5, 6], &[0, 0]);
    }

    #[test]
    fn recreate_waits_for_the_last_old_pod() {
        check("old pods go", (3, Strategy::Recreate), &[set(3, 3), set(0, 0)], &[0, 0]);
        let terminating = ReplicaSet { existing: 1, ..ReplicaSet::default() };
        check("one still terminates", (3, Strategy::Recreate), &[terminating, set(0, 0)], &[0, 0]);
        check("all gone", (3, Strategy::Recreate), &[set(0, 0), set(0, 0)], &[0, 3]);
    }
}
