//! The flags of Cluster Autoscaler and kube-scheduler, which decide.

use super::words::Rename;
use crate::units::SimDuration;
use serde_json::{Map, Value, json};

const PROGRAMS: &[&str] = &["cluster-autoscaler", "kube-scheduler"];
/// Flags whose values are words of theirs.
const WORDS: &[&str] =
    &["--expander", "--estimator", "--cloud-provider", "--leader-elect-resource-lock", "--logging-format"];

/// Which of the two a container runs, if it does.
pub(super) fn program(container: &Map<String, Value>) -> Option<&'static str> {
    let image = container.get("image")?.as_str()?;
    let name = image.rsplit('/').next().unwrap_or_default();
    let starts = |program: &str| words(container).any(|word| word.rsplit('/').next() == Some(program));
    PROGRAMS.iter().copied().find(|program| name.starts_with(program) || starts(program))
}

fn words(container: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let lists = ["command", "args"].into_iter().filter_map(|key| container.get(key)?.as_array());
    lists.flatten().filter_map(Value::as_str).flat_map(str::split_whitespace)
}

/// The program and its flags, with names of groups and clusters renamed.
pub(super) fn command(container: &Map<String, Value>, program: &str, rename: Rename<'_>) -> Value {
    let mut clean = vec![format!("./{program}")];
    for word in words(container).filter(|word| word.starts_with('-')) {
        clean.push(match word.split_once('=') {
            Some((flag, value)) => format!("{flag}={}", self::value(flag, value, rename)),
            None => word.to_owned(),
        });
    }
    json!(clean)
}

/// Its image: the version decides.
pub(super) fn image(container: &Map<String, Value>, program: &str) -> Value {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let version: String = tag.chars().take_while(|c| c.is_ascii_digit() || ".v".contains(*c)).collect();
    json!(format!("{program}:{version}"))
}

fn value(flag: &str, value: &str, rename: Rename<'_>) -> String {
    let is_plain = |text: &str| {
        text.is_empty()
            || ["true", "false"].contains(&text)
            || text.parse::<f64>().is_ok()
            || SimDuration::parse(text).is_ok()
    };
    let is_range = value.contains(':') && value.split(':').all(|part| part.parse::<f64>().is_ok());
    if is_plain(value) || is_range || WORDS.contains(&flag) {
        return value.to_owned();
    }
    match flag.trim_start_matches('-') {
        "nodes" => {
            let mut parts = value.splitn(3, ':');
            let (least, most) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            format!("{least}:{most}:{}", rename(parts.next().unwrap_or_default()))
        }
        "node-group-auto-discovery" => {
            let (kind, tags) = value.split_once('=').unwrap_or((value, ""));
            let tags = tags.split(',').map(|tag| discovery_tag(tag, rename));
            format!("{kind}={}", tags.collect::<Vec<_>>().join(","))
        }
        _ => rename(value),
    }
}

/// `k8s.io/cluster-autoscaler/NAME`, `key=value`.
fn discovery_tag(tag: &str, rename: Rename<'_>) -> String {
    let own = "k8s.io/cluster-autoscaler/";
    match tag.strip_prefix(own) {
        Some("enabled") => tag.to_owned(),
        Some(cluster) => format!("{own}{}", rename(cluster)),
        None => match tag.split_once('=') {
            Some((key, value)) => format!("{}={}", rename(key), rename(value)),
            None => rename(tag),
        },
    }
}
