//! How long EKS supports a version of Kubernetes, and what a cluster's hour costs by then.

use super::{FixedPrice, MarketError, PriceBook};
use jiff::civil::{Date, date};

/// Where a version of Kubernetes stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportPhase {
    /// Standard support.
    Standard,
    /// Extended support, at a higher price.
    Extended,
    /// Past extended support: EKS upgrades the control plane by itself, to the oldest version that it still supports. A
    /// simulation that goes on with the old version is paid as extended support.
    Past,
}

impl SupportPhase {
    /// The item of the control plane's hour: the whole price, not a surcharge.
    pub const fn item(self) -> &'static str {
        match self {
            SupportPhase::Standard => "eks_control_plane_hour",
            SupportPhase::Extended | SupportPhase::Past => "eks_extended_support_hour",
        }
    }
}

/// The support of one version of Kubernetes on EKS. An end is the first day without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EksSupport {
    /// The minor version: 28 of 1.28.
    pub minor: u32,
    /// The end of standard support, 14 months after the release.
    pub standard_until: Date,
    /// The end of extended support, 12 months later.
    pub extended_until: Date,
}

/// Source: docs.aws.amazon.com "Amazon EKS Kubernetes release calendar", as of 2026-04.
const EKS: [EksSupport; 8] = [
    eks(28, date(2024, 11, 26), date(2025, 11, 26)),
    eks(29, date(2025, 3, 23), date(2026, 3, 23)),
    eks(30, date(2025, 7, 23), date(2026, 7, 23)),
    eks(31, date(2025, 11, 26), date(2026, 11, 26)),
    eks(32, date(2026, 3, 23), date(2027, 3, 23)),
    eks(33, date(2026, 7, 29), date(2027, 7, 29)),
    eks(34, date(2026, 12, 2), date(2027, 12, 2)),
    eks(35, date(2027, 3, 27), date(2028, 3, 27)),
];

const fn eks(minor: u32, standard_until: Date, extended_until: Date) -> EksSupport {
    EksSupport { minor, standard_until, extended_until }
}

impl EksSupport {
    /// The calendar of a version such as `1.28` or `v1.28.5`; nothing for versions that are not in it.
    pub fn of(version: &str) -> Option<EksSupport> {
        let (major, rest) = version.trim_start_matches('v').split_once('.')?;
        let minor: u32 = rest.split(['.', '-', '+']).next()?.parse().ok()?;
        EKS.into_iter().find(|row| major == "1" && row.minor == minor)
    }
    /// The oldest version that is still supported on `day`; nothing for days that the calendar does not reach.
    pub fn oldest(day: Date) -> Option<EksSupport> {
        EKS.into_iter().find(|row| day < row.extended_until)
    }
    /// Where the version stands on `day`.
    pub fn phase(&self, day: Date) -> SupportPhase {
        match day {
            _ if day < self.standard_until => SupportPhase::Standard,
            _ if day < self.extended_until => SupportPhase::Extended,
            _ => SupportPhase::Past,
        }
    }
    /// The phases of the days from `first` to before `end`, each with its first day.
    pub fn phases(&self, first: Date, end: Date) -> Vec<(Date, SupportPhase)> {
        let changes = [self.standard_until, self.extended_until].into_iter().filter(|day| first < *day && *day < end);
        std::iter::once(first).chain(changes).map(|day| (day, self.phase(day))).collect()
    }
}

/// What an hour of an EKS control plane of `support`'s version costs on `day`.
///
/// Errors: as [`PriceBook::fixed_price`].
pub fn eks_price(
    prices: &dyn PriceBook,
    region: &str,
    support: &EksSupport,
    day: Date,
) -> Result<FixedPrice, MarketError> {
    prices.fixed_price(support.phase(day).item(), region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;
    use crate::units::Money;

    #[test]
    fn a_cluster_costs_six_times_as_much_when_standard_support_has_ended() {
        let cost = |version: &str, day| {
            let support = EksSupport::of(version).unwrap();
            eks_price(Catalog::shipped(), "eu-west-1", &support, day).unwrap().net()
        };
        assert_eq!(cost("1.34", date(2026, 12, 1)), Money::from_usd(0.1));
        assert_eq!(cost("1.34", date(2026, 12, 2)), Money::from_usd(0.6));
        assert_eq!(cost("v1.28.5-eks-a1b2c3", date(2026, 12, 1)), Money::from_usd(0.6));
        assert_eq!(EksSupport::of("1.28").unwrap().phase(date(2026, 12, 1)), SupportPhase::Past);
    }

    #[test]
    fn a_span_has_the_phases_that_it_touches() {
        let support = EksSupport::of("1.34").unwrap();
        let phases = support.phases(date(2026, 12, 1), date(2027, 12, 3));
        assert_eq!(
            phases,
            [
                (date(2026, 12, 1), SupportPhase::Standard),
                (date(2026, 12, 2), SupportPhase::Extended),
                (date(2027, 12, 2), SupportPhase::Past)
            ]
        );
        assert_eq!(support.phases(date(2026, 12, 2), date(2026, 12, 9)).len(), 1);
    }

    #[test]
    fn versions_outside_of_the_calendar_are_not_guessed() {
        assert_eq!(EksSupport::of("1.27"), None);
        assert_eq!(EksSupport::of("1.99"), None);
        assert_eq!(EksSupport::of("latest"), None);
        assert_eq!(EksSupport::oldest(date(2026, 12, 1)).unwrap().minor, 32);
        assert_eq!(EksSupport::oldest(date(2030, 1, 1)), None);
    }
}
