//! How fast HPAs scale: stabilization windows and policies, up and down.

use super::given::{Given, Scaler, scalers, vcpus_of};
use super::seen::Seen;
use crate::hpa::{Behavior, PolicyKind, ScalingPolicy, ScalingRules, SelectPolicy};
use crate::scenario::aliases::Target;
use crate::scenario::wanted::KnobKind;
use crate::study::advise::knob::{Knob, Level, SizeOf};
use crate::units::SimDuration;
use crate::world::Cast;
use serde_json::{Value, json};

/// Windows that are tried, seconds.
const DOWN_WINDOWS: [i64; 5] = [0, 60, 120, 300, 600];
const UP_WINDOWS: [i64; 3] = [0, 60, 120];
/// A policy: percent or pods, how many, in how many seconds.
type Policy = (PolicyKind, i32, i64);
/// What the API server fills in, and a tenth a minute.
const DOWN_POLICIES: [&[Policy]; 2] = [&[(PolicyKind::Percent, 100, 15)], &[(PolicyKind::Percent, 10, 60)]];
/// What the API server fills in, three times as much, and much less.
const UP_POLICIES: [&[Policy]; 3] = [
    &[(PolicyKind::Pods, 4, 15), (PolicyKind::Percent, 100, 15)],
    &[(PolicyKind::Pods, 12, 15), (PolicyKind::Percent, 300, 15)],
    &[(PolicyKind::Pods, 2, 60), (PolicyKind::Percent, 50, 60)],
];
/// Pods stay up for the window longer than they are needed after each of so many peaks a day.
const PEAKS_PER_DAY: f64 = 12.0;
/// What is slow on the way up saves little: so much of the pods that come and go.
const LITTLE: f64 = 0.01;

/// One direction of an HPA's behaviour.
#[derive(Clone, Copy)]
struct Way {
    kind: KnobKind,
    /// `scaleDown`.
    field: &'static str,
    /// `scale-down`.
    word: &'static str,
    windows: &'static [i64],
    policies: &'static [&'static [Policy]],
}

const WAYS: [Way; 2] = [
    Way { kind: KnobKind::ScaleUp, field: "scaleUp", word: "scale-up", windows: &UP_WINDOWS, policies: &UP_POLICIES },
    Way {
        kind: KnobKind::ScaleDown,
        field: "scaleDown",
        word: "scale-down",
        windows: &DOWN_WINDOWS,
        policies: &DOWN_POLICIES,
    },
];

/// The window and the policies of each direction, of every HPA that may scale in it.
pub(super) fn knobs(given: &Given<'_>, seen: &Seen) -> Vec<Knob> {
    let cast = &given.base.cast;
    let mut all = Vec::new();
    for scaler in scalers(cast) {
        // What the pods that come and go ask for.
        let moving = seen.swing(scaler.hpa.workload) * vcpus_of(cast, scaler.hpa.workload);
        for way in WAYS {
            let rules = present(cast, &scaler, way);
            if rules.select != SelectPolicy::Disabled {
                all.push(window(&scaler, way, &rules, moving));
                all.push(policies(&scaler, way, &rules, moving));
            }
        }
    }
    all
}

/// As the HPA has them; without `behavior` those of the API server, which the first rule that is given brings.
fn present(cast: &Cast, scaler: &Scaler<'_>, way: Way) -> ScalingRules {
    let usual =
        || Behavior { scale_up: ScalingRules::default_up(), scale_down: ScalingRules::default_down(&cast.hpa_flags) };
    let Behavior { scale_up, scale_down } = scaler.hpa.spec.behavior.clone().unwrap_or_else(usual);
    if way.kind == KnobKind::ScaleUp { scale_up } else { scale_down }
}

fn window(scaler: &Scaler<'_>, way: Way, rules: &ScalingRules, moving: f64) -> Knob {
    let now = rules.stabilization_window.as_secs();
    let level = |seconds: i64| Level {
        text: SimDuration::from_secs(seconds).to_string(),
        number: seconds,
        values: vec![json!(seconds)],
        may_free: Some(match way.kind {
            KnobKind::ScaleUp => moving * LITTLE * (seconds - now).max(0) as f64 / 60.0,
            _ => moving * PEAKS_PER_DAY * (now - seconds).max(0) as f64 / 86_400.0,
        }),
    };
    let targets = vec![place(scaler, way, "stabilizationWindowSeconds")];
    let knob =
        Knob::new(format!("{} {} window", scaler.label, way.word), Some(way.kind), scaler.owner.clone(), targets);
    // Where there are always as many pods it changes nothing.
    let knob = Knob { of: Some(SizeOf::Hpa(scaler.at)), ..knob };
    knob.with_ordered(way.windows.iter().copied().map(level), level(now))
}

fn policies(scaler: &Scaler<'_>, way: Way, rules: &ScalingRules, moving: f64) -> Knob {
    let now = pods_in_a_minute(&rules.policies, rules.select);
    let level = |rows: &&[Policy]| {
        let policies: Vec<ScalingPolicy> = rows.iter().copied().map(policy).collect();
        let values = vec![Value::Array(policies.iter().map(written).collect()), json!("Max")];
        let new = pods_in_a_minute(&policies, SelectPolicy::Max);
        let is_thrifty = if way.kind == KnobKind::ScaleUp { new < now } else { new > now };
        Level::said(said(&policies, SelectPolicy::Max), values).freeing(if is_thrifty { moving * LITTLE } else { 0.0 })
    };
    // Of several policies the one that allows most counts, whatever the HPA says now.
    let is_max = rules.select == SelectPolicy::Max;
    let several = (!is_max).then(|| place(scaler, way, "selectPolicy"));
    let targets = [place(scaler, way, "policies")].into_iter().chain(several).collect();
    let knob =
        Knob::new(format!("{} {} policies", scaler.label, way.word), Some(way.kind), scaler.owner.clone(), targets);
    let knob = Knob { of: Some(SizeOf::Hpa(scaler.at)), ..knob };
    let own =
        vec![Value::Array(rules.policies.iter().map(written).collect()), json!(if is_max { "Max" } else { "Min" })];
    let current = Level::said(said(&rules.policies, rules.select), own);
    knob.with_choices(current, way.policies.iter().map(level))
}

fn place(scaler: &Scaler<'_>, way: Way, field: &str) -> Target {
    Target::of(&["hpas", scaler.name, "behavior", way.field, field])
}

fn policy((kind, value, seconds): Policy) -> ScalingPolicy {
    ScalingPolicy { kind, value, period: SimDuration::from_secs(seconds) }
}

fn written(policy: &ScalingPolicy) -> Value {
    let kind = if policy.kind == PolicyKind::Pods { "Pods" } else { "Percent" };
    json!({"type": kind, "value": policy.value, "periodSeconds": policy.period.as_secs()})
}

/// What ten pods may change by in a minute: by this policies are compared.
fn pods_in_a_minute(policies: &[ScalingPolicy], select: SelectPolicy) -> f64 {
    let of = |policy: &ScalingPolicy| {
        let pods =
            if policy.kind == PolicyKind::Pods { f64::from(policy.value) } else { f64::from(policy.value) / 10.0 };
        pods * 60.0 / policy.period.as_secs_f64().max(1.0)
    };
    let all = policies.iter().map(of);
    let found = if select == SelectPolicy::Min { all.reduce(f64::min) } else { all.reduce(f64::max) };
    found.unwrap_or(0.0)
}

/// `4 pods/15s or 100 %/15s`.
fn said(policies: &[ScalingPolicy], select: SelectPolicy) -> String {
    let one = |policy: &ScalingPolicy| {
        let unit = if policy.kind == PolicyKind::Pods { "pods" } else { "%" };
        format!("{} {unit}/{}", policy.value, policy.period)
    };
    let word = if select == SelectPolicy::Min { " and " } else { " or " };
    policies.iter().map(one).collect::<Vec<String>>().join(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_told_as_people_write_them() {
        let up = UP_POLICIES[0].iter().copied().map(policy).collect::<Vec<_>>();
        assert_eq!(said(&up, SelectPolicy::Max), "4 pods/15s or 100 %/15s");
        assert_eq!(said(&up, SelectPolicy::Min), "4 pods/15s and 100 %/15s");
        assert_eq!(written(&up[1]), json!({"type": "Percent", "value": 100, "periodSeconds": 15}));
        assert_eq!((pods_in_a_minute(&up, SelectPolicy::Max), pods_in_a_minute(&up, SelectPolicy::Min)), (40.0, 16.0));
    }
}
