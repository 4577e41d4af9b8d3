//! FOCUS, the FinOps Foundation's format of bills: a row a line and period.
//!
//! Source: the FinOps Open Cost and Usage Specification, datasets "Cost and Usage" 1.2 and the columns that 1.3 adds for split
//! cost allocation. What is simulated says so: `x_Simulated` in each row; costs are means of the replications, with their
//! percentiles in `x_` columns.

mod allocated;
mod columns;
mod fees;
mod row;

use super::error::BillError;
use super::rows::{Grain, bill_rows};
use crate::report::Report;
use crate::report::csv::{finish, record};
use allocated::allocated;
use columns::columns;
use fees::parted;
use row::{FocusRow, balance};

/// A version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FocusVersion {
    /// Cost and Usage 1.2.
    V1_2,
    /// 1.2 with what 1.3 adds: who sells and who hosts, and the cost of nodes split among namespaces.
    V1_3,
}

/// The bill in FOCUS.
///
/// Errors: where there is no bill, or no hours are known and hours are asked for.
pub fn focus_csv(report: &Report, grain: Grain, version: FocusVersion) -> Result<String, BillError> {
    let rows = bill_rows(&report.bill, grain)?;
    let mut rows: Vec<FocusRow<'_>> = rows.iter().map(|row| FocusRow::of(report, row)).collect::<Result<_, _>>()?;
    rows = parted(report, rows);
    balance(&mut rows);
    if version == FocusVersion::V1_3 {
        rows = allocated(report, rows);
    }
    let columns = columns(version);
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    record(&mut writer, columns.iter().map(|(name, _)| (*name).to_owned()));
    for row in &rows {
        record(&mut writer, columns.iter().map(|(_, value)| value(row)));
    }
    Ok(finish(writer))
}

#[cfg(test)]
mod tests;
