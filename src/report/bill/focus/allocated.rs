//! Lines of nodes split among namespaces, as FOCUS 1.3 has it: the rows of a line still add up to it.

use super::super::exact::{Atto, Nano, nano};
use super::row::{Allocated, FocusRow};
use crate::report::Report;
use std::collections::BTreeMap;

/// Shares of a node group's cost by namespace, in nano-USD.
type Shares<'a> = BTreeMap<&'a str, Nano>;

/// The rows with each line of nodes in parts, a part a namespace that holds some of its group: in proportion to what of the
/// group's cost it bears over the simulated time.
pub(super) fn allocated<'a>(report: &'a Report, rows: Vec<FocusRow<'a>>) -> Vec<FocusRow<'a>> {
    let mut groups: BTreeMap<&str, Shares<'_>> = BTreeMap::new();
    for row in report.costs.iter().filter(|row| !row.group.is_empty()) {
        *groups.entry(&row.group).or_default().entry(&row.namespace).or_default() += nano(row.cost_usd);
    }
    let mut all = Vec::new();
    for row in rows {
        let shares = row.line.group.as_deref().and_then(|group| groups.get(group));
        match shares.filter(|shares| shares.values().sum::<Nano>() > 0) {
            Some(shares) => all.extend(parts(&row, shares)),
            None => all.push(row),
        }
    }
    all
}

/// The rounding of one part is carried to the next, so that the parts add up to the row.
fn parts<'a>(row: &FocusRow<'a>, shares: &Shares<'_>) -> Vec<FocusRow<'a>> {
    let whole: Nano = shares.values().sum();
    let mut upto = 0;
    let mut parts = Vec::new();
    for (name, share) in shares.iter().filter(|(_, share)| **share > 0) {
        let piece = |amount: Nano| amount * (upto + share) / whole - amount * upto / whole;
        let mut part = row.clone();
        part.list = piece(row.list);
        part.contracted = piece(row.contracted);
        part.billed = piece(row.billed);
        part.effective = piece(row.effective);
        part.spread = None;
        part.units = piece(row.units);
        part.priced = row.priced.of_share([part.list, part.contracted], row.list);
        part.allocated = Some(Allocated { name: (*name).to_owned(), share: Atto::ratio(*share, whole) });
        upto += share;
        parts.push(part);
    }
    parts
}
