//! A scenario run many times: replications, and what they say together.
//!
//! Deliberately not here: time that passes (`sim`), files in (`scenario`), text and pictures (`report`).
//!
//! Start reading at [`Study`].

pub mod advise;
pub mod audit;
mod carbon;
pub(crate) mod commitments;
mod errors;
mod estimate;
pub(crate) mod figures;
mod forecast;
mod growing;
mod history;
mod interval;
mod kept;
mod month;
mod names;
mod paired;
mod replicate;
mod run;
mod runs;
pub mod sweep;

pub use crate::traffic::latency::LatencyTables;
pub use advise::stress;
pub use carbon::{Emissions, emissions};
pub use errors::{ALPHA, holm, looks};
pub use estimate::Estimate;
pub(crate) use estimate::{each_known_or_not, known_or_not, percentile};
pub use figures::Figures;
pub use forecast::{Forecast, ForecastMonth, forecast};
pub use growing::Growing;
pub use history::History;
pub use interval::Kind;
pub use kept::{Promise, What, keeps_promises, promises};
pub use month::Month;
pub use names::{ItemName, Names, ObjectName, OwnerName};
pub use paired::{Better, MARGIN, Pair, PairVerdict};
pub use replicate::Study;
pub use run::{Finished, Options, Phase, Watch, measure, run, simulate};
pub use runs::Runs;
