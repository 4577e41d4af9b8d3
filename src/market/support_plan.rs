//! Support plans of the providers: a share of the month's bill, and a least amount.

use super::error::nearest;
use super::sources::Sources;
use super::{MarketError, Origin, Provider, Tier};
use crate::units::Money;

/// What a support plan costs a calendar month: the shares of the bill or the minimum, whichever is more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportPlan {
    /// `business`, as a scenario writes it.
    pub name: &'static str,
    /// The service as bills name it.
    pub service: &'static str,
    /// USD a calendar month at least.
    pub minimum: Money,
    /// Of each USD of the month's bill, by how many USD it has: at least one, the first above 0, ascending.
    pub shares: Vec<Tier>,
    /// Where it is from.
    pub origin: Origin,
}

/// Plans by provider and name.
pub(super) struct SupportPlans {
    rows: Vec<(Provider, [&'static str; 4])>,
}

impl SupportPlans {
    pub(super) fn parse(text: &'static str) -> Self {
        let row = |line: &'static str| {
            let [provider, plan, minimum, shares, source] = line.split(',').collect::<Vec<_>>()[..] else {
                return None;
            };
            let provider = if provider == "aws" { Provider::Aws } else { Provider::Gcp };
            Some((provider, [plan, minimum, shares, source]))
        };
        SupportPlans { rows: text.lines().skip(1).filter_map(row).collect() }
    }

    /// The names of a provider's plans, the cheapest first.
    pub(super) fn names(&self, provider: Provider) -> impl Iterator<Item = &'static str> + '_ {
        self.rows.iter().filter(move |(whose, _)| *whose == provider).map(|(_, [name, ..])| *name)
    }

    /// The plan called `name`: case, blanks and dashes do not count, and a plus is one.
    pub(super) fn plan(&self, provider: Provider, name: &str, sources: &Sources) -> Result<SupportPlan, MarketError> {
        let plain = |name: &str| -> String {
            let words = name.to_lowercase().replace('+', "plus");
            words.chars().filter(|c| c.is_ascii_alphanumeric()).collect()
        };
        let unknown = || MarketError::Item { found: name.to_owned(), nearest: nearest(name, self.names(provider)) };
        let fits = |(whose, [known, ..]): &&(Provider, [&str; 4])| *whose == provider && plain(known) == plain(name);
        let (_, [name, minimum, shares, source]) = self.rows.iter().find(fits).ok_or_else(unknown)?;
        Ok(SupportPlan {
            name,
            service: if provider == Provider::Aws { "AWS Support" } else { "Google Cloud Support" },
            minimum: Money::from_usd(minimum.parse().map_err(|_| unknown())?),
            shares: super::fixed::tiers(shares).ok_or_else(unknown)?,
            origin: sources.origin(source),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;

    #[test]
    fn every_plan_can_be_read_and_is_found_as_people_write_it() {
        for provider in [Provider::Aws, Provider::Gcp] {
            for name in Catalog::shipped().support_plans(provider) {
                let plan = Catalog::shipped().support_plan(provider, name).unwrap();
                assert!(plan.minimum > Money::ZERO && plan.shares[0].above == 0, "{name}");
                assert!(plan.shares.is_sorted_by(|a, b| a.above < b.above && a.net > b.net), "{name}");
                assert!(plan.origin.date != "undated", "{name}");
            }
        }
        let found = |name| Catalog::shipped().support_plan(Provider::Aws, name).map(|plan| plan.name);
        assert_eq!(found("Business Support+").unwrap_err().suggestion(), None);
        assert_eq!([found("Business+"), found("enterprise-on-ramp")], [Ok("businessPlus"), Ok("enterpriseOnRamp")]);
        assert_eq!(found("busines").unwrap_err().suggestion(), Some("business"));
        assert!(found("premium").is_err(), "Google's");
    }
}
