//! Cluster Autoscaler's rules one by one: what keeps a node, which expander takes what, when timers end.

use super::autoscaler_world::{START, World, after};
use foresail::autoscaler::drain::{BlockingReason, Controllers, PodsToMove, Scope, evicts_daemon_pod, pods_to_move};
use foresail::autoscaler::{
    DEFAULT_VERSION, Flags, GroupOptions, ScaleDownResult, ScaleUpResult, SkipReason, Unremovable,
};
use foresail::cluster::{
    LabelSelector, NodeCondition, NodeId, Owner, OwnerKind, Phase, Pod, PodDisruptionBudget, PodId, PodName, PodSpec,
    Volume, VolumeSource, WorkloadSelector,
};
use foresail::dry_run::autoscale::Surroundings;
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::units::{SimDuration, SimTime};

/// What the rules say about a node with one pod, under default flags or others.
fn drained(
    flags: &[(&str, &str)],
    change: impl FnOnce(&mut PodSpec, &mut Surroundings),
    then: impl FnOnce(&mut Surroundings, PodId),
) -> Result<PodsToMove, BlockingReason> {
    let mut world = World::new(flags);
    world.group("g", 4, 16, 0.1);
    let node = world.node();
    let pod = world.pod(100, Some(node), change);
    then(&mut world.surroundings, pod);
    let cluster = &world.surroundings.cluster;
    let allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
    let controllers = Controllers::of(cluster);
    let scope = Scope { now: START, controllers: Some(&controllers), budgets: Some(&allowed) };
    pods_to_move(cluster, &world.surroundings.flags, node, scope).map_err(|blocked| blocked.reason)
}

fn moved(
    flags: &[(&str, &str)],
    change: impl FnOnce(&mut PodSpec, &mut Surroundings),
) -> Result<usize, BlockingReason> {
    drained(flags, change, |_, _| {}).map(|moved| moved.pods.len())
}

fn owner(spec: &mut PodSpec, kind: OwnerKind) {
    spec.owner = spec.owner.map(|owner| Owner { kind, ..owner });
}

fn local(spec: &mut PodSpec, surroundings: &mut Surroundings, source: VolumeSource) {
    spec.volumes.push(Volume { name: surroundings.cluster.symbols.intern("scratch"), source });
}

fn budget(surroundings: &mut Surroundings, disruptions_allowed: i32) {
    let symbols = &mut surroundings.cluster.symbols;
    let (namespace, name, key) = (symbols.intern("default"), symbols.intern("web"), symbols.intern("app"));
    surroundings.cluster.budgets.push(PodDisruptionBudget {
        namespace,
        name,
        selector: Some(LabelSelector::of_labels([(key, name)])),
        disruptions_allowed,
        current_healthy: 2,
        desired_healthy: 1,
        disrupted_pods: Vec::new(),
        unready_always_go: false,
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
    let counts = |flags: &[(&str, &str)], change: &dyn Fn(&mut PodSpec, &mut Surroundings)| {
        drained(flags, change, |_, _| {}).map(|moved| (moved.pods.len(), moved.daemon_pods.len()))
    };
    let daemon = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        owner(spec, OwnerKind::DaemonSet);
        let row = WorkloadSelector { kind: OwnerKind::DaemonSet, ..surroundings.cluster.workloads[0].clone() };
        surroundings.cluster.workloads.push(row);
    };
    let orphan = |spec: &mut PodSpec, _: &mut Surroundings| owner(spec, OwnerKind::DaemonSet);
    let custom = |spec: &mut PodSpec, _: &mut Surroundings| (spec.owner, spec.acts_as_daemon) = (None, true);
    assert_eq!(counts(&[], &daemon), Ok((0, 1)));
    assert_eq!(counts(&[], &orphan), Err(BlockingReason::ControllerNotFound));
    assert_eq!(counts(&[("skip-nodes-with-custom-controller-pods", "false")], &orphan), Ok((0, 1)));
    assert_eq!(counts(&[], &custom), Ok((0, 1)), "an annotation says so");
}

#[test]
fn an_annotation_says_whether_a_daemon_sets_pod_is_evicted() {
    let mut spec = PodSpec::default();
    let mut evicted = |annotation: Option<bool>| {
        spec.daemon_eviction = annotation;
        [true, false].map(|is_drained| evicts_daemon_pod(&spec, &Flags::default(), is_drained))
    };
    assert_eq!(evicted(None), [true, false], "as the flags say: from drained nodes");
    assert_eq!(evicted(Some(true)), [true, true]);
    assert_eq!(evicted(Some(false)), [false, false]);
}

#[test]
fn pods_that_terminate_for_longer_than_their_grace_are_gone() {
    let ends = |ago: i64| {
        drained(&[], |_, _| {}, |surroundings, pod| surroundings.cluster.set_deleted(pod, Some(after(-ago))))
    };
    assert_eq!(ends(90).map(|moved| moved.pods.len()), Ok(1), "grace, grace and 30 s are not over");
    assert_eq!(ends(91).map(|moved| moved.pods.len()), Ok(0));
}

#[test]
fn a_pod_without_controller_stays() {
    assert_eq!(moved(&[], |spec, _| spec.owner = None), Err(BlockingReason::NotReplicated));
}

#[test]
fn a_controller_that_is_gone_is_an_error() {
    let gone = |_: &mut PodSpec, surroundings: &mut Surroundings| surroundings.cluster.workloads.clear();
    assert_eq!(moved(&[], gone), Err(BlockingReason::ControllerNotFound));
}

#[test]
fn custom_controllers_count_only_if_the_flag_says_so() {
    let custom = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        let kind = surroundings.cluster.symbols.intern("CloneSet");
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
    let system = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        spec.namespace = surroundings.cluster.symbols.intern("kube-system");
        let namespace = spec.namespace;
        surroundings.cluster.workloads.iter_mut().for_each(|row| row.namespace = namespace);
    };
    assert_eq!(moved(&[], system), Err(BlockingReason::UnmovableKubeSystemPod));
    assert_eq!(moved(&[("skip-nodes-with-system-pods", "false")], system), Ok(1));
    let protected = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        system(spec, surroundings);
        budget(surroundings, 1);
        surroundings.cluster.budgets[0].namespace = spec.namespace;
    };
    assert_eq!(moved(&[], protected), Ok(1));
}

#[test]
fn local_storage_blocks_unless_it_is_memory_or_declared_safe() {
    let on_disk = VolumeSource::EmptyDir { memory: false };
    let with = |source: VolumeSource| moved(&[], |spec, surroundings| local(spec, surroundings, source));
    assert_eq!(with(on_disk.clone()), Err(BlockingReason::LocalStorageRequested));
    assert_eq!(with(VolumeSource::HostPath), Err(BlockingReason::LocalStorageRequested));
    assert_eq!(with(VolumeSource::EmptyDir { memory: true }), Ok(1));
    let flags = [("skip-nodes-with-local-storage", "false")];
    assert_eq!(moved(&flags, |spec, surroundings| local(spec, surroundings, on_disk.clone())), Ok(1));
    let safe = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        local(spec, surroundings, on_disk.clone());
        spec.safe_to_evict_local_volumes.push(spec.volumes[0].name);
    };
    assert_eq!(moved(&[], safe), Ok(1));
}

#[test]
fn the_annotation_forbids_and_allows() {
    let forbidden = moved(&[], |spec, _| spec.safe_to_evict = Some(false));
    assert_eq!(forbidden, Err(BlockingReason::NotSafeToEvictAnnotation));
    let allowed = |spec: &mut PodSpec, _: &mut Surroundings| (spec.safe_to_evict, spec.owner) = (Some(true), None);
    assert_eq!(moved(&[], allowed), Ok(1));
}

#[test]
fn finished_pods_that_nobody_restarts_move() {
    let finished = drained(
        &[],
        |spec, _| (spec.owner, spec.may_finish) = (None, true),
        |surroundings, pod| surroundings.cluster.set_phase(pod, Phase::Succeeded),
    );
    assert_eq!(finished.map(|moved| moved.pods.len()), Ok(1));
    let failed = drained(
        &[],
        |spec, _| spec.owner = None,
        |surroundings, pod| surroundings.cluster.set_phase(pod, Phase::Failed),
    );
    assert_eq!(failed.map(|moved| moved.pods.len()), Ok(1), "the kubelet gave it up, whatever its restart policy");
}

#[test]
fn expendable_pods_do_not_matter() {
    let cheap =
        |spec: &mut PodSpec, _: &mut Surroundings| (spec.owner, spec.has_priority, spec.priority) = (None, true, -11);
    assert_eq!(moved(&[], cheap), Ok(0));
    assert_eq!(moved(&[("expendable-pods-priority-cutoff", "-20")], cheap), Err(BlockingReason::NotReplicated));
}

#[test]
fn budgets_that_allow_nothing_block_even_safe_pods() {
    assert_eq!(moved(&[], |_, surroundings| budget(surroundings, 0)), Err(BlockingReason::NotEnoughPdb));
    assert_eq!(moved(&[], |_, surroundings| budget(surroundings, 1)), Ok(1));
    let safe = |spec: &mut PodSpec, surroundings: &mut Surroundings| {
        spec.safe_to_evict = Some(true);
        budget(surroundings, 0);
    };
    assert_eq!(moved(&[], safe), Err(BlockingReason::NotEnoughPdb));
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
fn a_groups_tags_count_in_place_of_flags() {
    let tagged = |option: &str, value: &str| {
        let mut world = World::new(&[]);
        world.group("g", 4, 16, 0.1);
        let node = world.node();
        let prefix = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/";
        let tags = [(format!("{prefix}{option}"), value.to_owned())].into_iter().collect();
        world.surroundings.flags.of_groups = [GroupOptions::of_tags(DEFAULT_VERSION, &tags).0].into_iter().collect();
        world.turn(START);
        (world, node)
    };
    let (mut world, _) = tagged("scaledownunneededtime", "2m");
    assert!(!deletes(&mut world, 120));
    assert!(deletes(&mut world, 121));
    let (mut world, node) = tagged("scaledownutilizationthreshold", "0.1");
    world.plain(1000, Some(node));
    assert!(!deletes(&mut world, 1000), "a quarter is used");
    let (mut world, node) = tagged("scaledownunreadytime", "3m");
    world.surroundings.cluster.set_node_ready(node, NodeCondition { is_true: false, since: START });
    assert!(!deletes(&mut world, 180));
    assert!(deletes(&mut world, 181));
}

#[test]
fn unready_nodes_have_a_time_of_their_own() {
    let (mut world, node) = idle(&[]);
    world.surroundings.cluster.set_node_ready(node, NodeCondition { is_true: false, since: START });
    assert!(!deletes(&mut world, 1200));
    assert!(deletes(&mut world, 1201));
}

#[test]
fn a_node_that_is_needed_in_between_waits_again() {
    let (mut world, node) = idle(&[]);
    let pod = world.plain(3000, Some(node));
    assert!(!deletes(&mut world, 300));
    world.surroundings.cluster.remove_pod(pod);
    assert!(!deletes(&mut world, 310));
    assert!(!deletes(&mut world, 910));
    assert!(deletes(&mut world, 911));
}

#[test]
fn a_deletion_that_fails_at_once_is_tried_again_in_the_next_loop() {
    let (mut world, node) = idle(&[]);
    assert!(deletes(&mut world, 601));
    world.autoscaler.as_mut().expect("started").deletion_ended(node);
    assert!(deletes(&mut world, 611), "it has been unneeded all the time");
    assert!(!deletes(&mut world, 621), "it is being deleted");
    world.autoscaler.as_mut().expect("started").deletion_ended(node);
    assert!(!deletes(&mut world, 631), "its time has begun again");
}

#[test]
fn the_minimum_is_kept() {
    let (mut world, node) = idle(&[]);
    world.surroundings.groups[0].min = 1;
    let down = world.turn(after(601)).scale_down.expect("a scale-down");
    assert_eq!(down.result, ScaleDownResult::NoNodeDeleted);
    assert!(!down.unneeded.iter().any(|(other, _)| *other == node), "no candidate at the minimum");
}

#[test]
fn groups_grow_to_their_minimum_after_the_scale_down() {
    let (mut world, _) = idle(&[("enforce-node-group-min-size", "true")]);
    world.group("h", 4, 16, 0.1);
    world.surroundings.groups[1].min = 1;
    let outcome = world.turn(after(601));
    assert_eq!(outcome.scale_up.increases.len(), 1);
    let down = outcome.scale_down.expect("a scale-down");
    assert_eq!(down.result, ScaleDownResult::NodeDeleteStarted, "no cooldown yet");
    world.surroundings.groups[1].increase_fails = true;
    let outcome = world.turn(after(611));
    assert_eq!((outcome.scale_up.result, outcome.error), (ScaleUpResult::Error, Some("cloudProviderError")));
    assert_eq!(outcome.scale_down.map(|down| down.result), Some(ScaleDownResult::InCooldown));
}

#[test]
fn a_scale_up_holds_deletions_back() {
    let (mut world, _) = idle(&[]);
    world.plain(3900, None);
    let pod = world.plain(3900, None);
    assert_eq!(world.turn(after(30)).scale_up.result, ScaleUpResult::Successful);
    let pending: Vec<PodId> = world.surroundings.pending();
    assert!(pending.contains(&pod));
    pending.into_iter().for_each(|pod| world.surroundings.cluster.remove_pod(pod));
    let down = world.turn(after(630)).scale_down.expect("a scale-down");
    assert_ne!(down.result, ScaleDownResult::InCooldown, "10 minutes after the scale-up");
    let (mut world, _) = idle(&[]);
    world.plain(3900, None);
    world.plain(3900, None);
    world.turn(after(30));
    world.surroundings.pending().into_iter().for_each(|pod| world.surroundings.cluster.remove_pod(pod));
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
        let spec = world.surroundings.cluster.pod(pod).spec;
        world.surroundings.cluster.remove_pod(pod);
        world.surroundings.cluster.add_pod(Pod::new(PodName::plain(Symbol::EMPTY), spec, at));
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
    world.surroundings.groups[0].increase_fails = true;
    assert_eq!(world.turn(START).scale_up.result, ScaleUpResult::Error);
    world.surroundings.groups[0].increase_fails = false;
    let outcome = world.turn(after(299));
    assert_eq!(outcome.scale_up.skipped, [(GroupId::from_index(0), SkipReason::Backoff(after(300)))]);
    assert_eq!(world.turn(after(300)).scale_up.result, ScaleUpResult::Successful);
}

#[test]
fn cordoned_nodes_do_not_count_against_the_most_nodes_of_all() {
    for (cordoned, result) in [(true, ScaleUpResult::Successful), (false, ScaleUpResult::NoOptionsAvailable)] {
        let mut world = World::new(&[("max-nodes-total", "1")]);
        world.group("g", 4, 16, 0.1);
        let node = world.node();
        world.plain(3500, Some(node));
        world.surroundings.cluster.set_unschedulable(node, cordoned);
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
    world.surroundings.groups[0].target = increase.to;
    assert_eq!(world.turn(after(10)).scale_up.result, ScaleUpResult::NotNeeded, "the pods fit what is coming");
    let names = world.surroundings.cluster.symbols.len();
    (2..50).for_each(|at| drop(world.turn(after(10 * at))));
    assert_eq!(world.surroundings.cluster.symbols.len(), names);
}

#[test]
fn a_pod_may_ask_for_a_longer_delay() {
    for (flag, own, waits) in [("0s", 60, 60), ("30s", 60, 60), ("90s", 60, 90)] {
        let mut world = World::new(&[("new-pod-scale-up-delay", flag)]);
        world.group("g", 4, 16, 0.1);
        let pod = world.pod(900, None, |spec, _| spec.scale_up_delay = Some(SimDuration::from_secs(own)));
        let spec = world.surroundings.cluster.pod(pod).spec;
        world.surroundings.cluster.remove_pod(pod);
        world.surroundings.cluster.add_pod(Pod::new(PodName::plain(Symbol::EMPTY), spec, START));
        assert_eq!(world.turn(after(waits)).scale_up.result, ScaleUpResult::NotNeeded, "{flag}");
        assert_eq!(world.turn(after(waits + 1)).scale_up.result, ScaleUpResult::Successful, "{flag}");
    }
}
