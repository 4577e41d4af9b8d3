//! The versions of a workload: which pods are of which, and which of them get requests.

use crate::cluster::{PodId, PodSpecId};
use crate::sim::log::Occurrence;
use crate::sim::pods::life::Owner;
use crate::sim::shared::Shared;
use crate::units::SimTime;
use crate::world::{WorkloadId, WorkloadKind};

impl Shared {
    /// A rollout that is under way has done all it can.
    pub(crate) fn finish_rollout(&mut self, now: SimTime, id: WorkloadId) {
        if std::mem::take(&mut self.workloads[id].rolling) {
            self.rollout_ends(now, id, Occurrence::DeployFinished(id));
        }
    }

    /// A rollout begins or takes another course: pods go because of that, and come, if it asks for new ones.
    pub(in crate::sim) fn rollout_turns(
        &mut self,
        now: SimTime,
        id: WorkloadId,
        what: Occurrence,
        asks_for_pods: bool,
    ) {
        // One that begins has nothing to do with the last one.
        let before = self.workloads[id].rollout_because.filter(|_| !matches!(what, Occurrence::DeployStarted(_)));
        let record = self.log.push(now, what, before);
        let state = &mut self.workloads[id];
        (state.rollout_because, state.fewer_because) = (record, record);
        if asks_for_pods {
            state.more_because = record;
        }
    }

    /// A rollout is complete, or said to be stuck.
    pub(in crate::sim) fn rollout_ends(&mut self, now: SimTime, id: WorkloadId, what: Occurrence) {
        self.log.push(now, what, self.workloads[id].rollout_because);
        if matches!(self.cast.workloads[id].kind, WorkloadKind::DaemonSet(_)) {
            // From now on its pods come with their nodes again.
            self.workloads[id].more_because = None;
        }
    }

    /// Whether a pod was made from its workload's current template.
    pub(crate) fn is_updated(&self, pod: PodId) -> bool {
        match self.lives[pod].owner {
            Owner::Workload(id) => self.lives[pod].revision == self.workloads[id].current,
            Owner::Trace(_) => true,
        }
    }

    /// Whether requests are sent to a pod of this workload once it is ready.
    pub(crate) fn has_traffic(&self, id: WorkloadId, pod: PodId) -> bool {
        self.workloads[id].serving.is_none_or(|set| self.lives[pod].revision == set)
    }

    /// How many times the cpu of the profile a request costs the versions that have the traffic; the mean over
    /// their ready pods.
    pub(crate) fn cpu_factor(&self, id: WorkloadId) -> f64 {
        let state = &self.workloads[id];
        if state.templates.len() == 1 {
            return 1.0;
        }
        let (mut sum, mut pods) = (0.0, 0u32);
        for pod in state.pods.iter().filter(|pod| self.cluster.pod(**pod).is_ready() && self.has_traffic(id, **pod)) {
            sum += self.factor_of(id, state.templates[self.lives[*pod].revision as usize]);
            pods += 1;
        }
        if pods == 0 { 1.0 } else { sum / f64::from(pods) }
    }

    fn factor_of(&self, id: WorkloadId, template: PodSpecId) -> f64 {
        let deploys = self.cast.deploys.iter();
        let mut own = deploys.filter(|deploy| deploy.workload == id && deploy.template == template);
        own.next().map_or(1.0, |deploy| deploy.cpu_factor)
    }

    pub(crate) fn ready_pods(&self, id: WorkloadId, set: u32) -> Vec<PodId> {
        let ready = |pod: &PodId| {
            let row = self.cluster.pod(*pod);
            self.lives[*pod].revision == set && row.is_ready() && !row.is_terminating()
        };
        self.workloads[id].pods.iter().copied().filter(ready).collect()
    }
}
