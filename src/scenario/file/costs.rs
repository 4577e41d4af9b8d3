//! What is paid for besides nodes.

use super::prices::Percent;
use crate::units::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// Whose bill it is, and when.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Billing {
    /// When the simulated time begins: a date or a moment.
    #[serde(default)]
    #[schemars(extend("x-unit" = "a date or a moment"), example = "2026-12-07")]
    pub start: Option<String>,
    /// The account's time zone, an IANA name: its days and months.
    #[serde(default)]
    #[schemars(extend("default" = "UTC", "x-unit" = "an IANA name"), example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// The account that pays, as bills name it.
    #[serde(default)]
    #[schemars(example = "shop-production")]
    pub account: Option<String>,
}

/// A managed service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Managed {
    /// `rds-postgres`, `elasticache-redis`...
    #[schemars(example = "rds-postgres")]
    pub service: String,
    /// `db.m5.large`...
    #[schemars(example = "db.m5.large")]
    pub class: String,
    /// What it is called.
    #[serde(default)]
    #[schemars(example = "orders-db")]
    pub name: Option<String>,
    /// How many.
    #[serde(default)]
    #[schemars(extend("default" = 1, "x-unit" = "instances"), example = 2)]
    pub count: Option<f64>,
    /// With a standby in another zone.
    #[serde(default)]
    #[schemars(extend("default" = false), example = true)]
    pub multi_az: Option<bool>,
    /// How much is stored: of each instance, or of all together where they share a volume (Aurora, DocumentDB).
    #[serde(default)]
    #[schemars(extend("x-unit" = "bytes"), example = "100Gi")]
    pub storage: Option<Quantity>,
    /// `gp3`, `gp2`, `io1`...
    #[serde(default)]
    #[schemars(example = &"gp3")]
    pub storage_class: Option<String>,
    /// Provisioned IOPS of each instance's storage; what comes free is taken off.
    #[serde(default)]
    #[schemars(extend("x-unit" = "operations per second"), example = 4000)]
    pub iops: Option<u32>,
    /// Whose it is.
    #[serde(default)]
    #[schemars(example = &"order")]
    pub namespace: Option<String>,
}

/// Something else that is paid for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Charge {
    /// What it is called.
    #[schemars(example = &"search")]
    pub name: String,
    /// An item of the price list...
    #[serde(default)]
    #[schemars(example = &"nat_gateway_gb")]
    pub item: Option<String>,
    /// ...and how many units of it: at all times, or a month for what is paid for by the unit.
    #[serde(default)]
    #[schemars(extend("x-unit" = "units of the item"), example = 100)]
    pub quantity: Option<f64>,
    /// Or simply USD per month.
    #[serde(default)]
    #[schemars(extend("x-unit" = "USD per month"), example = 250)]
    pub usd_per_month: Option<f64>,
    /// Whose it is.
    #[serde(default)]
    #[schemars(example = &"order")]
    pub namespace: Option<String>,
}

/// The provider's support plan; its name is short for `{plan: NAME}`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SupportTerms {
    /// `business`, `enterprise`, `premium`...
    #[schemars(example = &"business")]
    pub plan: Option<String>,
    /// USD a month at least, if it is not the listed amount.
    #[schemars(extend("x-default" = "the listed amount", "x-unit" = "USD per month"), example = 100)]
    pub minimum_usd: Option<f64>,
    /// Of the whole bill, if it is not the listed shares.
    #[schemars(extend("x-default" = "the listed shares"), example = "3%")]
    pub percent: Option<Percent>,
}

/// What a scenario says of its support plan.
#[derive(Clone, Debug, Default)]
pub struct SupportPlan(pub SupportTerms);

impl<'de> Deserialize<'de> for SupportPlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = SupportPlan;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a support plan, or {plan: NAME}")
            }
            fn visit_str<E: serde::de::Error>(self, plan: &str) -> Result<SupportPlan, E> {
                Ok(SupportPlan(SupportTerms { plan: Some(plan.to_owned()), ..SupportTerms::default() }))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<SupportPlan, A::Error> {
                SupportTerms::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(SupportPlan)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
