//! How values with a form of their own are described in the JSON schema: the same as what their readers expect.
//!
//! `x-type` is what `foresail explain` calls the type.

use super::carbon::{Carbon, CarbonFigures};
use super::cluster::{Assume, Assumption};
use super::costs::{SupportPlan, SupportTerms};
use super::growth::GrowthRate;
use super::prices::{Percent, PriceTerms, Prices};
use super::values::{FilePath, Precision, ShortTime, Time, VersionText};
use crate::units::Quantity;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// `1h30m`, `.5s`, `0`.
const DURATION: &str = r"^\s*\+?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w))+)\s*$";
/// Kubernetes' quantities.
const QUANTITY: &str = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$";
/// `7%`, `7.5 %`, `7`.
const PERCENT: &str = r"^\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*%?\s*$";
/// `5%/month`, `0.05 per year`.
const GROWTH: &str = r"^\s*[+-]?\s*[0-9.]+\s*%?\s*/?\s*((per|a)\s+)?[a-z]+\s*$";

/// A type that stands where it is used, with its description.
macro_rules! described {
    ($type:ty, $name:literal, $generator:ident => $schema:expr) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

described!(FilePath, "Path", _generator => json_schema!({ "type": "string", "x-type": "path" }));
described!(Time, "Duration", _generator => json_schema!({
    "type": ["string", "number"], "pattern": DURATION, "minimum": 0, "maximum": 3.2e9,
    "x-type": "duration", "x-unit": "30s, 15m, 7d; a number is seconds",
}));
described!(ShortTime, "ShortDuration", _generator => json_schema!({
    "type": ["string", "number"], "pattern": DURATION, "minimum": 0, "maximum": 0,
    "x-type": "duration", "x-unit": "200ms, 1.5s; never a number alone",
}));
described!(VersionText, "VersionText", _generator => json_schema!({
    "type": ["string", "number"], "x-type": "version",
}));
described!(Quantity, "Quantity", _generator => json_schema!({
    "type": ["string", "number", "null"], "pattern": QUANTITY, "x-type": "quantity",
}));
described!(Percent, "Percent", _generator => json_schema!({
    "type": ["string", "number"], "pattern": PERCENT, "minimum": 0, "maximum": 100,
    "x-type": "percentage", "x-unit": "7%, or a number of percent of at least 1",
}));
described!(Precision, "Precision", _generator => json_schema!({
    "type": ["string", "number"], "pattern": PERCENT, "exclusiveMinimum": 0, "exclusiveMaximum": 1,
    "x-type": "share", "x-unit": "1%, or 0.01",
}));
described!(GrowthRate, "Growth", _generator => json_schema!({
    "anyOf": [
        { "type": "string", "pattern": GROWTH },
        { "type": "number", "const": 0 },
        {
            "type": "object", "additionalProperties": false, "minProperties": 1,
            "properties": {
                "perMonth": share("Each month of 730 hours."),
                "perYear": share("Each year of 365 days."),
                "perWeek": share("Each week."),
            },
        },
    ],
    "x-type": "growth",
}));
described!(Carbon, "Carbon", generator => json_schema!({
    "anyOf": [{ "type": "boolean" }, generator.subschema_for::<CarbonFigures>()],
}));
described!(Assumption, "Assumption", generator => json_schema!({
    "anyOf": [{ "const": "refuse" }, generator.subschema_for::<Assume>()],
}));
described!(SupportPlan, "SupportPlan", generator => json_schema!({
    "anyOf": [{ "type": "string" }, generator.subschema_for::<SupportTerms>()],
}));
described!(Prices, "Prices", generator => json_schema!({
    "anyOf": [{ "type": "string", "x-type": "path" }, generator.subschema_for::<PriceTerms>()],
}));

/// `5%`, or 0.05.
fn share(description: &str) -> Schema {
    json_schema!({
        "type": ["string", "number", "null"], "pattern": r"^\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*%?\s*$",
        "x-type": "share", "x-unit": "5%, or 0.05", "description": description,
    })
}
