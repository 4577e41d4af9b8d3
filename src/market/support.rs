//! How long EKS and GKE support a version of Kubernetes, and what a cluster's hour costs by then.

use super::{FixedPrice, MarketError, PriceBook, Provider};
use jiff::civil::{Date, date};

/// Where a version of Kubernetes stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SupportPhase {
    /// Standard support.
    Standard,
    /// Extended support, at a higher price.
    Extended,
    /// Past extended support: the provider upgrades the control plane by itself, to the oldest version that it still supports. A
    /// simulation that goes on with the old version is paid as extended support.
    Past,
}

impl SupportPhase {
    /// The item of an EKS control plane's hour: the whole price, not a surcharge.
    pub const fn item(self) -> &'static str {
        match self {
            SupportPhase::Standard => "eks_control_plane_hour",
            SupportPhase::Extended | SupportPhase::Past => "eks_extended_support_hour",
        }
    }
}

/// The support of one version of Kubernetes on EKS or GKE. An end is the first day without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionSupport {
    /// The minor version: 28 of 1.28.
    pub minor: u32,
    /// The end of standard support, some 14 months after the release.
    pub standard_until: Date,
    /// The end of extended support: on EKS 12 months later, on GKE 24 months after the release.
    pub extended_until: Date,
}

/// Source: docs.aws.amazon.com "Amazon EKS Kubernetes release calendar", as of 2026-04.
const EKS: [VersionSupport; 8] = [
    of(28, date(2024, 11, 26), date(2025, 11, 26)),
    of(29, date(2025, 3, 23), date(2026, 3, 23)),
    of(30, date(2025, 7, 23), date(2026, 7, 23)),
    of(31, date(2025, 11, 26), date(2026, 11, 26)),
    of(32, date(2026, 3, 23), date(2027, 3, 23)),
    of(33, date(2026, 7, 29), date(2027, 7, 29)),
    of(34, date(2026, 12, 2), date(2027, 12, 2)),
    of(35, date(2027, 3, 27), date(2028, 3, 27)),
];

/// Source: Google's release schedule by endoflife.date (endoflife-date/endoflife.date 00fa52a, 2026-02): the end of standard support,
/// and 24 months from the day on which a version came to the Regular channel, which is how long extended support is
/// promised at most.
const GKE: [VersionSupport; 8] = [
    of(28, date(2025, 2, 4), date(2025, 12, 4)),
    of(29, date(2025, 4, 12), date(2026, 1, 26)),
    of(30, date(2025, 9, 30), date(2026, 7, 31)),
    of(31, date(2026, 1, 16), date(2026, 10, 25)),
    of(32, date(2026, 4, 11), date(2027, 2, 11)),
    of(33, date(2026, 8, 3), date(2027, 6, 3)),
    of(34, date(2026, 10, 1), date(2027, 9, 30)),
    of(35, date(2027, 4, 11), date(2028, 2, 11)),
];

const fn of(minor: u32, standard_until: Date, extended_until: Date) -> VersionSupport {
    VersionSupport { minor, standard_until, extended_until }
}

const fn calendar(provider: Provider) -> [VersionSupport; 8] {
    match provider {
        Provider::Aws => EKS,
        Provider::Gcp => GKE,
    }
}

impl VersionSupport {
    /// The calendar of a version such as `1.28` or `v1.28.5`; nothing for versions that are not in it.
    pub fn of(provider: Provider, version: &str) -> Option<VersionSupport> {
        let (major, rest) = version.trim_start_matches('v').split_once('.')?;
        let minor: u32 = rest.split(['.', '-', '+']).next()?.parse().ok()?;
        calendar(provider).into_iter().find(|row| major == "1" && row.minor == minor)
    }
    /// The oldest version that is still supported on `day`; nothing for days that the calendar does not reach.
    pub fn oldest(provider: Provider, day: Date) -> Option<VersionSupport> {
        calendar(provider).into_iter().find(|row| day < row.extended_until)
    }
    /// Where the version stands on `day`.
    pub fn phase(&self, day: Date) -> SupportPhase {
        match day {
            _ if day < self.standard_until => SupportPhase::Standard,
            _ if day < self.extended_until => SupportPhase::Extended,
            _ => SupportPhase::Past,
        }
    }
}

/// What an hour of an EKS control plane of `support`'s version costs on `day`.
///
/// Errors: as [`PriceBook::fixed_price`].
pub fn eks_price(
    prices: &dyn PriceBook,
    region: &str,
    support: &VersionSupport,
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
            let support = VersionSupport::of(Provider::Aws, version).unwrap();
            eks_price(Catalog::shipped(), "eu-west-1", &support, day).unwrap().net()
        };
        assert_eq!(cost("1.34", date(2026, 12, 1)), Money::from_usd(0.1));
        assert_eq!(cost("1.34", date(2026, 12, 2)), Money::from_usd(0.6));
        assert_eq!(cost("v1.28.5-eks-a1b2c3", date(2026, 12, 1)), Money::from_usd(0.6));
        assert_eq!(VersionSupport::of(Provider::Aws, "1.28").unwrap().phase(date(2026, 12, 1)), SupportPhase::Past);
    }

    #[test]
    fn gke_has_a_calendar_of_its_own() {
        let support = VersionSupport::of(Provider::Gcp, "1.34.4-gke.1047000").unwrap();
        assert_eq!(support.phase(date(2026, 9, 30)), SupportPhase::Standard);
        assert_eq!(support.phase(date(2026, 10, 1)), SupportPhase::Extended);
        for row in GKE.iter().chain(&EKS) {
            assert!(row.standard_until < row.extended_until, "{row:?}");
        }
    }

    #[test]
    fn versions_outside_of_the_calendar_are_not_guessed() {
        assert_eq!(VersionSupport::of(Provider::Aws, "1.27"), None);
        assert_eq!(VersionSupport::of(Provider::Aws, "1.99"), None);
        assert_eq!(VersionSupport::of(Provider::Aws, "latest"), None);
        assert_eq!(VersionSupport::oldest(Provider::Aws, date(2026, 12, 1)).unwrap().minor, 32);
        assert_eq!(VersionSupport::oldest(Provider::Aws, date(2030, 1, 1)), None);
    }
}
