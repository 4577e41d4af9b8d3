//! Servers that misbehave as Prometheus does not on demand: each is told, with what to do, and nothing hangs.

use foresail::past::Past;
use foresail::past::prometheus::server::{Limits, Server};
use foresail::past::prometheus::{Options, Source, read};
use foresail::scenario::issue::Issues;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A request: method, path with its query, headers in small letters, body.
struct Request {
    method: String,
    path: String,
    headers: String,
    body: String,
}

impl Request {
    /// A parameter of the form or of the path.
    fn parameter(&self, name: &str) -> String {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let pairs = self.body.split('&').chain(query.split('&'));
        let found = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        found.map_or(String::new(), |(_, value)| value.to_owned())
    }
    fn asks(&self, metric: &str) -> bool {
        self.parameter("query").contains(metric)
    }
}

/// Answers every request with a status, headers and a body; the thread ends with the test program.
fn server(answer: impl Fn(&Request) -> (u16, String, String) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, &answer);
        }
    });
    let mut server = Server::new(&format!("http://ann:topsecret@127.0.0.1:{port}"), None).expect("a URL");
    server.limits.first_wait = Duration::from_millis(1);
    server
}

fn serve(stream: TcpStream, answer: &impl Fn(&Request) -> (u16, String, String)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut headers) = (String::new(), String::new());
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        headers += &line.to_lowercase();
    }
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let request = Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() };
    let (status, more, text) = answer(&request);
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n", text.len());
    reader.get_mut().write_all((head + &text).as_bytes())
}

/// What Prometheus would say: one metric, 5 requests per second.
fn good(request: &Request) -> (u16, String, String) {
    let json = |text: &str| (200, String::new(), text.to_owned());
    if request.path.contains("/label/") {
        return json(r#"{"status":"success","data":["http_requests_total","istio_request_total"]}"#);
    }
    if request.path.contains("query_range") {
        return json(&matrix(request, |_| "5".to_owned()));
    }
    json(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
}

/// A value for each instant that is asked for.
fn matrix(request: &Request, value: impl Fn(i64) -> String) -> String {
    let number = |name: &str| request.parameter(name).parse::<i64>().expect("a number");
    let (start, end, step) = (number("start"), number("end"), number("step"));
    let times = (0..=(end - start) / step).map(|k| start + k * step);
    let values: Vec<String> = times.map(|time| format!("[{time},\"{}\"]", value(time))).collect();
    let series =
        format!(r#"[{{"metric":{{"namespace":"shop","app":"web","code":"200"}},"values":[{}]}}]"#, values.join(","));
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":{series}}}}}"#)
}

fn options() -> Options {
    Options { span_s: Some((1_767_571_200, 1_767_571_200 + 7 * 86_400)), ..Options::default() }
}

fn ask(server: &Server) -> (Result<Past, String>, String) {
    let mut issues = Issues::new();
    let past = read(&Source::Server(server.clone()), &options(), &mut issues).map_err(|issues| issues.to_string());
    (past, issues.to_string())
}

/// Refused, with all of the texts and without the password.
fn refused(server: &Server, texts: &[&str]) {
    let (past, said) = ask(server);
    let wrong = past.map(|_| ()).expect_err("it is refused");
    for text in texts {
        assert!(wrong.contains(text), "`{text}` is not in: {wrong}");
    }
    assert!(!wrong.contains("topsecret") && !said.contains("topsecret"), "{wrong} {said}");
}

#[test]
fn a_good_answer_is_taken_and_name_and_password_are_sent() {
    let (past, said) =
        ask(&server(|request| match request.headers.contains("authorization: basic yw5uonrvchnly3jlda==") {
            true => good(request),
            false => (401, String::new(), String::new()),
        }));
    let past = past.expect("a past");
    assert_eq!(past.services["web"].requests.mean(), Some(5.0), "{said}");
    assert_eq!((past.step_s, past.steps), (300, 2017));
    assert!(said.contains("but `istio_request_total`, which is not read"), "{said}");
}

#[test]
fn closed_doors_are_told_with_the_key() {
    let always = |status: u16| server(move |_| (status, String::new(), "no".to_owned()));
    refused(&always(401), &["answered 401", "FORESAIL_PROMETHEUS_TOKEN"]);
    refused(&always(403), &["answered 403", "may not ask this"]);
    refused(&always(404), &["answered 404", "path prefix"]);
    refused(&server(|_| (200, String::new(), "<!doctype html><h1>Log in".to_owned())), &["web page", "login"]);
    let gone = (302, "Location: https://login.example/x?token=1\r\n".to_owned(), String::new());
    refused(&server(move |_| gone.clone()), &["redirects to https://login.example/x", "login page"]);
    refused(&server(|_| (302, "Location: /again\r\n".to_owned(), String::new())), &["redirects 5 times"]);
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_ends() {
    let tries = AtomicUsize::new(0);
    let (past, _) = ask(&server(move |request| match tries.fetch_add(1, Ordering::Relaxed) % 3 {
        0 | 1 => (503, String::new(), "starting".to_owned()),
        _ => good(request),
    }));
    assert!(past.is_ok());
    let mut down = server(|_| (503, String::new(), "<html>".to_owned()));
    down.limits.retries = 2;
    refused(&down, &["answered 503", "again and again"]);
    // Nobody listens.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let mut nobody = Server::new(&format!("http://127.0.0.1:{port}"), None).expect("a URL");
    nobody.limits = Limits { first_wait: Duration::from_millis(1), ..Limits::default() };
    refused(&nobody, &["cannot be asked", "is it reachable"]);
}

#[test]
fn too_much_at_once_is_asked_for_in_parts() {
    let most = AtomicUsize::new(0);
    let (past, said) = ask(&server(move |request| {
        if !request.path.contains("query_range") {
            return good(request);
        }
        let number = |name: &str| request.parameter(name).parse::<i64>().expect("a number");
        if (number("end") - number("start")) / number("step") > 400 {
            most.fetch_add(1, Ordering::Relaxed);
            let text = r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"}"#;
            return (422, String::new(), text.to_owned());
        }
        good(request)
    }));
    let past = past.expect("a past");
    assert_eq!(past.services["web"].requests.known(), 2017, "{said}");
    let (past, said) = ask(&server(|request| match request.asks("http_requests_total") {
        true => {
            (400, String::new(), r#"{"status":"error","errorType":"bad_data","error":"unexpected <EOF>"}"#.to_owned())
        }
        false => good(request),
    }));
    assert!(past.is_err() && said.contains("http_requests_total is left out: unexpected <EOF>"), "{said}");
    let mut large = server(good);
    large.limits.bytes = 200;
    let (past, said) = ask(&large);
    assert!(past.is_err() && said.contains("left out: an answer of more than"), "{said}");
}

#[test]
fn a_server_that_is_slow_is_not_waited_for_for_ever() {
    let mut slow = server(|request| {
        if request.path.contains("query_range") {
            std::thread::sleep(Duration::from_secs(3));
        }
        good(request)
    });
    slow.limits.request = Duration::from_millis(200);
    let begun = Instant::now();
    refused(&slow, &["no answer within 200ms", "--range"]);
    println!("refused after {:?}", begun.elapsed());
    let mut endless = server(|_| (503, "Retry-After: 100000\r\n".to_owned(), String::new()));
    endless.limits.request = Duration::from_millis(50);
    endless.limits.whole = Duration::from_millis(120);
    refused(&endless, &["longer than 120ms in all"]);
}

#[test]
fn proxies_without_post_are_asked_with_get() {
    let (past, _) = ask(&server(|request| match request.method.as_str() {
        "POST" => (405, String::new(), String::new()),
        _ => good(request),
    }));
    assert!(past.is_ok());
}

#[test]
fn values_that_are_none_and_clocks_that_jump_are_told() {
    let (past, said) = ask(&server(|request| {
        if !request.path.contains("query_range") {
            return good(request);
        }
        let text = matrix(request, |time| match time / 300 % 4 {
            0 => "NaN".to_owned(),
            1 => "+Inf".to_owned(),
            _ => "2".to_owned(),
        });
        let text = text.replace(r#""status":"success","#, r#""status":"success","warnings":["a store is down"],"#);
        (200, String::new(), text.replace("\"values\":[", "\"values\":[[1,\"7\"],[1,\"8\"],[0,\"9\"],"))
    }));
    let past = past.expect("a past");
    assert_eq!(past.services["web"].requests.mean(), Some(2.0));
    for part in ["not finite", "1 sample with the time", "1 sample earlier", "a store is down", "gaps"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_server_without_anything_known_says_what_it_lacks() {
    let nothing = r#"{"status":"success","data":["go_goroutines"]}"#;
    let server = server(move |request| match request.path.contains("/label/") {
        true => (200, String::new(), nothing.to_owned()),
        false => good(request),
    });
    refused(&server, &["has 1 metrics from 2026-01-05T00:00:00Z", "container_cpu_usage_seconds_total"]);
}
