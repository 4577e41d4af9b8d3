//! Deployments: how many pods each ReplicaSet should have.

/// How a Deployment replaces its pods. Counts are resolved already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Old and new pods side by side.
    RollingUpdate {
        /// Pods above the wanted number during an update.
        max_surge: i32,
        /// Pods below the wanted number during an update.
        max_unavailable: i32,
    },
    /// All old pods go before the first new one comes.
    Recreate,
}

impl Strategy {
    /// The strategy with its two bounds resolved for `replicas` pods: surge rounds up, unavailable
    /// rounds down, and not both may be 0.
    ///
    /// Upstream: `deploymentutil.ResolveFenceposts`, 1.28.
    pub fn rolling(max_surge: i32, max_unavailable: i32) -> Self {
        let max_unavailable = if max_surge == 0 && max_unavailable == 0 { 1 } else { max_unavailable };
        Strategy::RollingUpdate { max_surge, max_unavailable }
    }
}

/// A ReplicaSet of a Deployment, as the Deployment controller sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSet {
    /// `spec.replicas`.
    pub replicas: i32,
    /// Pods that are ready (and have been for `minReadySeconds`).
    pub available: i32,
    /// Pods that exist and are not terminating.
    pub current: i32,
    /// Pods that exist, terminating ones included.
    pub existing: i32,
}

/// New `spec.replicas` for each of `sets` (oldest first, the last one is the new template's) such that
/// the Deployment moves towards `replicas` pods of the new template as far as it may now.
///
/// Upstream: deployment controller `rolloutRolling`, `rolloutRecreate` and `scale`, 1.28. Differs: the
/// steps that upstream takes in successive syncs without anything else changing are taken at once.
pub fn desired_replicas(replicas: i32, strategy: Strategy, sets: &mut [ReplicaSet]) {
    let Some((new, old)) = sets.split_last_mut() else { return };
    if old.iter().all(|set| set.replicas == 0) && (strategy != Strategy::Recreate || old_pods_are_gone(old)) {
        new.replicas = replicas;
        return;
    }
    match strategy {
        Strategy::Recreate => {
            old.iter_mut().for_each(|set| set.replicas = 0);
            if old_pods_are_gone(old) {
                new.replicas = replicas;
            }
        }
        Strategy::RollingUpdate { max_surge, max_unavailable } => {
            grow_new(replicas + max_surge, replicas, new, old);
            shrink_old(replicas - max_unavailable, new, old);
            grow_new(replicas + max_surge, replicas, new, old);
        }
    }
}

fn old_pods_are_gone(old: &[ReplicaSet]) -> bool {
    old.iter().all(|set| set.existing == 0)
}

/// Upstream: `deploymentutil.NewRSNewReplicas`, 1.28; a lower number wanted is followed at once.
fn grow_new(max_total: i32, replicas: i32, new: &mut ReplicaSet, old: &[ReplicaSet]) {
    if new.replicas > replicas {
        new.replicas = replicas;
        return;
    }
    let total: i32 = new.replicas + old.iter().map(|set| set.replicas).sum::<i32>();
    new.replicas += (max_total - total).min(replicas - new.replicas).max(0);
}

/// Upstream: `reconcileOldReplicaSets`, `cleanupUnhealthyReplicas` and
/// `scaleDownOldReplicaSetsForRollingUpdate`, 1.28.
fn shrink_old(min_available: i32, new: &ReplicaSet, old: &mut [ReplicaSet]) {
    let total: i32 = new.replicas + old.iter().map(|set| set.replicas).sum::<i32>();
    let mut budget = total - min_available - (new.replicas - new.available);
    for set in old.iter_mut() {
        let unhealthy = (set.replicas - set.available).clamp(0, budget.max(0));
        set.replicas -= unhealthy;
        budget -= unhealthy;
    }
    let available: i32 = new.available + old.iter().map(|set| set.available.min(set.replicas)).sum::<i32>();
    let mut spare = available - min_available;
    for set in old.iter_mut() {
        let cut = set.replicas.clamp(0, spare.max(0));
        set.replicas -= cut;
        spare -= cut;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(replicas: i32, available: i32) -> ReplicaSet {
        ReplicaSet { replicas, available, current: replicas, existing: replicas }
    }
    fn check(name: &str, replicas: i32, strategy: Strategy, sets: &[ReplicaSet], expected: &[i32]) {
        let mut sets = sets.to_vec();
        desired_replicas(replicas, strategy, &mut sets);
        assert_eq!(sets.iter().map(|set| set.replicas).collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn rolling_updates_keep_their_bounds() {
        let one = Strategy::rolling(1, 1);
        check("plain scale", 5, one, &[set(3, 3)], &[5]);
        check("start: one surges, one goes", 3, one, &[set(3, 3), set(0, 0)], &[2, 2]);
        check("nothing ready yet: wait", 3, one, &[set(2, 2), set(2, 0)], &[2, 2]);
        check("one new is ready", 3, one, &[set(2, 2), set(2, 1)], &[1, 3]);
        check("last step", 3, one, &[set(1, 1), set(3, 2)], &[0, 3]);
        check("surge only", 4, Strategy::rolling(2, 0), &[set(4, 4), set(0, 0)], &[4, 2]);
        check("unavailable only", 4, Strategy::rolling(0, 1), &[set(4, 4), set(0, 0)], &[3, 1]);
        check("broken old pods go first", 4, Strategy::rolling(1, 1), &[set(4, 1), set(0, 0)], &[3, 2]);
        check("both zero means one unavailable", 2, Strategy::rolling(0, 0), &[set(2, 2), set(0, 0)], &[1, 1]);
    }

    #[test]
    fn recreate_waits_for_the_last_old_pod() {
        check("old pods go", 3, Strategy::Recreate, &[set(3, 3), set(0, 0)], &[0, 0]);
        let terminating = ReplicaSet { replicas: 0, available: 0, current: 0, existing: 1 };
        check("one still terminates", 3, Strategy::Recreate, &[terminating, set(0, 0)], &[0, 0]);
        check("all gone", 3, Strategy::Recreate, &[set(0, 0), set(0, 0)], &[0, 3]);
    }
}
