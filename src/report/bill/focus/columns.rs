//! The columns of FOCUS: each a name and how a row fills it; an empty cell is FOCUS' null.

use super::super::exact::Atto;
use super::super::services::region_name;
use super::FocusVersion;
use super::row::{Charge, FocusRow, focus_unit};
use crate::market::Catalog;
use serde_json::{Map, Value, json};

pub(super) type Column = (&'static str, fn(&FocusRow<'_>) -> String);

/// All columns of a version, in the specification's order; extensions last.
pub(super) fn columns(version: FocusVersion) -> Vec<Column> {
    let mut all: Vec<Column> = OF_1_2.to_vec();
    if version == FocusVersion::V1_3 {
        all.extend(SINCE_1_3);
        all.sort_by_key(|(name, _)| *name);
    }
    all.extend(OURS);
    all
}

const OF_1_2: [Column; 57] = [
    ("AvailabilityZone", |row| row.line.zone.clone().unwrap_or_default()),
    ("BilledCost", |row| Atto::of_nano(row.billed).plain()),
    ("BillingAccountId", |row| row.report.bill.account.clone().unwrap_or_else(|| "foresail:simulated".to_owned())),
    ("BillingAccountName", |row| row.report.bill.account.clone().unwrap_or_else(|| "Simulated".to_owned())),
    ("BillingAccountType", |_| "Simulation".to_owned()),
    ("BillingCurrency", currency),
    ("BillingPeriodEnd", |row| row.month[1].to_string()),
    ("BillingPeriodStart", |row| row.month[0].to_string()),
    ("CapacityReservationId", null),
    ("CapacityReservationStatus", null),
    ("ChargeCategory", |row| {
        match row.charge {
            Charge::Fee => "Purchase",
            Charge::Credit => "Credit",
            Charge::Usage | Charge::Used | Charge::Unused => "Usage",
        }
        .to_owned()
    }),
    ("ChargeClass", null),
    ("ChargeDescription", |row| row.line.name.clone()),
    ("ChargeFrequency", frequency),
    ("ChargePeriodEnd", |row| row.period.until.to_string()),
    ("ChargePeriodStart", |row| row.period.from.to_string()),
    ("CommitmentDiscountCategory", |row| of_commitment(row, if row.is_of_spend() { "Spend" } else { "Usage" })),
    ("CommitmentDiscountId", |row| row.commitment().unwrap_or_default().to_owned()),
    ("CommitmentDiscountName", |row| row.commitment().unwrap_or_default().to_owned()),
    ("CommitmentDiscountQuantity", committed_quantity),
    ("CommitmentDiscountStatus", |row| {
        match row.charge {
            Charge::Used => "Used",
            Charge::Unused => "Unused",
            Charge::Usage | Charge::Fee | Charge::Credit => "",
        }
        .to_owned()
    }),
    ("CommitmentDiscountType", |row| row.line.commitment.as_ref().map(|of| in_words(&of.kind)).unwrap_or_default()),
    ("CommitmentDiscountUnit", |row| {
        of_commitment(row, &if row.is_of_spend() { "USD".to_owned() } else { focus_unit(&row.line.unit) })
    }),
    ("ConsumedQuantity", |row| if is_consumed(row) { row.priced.quantity.plain() } else { String::new() }),
    ("ConsumedUnit", |row| if is_consumed(row) { row.unit() } else { String::new() }),
    ("ContractedCost", |row| Atto::of_nano(row.contracted).plain()),
    ("ContractedUnitPrice", |row| unless_credit(row, row.priced.contracted_price.plain())),
    ("EffectiveCost", |row| Atto::of_nano(row.effective).plain()),
    ("InvoiceId", null),
    ("InvoiceIssuerName", provider),
    ("ListCost", |row| Atto::of_nano(row.list).plain()),
    ("ListUnitPrice", |row| unless_credit(row, row.priced.list_price.plain())),
    ("PricingCategory", |row| unless_credit(row, pricing(row).to_owned())),
    ("PricingCurrency", currency),
    ("PricingCurrencyContractedUnitPrice", |row| unless_credit(row, row.priced.contracted_price.plain())),
    ("PricingCurrencyEffectiveCost", |row| Atto::of_nano(row.effective).plain()),
    ("PricingCurrencyListUnitPrice", |row| unless_credit(row, row.priced.list_price.plain())),
    ("PricingQuantity", |row| unless_credit(row, row.priced.quantity.plain())),
    ("PricingUnit", |row| unless_credit(row, row.unit())),
    ("ProviderName", provider),
    ("PublisherName", provider),
    ("RegionId", |row| row.line.region.clone()),
    ("RegionName", |row| region_name(&row.line.region).to_owned()),
    ("ResourceId", resource_id),
    ("ResourceName", |row| if row.line.resource.is_empty() { resource_id(row) } else { row.line.resource.clone() }),
    ("ResourceType", |row| match (row.charge, resource_id(row).is_empty()) {
        (_, true) => String::new(),
        (Charge::Fee | Charge::Unused, _) => {
            row.line.commitment.as_ref().map(|of| in_words(&of.kind)).unwrap_or_default()
        }
        _ => row.service.resource_type.to_owned(),
    }),
    ("ServiceCategory", |row| row.service.category.to_owned()),
    ("ServiceName", |row| row.line.service.clone()),
    ("ServiceSubcategory", |row| row.service.subcategory.to_owned()),
    ("SkuId", |row| unless_credit(row, sku(row))),
    ("SkuMeter", |row| unless_credit(row, row.line.name.clone())),
    ("SkuPriceDetails", |row| unless_credit(row, machine(row))),
    ("SkuPriceId", |row| unless_credit(row, sku_price(row))),
    ("SubAccountId", cluster),
    ("SubAccountName", cluster),
    ("SubAccountType", |_| "Cluster".to_owned()),
    ("Tags", tags),
];

const SINCE_1_3: [Column; 7] = [
    ("AllocatedMethodDetails", |row| {
        let share = row.allocated.as_ref().map(|of| of.share.plain());
        share.map_or_else(String::new, |share| {
            json!({"Elements": [{"AllocatedRatio": share, "UsageUnit": "larger of request and usage"}]}).to_string()
        })
    }),
    ("AllocatedMethodId", |row| row.allocated.as_ref().map(|_| "opencost").unwrap_or_default().to_owned()),
    ("AllocatedResourceId", |row| {
        row.allocated.as_ref().map(|of| format!("namespace/{}", of.name)).unwrap_or_default()
    }),
    ("AllocatedResourceName", |row| row.allocated.as_ref().map(|of| of.name.clone()).unwrap_or_default()),
    ("AllocatedTags", |row| {
        let of = row.allocated.as_ref();
        of.map(|of| json!({"kubernetes.io/namespace": of.name}).to_string()).unwrap_or_default()
    }),
    ("HostProviderName", provider),
    ("ServiceProviderName", provider),
];

const OURS: [Column; 13] = [
    ("x_BilledCostP5", |row| row.spread.map(|ends| Atto::of_nano(ends[0]).plain()).unwrap_or_default()),
    ("x_BilledCostP95", |row| row.spread.map(|ends| Atto::of_nano(ends[1]).plain()).unwrap_or_default()),
    ("x_ChargeKind", |row| row.line.kind.clone()),
    ("x_Namespace", |row| row.line.namespace.clone().unwrap_or_default()),
    ("x_NodeGroup", |row| row.line.group.clone().unwrap_or_default()),
    ("x_PriceDate", |row| row.line.price_date.clone()),
    ("x_PriceEstimated", |row| row.line.estimated.clone().unwrap_or_default()),
    ("x_PriceSource", |row| row.line.price_source.clone()),
    ("x_Replications", |row| row.report.run.replications.to_string()),
    ("x_Scenario", cluster),
    ("x_ScenarioDigest", |row| row.report.scenario.digest.clone()),
    ("x_Seed", |row| row.report.run.seed.to_string()),
    ("x_Simulated", |_| "true".to_owned()),
];

fn null(_: &FocusRow<'_>) -> String {
    String::new()
}

/// Money that is given back is no quantity at a price.
fn unless_credit(row: &FocusRow<'_>, text: String) -> String {
    if row.charge == Charge::Credit { String::new() } else { text }
}

fn currency(row: &FocusRow<'_>) -> String {
    row.report.prices.currency.clone()
}

fn provider(row: &FocusRow<'_>) -> String {
    row.service.provider.to_owned()
}

fn cluster(row: &FocusRow<'_>) -> String {
    row.report.scenario.name.clone()
}

fn of_commitment(row: &FocusRow<'_>, text: &str) -> String {
    if row.commitment().is_some() { text.to_owned() } else { String::new() }
}

fn frequency(row: &FocusRow<'_>) -> String {
    match row.charge {
        Charge::Fee if row.is_at_once => "One-Time",
        Charge::Fee => "Recurring",
        Charge::Usage | Charge::Used | Charge::Unused | Charge::Credit => "Usage-Based",
    }
    .to_owned()
}

fn pricing(row: &FocusRow<'_>) -> &'static str {
    match row.charge {
        Charge::Used | Charge::Unused => "Committed",
        Charge::Usage if row.line.price_type == "spot" || row.line.kind == "spot nodes" => "Dynamic",
        Charge::Usage | Charge::Fee | Charge::Credit => "Standard",
    }
}

fn is_consumed(row: &FocusRow<'_>) -> bool {
    matches!(row.charge, Charge::Usage | Charge::Used)
}

fn committed_quantity(row: &FocusRow<'_>) -> String {
    match row.charge {
        Charge::Usage | Charge::Credit => String::new(),
        Charge::Fee if row.is_of_spend() => Atto::of_nano(row.billed).plain(),
        Charge::Used | Charge::Unused if row.is_of_spend() => Atto::of_nano(row.effective).plain(),
        Charge::Fee | Charge::Used | Charge::Unused => Atto::of_nano(row.units).plain(),
    }
}

/// A commitment's own charges are about itself.
fn resource_id(row: &FocusRow<'_>) -> String {
    match (row.charge, row.commitment()) {
        (Charge::Fee | Charge::Unused, Some(id)) => id.to_owned(),
        _ => row.line.resource.clone(),
    }
}

fn sku(row: &FocusRow<'_>) -> String {
    let (prefix, sku) = (row.service.prefix, &row.line.sku);
    let named = if sku.starts_with(&format!("{prefix}.")) { sku.clone() } else { format!("{prefix}.{sku}") };
    if row.line.region.is_empty() { named } else { format!("{named}.{}", row.line.region) }
}

/// One for each price of a SKU: a tier, a term, a commitment's own.
fn sku_price(row: &FocusRow<'_>) -> String {
    let term = match (row.charge, row.commitment()) {
        (Charge::Fee, Some(id)) => format!("{id}.{}", if row.is_at_once { "upfront" } else { "fee" }),
        (Charge::Unused, Some(id)) => format!("{id}.unused"),
        _ => row.line.price_type.clone(),
    };
    format!("{}.{term}.{}", sku(row), row.priced.list_price.plain())
}

fn machine(row: &FocusRow<'_>) -> String {
    let Some(machine) = Catalog::shipped().known_instance_type(&row.line.sku) else { return String::new() };
    let series = machine.name.split(['.', '-']).next().unwrap_or_default().to_ascii_uppercase();
    json!({
        "CoreCount": (machine.cpu_milli + 999) / 1000,
        "InstanceSeries": series,
        "InstanceType": machine.name,
        "MemorySize": machine.memory_bytes as f64 / f64::from(1 << 30),
        "OperatingSystem": "Linux",
    })
    .to_string()
}

fn tags(row: &FocusRow<'_>) -> String {
    let mut tags: Map<String, Value> = Map::new();
    tags.insert("foresail/cluster".to_owned(), cluster(row).into());
    tags.extend(row.line.labels.iter().map(|(key, value)| (key.clone(), value.clone().into())));
    if let Some(namespace) = &row.line.namespace {
        tags.insert("kubernetes.io/namespace".to_owned(), namespace.clone().into());
    }
    Value::Object(tags).to_string()
}

/// `regionalReservedInstance` as `Regional Reserved Instance`.
fn in_words(kind: &str) -> String {
    let mut words = String::new();
    for (at, letter) in kind.chars().enumerate() {
        match at {
            0 => words.extend(letter.to_uppercase()),
            _ if letter.is_uppercase() => words.extend([' ', letter]),
            _ => words.push(letter),
        }
    }
    words
}
