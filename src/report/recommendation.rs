//! The advice as the report shows it.

use super::model::{Recommendation, RecommendedBounds, TriedSetting, Verdict};
use crate::study::Estimate;
use crate::study::advise::{Advice, Row, Trial};

impl From<&Advice> for Recommendation {
    fn from(advice: &Advice) -> Self {
        Recommendation {
            verdict: verdict(advice),
            difference_usd_per_month: advice.difference_usd_per_month.clone(),
            current_met_ratio: advice.current.kept,
            recommended_met_ratio: advice.recommended.kept,
            settings_tried: advice.tried as u32,
            replications: advice.current.usd_per_month.len() as u32,
            bounds: advice.rows.iter().map(bounds).collect(),
            settings: settings(advice),
            difference_co2e_kg_per_month: emitted(advice),
            answer: None,
        }
    }
}

/// The two settings that were compared, if somebody asked for emissions.
fn settings(advice: &Advice) -> Vec<TriedSetting> {
    let tried = |(name, trial): (&str, &Trial)| TriedSetting {
        name: name.to_owned(),
        met_ratio: trial.kept,
        cost_usd_per_month: Estimate::of(trial.usd_per_month.iter().copied()),
        co2e_kg_per_month: Estimate::of(trial.co2e_kg_per_month.iter().copied()),
    };
    let both = [("as it is", &advice.current), ("recommended", &advice.recommended)];
    both.into_iter().filter(|(_, trial)| !trial.co2e_kg_per_month.is_empty()).map(tried).collect()
}

fn emitted(advice: &Advice) -> Option<Estimate> {
    let [now, new] = [&advice.current, &advice.recommended].map(|trial| &trial.co2e_kg_per_month);
    (!now.is_empty()).then(|| Estimate::of(new.iter().zip(now).map(|(new, now)| new - now)))
}

fn verdict(advice: &Advice) -> Verdict {
    let difference = &advice.difference_usd_per_month;
    match (advice.recommended.keeps_promises(), advice.current.keeps_promises()) {
        (false, _) => Verdict::NotFound,
        (true, false) => Verdict::Spend,
        (true, true) if difference.is_significant() && difference.mean < 0.0 => Verdict::Save,
        (true, true) => Verdict::Keep,
    }
}

fn bounds(row: &Row) -> RecommendedBounds {
    let size = |bound: i32| bound.max(0) as u32;
    RecommendedBounds {
        target: row.target.clone(),
        current_min: size(row.current.min),
        current_max: size(row.current.max),
        min: size(row.recommended.min),
        max: size(row.recommended.max),
        reason: row.reason.clone(),
    }
}
