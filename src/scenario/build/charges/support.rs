//! The provider's support plan: what it costs is computed when the books are closed, for it is a share of all the rest.

use super::standing::{Line, MOST};
use crate::cost::{Basis, ChargeKind, Payer, PriceType, Support, Tier, Unit, UnitPrice};
use crate::market::{Catalog, Origin, Provider, SupportPlan};
use crate::scenario::build::scene::Scene;
use crate::scenario::file::SupportTerms;
use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::units::Money;
use crate::world::Billing;

/// Plans that Amazon no longer sells from 2027 on.
const OLD_PLANS: [&str; 3] = ["developer", "business", "enterpriseOnRamp"];
/// 2027-01-01.
const OLD_PLANS_END: i64 = 1_798_761_600;

/// Declares what the scenario's support plan may cost.
pub(super) fn add(scene: &Scene<'_>, billing: &mut Billing, issues: &mut Issues) {
    let Some(written) = &scene.file.support else { return };
    let Some(plan) = plan(scene, &written.0, issues) else { return };
    let end = scene.start.at.as_second() + scene.span.as_secs();
    if OLD_PLANS.contains(&plan.name) && end > OLD_PLANS_END {
        let message = format!("AWS ends the plan {} on 2027-01-01: it is priced as if it went on", plan.name);
        issues
            .push(Issue::warning("support.plan", message).with_help("its successors are businessPlus and enterprise"));
    }
    let mut item = |sku: &str, name: String, unit, tiers| {
        let price = UnitPrice { unit, price_type: PriceType::OnDemand, tiers, origin: plan.origin.clone() };
        let (kind, resource) = (ChargeKind::Support, format!("support plan {}", plan.name));
        let line = Line { kind, service: plan.service, sku, name: &name, resource: &resource, payer: Payer::Cluster };
        billing.add(line.at(scene.region, price), 0)
    };
    let least = vec![Tier { above: 0, list: plan.minimum, net: plan.minimum }];
    let name = |what: &str| format!("{} support: {what}", plan.name);
    let usd = Unit { name: "USD", basis: Basis::Count };
    let months = Unit { name: "Months", basis: Basis::Month };
    let share = item("support.share", name("share of the month's bill"), usd, plan.shares.clone());
    let least = item("support.minimum", name("up to the month's minimum"), months, least);
    billing.support = Some(Support { share, least });
}

/// The plan as it is listed, with what the scenario says otherwise.
fn plan(scene: &Scene<'_>, written: &SupportTerms, issues: &mut Issues) -> Option<SupportPlan> {
    let catalog = Catalog::shipped();
    let minimum = written.minimum_usd.filter(|usd| !(0.0..=MOST).contains(usd));
    if let Some(usd) = minimum {
        let message = format!("found {usd}, expected USD a month, at least 0");
        issues.push(Issue::error("support.minimumUsd", message));
    }
    let name = written.plan.as_deref().unwrap_or_default();
    let mut plan = match catalog.support_plan(scene.provider, name) {
        Ok(plan) => plan,
        Err(_) => {
            let names: Vec<&str> = catalog.support_plans(scene.provider).collect();
            let whose = if scene.provider == Provider::Aws { "AWS" } else { "Google Cloud" };
            let message = match &written.plan {
                Some(name) => format!("{whose} has no support plan `{name}`"),
                None => "found no plan".to_owned(),
            };
            let meant = did_you_mean(name, names.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
            let help = meant.unwrap_or_else(|| format!("there are {}", names.join(", ")));
            issues.push(Issue::error("support.plan", message).with_help(help));
            return None;
        }
    };
    if let Some(usd) = written.minimum_usd {
        plan.minimum = Money::from_usd(usd);
    }
    if let Some(percent) = written.percent {
        let share = Money::from_usd(percent.0);
        plan.shares = vec![Tier { above: 0, list: share, net: share }];
    }
    if written.minimum_usd.is_some() || written.percent.is_some() {
        plan.origin = Origin::listed("scenario", "as agreed");
    }
    minimum.is_none().then_some(plan)
}
