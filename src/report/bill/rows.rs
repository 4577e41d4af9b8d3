//! The bill's lines by period: what every file of the bill is a rendering of.

use super::error::BillError;
use super::exact::{Nano, nano};
use crate::report::{BillCell, BillLineResult, BillMonth, BillResult};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How long a row's period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Clock hours.
    Hour,
    /// Days of the account's time zone.
    Day,
}

/// A stretch of time that rows are about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Period<'a> {
    pub(in crate::report) from: Timestamp,
    pub(in crate::report) until: Timestamp,
    /// The day it is in, of the account's time zone.
    pub(in crate::report) day: Date,
    pub(in crate::report) month: &'a BillMonth,
}

/// What was used in a period, and what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::report) struct Amounts {
    /// Units.
    pub(in crate::report) quantity: f64,
    pub(in crate::report) list: Nano,
    pub(in crate::report) net: Nano,
    pub(in crate::report) effective: Nano,
    /// 5th and 95th percentile of the net amount over replications; none for a sum of periods, of which only the means
    /// add up.
    pub(in crate::report) net_spread: Option<[Nano; 2]>,
}

/// A line in a period.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct BillRow<'a> {
    pub(in crate::report) line: &'a BillLineResult,
    pub(in crate::report) period: Period<'a>,
    pub(in crate::report) amounts: Amounts,
}

/// All rows, line by line and in the order of time; periods without any amount are left out.
pub(in crate::report) fn bill_rows(bill: &BillResult, grain: Grain) -> Result<Vec<BillRow<'_>>, BillError> {
    if bill.lines.is_empty() {
        return Err(BillError::Empty);
    }
    if grain == Grain::Hour && bill.grain != "hour" {
        return Err(BillError::NoHours);
    }
    let periods = periods(bill)?;
    let mut rows = Vec::new();
    for line in &bill.lines {
        let mut by_start: BTreeMap<(Timestamp, Timestamp), BillRow<'_>> = BTreeMap::new();
        let cells = match grain {
            Grain::Day if !line.days.is_empty() => &line.days,
            _ => &line.cells,
        };
        for cell in cells {
            let period = match grain {
                Grain::Hour => periods.own.get(cell.period as usize).copied(),
                Grain::Day if !line.days.is_empty() => periods.days.get(cell.period as usize).copied(),
                Grain::Day => periods.day_of(cell.period as usize),
            };
            let period =
                period.ok_or_else(|| BillError::Periods(format!("there is none of number {}", cell.period)))?;
            match by_start.entry((period.from, period.until)) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(BillRow { line, period, amounts: of(cell) });
                }
                std::collections::btree_map::Entry::Occupied(mut row) => add(&mut row.get_mut().amounts, of(cell)),
            }
        }
        rows.extend(by_start.into_values().filter(|row| row.amounts.is_any()));
    }
    Ok(rows)
}

fn of(cell: &BillCell) -> Amounts {
    Amounts {
        quantity: cell.quantity,
        list: nano(cell.list_usd),
        net: nano(cell.net_usd),
        effective: nano(cell.effective_usd),
        net_spread: Some([nano(cell.net_usd_p5), nano(cell.net_usd_p95)]),
    }
}

fn add(sum: &mut Amounts, other: Amounts) {
    sum.quantity += other.quantity;
    sum.list += other.list;
    sum.net += other.net;
    sum.effective += other.effective;
    sum.net_spread = None;
}

impl Amounts {
    fn is_any(&self) -> bool {
        self.quantity != 0.0 || self.list != 0 || self.net != 0 || self.effective != 0
    }
}

/// The bill's periods, and the days that they are in.
struct Periods<'a> {
    own: Vec<Period<'a>>,
    days: Vec<Period<'a>>,
}

impl<'a> Periods<'a> {
    fn day_of(&self, period: usize) -> Option<Period<'a>> {
        let day = self.own.get(period)?.day;
        self.days.iter().find(|other| other.day == day).copied()
    }
}

fn periods(bill: &BillResult) -> Result<Periods<'_>, BillError> {
    let zone = TimeZone::get(&bill.time_zone).map_err(|error| BillError::Periods(error.to_string()))?;
    let time = |text: &String| text.parse::<Timestamp>().map_err(|error| BillError::Periods(error.to_string()));
    let bounds: Vec<Timestamp> = bill.periods.iter().map(time).collect::<Result<_, _>>()?;
    let mut own = Vec::new();
    for (at, pair) in bounds.windows(2).enumerate() {
        let month = bill.months.iter().rfind(|month| month.first_period as usize <= at);
        let month = month.ok_or_else(|| BillError::Periods("one is in no month".to_owned()))?;
        let day = zone.to_datetime(pair[0]).date();
        own.push(Period { from: pair[0], until: pair[1], day, month });
    }
    let mut days: Vec<Period<'_>> = Vec::new();
    for period in &own {
        match days.last_mut().filter(|day| day.day == period.day) {
            Some(day) => day.until = period.until,
            None => days.push(*period),
        }
    }
    Ok(Periods { own, days })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::bill::fixture::bill;

    #[test]
    fn days_are_the_sums_of_their_hours() {
        let bill = bill();
        let sum = |grain| {
            let rows = bill_rows(&bill, grain).unwrap();
            rows.iter()
                .map(|row| (row.amounts.list, row.amounts.net, row.amounts.effective))
                .fold((0, 0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1, sum.2 + row.2))
        };
        assert_eq!(sum(Grain::Hour), sum(Grain::Day));
        assert_eq!(sum(Grain::Hour).1, bill.lines.iter().map(|line| nano(line.net_usd)).sum::<Nano>());
    }

    #[test]
    fn days_are_the_account_s() {
        let mut bill = bill();
        "Europe/Paris".clone_into(&mut bill.time_zone);
        let rows = bill_rows(&bill, Grain::Day).unwrap();
        let ends: Vec<String> = rows.iter().take(2).map(|row| row.period.until.to_string()).collect();
        assert_eq!(ends, ["2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z"]);
    }

    #[test]
    fn what_there_is_not_is_an_error() {
        let mut bill = bill();
        "day".clone_into(&mut bill.grain);
        assert_eq!(bill_rows(&bill, Grain::Hour), Err(BillError::NoHours));
        bill.periods.truncate(3);
        assert!(matches!(bill_rows(&bill, Grain::Day), Err(BillError::Periods(_))));
        assert_eq!(bill_rows(&BillResult::default(), Grain::Day), Err(BillError::Empty));
    }
}
