//! Which nodes count on which: where the legacy planner's simulations moved the pods of a node.

use crate::cluster::NodeId;
use crate::units::SimTime;
use std::collections::BTreeMap;

/// How many links per node are kept apart. Upstream: `maxUsageRecorded`.
const MOST_LINKS: usize = 50;

/// Links to other nodes, with the last simulation that made each.
#[derive(Clone, Debug, Default)]
struct Links {
    nodes: BTreeMap<NodeId, SimTime>,
    /// There were more: who they are is not known.
    overflow: bool,
}

impl Links {
    fn note(&mut self, node: NodeId, now: SimTime) {
        if self.nodes.len() >= MOST_LINKS {
            self.overflow = true;
        } else {
            self.nodes.insert(node, now);
        }
    }
    /// Forgets what is older than `oldest`; whether something is left.
    fn keep_from(&mut self, oldest: SimTime) -> bool {
        if !self.overflow {
            self.nodes.retain(|_, at| *at >= oldest);
        }
        self.overflow || !self.nodes.is_empty()
    }
}

#[derive(Clone, Debug, Default)]
struct Record {
    using: Links,
    used_by: Links,
}

/// Upstream: `simulator.UsageTracker`, 1.28.0.
#[derive(Clone, Debug, Default)]
pub(in crate::autoscaler) struct Usage {
    records: BTreeMap<NodeId, Record>,
}

impl Usage {
    /// A pod of `node` found a place on `target`.
    pub(in crate::autoscaler) fn register(&mut self, node: NodeId, target: NodeId, now: SimTime) {
        self.records.entry(node).or_default().using.note(target, now);
        self.records.entry(target).or_default().used_by.note(node, now);
    }

    /// Forgets nodes from `first` on: they were in one loop's what-if only.
    pub(in crate::autoscaler) fn forget_from(&mut self, first: NodeId) {
        self.records.split_off(&first);
        for record in self.records.values_mut() {
            record.using.nodes.split_off(&first);
        }
    }

    /// Forgets links older than `oldest`.
    pub(in crate::autoscaler) fn clean_up(&mut self, oldest: SimTime) {
        self.records.retain(|_, record| record.using.keep_from(oldest) | record.used_by.keep_from(oldest));
    }

    /// A node goes and its pods fill the nodes that it amounts on: the nodes that count on these too, itself among
    /// them; nothing stands for all. Upstream: `RemoveNodeFromTracker`.
    pub(in crate::autoscaler) fn remove(&mut self, node: NodeId) -> Option<Vec<NodeId>> {
        let affected = self.rivals(node);
        let record = self.records.remove(&node).unwrap_or_default();
        for target in record.using.nodes.keys() {
            self.change(*target, |other| other.used_by.nodes.remove(&node));
        }
        for source in record.used_by.nodes.keys() {
            self.change(*source, |other| other.using.nodes.remove(&node));
        }
        affected
    }

    fn change(&mut self, node: NodeId, change: impl FnOnce(&mut Record) -> Option<SimTime>) {
        self.records.get_mut(&node).and_then(change);
    }

    fn rivals(&self, node: NodeId) -> Option<Vec<NodeId>> {
        let mut rivals = vec![node];
        let Some(record) = self.records.get(&node) else { return Some(rivals) };
        if record.using.overflow {
            return None;
        }
        for target in record.using.nodes.keys().filter_map(|target| self.records.get(target)) {
            if target.used_by.overflow {
                return None;
            }
            rivals.extend(target.used_by.nodes.keys());
        }
        Some(rivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn node(number: usize) -> NodeId {
        NodeId::from_index(number)
    }
    fn at(seconds: i64) -> SimTime {
        SimTime::from_secs(seconds)
    }
    fn sorted(affected: Option<Vec<NodeId>>) -> Option<Vec<usize>> {
        let mut list: Vec<usize> = affected?.into_iter().map(Id::index).collect();
        list.sort_unstable();
        list.dedup();
        Some(list)
    }

    #[test]
    fn nodes_that_count_on_the_same_ones_are_affected() {
        let mut usage = Usage::default();
        for (from, to) in [(1, 8), (1, 9), (2, 8), (3, 9), (4, 7), (8, 1)] {
            usage.register(node(from), node(to), at(0));
        }
        assert_eq!(sorted(usage.remove(node(1))), Some(vec![1, 2, 3]), "not 4, and not 8, which counts on 1");
        assert_eq!(sorted(usage.remove(node(2))), Some(vec![2]), "1 is forgotten");
        assert_eq!(sorted(usage.remove(node(8))), Some(vec![8]));
        assert_eq!(sorted(usage.remove(node(5))), Some(vec![5]), "a node that was never simulated");
    }

    #[test]
    fn links_age_unless_there_were_too_many() {
        let mut usage = Usage::default();
        usage.register(node(1), node(9), at(0));
        usage.register(node(2), node(9), at(5));
        usage.clean_up(at(5));
        assert_eq!(sorted(usage.remove(node(2))), Some(vec![2]), "the link of 1 is too old");
        usage.clean_up(at(6));
        assert!(usage.records.is_empty());
        (100..151).for_each(|from| usage.register(node(from), node(9), at(0)));
        usage.clean_up(at(100));
        usage.register(node(1), node(9), at(100));
        assert_eq!(usage.remove(node(1)), None, "51 nodes count on 9: who they are is not known");
    }

    #[test]
    fn a_node_that_counts_on_too_many_affects_all() {
        let mut usage = Usage::default();
        (100..150).for_each(|to| usage.register(node(1), node(to), at(0)));
        assert_eq!(sorted(usage.rivals(node(1))), Some(vec![1]));
        usage.register(node(1), node(100), at(1));
        assert_eq!(usage.remove(node(1)), None, "even a known one is one too many, as upstream counts");
    }
}
