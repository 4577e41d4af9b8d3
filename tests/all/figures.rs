//! What a study keeps of its replications can be written, read again and put together in any order.

use foresail::study::{Figures, Names, Runs, Study};

fn study() -> Study {
    let sets = ["duration=3h", "traffic.scale=2"].map(str::to_owned);
    Study::of(&foresail::scenario::embedded(&sets).expect("the reference scenario"))
}

#[test]
fn figures_are_read_as_they_were_written() {
    let study = study();
    let runs = study.replicate_all(0..2, &|| ());
    for figures in runs.figures() {
        let text = serde_json::to_string(figures).expect("figures can be written");
        let again: Figures = serde_json::from_str(&text).expect("and read");
        assert_eq!(*figures, again);
        assert_eq!(text, serde_json::to_string(&again).expect("twice"));
    }
    let names = study.names();
    let text = serde_json::to_string(&names).expect("names can be written");
    assert_eq!(serde_json::from_str::<Names>(&text).expect("and read"), names);
    // Every row has a name.
    let figures = &runs.figures()[1];
    assert_eq!(figures.services.len(), names.services.len());
    assert_eq!(figures.routes.len(), names.routes.len());
    assert_eq!(figures.workloads.len(), names.workloads.len());
    assert_eq!(figures.groups.len(), names.groups.len());
    assert!(figures.shares.iter().all(|share| !names.owner(share.owner).is_empty()));
    // The same money three times.
    let shared: foresail::units::Money = figures.shares.iter().map(|share| share.amount).sum();
    assert_eq!(figures.cost(), shared);
    assert!(figures.cost().usd() > 0.0);
}

#[test]
fn parts_of_a_study_make_the_same_whole_in_any_order() {
    let study = study();
    let part = |numbers| study.replicate_all(numbers, &|| ());
    let whole = part(0..4);
    let (first, second, third) = (part(0..1), part(1..3), part(3..4));
    let backwards = third.merged(second).merged(first);
    assert_eq!(whole.figures(), backwards.figures());
    assert!(whole.history().is_some() && backwards.history().is_some());
    let cost = |runs: &Runs| runs.over(|run| run.usd_per_month(run.cost()));
    assert_eq!(cost(&whole), cost(&backwards));
    assert!(cost(&whole).interval.is_some());
}

#[test]
#[should_panic(expected = "counted once")]
fn no_replication_counts_twice() {
    let runs = study().replicate_all(1..2, &|| ());
    let _ = runs.clone().merged(runs);
}
