//! A made-up bill with a line of every kind: a week across the end of a month, by the hour.

use super::exact::{Nano, nano};
use crate::report::{BillCell, BillCommitment, BillLineResult, BillMonth, BillResult, Report};
use jiff::{Timestamp, ToSpan};

const HOURS: u32 = 168;
const EC2: &str = "Amazon Elastic Compute Cloud";

/// The made-up week with its bill.
pub(in crate::report) fn report() -> Report {
    let mut report = crate::report::fixture::report();
    report.bill = bill();
    report
}

/// The bill alone.
pub(in crate::report) fn bill() -> BillResult {
    let start: Timestamp = "2026-11-28T00:00:00Z".parse().unwrap();
    let month = |name: &str, from: &str, until: &str, first_period| BillMonth {
        name: name.to_owned(),
        from: from.to_owned(),
        until: until.to_owned(),
        first_period,
    };
    BillResult {
        start: start.to_string(),
        start_assumed: true,
        account: None,
        time_zone: "UTC".to_owned(),
        periods: (0..=HOURS).map(|hour| (start + i64::from(hour).hours()).to_string()).collect(),
        grain: "hour".to_owned(),
        months: vec![
            month("2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 0),
            month("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", 72),
        ],
        lines: [nodes(), commitments(), others()].concat(),
        not_in_bill: ["Taxes", "Support plans", "What people cost who run it"].map(str::to_owned).to_vec(),
    }
}

/// What a line of the fixture is, before its hours.
struct Of<'a> {
    kind: &'a str,
    service: &'a str,
    sku: &'a str,
    resource: &'a str,
    unit: &'a str,
    price_type: &'a str,
    list: f64,
}

/// A line whose hours are `amounts`: quantity, and unit prices that are paid and that are amortised.
fn line(of: &Of<'_>, amounts: impl Fn(u32) -> (f64, f64, f64)) -> BillLineResult {
    let mut line = BillLineResult {
        kind: of.kind.to_owned(),
        service: of.service.to_owned(),
        sku: of.sku.to_owned(),
        name: format!("{} {}", of.sku, of.unit.to_lowercase()),
        resource: of.resource.to_owned(),
        group: of.resource.strip_prefix("node group ").map(str::to_owned),
        region: "us-east-1".to_owned(),
        zone: of.resource.starts_with("node group").then(|| "us-east-1a".to_owned()),
        unit: of.unit.to_owned(),
        price_type: of.price_type.to_owned(),
        list_unit_price_usd: of.list,
        unit_price_usd: amounts(0).1,
        price_source: "AWS list price".to_owned(),
        price_date: "2026-11-28".to_owned(),
        ..BillLineResult::default()
    };
    let mut sums: [Nano; 3] = [0; 3];
    for period in 0..HOURS {
        let (quantity, net, effective) = amounts(period);
        let whole = |price: f64| (price * quantity * 1e9).round() / 1e9;
        let cell = BillCell {
            period,
            quantity: (quantity * 1e9).round() / 1e9,
            list_usd: whole(of.list),
            net_usd: whole(net),
            effective_usd: whole(effective),
            net_usd_p5: whole(net * 0.9),
            net_usd_p95: whole(net * 1.2),
        };
        if quantity == 0.0 {
            continue;
        }
        line.quantity += cell.quantity;
        sums = [sums[0] + nano(cell.list_usd), sums[1] + nano(cell.net_usd), sums[2] + nano(cell.effective_usd)];
        line.cells.push(cell);
    }
    [line.list_usd, line.net_usd, line.effective_usd] = sums.map(|sum| sum as f64 / 1e9);
    (line.net_usd_p5, line.net_usd_p95) = (line.net_usd * 0.95, line.net_usd * 1.05);
    line
}

fn nodes() -> Vec<BillLineResult> {
    let busy = |hour: u32| 2.0 + f64::from(hour % 24) / 7.0;
    let on_demand = Of {
        kind: "on-demand nodes",
        service: EC2,
        sku: "m5.large",
        resource: "node group app-nodes",
        unit: "Hours",
        price_type: "onDemand",
        list: 0.096,
    };
    let spot = Of { kind: "spot nodes", resource: "node group spot", price_type: "spot", ..on_demand };
    let reclaimed = Of { price_type: "free", ..spot };
    let mut all = vec![
        line(&on_demand, |hour| (busy(hour), 0.096, 0.096)),
        line(&spot, |hour| (busy(hour) / 3.0, 0.03264 + f64::from(hour) / 1e5, 0.03264 + f64::from(hour) / 1e5)),
        line(&reclaimed, |hour| (if hour == 30 { 0.4 } else { 0.0 }, 0.0, 0.0)),
    ];
    for line in &mut all {
        let group = line.group.clone().unwrap_or_default();
        line.labels = [("eks:nodegroup-name".to_owned(), group)].into();
    }
    all
}

fn commitments() -> Vec<BillLineResult> {
    let part = |mut line: BillLineResult, id: &str, kind: &str, part: &str| {
        let (id, kind, part) = (id.to_owned(), kind.to_owned(), part.to_owned());
        if part != "used" {
            (line.resource, line.zone) = (id.clone(), None);
        }
        line.commitment = Some(BillCommitment { id, kind, part });
        line
    };
    let fee = Of {
        kind: "commitments",
        service: EC2,
        sku: "m5.large",
        resource: "",
        unit: "Hours",
        price_type: "committed",
        list: 0.0,
    };
    let used = Of { kind: "on-demand nodes", resource: "node group app-nodes", list: 0.096, ..fee };
    let (reserved, kind) = ("m5-reserved", "regionalReservedInstance");
    let mut all = vec![
        part(line(&fee, |_| (1.0, 0.06, 0.0)), reserved, kind, "fee"),
        part(line(&used, |_| (0.8, 0.0, 0.06)), reserved, kind, "used"),
        part(line(&fee, |_| (0.2, 0.0, 0.06)), reserved, kind, "unused"),
    ];
    let upfront = Of { unit: "Units", ..fee };
    let at_once = |hour: u32| (if hour == 0 { 1.0 } else { 0.0 }, 490.56, 0.0);
    all.push(part(line(&upfront, at_once), "m5-upfront", kind, "fee"));
    all.push(part(line(&used, |_| (1.0, 0.0, 0.056)), "m5-upfront", kind, "used"));
    let plan = Of { service: "AWS Savings Plans", sku: "compute-savings-plan", ..fee };
    let larger = Of { resource: "node group db-nodes", sku: "m5.xlarge", list: 0.192, ..used };
    let (plan_id, kind) = ("compute-plan", "computeSavingsPlan");
    all.push(part(line(&plan, |_| (1.0, 0.2, 0.0)), plan_id, kind, "fee"));
    all.push(part(line(&larger, |_| (1.0, 0.0, 0.14)), plan_id, kind, "used"));
    all.push(part(line(&plan, |_| (1.0, 0.0, 0.06)), plan_id, kind, "unused"));
    all
}

fn others() -> Vec<BillLineResult> {
    let of = |kind, service, sku, resource| Of {
        kind,
        service,
        sku,
        resource,
        unit: "Hours",
        price_type: "onDemand",
        list: 0.1,
    };
    let eks = "Amazon Elastic Kubernetes Service";
    let plain = |of: Of<'_>| {
        let price = of.list;
        line(&of, move |_| (1.0, price, price))
    };
    let mut all = vec![
        plain(of("control plane", eks, "eks.cluster", "cluster/ecommerce")),
        plain(Of { list: 0.5, ..of("control plane", eks, "eks.extended-support", "cluster/ecommerce") }),
    ];
    let disk =
        Of { list: 0.08, unit: "GiB-Months", ..of("volumes", "Amazon Elastic Block Store", "gp3", "claim data/db") };
    let mut disk = line(&disk, |hour| (100.0 / if hour < 72 { 720.0 } else { 744.0 }, 0.08, 0.08));
    disk.namespace = Some("data".to_owned());
    all.push(disk);
    let traffic = |list: f64, price_type: &'static str| Of {
        unit: "GB",
        list,
        price_type,
        ..of("data transfer", "AWS Data Transfer", "internet", "")
    };
    all.push(line(&traffic(0.0, "free"), |hour| (if hour < 3 { 33.0 } else { 0.0 }, 0.0, 0.0)));
    let mut beyond = line(&traffic(0.09, "onDemand"), |_| (1.234_567_891, 0.081, 0.081));
    beyond.estimated = Some("price of us-east-1".to_owned());
    all.push(beyond);
    let mut database = plain(Of {
        list: 0.356,
        ..of("managed services", "Amazon Relational Database Service", "db.m5.large", "orders")
    });
    database.namespace = Some("order".to_owned());
    all.push(database);
    let sustained = Of { list: 0.0, ..of("on-demand nodes", EC2, "m5.large", "node group app-nodes") };
    all.push(line(&sustained, |hour| (if hour > 100 { 1.0 } else { 0.0 }, -0.01, -0.01)));
    all.push(plain(Of { list: 0.011, ..of("managed services", "A new service", "thing", "thing/1") }));
    all
}
