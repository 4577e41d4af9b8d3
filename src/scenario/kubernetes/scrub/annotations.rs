//! Annotations that decide something.

use serde_json::{Map, Value, json};

/// What becomes of an annotation's value.
enum Kept {
    /// A word or a number: as it is.
    Word,
    /// A name, or several with commas between them.
    Names,
    /// That it is there counts.
    Presence,
}

const ANNOTATIONS: &[(&str, Kept)] = &[
    ("cluster-autoscaler.kubernetes.io/safe-to-evict", Kept::Word),
    ("cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes", Kept::Names),
    ("cluster-autoscaler.kubernetes.io/pod-scale-up-delay", Kept::Word),
    ("cluster-autoscaler.kubernetes.io/enable-ds-eviction", Kept::Word),
    ("cluster-autoscaler.kubernetes.io/daemonset-pod", Kept::Word),
    ("cluster-autoscaler.kubernetes.io/scale-down-disabled", Kept::Word),
    ("kubernetes.io/config.mirror", Kept::Presence),
    ("storageclass.kubernetes.io/is-default-class", Kept::Word),
    ("ingressclass.kubernetes.io/is-default-class", Kept::Word),
    ("kubernetes.io/ingress.class", Kept::Names),
    ("alb.ingress.kubernetes.io/scheme", Kept::Word),
    ("alb.ingress.kubernetes.io/group.name", Kept::Names),
    ("alb.ingress.kubernetes.io/certificate-arn", Kept::Presence),
    ("service.beta.kubernetes.io/aws-load-balancer-type", Kept::Word),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", Kept::Word),
    ("service.beta.kubernetes.io/aws-load-balancer-internal", Kept::Word),
    ("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", Kept::Word),
    ("networking.gke.io/load-balancer-type", Kept::Word),
    ("cloud.google.com/load-balancer-type", Kept::Word),
    ("volume.kubernetes.io/selected-node", Kept::Names),
];

/// Whether this one decides something.
pub(super) fn decides(key: &str) -> bool {
    ANNOTATIONS.iter().any(|(known, _)| *known == key)
}

/// Those of an object that decide something.
pub(super) fn kept(value: &Value, renamed: &mut dyn FnMut(&str) -> String) -> Value {
    let Some(map) = value.as_object() else { return json!({}) };
    let mut clean = Map::new();
    for (key, how) in ANNOTATIONS {
        let Some(text) = map.get(*key).and_then(Value::as_str) else { continue };
        let made = match how {
            Kept::Word if text.len() <= 24 => text.to_owned(),
            Kept::Word => continue,
            Kept::Names => text.split(',').map(|name| renamed(name.trim())).collect::<Vec<_>>().join(","),
            Kept::Presence => "x".to_owned(),
        };
        clean.insert((*key).to_owned(), json!(made));
    }
    Value::Object(clean)
}
