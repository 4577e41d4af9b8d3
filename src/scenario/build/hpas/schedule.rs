//! Minima by the clock.

use crate::hpa::{HpaSpec, ScheduledMinimum};
use crate::scenario::build::scene::Scene;
use crate::scenario::file::{HpaPatch, HpaWindow};
use crate::scenario::issue::{Issue, Issues};
use jiff::tz::TimeZone;

const MINUTE: u32 = 60;
const DAY: u32 = 24 * 60 * MINUTE;

/// The windows of an HPA; what is wrong with them goes to `issues`.
pub(super) fn build(
    scene: &Scene<'_>,
    (name, patch): (&str, &HpaPatch),
    spec: &HpaSpec,
    issues: &mut Issues,
) -> Vec<ScheduledMinimum> {
    let mut found = Vec::new();
    for (at, window) in patch.schedule.iter().enumerate() {
        let field = format!("hpas.{name}.schedule[{at}]");
        let mut part = Issues::new();
        let read = minimum(scene, window, &mut part);
        if read.replicas < 1 || read.replicas > spec.max {
            let message = format!("found {}, expected 1 to maxReplicas, which is {}", read.replicas, spec.max);
            part.push(Issue::error("minReplicas", message));
        }
        issues.absorb(part, |place| place.field = place.field.as_ref().map(|own| format!("{field}.{own}")));
        found.push(read);
    }
    found
}

fn minimum(scene: &Scene<'_>, window: &HpaWindow, issues: &mut Issues) -> ScheduledMinimum {
    let mut read = |field: &str, text: &Option<String>, usual: u32| {
        let Some(text) = text else { return usual };
        let most = if field == "to" { DAY } else { DAY - 1 };
        time_of_day(text).filter(|second| *second <= most).unwrap_or_else(|| {
            let issue = Issue::error(field, format!("found `{text}`, expected a time of the day such as 08:00"));
            issues.push(issue.with_help("write HH:MM in quotes; `to` may be \"24:00\""));
            usual
        })
    };
    let (from_s, to_s) = (read("from", &window.from, 0), read("to", &window.to, DAY));
    if from_s == to_s {
        let issue = Issue::error("to", "the window ends when it begins");
        issues.push(issue.with_help("leave `from` and `to` out for whole days"));
    }
    let mut days = [window.days.is_none(); 7];
    window.days.iter().flatten().for_each(|day| days[*day as usize] = true);
    if days == [false; 7] {
        issues.push(Issue::error("days", "there is no day").with_help("leave `days` out for every day"));
    }
    let zone = match window.timezone.as_deref() {
        None => scene.start.zone.clone(),
        Some(name) => TimeZone::get(name).unwrap_or_else(|_| {
            let message = format!("found `{name}`, expected an IANA name such as Europe/Berlin");
            issues.push(Issue::error("timezone", message));
            TimeZone::UTC
        }),
    };
    ScheduledMinimum { replicas: window.min_replicas, days, from_s, to_s, epoch: scene.start.at, zone }
}

/// `08:30`, in seconds after midnight; none of anything else.
fn time_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, most: u32| {
        let is_plain = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|number| is_plain && *number <= most)
    };
    let second = number(hours, 24)? * 60 * MINUTE + number(minutes, 59)? * MINUTE;
    (second <= DAY).then_some(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::embedded;

    #[test]
    fn times_of_the_day_are_read() {
        assert_eq!(time_of_day("08:30"), Some(30_600));
        assert_eq!((time_of_day("00:00"), time_of_day("24:00")), (Some(0), Some(DAY)));
        for wrong in ["24:01", "25:00", "8", "8:60", "", "+8:00", "08:00:00", "noon"] {
            assert_eq!(time_of_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn windows_and_rules_are_checked_with_their_place() {
        let cases = [
            ("schedule=[{minReplicas: 99999}]", "schedule[0].minReplicas: found 99999, expected 1 to maxReplicas"),
            ("schedule=[{from: noon, minReplicas: 2}]", "schedule[0].from: found `noon`"),
            ("schedule=[{from: '24:00', minReplicas: 2}]", "expected a time of the day"),
            ("schedule=[{from: '08:00', to: '08:00', minReplicas: 2}]", "ends when it begins"),
            ("schedule=[{days: [], minReplicas: 2}]", "there is no day"),
            ("schedule=[{timezone: Berlin, minReplicas: 2}]", "expected an IANA name"),
            ("behavior.scaleDown.stabilizationWindowSeconds=4000", "must be less than or equal to 3600"),
            ("behavior.scaleUp.selectPolicy=Most", "supported values"),
            ("behavior.scaleUp.policies=[{type: Pods, value: 0, periodSeconds: 15}]", "policies[0].value"),
        ];
        for (set, words) in cases {
            let set = format!("hpas.order-service-hpa.{set}");
            let issues = embedded(std::slice::from_ref(&set)).err().unwrap_or_else(|| panic!("{set} is taken"));
            let text = issues.to_string();
            assert!(text.contains(words) && text.contains("hpas.order-service-hpa."), "{set}: {text}");
        }
    }

    #[test]
    fn one_rule_leaves_the_others_as_they_are() {
        let rules = |sets: &[String]| {
            let scenario = embedded(sets).unwrap_or_else(|issues| panic!("{issues}"));
            let hpa = scenario
                .cast
                .hpas
                .iter()
                .find(|hpa| scenario.cast.cluster.symbols.text(hpa.name) == "order-service-hpa");
            hpa.expect("its HPA").spec.behavior.clone()
        };
        let set = "hpas.order-service-hpa.behavior.scaleDown.stabilizationWindowSeconds=77".to_owned();
        let (before, after) = (rules(&[]).expect("rules"), rules(&[set]).expect("rules"));
        assert_eq!(after.scale_down.stabilization_window, crate::units::SimDuration::from_secs(77));
        assert_eq!(after.scale_down.policies, before.scale_down.policies);
        assert_eq!(after.scale_up, before.scale_up);
    }
}
