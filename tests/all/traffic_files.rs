//! Traffic in the forms that people have it: what is read, what it comes to, and what is said about it.

use foresail::scenario::{Scenario, Sources, load};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
    template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]\n";

/// A scenario with a trace of these fields, in a folder with these files.
pub(crate) fn scenario(fields: &str, files: &[(&str, &[u8])]) -> Result<Scenario, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    files.iter().for_each(|(name, text)| write(name, text));
    write("web.yaml", WEB.as_bytes());
    let text = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nmanifests: [web.yaml]\nduration: 1h\n\
         nodeGroups: {{pool: {{instanceTypes: [m5.large], minSize: 1, maxSize: 2}}}}\n\
         traffic:\n  routes: {{web: 1}}\n  patterns:\n    - trace: {fields}\n"
    );
    write("s.yaml", text.as_bytes());
    load(Sources::Disk, &folder.path().join("s.yaml"), &[]).map_err(|issues| issues.to_string())
}

/// What was said about a file `t.csv` of this text.
fn read(fields: &str, text: &str) -> Result<String, String> {
    let fields = format!("{{file: t.csv{}{fields}}}", if fields.is_empty() { "" } else { ", " });
    scenario(&fields, &[("t.csv", text.as_bytes())]).map(|scenario| scenario.caveats.to_string())
}

#[track_caller]
fn says(fields: &str, text: &str, expected: &[&str]) {
    let said = read(fields, text).unwrap_or_else(|why| panic!("{why}"));
    expected.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in\n{said}"));
}

#[track_caller]
fn refuses(fields: &str, text: &str, expected: &[&str]) {
    let said = read(fields, text).expect_err("refused");
    expected.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in\n{said}"));
}

#[test]
fn columns_say_what_they_count() {
    says("", "time,requests_per_5min\n0,300\n300,600\n", &["requests per 300 s", "1.500 requests/s on average"]);
    says("", "time,requests\n0,60\n60,120\n", &["taken as requests per step", "1.500 requests/s"]);
    says("", "time,rpm\n0,60\n30,120\n", &["requests per minute", "1.500 requests/s"]);
    says("", "time,value\n0,1\n60,2\n", &["`value` is taken as requests per second", "1.500 requests/s"]);
    says("unit: requests", "time,value\n0,60\n60,120\n", &["1.500 requests/s"]);
    says(
        "",
        "time,cpu_percent\n0,10\n60,20\n",
        &["warning: `cpu_percent` is no number of requests", "15.00 requests/s"],
    );
    says(
        "",
        "time,mentions_per_5min\n0,30\n300,90\n",
        &["each of `mentions_per_5min` is taken as a request", "0.2000"],
    );
    says("", "time,a_total\n0,0\n60,60\n120,240\n180,60\n", &["1 time where it began anew", "1.667 requests/s"]);
    says("unit: rps", "time,rpm\n0,10\n60,20\n", &["looks like requests per minute: taken as requests per second"]);
    refuses("unit: requets", "time,rpm\n0,10\n60,20\n", &["found the unit `requets`"]);
}

#[test]
fn one_column_is_meant() {
    let wide = "Time,api,web\n2026-01-01 00:00:00,1,10\n2026-01-01 00:01:00,3,30\n";
    refuses("", wide, &["several columns may be the traffic: 2 `api`, 3 `web`", "`column: api`"]);
    says("column: web", wide, &["20.00 requests/s"]);
    says("column: 2", wide, &["2.000 requests/s"]);
    says("column: '*'", wide, &["`api`, `web` are added up", "22.00 requests/s"]);
    refuses("column: wep", wide, &["there is no column `wep`", "did you mean `web`"]);
    let some = "timestamp,requests_per_s,tokens\n0,1,100\n1,3,200\n";
    says("", some, &["`requests_per_s` is taken, and not `tokens`", "2.000 requests/s"]);
    let long = "Time,Metric,Value\n0,api,1\n0,web,10\n60,api,3\n60,web,30\n";
    says("column: web", long, &["20.00 requests/s"]);
    refuses("", long, &["`api`", "`web`"]);
}

#[test]
fn numbers_and_delimiters_are_those_of_the_country() {
    says(
        "",
        "\u{feff}\"Zeit\";\"req/s\"\r\n\"01.02.2026 10:00\";1.200,5\r\n\"01.02.2026 10:01\";\"800,5\"\r\n",
        &["CSV with semicolons", "1000 requests/s", "Sun 2026-02-01 10:00:00 UTC"],
    );
    says("", "sep=;\nTime;a\n0;1\n60;2\n", &["1.500"]);
    says("", "time\trps\n0\t1,5\n60\t2,5\n", &["CSV with tabs", "2.000"]);
    says("", "# made by hand\ntime,load\n\n0,\"1,200 req/min\"\n60,\"2.4K req/min\"\n", &["30.00 requests/s"]);
    refuses("", "time,a\n0,5 ms\n60,6 ms\n", &["t.csv:2: error: found `0,5 ms`"]);
    refuses("", "time;a\n0;1.5\n60;1,5\n", &["`1.5` has a decimal point and `1,5` a decimal comma"]);
}

#[test]
fn times_are_those_of_a_zone() {
    let local = "time,rps\n2026-03-01 08:00,1\n2026-03-01 09:00,2\n";
    says("", local, &["the times have no zone: they are taken as UTC", "from Sun 2026-03-01 08:00:00 UTC on"]);
    says("timezone: America/New_York", local, &["from Sun 2026-03-01 08:00:00 EST on"]);
    refuses("timezone: Mars/Phobos", local, &["`timezone`: found `Mars/Phobos`", "IANA"]);
    let slashed = "time,rps\n03/04/2026 01:00,1\n03/04/2026 02:00,2\n";
    refuses("", slashed, &["t.csv:2", "the day and the month cannot be told apart", "timeFormat"]);
    says("timeFormat: '%d/%m/%Y %H:%M'", slashed, &["from Fri 2026-04-03 01:00:00 UTC"]);
    refuses("timeFormat: '%Y'", slashed, &["`03/04/2026 01:00` is not a time as `timeFormat: '%Y'` has it"]);
    says("", "date,time,rps\n2026-01-01,00:00,1\n2026-01-01,00:05,3\n", &["every 300 s", "Thu 2026-01-01 00:00:00"]);
    says("", "time,rps\n1/13/2026 11:00 PM,1\n1/14/2026 12:00 AM,3\n", &["every 3600 s"]);
    says("", "offset_ms,rps\n0,1\n60000,3\n", &["every 60 s"]);
}

#[test]
fn windows_order_and_gaps_are_told() {
    let day = |hours: std::ops::Range<u32>| -> String {
        let rows = hours.map(|hour| format!("2026-01-0{} {:02}:00,{hour}\n", 1 + hour / 24, hour % 24));
        format!("time,rps\n{}", rows.collect::<String>())
    };
    says(
        "from: 2026-01-02, to: '2026-01-02 06:00'",
        &day(0..48),
        &["6 samples", "from Fri 2026-01-02 00:00:00", "26.50"],
    );
    refuses("from: 2027-01-01", &day(0..48), &["nothing is within `from` and `to`", "2026-01-02 23:00:00"]);
    refuses("from: 2h", &day(0..48), &["`from`: found `2h`", "of the calendar"]);
    refuses("from: 2026-01-02, to: 2026-01-01", &day(0..48), &["`from` is not before `to`"]);
    says("from: 60, to: 3m", "time,rps\n0,9\n60,1\n120,3\n180,9\n", &["2 samples", "2.000 requests/s"]);
    let holes = "time,rps\n0,4\n60,4\n240,1\n300,1\n";
    says("", holes, &["1 gap, the longest of 120 s: the value before holds on", "3.000 requests/s"]);
    says("gaps: zero", holes, &["no requests there", "1.667 requests/s"]);
    says("gaps: interpolate", holes, &["a straight line fills it", "2.500 requests/s"]);
    says(
        "",
        "time,rps\n60,3\n0,1\n120,5\n",
        &["t.csv:3: warning: the time goes back 1 time, by up to 60 s: the rows are sorted"],
    );
    says("", "time,rps\n120,3\n60,1\n0,5\n", &["from last to first"]);
    let twice = "time,rps\n2026-01-01T01:00:00+01:00,2\n2026-01-01T00:00:00Z,4\n2026-01-01T00:01:00Z,3\n";
    says(
        "",
        twice,
        &["t.csv:3: warning: 1 row at a time that is there already, with another number", "3.000 requests/s"],
    );
    says("", "time,rps\n0,1\n60,NaN\n120,3\n180,\n240,1\n", &["t.csv:3: warning: 2 rows without a number"]);
    says("", "time,rps\n0,1\n7,2\n60,4\n61,8\n100,1\n", &["the rows are not evenly apart"]);
    says("requestsPerVu: 3", "time,rps\n0,1\n60,4\n", &["`requestsPerVu` has no effect"]);
}

#[test]
fn grafana_and_prometheus_are_understood() {
    let frames = r#"{"results": {"A": {"frames": [{"schema": {"fields": [
        {"name": "Time", "type": "time"}, {"name": "Value", "type": "number", "labels": {"path": "/a"}}]},
        "data": {"values": [[1767225600000, 1767225660000], [1, 3]]}}]}}}"#;
    says(
        "",
        frames,
        &["data frames of Grafana, `{path=\"/a\"}`", "2 samples from Thu 2026-01-01 00:00:00 UTC", "2.000"],
    );
    let old = r#"[{"target": "rps", "datapoints": [[1, 1767225600000], [null, 1767225660000], [5, 1767225720000]]}]"#;
    says("", old, &["1 row without a number", "requests/s"]);
    let panel = r#"{"type": "timeseries", "targets": [{"expr": "sum(rate(http_requests_total[5m]))"}]}"#;
    refuses("", panel, &["describes a panel of Grafana and holds no data", "Download CSV"]);
    let matrix = r#"{"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"path": "/a", "code": "200"}, "values": [[1767225600, "1"], [1767225615, "3"]]},
        {"metric": {"path": "/a", "code": "500"}, "values": [[1767225600, "0.5"], [1767225615, "NaN"]]},
        {"metric": {"path": "/b", "code": "200"}, "values": [[1767225600, "7"], [1767225615, "9"]]}]}}"#;
    refuses("", matrix, &["several series may be the traffic", "path=\"/b\""]);
    says("column: 'path=/b'", matrix, &["an answer of Prometheus", "8.000 requests/s"]);
    says("column: 'path=/a'", matrix, &["are added up", "2.250 requests/s"]);
    says("column: '*'", matrix, &["10.25 requests/s"]);
    refuses(
        "",
        r#"{"status": "error", "error": "query timed out"}"#,
        &["Prometheus answered with an error: query timed out"],
    );
    refuses("", r#"{"status": "success", "data": {"resultType": "vector", "result": []}}"#, &["query_range"]);
    refuses("", "{\"a\": 1,\n", &["t.csv:2: error: traffic.patterns[0]: is not JSON"]);
    refuses("", "{\"a\": 1}", &["there are no series in this JSON"]);
}

#[test]
fn options_of_k6_are_a_load() {
    let arrival = r#"{"scenarios": {
        "buy": {"executor": "ramping-arrival-rate", "startRate": 60, "timeUnit": "1m", "preAllocatedVUs": 5,
                "stages": [{"duration": "1m", "target": 180}, {"duration": "1m", "target": 180}]},
        "look": {"executor": "constant-arrival-rate", "rate": 4, "duration": "1m", "startTime": "1m", "preAllocatedVUs": 5}}}"#;
    says(
        "",
        arrival,
        &[
            "an iteration of k6 is taken as one request",
            "options of k6 (buy, look): 4.500 requests/s on average over 2m",
        ],
    );
    says("requestsPerIteration: 2", arrival, &["9.000 requests/s"]);
    let users = r#"{"stages": [{"duration": "1m", "target": 21}], "vus": 1}"#;
    refuses("", users, &["plans virtual users and no rate", "requestsPerVu"]);
    says("requestsPerVu: 0.5", users, &["5.500 requests/s on average over 1m"]);
    let iterations = r#"{"scenarios": {"all": {"executor": "shared-iterations", "vus": 2, "iterations": 100}}}"#;
    says("requestsPerVu: 0.5", iterations, &["1.000 requests/s on average over 1m40s"]);
    refuses(
        "",
        r#"{"scenarios": {"a": {"executor": "constant-arrival-rate", "rate": -1, "duration": "1x"}}}"#,
        &["`rate`: found -1"],
    );
    refuses("", r#"{"scenarios": {"a": {"executor": "arrival"}}}"#, &["the executor `arrival` is not one of k6's"]);
    says("column: 3", arrival, &["`column` has no effect"]);
}

/// The folder of data that this repository does not hold, if it is there.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|above| above.join("shared/data").join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        println!("skipped: shared/data/{name} is not there");
    }
    found
}

#[test]
fn traces_of_others_have_their_means_and_spans() {
    let Some(folder) = shared("traffic") else { return };
    let index = fs::read_to_string(folder.join("INDEX.csv")).expect("an index");
    let mut rows = csv::Reader::from_reader(index.as_bytes());
    let mut count = 0;
    for row in rows.records() {
        let row = row.expect("a row");
        let (file, unit) = (&row[0], &row[3]);
        let number = |at: usize| row[at].parse::<f64>().expect("a number");
        let name = file.trim_start_matches("traffic/");
        let text = fs::read(folder.join(name)).expect("a trace");
        let column = if name.starts_with("alibaba") { ", column: api_qps_scaled" } else { "" };
        let said = scenario(&format!("{{file: t.csv{column}}}"), &[("t.csv", &text)])
            .unwrap_or_else(|why| panic!("{name}: {why}"));
        let said = said.caveats.to_string();
        let sentence = said.lines().find(|line| line.contains("requests/s on average")).expect("a sentence").to_owned();
        let word = |after: &str, end: &str| -> String {
            let (_, rest) = sentence.split_once(after).expect("the sentence");
            rest.split(end).next().expect("a word").trim().to_owned()
        };
        assert!(sentence.contains(&format!("every {} s", &row[1])), "{name}: {sentence}");
        assert_eq!(word("`: ", " samples").replace(',', "").parse::<f64>().ok(), Some(number(2)), "{name}: {sentence}");
        let period = match unit {
            "requests_per_5min" | "mentions_per_5min" => 300.0,
            "requests_per_10s" => 10.0,
            "requests_per_min" => 60.0,
            "passengers_per_30min" => 1800.0,
            _ => 1.0,
        };
        let mean: f64 = sentence
            .split(", ")
            .find_map(|part| part.strip_suffix(" requests/s on average; then it begins again"))
            .or_else(|| {
                let part = sentence.split(" requests/s on average").next()?;
                part.rsplit(' ').next()
            })
            .expect("a mean")
            .parse()
            .expect("a number");
        let expected = mean_over_time(&String::from_utf8_lossy(&text), number(1)) / period;
        assert!((mean / expected - 1.0).abs() < 0.001, "{name}: {mean} is not {expected}");
        // Without gaps it is the mean of the rows.
        let of_rows = number(8) / period;
        assert!(said.contains("gap") || (mean / of_rows - 1.0).abs() < 0.001, "{name}: {mean} is not {of_rows}");
        let (first, last) = (instant(&row[4]), instant(&row[5]));
        let expected = last - first + number(1);
        let span = foresail::units::SimDuration::parse(&word(" s over ", ",")).expect("a span").as_secs_f64();
        assert!((span - expected).abs() < 1.0, "{name}: {span} s is not {expected}");
        count += 1;
    }
    assert_eq!(count, 11);
}

/// The mean of the second column, each value until the next row.
fn mean_over_time(text: &str, step: f64) -> f64 {
    let rows: Vec<(f64, f64)> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (instant(cells[0]), cells[1].parse().expect("a number")))
        .collect();
    let ends = rows.iter().skip(1).map(|row| row.0).chain([rows[rows.len() - 1].0 + step]);
    let spans: Vec<f64> = rows.iter().zip(ends).map(|(row, end)| end - row.0).collect();
    rows.iter().zip(&spans).map(|(row, span)| row.1 * span).sum::<f64>() / spans.iter().sum::<f64>()
}

fn instant(text: &str) -> f64 {
    let timestamp = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse());
    text.parse::<f64>().unwrap_or_else(|_| timestamp.expect("a time").as_second() as f64)
}

#[test]
fn rows_of_json_and_cloudwatch_are_understood() {
    let mean = "1.500 requests/s on average";
    says("", r#"[{"time":"2026-02-01T10:00:00Z","rps":1},{"time":"2026-02-01T10:01:00Z","rps":2}]"#, &[mean]);
    says("", "{\"ts\":1769940000,\"rps\":1}\n{\"ts\":1769940060,\"rps\":\"2\"}\n", &[mean]);
    says("", "[[1769940000, 1], [1769940060, 2]]", &[mean]);
    let points = r#"{"Label":"RequestCount","Datapoints":[{"Timestamp":"2026-02-01T10:01:00+00:00","Sum":120.0,"Unit":"Count"},
        {"Timestamp":"2026-02-01T10:00:00+00:00","Sum":60.0,"Unit":"Count"}]}"#;
    says("", points, &["an answer of CloudWatch, `RequestCount`", "requests per step", mean]);
    let data = r#"{"MetricDataResults":[{"Label":"RequestCount","Timestamps":["2026-02-01T10:01:00Z","2026-02-01T10:00:00Z"],
        "Values":[120,60],"StatusCode":"Complete"}]}"#;
    says("", data, &[mean]);
    refuses(
        "",
        r#"[{"time":"2026-02-01T10:00:00Z","a":1,"b":2},{"time":"2026-02-01T10:01:00Z","a":1,"b":2}]"#,
        &["`a`", "`b`"],
    );
}

#[test]
fn tables_are_read_as_offices_save_them() {
    let wide = |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let said = scenario("{file: t.csv}", &[("t.csv", &wide("time\trps\r\n0\t1\r\n60\t2\r\n"))]);
    assert!(said.expect("read").caveats.to_string().contains("1.500 requests/s"));
    says(
        "timezone: Europe/Berlin",
        "ts,value\n46083.4166666667,1\n46083.4173611111,2\n",
        &["those of a workbook", "from Mon 2026-03-02 10:00:00 CET on, every 60 s", "1.500 requests/s"],
    );
    let said =
        scenario("{file: t.csv}", &[("t.csv", b"time,Anfragen f\xfcr alle\n0,1\n".as_slice())]).expect_err("refused");
    assert!(said.contains("UTF-8") && said.contains("line 1"), "{said}");
    let said = scenario("{file: t.csv}", &[("t.csv", b"PK\x03\x04abc".as_slice())]).expect_err("refused");
    assert!(said.contains("zip archive"), "{said}");
}

#[test]
fn what_holds_no_traffic_is_told_apart() {
    refuses("", " \n", &["the file is empty"]);
    refuses("", "timestamp,rps\n", &["no rows behind the header"]);
    refuses("", "<!DOCTYPE html>\n<html><body>Log in</body></html>\n", &["this is a web page"]);
    refuses(
        "",
        "import http from 'k6/http';\nexport const options = { vus: 1 };\n",
        &["k6 inspect SCRIPT.js > k6.json"],
    );
    refuses(
        "",
        "timestamp,rps\n2026-03-02 00:00:00 CEST,5\n2026-03-02 00:01:00 CEST,6\n",
        &["t.csv:2", "`2026-03-02 00:00:00 CEST` is not a time", "timeFormat", "timezone"],
    );
}

#[test]
fn no_file_of_traffic_is_too_strange() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/traffic");
    let mut chance = foresail::rng::Seed::new(7, 0).stream("traffic files", 0);
    let mut pick = |below: usize| (chance.uniform() * below as f64) as usize;
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("examples").map(|entry| entry.expect("one").path()).collect();
    entries.sort();
    let marks = b"\0\xff,;\"\n\t-9eE.[]{}:/ ";
    for path in entries {
        let whole = fs::read(&path).expect("an example");
        for _ in 0..25 {
            let mut text = whole[..1 + pick(whole.len())].to_vec();
            for _ in 0..pick(6) {
                let at = pick(text.len());
                text[at] = marks[pick(marks.len())];
            }
            // Refused or read: no panic, and no hang.
            let name = path.file_name().expect("a name").to_string_lossy();
            let fields = format!("{{file: {name}, column: '*', requestsPerVu: 1}}");
            drop(scenario(&fields, &[(&name, &text)]));
        }
    }
}

/// What is said of a trace of so many days, or why it is refused, where weeks differ so.
fn of_weeks(days: usize, weeks: &str, fields: &str) -> Result<String, String> {
    let rows: String = (0..24 * days).map(|hour| format!("{},{}\n", 3600 * hour, 5 + hour % 7)).collect();
    let fields = format!("{{file: t.csv{fields}}}\n  weeks: {weeks}");
    let text = format!("time,rps\n{rows}");
    scenario(&fields, &[("t.csv", text.as_bytes())]).map(|scenario| scenario.caveats.to_string())
}

#[test]
fn traces_too_short_to_draw_from_are_refused_with_what_can_be_done() {
    let wrong = |days, weeks, fields| of_weeks(days, weeks, fields).expect_err("refused");
    let said = wrong(1, "{resample: days}", "");
    assert!(said.contains("t.csv of traffic.patterns[0] is 1d long, expected at least two whole days"), "{said}");
    assert!(said.contains("`noise: 0.1`"), "{said}");
    let said = wrong(9, "{resample: weeks}", "");
    assert!(said.contains("expected at least two whole weeks") && said.contains("`resample: days`"), "{said}");
    assert!(wrong(20, "{resample: days}", ", stretch: 2").contains("is stretched"));
    assert!(wrong(20, "{}", "").contains("expected `noise`, `days` or `resample`"));
    let said = wrong(20, "{noise: -1, days: 9}", "");
    assert!(said.contains("traffic.weeks.noise") && said.contains("traffic.weeks.days"), "both at once: {said}");
    let said = of_weeks(9, "{resample: days}", "").expect("nine days");
    assert!(said.contains("has 9 whole days: any of them is drawn"), "{said}");
    let said = of_weeks(15, "{resample: days, noise: 0.1}", "").expect("two weeks");
    assert!(!said.contains("whatever its weekday"), "{said}");
}
