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
        News::NodeTaints(node) => {
            let (taints, unschedulable) = before.map_or((&[][..], false), |(taints, cordoned)| (taints, *cordoned));
            (EventKind::NodeTaints, Happening::NodeTaints { node, taints, unschedulable })
        }
        News::NodeDeleted(node) if rules.node_deletion_wakes => (EventKind::NodeDeleted, Happening::NodeDeleted(node)),
        News::PodAssigned(pod) => (EventKind::PodAssigned, Happening::PodAssigned(pod)),
        // Neither its labels nor its requests change: with hints nobody asks.
        News::PodUpdated(pod) => (EventKind::PodUpdated, Happening::PodAssigned(pod)),
        News::PodDeleted(pod) => (EventKind::PodDeleted, Happening::PodDeleted(pod)),
        News::VolumesBound => (EventKind::ClaimUpdated, Happening::Other),
        News::NodeDeleted(_) | News::Nothing => return None,
    })
}
