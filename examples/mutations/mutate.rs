//! One input made wrong: a number, a line, some bytes, or a part of the tree that the text stands for.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64;
use serde_json::Value;

/// What stands where a number or a text was: the ends of every range that a reader may have.
const ODD: [&str; 52] = [
    "0",
    "-1",
    "1",
    "-0",
    "0.5",
    "1e308",
    "-1e308",
    "1e-308",
    "1e400",
    "NaN",
    ".nan",
    ".inf",
    "-.inf",
    "inf",
    "null",
    "true",
    "''",
    "~",
    "{}",
    "[]",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "1e5",
    "1e6",
    "1e8",
    "1e10",
    "1e15",
    "1e18",
    "1e19",
    "99999999999999999999999999",
    "0.000000001",
    "1e-9",
    "0x10",
    "1_000",
    "1,5",
    "100%",
    "-5%",
    "1ns",
    "292y",
    "106751d",
    "9e18s",
    "1Ei",
    "16Ei",
    "1m",
];

/// Bytes to which lines that come often make a text, at most: reading more takes long, and is no fault.
const LARGEST: usize = 32 << 20;

/// A text with one thing changed.
pub(crate) fn mutated(text: &[u8], rng: &mut Pcg64) -> Vec<u8> {
    let as_text = String::from_utf8_lossy(text).into_owned();
    match rng.random_range(0..100) {
        0..40 => number(&as_text, rng).into_bytes(),
        40..65 => tree(&as_text, rng).unwrap_or_else(|| lines(&as_text, rng)).into_bytes(),
        65..75 => lines(&as_text, rng).into_bytes(),
        75..85 => word(&as_text, rng).into_bytes(),
        85..90 => cells(&as_text, rng).into_bytes(),
        _ => bytes(text, rng),
    }
}

/// Where numbers stand in a text, with their signs and exponents.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let signed = at > 0 && bytes[at - 1] == b'-';
        let begin = if signed { at - 1 } else { at };
        while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'.') {
            at += 1;
        }
        if at + 1 < bytes.len() && bytes[at] == b'e' && (bytes[at + 1].is_ascii_digit() || bytes[at + 1] == b'-') {
            at += 2;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
        }
        found.push((begin, at));
    }
    found
}

/// One number, or all in a column of them, is another.
fn number(text: &str, rng: &mut Pcg64) -> String {
    let found = numbers(text);
    let Some(&(begin, end)) = found.choose(rng) else { return word(text, rng) };
    let old = &text[begin..end];
    let new = match rng.random_range(0..10) {
        0..5 => (*ODD.choose(rng).expect("some")).to_owned(),
        5..8 => {
            let factor = [-1.0, 0.001, 10.0, 1e3, 1e6, 1e9].choose(rng).expect("some");
            old.parse::<f64>().map_or_else(|_| "7".to_owned(), |number| format!("{}", number * factor))
        }
        8 => format!("{old}{old}{old}"),
        _ => rng.random_range(-1000..100_000_i64).to_string(),
    };
    format!("{}{new}{}", &text[..begin], &text[end..])
}

/// One word is another of the same text, or an odd value.
fn word(text: &str, rng: &mut Pcg64) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    let words: Vec<&str> = text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let Some(old) = words.choose(rng) else { return (*ODD.choose(rng).expect("some")).to_owned() };
    let begin = old.as_ptr() as usize - text.as_ptr() as usize;
    let long;
    let new = match rng.random_range(0..6) {
        0..3 => words.choose(rng).expect("some"),
        3 => ["", "é\u{202e}\u{1b}[31m", "*", "../../x", "=cmd()", "\"", "a\0b", "[", "{", "${", "&a *a", "- - - -"]
            .choose(rng)
            .expect("some"),
        4 => {
            long = "x".repeat(rng.random_range(1..5_000));
            long.as_str()
        }
        _ => ODD.choose(rng).expect("some"),
    };
    format!("{}{new}{}", &text[..begin], &text[begin + old.len()..])
}

/// Lines go, come twice or thousands of times, or change places.
fn lines(text: &str, rng: &mut Pcg64) -> String {
    let mut rows: Vec<&str> = text.split_inclusive('\n').collect();
    if rows.is_empty() {
        return "\n".to_owned();
    }
    let at = rng.random_range(0..rows.len());
    match rng.random_range(0..6) {
        0 => drop(rows.remove(at)),
        1 => rows.insert(at, rows[at]),
        2 => {
            let other = rng.random_range(0..rows.len());
            rows.swap(at, other);
        }
        3 => rows.truncate(at),
        4 => {
            let times = *[10, 100, 2_000].choose(rng).expect("some");
            let times = times.min(LARGEST / text.len().max(1));
            rows.splice(at..at, std::iter::repeat_n(rows[at], times));
        }
        _ => rows.reverse(),
    }
    rows.concat()
}

/// A cell of a line with commas is odd, goes or comes twice.
fn cells(text: &str, rng: &mut Pcg64) -> String {
    let mut rows: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let Some(at) = (0..rows.len()).filter(|at| rows[*at].contains(',')).collect::<Vec<_>>().choose(rng).copied() else {
        return number(text, rng);
    };
    let mut row: Vec<String> = rows[at].trim_end().split(',').map(str::to_owned).collect();
    let cell = rng.random_range(0..row.len());
    match rng.random_range(0..4) {
        0 => drop(row.remove(cell)),
        1 => row.insert(cell, row[cell].clone()),
        _ => row[cell] = (*ODD.choose(rng).expect("some")).to_owned(),
    }
    rows[at] = row.join(",") + "\n";
    rows.concat()
}

fn bytes(text: &[u8], rng: &mut Pcg64) -> Vec<u8> {
    let mut text = text.to_vec();
    if text.is_empty() {
        return vec![rng.random()];
    }
    let at = rng.random_range(0..text.len());
    let end = (at + rng.random_range(1..40)).min(text.len());
    match rng.random_range(0..7) {
        0 => text[at] ^= 1 << rng.random_range(0..8),
        1 => text.insert(at, rng.random()),
        2 => drop(text.drain(at..end)),
        3 => text.truncate(at),
        4 => {
            let part = text[at..end].to_vec();
            text.splice(at..at, part);
        }
        5 => {
            let odd: &[u8] =
                [&b"\xef\xbb\xbf"[..], b"\0", b"\r\n", b"\t", b"\xff\xfe", b"---\n", b"<<: *x\n", b"\x1f\x8b"]
                    .choose(rng)
                    .expect("some");
            text.splice(at..at, odd.iter().copied());
        }
        _ => {
            let depth = *[100, 3_000, 100_000].choose(rng).expect("some");
            text.splice(at..at, std::iter::repeat_n(*[b'[', b'{', b'(', b'-'].choose(rng).expect("some"), depth));
        }
    }
    text
}

/// A document as a value; the program's own reader is what is tried.
#[expect(clippy::disallowed_methods)]
fn yaml(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}

/// A part of the tree that a text stands for is another; none if the text is none.
fn tree(text: &str, rng: &mut Pcg64) -> Option<String> {
    let whole: Result<Value, _> = serde_json::from_str(text);
    let documents: Vec<Value> = match whole {
        Ok(value) => vec![value],
        Err(_) if text.contains(": ") || text.starts_with("- ") => {
            text.split("\n---").map(yaml).collect::<Option<_>>()?
        }
        Err(_) => return None,
    };
    let mut documents = documents;
    let all: Vec<Value> = documents.iter().flat_map(parts).cloned().collect();
    let document = rng.random_range(0..documents.len());
    let count = parts(&documents[document]).len();
    let mut at = rng.random_range(0..count);
    let other = all.choose(rng)?.clone();
    change(&mut documents[document], &mut at, &other, rng);
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    Some(texts.join("\n---\n"))
}

/// A value and all that is in it.
fn parts(value: &Value) -> Vec<&Value> {
    let mut found = vec![value];
    match value {
        Value::Array(rows) => rows.iter().for_each(|row| found.extend(parts(row))),
        Value::Object(fields) => fields.values().for_each(|field| found.extend(parts(field))),
        _ => {}
    }
    found
}

fn change(value: &mut Value, at: &mut usize, other: &Value, rng: &mut Pcg64) {
    if *at == 0 {
        *value = changed(value, other, rng);
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(|row| {
            if *at != usize::MAX {
                change(row, at, other, rng);
            }
        }),
        Value::Object(fields) => fields.values_mut().for_each(|field| {
            if *at != usize::MAX {
                change(field, at, other, rng);
            }
        }),
        _ => {}
    }
}

fn changed(value: &Value, other: &Value, rng: &mut Pcg64) -> Value {
    let odd = || -> Value {
        let texts = ["", "NaN", "-1", "1e308", "0", "null", "x", "1e10", "Infinity", "-5m", "99999999999d", "é"];
        texts[0].into()
    };
    let mut value = value.clone();
    match (&mut value, rng.random_range(0..12)) {
        (_, 0) => Value::Null,
        (_, 1) => other.clone(),
        (_, 2) => Value::Array(vec![value]),
        (_, 3) => odd(),
        (_, 4) => {
            let odd = *ODD.choose(rng).expect("some");
            serde_json::from_str(odd).unwrap_or_else(|_| odd.into())
        }
        (Value::Object(fields), 5 | 6) if !fields.is_empty() => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            fields.shift_remove(keys.choose(rng).expect("some"));
            value
        }
        (Value::Object(fields), 7) if !fields.is_empty() => {
            let keys: Vec<String> = fields.keys().cloned().collect();
            fields.insert(keys.choose(rng).expect("some").clone(), other.clone());
            value
        }
        (Value::Object(fields), 8) => {
            fields.insert((*ODD.choose(rng).expect("some")).to_owned(), other.clone());
            value
        }
        (Value::Array(rows), 5..8) if !rows.is_empty() => {
            let row = rows.choose(rng).expect("some").clone();
            let times = *[1, 2, 50].choose(rng).expect("some");
            rows.extend(std::iter::repeat_n(row, times));
            value
        }
        (Value::Array(rows), _) if !rows.is_empty() => {
            let gone = rng.random_range(0..rows.len());
            rows.remove(gone);
            value
        }
        (Value::Number(number), 5) => number.to_string().into(),
        (Value::Number(number), _) => {
            let number = number.as_f64().unwrap_or(1.0);
            let factor = [-1.0, 0.0, 1e-6, 0.5, 100.0, 1e5, 1e9, 1e300].choose(rng).expect("some");
            serde_json::Number::from_f64(number * factor).map_or(Value::Null, Value::Number)
        }
        (Value::String(text), _) => match number(text, rng) {
            new if new != *text => new.into(),
            _ => word(text, rng).into(),
        },
        _ => other.clone(),
    }
}

/// A word of the command line changed, or a setting of a value added.
pub(crate) fn words(words: &mut Vec<String>, rng: &mut Pcg64) {
    let takes_sets = ["run", "validate", "render", "why", "check", "compare", "sweep", "recommend"];
    if takes_sets.contains(&words[0].as_str()) && rng.random_range(0..2) == 0 {
        let path = SETTINGS.choose(rng).expect("some");
        let value = match rng.random_range(0..4) {
            0 => rng.random_range(-10..100_000_i64).to_string(),
            _ => (*ODD.choose(rng).expect("some")).to_owned(),
        };
        words.extend(["--set".to_owned(), format!("{path}={value}")]);
        return;
    }
    let at = rng.random_range(1..words.len());
    let file = words[at].contains('.') && !words[at].contains(['=', ' ']);
    if !file && words[at - 1] != "--out" && words[at - 1] != "--file" {
        let new = number(&words[at], rng).replace(['\0', '\n'], "");
        // Thousands of replications are no fault, they take their time.
        let is_work = words[at - 1] == "-n" && new.parse::<u32>().is_ok_and(|replications| replications > 64);
        if !is_work {
            words[at] = new;
        }
    }
}

const SETTINGS: [&str; 46] = [
    "traffic.scale",
    "traffic.noise",
    "traffic.noiseCorrelation",
    "traffic.patterns.0.constant.rate",
    "traffic.growth",
    "traffic.patterns[0].constant.rate",
    "duration",
    "step",
    "seed",
    "replications",
    "precision",
    "latency",
    "fidelity",
    "services.web.cpuPerRequest",
    "services.web.waitPerRequest",
    "services.web.scv",
    "services.web.concurrency",
    "services.web.queue",
    "services.web.timeout",
    "services.web.retries.attempts",
    "services.web.retries.budget",
    "services.web.retries.backoff",
    "services.web.memoryPerRequest",
    "services.web.idleCpu",
    "services.web.warmUp",
    "services.web.coldStart.speed",
    "nodeGroups.pool.minSize",
    "nodeGroups.pool.maxSize",
    "nodeGroups.pool.desiredSize",
    "nodeGroups.pool.bootTime",
    "nodeGroups.pool.instanceTypes",
    "hpas.web.minReplicas",
    "hpas.web.maxReplicas",
    "hpas.web.cpuUtilization",
    "objectives.latencyP95",
    "objectives.errorRate",
    "cluster.region",
    "assume.cpu",
    "assume.memory",
    "scheduler.cycleTime",
    "start",
    "warmUp",
    "jobs.cron.duration",
    "charges.0.usdPerMonth",
    "faults.0.at",
    "faults.0.for",
];
