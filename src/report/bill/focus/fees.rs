//! Fees of commitments: what is paid at once, and what recurs.

use super::row::{Charge, FocusRow};
use crate::report::Report;

/// The rows with what is paid upfront on rows of its own. The bill has it in the first hour of a term, with that hour's fee.
pub(super) fn parted<'a>(report: &Report, rows: Vec<FocusRow<'a>>) -> Vec<FocusRow<'a>> {
    let mut all: Vec<FocusRow<'a>> = Vec::with_capacity(rows.len());
    let mut rest = rows.into_iter().peekable();
    while let Some(mut row) = rest.next() {
        let is_first = all.last().is_none_or(|last| !std::ptr::eq(last.line, row.line));
        if row.charge != Charge::Fee {
            all.push(row);
            continue;
        }
        let payment = row.commitment().and_then(|id| payment(report, id));
        row.is_at_once = payment.map_or(!row.line.unit.contains("Hour"), |payment| payment == "allUpfront");
        let recurring = rest.peek().filter(|next| std::ptr::eq(next.line, row.line)).map_or(0, |next| next.billed);
        if payment == Some("partialUpfront") && is_first && row.billed > 2 * recurring {
            let mut upfront = row.clone();
            upfront.pay(row.billed - recurring, true);
            all.push(upfront);
            row.pay(recurring, false);
        } else if row.is_at_once {
            row.pay(row.billed, true);
        }
        if row.billed != 0 {
            all.push(row);
        }
    }
    all
}

fn payment<'r>(report: &'r Report, id: &str) -> Option<&'r str> {
    let commitments = &report.commitments.as_ref()?.commitments;
    commitments.iter().find(|commitment| commitment.name == id).map(|commitment| commitment.payment.as_str())
}
