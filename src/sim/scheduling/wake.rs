//! The scheduler is told what happens, and called when a pod can be tried.

use crate::scheduler::{self, EventKind};
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
        let Line::Queue(queue) = &mut self.turns.line else { return };
        if !queue.has_unschedulable() {
            return;
        }
        let cluster = &self.cluster;
        let now = self.queue.now();
        match news {
            News::NodeAdded(node) | News::NodeTaints(node) => {
                let kind = match news {
                    News::NodeAdded(_) => EventKind::NodeAdded,
                    _ => EventKind::NodeTaints,
                };
                queue.happened(kind, now, |pod| scheduler::admits(cluster, pod, node));
            }
            News::PodAssigned(other) | News::PodUpdated(other) => {
                let kind = match news {
                    News::PodAssigned(_) => EventKind::PodAssigned,
                    _ => EventKind::PodUpdated,
                };
                queue.happened(kind, now, |pod| scheduler::waits_for(cluster, pod, other));
            }
            News::PodDeleted => queue.happened(EventKind::PodDeleted, now, |_| true),
            News::VolumesBound => {
                for kind in [EventKind::ClaimUpdated, EventKind::VolumeUpdated] {
                    queue.happened(kind, now, |_| true);
                }
            }
            News::Nothing => return,
        }
        self.call_scheduler();
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
