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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intern::Interner;

    #[test]
    fn a_toleration_means_key_value_and_effect() {
        let mut symbols = Interner::new();
        let (key, value, other) = (symbols.intern("pool"), symbols.intern("spot"), symbols.intern("gpu"));
        let taint = Taint { key, value, effect: Effect::NoSchedule };
        let equal = Toleration { key, operator: TolerationOperator::Equal, value, effect: None, seconds: None };
        assert!(equal.tolerates(&taint));
        assert!(!equal.tolerates(&Taint { value: other, ..taint }));
        assert!(!equal.tolerates(&Taint { key: other, ..taint }));
        let effect = Some(Effect::NoExecute);
        assert!(!Toleration { effect, ..equal }.tolerates(&taint));
        let everything = Toleration { key: Symbol::EMPTY, operator: TolerationOperator::Exists, ..equal };
        assert!(everything.tolerates(&Taint { key: other, value: other, effect: Effect::NoExecute }));
        assert!(!Toleration { operator: TolerationOperator::Unknown, ..equal }.tolerates(&taint));
    }
}
