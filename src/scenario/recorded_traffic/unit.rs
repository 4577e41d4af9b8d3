//! What the numbers of a series are: requests per what, as its name or its cells say.

use regex::Regex;
use std::sync::LazyLock;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// Requests in so many seconds.
    Per(f64),
    /// Requests from a row to the next.
    PerStep,
    /// Requests since some time before: what counts is by how much it grows.
    Counter,
}

/// What a name says about a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meaning {
    pub(super) unit: Option<Unit>,
    pub(super) subject: Subject,
}

/// Of what there are so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Of requests.
    Requests,
    /// The name does not say.
    Unsaid,
    /// Of other things, each of which may stand for a request.
    Others,
    /// It is not counted: a share, a size, a time.
    NotCounted,
}

const REQUESTS: &[&str] = &[
    "request",
    "requests",
    "req",
    "reqs",
    "hit",
    "hits",
    "call",
    "calls",
    "query",
    "queries",
    "invocations",
    "rps",
    "qps",
    "tps",
    "reqps",
    "rpm",
    "rph",
    "transactions",
    "throughput",
    "traffic",
    "rate",
    "pageviews",
    "visits",
];
const UNSAID: &[&str] =
    &["value", "values", "count", "counts", "total", "sum", "n", "num", "number", "y", "v", "series", "avg", "mean"];
const NOT_COUNTED: &[&str] = &[
    "cpu",
    "memory",
    "mem",
    "percent",
    "pct",
    "percentage",
    "utilization",
    "utilisation",
    "usage",
    "bytes",
    "kb",
    "mb",
    "mib",
    "gb",
    "latency",
    "duration",
    "seconds",
    "ms",
    "temperature",
    "load",
    "cores",
    "millicores",
];

static PER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|_)(?:per_?|p)(\d*)_?(s|sec|second|seconds|m|min|mins|minute|minutes|h|hr|hour|hours|d|day|days)(?:_|$)",
    )
    .ok()
});

/// What the name of a column or a series says.
pub(super) fn meaning(name: &str) -> Meaning {
    let words = snake(name);
    let has = |known: &[&str]| words.split('_').any(|word| known.contains(&word));
    let unit = unit_of(&words);
    let subject = if has(REQUESTS) {
        Subject::Requests
    } else if has(NOT_COUNTED) {
        Subject::NotCounted
    } else if has(UNSAID) || words.is_empty() || name.trim_start().starts_with(['{', '/']) {
        Subject::Unsaid
    } else {
        Subject::Others
    };
    let is_plain_count = unit.is_none()
        && subject != Subject::NotCounted
        && has(&[
            "count",
            "counts",
            "requests",
            "reqs",
            "hits",
            "calls",
            "queries",
            "invocations",
            "visits",
            "pageviews",
            "transactions",
        ]);
    Meaning { unit: unit.or(is_plain_count.then_some(Unit::PerStep)), subject }
}

fn unit_of(words: &str) -> Option<Unit> {
    for word in words.split('_') {
        match word {
            "rps" | "qps" | "tps" | "reqps" | "rate" => return Some(Unit::Per(1.0)),
            "rpm" | "reqpm" => return Some(Unit::Per(60.0)),
            "rph" => return Some(Unit::Per(3600.0)),
            _ => {}
        }
    }
    if let Some(found) = PER.as_ref().and_then(|per| per.captures(words)) {
        let many = if found[1].is_empty() { 1.0 } else { found[1].parse::<f64>().ok().filter(|many| *many > 0.0)? };
        let seconds = match found[2].chars().next() {
            Some('s') => 1.0,
            Some('m') => 60.0,
            Some('h') => 3600.0,
            _ => 86_400.0,
        };
        return Some(Unit::Per(many * seconds));
    }
    (words.ends_with("_total") || words.contains("_total_")).then_some(Unit::Counter)
}

/// `requestsPerSecond`, `Requests (req/s)`: words in small letters with `_` between them.
fn snake(name: &str) -> String {
    let mut words = String::new();
    let mut was_small = false;
    // Labels of a series say which one it is, and not what it counts.
    let name = name.split('{').next().filter(|bare| !bare.trim().is_empty()).unwrap_or(name);
    for c in name.replace('/', " per ").chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && was_small {
                words.push('_');
            }
            words.extend(c.to_lowercase());
            was_small = c.is_lowercase() || c.is_numeric();
        } else {
            was_small = false;
            if !words.ends_with('_') {
                words.push('_');
            }
        }
    }
    words.trim_matches('_').to_owned()
}

/// What is written behind a number: a factor, and what is counted if it says so; none for what is no unit of traffic.
pub(super) fn suffix(text: &str) -> Option<(f64, Option<Unit>)> {
    let text = text.trim();
    let plain = |text: &str| -> Option<Option<Unit>> {
        let lower = text.trim().to_lowercase();
        match lower.as_str() {
            "" | "%" => Some(None),
            "req" | "reqs" | "request" | "requests" | "hits" | "calls" => Some(Some(Unit::PerStep)),
            "c/s" | "ops/s" | "op/s" | "ops" | "/s" | "1/s" | "hz" | "cps" => Some(Some(Unit::Per(1.0))),
            "/min" | "1/min" | "opm" | "cpm" => Some(Some(Unit::Per(60.0))),
            _ => {
                let meaning = meaning(&lower);
                (meaning.subject == Subject::Requests && meaning.unit.is_some()).then_some(meaning.unit)
            }
        }
    };
    let factors = [("Mil", 1e6), ("Bil", 1e9), ("K", 1e3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("B", 1e9), ("m", 1e-3)];
    let scaled = factors.iter().find_map(|(word, factor)| {
        let rest = text.strip_prefix(word).filter(|rest| *word != "m" || !rest.is_empty())?;
        plain(rest).map(|unit| (*factor, unit))
    });
    scaled.or_else(|| plain(text).map(|unit| (1.0, unit)))
}

impl Unit {
    /// In words.
    pub(super) fn words(self) -> String {
        match self {
            Unit::Per(1.0) => "requests per second".to_owned(),
            Unit::Per(60.0) => "requests per minute".to_owned(),
            Unit::Per(seconds) => format!("requests per {seconds} s"),
            Unit::PerStep => "requests per step".to_owned(),
            Unit::Counter => "a counter of requests".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_counted() {
        let unit = |name: &str| meaning(name).unit;
        for name in
            ["rps", "requests_per_s", "requestsPerSecond", "Requests (req/s)", "api_qps_scaled", "rate", "reqps"]
        {
            assert_eq!((unit(name), meaning(name).subject), (Some(Unit::Per(1.0)), Subject::Requests), "{name}");
        }
        assert_eq!(unit("requests_per_5min"), Some(Unit::Per(300.0)));
        assert_eq!(unit("requests_per_10s"), Some(Unit::Per(10.0)));
        assert_eq!(unit("rpm"), Some(Unit::Per(60.0)));
        assert_eq!(unit("hits/min"), Some(Unit::Per(60.0)));
        assert_eq!(unit("requests"), Some(Unit::PerStep));
        assert_eq!(unit("RequestCount"), Some(Unit::PerStep));
        assert_eq!(unit("http_requests_total{code=\"200\"}"), Some(Unit::Counter));
        assert_eq!(meaning("value"), Meaning { unit: None, subject: Subject::Unsaid });
        assert_eq!(meaning("cpu_percent"), Meaning { unit: None, subject: Subject::NotCounted });
        let taxis = Meaning { unit: Some(Unit::Per(1800.0)), subject: Subject::Others };
        assert_eq!(meaning("passengers_per_30min"), taxis);
    }

    #[test]
    fn numbers_carry_units() {
        assert_eq!(suffix("req/s"), Some((1.0, Some(Unit::Per(1.0)))));
        assert_eq!(suffix(" Kreq/s"), Some((1e3, Some(Unit::Per(1.0)))));
        assert_eq!(suffix("K req/min"), Some((1e3, Some(Unit::Per(60.0)))));
        assert_eq!((suffix("K"), suffix("Mil"), suffix("")), (Some((1e3, None)), Some((1e6, None)), Some((1.0, None))));
        assert_eq!((suffix("ms"), suffix("MiB"), suffix("m")), (None, None, None));
    }
}
