//! What the tables of a memory are asked.

use crate::scheduler::profile::Profile;

/// A scheduler asks for filters and scores, a what-if for filters only.
#[derive(Clone, Copy)]
pub(super) struct Purpose<'a> {
    pub(super) profile: &'a Profile,
    /// Nobody asks for scores.
    pub(super) filters_only: bool,
}
