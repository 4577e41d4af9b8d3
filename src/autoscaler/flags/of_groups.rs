//! What holds for a group: its own word, else the flags'.

use super::Flags;
use super::group_options::GroupOptions;
use crate::id::GroupId;
use crate::units::SimDuration;

impl Flags {
    fn own(&self, group: Option<GroupId>) -> GroupOptions {
        group.and_then(|group| self.of_groups.get(group).copied()).unwrap_or_default()
    }
    /// From which utilization on a node of the group stays.
    pub(crate) fn threshold(&self, group: Option<GroupId>, counts_gpus: bool) -> f64 {
        match counts_gpus {
            true => self.own(group).gpu_utilization_threshold.unwrap_or(self.scale_down_gpu_utilization_threshold),
            false => self.own(group).utilization_threshold.unwrap_or(self.scale_down_utilization_threshold),
        }
    }
    /// How long a node of the group is unneeded before it goes.
    pub(crate) fn unneeded_time(&self, group: Option<GroupId>, is_ready: bool) -> SimDuration {
        match is_ready {
            true => self.own(group).unneeded_time.unwrap_or(self.scale_down_unneeded_time),
            false => self.own(group).unready_time.unwrap_or(self.scale_down_unready_time),
        }
    }
    /// How long after its creation a node of the group that is not Ready is on its way; then it is unready. Upstream:
    /// `MaxNodeStartupTime`, 15 minutes in versions without the flag.
    pub(in crate::autoscaler) fn startup_time(&self, group: Option<GroupId>) -> SimDuration {
        self.own(group).startup_time.unwrap_or(self.max_node_startup_time)
    }
    /// Whether pods of DaemonSets do not count as use of a node of the group.
    pub(in crate::autoscaler) fn ignores_daemon_sets(&self, group: Option<GroupId>) -> bool {
        self.own(group).ignores_daemon_sets.unwrap_or(self.ignore_daemonsets_utilization)
    }
    /// All such times of any group.
    pub(in crate::autoscaler) fn unneeded_times(&self) -> impl Iterator<Item = SimDuration> + '_ {
        let own = self.of_groups.values().flat_map(|own| [own.unneeded_time, own.unready_time]).flatten();
        [self.scale_down_unneeded_time, self.scale_down_unready_time].into_iter().chain(own)
    }
}
