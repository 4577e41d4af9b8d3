//! What a service's callers see of it, and what their budget lets them try again.

use super::profile::{Retries, ServiceProfile};

/// A service as those see it who call it.
#[derive(Clone, Debug)]
pub(super) struct Callee {
    /// The calls of it, by number.
    pub(super) nodes: Vec<usize>,
    pub(super) retries: Option<Retries>,
    pub(super) patience_s: f64,
    /// Whether its threads are few, and held while it calls others.
    pub(super) holds_threads: bool,
    /// Retries that may be made at once.
    tokens: f64,
    /// The share of wanted retries that the budget allows.
    granted: f64,
    /// The share of visits that fail for the service's own reasons, and of those the share turned away at once.
    pub(super) failed: f64,
    pub(super) rejected: f64,
    /// Visits worked on over those that arrived.
    pub(super) passed: f64,
    pub(super) load: f64,
    pub(super) is_quiet: bool,
}

/// How a service's callers try again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trying {
    /// The policy, if there is one.
    pub retries: Option<Retries>,
    /// The share of wanted retries that the budget allows, 0..=1.
    pub granted: f64,
    /// The share of the service's own failures that are known at once, 0..=1; the others take the clients' patience.
    pub rejected: f64,
    /// The clients' patience in seconds; may be infinite.
    pub patience_s: f64,
}

impl Callee {
    pub(super) fn new(profile: &ServiceProfile) -> Callee {
        Callee {
            nodes: Vec::new(),
            retries: profile.retries,
            patience_s: profile.timeout.map_or(f64::INFINITY, |timeout| timeout.after_s),
            holds_threads: false,
            tokens: Retries::FIRST_TOKENS,
            granted: 1.0,
            failed: 0.0,
            rejected: 0.0,
            passed: 1.0,
            load: 0.0,
            is_quiet: true,
        }
    }

    pub(super) fn trying(&self) -> Trying {
        let Callee { retries, granted, rejected, patience_s, .. } = *self;
        Trying { retries, granted, rejected, patience_s }
    }

    /// Attempts per call when this share of them fails.
    pub(super) fn tries(&self, failing: f64) -> f64 {
        self.retries.map_or(1.0, |retries| geometric(failing * self.granted, retries.most))
    }

    /// How many of the retries that are wanted a part of a step can have; `calls` are first attempts per second and the
    /// share of attempts that fail.
    pub(super) fn grant(&mut self, calls: &[(f64, f64)], span_s: f64) {
        let Some(retries) = self.retries.filter(|retries| retries.most > 0) else { return };
        let (mut wanted, mut first) = (0.0, 0.0);
        for (attempts, failing) in calls {
            wanted += attempts * failing * geometric(failing * self.granted, retries.most - 1);
            first += attempts;
        }
        let there = self.tokens / span_s + retries.budget_share * first;
        let share = if wanted > there { there / wanted } else { 1.0 };
        // What was wanted depends on what was granted: half of the way does not swing.
        self.granted = (self.granted + share) / 2.0;
    }

    /// Books a part's first attempts and retries per second.
    pub(super) fn settle(&mut self, first: f64, retried: f64, span_s: f64) {
        let Some(retries) = self.retries else { return };
        let tokens = self.tokens + (retries.budget_share * first - retried) * span_s;
        self.tokens = tokens.clamp(0.0, Retries::MOST_TOKENS);
    }
}

/// 1 + x + ... + x^most.
pub(super) fn geometric(x: f64, most: u32) -> f64 {
    let terms = f64::from(most) + 1.0;
    if x >= 1.0 - 1e-9 { terms } else { (1.0 - libm::pow(x, terms)) / (1.0 - x) }
}
