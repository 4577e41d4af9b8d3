//! Replications together.

use super::{Estimate, Figures, History};

/// The figures of some replications, in order of their numbers, and the story of number 0 if it is one of them.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    figures: Vec<Figures>,
    history: Option<History>,
}

impl Runs {
    /// Replications in any order, with the story of number 0.
    ///
    /// # Panics
    ///
    /// If two have the same number.
    pub fn new(mut figures: Vec<Figures>, history: Option<History>) -> Self {
        figures.sort_by_key(|figures| figures.replication);
        let twice = figures.windows(2).any(|pair| pair[0].replication == pair[1].replication);
        assert!(!twice, "a replication is counted once");
        Runs { figures, history }
    }

    /// These and those of another part of the same study: the same whatever the order in which parts are merged.
    ///
    /// # Panics
    ///
    /// If both have a replication.
    pub fn merged(self, other: Runs) -> Self {
        let figures = self.figures.into_iter().chain(other.figures).collect();
        Runs::new(figures, self.history.or(other.history))
    }

    /// The figures, in order.
    pub fn figures(&self) -> &[Figures] {
        &self.figures
    }
    /// The story of replication 0.
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.figures.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }
    /// What the replications say about a figure.
    pub fn over(&self, value: impl Fn(&Figures) -> f64) -> Estimate {
        Estimate::of(self.figures.iter().map(value))
    }
    /// The share of the replications for which something is so, 0..=1; 0 without any.
    pub fn share(&self, is_so: impl Fn(&Figures) -> bool) -> f64 {
        self.figures.iter().filter(|figures| is_so(figures)).count() as f64 / self.figures.len().max(1) as f64
    }
}
