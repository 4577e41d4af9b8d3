//! A line of an access log: when, what was asked for, how it ended.

use super::fields::Fields;
use crate::scenario::timed::{Stamp, WallClock};
use serde_json::Value;

/// A request of an access log.
#[derive(Debug, PartialEq)]
pub(super) struct Hit<'l> {
    /// When, as it is written.
    pub(super) time: &'l str,
    /// What was asked for, without host and query.
    pub(super) path: &'l str,
    /// The status of the answer; 0 if there was none.
    pub(super) status: u16,
    /// Whether a prober asked, and no user.
    pub(super) is_check: bool,
}

/// How the lines of a log are written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario::recorded_traffic) enum Form {
    /// `... [time] "GET /path HTTP/1.1" status ...`: nginx, Apache, Envoy.
    Text,
    /// Of an application or classic load balancer of AWS.
    LoadBalancer,
    /// Columns that a line `#Fields:` names: CloudFront, IIS.
    W3c(Fields),
    /// An object per line.
    Json,
}

/// What probers call themselves.
const PROBERS: &[&str] = &[
    "kube-probe/",
    "ELB-HealthChecker",
    "GoogleHC/",
    "Envoy/HC",
    "Consul Health Check",
    "Amazon-Route53-Health-Check",
];
/// What only probers ask for.
const PROBED: &[&str] = &[
    "/healthz",
    "/readyz",
    "/livez",
    "/health",
    "/ready",
    "/live",
    "/ping",
    "/-/healthy",
    "/-/ready",
    "/health/live",
    "/health/ready",
    "/actuator/health",
    "/actuator/health/liveness",
    "/actuator/health/readiness",
    "/nginx_status",
    "/server-status",
];

impl Form {
    /// The form of a text by its beginning; nothing if it is no access log.
    pub(in crate::scenario::recorded_traffic) fn of(head: &str) -> Option<Form> {
        if let Some(fields) = head.lines().take(10).find_map(Fields::declared) {
            return Some(Form::W3c(fields));
        }
        let lines: Vec<&str> =
            head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(20).collect();
        let forms = [Form::LoadBalancer, Form::Text, Form::Json];
        let utc = WallClock::of(None).ok()?;
        let reads = |form: &Form| {
            let is_read = |line: &&&str| match form {
                Form::Json => json(line, &utc).is_some(),
                _ => form.read(line).is_some_and(|hit| Stamp::parse(hit.time).is_some()),
            };
            let found = lines.iter().filter(is_read).count();
            found > 0 && 2 * found >= lines.len()
        };
        forms.into_iter().find(reads)
    }

    /// What it is, in words.
    pub(in crate::scenario::recorded_traffic) fn words(&self) -> &'static str {
        match self {
            Form::Text => "access log",
            Form::LoadBalancer => "access log of a load balancer",
            Form::W3c(_) => "access log with named columns",
            Form::Json => "access log in JSON",
        }
    }

    /// A line; nothing if it is none of this form.
    pub(super) fn read<'l>(&self, line: &'l str) -> Option<Hit<'l>> {
        match self {
            Form::Text => text(line),
            Form::LoadBalancer => load_balancer(line),
            Form::W3c(fields) => {
                let (time, path, status) = fields.read(line)?;
                Some(hit(line, (time, path), status))
            }
            Form::Json => None,
        }
    }
}

/// What a request was for, and whether a prober sent it.
pub(super) fn hit<'l>(line: &str, (time, target): (&'l str, &'l str), status: u16) -> Hit<'l> {
    let path = path(target);
    let is_check = PROBED.contains(&path.trim_end_matches('/')) || PROBERS.iter().any(|prober| line.contains(prober));
    Hit { time, path, status, is_check }
}

/// `https://host:443/path?query` to `/path`.
fn path(target: &str) -> &str {
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let end = target.find(['?', '#', ';']).unwrap_or(target.len());
    &target[..end]
}

fn status(text: &str) -> Option<u16> {
    if text == "-" {
        return Some(0);
    }
    text.parse().ok().filter(|status| *status < 1000)
}

/// `"GET /path HTTP/1.1"` without its quotes: what was asked for.
fn target(request: &str) -> Option<&str> {
    let mut words = request.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-').then_some(target)
}

fn text(line: &str) -> Option<Hit<'_>> {
    // Brackets are around names of pods and addresses, too: `[pod/web-1/nginx] [::1] - - [10/Oct/2026:13:55:36 +0000]`.
    let is_time = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_digit()) && text.contains(':') && text.contains(['/', '-'])
    };
    let mut inner = line.match_indices('[').filter_map(|(at, _)| line[at + 1..].split_once(']'));
    let (time, rest) = inner.find(|(text, _)| is_time(text))?;
    let (_, rest) = rest.split_once('"')?;
    let end = closing_quote(rest)?;
    let (request, rest) = rest.split_at(end);
    let status = status(rest[1..].split_whitespace().next()?)?;
    // A request that no server understood is a request, too.
    Some(hit(line, (time, target(request).unwrap_or("-")), status))
}

/// The quote that is not behind a backslash.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| bytes[*at] == b'"' && (*at == 0 || bytes[at - 1] != b'\\'))
}

fn load_balancer(line: &str) -> Option<Hit<'_>> {
    let words = quoted_words(line, 16);
    let is_time = |word: &&str| word.len() >= 20 && word.as_bytes()[4] == b'-' && word.contains('T');
    let (time, first) = match (words.first().filter(|word| is_time(word)), words.get(1).filter(|word| is_time(word))) {
        (Some(time), _) => (*time, 0),
        (None, Some(time)) => (*time, 1),
        _ => return None,
    };
    let status = status(words.get(first + 7)?)?;
    let request = words.get(first + 11)?;
    Some(hit(line, (time, target(request).unwrap_or("-")), status))
}

/// The first words, of which some are in quotes.
fn quoted_words(line: &str, most: usize) -> Vec<&str> {
    let (mut words, mut rest) = (Vec::with_capacity(most), line.trim());
    while !rest.is_empty() && words.len() < most {
        let (word, behind) = match rest.strip_prefix('"') {
            Some(inner) => inner.split_at(closing_quote(inner).unwrap_or(inner.len())),
            None => rest.split_at(rest.find(' ').unwrap_or(rest.len())),
        };
        words.push(word);
        rest = behind.trim_start_matches('"').trim_start();
    }
    words
}

/// A request of a line that is an object: its time in seconds, what was asked for, the status.
pub(super) fn json(line: &str, clock: &WallClock) -> Option<(f64, String, u16, bool)> {
    let object: Value = serde_json::from_str(line).ok()?;
    // Collectors of logs wrap the line that a program wrote.
    let wrapped = ["log", "message", "textPayload", "MESSAGE"];
    if let Some(inner) = wrapped.iter().find_map(|name| object.get(name)?.as_str()).map(str::trim) {
        if let Some(hit) = text(inner) {
            let reading = clock.single(&hit.time.replace('\t', " "), None).ok().filter(|found| found.is_calendar)?;
            return Some((reading.seconds, hit.path.to_owned(), hit.status, hit.is_check));
        }
        if inner.starts_with('{') {
            return json(inner, clock);
        }
    }
    let find = |names: &[&str]| {
        names.iter().find_map(|name| object.pointer(&format!("/{name}")).filter(|value| !value.is_null()))
    };
    let times = [
        "time",
        "timestamp",
        "@timestamp",
        "start_time",
        "ts",
        "time_iso8601",
        "time_local",
        "msec",
        "StartUTC",
        "date",
    ];
    let time = match find(&times)? {
        Value::String(text) => clock.single(text, None).ok()?,
        other => crate::scenario::timed::Reading::from_number(other.as_f64()?)?,
    };
    let paths =
        ["path", "request_uri", "uri", "url", "RequestPath", "httpRequest/requestUrl", "request/uri", "request"];
    let asked = find(&paths)?.as_str()?;
    let asked = if asked.contains(' ') { target(asked)? } else { asked };
    let statuses = ["status", "response_code", "status_code", "DownstreamStatus", "httpRequest/status", "code"];
    let status = match find(&statuses)? {
        Value::String(text) => status(text)?,
        other => u16::try_from(other.as_u64()?).ok()?,
    };
    let found = hit(line, ("", asked), status);
    Some((time.seconds, found.path.to_owned(), status, found.is_check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let combined =
            r#"10.0.0.7 - ann [10/Oct/2026:13:55:36 -0700] "GET /api/a?x=\"1\" HTTP/1.1" 200 2326 "-" "curl/8" 0.004"#;
        let envoy = r#"[2026-10-10T13:55:36.409Z] "POST /cart HTTP/1.1" 503 UF "-" 0 135 4 4 "-" "kube-probe/1.31" "id" "shop""#;
        let alb = r#"https 2026-10-10T13:55:36.945958Z app/lb/50 192.0.2.1:2817 10.0.0.1:80 0.000 0.001 0.000 404 404 34 366 "GET https://shop.example:443/a/7 HTTP/2.0" "curl/8" - -"#;
        let classic = r#"2026-10-10T13:55:36.945958Z lb 192.0.2.1:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 29 "GET http://a.example:80/ HTTP/1.1" "curl""#;
        let read = |line: &'static str| {
            let form = Form::of(line).unwrap_or_else(|| panic!("no log: {line}"));
            let hit = form.read(line).expect("a request");
            (form.words(), hit.path.to_owned(), hit.status, hit.is_check)
        };
        assert_eq!(read(combined), ("access log", "/api/a".into(), 200, false));
        assert_eq!(read(envoy), ("access log", "/cart".into(), 503, true));
        assert_eq!(read(alb), ("access log of a load balancer", "/a/7".into(), 404, false));
        assert_eq!(read(classic), ("access log of a load balancer", "/".into(), 200, false));
        assert_eq!(Form::of("time,value\n0,1\n"), None);
        assert_eq!(Form::of("{\"a\": 1}"), None);
    }
}
