//! LimitRanges as bounds: pods that the API server refuses.
//!
//! Upstream: plugin/pkg/admission/limitranger `PodValidateLimitFunc`, 1.28; and the validation that no request is above its
//! limit, which a limit that was filled in may break. Where both are the workload's own it is refused itself.

use super::limit_range::{LimitRange, LimitRangeItem};
use super::pod::{Container, PodSpec};
use crate::units::Quantity;
use std::collections::BTreeMap;

type Amounts = BTreeMap<String, Quantity>;

/// Why no pod of this kind would be created, if so; what is filled in has been filled in.
pub(super) fn refusal<'a>(ranges: impl Iterator<Item = &'a LimitRange> + Clone, spec: &PodSpec) -> Option<String> {
    let containers = || spec.containers.iter().chain(&spec.init_containers);
    for range in ranges.clone() {
        let name = &range.metadata.name;
        for item in &range.spec.limits {
            let broken = match item.kind.as_str() {
                "Container" => containers().find_map(|container| {
                    let resources = &container.resources;
                    let why = item.broken_by(&resources.requests, &resources.limits)?;
                    Some(format!("container {}: {why}", container.name))
                }),
                "Pod" => {
                    item.broken_by(&of_pod(spec, |c| &c.resources.requests), &of_pod(spec, |c| &c.resources.limits))
                }
                _ => None,
            };
            if let Some(why) = broken {
                return Some(format!("{why} (LimitRange {name})"));
            }
        }
    }
    let items = || ranges.clone().flat_map(|range| &range.spec.limits).filter(|item| item.kind == "Container");
    let filled_in = |name: &str, limit: &Quantity| items().any(|item| item.default_limits().get(name) == Some(limit));
    containers().find_map(|container| {
        let (requests, limits) = (&container.resources.requests, &container.resources.limits);
        let (name, asked, limit) = requests.iter().find_map(|(name, asked)| {
            let limit = limits.get(name).filter(|limit| asked > *limit && filled_in(name, limit))?;
            Some((name, asked, limit))
        })?;
        Some(format!("container {}: it requests {asked} of {name}, and its limit is {limit}", container.name))
    })
}

/// The containers together, or an init container where that is more. Upstream: `podRequests`, `podLimits`.
fn of_pod<'a>(spec: &'a PodSpec, amounts: impl Fn(&'a Container) -> &'a Amounts) -> Amounts {
    let mut total = Amounts::new();
    for (name, amount) in spec.containers.iter().flat_map(&amounts) {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
    for (name, amount) in spec.init_containers.iter().flat_map(&amounts) {
        let most = total.entry(name.clone()).or_default();
        *most = (*most).max(*amount);
    }
    total
}

impl LimitRangeItem {
    /// The first bound that these break.
    fn broken_by(&self, requests: &Amounts, limits: &Amounts) -> Option<String> {
        let per = &self.kind;
        let least = self.min.iter().find_map(|(name, least)| {
            let why = match (requests.get(name), limits.get(name)) {
                (None, _) => "no request is given".to_owned(),
                (Some(asked), _) if asked < least => format!("the request is {asked}"),
                (_, Some(limit)) if limit < least => format!("the limit is {limit}"),
                _ => return None,
            };
            Some(format!("the least of {name} per {per} is {least}, and {why}"))
        });
        let most = || {
            self.max.iter().find_map(|(name, most)| {
                let why = match (requests.get(name), limits.get(name)) {
                    (_, None) => "no limit is given".to_owned(),
                    (_, Some(limit)) if limit > most => format!("the limit is {limit}"),
                    (Some(asked), _) if asked > most => format!("the request is {asked}"),
                    _ => return None,
                };
                Some(format!("the most of {name} per {per} is {most}, and {why}"))
            })
        };
        let ratio = || {
            self.max_limit_request_ratio.iter().find_map(|(name, most)| {
                let given = |amount: Option<&Quantity>| amount.copied().filter(|amount| !amount.is_zero());
                let why = match (given(requests.get(name)), given(limits.get(name))) {
                    (None, _) => "no request is given".to_owned(),
                    (_, None) => "no limit is given".to_owned(),
                    (Some(asked), Some(limit)) if limit.as_f64() / asked.as_f64() > most.as_f64() => {
                        format!("it is {:.2}", limit.as_f64() / asked.as_f64())
                    }
                    _ => return None,
                };
                Some(format!("the most of limit by request of {name} per {per} is {most}, and {why}"))
            })
        };
        least.or_else(most).or_else(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why a pod is refused whose only container has these resources, under one row of a LimitRange.
    fn why(item: &str, resources: &str) -> String {
        let range = format!(r#"{{"metadata":{{"name":"l"}},"spec":{{"limits":[{item}]}}}}"#);
        let range: LimitRange = serde_json::from_str(&range).expect("the test's own text");
        let spec = format!(r#"{{"containers":[{{"name":"a","resources":{resources}}}]}}"#);
        let spec: PodSpec = serde_json::from_str(&spec).expect("the test's own text");
        refusal([&range].into_iter(), &spec).unwrap_or_default()
    }

    #[test]
    fn bounds_refuse_what_is_outside() {
        let most = r#"{"type":"Container","max":{"cpu":"2"}}"#;
        let asks = |cpu: &str| format!(r#"{{"requests":{{"cpu":"{cpu}"}},"limits":{{"cpu":"{cpu}"}}}}"#);
        assert_eq!(why(most, &asks("2")), "");
        assert_eq!(
            why(most, &asks("2001m")),
            "container a: the most of cpu per Container is 2, and the limit is 2001m (LimitRange l)"
        );
        assert!(why(most, r#"{"requests":{"cpu":"1"}}"#).contains("no limit is given"));
        let least = r#"{"type":"Pod","min":{"cpu":"100m"}}"#;
        assert_eq!(why(least, &asks("100m")), "");
        assert!(why(least, &asks("99m")).starts_with("the least of cpu per Pod is 100m, and the request is 99m"));
        let ratio = r#"{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}"#;
        assert_eq!(why(ratio, r#"{"requests":{"cpu":"1"},"limits":{"cpu":"2"}}"#), "");
        assert!(why(ratio, r#"{"requests":{"cpu":"1"},"limits":{"cpu":"3"}}"#).contains("and it is 3.00"));
        assert!(why(ratio, r#"{"requests":{"cpu":"1"}}"#).contains("no limit is given"));
    }

    #[test]
    fn a_request_above_a_limit_that_was_filled_in_is_refused() {
        let both = r#"{"requests":{"memory":"2Gi"},"limits":{"memory":"1Gi"}}"#;
        assert_eq!(why("", both), "", "the workload itself is refused");
        let text = why(r#"{"type":"Container","default":{"memory":"1Gi"}}"#, both);
        assert_eq!(text, "container a: it requests 2Gi of memory, and its limit is 1Gi");
    }
}
