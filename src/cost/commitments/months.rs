//! Sustained use over the months of a bill.

use super::resource::Resource;
use super::sustained::{Block, Tiers, at_full_price};
use super::terms::Usage;
use crate::cost::hourly::Hourly;
use std::collections::BTreeMap;

/// A usage in a pool.
struct Member {
    usage: usize,
    pool: usize,
    /// Of a unit.
    size: i64,
}

/// Collects what nothing covers, and says what sustained use saves of it.
///
/// A month is as long as what is simulated of it: the simulated time stands for the month that it lies in.
pub struct Sustained {
    /// Resources, each stacked on itself.
    pools: Vec<(Resource, Tiers)>,
    members: Vec<Member>,
    usages: usize,
    /// By month: its length, each pool's blocks, each hour's quantities by member.
    months: BTreeMap<usize, Month>,
}

#[derive(Default)]
struct Month {
    nanos: i64,
    blocks: Vec<Vec<Block>>,
    hours: Vec<Vec<i128>>,
}

impl Sustained {
    /// For these usages; those of series without such a discount, and spot, are left out.
    pub fn new(usages: &[Usage]) -> Self {
        let (mut pools, mut members): (Vec<(Resource, Tiers)>, Vec<Member>) = (Vec::new(), Vec::new());
        for (usage, used) in usages.iter().enumerate() {
            let Some((pool, size)) = Resource::of_usage(used) else { continue };
            let Some(tiers) = Tiers::of(&pool.series) else { continue };
            let at = pools.iter().position(|(other, _)| *other == pool).unwrap_or_else(|| {
                pools.push((pool, tiers));
                pools.len() - 1
            });
            members.push(Member { usage, pool: at, size });
        }
        Sustained { pools, members, usages: usages.len(), months: BTreeMap::new() }
    }

    /// Adds an hour of `span` nanoseconds: what there was of each usage, and what of that commitments `left`.
    ///
    /// A commitment takes some of the resource for the whole hour: what is left of a machine is lower, not shorter.
    pub fn add(&mut self, month: usize, span: i64, used: &[i128], left: &[i128]) {
        let month = self.months.entry(month).or_default();
        month.nanos += span;
        month.blocks.resize_with(self.pools.len(), Vec::new);
        month.hours.push(self.members.iter().map(|member| left[member.usage]).collect());
        let mut heights = vec![0i64; self.pools.len()];
        // Whole machines are below those that ran for a part of the hour.
        let unit = i128::from(span.max(1)) * 1_000_000;
        let mut pile = |member: &Member, machines: i128, time: i128| {
            let (used, left) = (used[member.usage].max(1) >> 20, left[member.usage] >> 20);
            let height = machines * i128::from(member.size) * left / used.max(1);
            let from = heights[member.pool];
            let until = from.saturating_add(i64::try_from(height).unwrap_or(0));
            if until > from && time > 0 {
                heights[member.pool] = until;
                month.blocks[member.pool].push(Block { from, until, time: i64::try_from(time).unwrap_or(0) });
            }
        };
        for member in &self.members {
            pile(member, used[member.usage] / unit, i128::from(span));
        }
        for member in &self.members {
            pile(member, 1, used[member.usage] % unit / 1_000_000);
        }
    }

    /// The quantity of each usage that costs nothing, by hour.
    pub fn saved(self) -> Vec<Hourly> {
        let mut saved = vec![Hourly::default(); self.usages];
        for month in self.months.into_values() {
            let shares: Vec<(i128, i128)> = self
                .pools
                .iter()
                .zip(&month.blocks)
                .map(|((_, tiers), blocks)| share(blocks, month.nanos, *tiers))
                .collect();
            for (at, member) in self.members.iter().enumerate() {
                let (part, whole) = shares[member.pool];
                let (mut used, mut told) = (0i128, 0i128);
                for hour in &month.hours {
                    used += hour[at];
                    let upto = if whole == 0 { 0 } else { used / whole * part + used % whole * part / whole };
                    saved[member.usage].push(1, upto - told);
                    told = upto;
                }
            }
        }
        saved
    }
}

/// Which part of a pool's use is saved, as a fraction of small numbers.
fn share(blocks: &[Block], month: i64, tiers: Tiers) -> (i128, i128) {
    let used: i128 = blocks.iter().map(|block| i128::from(block.until - block.from) * i128::from(block.time)).sum();
    let paid = at_full_price(blocks, month, tiers);
    let shift = (128 - used.leading_zeros()).saturating_sub(50);
    ((used - paid).max(0) >> shift, used >> shift)
}

#[cfg(test)]
mod tests {
    use super::super::Sku;
    use super::*;
    use crate::units::PricePerHour;

    const HOUR: i64 = 3_600_000_000_000;

    fn usage(series: &str, milli: i64) -> Usage {
        Usage {
            sku: Sku::GceCores { series: series.into(), milli },
            region: "us-central1".into(),
            zone: None,
            account: 0,
            is_spot: false,
            on_demand: PricePerHour::from_usd(0.03),
        }
    }

    fn saved(usages: &[Usage], hours: &[&[i64]]) -> Vec<f64> {
        let mut sustained = Sustained::new(usages);
        for hour in hours {
            let left: Vec<i128> =
                hour.iter().map(|minutes| i128::from(*minutes) * 60_000_000_000 * 1_000_000).collect();
            sustained.add(0, HOUR, &left, &left);
        }
        let hours = |hourly: &Hourly| hourly.sum() as f64 / (HOUR as f64 * 1e6);
        sustained.saved().iter().map(hours).collect()
    }

    #[test]
    fn a_machine_all_month_saves_thirty_per_cent_and_half_the_month_ten() {
        let month = [&[60, 60][..], &[60, 60], &[60, 0], &[60, 0]];
        let found = saved(&[usage("n1", 1000), usage("n2", 4000)], &month);
        assert!((found[0] - 1.2).abs() < 1e-9, "{found:?}");
        assert!((found[1] - 0.1322).abs() < 1e-9, "{found:?}");
        assert_eq!(saved(&[usage("e2", 1000)], &[&[60], &[60]]), [0.0]);
    }

    #[test]
    fn what_a_commitment_leaves_of_a_machine_runs_as_long_as_the_machine() {
        let mut sustained = Sustained::new(&[usage("n1", 4000)]);
        for _ in 0..4 {
            let hour = i128::from(HOUR) * 1_000_000;
            sustained.add(0, HOUR, &[hour], &[hour / 2]);
        }
        let saved = sustained.saved()[0].sum() as f64 / (HOUR as f64 * 1e6);
        assert!((saved - 0.3 * 2.0).abs() < 1e-9, "{saved}");
    }

    #[test]
    fn machines_of_a_series_that_follow_each_other_are_one() {
        let month = [&[60, 0][..], &[60, 0], &[0, 60], &[0, 60]];
        let found = saved(&[usage("n1", 1000), usage("n1", 1000)], &month);
        assert!((found[0] + found[1] - 1.2).abs() < 1e-9, "{found:?}");
    }
}
