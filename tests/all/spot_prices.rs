//! Spot prices in time and by zone: recordings, what is drawn beyond them, and what is wrong with them.

use super::program::Folder;
use serde_json::Value;

/// Two spot nodes of one type, one in each of two zones, for six hours.
const SCENARIO: &str = "apiVersion: foresail/v1alpha1
kind: Scenario
cluster: {region: us-east-1, kubernetesVersion: '1.33'}
nodeGroups:
  a: {instanceTypes: [m5.large], capacityType: SPOT, minSize: 1, maxSize: 1, desiredSize: 1, zones: [us-east-1a]}
  b: {instanceTypes: [m5.large], capacityType: SPOT, minSize: 1, maxSize: 1, desiredSize: 1, zones: [us-east-1b]}
billing: {start: 2026-12-01}
duration: 6h
step: 1h
replications: 3
fidelity: lockstep
";

const HEADER: &str = "timestamp,instance_type,availability_zone,product_description,price\n";

/// Zone a: 0.03, from 01:30 on 0.04, from 04:00 on 0.05. Zone b: 0.06 all the time.
const RECORDED: &str = "2026-12-01T00:00:00Z,m5.large,us-east-1a,Linux/UNIX,0.03
2026-12-01T01:30:00Z,m5.large,us-east-1a,Linux/UNIX,0.04
2026-12-01T04:00:00Z,m5.large,us-east-1a,Linux/UNIX,0.05
2026-12-01T00:00:00Z,m5.large,us-east-1b,Linux/UNIX,0.06
2026-12-01T05:59:59Z,m5.large,us-east-1b,Linux/UNIX,0.06
2026-12-01T00:00:00Z,m5.large,us-east-1a,Windows,0.1
";

fn folder(recording: &str, prices: &str) -> Folder {
    let scenario = format!("{SCENARIO}prices: {{spotHistory: spot.csv{prices}}}\n");
    Folder::new().file("scenario.yaml", scenario).file("spot.csv", format!("{HEADER}{recording}"))
}

fn result(folder: &Folder, more: &str) -> Value {
    let done = folder.run(&format!("run scenario.yaml -q --out out {more}"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    serde_json::from_str(&folder.text("out/result.json")).expect("JSON")
}

/// What is invoiced in each hour for the spot nodes of a zone.
fn hours(result: &Value, zone: &str) -> Vec<f64> {
    let lines = result["bill"]["lines"].as_array().expect("lines").iter();
    let mut of_zone = lines.filter(|line| line["kind"] == "spot nodes" && line["zone"] == zone);
    let line = of_zone.next().expect("a line");
    assert!(of_zone.next().is_none());
    let cells = line["cells"].as_array().expect("cells").iter();
    cells.map(|cell| (cell["netUsd"].as_f64().expect("USD") * 1e9).round() / 1e9).collect()
}

fn caveats(result: &Value) -> String {
    result["caveats"].to_string() + &result["notes"].to_string()
}

#[test]
fn each_hour_has_the_price_that_was_recorded_for_its_zone() {
    let result = result(&folder(RECORDED, ""), "");
    assert_eq!(hours(&result, "us-east-1a"), [0.03, 0.035, 0.04, 0.04, 0.05, 0.05]);
    assert_eq!(hours(&result, "us-east-1b"), [0.06; 6]);
    let line = result["bill"]["lines"].as_array().expect("lines").iter().find(|line| line["zone"] == "us-east-1a");
    let line = line.expect("a line");
    assert_eq!(line["netUsd"].as_f64(), Some(0.245));
    assert_eq!(line["priceSource"].as_str(), Some("spot prices recorded in spot.csv"));
    assert_eq!((line["priceDate"].as_str(), line["estimated"].as_str()), (Some("2026-12-01 to 2026-12-01"), None));
    let said = caveats(&result);
    assert!(said.contains("not read are 1 row of Windows"), "{said}");
    assert!(said.contains("spot prices of m5.large are those of spot.csv, 2026-12-01 to 2026-12-01\""), "{said}");
}

#[test]
fn a_recording_of_another_time_begins_with_the_simulated_one() {
    let older = RECORDED.replace("2026-12-01", "2026-03-05");
    let result = result(&folder(&older, ""), "");
    assert_eq!(hours(&result, "us-east-1a"), [0.03, 0.035, 0.04, 0.04, 0.05, 0.05]);
    let said = caveats(&result);
    assert!(said.contains("the recording is laid 271 days later, to begin with the simulated time"), "{said}");
    let kept = super::spot_prices::result(&folder(&older, ", spotAlign: calendar"), "");
    assert_eq!(hours(&kept, "us-east-1a"), [0.05; 6], "the last price is held");
    assert!(caveats(&kept).contains("in 6 of 6 hours, before it or after it, its first or last price is held"));
    let mean = super::spot_prices::result(&folder(RECORDED, ", spotPrices: constant"), "");
    assert_eq!(hours(&mean, "us-east-1a"), [0.040_833_333; 6], "the mean of the hours");
}

/// Three days in which both zones move together.
fn days() -> String {
    let row = |hour: usize, zone: &str, base: f64| {
        let moved = base * (1.0 + 0.1 * ((hour * hour) % 7) as f64 / 7.0);
        format!(
            "2026-11-{:02}T{:02}:00:00Z,m5.large,us-east-1{zone},Linux/UNIX,{moved:.4}\n",
            28 + hour / 24,
            hour % 24
        )
    };
    (0..72).map(|hour| row(hour, "a", 0.03) + &row(hour, "b", 0.04)).collect()
}

#[test]
fn beyond_a_recording_prices_are_drawn_alike_with_any_threads() {
    let folder = folder(&days(), ", spotPrices: fitted, spotAlign: calendar");
    let one = result(&folder, "--jobs 1");
    let bytes = folder.text("out/result.json");
    let two = result(&folder, "--jobs 3");
    assert_eq!(bytes, folder.text("out/result.json"));
    assert_eq!(one, two);
    let line = one["bill"]["lines"].as_array().expect("lines").iter().find(|line| line["zone"] == "us-east-1a");
    let spread = ["netUsdP5", "netUsdP95"].map(|end| line.expect("a line")[end].as_f64().expect("USD"));
    assert!(spread[0] < spread[1], "each replication has its own prices: {spread:?}");
    let said = caveats(&one);
    assert!(
        said.contains("prices are drawn: m5.large with a half-life of") && said.contains("a correlation of zones of"),
        "{said}"
    );
    let prices = hours(&one, "us-east-1a");
    assert!(prices.iter().all(|usd| (0.025..0.04).contains(usd)), "{prices:?}");
    let lines = one["bill"]["lines"].as_array().expect("lines").iter();
    let sum: i128 = lines.map(|line| (line["effectiveUsd"].as_f64().expect("USD") * 1e9).round() as i128).sum();
    let rows = one["costs"].as_array().expect("costs").iter();
    let parts: i128 = rows.map(|row| (row["costUsd"].as_f64().expect("USD") * 1e9).round() as i128).sum();
    assert_eq!(sum, parts, "lines and owners are the same money");
}

#[test]
fn a_process_may_be_given_in_place_of_a_recording() {
    let prices = "prices: {spotPrices: fitted, spotProcess: {halfLife: 48h, dailySd: 0.05, zoneCorrelation: 0.5}}\n";
    let folder = Folder::new().file("scenario.yaml", format!("{SCENARIO}{prices}"));
    let result = result(&folder, "");
    let drawn = hours(&result, "us-east-1a");
    assert!(
        drawn.windows(2).all(|pair| pair[0] != pair[1]) && drawn.iter().all(|usd| (0.03..0.06).contains(usd)),
        "{drawn:?}"
    );
    let plain = Folder::new().file("scenario.yaml", SCENARIO);
    let plain = super::spot_prices::result(&plain, "");
    assert_eq!(hours(&plain, "us-east-1a"), [0.04366; 6]);
    let said = caveats(&plain);
    assert!(
        said.contains("in all zones and at all times") && said.contains("m5.large cost 0.0319 to 0.0453 in 5 zones"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_a_recording_is_told_at_once_and_what_is_missing_is_said() {
    let bad = "2026-12-01T00:00:00Z,m5.lrge,us-east-1a,Linux/UNIX,0.03\nyesterday,m5.large,us-east-1a,Linux/UNIX,0.03\n\
        2026-12-01T00:00:00Z,m5.large,us-east-1a,Linux/UNIX,-1\n";
    let done = folder(bad, "").run("run scenario.yaml -q --out out");
    assert_eq!(done.code, 2, "{}", done.stderr);
    for wanted in [
        "spot.csv:2: error: unknown instance type `m5.lrge`",
        "spot.csv:3: error: `yesterday` is not a time",
        "spot.csv:4: error: found the price `-1`",
    ] {
        assert!(done.stderr.contains(wanted), "{}", done.stderr);
    }
    for (prices, wanted) in [
        ("{spotPrices: fitted}", "prices.spotPrices: found no recording"),
        ("{spotPrices: sometimes}", "unknown variant `sometimes`, expected one of recorded, fitted, constant"),
        ("{spotAlign: start}", "prices.spotAlign: found no recording to be laid"),
        ("{spotProcess: {dailySd: 2}, spotPrices: fitted}", "prices.spotProcess.dailySd: expected 0 to 1"),
        ("{spotHistory: none.csv}", "prices.spotHistory: the recording"),
    ] {
        let folder = Folder::new().file("scenario.yaml", format!("{SCENARIO}prices: {prices}\n"));
        let done = folder.run("run scenario.yaml -q --out out");
        assert!(done.code == 2 && done.stderr.contains(wanted), "{prices}: {}", done.stderr);
    }
    let elsewhere = RECORDED.replace("us-east-1", "eu-west-1");
    let said = caveats(&result(&folder(&elsewhere, ""), ""));
    assert!(said.contains("spot.csv has no Linux price of us-east-1: spot prices do not change"), "{said}");
    let other_zone = "2026-12-01T00:00:00Z,m5.large,us-east-1d,Linux/UNIX,0.03\n";
    let found = result(&folder(other_zone, ""), "");
    assert_eq!(hours(&found, "us-east-1a"), [0.03; 6]);
    assert!(
        caveats(&found)
            .contains("no price of m5.large is recorded in us-east-1a, us-east-1b: it is the mean of us-east-1d")
    );
}
