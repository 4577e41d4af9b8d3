//! The bill in few rows.

use super::exact::{Nano, nano};
use crate::report::{BillLineResult, BillResult};
use std::collections::BTreeMap;

/// At list prices, invoiced, amortised.
pub(in crate::report) type Money = [Nano; 3];

/// What a part of the bill comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) struct BillSum<'a> {
    pub(in crate::report) name: &'a str,
    pub(in crate::report) money: Money,
    /// Whether it rests on an estimated price.
    pub(in crate::report) is_estimated: bool,
}

/// Of a line.
pub(in crate::report) fn money(line: &BillLineResult) -> Money {
    [line.list_usd, line.net_usd, line.effective_usd].map(nano)
}

/// By the provider's service, the dearest first.
pub(in crate::report) fn by_service(bill: &BillResult) -> Vec<BillSum<'_>> {
    let mut sums: BTreeMap<&str, BillSum<'_>> = BTreeMap::new();
    for line in &bill.lines {
        let empty = BillSum { name: &line.service, money: [0; 3], is_estimated: false };
        let sum = sums.entry(&line.service).or_insert(empty);
        sum.money.iter_mut().zip(money(line)).for_each(|(sum, amount)| *sum += amount);
        sum.is_estimated |= line.estimated.is_some();
    }
    let mut rows: Vec<BillSum<'_>> = sums.into_values().collect();
    rows.sort_by_key(|row| -row.money[1]);
    rows
}
