//! Answers of Prometheus in files: what a folder of them tells, and what is wrong with one.

use crate::program::Folder;
use foresail::past::prometheus::{Options, Source, queries, read};
use foresail::past::{LatencyFigure, Past};
use foresail::scenario::issue::Issues;

/// The answer with these series: labels as JSON, and a value for each minute.
fn answer(series: &[(&str, &[f64])]) -> String {
    let series = series.iter().map(|(labels, values)| {
        let values: Vec<String> =
            values.iter().enumerate().map(|(k, value)| format!("[{},\"{value}\"]", 1_767_571_200 + k * 60)).collect();
        format!("{{\"metric\":{{{labels}}},\"values\":[{}]}}", values.join(","))
    });
    let all = series.collect::<Vec<String>>().join(",");
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{all}]}}}}")
}

fn past(folder: &Folder, name: &str) -> (Result<Past, String>, String) {
    let mut issues = Issues::new();
    let source = Source::Files(folder.path().join(name));
    let past = read(&source, &Options::default(), &mut issues).map_err(|issues| issues.to_string());
    (past, issues.to_string())
}

#[test]
fn a_folder_of_answers_is_a_past() {
    let buckets = [("0.1", 5.0), ("0.2", 9.0), ("+Inf", 10.0)];
    let buckets: Vec<(String, [f64; 3])> = buckets
        .iter()
        .map(|(bound, rate)| (format!(r#""namespace":"shop","workload":"cart","le":"{bound}""#), [*rate; 3]))
        .collect();
    let buckets: Vec<(&str, &[f64])> = buckets.iter().map(|(labels, values)| (labels.as_str(), &values[..])).collect();
    let folder = Folder::new()
        .file(
            "p/micrometer-requests.json",
            answer(&[
                (r#""namespace":"shop","workload":"cart","status":"200""#, &[9.0, 9.0, 9.0]),
                (r#""namespace":"shop","workload":"cart","status":"503""#, &[1.0, 1.0, 1.0]),
            ]),
        )
        .file("p/micrometer-seconds.json", answer(&[(r#""namespace":"shop","workload":"cart""#, &[1.0, 2.0, 3.0])]))
        .file("p/micrometer-buckets.json", answer(&buckets))
        .file(
            "p/cpu.json",
            answer(&[
                (r#""namespace":"shop","pod":"cart-6b7c9d8f4c-x2z5k""#, &[0.2, 0.3, 0.4]),
                (r#""namespace":"shop","pod":"cart-6b7c9d8f4c-bq8wd""#, &[0.2, 0.2]),
            ]),
        )
        .file("p/deployment-replicas.json", answer(&[(r#""namespace":"shop","deployment":"cart""#, &[5.0; 3])]));
    let (found, said) = past(&folder, "p");
    let found = found.expect("a past");
    assert_eq!((found.start_s, found.step_s, found.steps), (1_767_571_200, 60, 3));
    let cart = &found.services["cart"];
    assert_eq!((cart.requests.mean(), cart.failures.mean()), (Some(10.0), Some(1.0)));
    assert_eq!(cart.latency(LatencyFigure::Mean).at(2), Some(0.3));
    assert_eq!(cart.latency(LatencyFigure::P50).at(0), Some(0.1));
    assert_eq!(cart.latency(LatencyFigure::P99).at(0), Some(0.2));
    assert_eq!(cart.cpu_cores.values(), [Some(0.4), Some(0.5), Some(0.4)]);
    for part in [
        "cart: latencies above the largest bucket",
        "(http_server_requests)",
        "ending of its name alone",
        "no memory usage was recorded",
        "count pods differently (means): cart (5.0 against 1.7)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn series_as_they_are_scraped_are_told_by_their_name() {
    let name = |name: &str, rest: &str| format!(r#""__name__":"{name}","namespace":"shop"{rest}"#);
    let requests =
        name("nginx_ingress_controller_requests", r#","ingress":"i","path":"/a","service":"cart","status":"200""#);
    let app = name("container_cpu_usage_seconds_total", r#","pod":"cart-0","container":"app""#);
    let pause = name("container_cpu_usage_seconds_total", r#","pod":"cart-0","container":"POD""#);
    let other = name("container_memory_usage_bytes", "");
    let all = answer(&[
        (&requests, &[0.0, 60.0, 30.0, 90.0]),
        (&app, &[0.0, 30.0, 60.0, 90.0]),
        (&pause, &[0.0, 6.0, 12.0, 18.0]),
        (&other, &[1.0, 1.0]),
    ]);
    let (found, said) = past(&Folder::new().file("all.json", all), "all.json");
    let found = found.expect("a past");
    assert_eq!(found.routes["/a"].values(), [Some(1.0), Some(0.5), Some(1.0)], "the counter began again");
    assert_eq!(found.services["cart"].cpu_cores.mean(), Some(0.5));
    assert!(said.contains("nothing is known of: container_memory_usage_bytes"), "{said}");
}

#[test]
fn every_wrong_file_is_told_at_once() {
    let folder = Folder::new()
        .file("p/cpu.json", "<html>Grafana</html>")
        .file("p/memory.json", "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"val")
        .file("p/periods.json", r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#)
        .file("p/memry.json", answer(&[(r#""pod":"a""#, &[1.0])]));
    let wrong = past(&folder, "p").0.expect_err("all wrong");
    for part in ["cpu.json", "web page", "memory.json:1", "query timed out", "memry.json", "did you mean `memory`"] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
    let nowhere = past(&folder, "localhost:9090").0.expect_err("nothing there");
    assert!(nowhere.contains("cannot be read") && nowhere.contains("http://"), "{nowhere}");
    let empty = Folder::new().file("p/cpu.json", answer(&[]));
    assert!(past(&empty, "p").0.expect_err("no series").contains("none of the known metrics"));
    let once = Folder::new().file("p/cpu.json", answer(&[(r#""pod":"a""#, &[1.0])]));
    assert!(past(&once, "p").0.expect_err("no course").contains("two samples"));
}

#[test]
fn queries_to_ask_by_hand_name_the_files_that_are_read() {
    let asked = queries(7 * 86_400, None);
    assert!(asked.iter().all(|query| query.file == format!("{}.json", query.id) && !query.purpose.is_empty()));
    let cpu = asked.iter().find(|query| query.id == "cpu").expect("a query");
    let expected =
        "sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!=\"\",container!=\"POD\"}[300s]))";
    assert_eq!((cpu.promql.as_str(), cpu.step_s), (expected, 300));
    assert!(asked.iter().all(|query| 7 * 86_400 / query.step_s <= 11_000), "one page each");
}
