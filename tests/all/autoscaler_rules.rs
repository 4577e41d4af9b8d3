//! Cluster Autoscaler's rules one by one: what keeps a node, which expander takes what, when timers end.

use super::autoscaler_world::{START, World, after};
use foresail::autoscaler::drain::{BlockingReason, Controllers, PodsToMove, Scope, pods_to_move};
use foresail::autoscaler::{Flags, ScaleDownResult, ScaleUpResult, SkipReason, Unremovable};
use foresail::cluster::{
    Effect, LabelSelector, NodeCondition, NodeId, Owner, OwnerKind, Phase, Pod, PodDisruptionBudget, PodId, PodName,
    PodSpec, Taint, Volume, VolumeSource,
};
use foresail::intern::Symbol;
use foresail::scenario::autoscale::Stage;
use foresail::units::{SimDuration, SimTime};

/// What the rules say about a node with one pod, under default flags or others.
fn drained(
    flags: &[(&str, &str)],
    change: impl FnOnce(&mut PodSpec, &mut Stage),
    then: impl FnOnce(&mut Stage, PodId),
) -> Result<PodsToMove, BlockingReason> {
    let mut world = World::new(flags);
    world.group("g", 4, 16, 0.1);
    let node = world.node();
    let pod = world.pod(100, Some(node), change);
    then(&mut world.stage, pod);
    let cluster = &world.stage.cluster;
    let allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
    let controllers = Controllers::of(cluster);
    let scope = Scope { controllers: Some(&controllers), budgets: Some(&allowed) };
    pods_to_move(cluster, &world.stage.flags, node, scope, START).map_err(|blocked| blocked.reason)
}

fn moved(flags: &[(&str, &str)], change: impl FnOnce(&mut PodSpec, &mut Stage)) -> Result<usize, BlockingReason> {
    drained(flags, change, |_, _| {}).map(|moved| moved.pods.len())
}

fn owner(spec: &mut PodSpec, kind: OwnerKind) {
    spec.owner = spec.owner.map(|owner| Owner { kind, ..owner });
}

fn local(spec: &mut PodSpec, stage: &mut Stage, source: VolumeSource) {
    spec.volumes.push(Volume { name: stage.cluster.symbols.intern("scratch"), source });
}

fn budget(stage: &mut Stage, disruptions_allowed: i32) {
    let symbols = &mut stage.cluster.symbols;
    let (namespace, name, key) = (symbols.intern("default"), symbols.intern("web"), symbols.intern("app"));
    stage.cluster.budgets.push(PodDisruptionBudget {
        namespace,
        name,
        selector: Some(LabelSelector::of_labels([(key, name)])),
        disruptions_allowed,
        current_healthy: 2,
        desired_healthy: 1,
        disrupted_pods: Vec::new(),
    });
}

#[test]
fn a_replicated_pod_moves() {
    assert_eq!(moved(&[], |_, _| {}), Ok(1));
}

#[test]
fn mirror_pods_do_not_matter() {
    assert_eq!(moved(&[], |spec, _| spec.is_mirror = true), Ok(0));
}

#[test]
fn daemon_sets_pods_are_listed_apart() {
    let moved = drained(&[], |spec, _| owner(spec, OwnerKind::DaemonSet), |_, _| {});
    assert_eq!(moved.map(|moved| (moved.pods.len(), moved.daemon_pods.len())), Ok((0, 1)));
}

#[test]
fn pods_that_terminate_for_longer_than_their_grace_are_gone() {
    let ends = |ago: i64| drained(&[], |_, _| {}, |stage, pod| stage.cluster.set_deleted(pod, Some(after(-ago))));
    assert_eq!(ends(90).map(|moved| moved.pods.len()), Ok(1), "grace, grace and 30 s are not over");
    assert_eq!(ends(91).map(|moved| moved.pods.len()), Ok(0));
}

#[test]
fn a_pod_without_controller_stays() {
    assert_eq!(moved(&[], |spec, _| spec.owner = None), Err(BlockingReason::NotReplicated));
}

#[test]
fn a_controller_that_is_gone_is_an_error() {
    let gone = |_: &mut PodSpec, stage: &mut Stage| stage.cluster.workloads.clear();
    assert_eq!(moved(&[], gone), Err(BlockingReason::ControllerNotFound));
}

#[test]
fn custom_controllers_count_only_if_the_flag_says_so() {
    let custom = |spec: &mut PodSpec, stage: &mut Stage| {
        let kind = stage.cluster.symbols.intern("CloneSet");
        owner(spec, OwnerKind::Other(kind));
    };
    assert_eq!(moved(&[], custom), Err(BlockingReason::NotReplicated));
    assert_eq!(moved(&[("skip-nodes-with-custom-controller-pods", "false")], custom), Ok(1));
}

#[test]
fn too_few_replicas_block() {
    assert_eq!(moved(&[("min-replica-count", "3")], |_, _| {}), Err(BlockingReason::MinReplicasReached));
    assert_eq!(moved(&[("min-replica-count", "2")], |_, _| {}), Ok(1));
}

#[test]
fn system_pods_block_unless_a_budget_protects_them() {
    let system = |spec: &mut PodSpec, stage: &mut Stage| {
        spec.namespace = stage.cluster.symbols.intern("kube-system");
        let namespace = spec.namespace;
        stage.cluster.workloads.iter_mut().for_each(|row| row.namespace = namespace);
    };
    assert_eq!(moved(&[], system), Err(BlockingReason::UnmovableKubeSystemPod));
    assert_eq!(moved(&[("skip-nodes-with-system-pods", "false")], system), Ok(1));
    let protected = |spec: &mut PodSpec, stage: &mut Stage| {
        system(spec, stage);
        budget(stage, 1);
        stage.cluster.budgets[0].namespace = spec.namespace;
    };
    assert_eq!(moved(&[], protected), Ok(1));
}

#[test]
fn local_storage_blocks_unless_it_is_memory_or_declared_safe() {
    let on_disk = VolumeSource::EmptyDir { memory: false };
    let with = |source: VolumeSource| moved(&[], |spec, stage| local(spec, stage, source));
    assert_eq!(with(on_disk.clone()), Err(BlockingReason::LocalStorageRequested));
    assert_eq!(with(VolumeSource::HostPath), Err(BlockingReason::LocalStorageRequested));
    assert_eq!(with(VolumeSource::EmptyDir { memory: true }), Ok(1));
    let flags = [("skip-nodes-with-local-storage", "false")];
    assert_eq!(moved(&flags, |spec, stage| local(spec, stage, on_disk.clone())), Ok(1));
    let safe = |spec: &mut PodSpec, stage: &mut Stage| {
        local(spec, stage, on_disk.clone());
        spec.safe_to_evict_local_volumes.push(spec.volumes[0].name);
    };
    assert_eq!(moved(&[], safe), Ok(1));
}

#[test]
fn the_annotation_forbids_and_allows() {
    let forbidden = moved(&[], |spec, _| spec.safe_to_evict = Some(false));
    assert_eq!(forbidden, Err(BlockingReason::NotSafeToEvictAnnotation));
    let allowed = |spec: &mut PodSpec, _: &mut Stage| (spec.safe_to_evict, spec.owner) = (Some(true), None);
    assert_eq!(moved(&[], allowed), Ok(1));
}

#[test]
fn finished_pods_that_nobody_restarts_move() {
    let finished = drained(
        &[],
        |spec, _| (spec.owner, spec.may_finish) = (None, true),
        |stage, pod| stage.cluster.set_phase(pod, Phase::Succeeded),
    );
    assert_eq!(finished.map(|moved| moved.pods.len()), Ok(1));
}

#[test]
fn budgets_that_allow_nothing_block_even_safe_pods() {
    assert_eq!(moved(&[], |_, stage| budget(stage, 0)), Err(BlockingReason::NotEnoughPdb));
    assert_eq!(moved(&[], |_, stage| budget(stage, 1)), Ok(1));
    let safe = |spec: &mut PodSpec, stage: &mut Stage| {
        spec.safe_to_evict = Some(true);
        budget(stage, 0);
    };
    assert_eq!(moved(&[], safe), Err(BlockingReason::NotEnoughPdb));
}

/// The group that an expander takes for three pods of 900 milli-cores: `small` has 1 core and 2 GiB, `large` 4
/// cores and 64 GiB and costs more per pod, `middle` 2 cores and 4 GiB.
fn taken(expander: &str) -> String {
    let mut world = World::new(&[("expander", expander)]);
    world.group("small", 1, 2, 0.04);
    world.group("large", 4, 64, 0.90);
    world.group("middle", 2, 4, 0.09);
    for _ in 0..3 {
        world.plain(900, None);
    }
    let outcome = world.turn(START);
    assert_eq!(outcome.scale_up.result, ScaleUpResult::Successful);
    world.stage.groups[outcome.scale_up.chosen.expect("one is chosen")].name.clone()
}

#[test]
fn least_waste_takes_the_fullest() {
    assert_eq!(taken("least-waste"), "small");
}

#[test]
fn least_nodes_takes_the_largest() {
    assert_eq!(taken("least-nodes"), "large");
}

#[test]
fn price_takes_the_cheapest_for_its_pods() {
    assert_eq!(taken("price"), "small");
}

#[test]
fn price_leaves_machines_with_gpus_alone() {
    let mut world = World::new(&[("expander", "price")]);
    for name in ["gpus", "plain"] {
        world.group(name, 4, 16, 0.1);
    }
    let gpu = world.symbol("nvidia.com/gpu");
    world.stage.groups[0].template.allocatable.resources.set_scalar(gpu, 1);
    world.plain(500, None);
    assert_eq!(world.turn(after(60)).scale_up.best, [1]);
}

#[test]
fn price_prefers_larger_machines_by_all_nodes_cordoned_ones_too() {
    let taken = |cordoned: bool| {
        let mut world = World::new(&[("expander", "price")]);
        world.group("two", 2, 8, 0.1);
        world.group("four", 4, 8, 0.1);
        for _ in 0..7 {
            let node = world.node();
            world.plain(3900, Some(node));
            world.stage.cluster.set_unschedulable(node, cordoned);
        }
        world.plain(500, None);
        world.turn(after(60)).scale_up.best
    };
    assert_eq!((taken(true), taken(false)), (vec![1], vec![1]));
}

#[test]
fn most_pods_leaves_a_tie_to_the_next_of_the_chain() {
    assert_eq!(taken("most-pods,least-nodes"), "large");
    assert_eq!(taken("most-pods,least-waste"), "small");
}

#[test]
fn random_takes_one_of_them() {
    assert!(["small", "middle", "large"].contains(&taken("random").as_str()));
}

/// An empty node above the minimum, since the first loop at 0 s.
fn idle(flags: &[(&str, &str)]) -> (World, NodeId) {
    let mut world = World::new(flags);
    world.group("g", 4, 16, 0.1);
    let node = world.node();
    world.turn(START);
    (world, node)
}

fn deletes(world: &mut World, seconds: i64) -> bool {
    let down = world.turn(after(seconds)).scale_down.expect("a scale-down");
    down.result == ScaleDownResult::NodeDeleteStarted
}

#[test]
fn the_unneeded_time_has_to_be_over() {
    let (mut world, _) = idle(&[]);
    assert!(!deletes(&mut world, 600));
    assert!(deletes(&mut world, 601));
}

#[test]
fn unready_nodes_have_a_time_of_their_own() {
    let (mut world, node) = idle(&[]);
    world.stage.cluster.set_node_ready(node, NodeCondition { is_true: false, since: START });
    assert!(!deletes(&mut world, 1200));
    assert!(deletes(&mut world, 1201));
}

#[test]
fn a_node_that_is_needed_in_between_waits_again() {
    let (mut world, node) = idle(&[]);
    let pod = world.plain(3000, Some(node));
    assert!(!deletes(&mut world, 300));
    world.stage.cluster.remove_pod(pod);
    assert!(!deletes(&mut world, 310));
    assert!(!deletes(&mut world, 910));
    assert!(deletes(&mut world, 911));
}

#[test]
fn the_minimum_is_kept() {
    let (mut world, node) = idle(&[]);
    world.stage.groups[0].min = 1;
    let down = world.turn(after(601)).scale_down.expect("a scale-down");
    assert_eq!(down.result, ScaleDownResult::NoNodeDeleted);
    assert!(!down.unneeded.iter().any(|(other, _)| *other == node), "no candidate at the minimum");
}

#[test]
fn a_scale_up_holds_deletions_back() {
    let (mut world, _) = idle(&[]);
    world.plain(3900, None);
    let pod = world.plain(3900, None);
    assert_eq!(world.turn(after(30)).scale_up.result, ScaleUpResult::Successful);
    let pending: Vec<PodId> = world.stage.pending();
    assert!(pending.contains(&pod));
    pending.into_iter().for_each(|pod| world.stage.cluster.remove_pod(pod));
    let down = world.turn(after(630)).scale_down.expect("a scale-down");
    assert_ne!(down.result, ScaleDownResult::InCooldown, "10 minutes after the scale-up");
    let (mut world, _) = idle(&[]);
    world.plain(3900, None);
    world.plain(3900, None);
    world.turn(after(30));
    world.stage.pending().into_iter().for_each(|pod| world.stage.cluster.remove_pod(pod));
    let down = world.turn(after(629)).scale_down.expect("a scale-down");
    assert_eq!(down.result, ScaleDownResult::InCooldown);
}

#[test]
fn a_blocked_node_is_left_alone_for_a_while() {
    let mut world = World::new(&[]);
    world.group("g", 4, 16, 0.1);
    let node = world.node();
    world.pod(100, Some(node), |spec, _| spec.owner = None);
    let why = |world: &mut World, seconds: i64| {
        let down = world.turn(after(seconds)).scale_down.expect("a scale-down");
        let (_, why) = down.unremovable.into_iter().find(|(other, _)| *other == node).expect("it stays");
        why
    };
    assert!(matches!(why(&mut world, 0), Unremovable::BlockedByPod(_)));
    assert_eq!(why(&mut world, 299), Unremovable::RecentlyUnremovable);
    assert!(matches!(why(&mut world, 300), Unremovable::BlockedByPod(_)), "5 minutes are over");
}

#[test]
fn new_pods_wait_for_more_to_come_and_for_their_delay() {
    let born = |world: &mut World, at: SimTime| {
        let pod = world.plain(900, None);
        let spec = world.stage.cluster.pod(pod).spec;
        world.stage.cluster.remove_pod(pod);
        world.stage.cluster.add_pod(Pod::new(PodName::plain(Symbol::EMPTY), spec, at));
    };
    let mut world = World::new(&[("new-pod-scale-up-delay", "30s")]);
    world.group("g", 4, 16, 0.1);
    born(&mut world, START);
    assert_eq!(world.turn(after(30)).scale_up.result, ScaleUpResult::NotNeeded);
    assert_eq!(world.turn(after(31)).scale_up.result, ScaleUpResult::Successful);
    let mut world = World::new(&[]);
    world.group("g", 4, 16, 0.1);
    born(&mut world, START);
    assert_eq!(world.turn(after(1)).scale_up.result, ScaleUpResult::InCooldown);
    assert_eq!(world.turn(after(2)).scale_up.result, ScaleUpResult::Successful);
}

#[test]
fn a_refused_group_backs_off_for_five_minutes() {
    let mut world = World::new(&[]);
    world.group("g", 4, 16, 0.1);
    world.plain(900, None);
    world.stage.groups[0].increase_fails = true;
    assert_eq!(world.turn(START).scale_up.result, ScaleUpResult::Error);
    world.stage.groups[0].increase_fails = false;
    let outcome = world.turn(after(299));
    assert_eq!(outcome.scale_up.skipped, [(0, SkipReason::Backoff(after(300)))]);
    assert_eq!(world.turn(after(300)).scale_up.result, ScaleUpResult::Successful);
}

#[test]
fn startup_taints_make_a_node_unready() {
    let flags = Flags::default();
    assert!(flags.scale_up_from_zero && flags.ignore_taints.is_empty());
    let mut world = World::new(&[("scale-up-from-zero", "false"), ("startup-taint", "starting")]);
    world.group("g", 1, 2, 0.1);
    let node = world.node();
    world.plain(900, None);
    world.plain(900, None);
    let key = world.symbol("starting");
    let taint = Taint { key, value: Symbol::EMPTY, effect: foresail::cluster::Effect::NoSchedule };
    world.stage.cluster.set_taints(node, vec![taint]);
    assert_eq!(world.turn(START).scale_up.result, ScaleUpResult::NotTried, "no node is ready");
    world.stage.cluster.set_taints(node, Vec::new());
    assert_eq!(world.turn(after(10)).scale_up.result, ScaleUpResult::Successful);
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
        world.stage.groups.last_mut().expect("a group").template.labels.set(key, value);
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
        world.stage.groups[0].template.taints.push(taint_of(key));
        world.plain(1000, None);
        let outcome = world.turn(after(60));
        assert_eq!(outcome.scale_up.result == ScaleUpResult::Successful, helps, "{taint}");
    }
}

#[test]
fn cordoned_nodes_do_not_count_against_the_most_nodes_of_all() {
    for (cordoned, result) in [(true, ScaleUpResult::Successful), (false, ScaleUpResult::NoOptionsAvailable)] {
        let mut world = World::new(&[("max-nodes-total", "1")]);
        world.group("g", 4, 16, 0.1);
        let node = world.node();
        world.plain(3500, Some(node));
        world.stage.cluster.set_unschedulable(node, cordoned);
        world.plain(3500, None);
        assert_eq!(world.turn(after(60)).scale_up.result, result, "cordoned: {cordoned}");
    }
}

#[test]
fn nodes_on_their_way_leave_no_names_behind() {
    let mut world = World::new(&[]);
    world.group("g", 4, 16, 0.1);
    for _ in 0..6 {
        world.plain(900, None);
    }
    let increase = world.turn(START).scale_up.increases[0];
    world.stage.groups[0].target = increase.to;
    assert_eq!(world.turn(after(10)).scale_up.result, ScaleUpResult::NotNeeded, "the pods fit what is coming");
    let names = world.stage.cluster.symbols.len();
    (2..50).for_each(|at| drop(world.turn(after(10 * at))));
    assert_eq!(world.stage.cluster.symbols.len(), names);
}

#[test]
fn a_pod_may_ask_for_a_longer_delay() {
    for (flag, own, waits) in [("0s", 60, 60), ("30s", 60, 60), ("90s", 60, 90)] {
        let mut world = World::new(&[("new-pod-scale-up-delay", flag)]);
        world.group("g", 4, 16, 0.1);
        let pod = world.pod(900, None, |spec, _| spec.scale_up_delay = Some(SimDuration::from_secs(own)));
        let spec = world.stage.cluster.pod(pod).spec;
        world.stage.cluster.remove_pod(pod);
        world.stage.cluster.add_pod(Pod::new(PodName::plain(Symbol::EMPTY), spec, START));
        assert_eq!(world.turn(after(waits)).scale_up.result, ScaleUpResult::NotNeeded, "{flag}");
        assert_eq!(world.turn(after(waits + 1)).scale_up.result, ScaleUpResult::Successful, "{flag}");
    }
}

/// A group of machines with so many GPUs of the kind `t4`, of which pods see as many as `there`.
fn gpu_group(world: &mut World, name: &str, gpus: i64, there: i64) {
    world.group(name, 4, 16, 0.1);
    let (gpu, label, kind) =
        (world.symbol("nvidia.com/gpu"), world.symbol("k8s.amazonaws.com/accelerator"), world.symbol("t4"));
    let template = &mut world.stage.groups.last_mut().expect("a group").template;
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
        world.stage.groups[0].template.scale_down_disabled = true;
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
