//! The sources of the tables' figures: `data/price_sources.csv`.

use super::Origin;
use rustc_hash::FxHashMap;

/// Origins by the name that the tables call them.
pub(super) struct Sources(FxHashMap<&'static str, Origin>);

impl Sources {
    /// The sources in `text`: id, source, date, how it was estimated.
    pub(super) fn parse(text: &'static str) -> Self {
        let row = |line: &'static str| {
            let [id, source, date, estimated] = line.split(',').collect::<Vec<_>>()[..] else { return None };
            let origin = Origin::listed(source, date);
            Some((id, if estimated.is_empty() { origin } else { origin.estimated(estimated) }))
        };
        Sources(text.lines().skip(1).filter_map(row).collect())
    }
    /// The origin called `id`.
    pub(super) fn origin(&self, id: &str) -> Origin {
        self.0.get(id).cloned().unwrap_or_else(|| Origin::listed(id.to_owned(), "undated"))
    }
}
