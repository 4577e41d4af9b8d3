//! The advice as the report shows it.

use super::model::{Recommendation, RecommendedBounds, Verdict};
use crate::study::advise::{Advice, Row};

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
        }
    }
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
