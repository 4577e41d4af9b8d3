//! Which commitment would pay, by the hourly use of all replications.
//!
//! The simulated time stands for the term. Of each offer the amount is chosen that saves most on average, but never more than the
//! replications' fifth percentile of the amount that would have been best for each of them alone: what even a quiet run
//! uses often enough to pay for it.

use super::estimate::Estimate;
use super::figures::{Figures, Grain, LineFigures};
use crate::cost::Part;
use crate::cost::commitments::{Arrangement, Hour, HourCover, Offer, Pledges, Sustained, UNIT_HOUR, Usage};
use crate::units::{HOURS_PER_MONTH, Money};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// An offer that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Advised {
    /// Which.
    pub offer: Offer,
    /// How many units of it.
    pub units: i64,
    /// What it costs an hour, with what is paid upfront spread over the term.
    pub fee: Money,
    /// What it saves in a month of 730 hours, over the replications.
    pub saving_usd_per_month: Estimate,
    /// The share of the replications in which it saves.
    pub saves: f64,
    /// The share of it that is used.
    pub utilisation: Estimate,
    /// The share of it that has to be used for it to cost as much as what it covers.
    pub break_even: f64,
    /// What it saves in a month, if in each hour so much less is used than was simulated; negative where it costs more.
    pub if_usage_falls: Vec<(f64, Estimate)>,
}

/// By which parts usage may fall, in quarters.
const FALLS: [i128; 2] = [1, 2];

/// What nothing covers yet, by hour and usage, of one replication.
struct Uncovered {
    /// Hours that differ, and how often each occurs: every hour stands for itself, so their order does not matter.
    hours: Vec<(Vec<i128>, i64)>,
    /// What that costs, nano-USD.
    cost: i128,
}

/// The offers that pay, those that save most first; what is committed to already has been taken off.
///
/// Cost: about a hundred passes over the hours of all replications per offer, on all threads of the current rayon pool.
pub(crate) fn advise(pledges: &Pledges, figures: &[Figures], grain: Grain) -> Vec<Advised> {
    let usages: Vec<Usage> = pledges.usages.iter().map(|(_, usage)| usage.clone()).collect();
    let of_hours = |hours: Vec<(Vec<i128>, i64)>| {
        let all = hours.iter().map(|(hour, often)| (hour, hour.clone(), *often));
        Uncovered { cost: cost(&usages, all, pledges.sustained), hours }
    };
    let runs: Vec<Uncovered> = figures.iter().map(|run| of_hours(uncovered(pledges, run, grain))).collect();
    let fallen = |run: &Uncovered, quarters: i128| {
        let less = |hour: &[i128]| hour.iter().map(|used| used / 4 * (4 - quarters)).collect();
        of_hours(run.hours.iter().map(|(hour, often)| (less(hour), *often)).collect())
    };
    let fallen = FALLS.map(|quarters| runs.iter().map(|run| fallen(run, quarters)).collect());
    let search = Search { usages: &usages, runs: &runs, fallen, sustained: pledges.sustained };
    let mut rows: Vec<Advised> = pledges.offers.par_iter().filter_map(|offer| search.best(offer)).collect();
    rows.sort_by(|a, b| b.saving_usd_per_month.mean.total_cmp(&a.saving_usd_per_month.mean));
    rows
}

/// What is on demand in each hour; days of a long bill are divided evenly.
fn uncovered(pledges: &Pledges, run: &Figures, grain: Grain) -> Vec<(Vec<i128>, i64)> {
    let hours = usize::try_from(run.span.as_secs() / 3600).unwrap_or(0);
    let mut rows = vec![vec![0; pledges.usages.len()]; hours];
    let is_on_demand = |line: &&LineFigures| matches!(line.key.part, Part::Tier(_));
    for line in run.lines.iter().filter(is_on_demand) {
        for (usage, _) in pledges.usages.iter().enumerate().filter(|(_, (item, _))| *item == line.key.item) {
            for cell in &line.cells {
                let quantity = i128::from(cell.quantity) * (UNIT_HOUR / 1_000_000_000);
                let of_hours = match grain {
                    Grain::Hour => cell.period as usize..cell.period as usize + 1,
                    Grain::Day => cell.period as usize * 24..cell.period as usize * 24 + 24,
                };
                let share = quantity / of_hours.len() as i128;
                rows.iter_mut().take(of_hours.end).skip(of_hours.start).for_each(|row| row[usage] += share);
            }
        }
    }
    let mut often: BTreeMap<Vec<i128>, i64> = BTreeMap::new();
    for row in rows {
        *often.entry(row).or_default() += 1;
    }
    often.into_iter().collect()
}

/// What usage that commitments leave (the second of each) costs on demand, after the discount for sustained use, nano-USD. The
/// third is how many such hours there are.
fn cost<'a>(
    usages: &[Usage],
    hours: impl Iterator<Item = (&'a Vec<i128>, Vec<i128>, i64)>,
    is_sustained: bool,
) -> i128 {
    let mut sustained = is_sustained.then(|| Sustained::new(usages));
    let mut sums = vec![0i128; usages.len()];
    for (used, left, often) in hours {
        sums.iter_mut().zip(&left).for_each(|(sum, quantity)| *sum += quantity * i128::from(often));
        if let Some(sustained) = &mut sustained {
            (0..often).for_each(|_| sustained.add(0, Hour::whole(0).span, used, &left));
        }
    }
    if let Some(sustained) = sustained {
        sums.iter_mut().zip(sustained.saved()).for_each(|(sum, saved)| *sum -= saved.sum());
    }
    let price = |usage: &Usage| i128::from(usage.on_demand.nano_usd());
    let worth = sums.iter().zip(usages).map(|(sum, usage)| sum / 1_000_000 * price(usage));
    worth.sum::<i128>() / (UNIT_HOUR / 1_000_000)
}

impl Uncovered {
    /// How many hours there are.
    fn count(&self) -> f64 {
        self.hours.iter().map(|(_, often)| *often).sum::<i64>() as f64
    }
}

struct Search<'a> {
    usages: &'a [Usage],
    runs: &'a [Uncovered],
    /// The same runs with less usage, by [`FALLS`].
    fallen: [Vec<Uncovered>; FALLS.len()],
    sustained: bool,
}

/// What an amount of an offer does in one replication.
struct Outcome {
    /// Nano-USD over the simulated time.
    saving: i128,
    /// The share of it that is used.
    used: f64,
    /// Nano-USD over the simulated time.
    fees: i128,
}

impl Search<'_> {
    fn best(&self, offer: &Offer) -> Option<Advised> {
        let mut alone: Vec<i64> = self.runs.iter().map(|run| self.best_alone(offer, run)).collect();
        alone.sort_unstable();
        let most = *alone.get((alone.len().saturating_sub(1)) / 20)?;
        let mean = |units: i64| self.runs.iter().map(|run| self.outcome(offer, units, run).saving).sum::<i128>();
        let units = peak(most, mean);
        if units == 0 {
            return None;
        }
        let outcomes = |runs: &[Uncovered]| -> Vec<(Outcome, f64)> {
            runs.iter().map(|run| (self.outcome(offer, units, run), run.count())).collect()
        };
        let monthly =
            |(outcome, hours): &(Outcome, f64)| outcome.saving as f64 / 1e9 * HOURS_PER_MONTH as f64 / hours.max(1.0);
        let saving = |outcomes: &[(Outcome, f64)]| Estimate::of(outcomes.iter().map(monthly));
        let now = outcomes(self.runs);
        let saved = saving(&now);
        let fallen = || FALLS.iter().zip(&self.fallen).map(|(by, runs)| (*by as f64 / 4.0, saving(&outcomes(runs))));
        (saved.mean > 0.0).then(|| Advised {
            offer: offer.clone(),
            units,
            fee: offer.fee * units,
            saves: now.iter().filter(|(outcome, _)| outcome.saving > 0).count() as f64 / now.len().max(1) as f64,
            utilisation: Estimate::of(now.iter().map(|(outcome, _)| outcome.used)).within(0.0, 1.0),
            break_even: break_even(now.iter().map(|(outcome, _)| outcome)),
            if_usage_falls: fallen().collect(),
            saving_usd_per_month: saved,
        })
    }

    /// How much would have been best for one replication.
    fn best_alone(&self, offer: &Offer, run: &Uncovered) -> i64 {
        // More than is ever used saves nothing: doubled until it is not used up.
        let mut most = 1;
        while most < 1 << 40 && self.outcome(offer, most, run).used > 0.01 {
            most *= 2;
        }
        peak(most, |units| self.outcome(offer, units, run).saving)
    }

    fn outcome(&self, offer: &Offer, units: i64, run: &Uncovered) -> Outcome {
        let commitments = [offer.bought(units)];
        let arrangement = Arrangement::new(self.usages, &commitments);
        let mut cover = HourCover::default();
        let (mut fees, mut used, mut capacity) = (0i128, 0f64, 0f64);
        let left = run.hours.iter().map(|(hour, often)| {
            let mut left = hour.clone();
            arrangement.cover(Hour::whole(0), &mut left, &mut cover);
            fees += cover.held[0].fee.nano_usd() * i128::from(*often);
            used += cover.held[0].used as f64 * *often as f64;
            capacity += cover.held[0].capacity as f64 * *often as f64;
            (hour, left, *often)
        });
        let after = cost(self.usages, left, self.sustained);
        Outcome { saving: run.cost - after - fees, used: if capacity > 0.0 { used / capacity } else { 0.0 }, fees }
    }
}

/// The fee over what all of the commitment would save of the on-demand cost, if all of it were used as what is used of it is.
fn break_even<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> f64 {
    let (mut fees, mut used_fees, mut covered) = (0.0, 0.0, 0.0);
    for outcome in outcomes {
        fees += outcome.fees as f64;
        used_fees += outcome.fees as f64 * outcome.used;
        covered += (outcome.saving + outcome.fees) as f64;
    }
    if covered > 0.0 && fees > 0.0 { used_fees / covered } else { 0.0 }
}

/// Where a function that rises and then falls is highest, from 0 to `most`; the least of equals.
fn peak(most: i64, value: impl Fn(i64) -> i128) -> i64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if value(middle) < value(middle + 1) { low = middle + 1 } else { high = middle }
    }
    if value(low) > 0 { low } else { 0 }
}
