//! Data sources whose answer does not hang on an account: regions, zones, partitions.

use crate::scenario::terraform::body::Value;

/// What a data source answers, where a region is known; and whether that is an assumption.
pub(super) fn answer(kind: &str, attribute: &str, region: Option<&str>) -> Option<(Value, bool)> {
    let text = |text: &str| Value::Text(text.to_owned());
    Some(match (kind, attribute) {
        ("aws_partition", "partition" | "id") => (text("aws"), false),
        ("aws_partition", "dns_suffix") => (text("amazonaws.com"), false),
        ("aws_region", "name" | "id" | "region") => (text(region?), false),
        ("google_client_config", "region") => (text(region?), false),
        ("aws_availability_zones", "names") => (zones(region, ""), true),
        ("google_compute_zones", "names") => (zones(region, "-"), true),
        _ => return None,
    })
}

/// Three zones, as most regions have; their names are not known where the region is not.
fn zones(region: Option<&str>, sign: &str) -> Value {
    let zone = |letter: &str| match region {
        Some(region) => Value::Text(format!("{region}{sign}{letter}")),
        None => Value::not_yet("the region is not known"),
    };
    Value::list(["a", "b", "c"].map(zone), 1)
}
