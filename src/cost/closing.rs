//! Closing the books: quantities become lines, lines are shared among those who caused them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bill::Bill;
use super::calendar::Calendar;
use super::commitments::Pledges;
use super::hourly::Hourly;
use super::ids::ItemId;
use super::item::{Item, PriceType};
use super::ledger::{Entry, Ledger};
use super::line::{Line, LineKey, Part, Prices, by_tier};
use super::pledged::{self, Metered};
use super::sharing::Sharing;
use super::support::{Invoiced, Support};
use crate::id::{Id, IdVec};
use crate::units::{Money, SimTime};

impl Ledger {
    /// Closes the books at `now`: what still runs is billed until then.
    ///
    /// Cost: a step per item, and per hour of those that changed; then a few multiplications per line and hour.
    pub fn close(mut self, now: SimTime) -> Bill {
        let entries = std::mem::take(&mut self.items);
        let moments = std::mem::take(&mut self.moments).close(&self.calendar, now);
        let (mut metered, mut groups, mut pools) = (Vec::new(), BTreeMap::new(), IdVec::new());
        for (id, Entry { item, meter, pool }) in entries.into_rows() {
            if let Some(pool) = pool {
                groups.insert(id, self.pools[pool].group);
            }
            pools.push(pool);
            let (paid, free) = meter.close(&self.calendar, now);
            metered.push(Metered { id, item, paid, free });
        }
        let terms =
            Terms { pledges: &self.pledges, support: self.support, calendar: &self.calendar, moments: &moments };
        let lines = terms.lines(now, metered);
        let mut sharing = Sharing::new(&mut self, now);
        for line in &lines {
            sharing.add(line, pools[line.key.item]);
        }
        let shares = sharing.shares();
        Bill {
            span: now.since(self.start),
            calendar: self.calendar,
            lines,
            shares,
            groups,
            namespaces: self.namespaces.values().cloned().collect(),
        }
    }
}

/// What turns quantities into lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    /// Commitments, and what they may cover.
    pub(super) pledges: &'a Pledges,
    /// The support plan.
    pub(super) support: Option<Support>,
    /// Hours and months of what is billed.
    pub(super) calendar: &'a Calendar,
    /// What of resources commitments can cover at every moment; empty where only hours are known.
    pub(super) moments: &'a [Hourly],
}

impl Terms<'_> {
    /// The lines of what was metered until `end`, by key. Items stand in the order of their numbers.
    pub(super) fn lines(&self, end: SimTime, mut metered: Vec<Metered>) -> Vec<Line> {
        let item = |id: ItemId| metered.get(id.index()).map(|row| row.item.clone());
        let plan = self.support.and_then(|plan| Some((plan, item(plan.share)?, item(plan.least)?)));
        let mut lines = pledged::lines(self.pledges, (self.calendar, end), self.moments, &mut metered);
        for Metered { id, item, paid, free } in metered {
            lines.extend(lines_of(id, &item, (paid, free), self.calendar));
        }
        if let Some((plan, share, least)) = plan {
            let invoiced = Invoiced { calendar: self.calendar, end, lines: &lines };
            let more = plan.lines(&invoiced, &share, &least);
            lines.extend(more);
        }
        lines.sort_by_key(|line| line.key);
        lines
    }
}

/// The lines of an item that are not nothing.
fn lines_of(id: ItemId, item: &Arc<Item>, (paid, free): (Hourly, Hourly), calendar: &Calendar) -> Vec<Line> {
    let line = |part, price_type, prices, quantity| Line {
        key: LineKey { item: id, part },
        item: item.clone(),
        price_type,
        prices,
        quantity,
        effective: None,
    };
    let mut lines: Vec<Line> = Vec::new();
    for (at, (tier, quantity)) in by_tier(item, paid, calendar).into_iter().enumerate() {
        let prices = match &item.net_by_hour {
            Some(net) => Prices::Hourly { list: tier.list, net: net.clone() },
            None => Prices::Fixed { list: tier.list, net: tier.net },
        };
        lines.push(line(Part::Tier(at as u8), item.price.price_type, prices, quantity));
    }
    let list = item.price.tiers.first().map_or(Money::ZERO, |tier| tier.list);
    lines.push(line(Part::Free, PriceType::Free, Prices::Fixed { list, net: Money::ZERO }, free));
    lines.retain(|line| !line.quantity.is_zero());
    lines
}
