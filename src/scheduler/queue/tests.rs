//! What is tried when.

use super::*;
use crate::id::Id;
use crate::release::KubernetesVersion;

fn pod(index: usize) -> PodId {
    PodId::from_index(index)
}
fn at(seconds: i64) -> SimTime {
    SimTime::from_secs(seconds)
}
fn millis(millis: i64) -> SimTime {
    SimTime::from_millis(millis)
}
fn refused(plugins: &[Plugin]) -> PluginSet {
    plugins.iter().copied().collect()
}
const ALWAYS: fn(PodId, PluginSet) -> bool = |_, _| true;

/// A queue whose pods were all tried in vain at 0 s, refused by these plugins.
fn unschedulable(rows: &[&[Plugin]]) -> Queue {
    let mut queue = Queue::default();
    (0..rows.len()).for_each(|index| queue.push(pod(index), 0));
    for row in rows {
        let tried = queue.pop(at(0)).expect("a pod");
        queue.failed(tried, refused(row), at(0));
    }
    queue
}
fn ready(queue: &mut Queue, now: SimTime) -> Vec<PodId> {
    std::iter::from_fn(|| queue.pop(now)).collect()
}

#[test]
fn important_pods_come_first_then_older_ones() {
    let mut queue = Queue::default();
    queue.push(pod(0), 0);
    queue.push(pod(1), 10);
    queue.push(pod(2), 0);
    assert_eq!(ready(&mut queue, at(0)), [pod(1), pod(0), pod(2)]);
}

#[test]
fn a_failed_attempt_is_a_new_entry_behind_pods_that_came_meanwhile() {
    let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
    queue.push(pod(1), 0);
    queue.happened(EventKind::PodDeleted, at(20), ALWAYS);
    assert_eq!(ready(&mut queue, at(20)), [pod(0), pod(1)], "it failed before the other came");
    queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(20));
    queue.push(pod(2), 0);
    queue.failed(pod(2), refused(&[Plugin::NodeResourcesFit]), at(20));
    queue.push(pod(3), 0);
    queue.happened(EventKind::PodDeleted, at(40), ALWAYS);
    assert_eq!(ready(&mut queue, at(40)).last(), Some(&pod(3)));
}

#[test]
fn back_off_doubles_from_one_second_to_ten() {
    let mut queue = Queue::default();
    queue.push(pod(0), 0);
    for (now, next) in [(0, 1), (1, 3), (3, 7), (7, 15), (15, 25), (25, 35)] {
        assert_eq!(queue.pop(at(now)), Some(pod(0)));
        queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(now));
        queue.happened(EventKind::PodDeleted, at(now), ALWAYS);
        assert_eq!(queue.next_time(at(now)), Some(at(next)), "tried at {now}");
    }
}

#[test]
fn pods_leave_the_back_off_at_whole_seconds() {
    let mut queue = Queue::default();
    queue.push(pod(0), 0);
    assert_eq!(queue.pop(millis(300)), Some(pod(0)));
    queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), millis(300));
    queue.happened(EventKind::PodDeleted, millis(400), ALWAYS);
    assert_eq!(queue.next_time(millis(400)), Some(at(2)), "1.3 s is over at the next tick");
    assert_eq!(queue.pop(millis(1999)), None);
    assert_eq!(queue.pop(at(2)), Some(pod(0)));
}

#[test]
fn an_event_after_the_back_off_makes_a_pod_active_at_once() {
    let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
    queue.happened(EventKind::PodDeleted, millis(1001), ALWAYS);
    assert_eq!(queue.next_time(millis(1001)), Some(millis(1001)));
}

#[test]
fn what_nobody_asked_for_moves_nobody() {
    let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit], &[Plugin::NodeAffinity]]);
    queue.happened(EventKind::PodDeleted, at(60), ALWAYS);
    assert_eq!(ready(&mut queue, at(60)), [pod(0)], "a node's labels do not change when a pod goes");
    queue.happened(EventKind::NodeLabels, at(61), ALWAYS);
    assert_eq!(ready(&mut queue, at(61)), [pod(1)]);
}

#[test]
fn one_of_several_plugins_is_enough() {
    let mut queue = unschedulable(&[&[Plugin::NodeAffinity, Plugin::NodeResourcesFit]]);
    queue.happened(EventKind::PodDeleted, at(60), ALWAYS);
    assert_eq!(ready(&mut queue, at(60)), [pod(0)]);
}

#[test]
fn a_pod_for_which_it_is_not_worth_stays() {
    let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit], &[Plugin::NodeResourcesFit]]);
    queue.happened(EventKind::NodeAdded, at(60), |other, _| other == pod(1));
    assert_eq!(ready(&mut queue, at(60)), [pod(1)]);
    assert!(queue.has_unschedulable());
}

/// A queue of 1.33.
fn newer() -> Queue {
    Queue::default().by(Rules::of(&KubernetesVersion::V1_33.into()))
}

#[test]
fn when_nobody_else_waits_pods_are_tried_before_their_back_off_ends() {
    let mut queue = newer();
    (0..3).for_each(|index| queue.push(pod(index), if index == 2 { 10 } else { 0 }));
    for now in [100, 200, 300] {
        let tried = queue.pop(millis(now)).expect("a pod");
        queue.failed(tried, refused(&[Plugin::NodeResourcesFit]), millis(now));
    }
    assert_eq!(queue.next_time(millis(300)), Some(at(330)), "unschedulable pods wait for an event");
    queue.happened(EventKind::PodDeleted, millis(400), ALWAYS);
    queue.push(pod(3), 0);
    let now = millis(400);
    assert_eq!(queue.next_time(now), Some(now));
    assert_eq!(ready(&mut queue, now), [pod(3), pod(2), pod(0), pod(1)], "by priority within a second");
    assert_eq!(queue.next_time(at(500)), None);
}

#[test]
fn a_pod_that_failed_by_an_error_waits_for_the_end_of_its_back_off() {
    let mut queue = newer();
    queue.push(pod(0), 0);
    assert_eq!(queue.pop(millis(300)), Some(pod(0)));
    queue.failed(pod(0), PluginSet::EMPTY, millis(300));
    assert_eq!(queue.next_time(millis(400)), Some(at(2)), "1.3 s is in the second that ends then");
    assert_eq!(queue.pop(millis(1999)), None);
    assert_eq!(queue.pop(at(2)), Some(pod(0)));
    queue.failed(pod(0), PluginSet::EMPTY, at(2));
    assert_eq!(queue.next_time(at(2)), Some(at(5)), "4.0 s is in the second that begins then");
}

#[test]
fn the_earlier_second_comes_before_the_higher_priority() {
    let mut queue = newer();
    queue.push(pod(0), 0);
    assert_eq!(queue.pop(at(0)), Some(pod(0)));
    queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(0));
    queue.push(pod(1), 10);
    assert_eq!(queue.pop(millis(1500)), Some(pod(1)));
    queue.failed(pod(1), refused(&[Plugin::NodeResourcesFit]), millis(1500));
    queue.remove(pod(0));
    queue.push(pod(2), 0);
    assert_eq!(queue.pop(millis(600)), Some(pod(2)));
    queue.failed(pod(2), refused(&[Plugin::NodeResourcesFit]), millis(600));
    queue.happened(EventKind::PodDeleted, millis(1600), ALWAYS);
    assert_eq!(ready(&mut queue, millis(1600)), [pod(2), pod(1)], "1.6 s before 2.5 s");
}

#[test]
fn pods_that_leave_are_not_popped_early() {
    let mut queue = newer();
    queue.push(pod(0), 0);
    assert_eq!(queue.pop(at(0)), Some(pod(0)));
    queue.failed(pod(0), refused(&[Plugin::NodeResourcesFit]), at(0));
    queue.happened(EventKind::PodDeleted, at(0), ALWAYS);
    queue.remove(pod(0));
    assert_eq!((queue.pop(at(0)), queue.next_time(at(0))), (None, None));
}

#[test]
fn with_hints_the_asking_plugins_decide() {
    let mut queue = newer();
    queue.push(pod(0), 0);
    assert_eq!(queue.pop(at(0)), Some(pod(0)));
    queue.failed(pod(0), refused(&[Plugin::NodePorts, Plugin::NodeAffinity]), at(0));
    let mut seen = Vec::new();
    queue.happened(EventKind::PodDeleted, at(60), |_, asking| {
        seen = asking.names();
        false
    });
    assert_eq!(seen, ["NodePorts"]);
    assert!(queue.has_unschedulable());
}

#[test]
fn events_do_not_shorten_a_back_off() {
    let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
    queue.happened(EventKind::PodDeleted, at(0), ALWAYS);
    queue.happened(EventKind::NodeAdded, millis(500), ALWAYS);
    assert_eq!(queue.pop(millis(999)), None);
    assert_eq!(queue.pop(at(1)), Some(pod(0)));
}

#[test]
fn a_cycle_that_failed_needs_no_event() {
    let mut queue = unschedulable(&[&[]]);
    assert!(!queue.has_unschedulable());
    assert_eq!(queue.next_time(at(0)), Some(at(1)));
    assert_eq!(queue.pop(at(1)), Some(pod(0)));
}

#[test]
fn after_more_than_five_minutes_a_pod_is_tried_in_any_case() {
    let mut queue = unschedulable(&[&[Plugin::NodeName]]);
    assert_eq!(queue.next_time(at(0)), Some(at(330)), "300 s is not more than five minutes");
    assert_eq!(queue.pop(at(329)), None);
    assert_eq!(queue.pop(at(330)), Some(pod(0)));
    queue.failed(pod(0), refused(&[Plugin::NodeName]), millis(330_500));
    assert_eq!(queue.next_time(at(331)), Some(at(660)));
}

#[test]
fn a_removed_pod_is_nowhere() {
    for event in [None, Some(EventKind::PodDeleted)] {
        let mut queue = unschedulable(&[&[Plugin::NodeResourcesFit]]);
        event.into_iter().for_each(|event| queue.happened(event, at(0), ALWAYS));
        queue.remove(pod(0));
        assert_eq!(queue.next_time(at(0)), None, "{event:?}");
    }
}
