//! Where a price is from: said wherever the price stands.

use std::borrow::Cow;

/// Source, date and standing of a price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Who published it: `AWS list price`, `user's price file`.
    pub source: Cow<'static, str>,
    /// When it was listed, `YYYY-MM-DD`, or a word about it.
    pub date: Cow<'static, str>,
    /// How it was estimated, if it is not a listed one: `price of us-east-1`, `ratio of the family m5`.
    pub estimated: Option<Cow<'static, str>>,
}

impl Origin {
    /// A listed price.
    pub fn listed(source: impl Into<Cow<'static, str>>, date: impl Into<Cow<'static, str>>) -> Self {
        Origin { source: source.into(), date: date.into(), estimated: None }
    }
    /// The same figure, but estimated by `how`.
    pub fn estimated(self, how: impl Into<Cow<'static, str>>) -> Self {
        Origin { estimated: Some(how.into()), ..self }
    }
}
