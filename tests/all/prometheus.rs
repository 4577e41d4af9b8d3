//! The past read from a real Prometheus: one that scrapes an exporter with known rates, and one whose data base was filled
//! with three known days.

use foresail::past::prometheus::server::Server;
use foresail::past::prometheus::{Options, Source, read};
use foresail::past::{LatencyFigure, Past, Series};
use foresail::scenario::issue::Issues;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that ends with the test, whatever becomes of it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = found.is_ok_and(|status| status.success());
    if !is_there {
        println!("skipped: there is no {program}");
    }
    is_there
}

/// Prometheus on a port of its own, ready to be asked.
fn prometheus(folder: &Path, config: &str) -> (Process, u16) {
    fs::write(folder.join("prometheus.yml"), config).expect("a config");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--web.external-url=http://localhost/prom")
        .arg("--log.level=error")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Prometheus starts");
    let process = Process(child);
    let until = Instant::now() + Duration::from_secs(60);
    while !is_ready(port) {
        assert!(Instant::now() < until, "Prometheus is never ready");
        std::thread::sleep(Duration::from_millis(100));
    }
    (process, port)
}

fn is_ready(port: u16) -> bool {
    let answer = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
        stream.write_all(b"GET /prom/-/ready HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    });
    answer.is_ok_and(|text| text.starts_with("HTTP/1.0 200"))
}

fn server(port: u16) -> Source {
    Source::Server(Server::new(&format!("http://127.0.0.1:{port}/prom/graph"), None).expect("a URL"))
}

fn near(found: Option<f64>, expected: f64, share: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= share * expected)
}

/// The last value that is known.
fn last(series: &Series) -> Option<f64> {
    series.values().iter().rev().copied().flatten().next()
}

#[test]
fn what_an_exporter_says_is_what_the_past_holds() {
    if !is_there("prometheus") || !is_there("python3") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prometheus/exporter.py");
    let exporter = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().expect("the exporter starts");
    let mut exporter = Process(exporter);
    let mut line = String::new();
    BufReader::new(exporter.0.stdout.take().expect("its output")).read_line(&mut line).expect("its port");
    let exporter_port: u16 = line.trim().parse().expect("a port");
    // The second job is scraped as kube-state-metrics often is: its labels come as `exported_...`.
    let config = format!(
        "global: {{scrape_interval: 1s}}
scrape_configs:
- {{job_name: apps, honor_labels: true, static_configs: [{{targets: ['127.0.0.1:{exporter_port}']}}]}}
- job_name: kube
  metrics_path: /kube
  static_configs:
  - {{targets: ['127.0.0.1:{exporter_port}'], labels: {{namespace: monitoring, pod: ksm-0, node: elsewhere}}}}
"
    );
    let (_prometheus, port) = prometheus(folder.path(), &config);
    let until = Instant::now() + Duration::from_secs(120);
    let saved = folder.path().join("saved");
    loop {
        std::thread::sleep(Duration::from_secs(3));
        let now_s = jiff::Timestamp::now().as_second();
        let options = Options { span_s: Some((now_s - 60, now_s)), save: Some(saved.clone()), ..Options::default() };
        let mut issues = Issues::new();
        let past = read(&server(port), &options, &mut issues);
        let settled = |past: &Past| {
            past.services
                .get("orders")
                .is_some_and(|orders| orders.requests.known() > 15 && orders.cpu_cores.known() > 15)
                && past.node_starts.first().is_some_and(|node| node.ready_s.is_some())
        };
        match past {
            Ok(past) if settled(&past) => {
                check_known_rates(&past, &issues);
                let mut again = Issues::new();
                let offline = read(&Source::Files(saved), &Options::default(), &mut again).expect("what was saved");
                assert_eq!(offline.services.keys().collect::<Vec<_>>(), past.services.keys().collect::<Vec<_>>());
                assert_eq!(last(&offline.services["orders"].requests), last(&past.services["orders"].requests));
                assert_eq!((offline.step_s, offline.pod_starts), (past.step_s, past.pod_starts), "{again}");
                return;
            }
            Ok(_) => {}
            Err(issues) => assert!(issues.to_string().contains("--prometheus"), "{issues}"),
        }
        assert!(Instant::now() < until, "the exporter is never seen: {issues}");
    }
}

fn check_known_rates(past: &Past, issues: &Issues) {
    assert_eq!(past.step_s, 1, "as often as targets are scraped: {issues}");
    assert!(near(last(&past.routes["/"]), 40.0, 0.05) && near(last(&past.routes["/api/orders"]), 21.0, 0.05));
    let orders = &past.services["orders"];
    assert!(near(last(&orders.requests), 21.0, 0.05), "the mesh counts, at the callee: {:?}", last(&orders.requests));
    assert!(near(last(&orders.failures), 1.0, 0.05));
    let call = &past.calls[&("web".to_owned(), "orders".to_owned())];
    assert!(near(last(call), 21.0, 0.05) && past.calls.len() == 1, "{:?}", past.calls.keys());
    assert!(
        near(last(&orders.cpu_cores), 0.5, 0.05),
        "two pods of 0.25, no pause container: {:?}",
        last(&orders.cpu_cores)
    );
    assert!(near(last(&orders.memory_bytes), 5e7, 1e-9), "{:?}", last(&orders.memory_bytes));
    assert!(near(last(&orders.throttled), 0.1, 0.01));
    assert!(near(last(orders.latency(LatencyFigure::Mean)), 0.15, 0.01));
    for (figure, expected) in [(LatencyFigure::P50, 0.1), (LatencyFigure::P95, 0.3875), (LatencyFigure::P99, 0.5)] {
        assert!(near(last(orders.latency(figure)), expected, 0.02), "{figure:?}: {:?}", last(orders.latency(figure)));
    }
    assert_eq!((last(&orders.replicas), last(&orders.ready)), (Some(2.0), Some(2.0)));
    assert_eq!(last(&past.nodes["app"]), Some(1.0), "{:?}", past.nodes.keys());
    assert!(near(last(&orders.groups["app"].cpu_cores), 0.5, 0.05));
    let node = &past.node_starts[0];
    assert_eq!((node.node.as_str(), node.group.as_str()), ("n1", "app"));
    // It is looked for every 15 s.
    assert!(node.ready_s.is_some_and(|ready_s| (3.0..=20.0).contains(&(ready_s - node.created_s))), "{node:?}");
    assert_eq!(past.pod_starts.len(), 2);
    let pod = &past.pod_starts[0];
    assert_eq!((pod.workload.as_str(), pod.node.as_deref()), ("orders", Some("n1")));
    assert!(pod.ready_s.is_some_and(|ready_s| (ready_s - pod.created_s - 10.0).abs() < 0.01), "{pod:?}");
    assert!(pod.scheduled_s.is_some_and(|at_s| (at_s - pod.created_s - 1.0).abs() < 0.01), "{pod:?}");
    let said = issues.to_string();
    assert!(said.contains("requests of 2 services are those of Istio"), "{said}");
    assert!(!said.contains("requests/s,"), "21 and 20 do not contradict each other: {said}");
}

/// Three days from 2026-01-05 on.
const START_S: i64 = 1_767_571_200;
const DAYS: i64 = 3;
const SCRAPE_S: i64 = 15;

/// Requests per second at a time of the known days.
fn known_rate(at_s: i64) -> f64 {
    100.0 + 80.0 * libm::sin(std::f64::consts::TAU * (at_s - START_S) as f64 / 86_400.0)
}

/// Two hours without a scrape, on the second day.
fn is_gap(at_s: i64) -> bool {
    (START_S + 100_000..START_S + 107_200).contains(&at_s)
}

/// Counters that begin again on the third day, a pod that is replaced then, two replicas that become three.
fn known_days() -> String {
    let mut series: [String; 4] = Default::default();
    let (mut requests, mut cpu) = (0.0, 0.0);
    let restart_s = START_S + 2 * 86_400 + 3600;
    for k in 0..DAYS * 86_400 / SCRAPE_S {
        let at_s = START_S + k * SCRAPE_S;
        let rate = known_rate(at_s - SCRAPE_S / 2);
        requests += rate * SCRAPE_S as f64;
        cpu += (0.1 + 0.004 * rate) * SCRAPE_S as f64;
        if at_s == restart_s {
            (requests, cpu) = (0.0, 0.0);
        }
        if is_gap(at_s) {
            continue;
        }
        let pod = if at_s < restart_s { "web-6b7c9d8f4c-x2z5k" } else { "web-6b7c9d8f4c-bq8wd" };
        let replicas = if at_s < restart_s { 2 } else { 3 };
        let mut add = |line: usize, text: String| writeln!(series[line], "{text} {at_s}").expect("text");
        add(0, format!("http_requests_total{{namespace=\"shop\",pod=\"{pod}\",code=\"200\"}} {requests}"));
        let container = format!("namespace=\"shop\",pod=\"{pod}\",container=\"web\"");
        add(1, format!("container_cpu_usage_seconds_total{{{container}}} {cpu}"));
        add(2, format!("kube_deployment_status_replicas{{namespace=\"shop\",deployment=\"web\"}} {replicas}"));
        let created_s = if at_s < restart_s { START_S - 1000 } else { restart_s - 20 };
        add(3, format!("kube_pod_created{{namespace=\"shop\",pod=\"{pod}\"}} {created_s}"));
    }
    // In this format a counter is called without its `_total`.
    let heads = [
        "# TYPE http_requests counter",
        "# TYPE container_cpu_usage_seconds counter",
        "# TYPE kube_deployment_status_replicas gauge",
        "# TYPE kube_pod_created gauge",
    ];
    let blocks = heads.iter().zip(&series).map(|(head, lines)| format!("{head}\n{lines}"));
    blocks.collect::<String>() + "# EOF\n"
}

#[test]
fn days_of_more_points_than_prometheus_gives_at_once_come_in_pages() {
    if !is_there("prometheus") || !is_there("promtool") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("days.om");
    fs::write(&text, known_days()).expect("text");
    let filled = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=24h"])
        .args([&text, &folder.path().join("data")])
        .output()
        .expect("promtool runs");
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let (_prometheus, port) = prometheus(folder.path(), "global: {scrape_interval: 15s}\n");
    let end_s = START_S + DAYS * 86_400 - SCRAPE_S;
    let options = Options { span_s: Some((START_S, end_s)), step_s: Some(15), ..Options::default() };
    let mut issues = Issues::new();
    let past = read(&server(port), &options, &mut issues).unwrap_or_else(|issues| panic!("{issues}"));
    assert_eq!((past.start_s, past.step_s, past.steps), (START_S, 15, 17_280));
    let web = &past.services["web"];
    let mut checked = 0;
    for index in 20..past.steps {
        let at_s = past.start_s + index as i64 * 15;
        let near_gap = is_gap(at_s) || is_gap(at_s - 150);
        let near_restart = (at_s - (START_S + 2 * 86_400 + 3600)).abs() < 300;
        if near_gap || near_restart {
            continue;
        }
        // A rate over two minutes is that of a minute ago.
        let expected = known_rate(at_s - 60);
        assert!(near(web.requests.at(index), expected, 0.02), "{index}: {:?}, {expected}", web.requests.at(index));
        assert!(near(web.cpu_cores.at(index), 0.1 + 0.004 * expected, 0.02), "{index}: {:?}", web.cpu_cores.at(index));
        checked += 1;
    }
    assert!(checked > 16_000, "all but the gap: {checked}");
    let in_gap = usize::try_from((103_600) / 15).expect("a number");
    assert_eq!(web.requests.at(in_gap), None, "nothing is put in the place of what is missing");
    assert_eq!((web.replicas.at(100), web.replicas.at(17_000)), (Some(2.0), Some(3.0)));
    assert!(web.failures.values().iter().flatten().all(|failed| *failed == 0.0));
    assert_eq!(past.pod_starts.len(), 1, "the other was there before");
    assert_eq!(past.pod_starts[0].created_s, (START_S + 2 * 86_400 + 3580) as f64);
    let said = issues.to_string();
    for part in ["30 s are assumed", "no latencies were recorded", "no nodes were recorded", "count pods differently"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Of one namespace that is not there nothing is left.
    let options = Options { namespaces: vec!["other".to_owned()], step_s: Some(300), ..options };
    let past = read(&server(port), &options, &mut issues).unwrap_or_else(|issues| panic!("{issues}"));
    assert!(past.services.is_empty() && past.steps == 864, "{}", past.steps);
}
