//! Pods that found no node, so that nobody looks again before something changed.

use super::attempt::Attempt;
use crate::cluster::{ClusterState, PodId, PodSpecId};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Pods that found no node in the cluster as it is; forgotten when it changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Hopeless {
    versions: [u64; 4],
    openings: u64,
    attempts: FxHashMap<Likeness, Arc<Attempt>>,
    /// Attempts of pods that want room and nothing else, which pods that take some do not give them.
    for_want_of_room: FxHashMap<Likeness, Arc<Attempt>>,
    /// Whether those are kept when pods come, though their reasons may be others then.
    keeps_reasons: bool,
}

/// Pods of a kind are alike, and one that is nominated is like itself alone.
pub(super) type Likeness = (PodSpecId, Option<PodId>);

impl Hopeless {
    /// Attempts are kept when pods come, though their reasons may be others then.
    pub(super) fn keep_reasons(&mut self) {
        self.keeps_reasons = true;
    }
    /// Forgets what may be true no longer.
    fn renew(&mut self, cluster: &ClusterState) {
        let (versions, openings) = (cluster.versions(), cluster.openings());
        if self.versions == versions {
            return;
        }
        let only_fuller = self.openings == openings && self.versions[1..] == versions[1..];
        if !only_fuller || !self.keeps_reasons {
            self.for_want_of_room.clear();
        }
        self.attempts.clear();
        (self.versions, self.openings) = (versions, openings);
    }
    /// What became of a pod like it, if nothing changed since that could help it.
    pub(super) fn get(&mut self, cluster: &ClusterState, like: Likeness) -> Option<Arc<Attempt>> {
        self.renew(cluster);
        self.for_want_of_room.get(&like).or_else(|| self.attempts.get(&like)).cloned()
    }
    /// To be called after [`get`](Self::get).
    pub(super) fn insert(&mut self, like: Likeness, attempt: Arc<Attempt>) {
        let attempts = if attempt.wants_room { &mut self.for_want_of_room } else { &mut self.attempts };
        attempts.insert(like, attempt);
    }
}
