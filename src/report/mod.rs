//! Results out: the [`Report`] model and everything that is rendered from it.
//!
//! A study becomes one [`Report`] ([`Report::of`]); `result.json` is that report, and the terminal summary,
//! the HTML page, the CSV files and the files of the [`bill`] are drawn from it and from nothing else, so an old `result.json`
//! can be rendered again. Floats live here: the figures are for people.
//!
//! Not here: running anything, deciding anything, PDF (the page prints well).
//!
//! Start reading at [`Report`], then [`Report::of`] and [`write()`].

pub mod advice;
mod attachments;
mod audit;
mod autoscale;
mod autoscale_against;
mod autoscale_words;
mod beginning;
pub mod bill;
pub mod calibration;
pub mod catalog;
mod chart;
pub mod check;
pub mod compare;
mod csv;
pub mod decisions;
mod details;
pub mod dry_run;
pub mod figures;
mod files;
mod forecast_words;
mod format;
mod hpa_reasons;
mod html;
pub mod metrics;
mod model;
mod owner_words;
mod page;
pub mod recommend;
mod redact;
mod results;
mod screen;
mod summary;
pub mod sweep;
mod tables;
mod verdict;

#[cfg(test)]
mod fixture;

pub use attachments::attachments;
pub use audit::audit_table;
pub use autoscale::{AutoscaleLoop, Told, autoscale_text};
pub use autoscale_against::{Difference, Otherwise};
pub use csv::{costs_csv, timeline_csv};
pub use files::{ReadError, read, write};
pub use html::html;
pub use model::{
    AdvisedCommitment, AllocationTable, AutoscalerResult, BillCell, BillCommitment, BillLineResult, BillMonth,
    BillResult, Bottleneck, BottleneckKind, BudgetResult, CapacityResult, CarbonResult, ChargeResult, CommitmentResult,
    CommitmentsResult, CostDrivers, CostRow, ForecastBudget, ForecastMonthResult, ForecastResult, GroupResult,
    Headline, LatencyDetail, MonthResult, NamespaceResult, Objective, ObjectiveDetail, OwnerCost, Panel, PooledLatency,
    Prices, Recommendation, RecommendedBounds, Report, RouteResult, Run, SavingIfUsageFalls, ScenarioInfo, Series,
    ServiceResult, Timeline, TriedSetting, Unit, UnitCost, Verdict, VerticalBounds, VerticalResult,
};
pub use redact::redacted;
pub use summary::{Printed, summary};

pub use crate::study::Estimate;
