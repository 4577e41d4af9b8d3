//! Studies whose answers are known.

use super::*;
use crate::report::sweep::model::{AxisValues, FigureAtPoint, Sampling, StudyAxis};
use crate::study::Estimate;
use indexmap::IndexMap;
use proptest::prelude::*;

fn figure(values: Vec<f64>, objective: Option<f64>) -> FigureAtPoint {
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let Estimate { mean, interval, .. } = Estimate::of(known.clone());
    let mean = if known.is_empty() { f64::NAN } else { mean };
    FigureAtPoint { mean, interval, values, objective }
}

fn list(name: &str, count: usize) -> StudyAxis {
    StudyAxis { name: name.into(), values: AxisValues::List((0..count).map(|value| value.to_string()).collect()) }
}

fn head(axes: Vec<StudyAxis>, points: u64) -> StudyHead {
    StudyHead { scenario: "shop".into(), replications: 4, points, axes, ..StudyHead::default() }
}

/// What a level of each axis makes of the two figures in a replication.
type Law<'a> = &'a dyn Fn(&[usize], usize) -> [f64; 2];

/// Every combination of axes with so many values.
fn grid(counts: &[usize], law: Law<'_>) -> (StudyHead, Vec<StudyPoint>) {
    let axes: Vec<StudyAxis> = counts.iter().enumerate().map(|(at, count)| list(&format!("a{at}"), *count)).collect();
    let count: usize = counts.iter().product();
    let point = |number: usize| {
        let mut rest = number;
        let mut levels: Vec<usize> = counts
            .iter()
            .rev()
            .map(|count| {
                let level = rest % count;
                rest /= count;
                level
            })
            .collect();
        levels.reverse();
        let settings = axes.iter().zip(&levels).map(|(axis, level)| (axis.name.clone(), level.to_string())).collect();
        let runs: Vec<[f64; 2]> = (0..4).map(|run| law(&levels, run)).collect();
        let figures = IndexMap::from([
            ("costUsdPerMonth".to_owned(), figure(runs.iter().map(|run| run[0]).collect(), None)),
            ("latencyMsP95".to_owned(), figure(runs.iter().map(|run| run[1]).collect(), Some(200.0))),
        ]);
        StudyPoint { point: number as u64, settings, figures, caveats: Vec::new() }
    };
    (head(axes.clone(), count as u64), (0..count).map(point).collect())
}

fn found((head, points): &(StudyHead, Vec<StudyPoint>)) -> Findings {
    Findings::of(head, points, FrontOf::default()).expect("points")
}

fn numbers(findings: &Findings) -> Vec<u64> {
    findings.front.iter().map(|point| point.kept.point).collect()
}

#[test]
fn a_front_has_what_nothing_is_better_than_in_both() {
    // Cost and latency by point; the last is not answered, the first two are alike.
    let figures =
        [[10.0, 100.0], [10.0, 100.0], [10.0, 120.0], [12.0, 90.0], [13.0, 95.0], [9.0, 300.0], [5.0, f64::NAN]];
    let study = grid(&[7], &|levels, run| figures[levels[0]].map(|figure| figure + run as f64 * 0.01));
    let findings = found(&study);
    assert_eq!(numbers(&findings), [5, 0, 3]);
    assert_eq!((findings.front[1].alike, findings.unknown, findings.dominated()), (1, 1, 2));
    assert_eq!(findings.broken, Some(2), "the one at 300 ms, and the one that is not answered");
    assert_eq!(findings.best.as_ref().map(|best| best.point), Some(0));
    assert!(findings.front.iter().all(FrontPoint::is_sure));
    assert!(findings.front[0].leads[1].is_none() && findings.front[2].leads[0].is_none());
}

#[test]
fn a_lead_that_may_be_chance_is_told() {
    let study = grid(&[2], &|levels, run| {
        let luck = [[0.0, 0.0, 0.0, 0.0], [3.0, -3.0, 2.0, -1.0]][levels[0]][run];
        [100.0 + luck + levels[0] as f64 * 0.1, 50.0 - levels[0] as f64]
    });
    let findings = found(&study);
    assert_eq!(numbers(&findings), [0, 1]);
    assert!(!findings.front[0].is_sure(), "its cost is hardly less");
    assert!(findings.front[1].is_sure(), "its latency is always less");
}

#[test]
fn what_is_better_the_higher_it_is_is_turned_round() {
    let (head, mut points) = grid(&[3], &|levels, _| [levels[0] as f64, 1.0]);
    for point in &mut points {
        let apdex = figure(vec![point.point as f64 / 10.0; 4], None);
        point.figures.insert("apdex{route:/}".into(), apdex);
    }
    let asked = FrontOf::parse("latencyMsP95,apdex{route:/}").expect("figures");
    let findings = Findings::of(&head, &points, asked).expect("points");
    assert_eq!(numbers(&findings), [2]);
}

#[test]
fn shares_of_a_grid_are_exact() {
    // Means over the other axis are 0, 3, 6 and 0, 2 from the middle; the product adds an interaction.
    let study = grid(&[3, 2], &|levels, run| {
        let (a, b) = (levels[0] as f64, levels[1] as f64);
        [1000.0 + 3.0 * a + 2.0 * b + 4.0 * a * b + run as f64, 10.0]
    });
    let findings = found(&study);
    let cost = &findings.effects[0];
    // By hand: values 0, 2, 3, 9, 6, 16 about 6; squares 170, of a 100, of b 54, of both 16.
    let near =
        |share: Option<f64>, expected: f64| assert!((share.expect("a share") - expected).abs() < 1e-12, "{share:?}");
    near(cost.axes[0].share, 100.0 / 170.0);
    near(cost.axes[1].share, 54.0 / 170.0);
    near(cost.pairs[0].share, 16.0 / 170.0);
    near(cost.left, 0.0);
    let difference = cost.pairs[0].difference.as_ref().expect("corners");
    assert!((difference.mean - 8.0).abs() < 1e-9 && difference.half_width() < 1e-9, "{difference:?}");
    let level = cost.axes[0].levels[2];
    assert!((level.mean - 1012.5).abs() < 1e-9 && level.half < 1e-9, "what all met alike cancels out: {level:?}");
    assert!(findings.effects[1].is_constant && findings.effects[1].axes[0].share.is_none());
}

#[test]
fn of_a_study_with_holes_no_share_of_pairs_is_told() {
    let (head, mut points) = grid(&[3, 3], &|levels, _| [levels[0] as f64, levels[1] as f64]);
    points.remove(4);
    let findings = Findings::of(&head, &points, FrontOf::default()).expect("points");
    assert_eq!(findings.seen, 8);
    assert!(findings.effects[0].pairs.iter().all(|pair| pair.share.is_none()));
    points.retain(|point| point.point != 0);
    let findings = Findings::of(&head, &points, FrontOf::default()).expect("points");
    assert!(findings.effects[0].pairs[0].difference.is_none(), "a corner is missing");
}

#[test]
fn of_drawn_points_parts_of_ranges_are_set_beside_each_other() {
    let range = |name: &str| StudyAxis {
        name: name.into(),
        values: AxisValues::Range { low: "0".into(), high: "1000".into() },
    };
    let mut head = head(vec![range("a"), range("b")], 400);
    head.sampling = Some(Sampling::Sobol);
    let point = |number: u64| {
        let at = |salt: u64| crate::rng::mix(crate::rng::mix(number + 1) + salt) % 1001;
        let (a, b) = (at(1), at(7));
        let value = a as f64 + if a >= 500 && b >= 500 { 300.0 } else { 0.0 };
        let figures = IndexMap::from([
            ("costUsdPerMonth".to_owned(), figure(vec![value; 4], None)),
            ("latencyMsP95".to_owned(), figure(vec![at(9) as f64; 4], None)),
        ]);
        let settings = IndexMap::from([("a".to_owned(), a.to_string()), ("b".to_owned(), b.to_string())]);
        StudyPoint { point: number, settings, figures, caveats: Vec::new() }
    };
    let points: Vec<StudyPoint> = (0..400).map(point).collect();
    let findings = Findings::of(&head, &points, FrontOf::default()).expect("points");
    let [cost, latency] = &findings.effects[..] else { panic!("two figures") };
    assert!(cost.axes[0].share.is_some_and(|share| share > 0.85), "{:?}", cost.axes[0].share);
    assert!(cost.axes[1].share.is_some_and(|share| share < 0.1), "{:?}", cost.axes[1].share);
    assert!(latency.axes.iter().all(|axis| axis.share.is_some_and(|share| share < 0.05)), "it is chance");
    let difference = cost.pairs[0].difference.as_ref().expect("halves");
    assert!(difference.is_significant() && (difference.mean - 300.0).abs() < 120.0, "{difference:?}");
    assert_eq!((findings.broken, findings.best.is_none()), (None, true));
}

#[test]
fn what_is_kept_of_very_many_points_is_bounded() {
    let study = grid(&[40, 50, 5], &|levels, _| [(levels[0] * 7 % 40) as f64, (levels[1] * levels[2]) as f64]);
    let findings = found(&study);
    assert!(findings.others.len() <= sample::MOST && findings.others.len() + findings.front.len() >= sample::MOST);
    // All values of the fast axis are among those drawn.
    let drawn: std::collections::BTreeSet<&String> = findings.others.iter().map(|point| &point.settings[2]).collect();
    assert_eq!(drawn.len(), 5);
    assert_eq!(findings.axes[1].count(), 24);
}

proptest! {
    #[test]
    fn the_front_is_what_a_plain_search_finds(figures in prop::collection::vec((0_u8..12, 0_u8..12), 1..60), turn in 0_usize..60) {
        let law = |levels: &[usize], _: usize| [f64::from(figures[levels[0]].0), f64::from(figures[levels[0]].1)];
        let (head, mut points) = grid(&[figures.len()], &law);
        points.rotate_left(turn % figures.len());
        let findings = Findings::of(&head, &points, FrontOf::default()).expect("points");
        let is_free = |at: usize| {
            let (x, y) = figures[at];
            let beats = |other: &(u8, u8)| other.0 <= x && other.1 <= y && *other != (x, y);
            let is_first = figures[..at].iter().all(|other| *other != (x, y));
            is_first && !figures.iter().any(beats)
        };
        let mut expected: Vec<u64> = (0..figures.len()).filter(|at| is_free(*at)).map(|at| at as u64).collect();
        expected.sort_unstable_by_key(|at| figures[*at as usize].0);
        prop_assert_eq!(numbers(&findings), expected);
    }
}
