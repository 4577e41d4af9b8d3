//! What a stress is, and which there are where nobody says.

use crate::intern::Symbol;
use crate::traffic::calls::ServiceId;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, GroupId};

/// More traffic than the scenario has, in the stress that is there by default.
const MORE_TRAFFIC: f64 = 1.25;
/// How long a zone or a spot market is gone by default.
const GONE_FOR: SimDuration = SimDuration::from_hours(1);

/// Something that goes wrong, and what it may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Stress {
    /// `loss of the biggest zone`
    pub name: String,
    /// What goes wrong.
    pub kind: StressKind,
    /// When; at the busiest hour, and for losses at the quietest too, if absent.
    pub at: Option<SimTime>,
    /// How long, for what has an end.
    pub lasts: SimDuration,
    /// What it may do.
    pub limits: Limits,
}

/// Kinds of stresses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StressKind {
    /// A zone is out; the one with the most pods if absent.
    ZoneLoss(Option<Symbol>),
    /// A node is gone at once: of this group, or of any. The one whose loss takes the largest share of a service's pods.
    NodeLoss(Option<GroupId>),
    /// This many times the traffic. Above 0.
    Traffic(f64),
    /// This many times the traffic within five minutes; absent is the steepest rise that the demand itself has.
    FlashCrowd(Option<f64>),
    /// All of a group's spot instances get their notice, and there are no new ones; absent is the spot group with the most pods.
    SpotGone(Option<GroupId>),
}

impl StressKind {
    /// Whether something is lost: then it matters how many there were, and the quietest hour is tried too.
    pub(super) fn is_loss(self) -> bool {
        matches!(self, StressKind::ZoneLoss(_) | StressKind::NodeLoss(_) | StressKind::SpotGone(_))
    }
}

/// What a stress may do to users and pods.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The share of a service's requests that may fail in any five minutes, 0..=1.
    pub errors: f64,
    /// Other shares for single services.
    pub errors_of: Vec<(ServiceId, f64)>,
    /// How long a pod may be without a node.
    pub pending: SimDuration,
    /// The P95 of the slowest route in seconds, as a mean of five minutes, once pods had the time to be placed again.
    pub latency_s_p95: Option<f64>,
}

impl Default for Limits {
    /// At most 5 % of a service's requests fail in any five minutes, and a pod is without a node for at most 15 minutes.
    fn default() -> Self {
        Limits {
            errors: 0.05,
            errors_of: Vec::new(),
            pending: SimDuration::from_mins(15),
            latency_s_p95: None,
        }
    }
}

/// The stresses that a setting must survive where the scenario names none: as far as there is something to lose.
pub(super) fn defaults(cast: &Cast) -> Vec<Stress> {
    let stress = |name: &str, kind| Stress {
        name: name.to_owned(),
        kind,
        at: None,
        lasts: GONE_FOR,
        limits: Limits::default(),
    };
    let mut zones: Vec<Symbol> = cast.groups.values().flat_map(|group| group.zones.iter().copied()).collect();
    zones.sort_unstable();
    zones.dedup();
    let all = [
        (zones.len() > 1, stress("loss of the biggest zone", StressKind::ZoneLoss(None))),
        (!cast.groups.is_empty(), stress("loss of any one node", StressKind::NodeLoss(None))),
        (cast.traffic.is_some(), stress("traffic x1.25", StressKind::Traffic(MORE_TRAFFIC))),
        (cast.traffic.is_some(), stress("a flash crowd", StressKind::FlashCrowd(None))),
        (cast.groups.values().any(|group| group.spot), stress("spot gone for an hour", StressKind::SpotGone(None))),
    ];
    all.into_iter().filter_map(|(applies, stress)| applies.then_some(stress)).collect()
}
