//! What a recommendation is asked: the `recommend:` block, and of the objectives what only a search looks at.

mod knobs;
mod names;
mod stresses;

use super::scene::Scene;
use crate::scenario::file::{self, Pattern};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::wanted::{HoldBack, Keep, Redundancy, SearchBudget, Wanted};
use crate::units::SimDuration;
use crate::world::Cast;
use names::{at, group, namespace};

/// Fresh weeks may be as many.
const MOST_WEEKS: u32 = 52;
/// A trace that is shorter says nothing of nights and days.
const SHORT: SimDuration = SimDuration::from_hours(24);

/// What is asked; what is wrong with it goes to `issues`.
pub(super) fn build(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Wanted {
    let asked = &scene.file.recommend;
    let usual = Wanted::default();
    Wanted {
        knobs: asked.knobs.as_ref().map_or(usual.knobs, |knobs| knobs::build(knobs, cast, issues)),
        against: asked.against.as_ref().map(|rows| stresses::build(rows, scene, cast, issues)),
        keep: keep(&asked.keep, cast, issues),
        hold_back: asked.hold_back.and_then(|share| hold_back(share, scene, cast, issues)),
        budget: asked.budget.as_ref().and_then(|budget| search_budget(budget, issues)),
        confidence: confidence(scene, issues),
        margin: margin(scene, issues),
    }
}

fn confidence(scene: &Scene<'_>, issues: &mut Issues) -> f64 {
    let Some(chance) = scene.file.objectives.confidence else { return Wanted::CONFIDENCE };
    if !(0.5..1.0).contains(&chance) {
        let message = format!("found {chance}, expected 0.5 to less than 1: nothing is certain of the next period");
        issues.push(Issue::error("objectives.confidence", message).with_help("write 0.95 or 0.99"));
    }
    chance
}

fn margin(scene: &Scene<'_>, issues: &mut Issues) -> f64 {
    let margin = scene.file.objectives.margin.unwrap_or(0.0);
    if !(0.0..1.0).contains(&margin) {
        let message = format!("found {margin}, expected 0 to less than 1: the share of each limit that is to spare");
        issues.push(Issue::error("objectives.margin", message).with_help("write 0.1 for a tenth"));
    }
    margin
}

fn keep(asked: &file::Keep, cast: &Cast, issues: &mut Issues) -> Keep {
    let mut kept = Keep::default();
    for name in &asked.groups {
        match group(name, cast) {
            Ok(id) => kept.groups.push(id),
            Err(issue) => issues.push(at(issue, "recommend.keep.groups")),
        }
    }
    for name in &asked.namespaces {
        match namespace(name, cast) {
            Ok(symbol) => kept.namespaces.push(symbol),
            Err(issue) => issues.push(at(issue, "recommend.keep.namespaces")),
        }
    }
    let field = "recommend.keep.redundancy";
    kept.redundancy = match &asked.redundancy {
        None => Redundancy::Zones,
        Some(file::Redundancy::Nodes(count)) => {
            let smaller = kept.groups.iter().map(|id| &cast.groups[*id]).filter(|group| group.max < *count as i32);
            for group in smaller {
                let message = format!("found {count}, and the group {} has at most {} nodes", group.name, group.max);
                issues.push(Issue::error(field, message));
            }
            Redundancy::Nodes(*count)
        }
        Some(file::Redundancy::Named(name)) if name == "zones" => Redundancy::Zones,
        Some(file::Redundancy::Named(name)) if name == "none" => {
            if !(asked.groups.is_empty() && asked.namespaces.is_empty()) {
                let message = "found none beside groups or namespaces that are to be kept";
                issues.push(Issue::error(field, message).with_help("leave out the one or the other"));
            }
            Redundancy::None
        }
        Some(file::Redundancy::Named(name)) => {
            let issue = Issue::error(field, format!("found `{name}`, expected zones, none, or a number of nodes"));
            issues.push(issue.suggest(name, ["zones", "none"]));
            Redundancy::Zones
        }
    };
    kept
}

fn hold_back(asked: file::HoldBack, scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Option<HoldBack> {
    let field = "recommend.holdBack";
    let wrong = match asked {
        file::HoldBack::Share(share) if share > 0.0 && share < 1.0 => {
            warn_about_short_traces(scene, cast, issues);
            return Some(HoldBack::Share(share));
        }
        file::HoldBack::Weeks { weeks } if (1..=MOST_WEEKS).contains(&weeks) => return Some(HoldBack::Weeks(weeks)),
        file::HoldBack::Share(share) => format!("found {share}, expected a share above 0 and below 1, such as 0.3"),
        file::HoldBack::Weeks { weeks } => format!("found {weeks} weeks, expected 1 to {MOST_WEEKS}"),
    };
    issues.push(Issue::error(field, wrong).with_help("write 0.3 of the traces, or {weeks: 1}"));
    None
}

/// Without a trace there is nothing to divide, and part of a day is not like another.
fn warn_about_short_traces(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    let Some(traffic) = &cast.traffic else { return };
    let patterns = scene.file.traffic.patterns.iter().zip(&traffic.demand.curves);
    let traces: Vec<SimDuration> =
        patterns.filter(|(pattern, _)| matches!(pattern, Pattern::Trace(_))).map(|(_, curve)| curve.length()).collect();
    let field = "recommend.holdBack";
    match traces.iter().max() {
        None => {
            let issue = Issue::warning(field, "no pattern of the traffic is a trace: there is no part to hold back");
            issues.push(issue.with_help("write {weeks: 1}: the test is then a week with other luck"));
        }
        Some(longest) if *longest < SHORT => {
            let message = format!(
                "the longest trace has {longest}: what is held back is no day, and a setting that is good at one time of \
                 the day need not be at another"
            );
            issues.push(Issue::warning(field, message).with_help("record at least two days, or write {weeks: 1}"));
        }
        Some(_) => {}
    }
}

fn search_budget(asked: &file::SearchBudget, issues: &mut Issues) -> Option<SearchBudget> {
    let found = match asked {
        file::SearchBudget::Replications(count) if *count > 0 => return Some(SearchBudget::Replications(*count)),
        file::SearchBudget::Replications(count) => count.to_string(),
        file::SearchBudget::Time(text) => {
            match SimDuration::parse(text).ok().filter(|time| *time > SimDuration::ZERO) {
                Some(time) => return Some(SearchBudget::Time(time)),
                None => format!("`{text}`"),
            }
        }
    };
    let message = format!("found {found}, expected a number of replications such as 200, or a time such as 2m");
    issues.push(Issue::error("recommend.budget", message));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::embedded;
    use crate::scenario::file::Varied;
    use crate::scenario::wanted::{KnobKind, Stress, StressKind, WantedKnob};

    fn wanted(sets: &[&str]) -> Wanted {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        embedded(&sets).unwrap_or_else(|issues| panic!("{issues}")).wanted
    }

    /// What is said of each of these settings contains the words beside it.
    #[track_caller]
    fn refuses(cases: &[(&str, &str)]) {
        for (set, words) in cases {
            let issues = embedded(&[(*set).to_owned()]).err().unwrap_or_else(|| panic!("{set} is taken"));
            assert!(issues.to_string().contains(words), "{set}: {issues}");
        }
    }

    #[test]
    fn what_is_not_said_has_its_defaults() {
        assert_eq!(wanted(&[]), Wanted::default());
        let usual = Stress::usual(&embedded(&[]).expect("the reference scenario").cast);
        let names: Vec<&str> = usual.iter().map(|stress| stress.name.as_str()).collect();
        assert!(names.contains(&"loss of the largest zone") && names.contains(&"traffic x1.25"), "{names:?}");
    }

    #[test]
    fn knobs_are_kinds_and_places() {
        let found = wanted(&["recommend.knobs=[min, spotShare, {hpa.max: 4..20/4}]"]).knobs;
        let path = WantedKnob::Path { path: "hpa.max".to_owned(), values: Varied::Text("4..20/4".to_owned()) };
        assert_eq!(found, [WantedKnob::Kind(KnobKind::Min), WantedKnob::Kind(KnobKind::SpotShare), path]);
        refuses(&[
            ("recommend.knobs=[mni]", "did you mean `min`?"),
            ("recommend.knobs=[]", "nothing may change"),
            ("recommend.knobs=[min, min]", "twice"),
            ("recommend.knobs=[hpa.max]", "write hpa.max: 4..20"),
            ("recommend.knobs={hpa.max: }", "has no values"),
            ("recommend.knobs={hpa.max: []}", "has no values"),
            ("recommend.knobs={hpa.max: [4]}", "one value"),
            ("recommend.knobs={min: 2..4}", "is a kind of knob"),
            ("recommend.knobs={hpas.order-service-hpa.maxReplicas: 1..2}", "below minReplicas"),
            ("recommend.knobs={nodeGroups.app-nodes.maxSize: [0, 1]}", "below its minSize"),
        ]);
    }

    #[test]
    fn stresses_are_named_and_promise_something() {
        let text = "recommend.against=[{zoneLoss: us-east-1a, for: 30m}, {flashCrowd: worst, name: crowd, at: 2d}, \
                    {traffic: 1.5, objectives: {latencyP95: 1s}}]";
        let found = wanted(&[text]).against.expect("stresses");
        let names: Vec<&str> = found.iter().map(|stress| stress.name.as_str()).collect();
        assert_eq!(names, ["loss of us-east-1a", "crowd", "traffic x1.5"]);
        assert_eq!(found[0].promised, Stress::usual_promise());
        assert_eq!(found[2].promised.objective.latency_s_p95, Some(1.0));
        assert_eq!(found[2].kind, StressKind::Traffic(1.5));
        assert_eq!(wanted(&["recommend.against=[]"]).against, Some(Vec::new()));
    }

    #[test]
    fn stresses_that_cannot_be_are_refused() {
        refuses(&[
            ("recommend.against=[{}]", "exactly one of zoneLoss"),
            ("recommend.against=[{traffic: 2, nodeLoss: any}]", "exactly one of zoneLoss"),
            ("recommend.against=[{traffic: 0}]", "expected a number above 0"),
            ("recommend.against=[{traffic: 2}, {traffic: 2}]", "two stresses are called `traffic x2`"),
            ("recommend.against=[{zoneLoss: us-east-1z}]", "no node group is in the zone `us-east-1z`"),
            ("recommend.against=[{nodeLoss: app-node}]", "did you mean"),
            ("recommend.against=[{flashCrowd: best}]", "expected worst"),
            ("recommend.against=[{flashCrowd: {factor: 1, for: 20m}}]", "expected a number above 1"),
            ("recommend.against=[{flashCrowd: {factor: 3, for: 300d}}]", "longer than the scenario"),
            ("recommend.against=[{zoneLoss: largest, for: 8d}]", "longer than the scenario"),
            ("recommend.against=[{zoneLoss: largest, at: 9d}]", "after the end"),
            ("recommend.against=[{traffic: 2, for: 1h}]", "has no length of its own"),
            ("recommend.against=[{traffic: 2, objectives: {}}]", "promises nothing"),
            ("recommend.against=[{traffic: 2, objectives: {latencyP95: 1s, margin: 0.1}}]", "one margin"),
            (
                "recommend.against=[{traffic: 2, objectives: {routes: {/nowhere: {latencyP95: 1s}}}}]",
                "no requests come",
            ),
        ]);
    }

    #[test]
    fn the_rest_is_checked_too() {
        let found = wanted(&["recommend.holdBack={weeks: 2}", "recommend.budget=2m", "objectives.margin=0.1"]);
        assert_eq!((found.hold_back, found.margin), (Some(HoldBack::Weeks(2)), 0.1));
        assert_eq!(found.budget, Some(SearchBudget::Time(SimDuration::from_mins(2))));
        assert_eq!(wanted(&["recommend.budget=200"]).budget, Some(SearchBudget::Replications(200)));
        assert_eq!(wanted(&["recommend.keep={redundancy: 2}"]).keep.redundancy, Redundancy::Nodes(2));
        refuses(&[
            ("recommend.holdBack=1", "expected a share above 0 and below 1"),
            ("recommend.holdBack={weeks: 0}", "expected 1 to 52"),
            ("recommend.budget=0", "expected a number of replications"),
            ("recommend.budget=soon", "expected a number of replications"),
            ("recommend.keep={groups: [nowhere]}", "there is no node group `nowhere`"),
            ("recommend.keep={namespaces: [nowhere]}", "nothing runs in a namespace `nowhere`"),
            ("recommend.keep={redundancy: zone}", "did you mean `zones`?"),
            ("recommend.keep={redundancy: none, groups: [app-nodes]}", "leave out the one or the other"),
            ("recommend.keep={redundancy: 999, groups: [app-nodes]}", "has at most"),
            ("objectives.margin=1", "expected 0 to less than 1"),
            ("objectives.confidence=1", "nothing is certain"),
            ("objectives.confidence=0.3", "expected 0.5 to less than 1"),
        ]);
    }

    #[test]
    fn objectives_are_checked_with_their_place() {
        refuses(&[
            ("objectives.routes={/nowhere: {latencyP95: 1s}}", "objectives.routes./nowhere: no requests come"),
            ("objectives.routes={/api/v1/orders: {}}", "promises nothing"),
            ("objectives.breach=1.5", "expected a share of the time"),
            ("objectives.pendingPodHours=-1", "at least 0"),
            ("objectives.burnRate=0", "expected a number above 0"),
        ]);
        let bare = ["objectives.latencyP95=null", "objectives.errorRate=null", "objectives.breach=0.01"];
        let issues = embedded(&bare.map(str::to_owned)).expect_err("a share of nothing");
        assert!(issues.to_string().contains("there is nothing to break"), "{issues}");
    }
}
