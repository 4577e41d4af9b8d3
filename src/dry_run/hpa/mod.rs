//! HorizontalPodAutoscalers alone, over recorded metrics: what would they have done?
//!
//! *Open*: every pod's usage is what was recorded, whatever the HPA decides. *Closed*: the recorded load is
//! divided among the pods that this HPA would have had, so usage answers to its decisions.
//!
//! Start reading at [`Request::run`], which reads files, and at [`Replay::run`], which syncs.

mod fit;
mod pods;
mod replay;
mod request;
mod timeline;
mod totals;

pub use fit::{Fit, usual_column};
pub use replay::{Mode, Replay, SyncRow};
pub use request::{Replayed, Request, Run};
pub use timeline::Timeline;
pub use totals::Totals;
