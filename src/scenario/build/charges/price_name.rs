//! What the price book calls a price.

/// An item of the price book, and the one from which its price is estimated where the book has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PriceName {
    pub(super) item: &'static str,
    /// Another item, and by how much its price is to be multiplied.
    pub(super) otherwise: Option<(&'static str, f64)>,
}

impl Eq for PriceName {}

impl PriceName {
    pub(super) fn of(item: &'static str) -> PriceName {
        PriceName { item, otherwise: None }
    }
    /// Where the book has no such price, another one times `factor`.
    pub(super) fn or(self, item: &'static str, factor: f64) -> PriceName {
        PriceName { otherwise: Some((item, factor)), ..self }
    }
}
