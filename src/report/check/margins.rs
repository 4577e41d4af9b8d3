//! Differences that nobody would act on.

use super::thresholds::{canonical, unknown};
use crate::report::Unit;
use crate::report::figures::Figure;
use crate::scenario::issue::Issue;
use std::collections::BTreeMap;

/// How much worse a figure may be before it is worth a word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Margins {
    /// A share of the baseline's value for all figures; each kind of figure has its own where this is absent.
    pub all: Option<f64>,
    /// A share for single ones, by metric or by key.
    pub single: BTreeMap<String, f64>,
}

impl Margins {
    /// A share for what is called so, as thresholds call it.
    pub fn set(&mut self, figure: &str, share: f64) {
        self.single.insert(canonical(figure), share);
    }

    /// Names that none of these figures has, each with the nearest.
    pub(super) fn unknown(&self, figures: &[Figure<'_>]) -> Vec<Issue> {
        let is_known = |name: &str| figures.iter().any(|figure| figure.metric == name || figure.key() == name);
        let names = self.single.keys().filter(|name| !is_known(name));
        names.map(|name| unknown("--margin", name, name, figures)).collect()
    }

    /// For a figure with this key and metric whose baseline is `base`: a share of it, but never less than what rounds away
    /// when such figures are read (a dollar per month, a millisecond, a tenth of a percentage point).
    pub(super) fn of(&self, (key, metric, unit): (&str, &str, Unit), base: f64) -> f64 {
        let (share, least) = default(metric, unit);
        let single = self.single.get(key).or_else(|| self.single.get(metric));
        f64::max(single.copied().or(self.all).unwrap_or(share) * base.abs(), least)
    }
}

/// The share of the baseline, and the least difference in the figure's unit.
fn default(metric: &str, unit: Unit) -> (f64, f64) {
    if metric == "apdex" {
        return (0.01, 0.005);
    }
    match unit {
        Unit::Usd | Unit::UsdPerMonth => (0.01, 1.0),
        Unit::KgPerMonth => (0.02, 0.1),
        Unit::Milliseconds => (0.02, 1.0),
        Unit::Ratio => (0.02, 0.001),
        Unit::Seconds => (0.1, 10.0),
        Unit::Hours => (0.1, 0.1),
        Unit::Count => (0.1, 0.5),
        Unit::PerHour | Unit::PerSecond => (0.1, 0.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rule_counts_and_small_things_have_a_least_one() {
        let mut margins = Margins::default();
        let cost = ("costUsdPerMonth", "costUsdPerMonth", Unit::UsdPerMonth);
        let route = ("latencyMsP95{route:/a}", "latencyMsP95", Unit::Milliseconds);
        assert_eq!((margins.of(cost, 500.0), margins.of(cost, 3.0)), (5.0, 1.0));
        assert_eq!(margins.of(route, 200.0), 4.0);
        margins.all = Some(0.1);
        margins.single.insert("latencyMsP95".to_owned(), 0.2);
        assert_eq!((margins.of(cost, 500.0), margins.of(route, 200.0)), (50.0, 40.0));
        margins.single.insert(route.0.to_owned(), 0.0);
        assert_eq!(margins.of(route, 200.0), 1.0);
    }
}
