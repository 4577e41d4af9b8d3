//! Counting begins: what is counted starts anew, and what is there goes on.
//!
//! A warm-up is simulated at negative times. Controllers, queues and caches keep what they have learnt in it; the bill, the
//! counts, the histograms, the timeline and the log know nothing of it. Where somebody counts from later than time 0 - from the blow of a
//! stress on - what was before is in the bill, in the timeline and in the log all the same.

use crate::cluster::PodId;
use crate::id::Id;
use crate::scheduler::PluginSet;
use crate::sim::Simulation;
use crate::sim::burn::Before;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::state::Cloud;
use crate::sim::log::{Cause, Occurrence};
use crate::sim::outcome::ServiceLevels;
use crate::sim::provisioning::state::{LoggedReasons, Shown};
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::InstanceId;

impl Simulation {
    /// The end of the warm-up, or of what is not to be counted; before anything else of that instant.
    pub(super) fn counting_begins(&mut self, now: SimTime) {
        // What is in hand then belongs to what was before.
        self.traffic_step(now);
        let Simulation { shared, cloud, serving, provisioning, recorder, .. } = self;
        shared.counts = shared.counts.anew(now);
        shared.metering.counting_begins();
        let before = if now > SimTime::ZERO { Before::Calm } else { Before::Nothing };
        shared.load.iter_mut().for_each(|load| load.forget_sums(before));
        serving.service_levels = ServiceLevels::default();
        recorder.forget();
        shared.log.counting_begins();
        if shared.log.is_on() {
            cloud.tell_who_is_there(shared, now);
            shared.tell_who_is_there(now);
            // Reasons are told again in the first loop, even if nothing changes.
            (provisioning.logged, provisioning.shown) = (LoggedReasons::default(), Shown::default());
        }
    }
}

impl Cloud {
    /// A record for each instance that is paid for.
    fn tell_who_is_there(&mut self, shared: &mut Shared, now: SimTime) {
        for id in (0..self.instances.len()).map(InstanceId::from_index) {
            let instance = &self.instances[id];
            let lives = matches!(instance.state, InstanceState::Creating | InstanceState::Running);
            let leaves = instance.node.is_some_and(|node| shared.cluster.has_node(node));
            if (lives || leaves) && shared.accounts.is_billed(id) {
                let record = shared.log.push(now, Occurrence::NodeAtStart(self.launched(id)), Cause::Start);
                self.instances[id].launched_because = record;
            }
        }
    }
}

impl Shared {
    /// A record for each volume, and for each pod on a node.
    fn tell_who_is_there(&mut self, now: SimTime) {
        for workload in self.cast.workloads.ids() {
            for when_bound in [false, true] {
                for ordinal in self.metering.volumes(workload, when_bound) {
                    let what = Occurrence::Volumes { workload, ordinal, there: true, when_bound };
                    self.log.push(now, what, Cause::Start);
                }
            }
        }
        for pod in (0..self.cluster.pod_id_bound()).map(PodId::from_index) {
            let row = self.cluster.pod(pod);
            let (is_present, node) = (row.is_present(), row.node());
            if let (true, Some(node)) = (is_present, node) {
                let record = self.log.push(now, Occurrence::PodAtStart { pod, node }, Cause::Start);
                self.lives[pod].because = record;
                self.node_took_pod(node, record);
            }
            if self.lives[pod].waits && is_present && node.is_none() {
                let message = self.log.say("it has waited since before the start".to_owned());
                let what = Occurrence::Waits { pod, refused_by: PluginSet::EMPTY, message };
                self.lives[pod].because = self.log.push(now, what, Cause::Start);
            }
            // Why, it says when it is looked at again.
            self.lives[pod].waits = false;
        }
    }
}
