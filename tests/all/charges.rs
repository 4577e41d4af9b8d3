//! What a scenario itself says is paid for: managed services with their storage, items, amounts; and what is wrong with them.

use super::program::Folder;
use serde_json::Value;

fn folder(more: &str) -> Folder {
    let scenario = format!(
        "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {{region: us-east-1}}
nodeGroups:
  app: {{instanceTypes: [m5.large], minSize: 1, maxSize: 1, desiredSize: 1}}
billing: {{start: 2026-12-01}}
duration: 31d
step: 1h
replications: 1
{more}"
    );
    Folder::new().file("scenario.yaml", scenario)
}

/// Kind, SKU and amount of every line that is no node.
fn lines(more: &str) -> Vec<(String, String, f64)> {
    let folder = folder(more);
    let done = folder.run("run scenario.yaml -q --out out");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let text = |line: &Value, name: &str| line[name].as_str().expect("a text").to_owned();
    let lines = result["bill"]["lines"].as_array().expect("lines").iter();
    let lines = lines.filter(|line| line["kind"] != "on-demand nodes" && line["kind"] != "control plane");
    lines.map(|line| (text(line, "kind"), text(line, "sku"), line["netUsd"].as_f64().expect("USD"))).collect()
}

fn amount(lines: &[(String, String, f64)], kind: &str, sku: &str) -> f64 {
    let found = lines.iter().filter(|line| line.0 == kind && line.1.starts_with(sku));
    let amounts: Vec<f64> = found.map(|line| line.2).collect();
    assert!(!amounts.is_empty(), "no {kind} {sku} in {lines:?}");
    amounts.iter().sum()
}

#[test]
fn a_database_has_its_standby_and_its_storage() {
    let found = lines(
        "managed:
- {service: rds-postgres, class: db.m6g.large, multiAz: true, storage: 100Gi, iops: 4000, namespace: shop}
- {service: aurora-mysql, class: db.r5.large, count: 2, storage: 10Gi}
- {service: elasticache-redis, class: cache.m6g.large, count: 2}
- {service: msk, class: kafka.m5.large, count: 3, storage: 200Gi}
",
    );
    let near = |kind, sku, usd: f64| {
        let amount = amount(&found, kind, sku);
        assert!((amount - usd).abs() < 0.01, "{sku}: {amount}, expected {usd}");
    };
    near("databases", "rds_storage_multi_az_gb_month", 23.0);
    near("databases", "rds_gp3_iops_multi_az_month", 40.0);
    near("databases", "aurora_storage_gb_month", 1.0);
    near("caches", "cache.m6g.large", 2.0 * 0.149 * 744.0);
    near("message brokers", "kafka_storage_gb_month", 60.0);
    assert!(amount(&found, "databases", "db.m6g.large") > 0.3 * 744.0, "two instances, not one");
}

#[test]
fn items_have_their_kind_and_their_tiers() {
    let found = lines(
        "charges:
- {name: downloads, item: internet_out_gb, quantity: 10340}
- {name: pictures, item: s3_standard_gb_month, quantity: 100}
- {name: names, item: route53_zone_month}
- {name: logs, item: log_ingestion_gb, quantity: 10}
- {name: licence, usdPerMonth: 12.5}
",
    );
    let near = |kind, sku, usd: f64| {
        let amount = amount(&found, kind, sku);
        assert!((amount - usd).abs() < 0.01, "{sku}: {amount}, expected {usd}");
    };
    near("data transfer", "internet_out_gb", 921.6 + 8.5);
    near("storage", "s3_standard_gb_month", 2.3);
    near("DNS", "route53_zone_month", 0.5);
    near("monitoring", "log_ingestion_gb", 5.0);
    near("managed services", "as written", 12.5);
}

#[test]
fn what_is_wrong_is_refused_with_its_line_and_all_at_once() {
    let done = folder(
        "managed:
- {service: rds-postgre, class: db.m5.large}
- {service: rds-postgres, class: db.m5.lrge}
- {service: rds-postgres, class: db.m5.large, count: -1}
- {service: elasticache-redis, class: cache.m6g.large, storage: 10Gi}
- {service: rds-postgres, class: db.m5.large, storage: 10Gi, storageClass: gp5}
charges:
- {name: a, item: nat_gateway_huor}
- {name: b, item: nat_gateway_hour, quantity: -2}
- {name: c, usdPerMonth: -1}
- {name: d, item: nat_gateway_hour, usdPerMonth: 1}
- {name: e, item: internet_out_gb, quantity: 1e15}
- {name: f, item: eks_auto_mode_share}
",
    )
    .run("run scenario.yaml -q");
    assert_eq!(done.code, 2);
    for part in [
        "scenario.yaml:11: error: managed[0].service: unknown price item `rds-postgre`; did you mean `rds-postgres`?",
        "scenario.yaml:12: error: managed[1].class: no price is known for `db.m5.lrge` of `rds-postgres`; did you mean `db.m5.large`?",
        "scenario.yaml:13: error: managed[2].count: found -1, expected more than 0",
        "scenario.yaml:14: error: managed[3].storage: elasticache-redis has no storage of its own",
        "scenario.yaml:15: error: managed[4].storageClass: unknown storage class `gp5`",
        "scenario.yaml:17: error: charges[0].item: unknown price item `nat_gateway_huor`; did you mean `nat_gateway_hour`?",
        "scenario.yaml:18: error: charges[1].quantity: found -2",
        "scenario.yaml:19: error: charges[2].usdPerMonth: found -1",
        "scenario.yaml:20: error: charges[3]: expected either item or usdPerMonth, found both",
        "scenario.yaml:21: error: charges[4].quantity: found 1000000000000000",
        "scenario.yaml:22: error: charges[5].item: eks_auto_mode_share is a share of other prices",
    ] {
        assert!(done.stderr.contains(part), "{part}\n--\n{}", done.stderr);
    }
}
