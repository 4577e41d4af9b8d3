//! Google's sustained use discounts: what runs for more than a quarter of a month gets cheaper by itself.
//!
//! Source: cloud.google.com/compute/docs/sustained-use-discounts. The vCPUs of all machines of a group of series in a region are
//! stacked, and so is their memory: each level of the stack has run for so much of the month, whichever machines were in it.

/// The shares of the list price that the four quarters of a month cost, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiers(pub [u32; 4]);

impl Tiers {
    /// Those of a machine series; none where use earns nothing.
    pub fn of(series: &str) -> Option<Tiers> {
        match series {
            "n1" | "f1" | "g1" | "m1" | "m2" => Some(Tiers([1_000_000, 800_000, 600_000, 400_000])),
            "n2" | "n2d" | "c2" => Some(Tiers([1_000_000, 867_800, 733_000, 600_000])),
            _ => None,
        }
    }
    /// What a level that ran for `time` of a month of `month` costs, as time at the full price, in millionths.
    fn paid(&self, time: i128, month: i128) -> i128 {
        let mut paid = 0;
        for (quarter, share) in (0..).zip(self.0) {
            let (from, until) = (month * quarter / 4, month * (quarter + 1) / 4);
            // More than a month is the month's last quarter.
            let until = if quarter == 3 { time.max(until) } else { until };
            paid += (time.min(until) - from).max(0) * i128::from(share);
        }
        paid
    }
}

/// Some of a resource, from one height of the stack to another, for some of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it begins: 0 is the ground. In the resource's own measure: thousandths of a vCPU, bytes.
    pub from: i64,
    /// Where it ends.
    pub until: i64,
    /// For so long, nanoseconds.
    pub time: i64,
}

/// What a month's blocks cost: the quantity (measure times nanoseconds) that costs as much at the full price.
///
/// `month` is the whole calendar month in nanoseconds. Cost: the blocks, sorted.
pub fn at_full_price(blocks: &[Block], month: i64, tiers: Tiers) -> i128 {
    let mut edges: Vec<(i64, i64)> = Vec::with_capacity(2 * blocks.len());
    for block in blocks.iter().filter(|block| block.until > block.from) {
        edges.push((block.from, block.time));
        edges.push((block.until, -block.time));
    }
    edges.sort_unstable();
    let (mut height, mut time, mut paid) = (0i64, 0i128, 0i128);
    for (edge, change) in edges {
        if edge > height && time > 0 {
            paid += i128::from(edge - height) * tiers.paid(time, i128::from(month));
        }
        height = edge;
        time += i128::from(change);
    }
    (paid + 500_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N1: Tiers = Tiers([1_000_000, 800_000, 600_000, 400_000]);

    fn block(from: i64, until: i64, time: i64) -> Block {
        Block { from, until, time }
    }

    #[test]
    fn a_month_costs_seventy_per_cent() {
        assert_eq!(at_full_price(&[block(0, 1, 1000)], 1000, N1), 700);
        assert_eq!(at_full_price(&[block(0, 1, 500)], 1000, N1), 450);
        assert_eq!(at_full_price(&[block(0, 1, 250)], 1000, N1), 250);
    }

    #[test]
    fn machines_that_follow_each_other_are_one() {
        let (first, second) = (block(0, 4, 400), block(0, 4, 600));
        assert_eq!(at_full_price(&[first, second], 1000, N1), 2800);
        // Beside each other they are two levels, neither of which is full.
        let above = block(4, 8, 600);
        assert_eq!(at_full_price(&[first, above], 1000, N1), 4 * (370 + 510));
    }

    #[test]
    fn the_other_group_saves_twenty() {
        assert_eq!(at_full_price(&[block(0, 1, 1_000_000)], 1_000_000, Tiers::of("n2").unwrap()), 800_200);
        assert_eq!((Tiers::of("e2"), Tiers::of("n4"), Tiers::of("c3")), (None, None, None));
    }

    proptest! {
        #[test]
        fn use_costs_at_most_its_price_and_more_costs_more(times in prop::collection::vec((0i64..9, 1i64..9, 0i64..100), 1..20)) {
            let mut blocks: Vec<Block> = times.iter().map(|(from, high, time)| block(*from, from + high, *time)).collect();
            let used = |blocks: &[Block]| blocks.iter().map(|b| i128::from(b.until - b.from) * i128::from(b.time)).sum::<i128>();
            let cost = at_full_price(&blocks, 100, N1);
            prop_assert!(cost <= used(&blocks) && 2 * cost >= used(&blocks) * 4 / 5, "{} of {}", cost, used(&blocks));
            blocks.push(block(0, 3, 7));
            prop_assert!(at_full_price(&blocks, 100, N1) >= cost);
        }
    }
}
