//! What Google's discounts look at: a resource, whichever machines it is in.

use super::terms::{Sku, Terms, Usage};
use std::sync::Arc;

/// The vCPUs of a series in a region, or its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) series: Arc<str>,
    region: Arc<str>,
    is_memory: bool,
}

impl Resource {
    /// What is committed to, and how much of it; none of other commitments.
    pub(super) fn of_terms(terms: &Terms) -> Option<(Resource, i64)> {
        let (series, region, size, is_memory) = match terms {
            Terms::GoogleCores { series, region, milli } => (series, region, *milli, false),
            Terms::GoogleMemory { series, region, bytes } => (series, region, *bytes, true),
            _ => return None,
        };
        Some((Resource { series: series.clone(), region: region.clone(), is_memory }, size))
    }
    /// What is used, and how much of it a unit is; none of spot and of what is no resource.
    pub(super) fn of_usage(usage: &Usage) -> Option<(Resource, i64)> {
        let (series, size, is_memory) = match &usage.sku {
            _ if usage.is_spot => return None,
            Sku::GceCores { series, milli } => (series, *milli, false),
            Sku::GceMemory { series, bytes } => (series, *bytes, true),
            _ => return None,
        };
        Some((Resource { series: series.clone(), region: usage.region.clone(), is_memory }, size))
    }
}
