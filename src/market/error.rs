//! What can be wrong with a name from the input, with the nearest right one.

/// A name the catalogue does not know, or a thing that is not sold in a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarketError {
    /// No such machine type.
    #[error("unknown instance type `{found}`{}", hint(.nearest))]
    InstanceType {
        /// As it was written.
        found: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// No such region, or none with prices.
    #[error("unknown region `{found}`{}", hint(.nearest))]
    Region {
        /// As it was written.
        found: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A known machine type without a known price in this region.
    #[error("no price is known for `{instance_type}` in `{region}`; {known}")]
    NoPrice {
        /// The machine type.
        instance_type: String,
        /// The region.
        region: String,
        /// Where it is known, for the message.
        known: String,
    },
    /// No such price item.
    #[error("unknown price item `{found}`{}", hint(.nearest))]
    Item {
        /// As it was written.
        found: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// No price for this class of a managed service.
    #[error("no price is known for `{class}` of `{service}`; {known}")]
    ManagedClass {
        /// The service.
        service: String,
        /// The class.
        class: String,
        /// What is known, for the message.
        known: String,
    },
}

impl MarketError {
    /// The known name most like the one that was found.
    pub fn suggestion(&self) -> Option<&str> {
        match self {
            MarketError::InstanceType { nearest, .. }
            | MarketError::Region { nearest, .. }
            | MarketError::Item { nearest, .. } => nearest.as_deref(),
            MarketError::NoPrice { .. } | MarketError::ManagedClass { .. } => None,
        }
    }
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The name most like `found`, if any is alike at all; the first of equals.
pub(super) fn nearest<'a>(found: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    const ALIKE: f64 = 0.6;
    let mut best: Option<(f64, &str)> = None;
    // Texts whose lengths differ by more are not alike enough.
    let may_be_alike = |name: &&str| name.len().abs_diff(found.len()) <= name.len() && found.len() <= 256;
    for name in names.filter(may_be_alike) {
        let likeness = strsim::normalized_damerau_levenshtein(found, name);
        if likeness >= ALIKE && best.is_none_or(|(record, _)| likeness > record) {
            best = Some((likeness, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}
