//! What of an object may be shown: secrets may stand in more places than in Secrets, and no decision looks at those.

use super::autoscaler_flags::PRIORITIES;
use super::kubernetes::Kind;
use super::kubernetes::scrub;
use serde_json::Value;

/// What stands for values that are not shown.
const UNSHOWN: &str = "(not shown)";
/// Custom resources whose fields are shown.
const READ: [&str; 4] = ["ScaledObject", "ClusterConfig", "NodePool", "EC2NodeClass"];
/// Whatever is in these, wherever they are.
const PRIVATE: [&str; 9] = [
    "data",
    "binaryData",
    "stringData",
    "httpHeaders",
    "volumeAttributes",
    "options",
    "userData",
    "preBootstrapCommands",
    "overrideBootstrapCommand",
];
/// What a KEDA trigger is configured with: numbers and times; others may be addresses with passwords.
const TRIGGER: [&str; 10] = [
    "desiredReplicas",
    "end",
    "lagThreshold",
    "metricName",
    "queueLength",
    "start",
    "targetValue",
    "threshold",
    "timezone",
    "value",
];

/// Of such an object nothing is shown but what it is called.
fn is_unread(kind: &str) -> bool {
    Kind::named(kind).is_none() && !READ.contains(&kind)
}

/// An object with [`UNSHOWN`] in the place of every text that may be secret: environments, arguments, commands of probes and hooks, annotations that
/// decide nothing, what ConfigMaps and CSI drivers hold, and what KEDA's triggers are told. Numbers stay, as do flags of Cluster Autoscaler and
/// kube-scheduler, and hooks that only sleep.
pub(super) fn without_secrets(object: &Value) -> Value {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    // The only ConfigMap that decides something.
    if text("/kind") == "ConfigMap" && text("/metadata/name") == PRIORITIES {
        return object.clone();
    }
    let mut clean = object.clone();
    if let Some(fields) = clean.as_object_mut().filter(|_| is_unread(text("/kind"))) {
        let others = fields.iter_mut().filter(|(key, _)| !["kind", "metadata"].contains(&key.as_str()));
        others.for_each(|(_, value)| hide(value));
    }
    go_through(&mut clean);
    clean
}

fn go_through(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let runs_controller = scrub::runs_controller(fields);
            let is_trigger = fields.contains_key("type");
            for (key, value) in fields {
                match key.as_str() {
                    "annotations" => hide_unless(value, &scrub::annotation_decides),
                    "env" => value
                        .as_array_mut()
                        .into_iter()
                        .flatten()
                        .for_each(|row| hide_unless(row, &|key| key != "value")),
                    "metadata" if is_trigger => hide_unless(value, &|key| TRIGGER.contains(&key)),
                    "command" | "args" if runs_controller || only_sleeps(value) => {}
                    "command" | "args" => hide(value),
                    key if PRIVATE.contains(&key) => hide(value),
                    _ => go_through(value),
                }
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(go_through),
        _ => {}
    }
}

/// Hides the fields whose keys are not to be shown.
fn hide_unless(value: &mut Value, shown: &dyn Fn(&str) -> bool) {
    let fields = value.as_object_mut().into_iter().flatten();
    fields.filter(|(key, _)| !shown(key)).for_each(|(_, value)| hide(value));
}

/// Hides every text in a value.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) => UNSHOWN.clone_into(text),
        Value::Array(rows) => rows.iter_mut().for_each(hide),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| hide(value)),
        _ => {}
    }
}

/// `sh -c "sleep 20"`: how long a hook takes decides.
fn only_sleeps(command: &Value) -> bool {
    let words = command.as_array().into_iter().flatten().filter_map(Value::as_str).flat_map(str::split_whitespace);
    let plain = ["sh", "/bin/sh", "bash", "/bin/bash", "-c", "sleep", "/bin/sleep"];
    let is_plain = |word: &str| plain.contains(&word) || word.trim_end_matches('s').parse::<u32>().is_ok();
    words.clone().count() > 1 && words.clone().any(|word| word.ends_with("sleep")) && words.into_iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        let shown = |object: Value| without_secrets(&object).to_string();
        let pod = json!({"kind": "Pod", "metadata": {"name": "web", "annotations": {"a": "hunter2", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}},
            "spec": {"containers": [{"name": "web", "image": "web:v1", "command": ["run", "hunter2"], "args": ["hunter2"],
                "env": [{"name": "PASSWORD", "value": "hunter2"}],
                "readinessProbe": {"exec": {"command": ["hunter2"]}, "httpGet": {"httpHeaders": [{"name": "A", "value": "hunter2"}]}, "periodSeconds": 3},
                "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "sleep 20"]}}}}],
                "volumes": [{"csi": {"driver": "x", "volumeAttributes": {"p": "hunter2"}}}]}});
        let text = shown(pod);
        assert!(!text.contains("hunter2"), "{text}");
        for kept in ["web:v1", "PASSWORD", "sleep 20", "\"periodSeconds\":3", "safe-to-evict\":\"false\"", "driver"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        for (kind, fields) in [
            ("ConfigMap", json!({"data": {"a": "hunter2"}})),
            ("ExternalSecret", json!({"spec": {"any": ["hunter2"]}})),
            (
                "ScaledObject",
                json!({"spec": {"triggers": [{"type": "rabbitmq", "metadata": {"host": "amqp://u:hunter2@h", "value": "7"}}]}}),
            ),
        ] {
            let mut object = fields;
            object["kind"] = json!(kind);
            object["metadata"] = json!({"name": "web"});
            let text = shown(object);
            assert!(!text.contains("hunter2") && text.contains("\"web\""), "{text}");
        }
        let flags = json!({"kind": "Pod", "spec": {"containers": [{"image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.30.0", "args": ["--expander=least-waste"]}]}});
        assert!(shown(flags).contains("--expander=least-waste"));
        let priorities =
            json!({"kind": "ConfigMap", "metadata": {"name": PRIORITIES}, "data": {"priorities": "10: [.*]"}});
        assert!(shown(priorities).contains("10: [.*]"));
    }
}
