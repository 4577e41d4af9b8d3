//! The worked example of a bridge between two bills, `tests/finance/bridge.json` or that of the folder `FORESAIL_FINANCE`.

use foresail::cost::{Bought, Bridge, BridgeSide, Capacity, Paid};
use foresail::units::Money;
use serde_json::Value;

#[test]
fn the_bridge_has_the_steps_of_the_worked_example() {
    let folder = std::env::var("FORESAIL_FINANCE").unwrap_or_else(|_| "tests/finance".into());
    let text = std::fs::read_to_string(format!("{folder}/bridge.json")).expect("the vector");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let vectors = file["vectors"].as_array().cloned().unwrap_or_else(|| vec![file.clone()]);
    for (at, vector) in vectors.iter().enumerate() {
        check(vector, vector["id"].as_str().map_or_else(|| format!("bridge {at}"), str::to_owned));
    }
}

fn check(vector: &Value, id: String) {
    let (base, other) = (side(&vector["baseline"]), side(&vector["scenario"]));
    let bridge = Bridge::between(&base, &other);
    for (key, expected) in vector["bridge"].as_object().expect("a bridge") {
        let found = match key.as_str() {
            "volume" => bridge.volume,
            "efficiency" => bridge.efficiency,
            "mix" => bridge.mix(),
            "price" => bridge.price,
            "fixed" => bridge.fixed,
            "unusedCommitment" => bridge.unused_commitments,
            "spot" => bridge.spot,
            "commitments" => bridge.commitments,
            "total" => bridge.total(),
            other => panic!("{id}: `{other}` is no step that the test knows"),
        };
        let expected = expected.as_f64().expect("a number");
        assert!((found.usd() - expected).abs() < 1e-6, "{id}: {key}: found {}, expected {expected}", found.usd());
    }
    if let Some(unit) = vector.get("unitCost") {
        for (side, key) in [(&vector["baseline"], "baselinePerMillion"), (&vector["scenario"], "scenarioPerMillion")] {
            let found = side["cost"].as_f64().expect("a cost") / side["D"].as_f64().expect("a volume");
            assert!((found - unit[key].as_f64().expect("a number")).abs() < 1e-6, "{id}: {key}: {found}");
        }
    }
    println!("{id}: ok");
}

/// `m5/spot`, `spot`, `m5`: a family, how it is paid for, or both.
fn capacity(name: &str) -> Capacity {
    let (family, paid) = name.rsplit_once(['/', ' ', ':']).unwrap_or(("", name));
    let known = |paid: &str| match paid {
        "on-demand" | "onDemand" | "ondemand" => Some(Paid::OnDemand),
        "spot" => Some(Paid::Spot),
        "committed" | "commitment" => Some(Paid::Committed),
        _ => None,
    };
    match known(paid) {
        Some(paid) => Capacity { family: family.to_owned(), paid },
        None => Capacity { family: name.to_owned(), paid: Paid::OnDemand },
    }
}

fn side(row: &Value) -> BridgeSide {
    let number = |key: &str| row[key].as_f64().unwrap_or(0.0);
    let units = number("vcpuHours");
    let prices = || row["price"].as_object().expect("prices").iter();
    let price =
        |name: &str| prices().find(|(key, _)| *key == name).and_then(|(_, value)| value.as_f64()).unwrap_or(0.0);
    let bought = row["mix"].as_object().expect("a mix").iter().map(|(name, share)| {
        let units = units * share.as_f64().unwrap_or(0.0);
        (capacity(name), Bought { units, cost: Money::from_usd(units * price(name)) })
    });
    BridgeSide {
        volume: number("D"),
        bought: bought.collect(),
        price_list: prices().map(|(name, value)| (capacity(name), value.as_f64().unwrap_or(0.0))).collect(),
        fixed: Money::from_usd(number("fixed")),
        unused_commitments: Money::from_usd(number("unusedCommitment")),
    }
}
