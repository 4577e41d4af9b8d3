//! Replications together.

use super::{Estimate, Figures, History, Kind};

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
    /// What they say about a figure of this kind; what is the same in all of them is certain where nothing differs at all.
    pub fn over_kind(&self, kind: Kind, value: impl Fn(&Figures) -> f64) -> Estimate {
        let kind = if self.differ() { kind } else { Kind::Amount };
        Estimate::of_kind(kind, self.figures.iter().map(value))
    }
    /// Whether chance reaches anything: no two replications of a scenario without it differ.
    fn differ(&self) -> bool {
        let differs = |a: &Figures, b: &Figures| {
            (a.events, &a.cluster, &a.entry, &a.charges) != (b.events, &b.cluster, &b.entry, &b.charges)
        };
        self.figures.windows(2).any(|pair| differs(&pair[0], &pair[1]))
    }
    /// The share of the replications for which something is so, 0..=1; 0 without any.
    pub fn share(&self, is_so: impl Fn(&Figures) -> bool) -> f64 {
        self.figures.iter().filter(|figures| is_so(figures)).count() as f64 / self.figures.len().max(1) as f64
    }
}
