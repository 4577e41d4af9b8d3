//! Reasons of a loop of Cluster Autoscaler, in words.

use crate::autoscaler::{EndedEarly, LeftAside, ResourceName, Unlike, Unremovable};
use crate::cluster::ClusterState;
use crate::units::finite;

pub(super) fn ended_early(why: EndedEarly) -> &'static str {
    match why {
        EndedEarly::NoReadyNode => "not looked at: no node is ready, and --scale-up-from-zero is off",
        EndedEarly::Unhealthy => "not looked at: too many nodes are not ready (--max-total-unready-percentage)",
        EndedEarly::DeletesFailedInstances => "not looked at: instances that failed to launch are deleted first",
        EndedEarly::CorrectsSizes => "not looked at: sizes of groups are corrected first",
    }
}

pub(super) fn left_aside(why: LeftAside) -> &'static str {
    match why {
        LeftAside::Expendable => "no node is added for it: its priority is below --expendable-pods-priority-cutoff",
        LeftAside::OtherScheduler => "no node is added for it: its scheduler is not among --allowed-scheduler-names",
        LeftAside::Nominated => "is taken to get the node that it is nominated to",
        LeftAside::DaemonSet => "no node is added for a DaemonSet's pod",
        LeftAside::TooYoung => "not looked at yet: younger than --new-pod-scale-up-delay or its annotation",
        LeftAside::MoreMayCome => "not looked at yet: all pods are new, more may come",
        LeftAside::ClusterFull => "not looked at: there are --max-nodes-total nodes",
    }
}

pub(super) fn reason(why: &Unremovable) -> String {
    match why {
        Unremovable::BlockedByPod(blocked) => format!("BlockedByPod: {:?}", blocked.reason),
        Unremovable::NotUnderutilized(_) => "NotUnderutilized".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Why new nodes are not divided with another group.
pub(super) fn unlike(cluster: &ClusterState, why: &Unlike) -> String {
    match *why {
        Unlike::Pods => "its nodes do not take all these pods".to_owned(),
        Unlike::NotSafe => "it failed lately or is not ready".to_owned(),
        Unlike::Label(key) => format!("the label {} differs", cluster.symbols.text(key)),
        Unlike::Amount { of, resource, own, other, allowed } => {
            let (name, unit, scale) = match resource {
                ResourceName::Cpu => ("cpu", "", 1000.0),
                ResourceName::Memory => ("memory", " GiB", f64::from(1 << 30)),
                ResourceName::Ephemeral => ("ephemeral-storage", " GiB", f64::from(1 << 30)),
                ResourceName::Pods => ("pods", "", 1.0),
                ResourceName::Scalar(name) => (cluster.symbols.text(name), "", 1.0),
            };
            let amount = |amount: i64| {
                let text = format!("{:.3}", finite(amount as f64 / scale));
                text.trim_end_matches('0').trim_end_matches('.').to_owned() + unit
            };
            let most = match allowed {
                0.0 => "it has to be equal".to_owned(),
                share => format!("{} % are allowed", (share * 1000.0).round() / 10.0),
            };
            format!("{of} of {name} is {}, not {}: {most}", amount(other), amount(own))
        }
    }
}
