//! DaemonSets: on which nodes a pod runs, and how it is replaced.

use super::{IntOrPercent, Rounding};
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

/// `spec.updateStrategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Pods get the new template when something else deletes them.
    OnDelete,
    /// Node by node.
    RollingUpdate {
        /// Nodes without an available pod during an update.
        max_unavailable: IntOrPercent,
        /// Nodes with an old and a new pod during an update.
        max_surge: IntOrPercent,
    },
}

/// A pod that is not terminating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Ready.
    pub ready: bool,
    /// Ready for `minReadySeconds`.
    pub available: bool,
}

/// The DaemonSet's pods on a node, but for terminating ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The one of an old template.
    pub old: Option<Health>,
    /// The one of the new template.
    pub new: Option<Health>,
}

/// What an update does next, by place of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Old pods to delete.
    pub delete_old: Vec<usize>,
    /// New pods to create beside an old one.
    pub create_new: Vec<usize>,
}

/// The next step of an update over the nodes that have pods or should, of which `desired` should. Where a node has no
/// pod it gets a new one anyway.
///
/// Upstream: daemon/update.go `rollingUpdate`, `updatedDesiredNodeCounts`, and daemon_controller.go
/// `podsShouldBeOnNode`; 1.28. Upstream goes through the nodes in a random order.
pub fn next_step(update: Update, desired: i32, nodes: &[Pair]) -> Step {
    let Update::RollingUpdate { max_unavailable, max_surge } = update else { return Step::default() };
    match (max_unavailable.of(desired, Rounding::Up), max_surge.of(desired, Rounding::Up)) {
        (0, 0) => replace(1, nodes),
        (unavailable, 0) => replace(unavailable, nodes),
        (_, surge) => surge_over(surge, nodes),
    }
}

/// Old pods go first. Those that are not available go at once.
fn replace(max_unavailable: i32, nodes: &[Pair]) -> Step {
    let (mut delete_old, mut candidates, mut unavailable) = (Vec::new(), Vec::new(), 0);
    for (at, node) in nodes.iter().enumerate() {
        match (node.old, node.new) {
            (None, Some(new)) => unavailable += i32::from(!new.available),
            (Some(old), None) if !old.available => delete_old.push(at),
            (Some(_), None) => candidates.push(at),
            _ => unavailable += 1,
        }
    }
    let spare = (max_unavailable - unavailable).max(0) as usize;
    delete_old.extend(candidates.into_iter().take(spare));
    Step { delete_old, create_new: Vec::new() }
}

/// New pods come first. Beside old ones that are not available they come at once.
fn surge_over(max_surge: i32, nodes: &[Pair]) -> Step {
    let (mut step, mut candidates, mut surging) = (Step::default(), Vec::new(), 0);
    for (at, node) in nodes.iter().enumerate() {
        match (node.old, node.new) {
            (None, _) => {}
            (Some(old), None) if !old.available => step.create_new.push(at),
            (Some(_), None) => candidates.push(at),
            (Some(old), Some(new)) if new.available || !old.ready => step.delete_old.push(at),
            (Some(_), Some(_)) => surging += 1,
        }
    }
    let spare = (max_surge - surging).max(0) as usize;
    step.create_new.extend(candidates.into_iter().take(spare));
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Labels, Taint};
    use IntOrPercent::{Int, Percent};

    #[test]
    fn updates_go_node_by_node_within_their_bounds() {
        let (well, ill) = (Health { ready: true, available: true }, Health { ready: false, available: false });
        let pair = |old: Option<Health>, new: Option<Health>| Pair { old, new };
        let (old, new, none) = (pair(Some(well), None), pair(None, Some(well)), pair(None, None));
        let check = |name: &str, (unavailable, surge), nodes: &[Pair], delete_old: &[usize], create_new: &[usize]| {
            let update = Update::RollingUpdate { max_unavailable: unavailable, max_surge: surge };
            let step = next_step(update, nodes.len() as i32, nodes);
            assert_eq!((step.delete_old.as_slice(), step.create_new.as_slice()), (delete_old, create_new), "{name}");
        };
        let (one, third) = ((Int(1), Int(0)), (Percent(34), Int(0)));
        check("start", one, &[old, old, old], &[0], &[]);
        check("waits for the node without a pod", one, &[none, old, old], &[], &[]);
        check("waits for the new pod", one, &[pair(None, Some(ill)), old, old], &[], &[]);
        check("the next node", one, &[new, old, old], &[1], &[]);
        check("percent round up", third, &[old, old, old], &[0, 1], &[]);
        check("broken ones go at once", one, &[old, pair(Some(ill), None), old], &[1, 0], &[]);
        check("both zero means one", (Int(0), Int(0)), &[old, old], &[0], &[]);
        let surge = (Int(0), Int(1));
        check("one comes beside", surge, &[old, old], &[], &[0]);
        check("and is waited for", surge, &[pair(Some(well), Some(ill)), old], &[], &[]);
        check("then the old one goes", surge, &[pair(Some(well), Some(well)), old], &[0], &[1]);
        check("a broken old one goes", surge, &[pair(Some(ill), Some(ill)), new], &[0], &[]);
        assert_eq!(next_step(Update::OnDelete, 2, &[old, old]), Step::default());
    }

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
