//! Access logs as traffic: a rate over time, and routes.

use crate::traffic_files::scenario;
use std::fmt::Write as _;
use std::io::Write as _;

const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop}\nspec:\n  rules:\n    - http:\n        paths:\n          \
    - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n          \
    - {path: /api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n";

/// Lines as nginx writes them: two requests a second for three minutes, a quarter of them to /api.
fn nginx() -> String {
    let mut text = String::new();
    for second in 0..180 {
        let at = format!("01/Feb/2026:10:{:02}:{:02} +0100", second / 60, second % 60);
        let path = if second % 2 == 0 { "/api/orders/4711?x=1" } else { "/img/7.png" };
        let status = if second % 10 == 0 { 503 } else { 200 };
        let _ = writeln!(text, "192.0.2.7 - - [{at}] \"GET {path} HTTP/1.1\" {status} 12 \"-\" \"curl/8\" 0.004");
        let _ = writeln!(text, "192.0.2.7 - - [{at}] \"GET / HTTP/1.1\" 200 12 \"-\" \"curl/8\" 0.004");
        let _ = writeln!(text, "10.0.0.1 - - [{at}] \"GET /healthz HTTP/1.1\" 200 2 \"-\" \"kube-probe/1.31\"");
    }
    text
}

fn said(fields: &str, files: &[(&str, &[u8])]) -> String {
    scenario(fields, files).map_or_else(|why| why, |scenario| scenario.caveats.to_string())
}

#[track_caller]
fn holds(said: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in\n{said}"));
}

#[test]
fn a_log_is_a_rate_and_its_end_is_told() {
    let text = nginx() + "garbage\n";
    let log = text.as_bytes();
    let told = said("{file: access.log}", &[("access.log", log)]);
    holds(
        &told,
        &[
            "access log, requests: 360 samples from Sun 2026-02-01 09:00:00 UTC on, every 60 s over 3m",
            "2.000 requests/s on average",
            "access.log:541: note: 1 of 541 lines are no requests",
            "180 health checks left out",
            "5.00 % with 5xx",
        ],
    );
    let part = said(
        "{file: access.log, step: 10s, from: '2026-02-01 10:01', timezone: Europe/Berlin}",
        &[("access.log", log)],
    );
    holds(&part, &["240 samples from Sun 2026-02-01 10:01:00 CET on, every 10 s over 2m", "2.000 requests/s"]);
    holds(&said("{file: access.log, column: 3}", &[("access.log", log)]), &["`column` has no effect"]);
    let broken = "192.0.2.7 - - [01/Feb/2026:10:00:00 +0100] \"GET / HTTP/1.1\" 200 1\nx\ny\nz\n";
    holds(&said("{file: a.log}", &[("a.log", broken.repeat(9).as_bytes())]), &["there is no column of times"]);
}

#[test]
fn folders_of_packed_logs_are_one_log() {
    let line = |minute: u32| {
        format!(
            "h2 2026-02-01T10:{minute:02}:07.945958Z app/lb/50 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 \
             \"GET https://shop.example:443/a HTTP/2.0\" \"curl/8\" - -\n"
        )
    };
    let pack = |text: String| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(text.as_bytes()).expect("memory");
        writer.finish().expect("memory")
    };
    let (first, second) = (pack(line(0).repeat(60)), pack(line(1).repeat(30)));
    let told = said("{file: logs}", &[("logs/b.log.gz", &second), ("logs/a.log.gz", &first)]);
    holds(
        &told,
        &[
            "access log of a load balancer, requests: 90 samples from Sun 2026-02-01 10:00:07 UTC",
            "asked for most: /a 100.0 %",
        ],
    );
    let mixed =
        said("{file: logs}", &[("logs/a.csv", b"time,rps\n0,1\n60,2\n"), ("logs/b.csv", b"time,rps\n0,1\n60,2\n")]);
    holds(&mixed, &["is a folder, and", "is no access log: name one file"]);
    holds(&said("{file: logs}", &[("logs/a.gz", b"x")]), &["is a folder without logs"]);
    let cut = said("{file: a.log.gz}", &[("a.log.gz", &first[..first.len() / 2])]);
    holds(&cut, &["a.log.gz"]);
    assert!(cut.contains("error"), "{cut}");
}

#[test]
fn routes_are_weighted_as_the_log_has_them() {
    let text = nginx();
    let folder = crate::program::Folder::new()
        .file("ingress.yaml", INGRESS)
        .file("access.log", &text)
        .file("web.yaml", crate::traffic_files::WEB)
        .file(
            "s.yaml",
            "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: log\nmanifests: [web.yaml, ingress.yaml]\nduration: 10m\n\
             nodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 2}}\n\
             traffic: {patterns: [{trace: {file: access.log}}]}\n",
        );
    let done = folder.run("run s.yaml -n 1 -q --no-recommend --details");
    holds(
        done.ok(),
        &["by path of an Ingress: / 75.0 %, /api 25.0 %", "asked for most: / 50.0 %, /api/orders/{id} 25.0 %"],
    );
    assert!(!done.stdout.contains("all routes get the same share"), "{}", done.stdout);
    let report: serde_json::Value = serde_json::from_str(&folder.text("reports/log/result.json")).expect("a result");
    assert!(report.to_string().contains("/api"), "the routes are those of the Ingress");
}

#[test]
fn named_columns_and_objects_are_logs_too() {
    let front =
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status\n";
    let rows =
        (0..60).map(|second| format!("2026-02-01\t10:00:{second:02}\tFRA\t9\t192.0.2.7\tGET\td.example\t/a\t200\n"));
    let text = front.to_owned() + &rows.collect::<String>();
    holds(
        &said("{file: a.log}", &[("a.log", text.as_bytes())]),
        &["access log with named columns", "1.000 requests/s"],
    );
    let rows = (0..60).map(|second| {
        format!("{{\"start_time\": \"2026-02-01T10:00:{second:02}.5Z\", \"path\": \"/a?b\", \"response_code\": 200}}\n")
    });
    let text = rows.collect::<String>();
    holds(
        &said("{file: a.json}", &[("a.json", text.as_bytes())]),
        &["access log in JSON", "60 samples", "asked for most: /a"],
    );
}

#[test]
fn lines_in_the_wrapping_of_a_collector_are_lines() {
    let line = |second: u32| {
        format!(
            "192.0.2.7 - - [01/Feb/2026:10:00:{second:02} +0000] \"GET /api HTTP/1.1\" 200 12 \"-\" \"curl/8\" 0.004"
        )
    };
    let log = |write: &dyn Fn(u32) -> String| (0..60).map(write).collect::<String>();
    let entry = |second: u32| {
        format!(
            "{{\"timestamp\":\"2026-02-01T10:00:{second:02}Z\",\"httpRequest\":{{\"requestUrl\":\"https://a/api\",\"status\":200}}}}"
        )
    };
    let docker = |second: u32| serde_json::json!({"log": line(second) + "\n", "stream": "stdout"}).to_string() + "\n";
    let list = format!("[\n  {}\n]\n", (0..60).map(entry).collect::<Vec<_>>().join(",\n  "));
    let forms = [
        log(&|second| format!("[pod/web-5d4f/nginx] {}\n", line(second))),
        log(&|second| line(second).replacen("192.0.2.7", "[2001:db8::7]", 1) + "\n"),
        log(&docker),
        list,
    ];
    for form in forms {
        let told = said("{file: access.log}", &[("access.log", form.as_bytes())]);
        holds(&told, &["60 samples from Sun 2026-02-01 10:00:00 UTC on", "1.000 requests/s on average"]);
    }
    let jump = line(0).replace("01/Feb/2026", "01/Jan/1970") + "\n" + &line(1) + "\n";
    let told = said("{file: access.log}", &[("access.log", jump.as_bytes())]);
    holds(&told, &["the log is from 1970-01-01T10:00:00Z to 2026-02-01T10:00:01Z", "`from` and `to`"]);
}
