//! Why a bill cannot become a file.

/// What is wrong with a result that a bill is asked of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// No line at all.
    #[error("this result has no bill: an earlier release made it, or nothing in it costs anything")]
    Empty,
    /// Hours are asked of a bill of days.
    #[error("this result's bill is by day: hours are kept up to 32 days")]
    NoHours,
    /// A period that is no time, or a cell outside of the periods.
    #[error("the bill's periods are broken: {0}")]
    Periods(String),
    /// The spreadsheet could not be made.
    #[error("the workbook cannot be made: {0}")]
    Workbook(String),
}
