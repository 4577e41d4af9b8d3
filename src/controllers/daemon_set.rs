//! DaemonSets: on which nodes a pod runs.

use crate::cluster::{Effect, NodeTemplate, PodSpec, Toleration, TolerationOperator};
use crate::intern::{Interner, Symbol};

/// Whether the DaemonSet whose pods are of kind `spec` wants a pod on the node.
///
/// Upstream: `daemon.NodeShouldRunDaemonPod`, 1.28: node selector and required affinity match, every
/// NoSchedule and NoExecute taint is tolerated. Cordons are tolerated by default (see
/// [`default_tolerations`]).
pub fn should_run(spec: &PodSpec, node: &NodeTemplate, symbols: &Interner) -> bool {
    let selected = spec.node_selector.iter().all(|(key, value)| node.labels.get(key) == Some(value));
    let affine =
        spec.required_node_affinity.as_ref().is_none_or(|required| required.matches(node.name, &node.labels, symbols));
    let repelled = |taint| spec.tolerations.iter().all(|toleration| !toleration.tolerates(taint));
    let hard = node.taints.iter().filter(|taint| taint.effect != Effect::PreferNoSchedule);
    selected && affine && !hard.into_iter().any(repelled)
}

/// The tolerations that the DaemonSet controller adds to its pods.
///
/// Upstream: `util.AddOrUpdateDaemonPodTolerations`, 1.28.
pub fn default_tolerations(symbols: &mut Interner, host_network: bool) -> Vec<Toleration> {
    let mut keys = vec![
        ("node.kubernetes.io/not-ready", Effect::NoExecute),
        ("node.kubernetes.io/unreachable", Effect::NoExecute),
        ("node.kubernetes.io/disk-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/memory-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/pid-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/unschedulable", Effect::NoSchedule),
    ];
    if host_network {
        keys.push(("node.kubernetes.io/network-unavailable", Effect::NoSchedule));
    }
    keys.into_iter()
        .map(|(key, effect)| Toleration {
            key: symbols.intern(key),
            operator: TolerationOperator::Exists,
            value: Symbol::EMPTY,
            effect: Some(effect),
            seconds: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Labels, Taint};

    #[test]
    fn taints_and_selectors_keep_daemon_pods_away() {
        let mut symbols = Interner::new();
        let (key, value) = (symbols.intern("workload"), symbols.intern("database"));
        let node = |labels: &[(Symbol, Symbol)], effect: Option<Effect>| NodeTemplate {
            labels: labels.iter().copied().collect(),
            taints: effect.map(|effect| Taint { key, value, effect }).into_iter().collect(),
            ..NodeTemplate::default()
        };
        let plain = PodSpec::default();
        let choosy = PodSpec { node_selector: Labels::from_iter([(key, value)]), ..PodSpec::default() };
        let everywhere = Toleration {
            key: Symbol::EMPTY,
            operator: TolerationOperator::Exists,
            value: Symbol::EMPTY,
            effect: None,
            seconds: None,
        };
        let tolerant = PodSpec { tolerations: vec![everywhere], ..PodSpec::default() };
        let check = |name: &str, spec: &PodSpec, node: NodeTemplate, expected: bool| {
            assert_eq!(should_run(spec, &node, &symbols), expected, "{name}");
        };
        check("plain node", &plain, node(&[], None), true);
        check("tainted", &plain, node(&[], Some(Effect::NoSchedule)), false);
        check("soft taint", &plain, node(&[], Some(Effect::PreferNoSchedule)), true);
        check("tolerated", &tolerant, node(&[], Some(Effect::NoExecute)), true);
        check("selector", &choosy, node(&[], None), false);
        check("selected", &choosy, node(&[(key, value)], None), true);
    }
}
