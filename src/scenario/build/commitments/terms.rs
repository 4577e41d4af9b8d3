//! An entry of `commitments:`, read.

use super::fees;
use super::rates::{Plan, rate};
use super::reading::{Reading, bargain, kind_name, provider};
use super::usages::FARGATE;
use crate::cost::commitments::{Commitment, Fee, Sku, Spend, Terms, Usage};
use crate::market::{Catalog, CommitmentRates, Provider};
use crate::scenario::file::{self, CommitmentKind as Kind};
use crate::scenario::issue::{Issue, Issues};
use crate::units::PricePerHour;
use std::sync::Arc;

/// Nobody commits to more of anything.
const MOST: i64 = 1_000_000;
const GIB: f64 = (1u64 << 30) as f64;

impl Reading<'_> {
    /// What the entry commits to; nothing if something is wrong with it, which then is an issue.
    pub(super) fn commitments(&self, issues: &mut Issues) -> Vec<Commitment> {
        let before = issues.iter().count();
        self.refuse_the_other_cloud(issues);
        self.refuse_strange_fields(issues);
        let terms = self.terms(issues);
        let hours = self.hours(issues);
        let (Some(terms), Some((begins, hours))) = (terms, hours) else { return Vec::new() };
        let rows = terms.into_iter().filter_map(|terms| {
            let fee = match fees::fee(self, &terms) {
                Ok((upfront, hourly)) => Fee { upfront, hourly, begins, hours },
                Err(issue) => {
                    issues.push(issue);
                    return None;
                }
            };
            Some(Commitment { name: self.entry.name.as_str().into(), account: 0, terms, fee })
        });
        let rows: Vec<Commitment> = rows.collect();
        let refused = issues.iter().skip(before).any(|issue| issue.severity == crate::scenario::issue::Severity::Error);
        if refused { Vec::new() } else { rows }
    }

    fn refuse_the_other_cloud(&self, issues: &mut Issues) {
        let (kind, cloud) = (kind_name(self.entry.kind), self.scene.provider);
        if provider(self.entry.kind) != cloud {
            let [found, here] = match cloud {
                Provider::Aws => ["Google Cloud's", "AWS"],
                Provider::Gcp => ["AWS's", "Google Cloud"],
            };
            let message = format!("found {kind}, which is {found}; the cluster is in {}, on {here}", self.scene.region);
            let help = match cloud {
                Provider::Aws => {
                    "on AWS there are zonalReservedInstance, regionalReservedInstance, ec2InstanceSavingsPlan, computeSavingsPlan"
                }
                Provider::Gcp => "on Google Cloud there are googleResource, googleFlexible",
            };
            issues.push(Issue::error(self.field("kind"), message).with_help(help));
        }
        if let Some(region) = &self.entry.region
            && let Err(error) = Catalog::shipped().provider(region)
        {
            issues.push(Issue::error(self.field("region"), error.to_string()));
        }
    }

    /// Fields that belong to another kind would be read and not used.
    fn refuse_strange_fields(&self, issues: &mut Issues) {
        let entry = self.entry;
        let reserved = matches!(entry.kind, Kind::ZonalReservedInstance | Kind::RegionalReservedInstance);
        let plan = matches!(entry.kind, Kind::Ec2InstanceSavingsPlan | Kind::ComputeSavingsPlan);
        let resource = entry.kind == Kind::GoogleResource;
        let flexible = entry.kind == Kind::GoogleFlexible;
        let rows = [
            ("instanceType", entry.instance_type.is_some(), reserved),
            ("zone", entry.zone.is_some(), entry.kind == Kind::ZonalReservedInstance),
            ("family", entry.family.is_some(), entry.kind == Kind::Ec2InstanceSavingsPlan || resource),
            ("region", entry.region.is_some(), !flexible && entry.kind != Kind::ComputeSavingsPlan),
            ("count", entry.count.is_some(), reserved),
            ("usdPerHour", entry.usd_per_hour.is_some(), plan || flexible),
            ("vcpu", entry.vcpu.is_some(), resource),
            ("memoryGib", entry.memory_gib.is_some(), resource),
            ("upfrontUsd", entry.upfront_usd.is_some(), reserved),
            ("hourlyUsd", entry.hourly_usd.is_some(), reserved || resource),
            ("rates", !entry.rates.is_empty(), plan),
            ("discount", entry.discount.is_some(), flexible),
            ("payment", entry.payment.is_some_and(|payment| payment != file::Payment::NoUpfront), reserved || plan),
        ];
        let kind = kind_name(entry.kind);
        for (name, _, _) in rows.into_iter().filter(|(_, is_there, belongs)| *is_there && !belongs) {
            issues.push(Issue::error(self.field(name), format!("a {kind} has no {name}")));
        }
    }

    /// The first hour and how many there are.
    fn hours(&self, issues: &mut Issues) -> Option<(i64, i64)> {
        let day = |name: &str, value: &Option<String>, issues: &mut Issues| match value {
            Some(day) => match self.period.hour_of(day) {
                Ok(hour) => Some(Some(hour)),
                Err(message) => {
                    issues.push(Issue::error(self.field(name), message));
                    None
                }
            },
            None => Some(None),
        };
        let from = day("from", &self.entry.from, issues)?;
        let until = day("until", &self.entry.until, issues)?;
        let term = bargain(self.entry).term.hours();
        let (begins, ends) = match (from, until) {
            (from, None) => (from.unwrap_or(0), from.unwrap_or(0) + term),
            (None, Some(until)) => (until - term, until),
            (Some(from), Some(until)) => (from, until),
        };
        if ends <= begins {
            let message = "it ends before it begins";
            issues.push(Issue::error(self.field("until"), message));
            return None;
        }
        if let (Some(_), Some(_), Some(_)) = (from, until, self.entry.term)
            && (ends - begins - term).abs() > 48
        {
            let message = format!("from, until and a term of {} do not fit together", bargain(self.entry).term.name());
            issues.push(Issue::error(self.field("term"), message).with_help("leave out until, or term"));
            return None;
        }
        Some((begins, ends - begins))
    }

    fn terms(&self, issues: &mut Issues) -> Option<Vec<Terms>> {
        let region: Arc<str> = self.region().into();
        let terms = match self.entry.kind {
            Kind::ZonalReservedInstance => {
                let instance_type = self.instance_type(issues);
                let zone = self.needed("zone", self.entry.zone.as_deref(), issues);
                let count = self.count(issues);
                vec![Terms::ZonalReserved { instance_type: instance_type?.into(), zone: zone?.into(), count: count? }]
            }
            Kind::RegionalReservedInstance => {
                let (instance_type, count) = (self.instance_type(issues), self.count(issues));
                vec![Terms::RegionalReserved { instance_type: instance_type?.into(), region, count: count? }]
            }
            Kind::Ec2InstanceSavingsPlan => {
                let (family, spend) = (self.family(issues), self.spend(issues));
                vec![Terms::InstanceSavingsPlan { family: family?.into(), region, spend: spend? }]
            }
            Kind::ComputeSavingsPlan => vec![Terms::ComputeSavingsPlan(self.spend(issues)?)],
            Kind::GoogleResource => {
                let series: Option<Arc<str>> = self.series(issues).map(Into::into);
                let vcpu = self.amount("vcpu", self.entry.vcpu, issues)?;
                let memory = self.amount("memoryGib", self.entry.memory_gib, issues)?;
                let (milli, bytes) = ((vcpu * 1000.0).round() as i64, (memory * GIB).round() as i64);
                let series = series?;
                if milli == 0 && bytes == 0 {
                    let message = "expected vcpu, memoryGib or both, above 0";
                    issues.push(Issue::error(self.path.clone(), message));
                }
                vec![
                    Terms::GoogleCores { series: series.clone(), region: region.clone(), milli },
                    Terms::GoogleMemory { series, region, bytes },
                ]
            }
            Kind::GoogleFlexible => vec![Terms::GoogleFlexible(self.spend(issues)?)],
        };
        Some(terms)
    }

    fn needed<'a>(&self, name: &str, value: Option<&'a str>, issues: &mut Issues) -> Option<&'a str> {
        if value.is_none() {
            let message = format!("a {} needs it", kind_name(self.entry.kind));
            issues.push(Issue::error(self.field(name), message));
        }
        value
    }

    fn instance_type(&self, issues: &mut Issues) -> Option<&str> {
        let name = self.needed("instanceType", self.entry.instance_type.as_deref(), issues)?;
        match Catalog::shipped().instance_type(name) {
            Ok(_) => Some(name),
            Err(error) => {
                issues.push(Issue::error(self.field("instanceType"), error.to_string()));
                None
            }
        }
    }

    fn family(&self, issues: &mut Issues) -> Option<&str> {
        let name = self.needed("family", self.entry.family.as_deref(), issues)?;
        let rates = CommitmentRates::shipped();
        if !rates.reserved_families().any(|known| known == name) {
            let message = format!("no rates are known for the family `{name}`");
            issues.push(Issue::error(self.field("family"), message).suggest(name, rates.reserved_families()));
            return None;
        }
        Some(name)
    }

    fn series(&self, issues: &mut Issues) -> Option<&str> {
        let name = self.needed("family", self.entry.family.as_deref(), issues)?;
        match CommitmentRates::shipped().resources(name, self.region(), Some(bargain(self.entry).term)) {
            Ok(_) => Some(name),
            Err(_) if self.entry.hourly_usd.is_some() => Some(name),
            Err(error) => {
                issues.push(Issue::error(self.field("family"), error.to_string()));
                None
            }
        }
    }

    fn count(&self, issues: &mut Issues) -> Option<u32> {
        let count = self.entry.count.unwrap_or(1);
        if !(1..=MOST).contains(&count) {
            let message = format!("found {count}, expected 1 to {MOST}");
            issues.push(Issue::error(self.field("count"), message));
            return None;
        }
        u32::try_from(count).ok()
    }

    fn amount(&self, name: &str, value: Option<f64>, issues: &mut Issues) -> Option<f64> {
        let value = value.unwrap_or(0.0);
        if !(0.0..=MOST as f64).contains(&value) {
            issues.push(Issue::error(self.field(name), format!("found {value}, expected 0 to {MOST}")));
            return None;
        }
        Some(value)
    }

    fn spend(&self, issues: &mut Issues) -> Option<Spend> {
        let Some(usd) = self.entry.usd_per_hour else {
            let message = format!("a {} needs it: what is committed to, USD per hour", kind_name(self.entry.kind));
            issues.push(Issue::error(self.field("usdPerHour"), message));
            return None;
        };
        let usd = self.amount("usdPerHour", Some(usd), issues)?;
        if usd == 0.0 {
            issues.push(Issue::error(self.field("usdPerHour"), "found 0, expected more"));
        }
        for (name, rate) in &self.entry.rates {
            if !FARGATE.contains(&name.as_str())
                && let Err(error) = Catalog::shipped().instance_type(name)
            {
                issues.push(Issue::error(self.field(&format!("rates.{name}")), error.to_string()));
            }
            self.amount(&format!("rates.{name}"), Some(*rate), issues);
        }
        let discount = self.entry.discount;
        if let Some(discount) = discount.filter(|discount| !(0.0..1.0).contains(discount)) {
            let message = format!("found {discount}, expected a share from 0 to below 1");
            issues.push(Issue::error(self.field("discount"), message));
        }
        let rates = self.usages.iter().map(|usage| self.rate(usage)).collect();
        Some(Spend { hourly: PricePerHour::from_usd(usd), rates })
    }

    /// What a unit of usage takes of the hourly commitment; none where it has no rate.
    fn rate(&self, usage: &Usage) -> Option<PricePerHour> {
        if let Sku::Ec2(kind) | Sku::Fargate(kind) = &usage.sku
            && let Some(rate) = self.entry.rates.get(&**kind)
        {
            return Some(PricePerHour::from_usd(*rate));
        }
        let family = self.entry.family.as_deref();
        let plan = Plan { kind: self.entry.kind, family, bargain: bargain(self.entry), discount: self.entry.discount };
        rate(&plan, usage)
    }
}
