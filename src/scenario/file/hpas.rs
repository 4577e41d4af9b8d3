//! What a scenario says of HPAs in place of their objects.

use crate::units::Quantity;
use schemars::JsonSchema;
use serde::Deserialize;

/// Other bounds and rules for an HPA.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HpaPatch {
    /// `spec.minReplicas`.
    #[schemars(extend("x-default" = "from the HPA", "x-unit" = "pods"), example = 3)]
    pub min_replicas: Option<i32>,
    /// `spec.maxReplicas`.
    #[schemars(extend("x-default" = "from the HPA", "x-unit" = "pods"), example = 20)]
    pub max_replicas: Option<i32>,
    /// The target of its cpu metric, percent.
    #[schemars(extend("x-default" = "from the HPA", "x-unit" = "percent of the request"), example = 70)]
    pub cpu_utilization: Option<i64>,
    /// `spec.behavior`, as Kubernetes writes it; what is not said is as the HPA has it.
    #[schemars(example = serde_json::json!({"scaleDown": {"stabilizationWindowSeconds": 60}}))]
    pub behavior: HpaBehavior,
    /// Minima by the clock, as KEDA's cron trigger gives them.
    #[schemars(example = serde_json::json!([{"from": "08:00", "to": "20:00", "days": ["mon", "tue"], "minReplicas": 6}]))]
    pub schedule: Vec<HpaWindow>,
}

/// How fast an HPA may scale.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HpaBehavior {
    /// Rules for growing.
    pub scale_up: Option<HpaScaling>,
    /// Rules for shrinking.
    pub scale_down: Option<HpaScaling>,
}

/// Rules of one direction.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HpaScaling {
    /// How far back recommendations hold.
    #[schemars(extend("x-default" = "from the HPA", "x-unit" = "seconds, 0 to 3600"), example = 300)]
    pub stabilization_window_seconds: Option<i64>,
    /// `Max` (the policy that allows most), `Min` or `Disabled`.
    #[schemars(extend("x-default" = "from the HPA"), example = &"Max")]
    pub select_policy: Option<String>,
    /// How much may change in a period.
    #[schemars(extend("x-default" = "from the HPA"), example = serde_json::json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]))]
    pub policies: Option<Vec<HpaPolicy>>,
    /// From Kubernetes 1.33 on: how far a metric may be from its target.
    #[schemars(extend("x-default" = "from the HPA"), example = "0.05")]
    pub tolerance: Option<Quantity>,
}

/// How much may change in a period.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HpaPolicy {
    /// `Pods` or `Percent`.
    #[serde(rename = "type")]
    #[schemars(example = &"Percent")]
    pub kind: String,
    /// How many.
    #[schemars(extend("x-unit" = "pods or percent, at least 1"), example = 100)]
    pub value: i32,
    /// In how long.
    #[schemars(extend("x-unit" = "seconds, 1 to 1800"), example = 15)]
    pub period_seconds: i64,
}

/// A window in which an HPA wants so many replicas at least.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HpaWindow {
    /// When it begins.
    #[serde(default)]
    #[schemars(extend("default" = "00:00", "x-unit" = "HH:MM"), example = &"08:00")]
    pub from: Option<String>,
    /// When it ends: of the next day, if that is before its beginning.
    #[serde(default)]
    #[schemars(extend("default" = "24:00", "x-unit" = "HH:MM, up to 24:00"), example = &"20:00")]
    pub to: Option<String>,
    /// On which days it begins.
    #[serde(default)]
    #[schemars(extend("x-default" = "every day"), example = serde_json::json!(["mon", "tue"]))]
    pub days: Option<Vec<Day>>,
    /// Whose clock it is.
    #[serde(default)]
    #[schemars(extend("x-default" = "billing.timeZone", "x-unit" = "IANA name"), example = &"Europe/Berlin")]
    pub timezone: Option<String>,
    /// How many; up to `maxReplicas`.
    #[schemars(extend("x-unit" = "pods"), example = 6)]
    pub min_replicas: i32,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}
