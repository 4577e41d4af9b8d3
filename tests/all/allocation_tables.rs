//! OpenCost's allocation as tables, `tests/finance/allocation.json` or that of the folder `FORESAIL_FINANCE`: read by
//! what is in them.

use foresail::cost::allocation::{
    Cause, CostPart, Costs, Policy, ShareIdle, ShareSplit, by_mount, by_owner, by_pod_time,
};
use foresail::cost::{
    BaseRates, Basis, ChargeKind, Held, Holder, Item, Ledger, Owner, Payer, Pool, PoolId, PriceType, ShareKind, Tier,
    Unit, UnitPrice,
};
use foresail::id::{GroupId, Id};
use foresail::market::Origin;
use foresail::units::{Money, SimDuration, SimTime};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

const GIB: f64 = 1_073_741_824.0;

/// What each owner pays, by part: `cpu`, `ram`, `gpu`, `total`.
type Table = BTreeMap<String, BTreeMap<&'static str, f64>>;

#[test]
fn allocation_follows_opencost() {
    let folder = std::env::var("FORESAIL_FINANCE").unwrap_or_else(|_| "tests/finance".into());
    let text = std::fs::read_to_string(format!("{folder}/allocation.json")).expect("the tables");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let mut wrong = Vec::new();
    for vector in file["vectors"].as_array().expect("vectors") {
        let id = vector["id"].as_str().expect("an id");
        match first_difference(&vector["expected"], &table(&vector["inputs"])) {
            None => println!("{id}: ok"),
            Some(difference) => wrong.push(format!("{id}: {difference}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn first_difference(expected: &Value, found: &Table) -> Option<String> {
    // A node alone: its parts.
    let parts_of = |owner: &str| found.get(owner).cloned().unwrap_or_default();
    let compare = |name: &str, part: &str, expected: &Value, parts: &BTreeMap<&str, f64>| {
        let expected = expected.as_f64().expect("a figure");
        let found = parts.get(part).copied().unwrap_or(0.0);
        ((found - expected).abs() > 1e-6).then(|| format!("{name} {part}: found {found}, expected {expected}"))
    };
    expected.as_object().expect("a table").iter().find_map(|(name, row)| match row {
        Value::Object(parts) => parts.iter().find_map(|(part, figure)| compare(name, part, figure, &parts_of(name))),
        figure if ["cpu", "ram", "gpu"].contains(&name.as_str()) => compare("node", name, figure, &parts_of("node")),
        figure => compare(name, "total", figure, &parts_of(name)),
    })
}

fn table(inputs: &Value) -> Table {
    if inputs.get("nodePrice").is_some() {
        node_alone(inputs)
    } else if inputs.get("containers").is_some() {
        containers(inputs)
    } else if inputs.get("claimCost").is_some() {
        volume(inputs)
    } else if inputs.get("cost").is_some() {
        load_balancer(inputs)
    } else {
        nodes(inputs)
    }
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(0.0)
}

fn add(table: &mut Table, owner: &str, part: &'static str, usd: f64) {
    let row = table.entry(owner.to_owned()).or_default();
    *row.entry(part).or_default() += usd;
    *row.entry("total").or_default() += usd;
}

// --- nodes: through the ledger itself

/// A node of the ledger that pods hold.
struct Node {
    price: f64,
    cpu: f64,
    ram_gib: f64,
    gpu: f64,
}

fn books(rates: BaseRates, nodes: &[Node]) -> (Ledger, Vec<PoolId>) {
    let mut ledger = Ledger::new(Arc::default(), rates, 0);
    let mut pools = Vec::new();
    for node in nodes {
        let pool = ledger.add_pool(Pool {
            group: GroupId::from_index(0),
            cpu_milli: (node.cpu * 1000.0).round() as i64,
            memory_bytes: (node.ram_gib * GIB).round() as i64,
            gpus: node.gpu as i64,
        });
        let item = ledger.add_node_item(item(node.price), pool);
        ledger.node_launched(SimTime::ZERO, item);
        pools.push(pool);
    }
    (ledger, pools)
}

fn item(usd_hour: f64) -> Arc<Item> {
    let money = Money::from_usd(usd_hour);
    Arc::new(Item {
        kind: ChargeKind::OnDemandNodes,
        service: "nodes".into(),
        sku: "node".into(),
        name: "node".into(),
        resource: "node".into(),
        region: "here".into(),
        zone: None,
        payer: Payer::Holders,
        labels: Vec::new(),
        price: UnitPrice {
            unit: Unit { name: "Hours", basis: Basis::Hour },
            price_type: PriceType::OnDemand,
            tiers: vec![Tier { above: 0, list: money, net: money }],
            origin: Origin::listed("table", "undated"),
        },
        net_by_hour: None,
    })
}

fn close(ledger: Ledger, hours: f64, names: &[String], table: &mut Table) {
    let bill = ledger.close(SimTime::ZERO + SimDuration::from_secs_f64(hours * 3600.0));
    for share in &bill.shares {
        let owner = match share.owner {
            Owner::Namespace(id) => &names[id.index()],
            Owner::Idle => Owner::IDLE,
            Owner::Workload(_) | Owner::Unallocated => Owner::UNALLOCATED,
        };
        let part = match share.kind {
            ShareKind::Cpu => "cpu",
            ShareKind::Ram => "ram",
            ShareKind::Gpu => "gpu",
            ShareKind::Charge(_) => "charge",
        };
        add(table, owner, part, share.amount.usd());
    }
}

/// How a node's price divides: everything is held by one.
fn node_alone(inputs: &Value) -> Table {
    let (capacity, base) = (&inputs["capacity"], &inputs["base"]);
    let rates = BaseRates {
        cpu_milli_hour: (number(base, "cpu") * 1e6).round() as i64,
        ram_gib_hour: (number(base, "ram") * 1e9).round() as i64,
        gpu_hour: (number(base, "gpu") * 1e9).round() as i64,
    };
    let node = Node {
        price: number(inputs, "nodePrice"),
        cpu: number(capacity, "cpu"),
        ram_gib: number(capacity, "ramGiB"),
        gpu: number(capacity, "gpu"),
    };
    let held = Held {
        cpu_milli: (node.cpu * 1000.0).round() as i64,
        memory_bytes: (node.ram_gib * GIB).round() as i64,
        gpus: node.gpu as i64,
        pods: 1,
    };
    let (mut ledger, pools) = books(rates, &[node]);
    let holder = Holder::Namespace(ledger.add_namespace("node"));
    ledger.add_held(SimTime::ZERO, pools[0], holder, held);
    let mut table = Table::new();
    close(ledger, 1.0, &["node".to_owned()], &mut table);
    table
}

fn nodes(inputs: &Value) -> Table {
    let rows: Vec<&Value> =
        inputs["nodes"].as_array().map_or_else(|| vec![&inputs["node"]], |nodes| nodes.iter().collect());
    let hours = inputs["hours"].as_f64().unwrap_or(1.0);
    let pods = inputs["pods"].as_array().expect("pods");
    let mut table = Table::new();
    // Each table gives nodes their own share of cpu: one ledger per node.
    for (at, row) in rows.iter().enumerate() {
        let gpus = number(row, "gpu");
        let [cpu, ram_gib, share] = ["cpu", "ramGiB", "cpuShare"].map(|key| number(row, key));
        let gpu_share = number(row, "gpuShare");
        let rates = BaseRates {
            cpu_milli_hour: (share * 1e12 / cpu).round() as i64,
            ram_gib_hour: ((1.0 - share - gpu_share) * 1e15 / ram_gib).round() as i64,
            gpu_hour: if gpus > 0.0 { (gpu_share * 1e15 / gpus).round() as i64 } else { 0 },
        };
        let (mut ledger, pools) = books(rates, &[Node { price: number(row, "price"), cpu, ram_gib, gpu: gpus }]);
        let mut names: Vec<String> = Vec::new();
        for pod in pods.iter().filter(|pod| number(pod, "node") as usize == at) {
            let name = pod["ns"].as_str().expect("a namespace");
            let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
                ledger.add_namespace(name);
                names.push(name.to_owned());
                names.len() - 1
            });
            let larger = |request: &str, usage: &str| number(pod, request).max(number(pod, usage));
            let held = Held {
                cpu_milli: (larger("cpuRequest", "cpuUsage") * 1000.0).round() as i64,
                memory_bytes: (larger("ramRequest", "ramUsage") * GIB).round() as i64,
                gpus: larger("gpuRequest", "gpuUsage") as i64,
                pods: 1,
            };
            ledger.add_held(SimTime::ZERO, pools[0], Holder::Namespace(Id::from_index(place)), held);
        }
        close(ledger, hours, &names, &mut table);
    }
    table
}

// --- sharing

fn containers(inputs: &Value) -> Table {
    let empty = Vec::new();
    let mut clusters: Vec<String> = Vec::new();
    let mut pool = |name: &str| {
        let known = clusters.iter().position(|cluster| cluster == name);
        known.unwrap_or_else(|| {
            clusters.push(name.to_owned());
            clusters.len() - 1
        }) as u32
    };
    let all = |key: &str| -> Vec<String> {
        let one = inputs[key].as_str().map(str::to_owned).into_iter();
        let plural = inputs[format!("{key}s")].as_array().unwrap_or(&empty).iter();
        one.chain(plural.filter_map(|name| name.as_str().map(str::to_owned))).collect()
    };
    let (namespaces, labels) = (all("shareNamespace"), all("shareLabel"));
    let by = inputs["by"].as_str().unwrap_or("namespace");
    let mut causes = Vec::new();
    for row in inputs["containers"].as_array().expect("containers") {
        let namespace = row["ns"].as_str().unwrap_or("");
        let label = row["label"].as_str();
        let has = |wanted: &String| label.is_some_and(|label| wanted.rsplit('=').next() == Some(label));
        let owner = match by {
            "namespace" => Some(namespace),
            _ => row[by].as_str().or(if by.starts_with("label") { label } else { None }),
        };
        causes.push(Cause {
            owner: owner.unwrap_or(Owner::UNALLOCATED).to_owned(),
            pool: pool(row["cluster"].as_str().unwrap_or("")),
            is_shared: namespaces.iter().any(|name| name == namespace) || labels.iter().any(has),
            costs: costs(row),
        });
    }
    let idle = inputs["idle"].as_object().into_iter().flatten().map(|(name, row)| (pool(name), costs(row))).collect();
    let starts = |key: &str, word: &str| inputs[key].as_str().is_some_and(|text| text.starts_with(word));
    let policy = Policy {
        idle: match inputs.get("shareIdle") {
            None => ShareIdle::No,
            Some(_) if starts("shareIdle", "even") => ShareIdle::Even,
            Some(Value::Bool(false)) => ShareIdle::No,
            Some(_) => ShareIdle::Weighted,
        },
        split: if starts("split", "even") { ShareSplit::Even } else { ShareSplit::Weighted },
    };
    let overhead = number(inputs, "overheadPerHour") * inputs["hours"].as_f64().unwrap_or(1.0);
    let result = by_owner(&causes, &idle, Money::from_usd(overhead), policy);
    let mut table = Table::new();
    result.owners.iter().for_each(|(owner, costs)| tell(&mut table, owner, costs));
    tell(&mut table, Owner::IDLE, &result.idle);
    table
}

fn costs(row: &Value) -> Costs {
    const KEYS: [(&str, CostPart); 7] = [
        ("cpu", CostPart::Cpu),
        ("ram", CostPart::Ram),
        ("gpu", CostPart::Gpu),
        ("pv", CostPart::Volumes),
        ("net", CostPart::Network),
        ("lb", CostPart::LoadBalancers),
        ("external", CostPart::External),
    ];
    let mut costs = Costs::default();
    KEYS.iter().for_each(|(key, part)| costs.add(*part, Money::from_usd(number(row, key))));
    costs
}

fn tell(table: &mut Table, owner: &str, costs: &Costs) {
    let name = |part: CostPart| match part {
        CostPart::Cpu => "cpu",
        CostPart::Ram => "ram",
        CostPart::Gpu => "gpu",
        _ => "other",
    };
    CostPart::ALL.iter().for_each(|part| add(table, owner, name(*part), costs.of(*part).usd()));
}

fn load_balancer(inputs: &Value) -> Table {
    let pods = inputs["pods"].as_array().expect("pods");
    let times: Vec<i128> = pods.iter().map(|pod| (number(pod, "hours") * 3600e9) as i128).collect();
    let cost = Money::from_usd(number(inputs, "cost"));
    let mut table = Table::new();
    if times.iter().sum::<i128>() == 0 {
        add(&mut table, "__unmounted__", "cost", cost.usd());
    }
    for (pod, part) in pods.iter().zip(by_pod_time(cost, &times)) {
        add(&mut table, pod["ns"].as_str().unwrap_or(""), "cost", part.usd());
        if let Some(name) = pod["pod"].as_str() {
            add(&mut table, name, "cost", part.usd());
        }
    }
    table
}

fn volume(inputs: &Value) -> Table {
    let pods = inputs["pods"].as_array().expect("pods");
    let second = |hours: f64| (hours * 3600.0).round() as i64;
    let mounts: Vec<(i64, i64)> =
        pods.iter().map(|pod| (second(number(pod, "fromHour")), second(number(pod, "toHour")))).collect();
    let parts = by_mount(Money::from_usd(number(inputs, "claimCost")), (0, second(number(inputs, "hours"))), &mounts);
    let mut table = Table::new();
    for (at, part) in parts.iter().enumerate() {
        match pods.get(at) {
            Some(pod) => {
                [&pod["pod"], &pod["ns"]].into_iter().filter_map(Value::as_str).for_each(|name| {
                    add(&mut table, name, "cost", part.usd());
                });
            }
            None => add(&mut table, "__unmounted__", "cost", part.usd()),
        }
    }
    table
}
