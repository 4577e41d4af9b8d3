//! A cast whose time begins later: what a part of a scenario is simulated from.

use super::{
    BlueGreen, Cast, Deploy, Fault, FaultKind, Hpa, Load, Measure, Metered, Signal, TracePod, Workload, WorkloadKind,
};
use crate::units::{SimDuration, SimTime};
use std::sync::Arc;

impl Cast {
    /// The same cluster as it is `by` (at least 0) later: demand, calendar and prices go on from there, and so does all that
    /// happens at a time. What is over then does not happen again: faults that ended, nodes that were lost, rollouts
    /// (their templates are the current ones), pods of a trace that have run, Jobs that were created. Chance is drawn as in any other run; demand's
    /// days and weeks keep their luck.
    ///
    /// Not carried over is what the time before did to the cluster: nodes and pods begin as the cast says.
    pub fn later(&self, by: SimDuration) -> Cast {
        let mut cast = self.clone();
        if by.is_zero() {
            return cast;
        }
        let (earlier, calendar) = (cast.billing.calendar.clone(), cast.billing.calendar.later(by));
        let hours = earlier.start_unix().div_euclid(3600) - calendar.start_unix().div_euclid(3600);
        cast.billing.pledges = Arc::new(cast.billing.pledges.counted_from(hours));
        cast.billing.calendar = Arc::new(calendar);
        if let Some(traffic) = &mut cast.traffic {
            Arc::make_mut(&mut traffic.demand).starts += by;
        }
        cast.faults = cast.faults.iter().filter_map(|fault| fault_later(fault, by)).collect();
        cast.trace = cast.trace.iter().filter_map(|pod| trace_pod_later(*pod, by)).collect();
        cast.metered = cast.metered.iter().map(|row| metered_later(row, by)).collect();
        cast.hpas.iter_mut().for_each(|hpa| hpa_later(hpa, by));
        cast.workloads.iter_mut().for_each(|(_, workload)| workload_later(workload, by));
        for deploy in &mut cast.deploys {
            deploy_later(deploy, &mut cast.workloads[deploy.workload], by);
        }
        cast
    }
}

/// An instant on the later clock; never stays never.
fn shifted(at: SimTime, by: SimDuration) -> SimTime {
    if at == SimTime::MAX { at } else { at - by }
}

/// An instant on the later clock, not before its start.
fn from_start(at: SimTime, by: SimDuration) -> SimTime {
    shifted(at, by).max(SimTime::ZERO)
}

fn fault_later(fault: &Fault, by: SimDuration) -> Option<Fault> {
    let [at, until] = [fault.at, fault.until].map(|time| shifted(time, by));
    let is_past = match fault.kind {
        FaultKind::NodeLost { .. } | FaultKind::SpotNotice { .. } => at < SimTime::ZERO,
        _ => !fault.is_in_force(SimTime::ZERO + by) && at < SimTime::ZERO,
    };
    (!is_past).then(|| Fault { at: at.max(SimTime::ZERO), until, kind: fault.kind.clone() })
}

/// A pod that runs at the start arrives with the work that is left to it.
fn trace_pod_later(pod: TracePod, by: SimDuration) -> Option<TracePod> {
    let arrives = shifted(pod.arrives, by);
    let before = SimTime::ZERO.since(arrives).max(SimDuration::ZERO);
    (before.is_zero() || before < pod.runs).then(|| TracePod {
        arrives: arrives.max(SimTime::ZERO),
        runs: pod.runs - before,
        ..pod
    })
}

fn metered_later(row: &Metered, by: SimDuration) -> Metered {
    let by_what = match &row.by {
        Measure::During { from, until, level } => {
            Measure::During { from: from_start(*from, by), until: from_start(*until, by), level: *level }
        }
        other => other.clone(),
    };
    Metered { item: row.item, by: by_what }
}

fn workload_later(workload: &mut Workload, by: SimDuration) {
    let is_past = shifted(workload.starts, by) < SimTime::ZERO;
    workload.starts = from_start(workload.starts, by);
    match &mut workload.kind {
        WorkloadKind::Job { .. } if is_past => workload.starts = SimTime::MAX,
        WorkloadKind::CronJob { schedule, .. } => *schedule = schedule.later(by),
        _ => {}
    }
    if let Load::CpuDemand { demand_milli, .. } = &mut workload.load {
        let present = demand_milli.partition_point(|(from, _)| *from <= SimTime::ZERO + by).saturating_sub(1);
        demand_milli.drain(..present);
        demand_milli.iter_mut().for_each(|(from, _)| *from = from_start(*from, by));
    }
}

fn hpa_later(hpa: &mut Hpa, by: SimDuration) {
    for minimum in &mut hpa.schedule {
        *minimum = minimum.later(by);
    }
    for (_, signal) in &mut hpa.signals {
        if let Signal::Clock(window) = signal {
            **window = window.later(by);
        }
    }
}

/// A rollout that has begun is taken as done; it stays in the list, for what its version costs is looked up there.
fn deploy_later(deploy: &mut Deploy, workload: &mut Workload, by: SimDuration) {
    deploy.at = shifted(deploy.at, by);
    if deploy.at < SimTime::ZERO {
        workload.template = deploy.template;
        deploy.at = SimTime::MAX;
    }
    let switch = |switch: BlueGreen| BlueGreen { switch_at: from_start(switch.switch_at, by) };
    deploy.blue_green = deploy.blue_green.map(switch);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::intern::Symbol;
    use crate::world::{GroupId, Replacement};

    fn hour(hour: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_hours(hour)
    }

    fn cast(faults: Vec<Fault>) -> Cast {
        Cast { faults, ..Cast::default() }
    }

    #[test]
    fn faults_that_are_over_do_not_happen_again() {
        let lost = FaultKind::NodeLost { group: GroupId::from_index(0), pick: 0, replacement: Replacement::Replace };
        let outage = FaultKind::ZoneOutage(Symbol::EMPTY);
        let fault = |at: i64, until: SimTime, kind: &FaultKind| Fault { at: hour(at), until, kind: kind.clone() };
        let faults = vec![
            fault(1, SimTime::MAX, &lost),
            fault(7, SimTime::MAX, &lost),
            fault(1, hour(2), &outage),
            fault(3, hour(6), &outage),
            fault(4, SimTime::MAX, &outage),
        ];
        let later = cast(faults).later(SimDuration::from_hours(5)).faults;
        let expected = vec![fault(2, SimTime::MAX, &lost), fault(0, hour(1), &outage), fault(0, SimTime::MAX, &outage)];
        assert_eq!(later, expected);
    }

    #[test]
    fn a_pod_of_a_trace_has_the_work_that_is_left() {
        let template = crate::cluster::ClusterState::new().intern_spec(crate::cluster::PodSpec::default());
        let pod = |arrives: i64, hours: i64| TracePod {
            arrives: hour(arrives),
            template,
            runs: SimDuration::from_hours(hours),
        };
        let later = Cast { trace: vec![pod(0, 2), pod(1, 9), pod(6, 1)], ..Cast::default() };
        let rows: Vec<_> =
            later.later(SimDuration::from_hours(4)).trace.iter().map(|pod| (pod.arrives, pod.runs)).collect();
        assert_eq!(rows, [(hour(0), SimDuration::from_hours(6)), (hour(2), SimDuration::from_hours(1))]);
    }

    #[test]
    fn two_steps_are_one() {
        let faults = (0..9)
            .map(|at| Fault { at: hour(at), until: hour(at + 2), kind: FaultKind::NoCapacity(GroupId::from_index(0)) })
            .collect();
        let cast = cast(faults);
        let (three, four) = (SimDuration::from_hours(3), SimDuration::from_hours(4));
        let (twice, once) = (cast.later(three).later(four), cast.later(three + four));
        assert_eq!(twice.faults, once.faults);
        assert_eq!(twice.billing.calendar, once.billing.calendar);
    }
}
