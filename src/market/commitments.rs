//! What commitments cost and save: Reserved Instances, Savings Plans, Google's committed use discounts.
//!
//! Reserved Instances have their list prices (`data/ec2_reserved.csv`), Google's resource-based commitments theirs
//! (`data/gce_resources.csv`). An EC2 Instance Savings Plan costs what the Standard Reserved Instance does. Rates of
//! Compute Savings Plans are estimated from those (`data/commitments.csv`).

use super::error::nearest;
use super::table::Table;
use super::{MarketError, Origin};
use crate::units::PricePerHour;
use std::sync::LazyLock;

/// How long one commits oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermLength {
    /// 365 days.
    OneYear,
    /// Three times 365 days.
    ThreeYears,
}

impl TermLength {
    /// How many hours it has.
    pub const fn hours(self) -> i64 {
        match self {
            TermLength::OneYear => 8760,
            TermLength::ThreeYears => 26_280,
        }
    }
    /// `1y`, `3y`
    pub const fn name(self) -> &'static str {
        match self {
            TermLength::OneYear => "1y",
            TermLength::ThreeYears => "3y",
        }
    }
}

/// When one pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentOption {
    /// By the hour.
    NoUpfront,
    /// Half of it when the term begins.
    PartialUpfront,
    /// All of it when the term begins.
    AllUpfront,
}

impl PaymentOption {
    /// As AWS names them, without spaces.
    pub const ALL: [(&'static str, PaymentOption); 3] = [
        ("noUpfront", PaymentOption::NoUpfront),
        ("partialUpfront", PaymentOption::PartialUpfront),
        ("allUpfront", PaymentOption::AllUpfront),
    ];
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            PaymentOption::NoUpfront => "noUpfront",
            PaymentOption::PartialUpfront => "partialUpfront",
            PaymentOption::AllUpfront => "allUpfront",
        }
    }
    /// The part of all that is paid which is paid upfront, in halves.
    pub const fn upfront_halves(self) -> i64 {
        match self {
            PaymentOption::NoUpfront => 0,
            PaymentOption::PartialUpfront => 1,
            PaymentOption::AllUpfront => 2,
        }
    }
    const fn column(self, term: TermLength) -> &'static str {
        match (term, self) {
            (TermLength::OneYear, PaymentOption::NoUpfront) => "1y_no_upfront",
            (TermLength::OneYear, PaymentOption::PartialUpfront) => "1y_partial_upfront",
            (TermLength::OneYear, PaymentOption::AllUpfront) => "1y_all_upfront",
            (TermLength::ThreeYears, PaymentOption::NoUpfront) => "3y_no_upfront",
            (TermLength::ThreeYears, PaymentOption::PartialUpfront) => "3y_partial_upfront",
            (TermLength::ThreeYears, PaymentOption::AllUpfront) => "3y_all_upfront",
        }
    }
}

/// How long, and how it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bargain {
    /// How long.
    pub term: TermLength,
    /// How it is paid.
    pub payment: PaymentOption,
}

/// A rate with what it was found from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedRate {
    /// Per hour of one unit, with what is paid upfront spread over the term.
    pub rate: PricePerHour,
    /// Where it is from.
    pub origin: Origin,
}

/// What an hour of a vCPU and of a GiB of memory costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourcePrices {
    /// A vCPU.
    pub vcpu: PricePerHour,
    /// A GiB.
    pub gib: PricePerHour,
}

/// The shipped tables.
pub struct CommitmentRates {
    reserved: Table,
    resources: Table,
    factors: Table,
}

const RESERVED_DATE: &str = "2026-05-12";
const RESOURCES_DATE: &str = "2026-07-30";

/// Series whose use a flexible commitment covers: general purpose and compute optimized; no memory optimized ones, no accelerators.
///
/// Source: cloud.google.com/compute/docs/committed-use-discounts/flexible-committed-use-discounts.
const FLEXIBLE: [&str; 16] =
    ["c2", "c2d", "c3", "c3d", "c4", "c4a", "c4d", "e2", "h3", "n1", "n2", "n2d", "n4", "n4a", "n4d", "t2d"];

impl CommitmentRates {
    /// The tables shipped with this release.
    pub fn shipped() -> &'static CommitmentRates {
        static RATES: LazyLock<CommitmentRates> = LazyLock::new(|| CommitmentRates {
            reserved: Table::parse(include_str!("../../data/ec2_reserved.csv")),
            resources: Table::parse(include_str!("../../data/gce_resources.csv")),
            factors: Table::parse(include_str!("../../data/commitments.csv")),
        });
        &RATES
    }

    /// What a Standard Reserved Instance costs an hour; an EC2 Instance Savings Plan has the same rates.
    ///
    /// Errors: an unknown type, or one without a listed rate in the region.
    pub fn reserved(&self, instance_type: &str, region: &str, bargain: Bargain) -> Result<CommittedRate, MarketError> {
        if self.reserved.row(instance_type).is_none() {
            return Err(MarketError::InstanceType {
                found: instance_type.to_owned(),
                nearest: nearest(instance_type, self.reserved.keys()),
            });
        }
        let cell = self.reserved.cell(instance_type, region);
        let figures = cell.and_then(|cell| cell.split_once('/'));
        let figure = figures.map(|(one, three)| if bargain.term == TermLength::OneYear { one } else { three });
        let all_upfront: Option<f64> = figure.and_then(|figure| figure.parse().ok());
        let Some((all_upfront, factor)) = all_upfront.zip(self.factor("reserved_over_all_upfront", bargain)) else {
            return Err(MarketError::NoPrice {
                instance_type: format!("{instance_type} (reserved for {})", bargain.term.name()),
                region: region.to_owned(),
                known: self.known(instance_type),
            });
        };
        // Amazon lists five decimals.
        let rate = PricePerHour::from_usd((all_upfront * factor * 1e5).round() / 1e5);
        Ok(CommittedRate { rate, origin: self.reserved_origin() })
    }

    /// Where the prices of Reserved Instances are from.
    pub fn reserved_origin(&self) -> Origin {
        Origin::listed("AWS list price", RESERVED_DATE)
    }

    /// What a Compute Savings Plan charges for an hour of an instance type that costs `on_demand`; estimated.
    ///
    /// Errors: as [`reserved`](Self::reserved), from whose rate it is estimated.
    pub fn compute_plan(
        &self,
        instance_type: &str,
        region: &str,
        on_demand: PricePerHour,
        bargain: Bargain,
    ) -> Result<CommittedRate, MarketError> {
        let CommittedRate { rate, origin } = self.reserved(instance_type, region, bargain)?;
        let share = self.factor("compute_over_instance_discount", bargain).unwrap_or(0.0);
        let discount = 1.0 - rate.usd() / on_demand.usd().max(1e-9);
        let paid = 1.0 - (discount * share).clamp(0.0, 1.0);
        let origin = origin.estimated("part of the discount of the instance plan, as with c5 and m6a");
        Ok(CommittedRate { rate: on_demand.scaled(paid), origin })
    }

    /// What part of the on-demand price of Fargate's vCPUs and memory a Compute Savings Plan charges, 0 to 1; estimated.
    pub fn fargate_plan(&self, bargain: Bargain) -> f64 {
        self.factor("fargate_over_on_demand", bargain).unwrap_or(1.0)
    }

    /// What resources of a series cost: without a commitment, or committed to for a term.
    ///
    /// Errors: a series or a region that is not listed.
    pub fn resources(
        &self,
        series: &str,
        region: &str,
        term: Option<TermLength>,
    ) -> Result<ResourcePrices, MarketError> {
        let [vcpu, gib] = match term {
            None => ["vcpu", "gb"],
            Some(TermLength::OneYear) => ["vcpu_1y", "gb_1y"],
            Some(TermLength::ThreeYears) => ["vcpu_3y", "gb_3y"],
        };
        let row = format!("{series}@{region}");
        let price = |column| self.resources.cell(&row, column).and_then(|cell| cell.parse().ok());
        match (price(vcpu), price(gib)) {
            (Some(vcpu), Some(gib)) => {
                Ok(ResourcePrices { vcpu: PricePerHour::from_usd(vcpu), gib: PricePerHour::from_usd(gib) })
            }
            _ => Err(self.no_series(series, region)),
        }
    }

    /// Where resource prices are from.
    pub fn resources_origin(&self) -> Origin {
        Origin::listed("Google Cloud list price", RESOURCES_DATE)
    }

    /// The share of the list price that a flexible commitment saves.
    pub fn flexible_discount(&self, term: TermLength) -> f64 {
        let bargain = Bargain { term, payment: PaymentOption::NoUpfront };
        self.factor("google_flexible_discount", bargain).unwrap_or(0.0)
    }

    /// Whether a flexible commitment covers a machine series.
    pub fn is_flexible(series: &str) -> bool {
        FLEXIBLE.contains(&series)
    }

    /// The families of EC2 that can be reserved.
    pub fn reserved_families(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.reserved.keys().map(|name| name.split('.').next().unwrap_or(name))
    }

    /// The series that can be committed to.
    pub fn series(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.resources.keys().map(|row| row.split('@').next().unwrap_or(row))
    }

    /// A figure of `data/commitments.csv`, whether or not it is marked as an estimate.
    fn factor(&self, scheme: &str, bargain: Bargain) -> Option<f64> {
        let cell = self.factors.cell(scheme, bargain.payment.column(bargain.term))?;
        cell.trim_start_matches('~').parse().ok()
    }

    fn known(&self, instance_type: &str) -> String {
        match self.reserved.filled(instance_type).collect::<Vec<_>>() {
            known if known.is_empty() => "it has no known rate anywhere".to_owned(),
            known => format!("it is known in {}", known.join(", ")),
        }
    }

    fn no_series(&self, series: &str, region: &str) -> MarketError {
        if !self.series().any(|known| known == series) {
            let mut known: Vec<&str> = self.series().collect();
            known.dedup();
            let known = format!("series that can be committed to are {}", known.join(", "));
            return MarketError::NoPrice { instance_type: series.to_owned(), region: region.to_owned(), known };
        }
        let regions = self.resources.keys().filter_map(|row| row.split_once('@'));
        let regions: Vec<&str> = regions.filter(|(of, _)| *of == series).map(|(_, region)| region).collect();
        let known = format!("it is known in {}", regions.join(", "));
        MarketError::NoPrice { instance_type: series.to_owned(), region: region.to_owned(), known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_UPFRONT: Bargain = Bargain { term: TermLength::OneYear, payment: PaymentOption::NoUpfront };
    const ALL_UPFRONT: Bargain = Bargain { term: TermLength::OneYear, payment: PaymentOption::AllUpfront };

    #[test]
    fn every_cell_can_be_read() {
        let rates = CommitmentRates::shipped();
        for kind in rates.reserved.keys() {
            for region in rates.reserved.filled(kind) {
                let of = |term| rates.reserved(kind, region, Bargain { term, payment: PaymentOption::NoUpfront });
                assert!(of(TermLength::OneYear).is_ok() || of(TermLength::ThreeYears).is_ok(), "{kind} {region}");
            }
        }
        for row in rates.resources.keys() {
            let (series, region) = row.split_once('@').unwrap();
            let price = rates.resources(series, region, None).unwrap();
            assert!(price.vcpu > price.gib, "{row}");
        }
    }

    #[test]
    fn reserved_instances_have_their_list_prices() {
        let rate = |bargain| CommitmentRates::shipped().reserved("m5.large", "us-east-1", bargain).unwrap().rate;
        assert_eq!(rate(ALL_UPFRONT), PricePerHour::from_usd(0.05639));
        assert_eq!(rate(NO_UPFRONT), PricePerHour::from_usd(0.06042));
    }

    #[test]
    fn a_compute_plan_saves_less_than_one_of_a_family() {
        let on_demand = PricePerHour::from_usd(0.096);
        let rates = CommitmentRates::shipped();
        let compute = rates.compute_plan("m5.large", "us-east-1", on_demand, NO_UPFRONT).unwrap();
        let instance = rates.reserved("m5.large", "us-east-1", NO_UPFRONT).unwrap();
        assert!(instance.rate < compute.rate && compute.rate < on_demand, "{compute:?}");
        assert!(compute.origin.estimated.is_some() && instance.origin.estimated.is_none());
    }

    #[test]
    fn fargate_is_cheaper_the_longer_and_the_earlier_it_is_paid() {
        let mut paid = Vec::new();
        for term in [TermLength::OneYear, TermLength::ThreeYears] {
            paid.extend(
                PaymentOption::ALL
                    .map(|(_, payment)| CommitmentRates::shipped().fargate_plan(Bargain { term, payment })),
            );
        }
        assert_eq!((paid[0], paid[3]), (0.8, 0.55));
        assert!(paid.is_sorted_by(|a, b| a > b), "{paid:?}");
    }

    #[test]
    fn what_is_not_listed_says_what_is() {
        let rates = CommitmentRates::shipped();
        let error = |series, region| rates.resources(series, region, None).unwrap_err().to_string();
        assert!(error("m9", "us-central1").contains("e2"), "{}", error("m9", "us-central1"));
        assert!(error("n2", "moon").contains("us-central1"));
        assert!(rates.reserved("m5.larg", "us-east-1", NO_UPFRONT).unwrap_err().to_string().contains("m5.large"));
    }
}
