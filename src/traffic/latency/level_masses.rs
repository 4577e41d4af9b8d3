//! Masses on a range of levels: the part of a distribution that is not negligible.

/// What is left out at either end.
pub(super) const NEGLIGIBLE: f64 = 1e-9;

/// Masses on neighbouring levels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LevelMasses {
    pub(super) first: usize,
    pub(super) values: Vec<f64>,
}

impl LevelMasses {
    pub(super) fn end(&self) -> usize {
        self.first + self.values.len()
    }

    /// Pairs of states waiting and mass, for the levels at which all servers are busy.
    pub(super) fn busy(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let levels = self.values.iter().enumerate().map(|(at, mass)| (self.first + at, *mass));
        levels.filter(|(level, _)| *level > 0).map(|(level, mass)| (level - 1, mass))
    }

    /// Makes room for the levels from `first` to below `end`.
    pub(super) fn cover(&mut self, first: usize, end: usize) {
        if self.values.is_empty() {
            self.first = first;
        }
        if first < self.first {
            self.values.splice(0..0, std::iter::repeat_n(0.0, self.first - first));
            self.first = first;
        }
        if end > self.end() {
            self.values.resize(end - self.first, 0.0);
        }
    }

    pub(super) fn widen(&mut self, by: usize) {
        self.cover(self.first.saturating_sub(by).max(1).min(self.first), self.end() + by);
    }

    pub(super) fn add(&mut self, other: &LevelMasses, weight: f64) {
        self.cover(other.first, other.end());
        let from = other.first - self.first;
        self.values[from..].iter_mut().zip(&other.values).for_each(|(mine, theirs)| *mine += weight * theirs);
    }

    /// Whether no level has more or less than in the other by more than this.
    pub(super) fn is_near(&self, other: &LevelMasses, by: f64) -> bool {
        self.differences(other).all(|difference| difference <= by)
    }

    /// By how much the levels differ all together.
    pub(super) fn differs_by(&self, other: &LevelMasses) -> f64 {
        self.differences(other).sum()
    }

    fn differences(&self, other: &LevelMasses) -> impl Iterator<Item = f64> {
        let (from, until) = (self.first.min(other.first), self.end().max(other.end()));
        let mass = |of: &LevelMasses, level: usize| {
            level.checked_sub(of.first).and_then(|at| of.values.get(at)).copied().unwrap_or(0.0)
        };
        (from..until).map(move |level| (mass(self, level) - mass(other, level)).abs())
    }

    /// The deviation in levels of a distribution.
    pub(super) fn deviation(&self) -> f64 {
        let (mut mass, mut sum, mut square) = (0.0, 0.0, 0.0);
        for (at, p) in self.values.iter().enumerate() {
            mass += p;
            sum += p * at as f64;
            square += p * (at as f64) * (at as f64);
        }
        let mean = sum / mass.max(1e-300);
        libm::sqrt((square / mass.max(1e-300) - mean * mean).max(0.0))
    }

    /// Cuts both ends and what rounding made of them; the rest adds up to 1.
    pub(super) fn tidy(&mut self) {
        self.values.iter_mut().for_each(|p| *p = p.max(0.0));
        let beyond = |values: &mut dyn Iterator<Item = &f64>| {
            let mut left = NEGLIGIBLE;
            values
                .take_while(|p| {
                    left -= **p;
                    left >= 0.0
                })
                .count()
        };
        let cut = beyond(&mut self.values.iter().rev());
        self.values.truncate((self.values.len() - cut).max(1));
        let cut = beyond(&mut self.values.iter());
        self.values.drain(..cut.min(self.values.len() - 1));
        self.first += cut;
        let total: f64 = self.values.iter().sum();
        self.values.iter_mut().for_each(|p| *p /= total);
    }

    /// Joins the busy levels two by two.
    pub(super) fn merge(&mut self) {
        let mut joined = LevelMasses::default();
        if self.values.is_empty() {
            return;
        }
        let level = |level: usize| if level == 0 { 0 } else { (level - 1) / 2 + 1 };
        joined.cover(level(self.first), level(self.end() - 1) + 1);
        for (at, mass) in self.values.iter().enumerate() {
            joined.values[level(self.first + at) - joined.first] += mass;
        }
        *self = joined;
    }

    /// Halves the busy levels.
    pub(super) fn split(&mut self) {
        if self.values.is_empty() {
            return;
        }
        let mut halves = LevelMasses::default();
        for (at, mass) in self.values.iter().enumerate() {
            let level = self.first + at;
            if level == 0 {
                halves.cover(0, 1);
                halves.values[0] += mass;
            } else {
                let to = 2 * level - 1;
                halves.cover(if at == 0 { to } else { halves.first }, to + 2);
                halves.values[to - halves.first] += mass / 2.0;
                halves.values[to + 1 - halves.first] += mass / 2.0;
            }
        }
        *self = halves;
    }
}
