//! Taints of nodes, and what pods tolerate.

use crate::intern::Symbol;

/// A taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Taint {
    /// The key.
    pub key: Symbol,
    /// The value, or the empty symbol.
    pub value: Symbol,
    /// The effect.
    pub effect: Effect,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// New pods stay away.
    NoSchedule,
    /// New pods prefer others.
    PreferNoSchedule,
    /// New pods stay away, running ones are evicted.
    NoExecute,
}

/// A toleration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// The taint's key; the empty symbol with `Exists` tolerates all.
    pub key: Symbol,
    /// The comparison.
    pub operator: TolerationOperator,
    /// The value, for `Equal`.
    pub value: Symbol,
    /// The effect; absent matches all effects.
    pub effect: Option<Effect>,
    /// `tolerationSeconds` (NoExecute); absent tolerates it for good.
    pub seconds: Option<i64>,
}

/// How a toleration compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TolerationOperator {
    /// Key and value are equal.
    Equal,
    /// The key is there.
    Exists,
    /// Anything else, which matches no taint.
    Unknown,
}

impl Toleration {
    /// Upstream: `v1.Toleration.ToleratesTaint`, 1.28.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && (self.key == Symbol::EMPTY || self.key == taint.key)
            && match self.operator {
                TolerationOperator::Equal => self.value == taint.value,
                TolerationOperator::Exists => true,
                TolerationOperator::Unknown => false,
            }
    }
}
