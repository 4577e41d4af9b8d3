//! What the tables of a memory are asked.

use super::kinds::Kinds;
use crate::scheduler::profile::Profile;

/// A scheduler asks for filters and scores, a what-if for filters only.
#[derive(Clone, Copy)]
pub(super) struct Purpose<'a> {
    pub(super) profile: &'a Profile,
    /// The kinds of pods that there are.
    pub(super) kinds: &'a Kinds,
    /// Nobody asks for scores.
    pub(super) filters_only: bool,
}
