//! What of a machine counts: GPUs, taints of a passing state, and what makes two groups similar.

use super::autoscaler_world::{START, World, after};
use foresail::autoscaler::{Flags, ScaleUpResult, Unremovable};
use foresail::cluster::{Effect, NodeId, Owner, OwnerKind, PodSpec, Resources, Taint};
use foresail::intern::Symbol;
use foresail::release::KubernetesVersion::V1_29;

/// A group of machines with so many GPUs of the kind `t4`, of which pods see as many as `there`.
fn gpu_group(world: &mut World, name: &str, gpus: i64, there: i64) {
    world.group(name, 4, 16, 0.1);
    let (gpu, label, kind) =
        (world.symbol("nvidia.com/gpu"), world.symbol("k8s.amazonaws.com/accelerator"), world.symbol("t4"));
    let template = &mut world.surroundings.groups.last_mut().expect("a group").template;
    template.capacity.resources.set_scalar(gpu, gpus);
    template.allocatable.resources.set_scalar(gpu, there);
    template.labels.set(label, kind);
}

/// A pod that needs GPUs.
fn gpu_pod(world: &mut World, gpus: i64, node: Option<NodeId>) {
    let gpu = world.symbol("nvidia.com/gpu");
    world.pod(100, node, |spec, _| {
        spec.requests.set_scalar(gpu, gpus);
        spec.container_requests.set_scalar(gpu, gpus);
    });
}

#[test]
fn gpus_have_limits_by_kind() {
    let outcome = |limit: &str| {
        let mut world = World::new(&[("cloud-provider", "aws"), ("gpu-total", limit)]);
        gpu_group(&mut world, "g", 4, 4);
        (0..5).for_each(|_| gpu_pod(&mut world, 4, None));
        let up = world.turn(after(60)).scale_up;
        (up.increases.first().map(|increase| increase.to), up.skipped.first().map(|(_, why)| why.to_string()))
    };
    assert_eq!(outcome("t4:0:100"), (Some(5), None));
    assert_eq!(outcome("t4:0:11"), (Some(2), None), "two machines of 4 GPUs");
    assert_eq!(outcome("t4:0:3"), (None, Some("max cluster gpu limit reached".to_owned())));
    assert_eq!(outcome("v100:0:3"), (Some(5), None), "of another kind");
}

#[test]
fn machines_with_gpus_stay_for_the_least_number() {
    let mut world = World::new(&[("cloud-provider", "aws"), ("gpu-total", "t4:4:100")]);
    gpu_group(&mut world, "g", 4, 4);
    let nodes = [world.node(), world.node()];
    world.down(0);
    let down = world.down(601);
    assert_eq!(down.deletions.iter().map(|deletion| deletion.node).collect::<Vec<_>>(), nodes[..1]);
    assert!(
        down.unremovable.contains(&(nodes[1], Unremovable::MinimalResourceLimitExceeded)),
        "{:?}",
        down.unremovable
    );
}

#[test]
fn a_machine_whose_gpus_are_not_there_yet_is_unready() {
    for (provider, result) in [("aws", ScaleUpResult::NotTried), ("gce", ScaleUpResult::NoOptionsAvailable)] {
        let mut world = World::new(&[("cloud-provider", provider), ("scale-up-from-zero", "false")]);
        gpu_group(&mut world, "g", 4, 0);
        world.node();
        world.plain(5000, None);
        assert_eq!(world.turn(after(60)).scale_up.result, result, "{provider} has a label of its own");
    }
}

#[test]
fn of_machines_with_gpus_the_gpus_count_against_a_threshold_of_their_own() {
    let unneeded = |threshold: &str, gpus: i64| {
        let mut world = World::new(&[
            ("scale-down-gpu-utilization-threshold", threshold),
            ("scale-down-utilization-threshold", "0"),
        ]);
        gpu_group(&mut world, "g", 4, 4);
        let first = world.node();
        world.surroundings.groups[0].template.scale_down_disabled = true;
        world.node();
        world.plain(3900, Some(first));
        gpu_pod(&mut world, gpus, Some(first));
        world.down(0).unneeded.iter().any(|(node, _)| *node == first)
    };
    // Cpu is used to 100 %, and does not count; the pod of 3,900 milli-cores finds room on the other machine.
    assert!(unneeded("0.6", 2));
    assert!(!unneeded("0.5", 2), "used to the threshold is not under it");
    assert!(!unneeded("0.6", 3));
}

#[test]
fn startup_taints_make_a_node_unready() {
    let flags = Flags::default();
    assert!(flags.scale_up_from_zero && flags.ignore_taints.is_empty());
    let mut world = World::of(V1_29, &[("scale-up-from-zero", "false"), ("startup-taint", "starting")]);
    world.group("g", 1, 2, 0.1);
    let node = world.node();
    world.plain(900, None);
    world.plain(900, None);
    let key = world.symbol("starting");
    let taint = Taint { key, value: Symbol::EMPTY, effect: foresail::cluster::Effect::NoSchedule };
    world.surroundings.cluster.set_taints(node, vec![taint]);
    assert_eq!(world.turn(START).scale_up.result, ScaleUpResult::NotTried, "no node is ready");
    world.surroundings.cluster.set_taints(node, Vec::new());
    assert_eq!(world.turn(after(10)).scale_up.result, ScaleUpResult::Successful);
}

#[test]
fn a_template_has_no_taint_of_a_passing_state() {
    for (taint, helps) in [
        ("cloud.google.com/impending-node-termination", true),
        ("NodeWithImpairedVolumes", true),
        ("CriticalAddonsOnly", false),
    ] {
        let mut world = World::new(&[]);
        world.group("g", 4, 16, 0.1);
        let key = world.symbol(taint);
        let taint_of = |key| Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule };
        world.surroundings.groups[0].template.taints.push(taint_of(key));
        world.plain(1000, None);
        let outcome = world.turn(after(60));
        assert_eq!(outcome.scale_up.result == ScaleUpResult::Successful, helps, "{taint}");
    }
}

/// What becomes of a scale-up for a new pod if new nodes have the taint `t`; with a node if `there`.
fn tainted(flag: &str, there: bool) -> ScaleUpResult {
    let mut world = World::of(V1_29, &[(flag, "t"), ("scale-up-from-zero", "false")]);
    world.group("g", 1, 2, 0.1);
    let key = world.symbol("t");
    let taint = Taint { key, value: Symbol::EMPTY, effect: Effect::NoSchedule };
    let node = world.node();
    if there {
        world.surroundings.cluster.set_taints(node, vec![taint]);
    }
    world.surroundings.groups[0].template.taints.push(taint);
    world.plain(900, Some(node));
    world.plain(900, None);
    world.turn(after(60)).scale_up.result
}

#[test]
fn ignored_taints_and_startup_taints_are_the_same() {
    for flag in ["ignore-taint", "startup-taint"] {
        assert_eq!(tainted(flag, false), ScaleUpResult::Successful, "{flag}: new nodes will not have it");
        assert_eq!(tainted(flag, true), ScaleUpResult::NotTried, "{flag}: the only node is still starting");
    }
}

#[test]
fn status_taints_say_nothing_about_readiness() {
    assert_eq!(tainted("status-taint", false), ScaleUpResult::Successful);
    assert_eq!(tainted("status-taint", true), ScaleUpResult::Successful);
}

#[test]
fn other_taints_count() {
    assert_eq!(tainted("balancing-ignore-label", true), ScaleUpResult::NoOptionsAvailable);
}

/// Among how many groups of different machines a scale-up for four pods is divided.
fn balanced(provider: &str, pools: [&str; 2]) -> usize {
    let mut world = World::new(&[
        ("balance-similar-node-groups", "true"),
        ("cloud-provider", provider),
        ("expander", "least-waste"),
    ]);
    for (cores, pool) in [4, 8].into_iter().zip(pools) {
        world.group(pool, cores, 16, 0.1);
        let (key, value) = (world.symbol("agentpool"), world.symbol(pool));
        world.surroundings.groups.last_mut().expect("a group").template.labels.set(key, value);
    }
    for _ in 0..4 {
        world.plain(3500, None);
    }
    world.turn(after(60)).scale_up.increases.len()
}

#[test]
fn azures_groups_of_one_pool_are_similar_whatever_their_machines() {
    assert_eq!(balanced("azure", ["one", "one"]), 2);
    assert_eq!(balanced("azure", ["one", "other"]), 1);
    assert_eq!(balanced("aws", ["one", "one"]), 1);
}

/// Whether the second of two groups is similar to the first once it is changed.
fn similar(flags: &[(&str, &str)], change: impl FnOnce(&mut World)) -> bool {
    let flags: Vec<_> =
        [("balance-similar-node-groups", "true"), ("expander", "least-waste")].iter().chain(flags).copied().collect();
    let mut world = World::new(&flags);
    world.group("a", 4, 16, 0.1);
    world.group("b", 4, 16, 0.1);
    change(&mut world);
    (0..4).for_each(|_| {
        world.plain(3000, None);
    });
    world.turn(after(60)).scale_up.increases.len() == 2
}

/// The second group's machines as they are, and as pods see them: milli-cores, MiB.
fn sized(world: &mut World, capacity: (i64, i64), allocatable: (i64, i64)) {
    let template = &mut world.surroundings.groups[1].template;
    template.capacity.resources = Resources::new(capacity.0, capacity.1 << 20);
    template.allocatable.resources = Resources::new(allocatable.0, allocatable.1 << 20);
}

const MIB: i64 = 16 << 10;

#[test]
fn memory_may_differ_by_a_ratio() {
    let with = |flags: &[(&str, &str)], mib: i64| similar(flags, |world| sized(world, (4000, mib), (4000, MIB)));
    assert!(with(&[], MIB - 245), "1.5 % are 245 MiB");
    assert!(!with(&[], MIB - 246));
    assert!(with(&[("memory-difference-ratio", "0.1")], MIB - 1638));
    assert!(!with(&[("memory-difference-ratio", "0.1")], MIB - 1639));
    assert!(
        !similar(&[("memory-difference-ratio", "0.1")], |world| sized(world, (3999, MIB), (4000, MIB))),
        "cores may not"
    );
}

#[test]
fn allocatable_may_differ_by_a_ratio() {
    let free = ("max-free-difference-ratio", "0.5");
    let with = |ratio: &str, milli: i64| {
        similar(&[free, ("max-allocatable-difference-ratio", ratio)], |world| sized(world, (4000, MIB), (milli, MIB)))
    };
    assert!(with("0.05", 3800) && !with("0.05", 3799));
    assert!(with("0.2", 3200) && !with("0.2", 3199));
}

#[test]
fn what_is_free_may_differ_by_a_ratio() {
    // A DaemonSet's pod on the nodes of the second group alone takes 400 of 4,000 milli-cores.
    let with = |ratio: &str| {
        similar(&[("max-free-difference-ratio", ratio), ("balancing-ignore-label", "pool")], |world| {
            let [key, value, name] = ["pool", "b", "agent"].map(|text| world.symbol(text));
            world.surroundings.groups[1].template.labels.set(key, value);
            let mut spec = PodSpec {
                owner: Some(Owner { kind: OwnerKind::DaemonSet, name, uid: name }),
                requests: Resources::new(400, 0),
                container_requests: Resources::new(400, 0),
                ..PodSpec::default()
            };
            spec.node_selector.set(key, value);
            let spec = world.surroundings.cluster.intern_spec(spec);
            world.surroundings.daemon_sets.push(spec);
        })
    };
    assert!(with("0.1") && !with("0.09"));
    assert!(!with("0.05"), "the default");
    assert_eq!(Flags::default().max_free_difference_ratio, 0.05);
}
