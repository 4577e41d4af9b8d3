//! The bill over all replications: lines, and their cells by hour or day.

use super::Results;
use crate::cost::{Calendar, LineKey, Part, PriceType};
use crate::report::{BillCell, BillCommitment, BillLineResult, BillMonth, BillResult};
use crate::scenario::Scenario;
use crate::study::figures::{Grain, LineFigures};
use crate::study::{Figures, ItemName, percentile};
use crate::units::Money;
use std::collections::BTreeMap;

/// A line's cells over the replications: by period, one row per replication that has one.
type Cells = BTreeMap<u32, Vec<[i64; 4]>>;
/// What is invoiced of a line by day, one amount per replication that has one.
type Days = BTreeMap<u32, Vec<i64>>;

impl Results<'_> {
    /// The mean bill.
    pub(super) fn bill(&self, calendar: &Calendar, scenario: &Scenario) -> BillResult {
        let account = &scenario.account;
        let span = self.runs.figures().first().map(|run| run.span).unwrap_or_default();
        let grain = Grain::of(span);
        let mut lines: BTreeMap<LineKey, Cells> = BTreeMap::new();
        let mut days: BTreeMap<LineKey, Days> = BTreeMap::new();
        for LineFigures { key, cells } in self.runs.figures().iter().flat_map(|run| &run.lines) {
            if grain == Grain::Hour {
                by_day(calendar, cells.iter().map(|cell| (cell.period, cell.net)), days.entry(*key).or_default());
            }
            let line = lines.entry(*key).or_default();
            for cell in cells {
                line.entry(cell.period).or_default().push([cell.quantity, cell.list, cell.net, cell.effective]);
            }
        }
        let mut means = Means::new(self.runs.figures().len());
        let row = |(key, cells): (&LineKey, &Cells)| {
            let mut line = self.bill_line(*key, cells, &mut means);
            line.days = days.get(key).map(|days| self.bill_days(&line.cells, days, calendar)).unwrap_or_default();
            line
        };
        let mut rows: Vec<BillLineResult> = lines.iter().map(row).collect();
        // Less than a billionth of a unit: what a plan cannot spend on whole nanoseconds.
        rows.retain(|line| !line.cells.is_empty());
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        BillResult {
            start: account.start.to_string(),
            start_assumed: account.start_assumed,
            account: account.name.clone().filter(|name| !name.trim().is_empty()),
            time_zone: account.time_zone.clone(),
            periods: periods(calendar, grain, span),
            grain: if grain == Grain::Hour { "hour" } else { "day" }.to_owned(),
            months: months(calendar, grain),
            lines: rows,
            not_in_bill: scenario.not_in_bill.clone(),
        }
    }

    fn bill_line(&self, key: LineKey, cells: &Cells, means: &mut Means) -> BillLineResult {
        let item = &self.names.items[key.item];
        let mut rows = Vec::with_capacity(cells.len());
        means.begin_line();
        let mut sums = [0i128; 4];
        for (period, values) in cells {
            let mean = means.of(values);
            sums.iter_mut().zip(mean).for_each(|(sum, value)| *sum += value);
            let [p5, p95] = self.spread(values.iter().map(|value| value[2]).collect());
            rows.push(BillCell {
                period: *period,
                quantity: mean[0] as f64 / 1e9,
                list_usd: usd(mean[1]),
                net_usd: usd(mean[2]),
                effective_usd: usd(mean[3]),
                net_usd_p5: p5,
                net_usd_p95: p95,
            });
        }
        let net_of = |run: &Figures| {
            let line = run.lines.iter().find(|line| line.key == key);
            line.map_or(0, |line| line.cells.iter().map(|cell| cell.net).sum::<i64>())
        };
        let [p5, p95] = self.spread(self.runs.figures().iter().map(net_of).collect());
        let group = item.group.map(|group| self.names.groups[group].clone());
        BillLineResult {
            kind: item.kind.map_or(String::new(), |kind| kind.name().to_owned()),
            service: item.service.clone(),
            sku: item.sku.clone(),
            name: self.line_name(key),
            resource: item.resource.clone(),
            group,
            namespace: item.namespace.clone(),
            region: item.region.clone(),
            zone: item.zone.clone(),
            labels: item.labels.clone(),
            unit: item.unit.clone(),
            price_type: price_type(key, item).to_owned(),
            commitment: self.bill_commitment(key.part),
            list_unit_price_usd: tier_price(&item.list_prices, key.part),
            unit_price_usd: unit_price(key, item, sums),
            contracted_unit_price_usd: contracted_price(key.part, item),
            price_source: item.price_source.clone(),
            price_date: item.price_date.clone(),
            estimated: item.estimated.clone(),
            quantity: sums[0] as f64 / 1e9,
            list_usd: usd(sums[1]),
            net_usd: usd(sums[2]),
            effective_usd: usd(sums[3]),
            net_usd_p5: p5,
            net_usd_p95: p95,
            cells: rows,
            days: Vec::new(),
        }
    }

    /// The item's name, and which part of it the line is.
    fn line_name(&self, key: LineKey) -> String {
        let name = &self.names.items[key.item].name;
        match key.part {
            Part::Tier(_) | Part::Free => name.clone(),
            Part::Sustained => format!("{name}: sustained use discount"),
            Part::Unused(_) => format!("{name}: unused"),
            Part::Fee(_) => format!("{name}: fee"),
            Part::Covered(number) => match self.cast.billing.pledges.commitments.get(number as usize) {
                Some(row) => format!("{name}, covered by {} ({})", row.name, row.terms.measure()),
                None => name.clone(),
            },
        }
    }

    /// Which part of which commitment a line is.
    fn bill_commitment(&self, part: Part) -> Option<BillCommitment> {
        let (number, part) = match part {
            Part::Covered(number) => (number, "used"),
            Part::Unused(number) => (number, "unused"),
            Part::Fee(number) => (number, "fee"),
            Part::Tier(_) | Part::Free | Part::Sustained => return None,
        };
        let pledges = &self.cast.billing.pledges;
        let (row, about) = (pledges.commitments.get(number as usize)?, pledges.about.get(number as usize)?);
        Some(BillCommitment { id: row.name.to_string(), kind: about.kind.to_owned(), part: part.to_owned() })
    }

    /// A line of hours by day: sums of its hours, and percentiles of its own.
    fn bill_days(&self, hours: &[BillCell], days: &Days, calendar: &Calendar) -> Vec<BillCell> {
        let mut sums: BTreeMap<u32, [i128; 4]> = BTreeMap::new();
        for hour in hours {
            let row = sums.entry(calendar.day_of(hour.period)).or_default();
            let amounts = [hour.quantity, hour.list_usd, hour.net_usd, hour.effective_usd];
            row.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += (amount * 1e9).round() as i128);
        }
        let day = |(period, values): (&u32, &Vec<i64>)| {
            let [quantity, list_usd, net_usd, effective_usd] =
                sums.get(period).copied().unwrap_or_default().map(|nano| nano as f64 / 1e9);
            let [net_usd_p5, net_usd_p95] = self.spread(values.clone());
            BillCell { period: *period, quantity, list_usd, net_usd, effective_usd, net_usd_p5, net_usd_p95 }
        };
        days.iter().map(day).collect()
    }

    /// The 5th and the 95th percentile of amounts in nano-USD; replications without one have nothing.
    fn spread(&self, mut values: Vec<i64>) -> [f64; 2] {
        values.resize(self.runs.figures().len().max(values.len()), 0);
        values.sort_unstable();
        let sorted: Vec<f64> = values.into_iter().map(|nano| nano as f64).collect();
        [0.05, 0.95].map(|p| percentile(&sorted, p) / 1e9)
    }
}

/// Adds a replication's hours of a line, with what is invoiced in each, to the days they are in.
fn by_day(calendar: &Calendar, hours: impl Iterator<Item = (u32, i64)>, days: &mut Days) {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for (hour, net) in hours {
        *sums.entry(calendar.day_of(hour)).or_default() += net;
    }
    sums.into_iter().for_each(|(day, net)| days.entry(day).or_default().push(net));
}

/// Rounded means that add up to the rounded mean of the sum: what rounding leaves is carried to the next.
struct Means {
    replications: i128,
    exact: [i128; 4],
    told: [i128; 4],
}

impl Means {
    fn new(replications: usize) -> Self {
        Means { replications: replications.max(1) as i128, exact: [0; 4], told: [0; 4] }
    }
    /// Quantities of different lines do not add up to anything.
    fn begin_line(&mut self) {
        (self.exact[0], self.told[0]) = (0, 0);
    }
    fn of(&mut self, values: &[[i64; 4]]) -> [i128; 4] {
        let mut mean = [0; 4];
        for (at, mean) in mean.iter_mut().enumerate() {
            self.exact[at] += values.iter().map(|value| i128::from(value[at])).sum::<i128>();
            let upto = (self.exact[at] + self.replications / 2).div_euclid(self.replications);
            *mean = upto - self.told[at];
            self.told[at] = upto;
        }
        mean
    }
}

fn usd(nano: i128) -> f64 {
    Money::from_nano_usd(nano).usd()
}

fn order(line: &BillLineResult) -> (usize, &str, &str, Option<&str>, &str) {
    let kind = crate::cost::ChargeKind::ALL.iter().position(|kind| kind.name() == line.kind).unwrap_or(usize::MAX);
    (kind, &line.resource, &line.sku, line.zone.as_deref(), &line.price_type)
}

fn price_type(key: LineKey, item: &ItemName) -> &'static str {
    match key.part {
        Part::Tier(_) if item.kind == Some(crate::cost::ChargeKind::SpotNodes) => name_of(PriceType::Spot),
        Part::Tier(_) | Part::Fee(_) | Part::Sustained => name_of(PriceType::OnDemand),
        Part::Free => name_of(PriceType::Free),
        Part::Covered(_) | Part::Unused(_) => name_of(PriceType::Committed),
    }
}

const fn name_of(kind: PriceType) -> &'static str {
    match kind {
        PriceType::OnDemand => "onDemand",
        PriceType::Spot => "spot",
        PriceType::Committed => "committed",
        PriceType::Free => "free",
    }
}

fn tier_price(prices: &[i64], part: Part) -> f64 {
    let at = match part {
        Part::Tier(tier) => usize::from(tier),
        Part::Covered(_) | Part::Free => 0,
        // What is no usage has no list price.
        Part::Unused(_) | Part::Fee(_) | Part::Sustained => return 0.0,
    };
    prices.get(at).map_or(0.0, |nano| *nano as f64 / 1e9)
}

/// The negotiated price of what a commitment covers.
fn contracted_price(part: Part, item: &ItemName) -> Option<f64> {
    let [list, net] = [&item.list_prices, &item.net_prices].map(|prices| prices.first().copied().unwrap_or(0));
    (matches!(part, Part::Covered(_)) && net != list).then_some(net as f64 / 1e9)
}

fn unit_price(key: LineKey, item: &ItemName, [quantity, _, net, _]: [i128; 4]) -> f64 {
    match key.part {
        Part::Tier(_) if !item.varies => tier_price(&item.net_prices, key.part),
        _ if quantity == 0 => 0.0,
        _ => net as f64 / quantity as f64,
    }
}

fn moment(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).unwrap_or_default().to_string()
}

/// The bounds of all periods.
fn periods(calendar: &Calendar, grain: Grain, span: crate::units::SimDuration) -> Vec<String> {
    let end = calendar.start_unix() + span.as_nanos() / 1_000_000_000;
    let hour_unix = |hour: u32| {
        let since = calendar.hour_start(hour).since(crate::units::SimTime::ZERO);
        calendar.start_unix() + since.as_nanos().div_euclid(1_000_000_000)
    };
    let bound = |period: u32| match grain {
        Grain::Hour => Some(hour_unix(period)),
        Grain::Day => calendar.first_hour_of_day(period).map(hour_unix),
    };
    let mut bounds: Vec<i64> = (0..).map_while(bound).take_while(|unix| *unix < end).collect();
    bounds.push(end);
    if let Some(first) = bounds.first_mut() {
        *first = calendar.start_unix();
    }
    bounds.into_iter().map(moment).collect()
}

fn months(calendar: &Calendar, grain: Grain) -> Vec<BillMonth> {
    let month = |month: &crate::cost::Month| BillMonth {
        name: month.name.clone(),
        from: moment(month.from_unix),
        until: moment(month.until_unix),
        first_period: match grain {
            Grain::Hour => month.first_hour,
            Grain::Day => calendar.day_of(month.first_hour),
        },
    };
    calendar.months().iter().map(month).collect()
}
