//! The first decision that went another way.

use super::model::Parting;
use serde_json::Value;

/// A line of a decision log, as far as it tells what was decided.
struct Decision {
    seconds: f64,
    time: String,
    text: String,
    /// Which plugins refused a pod that waits: how they say it is no decision, and differs between versions.
    refused_by: Option<Value>,
}

impl PartialEq for Decision {
    /// Within the second: another order in the queue moves a pod by milliseconds.
    fn eq(&self, other: &Self) -> bool {
        let who = |text: &str| text.split(" waits: ").next().map(str::to_owned);
        let is_same = match (&self.refused_by, &other.refused_by) {
            (Some(one), Some(two)) => one == two && who(&self.text) == who(&other.text),
            _ => self.text == other.text,
        };
        is_same && self.time == other.time
    }
}

fn decisions(log: &str) -> impl Iterator<Item = Decision> {
    log.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let seconds = row.get("seconds").and_then(Value::as_f64)?;
        let refused_by = row.get("refused_by").filter(|by| by.is_array()).cloned();
        Some(Decision { seconds, time: text("time")?, text: text("text")?, refused_by })
    })
}

/// The first place at which two logs of decisions differ; none where one is missing, or nothing differs.
pub(super) fn parting(base: &str, new: &str) -> Option<Parting> {
    if base.is_empty() || new.is_empty() {
        return None;
    }
    let (mut base, mut new) = (decisions(base), decisions(new));
    loop {
        let (one, other) = (base.next(), new.next());
        if one == other {
            one?;
            continue;
        }
        let earlier = [&one, &other].into_iter().flatten().min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
        let time = earlier.time.clone();
        // A log whose next decision comes later decided nothing then.
        let then = |decision: Option<Decision>| decision.filter(|d| d.time == time).map(|d| d.text);
        return Some(Parting { base: then(one), new: then(other), time });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(rows: &[(&str, &str)]) -> String {
        let line = |(time, text): &(&str, &str)| {
            let seconds: u32 = time[6..].parse().expect("seconds");
            format!("{{\"n\":1,\"time\":\"{time}\",\"seconds\":{seconds},\"text\":\"{text}\"}}\n")
        };
        rows.iter().map(line).collect()
    }

    #[test]
    fn the_first_difference_counts() {
        let base = log(&[("00:00:01", "a"), ("00:00:02", "b"), ("00:00:09", "c")]);
        let new = log(&[("00:00:01", "a"), ("00:00:02", "B"), ("00:00:09", "c")]);
        let found = parting(&base, &new).expect("they part");
        assert_eq!(
            (found.time.as_str(), found.base.as_deref(), found.new.as_deref()),
            ("00:00:02", Some("b"), Some("B"))
        );
        let later = log(&[("00:00:01", "a"), ("00:00:05", "b")]);
        let found = parting(&base, &later).expect("they part");
        assert_eq!((found.time.as_str(), found.base.as_deref(), found.new), ("00:00:02", Some("b"), None));
        assert_eq!(parting(&base, &base), None);
        let waits = |refused_by: &str, why: &str| {
            let text = format!("The pod a waits: {why}");
            format!("{{\"time\":\"00:00:01\",\"seconds\":1.0,\"text\":\"{text}\",\"refused_by\":[\"{refused_by}\"]}}\n")
        };
        let tainted = waits("TaintToleration", "had untolerated taint {a: b}");
        assert_eq!(parting(&tainted, &waits("TaintToleration", "had untolerated taint(s)")), None, "words alone");
        assert!(parting(&tainted, &waits("NodeName", "had untolerated taint {a: b}")).is_some());
        assert_eq!(parting(&base, ""), None);
    }
}
