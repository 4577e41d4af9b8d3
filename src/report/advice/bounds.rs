//! An answer in the form of earlier releases: pairs of min and max.

use crate::report::model::{Recommendation, RecommendedBounds, TriedSetting};
use crate::scenario::wanted::KnobKind;
use crate::study::Estimate;
use crate::study::advise::answer::{Answer, KnobAnswer, Measured, Owner};
use crate::world::Cast;

impl Recommendation {
    /// What was found for a cast.
    pub fn of(answer: &Answer, cast: &Cast) -> Self {
        Recommendation {
            verdict: answer.verdict,
            difference_usd_per_month: answer.difference_usd_per_month.clone(),
            current_met_ratio: answer.as_is.kept.mean,
            recommended_met_ratio: answer.recommended.kept.mean,
            settings_tried: answer.settings_tried,
            replications: answer.as_is.usd_per_month.values.len() as u32,
            bounds: bounds(answer, cast),
            settings: settings(answer),
            difference_co2e_kg_per_month: emitted(answer),
            answer: Some(answer.clone()),
        }
    }
}

/// Of every HPA, then of every group, of which a minimum or a maximum may change.
fn bounds(answer: &Answer, cast: &Cast) -> Vec<RecommendedBounds> {
    let symbols = &cast.cluster.symbols;
    let hpas = cast.hpas.iter().map(|hpa| {
        let namespace = symbols.text(cast.workloads[hpa.workload].namespace).to_owned();
        (Owner::Hpa { namespace, name: symbols.text(hpa.name).to_owned() }, (hpa.spec.min, hpa.spec.max))
    });
    let groups = cast.groups.values().map(|group| (Owner::Group(group.name.clone()), (group.min, group.max)));
    hpas.chain(groups).filter_map(|(owner, now)| of_owner(answer, &owner, now)).collect()
}

fn of_owner(answer: &Answer, owner: &Owner, (min, max): (i32, i32)) -> Option<RecommendedBounds> {
    let of = |kind: KnobKind| answer.knobs.iter().find(|knob| knob.owner == *owner && knob.kind == Some(kind));
    let both = [of(KnobKind::Min), of(KnobKind::Max)];
    let value =
        |knob: Option<&KnobAnswer>, now: u32| knob.and_then(|knob| knob.recommended.parse().ok()).unwrap_or(now);
    let [current_min, current_max] = [min, max].map(|bound| bound.max(0) as u32);
    let reason =
        both.iter().flatten().find(|knob| knob.current != knob.recommended).or(both.iter().flatten().next())?;
    Some(RecommendedBounds {
        target: match owner {
            Owner::Hpa { namespace, name } => format!("HPA {namespace}/{name}"),
            Owner::Group(name) => format!("node group {name}"),
            Owner::Workload { .. } | Owner::Autoscaler | Owner::Scenario => return None,
        },
        current_min,
        current_max,
        min: value(both[0], current_min),
        max: value(both[1], current_max),
        reason: super::rows::reason(reason),
    })
}

/// The two settings that were compared, if somebody asked for emissions.
fn settings(answer: &Answer) -> Vec<TriedSetting> {
    let tried = |(name, row): (&str, &Measured)| {
        Some(TriedSetting {
            name: name.to_owned(),
            met_ratio: row.kept.mean,
            cost_usd_per_month: row.usd_per_month.clone(),
            co2e_kg_per_month: row.co2e_kg_per_month.clone()?,
        })
    };
    [("as it is", &answer.as_is), ("recommended", &answer.recommended)].into_iter().filter_map(tried).collect()
}

fn emitted(answer: &Answer) -> Option<Estimate> {
    let [now, new] = [&answer.as_is, &answer.recommended].map(|row| row.co2e_kg_per_month.as_ref());
    let (now, new) = (now?, new?);
    Some(Estimate::of(new.values.iter().zip(&now.values).map(|(new, now)| new - now)))
}
