//! The page as a reader without scripts has it, and what it hands to the script.

use super::*;
use crate::report::sweep::{FigureAtPoint, Findings, FrontOf, StudyHead, StudyPoint};
use indexmap::IndexMap;

/// A study of axes with so many values; figures by a shuffle of the number, with an objective.
fn study(counts: &[usize]) -> Findings {
    let axis = |(at, count): (usize, &usize)| StudyAxis {
        name: format!("axis.{at}"),
        values: AxisValues::List((0..*count).map(|value| format!("{value}")).collect()),
    };
    let axes: Vec<StudyAxis> = counts.iter().enumerate().map(axis).collect();
    let points: usize = counts.iter().product();
    let head = StudyHead {
        scenario: "</script><b>shop".into(),
        replications: 3,
        points: points as u64,
        axes: axes.clone(),
        ..StudyHead::default()
    };
    let point = |number: usize| {
        let mut rest = number;
        let mut settings = IndexMap::new();
        for (axis, count) in axes.iter().zip(counts).rev() {
            settings.insert(axis.name.clone(), (rest % count).to_string());
            rest /= count;
        }
        settings.reverse();
        let value = |salt: u64| (crate::rng::mix(number as u64 * 3 + salt + 1) % 10_000) as f64 / 10.0;
        let figure = |mean: f64, objective| FigureAtPoint {
            mean,
            interval: Some([mean - 1.0, mean + 1.0]),
            values: vec![mean - 0.5, mean, mean + 0.5],
            objective,
        };
        let figures = IndexMap::from([
            ("costUsdPerMonth".to_owned(), figure(500.0 + value(0), None)),
            ("latencyMsP95".to_owned(), figure(100.0 + value(1), Some(600.0))),
            ("errorRatio".to_owned(), figure(value(2) / 1e5, None)),
        ]);
        StudyPoint { point: number as u64, settings, figures, caveats: Vec::new() }
    };
    let points: Vec<StudyPoint> = (0..points).map(point).collect();
    Findings::of(&head, &points, FrontOf::default()).expect("points")
}

fn command(axes: usize) -> PointCommand {
    let sets = (0..axes).map(|at| vec![format!("axis.{at}=")]).collect();
    PointCommand { run: "foresail run shop.yaml".into(), sets }
}

fn shown(counts: &[usize]) -> String {
    let page = study_page(&study(counts), &command(counts.len()));
    // To look at it: FORESAIL_SAMPLE=some/folder cargo test --lib sweep::page
    if let Some(folder) = std::env::var_os("FORESAIL_SAMPLE") {
        let name = counts.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), &page).expect("written");
    }
    page
}

#[test]
fn two_axes_are_a_front_and_a_map() {
    let page = shown(&[4, 6]);
    for text in ["Of the ", "are the front of cost per month against latency P95", "The front", "axis.0 by axis.1"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("All axes side by side") && page.contains("What two axes do together"));
    assert!(page.contains("<code>foresail run shop.yaml --set axis.0="), "the command of a point");
    assert!(!page.contains("</script><b>shop"), "names are no markup");
    let ids = page.matches("id=\"point-").count();
    assert_eq!(ids, page.matches("<circle class=\"front").count() - 1, "each has its row; one is the key's");
}

#[test]
fn one_axis_and_one_point_have_their_page() {
    let page = shown(&[5]);
    assert!(
        page.contains("The front") && !page.contains("What two axes do together") && !page.contains("class=\"map\"")
    );
    let page = shown(&[1]);
    assert!(page.contains("One setting of 1 point is best in both"), "{page}");
}

#[test]
fn a_page_does_not_grow_with_the_points() {
    let page = shown(&[10, 10, 10, 5]);
    assert!(page.contains("All axes side by side") && page.contains("are drawn: those whose numbers come first"));
    assert!(page.len() < 1_000_000, "{}", page.len());
    let larger = shown(&[20, 20, 10, 5]);
    assert!(larger.len() < page.len() * 5 / 4, "{} after {}", larger.len(), page.len());
}

#[test]
fn the_terminal_has_lines_of_80_columns() {
    for counts in [&[4, 6][..], &[5], &[3, 3, 3]] {
        let text = study(counts).text();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("the objectives") && text.contains("point"), "{text}");
    }
}
