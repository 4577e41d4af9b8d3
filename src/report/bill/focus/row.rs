//! A row of FOCUS: what it charges, at which price, so that price times quantity is the cost.

use super::super::error::BillError;
use super::super::exact::{Atto, Nano, nano};
use super::super::rows::{BillRow, Period};
use super::super::services::{Service, service};
use crate::report::{BillLineResult, Report};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a row charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// Usage that no commitment covers.
    Usage,
    /// Usage that a commitment covers: paid with its fee. Without the commitment it would have the negotiated price.
    Used,
    /// What of a commitment nobody used.
    Unused,
    /// A commitment's fee.
    Fee,
    /// Money that is given back: a discount for sustained use.
    Credit,
}

/// Who of the cluster a row is for, of FOCUS 1.3.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Allocated {
    /// The namespace, or OpenCost's `__idle__`.
    pub(super) name: String,
    /// Its share of the line.
    pub(super) share: Atto,
}

/// One row, in whole numbers.
#[derive(Clone, Debug)]
pub(super) struct FocusRow<'a> {
    pub(super) report: &'a Report,
    pub(super) line: &'a BillLineResult,
    pub(super) period: Period<'a>,
    pub(super) month: [Timestamp; 2],
    pub(super) service: Service,
    pub(super) charge: Charge,
    pub(super) list: Nano,
    pub(super) contracted: Nano,
    pub(super) billed: Nano,
    pub(super) effective: Nano,
    pub(super) spread: Option<[Nano; 2]>,
    /// As the line counts them, in billionths.
    pub(super) units: Nano,
    pub(super) priced: Priced,
    /// A fee that is paid once, and not by the hour.
    pub(super) is_at_once: bool,
    pub(super) allocated: Option<Allocated>,
}

/// A quantity with its prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Priced {
    /// The unit of a sum of money that has no other.
    pub(super) in_money: bool,
    pub(super) quantity: Atto,
    pub(super) list_price: Atto,
    pub(super) contracted_price: Atto,
}

impl<'a> FocusRow<'a> {
    pub(super) fn of(report: &'a Report, row: &BillRow<'a>) -> Result<Self, BillError> {
        let (line, amounts) = (row.line, row.amounts);
        let charge = match line.commitment.as_ref().map(|of| of.part.as_str()) {
            None if amounts.net < 0 => Charge::Credit,
            None => Charge::Usage,
            Some("fee") => Charge::Fee,
            Some("unused") => Charge::Unused,
            Some(_) => Charge::Used,
        };
        // What is paid without the commitment; of its own charges that is what they are. Means of replications are rounded
        // each for itself: a list price is never below what is paid by a last digit.
        let (list, contracted) = match charge {
            Charge::Usage => (amounts.list.max(amounts.net), amounts.net),
            Charge::Used => (amounts.list, contracted(line, amounts.list)),
            Charge::Unused => (amounts.effective, amounts.effective),
            Charge::Fee => (amounts.net, amounts.net),
            Charge::Credit => (amounts.list, amounts.net),
        };
        let time = |text: &str| text.parse::<Timestamp>().map_err(|error| BillError::Periods(error.to_string()));
        Ok(FocusRow {
            report,
            line,
            period: row.period,
            month: [time(&row.period.month.from)?, time(&row.period.month.until)?],
            service: service(&line.service, &report.scenario.platform),
            charge,
            list,
            contracted,
            billed: amounts.net,
            effective: if charge == Charge::Fee { 0 } else { amounts.effective },
            spread: amounts.net_spread,
            units: nano(amounts.quantity),
            priced: priced(line, charge, [list, contracted], amounts.quantity),
            is_at_once: false,
            allocated: None,
        })
    }

    /// A fee of another amount; what is paid at once is so much money, and no quantity of hours.
    pub(super) fn pay(&mut self, amount: Nano, is_at_once: bool) {
        (self.list, self.contracted, self.billed) = (amount, amount, amount);
        self.is_at_once = is_at_once;
        self.spread = None;
        self.priced = match is_at_once {
            true => in_money(amount, amount),
            false => priced(self.line, self.charge, [amount, amount], 0.0),
        };
    }
    pub(super) fn commitment(&self) -> Option<&'a str> {
        self.line.commitment.as_ref().map(|of| of.id.as_str())
    }
    /// Whether its commitment is one of money per hour, and not of machines.
    pub(super) fn is_of_spend(&self) -> bool {
        let kind = self.line.commitment.as_ref().map(|of| of.kind.to_ascii_lowercase()).unwrap_or_default();
        kind.contains("savings") || kind.contains("flexible")
    }
    pub(super) fn unit(&self) -> String {
        if self.priced.in_money { "USD".to_owned() } else { focus_unit(&self.line.unit) }
    }
}

impl Priced {
    /// Of a part of a row: the same list price, the quantity that makes it the part's cost.
    pub(super) fn of_share(self, [list, contracted]: [Nano; 2], all: Nano) -> Self {
        if all == 0 || list == 0 {
            return Priced { quantity: Atto::ZERO, ..self };
        }
        let contracted_price =
            if contracted == list { self.list_price } else { self.list_price.times(contracted, list) };
        Priced { quantity: self.quantity.times(list, all), contracted_price, ..self }
    }
}

/// What covered usage would cost at the negotiated price, where there is one.
fn contracted(line: &BillLineResult, list: Nano) -> Nano {
    let list_price = nano(line.list_unit_price_usd);
    let price = line.contracted_unit_price_usd.map(nano).filter(|_| list_price > 0);
    price.map_or(list, |price| (list * price + list_price / 2).div_euclid(list_price))
}

/// A unit as FOCUS spells it: times in the plural, with a capital letter, `GB-Months`.
pub(super) fn focus_unit(unit: &str) -> String {
    let (before, last) = unit.rsplit_once('-').map_or(("", unit), |(before, last)| (before, last));
    let singular = last.strip_suffix('s').unwrap_or(last).to_ascii_lowercase();
    let plural = match singular.as_str() {
        "second" => "Seconds",
        "minute" => "Minutes",
        "hour" => "Hours",
        "day" => "Days",
        "mo" | "month" => "Months",
        "year" => "Years",
        _ => last,
    };
    if before.is_empty() { plural.to_owned() } else { format!("{before}-{plural}") }
}

/// The quantity that makes the price times it the cost: means of replications are rounded, and a quotient is not.
fn priced(line: &BillLineResult, charge: Charge, [list, contracted]: [Nano; 2], quantity: f64) -> Priced {
    let price = match charge {
        // A price of its own, where the line has the list price of what is covered.
        Charge::Fee => nano(line.unit_price_usd),
        Charge::Unused | Charge::Credit => 0,
        Charge::Usage | Charge::Used => nano(line.list_unit_price_usd),
    };
    if price > 0 && list > 0 {
        let contracted_price =
            if contracted == list { Atto::of_nano(price) } else { Atto::of_nano(price).times(contracted, list) };
        return Priced {
            in_money: false,
            quantity: Atto::ratio(list, price),
            list_price: Atto::of_nano(price),
            contracted_price,
        };
    }
    if list > 0 {
        return in_money(list, contracted);
    }
    // Nothing is paid: whatever the quantity is, its price is 0, or it is too small for a nano-USD.
    let quantity = if price == 0 { nano(quantity) } else { 0 };
    Priced {
        in_money: false,
        quantity: Atto::of_nano(quantity),
        list_price: Atto::of_nano(price),
        contracted_price: Atto::ZERO,
    }
}

/// An amount that is its own quantity, at a price of 1.
fn in_money(list: Nano, contracted: Nano) -> Priced {
    let contracted_price = if list == 0 { Atto::ONE } else { Atto::ratio(contracted, list) };
    Priced { in_money: true, quantity: Atto::of_nano(list), list_price: Atto::ONE, contracted_price }
}

/// A commitment that is paid as it goes costs what its used and its unused part cost, to the last digit. Means of
/// replications are rounded line by line: what that leaves over goes to the largest row, if it is not more than that.
pub(super) fn balance(rows: &mut [FocusRow<'_>]) {
    #[derive(Default)]
    struct Account {
        paid: Nano,
        spent: Nano,
        rows: i128,
        largest: Option<usize>,
    }
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(id) = row.commitment() else { continue };
        let account = accounts.entry(id).or_default();
        account.rows += 1;
        account.paid += if row.charge == Charge::Fee { row.billed } else { 0 };
        account.spent += row.effective;
        let is_larger = |other: usize| rows[other].effective < row.effective;
        if row.charge != Charge::Fee && account.largest.is_none_or(is_larger) {
            account.largest = Some(at);
        }
    }
    let moves: Vec<(usize, Nano)> = accounts
        .into_values()
        .filter_map(|account| Some((account.largest?, account.paid - account.spent, account.rows)))
        .filter(|(_, left, rows)| *left != 0 && left.abs() <= *rows)
        .map(|(at, left, _)| (at, left))
        .collect();
    for (at, left) in moves {
        let row = &mut rows[at];
        row.effective += left;
        if row.charge == Charge::Unused {
            (row.list, row.contracted) = (row.effective, row.effective);
            row.priced = priced(row.line, row.charge, [row.list, row.contracted], 0.0);
        }
    }
}
