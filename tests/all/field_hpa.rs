//! HPAs over recordings as people have them, after public bug reports. The inputs lie in `tests/field`.

use crate::field::case;
use crate::program::Folder;
use serde_json::Value;

/// The dry run of the only HPA: its syncs, and its totals.
fn replay(folder: &Folder, line: &str) -> (Vec<Value>, Value) {
    let told = folder.run(&format!("hpa {line} -o json")).json();
    let hpa = &told["hpas"][0];
    (hpa["syncs"].as_array().expect("syncs").clone(), hpa["totals"].clone())
}

/// Where the HPA set another size: seconds, and the new size.
fn rescales(syncs: &[Value]) -> Vec<(i64, i64)> {
    let set = syncs.iter().filter(|row| row["rescaled"] == true);
    set.map(|row| (row["seconds"].as_i64().expect("seconds"), row["replicas"].as_i64().expect("a size"))).collect()
}

fn reasons(syncs: &[Value]) -> String {
    syncs.iter().filter_map(|row| row["reason"].as_str()).collect::<Vec<_>>().join("\n")
}

/// kubernetes/kubernetes#96671: what was wanted once makes nothing grow when the spike is over.
#[test]
fn c01_a_spike_that_is_over_grows_nothing() {
    let folder = case("01-hpa-up-policy-spike");
    let (syncs, _) = replay(&folder, "-f hpa.yaml --metrics m.csv --replicas 2 --cpu-request 500m");
    assert_eq!(rescales(&syncs), [(60, 3), (375, 2)]);
}

/// kubernetes/kubernetes#99394: with one metric missing nothing shrinks; what is known may still let it grow.
#[test]
fn c02_a_missing_metric_stops_shrinking_alone() {
    let folder = case("02-hpa-missing-external");
    let line = "-f hpa.yaml --replicas 3 --cpu-request 500m --metrics";
    let (syncs, _) = replay(&folder, &format!("{line} m.csv"));
    assert_eq!(rescales(&syncs), [(600, 2)]);
    assert!(reasons(&syncs).contains("backlog has no value: nothing is done"));
    let busy = folder.text("m.csv").replace(",20,", ",140,");
    let (syncs, _) = replay(&folder.file("busy.csv", busy), &format!("{line} busy.csv"));
    assert_eq!(rescales(&syncs)[0].1, 5, "cpu alone asks for more");
}

/// kedacore/keda#5781: the average of an external metric is over pods, and its value is not.
#[test]
fn c17_an_average_is_over_pods() {
    let folder = case("17-hpa-keda-dump");
    let first = |hpa: &str| {
        let line = format!("-f {hpa} --metrics s0-prometheus=q.json --metrics cpu=cpu.json --cpu-request 500m");
        let (syncs, totals) = replay(&folder, &line);
        assert_eq!(totals["syncsWithoutMetrics"], 0);
        syncs[0]["metrics"][0]["current"].clone()
    };
    assert_eq!((first("hpa.yaml"), first("hpa-value.yaml")), (1334.into(), 4000.into()));
}

/// kubernetes/kubernetes#69687, #110278: from nothing a queue asks for pods; with a least size above 0 nothing does.
#[test]
fn c18_an_external_metric_scales_from_zero() {
    let folder = case("18-hpa-scale-to-zero");
    let (syncs, totals) = replay(&folder, "-f hpa.yaml --metrics q.csv --replicas 0");
    assert_eq!(rescales(&syncs), [(180, 4)]);
    assert_eq!(totals["syncsWithoutMetrics"], 0, "there is no average, and there are metrics");
    assert!(reasons(&syncs).contains("queue (no pods) of 10 asks for 4"));
    let (syncs, totals) = replay(&folder, "-f hpa-min1.yaml --metrics q.csv --replicas 0");
    assert_eq!((rescales(&syncs), &totals["syncsWithoutMetrics"]), (Vec::new(), &0.into()));
    assert!(reasons(&syncs).contains("the HPA is switched off"));
    folder
        .run("hpa -f hpa-cpu0.yaml --metrics c.csv --replicas 2 --cpu-request 1")
        .refused(&["must specify at least one Object or External metric to support scaling to zero replicas"]);
}

/// `selectPolicy: Disabled` is for ever.
#[test]
fn c26_a_disabled_direction_never_comes() {
    let folder = case("26-hpa-old-api-forms");
    let line = "-f v1ann.yaml --metrics m.csv --cpu-request 500m --memory-request 1Gi --replicas 4";
    let (syncs, _) = replay(&folder, line);
    assert!(reasons(&syncs).contains("selectPolicy Disabled: it never shrinks"), "{}", reasons(&syncs));
}

/// kubernetes/kubernetes#98174: a rise within the window of a fall waits for its own window.
#[test]
fn c39_a_short_rise_grows_nothing() {
    let folder = case("39-hpa-scaleup-during-scaledown");
    let line = "-f hpa.yaml --metrics m.csv";
    let (syncs, _) = replay(&folder, line);
    assert_eq!(rescales(&syncs)[0], (825, 15));
    assert!(syncs.iter().all(|row| row["replicas"].as_i64() <= Some(17)));
    // The recording has 17 at each sync, whatever was decided: that is said.
    let done = folder.run(&format!("hpa {line}"));
    assert!(done.stderr.contains("backend: 6 of 6 rescales were followed by other replicas"), "{}", done.stderr);
    let (_, free) = folder.text("m.csv").lines().fold((true, String::new()), |(_, text), line| {
        (false, text + line.rsplit_once(',').expect("replicas").0 + "\n")
    });
    let (syncs, _) = replay(&folder.file("free.csv", free), "-f hpa.yaml --metrics free.csv --replicas 17");
    assert_eq!(rescales(&syncs)[..2], [(825, 15), (1005, 14)].map(|row| row)[..2].to_vec());
}

/// Each pod's value counts until its next one is due, whenever the others are looked at.
#[test]
fn c41_pods_may_be_looked_at_at_different_moments() {
    let folder = case("41-hpa-metric-file-forms");
    let line = |file: &str| format!("-f hpa.yaml --metrics cpu={file} --cpu-request 500m --replicas 2");
    let (syncs, totals) = replay(&folder, &line("offset.json"));
    assert_eq!(totals["syncsWithoutMetrics"], 0, "{}", reasons(&syncs));
    let told: Value = serde_json::from_str(&folder.text("churn.json")).expect("JSON");
    let folder =
        folder.file("data.json", told["data"].to_string()).file("bare.json", told["data"]["result"].to_string());
    let whole = replay(&folder, &line("churn.json"));
    assert_eq!(replay(&folder, &line("data.json")), whole);
    assert_eq!(replay(&folder, &line("bare.json")), whole);
    folder.run(&format!("hpa {}", line("err.json"))).refused(&["with status `error`: parse error"]);
}
