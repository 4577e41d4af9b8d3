//! Worked examples of commitments, `tests/finance/commitments.json` or that of the folder `FORESAIL_FINANCE`: read by
//! kinds of usage and of commitments, applied by what the bill applies.

use foresail::cost::commitments::{
    Arrangement, AtEveryMoment, Block, Commitment, CommitmentTally, Fee, Hour, HourCover, Sku, Spend, Tally, Terms,
    Tiers, UNIT_HOUR, Usage, at_full_price, family,
};
use foresail::cost::{Calendar, Hourly, ItemId};
use foresail::id::Id;
use foresail::units::{Money, PricePerHour, SimDuration, SimTime};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const HOUR_NANOS: f64 = 3.6e12;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Ours: three n2-standard-4 for half an hour have 12 vCPUs, of which 8 are committed to: 4 of 6 vCPU-hours are covered, though
/// the hour as a whole has fewer than 8.
#[test]
fn google_looks_at_every_moment() {
    let vector: Value = serde_json::from_str(
        r#"{"id": "half", "usage": [{"id": "n", "type": "n2-standard-4", "count": 3, "hours": 0.5, "vcpu": 4, "gb": 16,
            "listVcpu": 0.03, "listGb": 0.004, "series": "n2", "region": "us-central1"}],
          "commitments": [{"id": "c", "kind": "gcpResource", "series": "n2", "region": "us-central1", "vcpu": 8, "gb": 64,
            "feeVcpu": 0.02, "feeGb": 0.002}],
          "expected": {"onDemandCharge": 0.06, "utilization": {"c": {"vcpu": 0.5, "gb": 0.375}}}}"#,
    )
    .expect("JSON");
    assert_eq!(first_difference(&vector, 1e-6), None);
}

#[test]
fn commitments_cover_what_the_worked_examples_say() {
    let folder = std::env::var("FORESAIL_FINANCE").unwrap_or_else(|_| "tests/finance".into());
    let text = std::fs::read_to_string(format!("{folder}/commitments.json")).expect("the vectors");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let tolerance = file["tolerance"].as_f64().unwrap_or(1e-6);
    let mut wrong = Vec::new();
    for vector in file["vectors"].as_array().expect("vectors") {
        let id = vector["id"].as_str().unwrap_or("?");
        match first_difference(vector, tolerance) {
            None => println!("{id}: ok"),
            Some(difference) => {
                println!("{id}: {difference}");
                wrong.push(format!("{id}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn first_difference(vector: &Value, tolerance: f64) -> Option<String> {
    let found = Worked::of(vector);
    let differs = |found: f64, expected: f64| (found - expected).abs() > tolerance * (1.0 + expected.abs() * 1e-3);
    for (key, expected) in vector["expected"].as_object().expect("expected") {
        for (path, expected) in leaves(key, expected) {
            let Some(value) = found.figure(&path) else {
                return Some(format!("{}: not known to the test", path.join(".")));
            };
            if differs(value, expected) {
                return Some(format!("{}: found {value}, expected {expected}", path.join(".")));
            }
        }
        if key == "covered" {
            let listed: BTreeSet<String> = leaves(key, expected).into_iter().map(|(path, _)| path.join(".")).collect();
            let unlisted = found.covered.iter().find(|((usage, commitment, _), quantity)| {
                let path = format!("covered.{usage}.{commitment}");
                **quantity > tolerance && !listed.iter().any(|listed| listed.starts_with(&path))
            });
            if let Some(((usage, commitment, _), quantity)) = unlisted {
                return Some(format!("covered.{usage}.{commitment}: found {quantity}, expected none"));
            }
        }
    }
    None
}

/// The numbers below a value with the path to each.
fn leaves(key: &str, value: &Value) -> Vec<(Vec<String>, f64)> {
    let below = |key: String, value: &Value| {
        let deeper = leaves(&key, value).into_iter();
        deeper.collect::<Vec<_>>()
    };
    let with_front = |rows: Vec<(Vec<String>, f64)>| {
        let front = |(mut path, number): (Vec<String>, f64)| {
            path.insert(0, key.to_owned());
            (path, number)
        };
        rows.into_iter().map(front).collect::<Vec<_>>()
    };
    match value {
        Value::Object(rows) => with_front(rows.iter().flat_map(|(key, value)| below(key.clone(), value)).collect()),
        Value::Array(rows) => {
            with_front(rows.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect())
        }
        number => vec![(vec![key.to_owned()], number.as_f64().unwrap_or(f64::NAN))],
    }
}

/// A kind of usage with its quantity in each hour.
struct Line {
    id: String,
    usage: Usage,
    /// How many for which part of it, from its beginning on, in each hour.
    running: Vec<(f64, f64)>,
    hours: Vec<i128>,
    /// `machine`, `vcpu`, `gb`: what a quantity of it is shown as.
    part: &'static str,
    /// Of the part in a unit.
    size: f64,
    spot: f64,
}

/// A vector, worked through.
struct Worked {
    /// By usage, commitment and part.
    covered: BTreeMap<(String, String, &'static str), f64>,
    tallies: BTreeMap<String, CommitmentTally>,
    parts: BTreeMap<(String, &'static str), CommitmentTally>,
    whole: Tally,
    uncovered_usd: f64,
    spot_usd: f64,
    hours: i64,
    term_hours: f64,
    sustained: Vec<(f64, f64)>,
}

impl Worked {
    fn of(vector: &Value) -> Worked {
        let period = period(vector);
        let lines: Vec<Line> = list(vector, "usage").iter().flat_map(|row| usage(row, vector, period)).collect();
        let usages: Vec<Usage> = lines.iter().map(|line| line.usage.clone()).collect();
        let pledged: Vec<(Commitment, &'static str)> =
            list(vector, "commitments").iter().flat_map(|row| commitments(row, vector, &usages, period)).collect();
        let commitments: Vec<Commitment> = pledged.iter().map(|(commitment, _)| commitment.clone()).collect();
        let arrangement = Arrangement::new(&usages, &commitments);
        let moments = at_every_moment(&lines, &commitments, period);
        let (mut whole, mut hour_cover) = (Tally::default(), HourCover::default());
        let mut covered: BTreeMap<(String, String, &'static str), f64> = BTreeMap::new();
        let (mut uncovered, mut spot_usd) = (0.0, 0.0);
        for number in 0..period {
            let used: Vec<i128> =
                lines.iter().map(|line| line.hours.get(number as usize).copied().unwrap_or(0)).collect();
            let mut left = used.clone();
            let of_hour = |hourly: &Hourly| hourly.iter().nth(number as usize).unwrap_or(0);
            hour_cover.moments = moments.iter().map(of_hour).collect();
            arrangement.cover(Hour::whole(number), &mut left, &mut hour_cover);
            whole.add(&usages, &used, &hour_cover);
            for cover in &hour_cover.covers {
                let line = &lines[cover.usage];
                let key = (line.id.clone(), commitments[cover.commitment].name.to_string(), line.part);
                *covered.entry(key).or_default() += units(cover.quantity) * line.size;
            }
            for (line, left) in lines.iter().zip(left) {
                let is_spot = line.usage.is_spot;
                let sum = if is_spot { &mut spot_usd } else { &mut uncovered };
                *sum += units(left) * if is_spot { line.spot } else { line.usage.on_demand.usd() };
            }
        }
        let mut tallies: BTreeMap<String, CommitmentTally> = BTreeMap::new();
        let mut parts = BTreeMap::new();
        for ((commitment, part), tally) in pledged.iter().zip(&whole.commitments) {
            let name = commitment.name.to_string();
            parts.insert((name.clone(), *part), *tally);
            tallies.entry(name).and_modify(|sum| *sum = sum.with(*tally)).or_insert(*tally);
        }
        let sustained = list(vector, "usage").iter().flat_map(sustained).collect();
        let term_hours = commitments.first().map_or(1.0, |commitment| commitment.fee.hours as f64);
        Worked {
            covered,
            tallies,
            parts,
            whole,
            uncovered_usd: uncovered,
            spot_usd,
            hours: period,
            term_hours,
            sustained,
        }
    }

    /// What the vectors call it, by its path.
    fn figure(&self, path: &[String]) -> Option<f64> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let sum = |of: fn(&CommitmentTally) -> Money| self.tallies.values().map(of).sum::<Money>().usd();
        Some(match path[..] {
            ["covered", usage, commitment] => {
                let part = self.covered.get(&(usage.into(), commitment.into(), "machine"));
                part.copied().unwrap_or_default()
            }
            ["covered", usage, commitment, part @ ("vcpu" | "gb")] => {
                let part = if part == "vcpu" { "vcpu" } else { "gb" };
                self.covered.get(&(usage.into(), commitment.into(), part)).copied().unwrap_or_default()
            }
            ["utilization" | "utilisation", commitment] => self.tallies.get(commitment)?.utilisation(),
            ["utilization" | "utilisation", commitment, part @ ("vcpu" | "gb")] => {
                let part = if part == "vcpu" { "vcpu" } else { "gb" };
                self.parts.get(&(commitment.into(), part))?.utilisation()
            }
            ["unusedFees" | "unusedEffective"] => sum(CommitmentTally::unused_fee),
            ["unusedFees" | "unusedEffective", commitment] => self.tallies.get(commitment)?.unused_fee().usd(),
            ["usedEffective"] => sum(|tally| tally.used_fee),
            ["fees" | "cash" | "cashThisMonth"] => sum(|tally| tally.cash),
            ["amortized" | "amortised"] => sum(|tally| tally.fee),
            ["effectiveHourly"] => sum(|tally| tally.fee) / self.hours as f64,
            ["onDemandCharge"] => self.uncovered_usd,
            ["spotCharge"] => self.spot_usd,
            ["total"] => self.uncovered_usd + self.spot_usd + sum(|tally| tally.cash),
            ["totalAmortized"] => self.uncovered_usd + self.spot_usd + sum(|tally| tally.fee),
            ["onDemandEquivalent"] => self.whole.on_demand_equivalent().usd(),
            ["coverage"] => self.whole.coverage(),
            ["monthHours" | "periodHours"] => self.hours as f64,
            ["termHours"] => self.term_hours,
            ["charges", at] => self.sustained.get(at.parse::<usize>().ok()?)?.0,
            ["effectiveDiscount", at] => self.sustained.get(at.parse::<usize>().ok()?)?.1,
            _ => return None,
        })
    }
}

fn units(quantity: i128) -> f64 {
    quantity as f64 / UNIT_HOUR as f64
}

fn list<'a>(vector: &'a Value, key: &str) -> &'a [Value] {
    vector[key].as_array().map_or(&[], Vec::as_slice)
}

fn number(row: &Value, key: &str) -> Option<f64> {
    row.get(key).and_then(Value::as_f64)
}

fn text<'a>(row: &'a Value, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::as_str)
}

fn price(row: &Value, key: &str) -> PricePerHour {
    PricePerHour::from_usd(number(row, key).unwrap_or(0.0))
}

fn account(row: &Value) -> u32 {
    text(row, "account").map_or(0, |name| name.bytes().fold(7, |sum, byte| sum * 31 + u32::from(byte)))
}

/// How many clock hours a vector has: said, or as long as its longest usage.
fn period(vector: &Value) -> i64 {
    let said = [&vector["periodHours"], &vector["monthHours"], &vector["expected"]["monthHours"], &vector["hours"]];
    if let Some(hours) = said.iter().find_map(|value| value.as_f64()) {
        return hours.ceil() as i64;
    }
    let of = |row: &Value| match (&row["count"], &row["hours"]) {
        (Value::Array(counts), _) => counts.len() as f64,
        (_, Value::Array(hours)) => hours.len() as f64,
        (_, hours) => hours.as_f64().unwrap_or(1.0),
    };
    list(vector, "usage").iter().map(of).fold(1.0, f64::max).ceil() as i64
}

/// What is committed to of resources, and there, at every moment: by resource and hour.
fn at_every_moment(lines: &[Line], commitments: &[Commitment], period: i64) -> Vec<Hourly> {
    let calendar = Calendar::default();
    let hour = |number: usize| SimTime::ZERO + SimDuration::from_hours(number as i64);
    let usages: Vec<(ItemId, Usage)> =
        (0..).zip(lines).map(|(at, line)| (Id::from_index(at), line.usage.clone())).collect();
    let mut changes: Vec<(SimTime, ItemId, i64)> = Vec::new();
    for ((item, _), line) in usages.iter().zip(lines) {
        for (number, (count, hours)) in line.running.iter().enumerate() {
            let level = (count * 1e6).round() as i64;
            let until = hour(number) + SimDuration::from_secs_f64(hours * 3600.0);
            changes.extend([(hour(number), *item, level), (until, *item, -level)]);
        }
    }
    changes.sort_by_key(|(at, ..)| *at);
    let mut moments = AtEveryMoment::new(commitments, &usages, &calendar);
    for (at, item, change) in changes {
        moments.add_level(&calendar, at, item, change);
    }
    moments.close(&calendar, hour(period as usize))
}

/// How many run for which part of each hour: `count` for `hours`, whole hours first; either may be a list by the hour.
fn running(row: &Value, period: i64) -> Vec<(f64, f64)> {
    let count = number(row, "count").unwrap_or(1.0);
    match (&row["count"], &row["hours"]) {
        (Value::Array(counts), hours) => {
            let hours = |at: usize| hours.get(at).and_then(Value::as_f64).or(hours.as_f64()).unwrap_or(1.0).min(1.0);
            counts.iter().enumerate().map(|(at, count)| (count.as_f64().unwrap_or(0.0), hours(at))).collect()
        }
        (_, Value::Array(hours)) => hours.iter().map(|hours| (count, hours.as_f64().unwrap_or(0.0))).collect(),
        (_, hours) => {
            let hours = hours.as_f64().unwrap_or(1.0);
            (0..period).map(|at| (count, (hours - at as f64).clamp(0.0, 1.0))).collect()
        }
    }
}

fn quantity((count, hours): (f64, f64)) -> i128 {
    (count * hours * UNIT_HOUR as f64 / 1e12).round() as i128 * 1_000_000_000_000
}

/// The region that is meant where none is named.
fn home(vector: &Value) -> String {
    let rows = || list(vector, "usage").iter().chain(list(vector, "commitments"));
    let named = rows().find_map(|row| text(row, "region").map(str::to_owned));
    let of_zone = || rows().find_map(|row| Some(text(row, "zone")?.trim_end_matches(char::is_alphabetic).to_owned()));
    named.or_else(of_zone).unwrap_or_else(|| "region".into())
}

fn usage(row: &Value, vector: &Value, period: i64) -> Vec<Line> {
    let id = text(row, "id").expect("an id").to_owned();
    let kind = text(row, "type").unwrap_or_default();
    let zone_region = text(row, "zone").map(|zone| zone.trim_end_matches(char::is_alphabetic).to_owned());
    let region = text(row, "region").map(str::to_owned).or(zone_region).unwrap_or_else(|| home(vector));
    let base = |sku: Sku, on_demand: PricePerHour| Usage {
        sku,
        region: region.as_str().into(),
        zone: text(row, "zone").map(Into::into),
        account: account(row),
        is_spot: row.get("spot").is_some_and(|spot| !spot.is_null() && *spot != Value::Bool(false)),
        on_demand,
    };
    let line = |usage: Usage, part: &'static str, size: f64| Line {
        id: id.clone(),
        usage,
        hours: running(row, period).into_iter().map(quantity).collect(),
        running: running(row, period),
        part,
        size,
        spot: number(row, "spot").unwrap_or(0.0),
    };
    if row.get("hoursList").is_some() {
        return Vec::new();
    }
    if let Some(spend) = number(row, "listSpend") {
        return vec![line(base(Sku::GoogleSpend, PricePerHour::from_usd(spend)), "machine", 1.0)];
    }
    if let (Some(vcpu), Some(gb)) = (number(row, "vcpu"), number(row, "gb")) {
        let series: std::sync::Arc<str> = text(row, "series").unwrap_or(kind.split('-').next().unwrap_or("")).into();
        let cores = Sku::GceCores { series: series.clone(), milli: (vcpu * 1000.0).round() as i64 };
        let memory = Sku::GceMemory { series, bytes: (gb * GIB).round() as i64 };
        let of = |key: &str, amount: f64| PricePerHour::from_usd(number(row, key).unwrap_or(0.0) * amount);
        return vec![
            line(base(cores, of("listVcpu", vcpu)), "vcpu", vcpu),
            line(base(memory, of("listGb", gb)), "gb", gb),
        ];
    }
    let sku = if kind.starts_with("fargate") { Sku::Fargate(kind.into()) } else { Sku::Ec2(kind.into()) };
    vec![line(base(sku, price(row, "onDemand")), "machine", 1.0)]
}

/// The rate of each usage: as the vector has it, by the name of the plan's kind.
fn rates(vector: &Value, usages: &[Usage], key: &str) -> Vec<Option<PricePerHour>> {
    let rows = list(vector, "usage").iter().flat_map(|row| {
        let rate = row["rates"].get(key).and_then(Value::as_f64).map(PricePerHour::from_usd);
        usage(row, vector, 1).into_iter().map(move |_| rate)
    });
    let rates: Vec<_> = rows.collect();
    assert_eq!(rates.len(), usages.len());
    rates
}

fn commitments(row: &Value, vector: &Value, usages: &[Usage], period: i64) -> Vec<(Commitment, &'static str)> {
    let name = text(row, "id").expect("an id");
    let region = text(row, "region").map_or_else(|| home(vector), str::to_owned);
    let count = number(row, "count").unwrap_or(1.0);
    let money = |usd: f64| Money::from_nano_usd((usd * 1e9).round() as i128);
    let upfront = number(row, "upfront").unwrap_or(0.0);
    let term = number(row, "termHours").unwrap_or(8760.0);
    // What was paid upfront was paid before, unless it is said when the term begins.
    let before = if upfront > 0.0 { -(term as i64 / 2).min(term as i64 - period) } else { 0 };
    let begins =
        ["begins", "startHour", "fromHour"].iter().find_map(|key| number(row, key)).map_or(before, |h| h as i64);
    let ends = ["ends", "endHour", "untilHour"].iter().find_map(|key| number(row, key)).map(|hour| hour as i64);
    let hours = ends.map_or(term as i64, |ends| ends - begins);
    let of = |terms: Terms, hourly: f64, count: f64| Commitment {
        name: name.into(),
        account: account(row),
        terms,
        fee: Fee { upfront: money(upfront * count), hourly: money(hourly * count), begins, hours },
    };
    let instance_type = || text(row, "type").unwrap_or_default();
    let hourly = number(row, "hourlyFee").unwrap_or(0.0);
    let commitment = number(row, "commitment").unwrap_or(0.0);
    let spend = |rates| Spend { hourly: PricePerHour::from_usd(commitment), rates };
    match text(row, "kind").expect("a kind") {
        "zonalRI" => {
            let zone = text(row, "zone").expect("a zone");
            let terms =
                Terms::ZonalReserved { instance_type: instance_type().into(), zone: zone.into(), count: count as u32 };
            vec![(of(terms, hourly, count), "machine")]
        }
        "regionalRI" => {
            let terms = Terms::RegionalReserved {
                instance_type: instance_type().into(),
                region: region.as_str().into(),
                count: count as u32,
            };
            vec![(of(terms, hourly, count), "machine")]
        }
        "ec2instanceSP" => {
            let named = text(row, "family").unwrap_or_else(|| family(instance_type()));
            let spend = spend(rates(vector, usages, "ec2instance"));
            let terms = Terms::InstanceSavingsPlan { family: named.into(), region: region.as_str().into(), spend };
            vec![(of(terms, commitment, 1.0), "machine")]
        }
        "computeSP" => {
            let terms = Terms::ComputeSavingsPlan(spend(rates(vector, usages, "compute")));
            vec![(of(terms, commitment, 1.0), "machine")]
        }
        "gcpResource" => {
            let series: std::sync::Arc<str> = text(row, "series").expect("a series").into();
            let amount = |key: &str| number(row, key).unwrap_or(0.0);
            let milli = (amount("vcpu") * 1000.0).round() as i64;
            let bytes = (amount("gb") * GIB).round() as i64;
            let cores = Terms::GoogleCores { series: series.clone(), region: region.as_str().into(), milli };
            let memory = Terms::GoogleMemory { series, region: region.as_str().into(), bytes };
            let cores = of(cores, amount("feeVcpu") * amount("vcpu"), 1.0);
            vec![(cores, "vcpu"), (of(memory, amount("feeGb") * amount("gb"), 1.0), "gb")]
        }
        "gcpFlexible" => {
            let paid = 1.0 - number(row, "discount").expect("a discount");
            let rates = usages.iter().map(|usage| Some(usage.on_demand.scaled(paid))).collect();
            vec![(of(Terms::GoogleFlexible(spend(rates)), commitment, 1.0), "machine")]
        }
        other => panic!("{name}: `{other}` is no kind that the test knows"),
    }
}

/// What a machine costs that runs so long in a month, and how much of its list price that saves; for each of the times.
fn sustained(row: &Value) -> Vec<(f64, f64)> {
    let Some(hours) = row["hoursList"].as_array() else { return Vec::new() };
    let list = number(row, "list").or(number(row, "onDemand")).expect("a list price");
    let series = text(row, "type").and_then(|kind| kind.split('-').next()).unwrap_or_default();
    let given = row["tiers"].as_array().map(|tiers| {
        let share = |at: usize| (tiers[at].as_f64().expect("a share") * 1e6).round() as u32;
        Tiers([share(0), share(1), share(2), share(3)])
    });
    let tiers = given.or(Tiers::of(series)).expect("a series with sustained use");
    let month = (number(row, "monthHours").unwrap_or(730.0) * HOUR_NANOS) as i64;
    let of = |hours: &Value| {
        let time = (hours.as_f64().expect("hours") * HOUR_NANOS).round();
        let paid = at_full_price(&[Block { from: 0, until: 1_000_000, time: time as i64 }], month, tiers);
        let charge = list * paid as f64 / 1e6 / HOUR_NANOS;
        (charge, 1.0 - charge / (list * time / HOUR_NANOS))
    };
    hours.iter().map(of).collect()
}
