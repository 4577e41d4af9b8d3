//! What happens at a set time: faults and deploys.

use super::values::Time;
use schemars::JsonSchema;
use serde::Deserialize;

/// aws-node-termination-handler, by the names of its chart's values.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TerminationHandler {
    /// Nodes that get a rebalance recommendation are cordoned.
    #[schemars(extend("default" = false), example = true)]
    pub enable_rebalance_monitoring: bool,
    /// They are drained too.
    #[schemars(extend("default" = false), example = true)]
    pub enable_rebalance_draining: bool,
    /// How long before the notice recommendations come; 10 min by default.
    #[schemars(extend("default" = "10m"), example = "5m")]
    pub rebalance_lead: Option<Time>,
}

/// Something that goes wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// When.
    #[schemars(example = "2h")]
    pub at: Time,
    /// For how long; forever if absent.
    #[serde(default, rename = "for")]
    #[schemars(extend("x-default" = "forever"), example = "30m")]
    pub lasts: Option<Time>,
    /// A zone is out.
    #[serde(default)]
    #[schemars(example = "us-east-1a")]
    pub zone_outage: Option<String>,
    /// A node of this group is lost.
    #[serde(default)]
    #[schemars(example = "app-nodes")]
    pub node_lost: Option<String>,
    /// A spot node of this group gets its notice.
    #[serde(default)]
    #[schemars(example = &"spot")]
    pub spot_notice: Option<String>,
    /// A node of this group reports nothing while the fault lasts.
    #[serde(default)]
    #[schemars(example = "app-nodes")]
    pub node_unreachable: Option<String>,
    /// Requests of this group for more nodes fail.
    #[serde(default)]
    #[schemars(example = "app-nodes")]
    pub increase_error: Option<String>,
    /// Nodes of this group launched now never register.
    #[serde(default)]
    #[schemars(example = "app-nodes")]
    pub never_registers: Option<String>,
    /// Containers of this workload stop answering while the fault lasts.
    #[serde(default)]
    #[schemars(example = "order-service")]
    pub containers_hang: Option<String>,
    /// In how many of its ready pods, the oldest first; 1 by default.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "pods"), example = 2)]
    pub pods: Option<u32>,
    /// Which node of the group: its number by name, modulo their number; 0 by default.
    #[serde(default)]
    #[schemars(extend("default" = 0, "x-unit" = "number by name"), example = 1)]
    pub pick: Option<u32>,
    /// What the cloud does about a node that it lost or took.
    #[serde(default)]
    #[schemars(extend("default" = "replace"), example = &"shrink")]
    pub replacement: Option<FaultReplacement>,
    /// This group gets no more nodes.
    #[serde(default)]
    #[schemars(example = &"spot")]
    pub no_capacity: Option<String>,
}

/// What the cloud does about a lost node.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultReplacement {
    /// Launches another one, the default.
    Replace,
    /// Makes the group smaller.
    Shrink,
    /// Nothing: the group's size stays too high.
    None,
}

/// A rolling update, or a blue-green one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deploy {
    /// When.
    #[schemars(example = "2h")]
    pub at: Time,
    /// The name of the Deployment that gets a new template...
    #[serde(default)]
    #[schemars(example = "order-service")]
    pub deployment: Option<String>,
    /// ...or of the StatefulSet...
    #[serde(default)]
    #[schemars(example = &"postgres")]
    pub stateful_set: Option<String>,
    /// ...or of the DaemonSet.
    #[serde(default)]
    #[schemars(example = "node-exporter")]
    pub daemon_set: Option<String>,
    /// Blue-green: both versions run at full size until traffic moves at this time (of the scenario, as `at`).
    #[serde(default)]
    #[schemars(example = "3h")]
    pub switch_at: Option<Time>,
    /// How long the objectives are watched and the old version of a blue-green rollout is kept; 10 min by default.
    #[serde(default)]
    #[schemars(extend("default" = "10m"), example = "15m")]
    pub watch_for: Option<Time>,
    /// Back to the old version when an objective has been broken for this long; never if absent.
    #[serde(default)]
    #[schemars(example = "2m")]
    pub rollback_after: Option<Time>,
    /// A request costs the new version this many times the cpu.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "times"), example = 1.3)]
    pub cpu_factor: Option<f64>,
}
