//! How long nodes and pods take until they have settled.
//!
//! A pilot is simulated at the demand of the start until nothing has come, gone or been rescaled for as long as any
//! controller waits before it acts. What never settles is left alone after a day.

use crate::hpa::{Flags, HpaSpec, ScalingRules};
use crate::sim::{Simulation, Start};
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, LatencyMode};
use std::sync::Arc;

/// The longest warm-up.
const LONGEST: SimDuration = SimDuration::from_hours(24);
/// How often the pilot is looked at.
const LOOKS: SimDuration = SimDuration::from_mins(1);
/// Warm-ups are told in these.
const GRAIN: SimDuration = SimDuration::from_mins(5);
/// While somebody waits or starts, nothing may change for so long: longer than Cluster Autoscaler leaves a group alone
/// that has failed (`--max-node-group-backoff-duration`, 30 min) and a kubelet a container that crashes (5 min).
const WITH_WAITING: SimDuration = SimDuration::from_mins(40);

/// How long a replication has to be simulated until its nodes and pods have settled at the demand of the start: whole
/// multiples of 5 minutes, at most a day.
///
/// The warm-up that `start` names does not matter. Cost: that of the warm-up; requests are never followed one by one.
pub fn settling_time(start: Start) -> SimDuration {
    let cast = by_formulas(start.cast);
    let patience = patience(&cast);
    let start = Start { cast, warm_up: LONGEST, keep_log: false, ..start };
    let begins = start.begins();
    let mut pilot = Simulation::new(start);
    let (mut seen, mut since) = (Seen::default(), begins);
    let mut now = begins;
    while now < SimTime::ZERO {
        now += LOOKS;
        pilot.run_until(now - SimDuration::from_nanos(1));
        let sees = Seen::of(&pilot);
        let wanted = if sees.waiting > 0 { patience.max(WITH_WAITING) } else { patience };
        if sees != seen {
            (seen, since) = (sees, now);
        } else if now - since >= wanted {
            break;
        }
    }
    (SimTime::ZERO + (now - begins)).next_multiple_of(GRAIN).since(SimTime::ZERO)
}

/// The cast in the fast latency mode.
fn by_formulas(cast: Arc<Cast>) -> Arc<Cast> {
    if cast.traffic.as_ref().is_none_or(|traffic| traffic.mode == LatencyMode::Fast) {
        return cast;
    }
    let mut cast = Arc::unwrap_or_clone(cast);
    cast.traffic.iter_mut().for_each(|traffic| traffic.mode = LatencyMode::Fast);
    Arc::new(cast)
}

/// For how long a controller that is about to act may have looked on.
fn patience(cast: &Cast) -> SimDuration {
    let of_hpas = cast.hpas.iter().map(|hpa| patience_of(&hpa.spec, &cast.hpa_flags));
    let of_nodes = cast.autoscaler.iter().flat_map(|flags| {
        let unneeded = cast.groups.ids().map(|group| flags.unneeded_time(Some(group), true));
        unneeded.chain([flags.scale_down_delay_after_add, flags.scale_down_delay_after_delete])
    });
    of_hpas.chain(of_nodes).max().unwrap_or_default() + LOOKS
}

/// An HPA looks back over its windows, and over the periods of its policies.
fn patience_of(spec: &HpaSpec, flags: &Flags) -> SimDuration {
    let of_rules = |rules: &ScalingRules| {
        let periods = rules.policies.iter().map(|policy| policy.period);
        periods.max().unwrap_or_default().max(rules.stabilization_window)
    };
    match &spec.behavior {
        Some(behavior) => of_rules(&behavior.scale_up).max(of_rules(&behavior.scale_down)),
        None => flags.downscale_stabilization,
    }
}

/// What has happened so far, and what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Pods created, rescales, nodes that came and went, scale-ups, evictions.
    turns: u64,
    /// Pods and nodes that leave or start.
    waiting: i64,
    nodes: i64,
}

impl Seen {
    fn of(pilot: &Simulation) -> Seen {
        let counts = &pilot.shared.counts;
        let mut seen = Seen { turns: counts.evictions, waiting: 0, nodes: counts.nodes.value() };
        for row in counts.workloads.values() {
            seen.turns += row.created + row.rescales;
            seen.waiting += row.pending.value() + row.starting.value() + row.terminating.value();
        }
        for row in counts.groups.values() {
            seen.turns += row.added + row.removed + row.scale_ups;
            seen.waiting += row.instances.value() - row.nodes.value();
        }
        seen
    }
}
