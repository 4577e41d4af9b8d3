//! Negotiated prices: in the scenario, in a file of YAML or CSV, and what is wrong with them.

use super::program::{Done, Folder};
use serde_json::Value;

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: web, resources: {requests: {cpu: 500m, memory: 512Mi}}}
";

fn scenario(prices: &str) -> String {
    format!(
        "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {{region: us-east-1, kubernetesVersion: '1.35'}}
manifests: [web.yaml]
nodeGroups:
  app: {{instanceTypes: [m5.large], minSize: 1, maxSize: 3, desiredSize: 1}}
duration: 1h
replications: 1
{prices}"
    )
}

fn run(prices: &str, files: &[(&str, &str)]) -> (Done, Folder) {
    let folder = Folder::new().file("web.yaml", WEB).file("scenario.yaml", scenario(prices)).files(files);
    (folder.run("run scenario.yaml -q --out out"), folder)
}

/// What the bill says of an SKU: list price and price of a unit, and whose price it is.
fn line(folder: &Folder, sku: &str) -> (f64, f64, String) {
    let result: Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let lines = result["bill"]["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["sku"] == sku).unwrap_or_else(|| panic!("no {sku} in {lines:?}"));
    let figure = |name: &str| line[name].as_f64().expect("a figure");
    (figure("listUnitPriceUsd"), figure("unitPriceUsd"), line["priceSource"].as_str().expect("a source").to_owned())
}

#[test]
fn a_price_file_in_another_currency_changes_what_is_paid() {
    let contract = "source: contract 4711
date: 2026-11-01
currency: EUR
usdPerUnit: 1.10
discounts: {eks: 50%}
rates:
- {name: m5.large, region: us-east-1, price: 0.05, unit: hour}
";
    let (done, folder) = run("prices: contract.yaml\n", &[("contract.yaml", contract)]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(line(&folder, "m5.large"), (0.096, 0.055, "contract 4711".to_owned()));
    let (list, net, source) = line(&folder, "eks_control_plane_hour");
    assert_eq!((list, net), (0.1, 0.05));
    assert!(source.ends_with(", 50 % off by contract 4711"), "{source}");
    let report = folder.text("out/result.json");
    assert!(report.contains("contract 4711 are in EUR, taken at 1.1 USD for one of 2026-11-01"), "the rate is said");
}

#[test]
fn a_table_of_prices_is_a_price_book_too() {
    let table = "name,region,price,unit,date\nm5.large,us-east-1,0.048,Hours,2026-10-01\nm5.xlarge,,0.1,,\n";
    let (done, folder) = run("prices: {file: prices.csv, discounts: {all: 10%}}\n", &[("prices.csv", table)]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(line(&folder, "m5.large"), (0.096, 0.048, "prices.csv".to_owned()));
    let (list, net, _) = line(&folder, "eks_control_plane_hour");
    assert_eq!((list, net), (0.1, 0.09));
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_line() {
    let contract = "date: yesterday
currency: EUR
discounts: {ec3: 7%}
rates:
- {name: m5.lrge, price: 0.05}
- {name: nat_gateway_hour, price: 0.04, unit: GB}
- {name: m5.large, price: -1}
- {name: m5.large, price: 9.6}
- name: m5.xlarge
  region: us-est-1
  price: 0.1
- {name: m5.2xlarge, price: 0.1, discount: 5%}
- {name: nat_gateway_gb, capacity: spot, discount: 5%}
";
    let (done, _) = run("prices: contract.yaml\n", &[("contract.yaml", contract)]);
    assert_eq!(done.code, 2);
    for part in [
        "contract.yaml:1: error: date: found `yesterday`, expected a day",
        "contract.yaml:2: error: currency: prices are in EUR, and nothing says how many USD that is",
        "contract.yaml:3: error: discounts.ec3: unknown service `ec3`",
        "contract.yaml:5: error: rates[0].name: unknown machine type, item or managed service `m5.lrge`",
        "did you mean `m5.large`?",
        "contract.yaml:6: error: rates[1].unit: found GB, but the price of nat_gateway_hour is per hour",
        "contract.yaml:7: error: rates[2].price: found -1, expected at least 0",
        "contract.yaml:8: error: rates[3].price: found 9.6, which is 100.0000 times the list price",
        "contract.yaml:10: error: rates[4].region: unknown region `us-est-1`; did you mean `us-east-1`?",
        "contract.yaml:12: error: rates[5]: m5.2xlarge: found a price and a discount",
        "contract.yaml:13: error: rates[6].capacity: `nat_gateway_gb` is no machine type",
    ] {
        assert!(done.stderr.contains(part), "{part}\n--\n{}", done.stderr);
    }
}

#[test]
fn a_table_with_faults_is_refused_with_their_lines() {
    let table = "name,region,prize\nm5.large,us-east-1,0.05\n";
    let (done, _) = run("prices: prices.csv\n", &[("prices.csv", table)]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("prices.csv:1: error: unknown column `prize`"), "{}", done.stderr);
    assert!(done.stderr.contains("prices.csv:2: error: m5.large: found neither a price nor"), "{}", done.stderr);
    let (done, _) = run("prices: {discounts: {ec2: 0.07}}\n", &[]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("found `0.07`, expected a percentage such as 7%"), "{}", done.stderr);
    let (done, _) = run("prices: nowhere.yaml\n", &[]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("scenario.yaml:9: error: prices.file: the price file"), "{}", done.stderr);
}

#[test]
fn rates_that_nothing_is_paid_by_are_a_caveat() {
    let rates = "prices: {rates: [
  {name: m5.large, price: 0.08, unit: hour}, {name: m5.large, capacity: spot, price: 0.02, unit: hour},
  {name: c5.large, price: 0.07, unit: hour}, {name: nat_gateway_gb, region: eu-west-1, price: 0.01, unit: GB}]}\n";
    let (done, folder) = run(rates, &[]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&folder.text("out/result.json")).expect("JSON");
    let caveats = report["caveats"].as_array().expect("caveats");
    let unused: Vec<&str> =
        caveats.iter().filter_map(Value::as_str).filter(|row| row.contains("paid for by these")).collect();
    assert_eq!(unused.len(), 1, "{caveats:?}");
    assert!(unused[0].contains("c5.large, nat_gateway_gb in eu-west-1"), "{unused:?}");
    assert!(!unused[0].contains("m5.large,"), "what is used is not among them: {unused:?}");
    let (_, folder) = run("prices: {rates: [{name: m5.large, price: 0.08, unit: hour}]}\n", &[]);
    assert!(!folder.text("out/result.json").contains("paid for by these"));
}
