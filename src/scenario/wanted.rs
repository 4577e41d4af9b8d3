//! What a scenario asks of a recommendation, checked: what may change, what it must survive, what stays, how it is tested.
//!
//! Nothing here is simulated by a run: the search reads it.

use super::file::Varied;
use crate::id::GroupId;
use crate::intern::Symbol;
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Limits, Objective, Promised};
use serde::{Deserialize, Serialize};

/// What is asked of a recommendation.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What may change; never empty.
    pub knobs: Vec<WantedKnob>,
    /// What a setting must survive; absent where the scenario does not say: [`Stress::usual`].
    pub against: Option<Vec<Stress>>,
    /// What stays as redundant as it is.
    pub keep: Keep,
    /// What a setting is tested on; absent where the scenario does not say.
    pub hold_back: Option<HoldBack>,
    /// How long the search may be; absent where the scenario does not say.
    pub budget: Option<SearchBudget>,
    /// The chance with which a setting is to keep the objectives in the next period: 0.5 to less than 1.
    pub confidence: f64,
    /// Limits are this share lower where a setting is searched: 0 to less than 1.
    pub margin: f64,
}

impl Wanted {
    /// The chance where nothing is said.
    pub const CONFIDENCE: f64 = 0.95;
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted {
            knobs: KnobKind::USUAL.map(WantedKnob::Kind).to_vec(),
            against: None,
            keep: Keep::default(),
            hold_back: None,
            budget: None,
            confidence: Self::CONFIDENCE,
            margin: 0.0,
        }
    }
}

/// Something that may change.
#[derive(Clone, Debug, PartialEq)]
pub enum WantedKnob {
    /// Wherever there is one.
    Kind(KnobKind),
    /// At one place, between values of the user's own.
    Path {
        /// A path of `--set`, or an alias such as `hpa.max`.
        path: String,
        /// As `sweep.vary` has them.
        values: Varied,
    },
}

/// What can change. Answers name it as a scenario does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KnobKind {
    /// The minimum of every HPA and node group.
    Min,
    /// Their maximum.
    Max,
    /// The cpu target of every HPA.
    Target,
    /// How long HPAs wait before they scale up, and how fast they do.
    ScaleUp,
    /// How long they wait before they scale down, and how fast they do.
    ScaleDown,
    /// The machine types of node groups.
    InstanceTypes,
    /// The share of spot capacity.
    SpotShare,
    /// Cluster Autoscaler's `--scale-down-utilization-threshold`.
    UtilizationThreshold,
    /// Its `--scale-down-unneeded-time`.
    UnneededTime,
    /// Its `--expander`.
    Expander,
    /// What the pods of workloads with traffic request.
    Requests,
    /// Minima by the clock.
    Schedule,
}

impl KnobKind {
    /// What may change where nothing is said.
    pub const USUAL: [KnobKind; 3] = [KnobKind::Min, KnobKind::Max, KnobKind::Target];
    /// All, in order.
    pub const ALL: [KnobKind; 12] = [
        KnobKind::Min,
        KnobKind::Max,
        KnobKind::Target,
        KnobKind::ScaleUp,
        KnobKind::ScaleDown,
        KnobKind::InstanceTypes,
        KnobKind::SpotShare,
        KnobKind::UtilizationThreshold,
        KnobKind::UnneededTime,
        KnobKind::Expander,
        KnobKind::Requests,
        KnobKind::Schedule,
    ];

    /// As a scenario names it.
    pub fn name(self) -> &'static str {
        match self {
            KnobKind::Min => "min",
            KnobKind::Max => "max",
            KnobKind::Target => "target",
            KnobKind::ScaleUp => "scaleUp",
            KnobKind::ScaleDown => "scaleDown",
            KnobKind::InstanceTypes => "instanceTypes",
            KnobKind::SpotShare => "spotShare",
            KnobKind::UtilizationThreshold => "utilizationThreshold",
            KnobKind::UnneededTime => "unneededTime",
            KnobKind::Expander => "expander",
            KnobKind::Requests => "requests",
            KnobKind::Schedule => "schedule",
        }
    }
}

/// Something bad that a setting must survive.
#[derive(Clone, Debug, PartialEq)]
pub struct Stress {
    /// What it is called; no two have the same name.
    pub name: String,
    /// What happens.
    pub kind: StressKind,
    /// When it begins; absent: in the busiest hour.
    pub at: Option<SimTime>,
    /// What is promised while it is so, in place of the scenario's objectives.
    pub promised: Promised,
}

/// What happens in a stress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StressKind {
    /// All nodes of a zone are lost, and none starts there.
    ZoneLoss {
        /// Which; absent: the one with the most nodes.
        zone: Option<Symbol>,
        /// For how long.
        lasts: SimDuration,
    },
    /// A node is lost; absent: the one whose loss takes the largest share of a service's pods.
    NodeLoss(Option<GroupId>),
    /// So many times the demand, all the time. Above 0.
    Traffic(f64),
    /// A crowd; absent: the worst that the traffic has.
    FlashCrowd(Option<Crowd>),
    /// A spot group loses its nodes and gets none.
    SpotGone {
        /// Which; absent: each spot group in turn.
        group: Option<GroupId>,
        /// For how long.
        lasts: SimDuration,
    },
}

/// A crowd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crowd {
    /// So many times the demand at its height. Above 1.
    pub factor: f64,
    /// How long it stays.
    pub lasts: SimDuration,
}

impl Stress {
    /// How long a zone is out, or spot capacity is gone, where nothing is said.
    pub const LASTS: SimDuration = SimDuration::from_hours(1);
    /// How much more traffic there is where nothing is said.
    const MORE_TRAFFIC: f64 = 1.25;

    /// What is promised in a stress that says nothing else: at most 5 % of a service's requests fail in any five minutes, and no pod waits longer than 15
    /// minutes for a node.
    pub fn usual_promise() -> Promised {
        Promised {
            objective: Objective { latency_s_p95: None, error_rate: Some(0.05) },
            limits: Limits { pending: Some(SimDuration::from_mins(15)), ..Limits::default() },
            ..Promised::default()
        }
    }

    /// What a setting must survive where the scenario does not say, as far as it can happen: the largest zone is out for an hour, a node
    /// is lost, there is a quarter more traffic, the worst crowd of the traffic comes, a spot group is empty for an hour.
    pub fn usual(cast: &Cast) -> Vec<Stress> {
        let has_zones = cast.groups.values().any(|group| group.zones.len() > 1);
        let has_spot = cast.groups.values().any(|group| group.spot);
        let has_traffic = cast.traffic.is_some();
        let kinds = [
            (has_zones, StressKind::ZoneLoss { zone: None, lasts: Self::LASTS }),
            (!cast.groups.is_empty(), StressKind::NodeLoss(None)),
            (has_traffic, StressKind::Traffic(Self::MORE_TRAFFIC)),
            (has_traffic, StressKind::FlashCrowd(None)),
            (has_spot, StressKind::SpotGone { group: None, lasts: Self::LASTS }),
        ];
        let usual =
            |kind: StressKind| Stress { name: kind.name(cast), kind, at: None, promised: Self::usual_promise() };
        kinds.into_iter().filter(|(happens, _)| *happens).map(|(_, kind)| usual(kind)).collect()
    }
}

impl StressKind {
    /// What it is called where the scenario gives it no name: `loss of the largest zone`.
    pub fn name(self, cast: &Cast) -> String {
        let group = |id: GroupId| cast.groups[id].name.as_str();
        match self {
            StressKind::ZoneLoss { zone: None, .. } => "loss of the largest zone".to_owned(),
            StressKind::ZoneLoss { zone: Some(zone), .. } => format!("loss of {}", cast.cluster.symbols.text(zone)),
            StressKind::NodeLoss(None) => "loss of any node".to_owned(),
            StressKind::NodeLoss(Some(id)) => format!("loss of a node of {}", group(id)),
            StressKind::Traffic(factor) => format!("traffic x{factor}"),
            StressKind::FlashCrowd(None) => "the worst flash crowd".to_owned(),
            StressKind::FlashCrowd(Some(crowd)) => format!("flash crowd x{} for {}", crowd.factor, crowd.lasts),
            StressKind::SpotGone { group: None, .. } => "no spot capacity".to_owned(),
            StressKind::SpotGone { group: Some(id), .. } => format!("no spot capacity in {}", group(id)),
        }
    }
}

/// What stays as redundant as it is, beside groups with pods of StatefulSets, with taints or without traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// All that runs in these namespaces, and the groups that it runs on.
    pub namespaces: Vec<Symbol>,
    /// These groups too.
    pub groups: Vec<GroupId>,
    /// How many nodes such a group keeps.
    pub redundancy: Redundancy,
}

/// How many nodes a group keeps at least; never more than its minimum is today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redundancy {
    /// As many as it has zones, and as what runs there has replicas.
    #[default]
    Zones,
    /// So many.
    Nodes(u32),
    /// None: groups are as free as the others.
    None,
}

/// What a setting is tested on that the search has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HoldBack {
    /// The end of the traces: a share of them, above 0 and below 1.
    Share(f64),
    /// So many fresh weeks, at least 1.
    Weeks(u32),
}

/// How long a search may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchBudget {
    /// So many replications, at least 1.
    Replications(u32),
    /// So long, more than nothing.
    Time(SimDuration),
}
