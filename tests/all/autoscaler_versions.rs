//! What each version of Cluster Autoscaler does otherwise than the one before it.

use super::autoscaler_world::{START, World, after};
use foresail::autoscaler::drain::{BlockingReason, Controllers, Scope, pods_to_move};
use foresail::autoscaler::{
    EndedEarly, LeftAside, LoopOutcome, ScaleDownResult, ScaleUpResult, SkipReason, Unremovable,
};
use foresail::cluster::{
    Effect, LabelSelector, NodeCondition, NodeId, Owner, OwnerKind, PodDisruptionBudget, PodSpec, Resources, Taint,
    Volume, VolumeSource,
};
use foresail::dry_run::autoscale::Surroundings;
use foresail::id::{GroupId, Id};
use foresail::intern::Symbol;
use foresail::release::KubernetesVersion::{self, *};
use foresail::units::SimTime;

fn taint(world: &mut World, key: &str) -> Taint {
    Taint { key: world.symbol(key), value: Symbol::EMPTY, effect: Effect::NoSchedule }
}

fn state(outcome: &LoopOutcome, node: NodeId) -> Option<Unremovable> {
    let down = outcome.scale_down.as_ref().expect("a scale-down");
    down.unremovable.iter().find(|(other, _)| *other == node).map(|(_, why)| *why)
}

/// A full node, an empty one, and a pod that waits and needs a node of another group.
fn growing(version: KubernetesVersion) -> (World, NodeId) {
    let mut world = World::of(version, &[("scale-down-delay-after-add", "10m")]);
    world.group("big", 8, 32, 0.4);
    world.group("g", 2, 4, 0.1);
    let (full, empty) = (world.node(), world.node());
    world.plain(1900, Some(full));
    world.plain(4000, None);
    (world, empty)
}

#[test]
fn a_scale_up_ends_the_loop_until_1_34() {
    let (mut world, empty) = growing(V1_33);
    let outcome = world.turn(START);
    assert_eq!((outcome.scale_up.result, outcome.scale_down), (ScaleUpResult::Successful, None));
    let (mut world, _) = growing(V1_34);
    let down = world.turn(START).scale_down.expect("the loop goes on");
    assert_eq!((down.result, down.unneeded), (ScaleDownResult::InCooldown, vec![(empty, START)]));
}

#[test]
fn a_scale_up_that_fails_is_no_error_of_the_loop_from_1_34_on() {
    let of = |version| {
        let (mut world, _) = growing(version);
        world.surroundings.groups[0].increase_fails = true;
        let outcome = world.turn(START);
        assert_eq!(outcome.scale_up.result, ScaleUpResult::Error);
        (outcome.error, outcome.scale_down.is_some())
    };
    assert_eq!(of(V1_33), (Some("cloudProviderError"), false));
    assert_eq!(of(V1_34), (None, true));
}

#[test]
fn instances_that_failed_end_the_loop_until_1_31() {
    let of = |version| {
        let (mut world, _) = growing(version);
        let name = world.symbol("broken");
        world.surroundings.groups[1].target += 1;
        world.surroundings.groups[1].instances.push(foresail::autoscaler::InstanceView { name, failed: true });
        let outcome = world.turn(START);
        assert_eq!(outcome.instances_to_delete, [(GroupId::from_index(1), name)]);
        (outcome.ended, outcome.scale_up.result)
    };
    assert_eq!(of(V1_30), (Some(EndedEarly::DeletesFailedInstances), ScaleUpResult::NotTried));
    assert_eq!(of(V1_31), (None, ScaleUpResult::Successful));
}

#[test]
fn the_end_of_a_back_off_belongs_to_it_from_1_29_on() {
    let tries = |version| {
        let mut world = World::of(version, &[]);
        world.group("g", 2, 4, 0.1);
        world.plain(1000, None);
        world.surroundings.groups[0].increase_fails = true;
        let tried = |at: &i64| {
            let up = world.turn(after(*at)).scale_up;
            !matches!(up.skipped.first(), Some((_, SkipReason::Backoff(_))))
        };
        (0..=62).map(|turn| turn * 10).filter(tried).collect::<Vec<i64>>()
    };
    assert_eq!(tries(V1_28), [0, 300, 600], "at the end itself, which does not double");
    assert_eq!(tries(V1_29), [0, 310], "and 600 s later");
}

#[test]
fn a_full_cluster_and_one_without_candidates_are_told_by_name() {
    let of = |version| {
        let mut world = World::of(version, &[("max-nodes-total", "1"), ("scale-down-delay-after-failure", "0s")]);
        world.group("g", 2, 4, 0.1);
        world.surroundings.groups[0].min = 1;
        let node = world.node();
        world.plain(1900, Some(node));
        world.plain(1900, None);
        let outcome = world.turn(START);
        assert!(matches!(outcome.scale_up.left_aside[..], [(_, LeftAside::ClusterFull)]));
        (outcome.scale_up.result, outcome.scale_up.remain.len(), outcome.scale_down.expect("looked").result)
    };
    assert_eq!(of(V1_29), (ScaleUpResult::NoOptionsAvailable, 0, ScaleDownResult::NoNodeDeleted));
    assert_eq!(of(V1_32), (ScaleUpResult::NoOptionsAvailable, 0, ScaleDownResult::InCooldown));
    assert_eq!(of(V1_33), (ScaleUpResult::LimitedByMaxNodesTotal, 1, ScaleDownResult::NoCandidates));
}

#[test]
fn a_node_used_to_the_threshold_is_unneeded_from_1_35_on() {
    let of = |version, threshold: &str, used: i64| {
        let mut world = World::of(version, &[("scale-down-utilization-threshold", threshold)]);
        world.group("g", 2, 4, 0.1);
        let (node, other) = (world.node(), world.node());
        world.plain(1100, Some(other));
        if used > 0 {
            world.plain(used, Some(node));
        }
        state(&world.turn(START), node).is_some_and(|why| matches!(why, Unremovable::NotUnderutilized(_)))
    };
    assert!(of(V1_34, "0.25", 500) && !of(V1_35, "0.25", 500));
    assert!(of(V1_35, "0.25", 501));
    assert!(of(V1_34, "0", 0) && !of(V1_35, "0", 0), "an empty node and a threshold of nothing");
}

#[test]
fn use_and_waste_are_of_the_whole_pod_from_1_33_on() {
    let of = |version| {
        let mut world = World::of(version, &[]);
        world.group("g", 2, 4, 0.1);
        let (node, other) = (world.node(), world.node());
        world.plain(1500, Some(other));
        world.pod(200, Some(node), |spec, _| spec.requests = Resources::new(1200, 200 << 20));
        matches!(state(&world.turn(START), node), Some(Unremovable::NotUnderutilized(used)) if used == 0.6)
    };
    assert!(!of(V1_32) && of(V1_33), "1000m of it are overhead");
}

/// What keeps a node with two pods, as a version and flags have it; each pod as its change says.
fn kept(
    version: KubernetesVersion,
    first: impl FnOnce(&mut PodSpec, &mut Surroundings),
    second: impl FnOnce(&mut PodSpec, &mut Surroundings),
) -> Option<BlockingReason> {
    let mut world = World::of(version, &[]);
    world.group("g", 4, 16, 0.1);
    let node = world.node();
    world.pod(100, Some(node), first);
    world.pod(100, Some(node), second);
    let cluster = &world.surroundings.cluster;
    let allowed: Vec<i32> = cluster.budgets.iter().map(|budget| budget.disruptions_allowed).collect();
    let controllers = Controllers::of(cluster);
    let scope = Scope { now: START, controllers: Some(&controllers), budgets: Some(&allowed) };
    pods_to_move(cluster, &world.surroundings.flags, node, scope).err().map(|blocked| blocked.reason)
}

fn budget(surroundings: &mut Surroundings) {
    let symbols = &mut surroundings.cluster.symbols;
    let (namespace, name, key) = (symbols.intern("default"), symbols.intern("web"), symbols.intern("app"));
    surroundings.cluster.budgets.push(PodDisruptionBudget {
        namespace,
        name,
        selector: Some(LabelSelector::of_labels([(key, name)])),
        disruptions_allowed: 0,
        current_healthy: 2,
        desired_healthy: 2,
        disrupted_pods: Vec::new(),
        unready_always_go: false,
    });
}

fn plain(_: &mut PodSpec, _: &mut Surroundings) {}

#[test]
fn the_first_pod_that_may_not_go_is_named_from_1_29_on() {
    let of = |version| kept(version, |_, all| budget(all), |spec, _| spec.owner = None);
    assert_eq!(of(V1_28), Some(BlockingReason::NotReplicated), "budgets come last");
    assert_eq!(of(V1_29), Some(BlockingReason::NotEnoughPdb));
}

#[test]
fn safe_to_evict_is_above_budgets_from_1_29_on() {
    let of = |version| {
        let safe = |spec: &mut PodSpec, all: &mut Surroundings| {
            budget(all);
            spec.safe_to_evict = Some(true);
        };
        kept(version, safe, |spec, _| spec.safe_to_evict = Some(true))
    };
    assert_eq!((of(V1_28), of(V1_29)), (Some(BlockingReason::NotEnoughPdb), None));
}

#[test]
fn what_is_not_safe_is_looked_at_before_disks_from_1_29_on() {
    let of = |version| {
        let both = |spec: &mut PodSpec, all: &mut Surroundings| {
            spec.safe_to_evict = Some(false);
            spec.volumes.push(Volume { name: all.cluster.symbols.intern("v"), source: VolumeSource::HostPath });
        };
        kept(version, both, plain)
    };
    assert_eq!(of(V1_28), Some(BlockingReason::LocalStorageRequested));
    assert_eq!(of(V1_29), Some(BlockingReason::NotSafeToEvictAnnotation));
}

#[test]
fn sets_of_other_api_groups_are_not_looked_for() {
    let of = |version, kind| {
        let foreign = move |spec: &mut PodSpec, _: &mut Surroundings| {
            spec.owner = spec.owner.map(|owner| Owner { kind, ..owner });
            spec.has_foreign_owner = true;
        };
        kept(version, foreign, plain)
    };
    let gone = Some(BlockingReason::ControllerNotFound);
    assert_eq!((of(V1_29, OwnerKind::DaemonSet), of(V1_30, OwnerKind::DaemonSet)), (gone, None));
    assert_eq!((of(V1_32, OwnerKind::StatefulSet), of(V1_33, OwnerKind::StatefulSet)), (gone, None));
}

#[test]
fn system_pods_keep_their_node_for_an_hour_from_1_33_on() {
    let of = |version, age: i64, flags: &[(&str, &str)]| {
        let mut world = World::of(version, flags);
        world.group("g", 4, 16, 0.1);
        let (node, _) = (world.node(), world.node());
        world.pod(100, Some(node), |spec, all| {
            spec.namespace = all.cluster.symbols.intern("kube-system");
            spec.safe_to_evict = Some(false);
            let row = all.cluster.workloads[0].clone();
            all.cluster.workloads.push(foresail::cluster::WorkloadSelector { namespace: spec.namespace, ..row });
        });
        match state(&world.turn(SimTime::from_secs(age)), node) {
            Some(Unremovable::BlockedByPod(blocked)) => Some(blocked.reason),
            _ => None,
        }
    };
    let system = Some(BlockingReason::UnmovableKubeSystemPod);
    assert_eq!((of(V1_32, 90_000, &[]), of(V1_33, 90_000, &[])), (system, None), "nothing else is asked of an old one");
    assert_eq!((of(V1_33, 3600, &[]), of(V1_33, 3601, &[])), (system, None));
    assert_eq!(of(V1_33, 100, &[("blocking-system-pod-distruption-timeout", "1m")]), None);
}

#[test]
fn unready_nodes_count_for_the_cluster_from_1_35_on() {
    let of = |version| {
        let mut world = World::of(version, &[("max-nodes-total", "3"), ("ok-total-unready-count", "3")]);
        world.group("g", 2, 4, 0.1);
        let (ready, lost) = (world.node(), world.node());
        world.surroundings.cluster.set_node_ready(lost, NodeCondition { is_true: false, since: SimTime::ZERO });
        world.plain(1900, Some(ready));
        for _ in 0..3 {
            world.plain(1900, None);
        }
        let up = world.turn(START).scale_up;
        up.increases.iter().map(|row| row.to - row.from).sum::<i32>()
    };
    assert_eq!((of(V1_34), of(V1_35)), (2, 1));
}

#[test]
fn delays_count_by_group_where_the_flag_says_so() {
    let of = |local: &str| {
        let flags = [
            ("scale-down-delay-type-local", local),
            ("scale-down-unneeded-time", "20s"),
            ("scale-down-delay-after-add", "10m"),
            ("scale-down-delay-after-failure", "0s"),
        ];
        let mut world = World::of(V1_34, &flags);
        world.group("idle", 2, 4, 0.1);
        let idle = world.node();
        world.group("big", 8, 32, 0.4);
        let big = world.node();
        world.plain(4000, None);
        world.plain(7000, Some(big));
        let deleted = |outcome: LoopOutcome| outcome.scale_down.map(|down| down.deletions.len());
        let turns: Vec<_> = (0..4).map(|turn| deleted(world.turn(after(10 * turn)))).collect();
        (turns, idle)
    };
    assert_eq!(of("false").0, [Some(0), Some(0), Some(0), Some(0)]);
    assert_eq!(of("true").0, [Some(0), Some(0), Some(0), Some(1)], "its own group did not grow");
}

#[test]
fn a_node_that_does_not_get_ready_is_on_its_way_for_as_long_as_the_flag_says() {
    let coming = |flags: &[(&str, &str)], age: i64| {
        let mut world = World::of(V1_35, flags);
        world.group("g", 2, 4, 0.1);
        let node = world.node();
        world.surroundings.cluster.set_node_ready(node, NodeCondition { is_true: false, since: SimTime::ZERO });
        let lost = taint(&mut world, "node.kubernetes.io/not-ready");
        world.surroundings.cluster.set_taints(node, vec![lost]);
        world.plain(1000, None);
        world.turn(SimTime::from_secs(age)).scale_up.result == ScaleUpResult::NotNeeded
    };
    assert!(coming(&[], 899) && !coming(&[], 900));
    assert!(!coming(&[("max-node-startup-time", "5m")], 300));
}

/// Whether a pod gets a node of a group whose template has this taint.
fn helped(version: KubernetesVersion, flags: &[(&str, &str)], key: &str) -> bool {
    let mut world = World::of(version, flags);
    world.group("g", 2, 4, 0.1);
    let taint = taint(&mut world, key);
    world.surroundings.groups[0].template.taints.push(taint);
    world.plain(1000, None);
    world.turn(START).scale_up.result == ScaleUpResult::Successful
}

#[test]
fn startup_and_status_taints_have_prefixes_and_flags_from_1_29_on() {
    for prefix in ["startup-taint", "status-taint"] {
        let key = format!("{prefix}.cluster-autoscaler.kubernetes.io/x");
        assert!(!helped(V1_28, &[], &key) && helped(V1_29, &[], &key), "{key}");
        assert!(helped(V1_29, &[(prefix, "x")], "x") && !helped(V1_29, &[], "x"));
    }
    assert!(helped(V1_35, &[("ignore-taint", "x")], "x"), "the old name is still there");
}

#[test]
fn nodes_that_go_stand_for_no_group_from_1_33_on() {
    let of = |version, flags: &[(&str, &str)], cordoned: bool| {
        let mut world = World::of(version, flags);
        world.group("g", 2, 4, 0.1);
        let node = world.node();
        // The cloud promises less than the node has.
        world.surroundings.groups[0].template.allocatable.resources = Resources::new(500, 1 << 30);
        if cordoned {
            world.surroundings.cluster.set_unschedulable(node, true);
        } else {
            let taint = taint(&mut world, foresail::autoscaler::TO_BE_DELETED);
            world.surroundings.cluster.set_taints(node, vec![taint]);
        }
        world.plain(1000, None);
        world.turn(START).scale_up.result == ScaleUpResult::Successful
    };
    assert!(of(V1_32, &[], false) && !of(V1_33, &[], false));
    assert!(!of(V1_35, &[], true) && of(V1_35, &[("scale-from-unschedulable", "true")], true));
}

#[test]
fn unregistered_instances_go_below_the_minimum_where_that_is_forced() {
    let of = |force: &str| {
        let mut world = World::of(V1_32, &[("force-delete-unregistered-nodes", force)]);
        world.group("g", 2, 4, 0.1);
        (world.surroundings.groups[0].min, world.surroundings.groups[0].target) = (1, 1);
        let name = world.symbol("lost");
        world.surroundings.groups[0].instances.push(foresail::autoscaler::InstanceView { name, failed: false });
        world.turn(START);
        world.turn(after(901)).instances_to_delete.len()
    };
    assert_eq!((of("false"), of("true")), (0, 1));
}

#[test]
fn schedulers_may_be_allowed_and_bypassed() {
    let of = |version, flags: &[(&str, &str)], age: i64| {
        let mut world = World::of(version, flags);
        world.group("g", 2, 4, 0.1);
        world.pod(1000, None, |spec, all| spec.scheduler = all.cluster.symbols.intern("mine"));
        let up = world.turn(SimTime::from_secs(age)).scale_up;
        (up.result, up.left_aside.first().map(|(_, why)| *why))
    };
    assert_eq!(of(V1_35, &[], 1), (ScaleUpResult::InCooldown, Some(LeftAside::MoreMayCome)));
    assert_eq!(of(V1_29, &[("bypassed-scheduler-names", "mine")], 1), (ScaleUpResult::Successful, None));
    let other = [("allowed-scheduler-names", "default-scheduler")];
    assert_eq!(of(V1_35, &other, 60), (ScaleUpResult::NotNeeded, Some(LeftAside::OtherScheduler)));
}

#[test]
fn an_autoscaler_that_starts_takes_over_what_soft_taints_say() {
    let of = |ttl: &str| {
        let flags = [("node-deletion-candidate-ttl", ttl), ("scale-down-delay-after-failure", "0s")];
        let mut world = World::of(V1_34, &flags);
        world.group("g", 2, 4, 0.1);
        let node = world.node();
        world.start().resume(START, &[(node, after(-700))]);
        world.turn(START).scale_down.expect("looked").deletions.len()
    };
    assert_eq!((of("0s"), of("10m"), of("15m")), (0, 0, 1));
}

#[test]
fn zone_ids_may_differ_between_similar_groups_from_1_30_on() {
    let of = |version| {
        let mut world = World::of(version, &[("balance-similar-node-groups", ""), ("cloud-provider", "aws")]);
        for name in ["a", "b"] {
            world.group(name, 2, 4, 0.1);
            let (key, value) = (world.symbol("topology.k8s.aws/zone-id"), world.symbol(name));
            let group = world.surroundings.groups.len() - 1;
            world.surroundings.groups[group].template.labels.set(key, value);
        }
        for _ in 0..2 {
            world.plain(1900, None);
        }
        world.turn(START).scale_up.increases.len()
    };
    assert_eq!((of(V1_29), of(V1_30)), (1, 2));
}

#[test]
fn a_group_of_pods_that_does_not_fit_is_given_up_and_smaller_ones_go_on() {
    // Two nodes at most: pods one by one fill both with large ones, groups leave room for what is behind them.
    let of = |version| {
        let mut world = World::of(version, &[("max-nodes-per-scaleup", "2")]);
        world.group("g", 4, 16, 0.1);
        let named = |name: &'static str| {
            move |spec: &mut PodSpec, all: &mut Surroundings| {
                let uid = all.cluster.symbols.intern(name);
                spec.owner = spec.owner.map(|owner| Owner { uid, ..owner });
            }
        };
        for _ in 0..3 {
            world.pod(2500, None, named("large"));
        }
        for _ in 0..3 {
            world.pod(1200, None, named("small"));
        }
        let up = world.turn(after(60)).scale_up;
        up.options.first().map(|option| (option.nodes, option.pods.len()))
    };
    assert_eq!(of(V1_28), Some((2, 2)), "the third large pod ends it");
    assert_eq!(of(V1_29), Some((2, 2)));
    assert_eq!(of(V1_30), Some((2, 4)), "small ones fill the nodes that there are");
}
