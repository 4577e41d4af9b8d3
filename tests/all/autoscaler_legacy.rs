//! The planner of `--parallel-drain=false`, rule by rule. Upstream: `core/scaledown/legacy`, 1.28.0.

use super::autoscaler_world::{World, after};
use foresail::autoscaler::{ScaleDownOutcome, ScaleDownResult, Unremovable};
use foresail::cluster::{LabelSelector, NodeId, PodDisruptionBudget};

/// Nodes of 4 cores, each with one pod of so many milli-cores; 0 is none.
fn world(flags: &[(&str, &str)], loads: &[i64]) -> (World, Vec<NodeId>) {
    let flags: Vec<_> = [("parallel-drain", "false")].iter().chain(flags).copied().collect();
    let mut world = World::new(&flags);
    world.group("g", 4, 16, 0.1);
    let mut nodes = Vec::new();
    for milli in loads {
        let node = world.node();
        if *milli > 0 {
            world.plain(*milli, Some(node));
        }
        nodes.push(node);
    }
    (world, nodes)
}

fn unneeded(down: &ScaleDownOutcome) -> Vec<NodeId> {
    down.unneeded.iter().map(|(node, _)| *node).collect()
}

fn why(down: &ScaleDownOutcome, node: NodeId) -> Option<Unremovable> {
    down.unremovable.iter().find(|(other, _)| *other == node).map(|(_, why)| *why)
}

fn deleted(down: &ScaleDownOutcome) -> Vec<(NodeId, bool)> {
    down.deletions.iter().map(|deletion| (deletion.node, deletion.drain)).collect()
}

#[test]
fn each_removal_is_simulated_alone() {
    // The third node has room for one of the two pods.
    let (mut world, nodes) = world(&[], &[1500, 1500, 2400]);
    assert_eq!(unneeded(&world.down(0)), nodes[..2]);
    let mut parallel = World::new(&[]);
    parallel.group("g", 4, 16, 0.1);
    for milli in [1500, 1500, 2400] {
        let node = parallel.node();
        parallel.plain(milli, Some(node));
    }
    assert_eq!(parallel.down(0).unneeded.len(), 1, "the other planner keeps what it moved");
}

#[test]
fn candidates_are_taken_as_they_come_up_to_their_count() {
    let (mut world, nodes) = world(&[("scale-down-non-empty-candidates-count", "1")], &[100, 100, 100]);
    let down = world.down(0);
    assert_eq!(unneeded(&down), [nodes[0]]);
    assert_eq!(why(&down, nodes[1]), Some(Unremovable::NotUnneededOtherReason));
    assert_eq!(why(&down, nodes[2]), Some(Unremovable::NotUnneededOtherReason));
}

#[test]
fn no_count_takes_all() {
    for count in ["0", "-1"] {
        let (mut world, nodes) = world(&[("scale-down-non-empty-candidates-count", count)], &[100, 100, 100]);
        assert_eq!(unneeded(&world.down(0)), nodes);
    }
}

#[test]
fn empty_nodes_do_not_count_as_candidates() {
    let (mut world, nodes) = world(&[("scale-down-non-empty-candidates-count", "1")], &[100, 0, 0]);
    assert_eq!(unneeded(&world.down(0)), nodes);
}

#[test]
fn candidates_are_kept_from_loop_to_loop() {
    let (mut world, nodes) = world(&[("scale-down-non-empty-candidates-count", "1")], &[0, 100, 100]);
    let busy = world.plain(3000, Some(nodes[0]));
    assert_eq!(unneeded(&world.down(0)), [nodes[1]]);
    world.surroundings.cluster.remove_pod(busy);
    world.plain(100, Some(nodes[0]));
    let down = world.down(10);
    assert_eq!(unneeded(&down), [nodes[1]], "the first node is no candidate although it comes first");
    assert_eq!(why(&down, nodes[0]), Some(Unremovable::NotUnneededOtherReason));
}

#[test]
fn further_candidates_come_from_a_pool() {
    let flags = [
        ("scale-down-candidates-pool-ratio", "0"),
        ("scale-down-candidates-pool-min-count", "1"),
        ("unremovable-node-recheck-timeout", "1m"),
    ];
    let (mut world, nodes) = world(&flags, &[0, 100, 100]);
    world.pod(100, Some(nodes[0]), |spec, _| spec.owner = None);
    let down = world.down(0);
    assert!(matches!(why(&down, nodes[0]), Some(Unremovable::BlockedByPod(_))));
    assert_eq!(unneeded(&down), [], "only the first was looked at");
    let down = world.down(10);
    assert_eq!(why(&down, nodes[0]), Some(Unremovable::RecentlyUnremovable));
    assert_eq!(unneeded(&down), [nodes[1]]);
    let down = world.down(20);
    assert_eq!(unneeded(&down), nodes[1..], "one more each loop");
    let down = world.down(60);
    assert!(matches!(why(&down, nodes[0]), Some(Unremovable::BlockedByPod(_))), "its minute is over");
}

#[test]
fn the_pool_is_a_share_of_all_nodes_rounded_up() {
    let flags = [("scale-down-candidates-pool-ratio", "0.3"), ("scale-down-candidates-pool-min-count", "1")];
    let (mut world, nodes) = world(&flags, &[100; 5]);
    assert_eq!(unneeded(&world.down(0)), nodes[..2], "30 % of 5");
}

#[test]
fn one_node_is_drained_at_a_time() {
    let (mut world, nodes) = world(&[], &[1000, 1000, 1000, 3000]);
    assert_eq!(world.down(0).result, ScaleDownResult::NoUnneeded, "nobody's time is over");
    let down = world.down(601);
    assert_eq!((down.result, deleted(&down)), (ScaleDownResult::NodeDeleteStarted, vec![(nodes[0], true)]));
    let down = world.down(611);
    assert_eq!((down.result, deleted(&down)), (ScaleDownResult::InProgress, vec![]));
    assert_eq!(why(&down, nodes[0]), Some(Unremovable::CurrentlyBeingDeleted));
}

#[test]
fn a_drain_that_budgets_make_slow_is_not_put_last() {
    let (mut world, nodes) = world(&[], &[100, 100, 3000]);
    world.plain(100, Some(nodes[0]));
    let (namespace, name) = (world.symbol("default"), world.symbol("web"));
    world.surroundings.cluster.budgets.push(PodDisruptionBudget {
        namespace,
        name,
        selector: Some(LabelSelector::default()),
        disruptions_allowed: 1,
        current_healthy: 4,
        desired_healthy: 3,
        disrupted_pods: Vec::new(),
        unready_always_go: false,
    });
    world.down(0);
    assert_eq!(deleted(&world.down(601)), [(nodes[0], true)]);
}

#[test]
fn nodes_that_count_on_the_same_place_wait_again() {
    let (mut world, nodes) = world(&[("scale-down-utilization-threshold", "0.7")], &[2500, 2500]);
    world.group("large", 16, 64, 0.4);
    let large = world.node();
    world.plain(13_000, Some(large));
    world.down(0);
    let down = world.down(601);
    assert_eq!(deleted(&down), [(nodes[0], true)]);
    assert_eq!(unneeded(&down), nodes, "the plan was made before");
    world.deleted(nodes[0]);
    let again = (nodes[1], after(611));
    assert_eq!(world.down(611).unneeded, [again], "what they counted on filled up: its time begins again");
    assert_eq!(world.down(1211).result, ScaleDownResult::NoUnneeded);
    assert_eq!(deleted(&world.down(1212)), [(nodes[1], true)]);
}

#[test]
fn empty_nodes_go_together_before_any_drain() {
    let (mut world, nodes) = world(&[("max-empty-bulk-delete", "2")], &[100, 0, 0, 0]);
    world.down(0);
    let down = world.down(601);
    assert_eq!(deleted(&down), [(nodes[1], false), (nodes[2], false)]);
    assert!(down.deletions.iter().all(|deletion| deletion.since == super::autoscaler_world::START));
    world.deleted(nodes[1]);
    world.deleted(nodes[2]);
    assert_eq!(deleted(&world.down(611)), [(nodes[3], false)]);
    world.deleted(nodes[3]);
    let down = world.down(621);
    assert_eq!(deleted(&down), [], "nowhere to move the last pod");
}

#[test]
fn empty_nodes_beyond_the_groups_minimum_are_drained_one_by_one() {
    let (mut world, nodes) = world(&[], &[0, 0, 0]);
    world.surroundings.groups[0].min = 2;
    assert_eq!(unneeded(&world.down(0)), nodes, "two are among the candidates to drain");
    let down = world.down(601);
    assert_eq!(deleted(&down), [(nodes[0], false)]);
    assert_eq!(why(&down, nodes[1]), Some(Unremovable::NodeGroupMinSizeReached));
}

#[test]
fn a_minimum_of_cores_counts_empty_nodes_twice() {
    // 12 cores, 4 have to stay: two nodes' time is over, and then nothing is left to spare for them.
    let (mut world, nodes) = world(&[("cores-total", "4:100")], &[0, 0, 0]);
    world.down(0);
    let down = world.down(601);
    assert_eq!(why(&down, nodes[2]), Some(Unremovable::MinimalResourceLimitExceeded));
    assert_eq!(deleted(&down), [(nodes[0], true)], "as one to drain");
}
