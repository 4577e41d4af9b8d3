//! The expanders one by one: which of several groups grows.

use super::autoscaler_world::{START, World, after};
use foresail::autoscaler::ScaleUpResult;
use foresail::id::{GroupId, Id};
use foresail::release::KubernetesVersion::V1_31;
use foresail::scenario::priorities::priorities;

/// The group that an expander takes for three pods of 900 milli-cores: `small` has 1 core and 2 GiB, `large` 4
/// cores and 64 GiB and costs more per pod, `middle` 2 cores and 4 GiB.
fn taken(expander: &str) -> String {
    let mut world = World::of(V1_31, &[("expander", expander)]);
    world.group("small", 1, 2, 0.04);
    world.group("large", 4, 64, 0.90);
    world.group("middle", 2, 4, 0.09);
    for _ in 0..3 {
        world.plain(900, None);
    }
    let outcome = world.turn(START);
    assert_eq!(outcome.scale_up.result, ScaleUpResult::Successful);
    world.surroundings.groups[outcome.scale_up.chosen.expect("one is chosen").index()].name.clone()
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
fn price_is_each_group_s_own_also_of_one_machine_type() {
    let mut world = World::new(&[("expander", "price")]);
    let (key, kind) = (world.symbol("node.kubernetes.io/instance-type"), world.symbol("t4x8"));
    for (name, price) in [("dear", 0.1686), ("cheap", 0.1316)] {
        world.group(name, 4, 8, price);
    }
    world.surroundings.groups.iter_mut().for_each(|group| group.template.labels.set(key, kind));
    world.plain(500, None);
    assert_eq!(world.turn(after(60)).scale_up.best, [GroupId::from_index(1)]);
}

#[test]
fn price_leaves_machines_with_gpus_alone() {
    let mut world = World::new(&[("expander", "price")]);
    for name in ["gpus", "plain"] {
        world.group(name, 4, 16, 0.1);
    }
    let gpu = world.symbol("nvidia.com/gpu");
    world.surroundings.groups[0].template.allocatable.resources.set_scalar(gpu, 1);
    world.plain(500, None);
    assert_eq!(world.turn(after(60)).scale_up.best, [GroupId::from_index(1)]);
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
            world.surroundings.cluster.set_unschedulable(node, cordoned);
        }
        world.plain(500, None);
        world.turn(after(60)).scale_up.best
    };
    assert_eq!((taken(true), taken(false)), ([GroupId::from_index(1)].into(), [GroupId::from_index(1)].into()));
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

/// What the priority expander leaves of groups a, b and ab, and what becomes of the scale-up.
fn by_priority(config: &str, chain: &str) -> (Vec<String>, ScaleUpResult) {
    let mut world = World::new(&[("expander", chain)]);
    world.surroundings.flags.priorities = priorities(config).expect("well-formed");
    for (at, name) in ["a", "b", "ab"].into_iter().enumerate() {
        world.group(name, 4 + at as i64, 16, 0.1);
    }
    world.plain(900, None);
    let outcome = world.turn(after(60)).scale_up;
    let mut left: Vec<String> =
        outcome.best.iter().map(|group| world.surroundings.groups[group.index()].name.clone()).collect();
    left.sort();
    (left, outcome.result)
}

fn left(config: &str) -> Vec<String> {
    by_priority(config, "priority").0
}

#[test]
fn priority_takes_the_highest_number_that_matches() {
    assert_eq!(left("10: [b]\n50: [^a$]\n"), ["a"]);
    assert_eq!(left("10: [^a$]\n50: [^b$]\n"), ["b"]);
    assert_eq!(left("10: [b]\n50: [nothing]\n"), ["ab", "b"], "the highest names no group");
}

#[test]
fn priorities_are_regular_expressions_found_anywhere_in_the_name() {
    assert_eq!(left("1: ['a']\n"), ["a", "ab"]);
    assert_eq!(left("1: ['^a$', '^b$']\n"), ["a", "b"]);
    assert_eq!(left("1: ['.*']\n"), ["a", "ab", "b"]);
    assert_eq!(left("1: ['.*']\n9: ['^.$']\n"), ["a", "b"]);
}

#[test]
fn groups_without_a_priority_count_only_if_none_has_one() {
    assert_eq!(left("1: [z]\n"), ["a", "ab", "b"]);
}

#[test]
fn priorities_below_minus_one_count_for_nothing() {
    assert_eq!(left("-1: [^a$]\n"), ["a"]);
    assert_eq!(left("-2: [^a$]\n"), ["a", "ab", "b"], "as if none had one");
    assert_eq!(left("-2: [^a$]\n-1: [^b$]\n"), ["b"]);
}

#[test]
fn without_priorities_the_next_expander_chooses() {
    assert_eq!(left(""), ["a", "ab", "b"]);
    let (left, result) = by_priority("", "priority,least-waste");
    assert_eq!((left, result), (vec!["a".to_owned()], ScaleUpResult::Successful));
}

#[test]
fn what_priority_leaves_goes_down_the_chain() {
    assert_eq!(by_priority("1: ['b']\n", "priority,least-waste"), (vec!["b".to_owned()], ScaleUpResult::Successful));
    assert_eq!(by_priority("1: ['b']\n", "priority").0, ["ab", "b"]);
}

#[test]
fn priorities_that_make_no_sense_are_refused() {
    for (config, text) in [
        ("1: ['(']\n", "`(` is not a regular expression"),
        ("high: [a]\n", "line 1"),
        ("1: a\n", "a"),
        ("- a\n", "expected"),
    ] {
        let why = priorities(config).expect_err(config);
        assert!(why.contains(text), "{config}: {why}");
    }
}

#[test]
fn price_leaves_out_groups_whose_price_nobody_knows() {
    let mut world = World::new(&[("expander", "price")]);
    world.group("known", 2, 4, 0.5);
    world.group("unknown", 2, 4, 0.0);
    world.surroundings.groups[1].price = None;
    world.plain(900, None);
    let up = world.turn(START).scale_up.clone();
    assert_eq!(up.best, [GroupId::from_index(0)]);
    assert!(up.options.iter().any(|option| option.group == GroupId::from_index(1) && option.unpriced));
    world.surroundings.groups[0].price = None;
    assert_eq!(world.turn(after(60)).scale_up.result, ScaleUpResult::NoOptionsAvailable);
}
