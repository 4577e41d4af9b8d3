//! The recommendation as people read it and tools take it: the verdict first, what to set and why, what that does to users, and
//! whether it holds where nobody has looked.
//!
//! Everything is drawn from an [`Answer`](crate::study::advise::answer::Answer) and from nothing else. Start reading at [`AdviceReport`].

mod bounds;
#[cfg(test)]
pub(in crate::report) mod fixture;
mod markdown;
mod model;
mod outcome_file;
pub(in crate::report) mod patches;
mod publish;
pub(in crate::report) mod rows;
mod text;
pub(in crate::report) mod words;

pub use markdown::advice_markdown;
pub use model::AdviceReport;
pub use outcome_file::OutcomeFile;
pub use patches::patches;
pub use publish::publish_advice;
pub use text::advice_text;
pub(in crate::report) use text::sections;
