//! Commitments over the replications.

use super::Results;
use crate::cost::Part;
use crate::report::{AdvisedCommitment, CommitmentResult, CommitmentsResult, SavingIfUsageFalls};
use crate::study::Figures;
use crate::study::commitments::Advised;

/// What a line's cells add up to, nano-USD.
#[derive(Clone, Copy, Default)]
struct Sums {
    list: i64,
    net: i64,
    effective: i64,
}

impl Results<'_> {
    pub(super) fn commitments(&self) -> Option<CommitmentsResult> {
        let pledges = &self.cast.billing.pledges;
        if pledges.commitments.is_empty() {
            return None;
        }
        let mut names: Vec<&str> = pledges.commitments.iter().map(|pledge| &*pledge.name).collect();
        names.dedup();
        Some(CommitmentsResult {
            coverage: self.share_known(|run| self.coverage(run)),
            commitments: names.into_iter().map(|name| self.commitment(name)).collect(),
        })
    }

    /// Google's resource-based one is two in the ledger, vCPUs and memory; here it is one again.
    fn commitment(&self, name: &str) -> CommitmentResult {
        let pledges = &self.cast.billing.pledges;
        let of_name = |number: u32| pledges.commitments.get(number as usize).is_some_and(|row| &*row.name == name);
        let sum = |run: &Figures, is: fn(Part) -> Option<u32>, value: fn(&Sums) -> i64| {
            let lines = run.lines.iter().filter(|line| is(line.key.part).is_some_and(of_name));
            lines.map(|line| value(&sums(line))).sum::<i64>() as f64 / 1e9
        };
        let effective = |sums: &Sums| sums.effective;
        let (used, unused) =
            (|run: &Figures| sum(run, covered, effective), |run: &Figures| sum(run, unused, effective));
        let rows = || pledges.commitments.iter().zip(&pledges.about).filter(|(row, _)| &*row.name == name);
        let about = rows().next().map(|(_, about)| *about);
        let word = |of: fn(&crate::cost::commitments::Pledge) -> &'static str| about.as_ref().map_or("", of).to_owned();
        CommitmentResult {
            name: name.to_owned(),
            kind: word(|about| about.kind),
            what: rows().map(|(row, _)| row.terms.measure()).collect::<Vec<_>>().join(", "),
            term: word(|about| about.term),
            payment: word(|about| about.payment),
            utilisation: self.share_known(|run| {
                let all = used(run) + unused(run);
                Some(if all > 0.0 { used(run) / all } else { 0.0 })
            }),
            covered_list_usd: self.over(|run| sum(run, covered, |sums| sums.list)),
            net_usd: self.over(|run| sum(run, fee, |sums| sums.net)),
            effective_usd: self.over(|run| used(run) + unused(run)),
            unused_usd: self.over(unused),
        }
    }

    fn coverage(&self, run: &Figures) -> Option<f64> {
        let pledges = &self.cast.billing.pledges;
        let may_be = |item| pledges.usages.iter().any(|(other, usage)| *other == item && usage.is_eligible());
        let (mut all, mut part) = (0.0, 0.0);
        for line in run.lines.iter().filter(|line| may_be(line.key.item)) {
            let list = sums(line).list as f64;
            match line.key.part {
                Part::Covered(_) => (all, part) = (all + list, part + list),
                Part::Tier(_) => all += list,
                _ => {}
            }
        }
        (all > 0.0).then(|| part / all)
    }
}

fn sums(line: &crate::study::figures::LineFigures) -> Sums {
    line.cells.iter().fold(Sums::default(), |sum, cell| Sums {
        list: sum.list + cell.list,
        net: sum.net + cell.net,
        effective: sum.effective + cell.effective,
    })
}

fn covered(part: Part) -> Option<u32> {
    if let Part::Covered(number) = part { Some(number) } else { None }
}
fn unused(part: Part) -> Option<u32> {
    if let Part::Unused(number) = part { Some(number) } else { None }
}
fn fee(part: Part) -> Option<u32> {
    if let Part::Fee(number) = part { Some(number) } else { None }
}

impl From<&Advised> for AdvisedCommitment {
    fn from(advised: &Advised) -> Self {
        let offer = &advised.offer;
        AdvisedCommitment {
            kind: offer.kind.to_owned(),
            what: offer.what.clone(),
            term: offer.term.to_owned(),
            payment: offer.payment.to_owned(),
            amount: offer.bought(advised.units).terms.measure(),
            usd_per_hour: advised.fee.usd(),
            upfront_usd: (offer.upfront * advised.units).usd(),
            saving_usd_per_month: advised.saving_usd_per_month.clone(),
            saves: advised.saves,
            utilisation: advised.utilisation.clone(),
            break_even: advised.break_even,
            if_usage_falls: advised.if_usage_falls.iter().map(fallen).collect(),
            is_estimated: offer.is_estimated,
        }
    }
}

fn fallen((by, saving): &(f64, crate::study::Estimate)) -> SavingIfUsageFalls {
    SavingIfUsageFalls { by: *by, saving_usd_per_month: saving.clone() }
}
