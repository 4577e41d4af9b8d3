//! Whether a setting holds in periods that no search has looked at.

use super::judge::{Judge, Judged};
use super::outcome::Outcome;
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;

/// So many periods at a time: of a setting that fails no more are looked at.
const BATCH: usize = 4;

/// What a check needs to know.
pub(super) struct Check<'a> {
    pub(super) lab: &'a Lab<'a>,
    pub(super) judge: &'a Judge,
    /// The present setting.
    pub(super) as_is: &'a Point,
}

/// What came of it.
pub(super) struct Checked {
    /// The periods that were looked at.
    pub(super) periods: Vec<Period>,
    /// Those from which there is something to learn, the first to be learnt first.
    pub(super) trouble: Vec<(Period, Outcome)>,
    /// Beside the present setting; none if it failed before the end.
    pub(super) judged: Option<Judged>,
}

impl Check<'_> {
    /// Looks at a setting in `fresh` periods, up to where more of them broke a promise than may. None if that was ended before.
    pub(super) fn of(&self, point: &Point, fresh: Vec<Period>) -> Option<Checked> {
        let allowed = (1.0 - self.lab.ask.base.wanted.confidence) * fresh.len() as f64;
        for seen in (BATCH..fresh.len()).step_by(BATCH) {
            self.lab.simulate(std::slice::from_ref(point), &fresh[..seen]);
            self.lab.outcomes(point, &fresh[..seen])?;
            let trouble = self.broke(point, &fresh[..seen]);
            if trouble.len() as f64 > allowed {
                return Some(Checked { periods: fresh[..seen].to_vec(), trouble, judged: None });
            }
        }
        self.lab.simulate(std::slice::from_ref(point), &fresh);
        let judged = self.beside(point, &fresh)?;
        let mut trouble = self.broke(point, &fresh);
        if trouble.is_empty() {
            trouble = self.worst((point, &judged), &fresh);
        }
        Some(Checked { periods: fresh, trouble, judged: Some(judged) })
    }

    /// A setting beside the present one, which is simulated in these periods now.
    pub(super) fn beside(&self, point: &Point, periods: &[Period]) -> Option<Judged> {
        self.lab.simulate(std::slice::from_ref(self.as_is), periods);
        self.judged(point, periods)
    }

    /// The periods in which a setting did not keep every promise, and what came of it there.
    pub(super) fn broke(&self, point: &Point, periods: &[Period]) -> Vec<(Period, Outcome)> {
        let outcomes = self.lab.outcomes(point, periods).unwrap_or_default();
        periods.iter().copied().zip(outcomes).filter(|(_, own)| !self.judge.is_kept(own)).collect()
    }

    /// All periods, first those in which a setting does worst by the bounds that it breaks in all of them together.
    fn worst(&self, (point, judged): (&Point, &Judged), periods: &[Period]) -> Vec<(Period, Outcome)> {
        let broken: Vec<usize> = judged.broken_bounds().collect();
        let excess = |period: &Period| {
            let judged = self.judged(point, std::slice::from_ref(period));
            judged.map_or(0.0, |judged| broken.iter().map(|at| judged.excess[*at]).sum::<f64>())
        };
        let outcomes = self.lab.outcomes(point, periods).unwrap_or_default();
        let mut rows: Vec<(f64, (Period, Outcome))> =
            periods.iter().map(excess).zip(periods.iter().copied().zip(outcomes)).collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// The same where both are known already; none where something is missing.
    pub(super) fn judged(&self, point: &Point, periods: &[Period]) -> Option<Judged> {
        let own = self.lab.outcomes(point, periods)?;
        Some(self.judge.judge((&own, &self.lab.outcomes(self.as_is, periods)?), periods))
    }
}
