//! Values of flags that are more than a number or a text.

use crate::release::KubernetesVersion;
use crate::units::SimDuration;
use regex::Regex;
use std::collections::BTreeMap;

/// `--gpu-total=kind:min:max`: how many GPUs of a kind the cluster may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuLimit {
    /// The kind, as a label of the nodes names it.
    pub kind: String,
    /// At least.
    pub min: i64,
    /// At most.
    pub max: i64,
}

/// `--drain-priority-config=priority:seconds`: how long pods of this priority and above may terminate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrainPriority {
    /// From this priority on.
    pub priority: i32,
    /// How long.
    pub grace: SimDuration,
}

/// What the priority expander's ConfigMap says: regular expressions of group names by priority.
#[derive(Clone, Debug, Default)]
pub struct Priorities {
    /// The highest number is the most wanted.
    pub(in crate::autoscaler) rows: Vec<(i64, Vec<Regex>)>,
}

impl Priorities {
    /// From the expressions' texts. Errors: the expression that is none.
    pub fn new(rows: BTreeMap<i64, Vec<String>>) -> Result<Priorities, String> {
        let one = |text: &String| Regex::new(text).map_err(|_| format!("`{text}` is not a regular expression"));
        let row = |(priority, texts): (i64, Vec<String>)| {
            Ok::<_, String>((priority, texts.iter().map(one).collect::<Result<_, _>>()?))
        };
        Ok(Priorities { rows: rows.into_iter().map(row).collect::<Result<_, _>>()? })
    }
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl PartialEq for Priorities {
    fn eq(&self, other: &Self) -> bool {
        let texts = |rows: &[(i64, Vec<Regex>)]| format!("{rows:?}");
        texts(&self.rows) == texts(&other.rows)
    }
}

/// How one of several options is chosen. Upstream: `expander.AvailableExpanders`, 1.28.0 and 1.31, without `grpc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expander {
    /// Any.
    Random,
    /// That helps the most pods.
    MostPods,
    /// That leaves the least cpu and memory free.
    LeastWaste,
    /// With the fewest new nodes.
    LeastNodes,
    /// That costs the least for what the pods ask for, and fits the size of the cluster.
    Price,
    /// Of the highest priority in the user's ConfigMap.
    Priority,
}

impl Expander {
    pub(super) const ALL: [(&'static str, Expander); 6] = [
        ("random", Expander::Random),
        ("most-pods", Expander::MostPods),
        ("least-waste", Expander::LeastWaste),
        ("least-nodes", Expander::LeastNodes),
        ("price", Expander::Price),
        ("priority", Expander::Priority),
    ];

    /// The version that brought it.
    pub(super) fn since(self) -> KubernetesVersion {
        if self == Expander::LeastNodes { KubernetesVersion::V1_31 } else { KubernetesVersion::OLDEST }
    }
    /// As the flag spells it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, expander)| *expander == self).map_or("", |(name, _)| name)
    }
}
