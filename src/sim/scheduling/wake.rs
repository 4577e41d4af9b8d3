//! The scheduler is told what happens, and called when a pod can be tried.

use crate::cluster::Taint;
use crate::scheduler::{self, EventKind, Happening, Plugin, Rules};
use crate::sim::event::{Event, Rank};
use crate::sim::scheduling::turns::{Line, News};
use crate::sim::shared::Shared;

impl Shared {
    /// A node or a pod changed, which may let a pending pod be placed.
    pub(crate) fn wake_scheduler(&mut self, news: News) {
        match &self.turns.line {
            Line::Pass(pods) if !pods.is_empty() => self.call_scheduler(),
            Line::Pass(_) => {}
            Line::Queue(_) => self.tell_scheduler(news),
        }
    }

    /// As [`wake_scheduler`](Self::wake_scheduler) for what the recordings' world does not look at.
    pub(crate) fn tell_scheduler(&mut self, news: News) {
        let rules = self.turns.profiles.rules();
        let before = if rules.queueing_hints { self.told_before(news) } else { None };
        let Line::Queue(queue) = &mut self.turns.line else { return };
        if !queue.has_unschedulable() {
            return;
        }
        let (cluster, profiles) = (&self.cluster, &self.turns.profiles);
        let now = self.queue.now();
        let Some((kind, happening)) = event(news, before.as_ref(), rules) else { return };
        if rules.queueing_hints {
            queue.happened(kind, now, |pod, asking| {
                let profile = profiles.of(cluster.spec_of(pod).scheduler);
                asking.any(|plugin| scheduler::may_help(cluster, profile, (pod, plugin), happening))
            });
        } else {
            queue.happened(kind, now, |pod, asking| match happening {
                Happening::NodeAdded(node) | Happening::NodeTaints { node, .. } => {
                    scheduler::admits(cluster, pod, node, rules)
                }
                Happening::PodAssigned(other) => {
                    (rules.spread_hears_of_pods && asking.any(|plugin| plugin == Plugin::PodTopologySpread))
                        || scheduler::waits_for(cluster, pod, other)
                }
                _ => true,
            });
        }
        if let (News::VolumesBound, Line::Queue(queue)) = (news, &mut self.turns.line) {
            queue.happened(EventKind::VolumeUpdated, now, |_, _| true);
        }
        self.call_scheduler();
    }

    /// What the scheduler knew of a node that changed; from now on it knows how it is.
    fn told_before(&mut self, news: News) -> Option<(Vec<Taint>, bool)> {
        match news {
            News::NodeAdded(node) | News::NodeTaints(node) => {
                let row = self.cluster.node(node);
                self.turns.told.insert(node, (row.taints.to_vec(), row.unschedulable))
            }
            News::NodeDeleted(node) => self.turns.told.remove(&node),
            _ => None,
        }
    }

    /// The scheduler has a turn as soon as a pod can be tried.
    pub(crate) fn call_scheduler(&mut self) {
        let now = self.queue.now();
        let reaction = self.reaction(Rank::scheduler());
        let at = match &self.turns.line {
            Line::Pass(_) => reaction,
            Line::Queue(queue) => match queue.next_time(now) {
                None => return,
                Some(at) => at.max(reaction),
            },
        };
        if self.turns.called.is_none_or(|called| called > at) && at <= self.end {
            self.turns.called = Some(at);
            self.queue.push(at, Event::Schedule);
        }
    }
}

/// The event that a piece of news is for the queue; none for what nobody is told, or what did not change.
fn event<'a>(news: News, before: Option<&'a (Vec<Taint>, bool)>, rules: Rules) -> Option<(EventKind, Happening<'a>)> {
    Some(match news {
        News::NodeAdded(node) => (EventKind::NodeAdded, Happening::NodeAdded(node)),
        News::NodeTaints(node) => match before {
            Some((taints, unschedulable)) => {
                (EventKind::NodeTaints, Happening::NodeTaints { node, taints, unschedulable: *unschedulable })
            }
            None => (EventKind::NodeTaints, Happening::NodeAdded(node)),
        },
        News::NodeDeleted(node) if rules.node_deletion_wakes => (EventKind::NodeDeleted, Happening::NodeDeleted(node)),
        News::PodAssigned(pod) => (EventKind::PodAssigned, Happening::PodAssigned(pod)),
        // Neither its labels nor its requests change: with hints nobody asks.
        News::PodUpdated(pod) => (EventKind::PodUpdated, Happening::PodAssigned(pod)),
        News::PodDeleted(pod) => (EventKind::PodDeleted, Happening::PodDeleted(pod)),
        News::VolumesBound => (EventKind::ClaimUpdated, Happening::Other),
        News::NodeDeleted(_) | News::Nothing => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Effect, NodeId};
    use crate::id::Id;
    use crate::intern::Symbol;
    use crate::release::KubernetesVersion::{self, *};
    use crate::sim::fixture::{Small, node, pod_of};
    use crate::units::SimTime;

    fn taint(shared: &mut Shared, key: &str, effect: Effect) -> Taint {
        Taint { key: shared.cluster.symbols.intern(key), value: Symbol::EMPTY, effect }
    }

    /// Whether a pod that the plugin refused is tried again after what happens to a node that came with a taint.
    fn wakes(version: KubernetesVersion, plugin: Plugin, happens: fn(&mut Shared, NodeId) -> News) -> bool {
        let mut small = Small::new().group("base", 0, |_| {}).deployment("web", 1, |_| {});
        small.timing.lockstep = false;
        small.cast.profiles.set_rules(Rules::of(&version.into()));
        let start = small.start();
        let mut shared = Shared::new(&start);
        shared.workloads[Id::from_index(0)].templates = vec![start.cast.workloads[Id::from_index(0)].template];
        let node = node(&mut shared, "a");
        let not_ready = taint(&mut shared, "not-ready", Effect::NoSchedule);
        shared.cluster.set_taints(node, vec![not_ready]);
        shared.tell_scheduler(News::NodeAdded(node));
        let pod = pod_of(&mut shared, Id::from_index(0));
        let Line::Queue(queue) = &mut shared.turns.line else { panic!("a queue") };
        assert_eq!(queue.pop(SimTime::ZERO), Some(pod));
        queue.failed(pod, [plugin].into_iter().collect(), SimTime::ZERO);
        let news = happens(&mut shared, node);
        shared.tell_scheduler(news);
        let Line::Queue(queue) = &shared.turns.line else { panic!("a queue") };
        !queue.has_unschedulable()
    }

    fn becomes_ready(shared: &mut Shared, node: NodeId) -> News {
        shared.cluster.set_taints(node, Vec::new());
        News::NodeTaints(node)
    }

    #[test]
    fn a_node_that_becomes_ready_wakes_spread_pods_since_1_32() {
        let woken =
            [V1_28, V1_31, V1_32, V1_36].map(|version| wakes(version, Plugin::PodTopologySpread, becomes_ready));
        assert_eq!(woken, [false, false, true, true]);
        for version in [V1_28, V1_34] {
            assert!(wakes(version, Plugin::TaintToleration, becomes_ready), "{version}");
        }
        assert!(!wakes(V1_34, Plugin::NodeResourcesFit, becomes_ready), "it has no more of anything");
    }

    #[test]
    fn a_node_that_goes_wakes_spread_pods_since_1_32() {
        let goes = |shared: &mut Shared, node: NodeId| {
            shared.cluster.remove_node(node);
            News::NodeDeleted(node)
        };
        let woken = [V1_31, V1_32].map(|version| wakes(version, Plugin::PodTopologySpread, goes));
        assert_eq!(woken, [false, true]);
        assert!(!wakes(V1_36, Plugin::TaintToleration, goes));
    }

    #[test]
    fn a_taint_that_comes_helps_nobody() {
        let softer = |shared: &mut Shared, node: NodeId| {
            let (hard, soft) =
                (taint(shared, "not-ready", Effect::NoSchedule), taint(shared, "soft", Effect::PreferNoSchedule));
            shared.cluster.set_taints(node, vec![hard, soft]);
            News::NodeTaints(node)
        };
        assert!(!wakes(V1_33, Plugin::TaintToleration, softer));
        assert!(!wakes(V1_28, Plugin::TaintToleration, softer), "the pre-check refuses it");
    }

    #[test]
    fn a_pod_that_gets_a_node_wakes_spread_pods_since_1_31() {
        let assigned = |shared: &mut Shared, _: NodeId| News::PodAssigned(pod_of(shared, Id::from_index(0)));
        let woken = [V1_30, V1_31].map(|version| wakes(version, Plugin::PodTopologySpread, assigned));
        assert_eq!(woken, [false, true]);
        assert!(!wakes(V1_33, Plugin::PodTopologySpread, assigned), "it has no constraint that counts the other");
    }
}
