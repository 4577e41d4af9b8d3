//! Labels, and the selectors that match them.

use crate::intern::{Interner, Symbol};
use smallvec::SmallVec;

/// A label map: pairs sorted by key symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    pairs: SmallVec<[(Symbol, Symbol); 4]>,
}

impl Labels {
    /// The value of `key`.
    pub fn get(&self, key: Symbol) -> Option<Symbol> {
        if self.pairs.len() <= 8 {
            return self.pairs.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
        }
        self.pairs.binary_search_by_key(&key, |(k, _)| *k).ok().map(|at| self.pairs[at].1)
    }
    /// Sets `key` to `value`.
    pub fn set(&mut self, key: Symbol, value: Symbol) {
        match self.pairs.binary_search_by_key(&key, |(k, _)| *k) {
            Ok(at) => self.pairs[at].1 = value,
            Err(at) => self.pairs.insert(at, (key, value)),
        }
    }
    /// Removes `key`.
    pub fn remove(&mut self, key: Symbol) {
        self.pairs.retain(|(k, _)| *k != key);
    }
    /// The pairs, sorted by key symbol.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, Symbol)> + '_ {
        self.pairs.iter().copied()
    }
    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
    /// The number of labels.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }
}

impl FromIterator<(Symbol, Symbol)> for Labels {
    /// Of equal keys the last one counts.
    fn from_iter<I: IntoIterator<Item = (Symbol, Symbol)>>(pairs: I) -> Self {
        let mut labels = Labels::default();
        pairs.into_iter().for_each(|(key, value)| labels.set(key, value));
        labels
    }
}

/// How a requirement compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// The label has one of the values.
    In,
    /// The label is absent or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// The label is an integer greater than the value (node selectors only).
    Gt,
    /// The label is an integer less than the value (node selectors only).
    Lt,
}

/// One condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The label's key.
    pub key: Symbol,
    /// The comparison.
    pub operator: Operator,
    /// The values to compare with.
    pub values: SmallVec<[Symbol; 2]>,
}

impl Requirement {
    /// Whether the requirement holds.
    ///
    /// Upstream: `labels.Requirement.Matches` (apimachinery 1.28). `Gt`/`Lt`: both sides must parse
    /// as int64, else the requirement does not hold.
    pub fn matches(&self, labels: &Labels, symbols: &Interner) -> bool {
        let value = labels.get(self.key);
        match self.operator {
            Operator::In => value.is_some_and(|v| self.values.contains(&v)),
            Operator::NotIn => value.is_none_or(|v| !self.values.contains(&v)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt | Operator::Lt => {
                let number = |symbol: Symbol| symbols.text(symbol).parse::<i64>().ok();
                let (Some(left), Some(right)) = (value.and_then(number), self.values.first().copied().and_then(number))
                else {
                    return false;
                };
                if self.operator == Operator::Gt { left > right } else { left < right }
            }
        }
    }
}

/// Requirements that must all hold; without any it matches everything.
///
/// "Matches nothing" (a nil selector upstream) is an absent selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSelector {
    /// The requirements.
    pub requirements: Vec<Requirement>,
}

impl LabelSelector {
    /// Whether all requirements hold.
    pub fn matches(&self, labels: &Labels, symbols: &Interner) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels, symbols))
    }
    /// Whether there are no requirements.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
    /// A selector for exactly these labels.
    pub fn of_labels(labels: impl IntoIterator<Item = (Symbol, Symbol)>) -> Self {
        let equal = |(key, value)| Requirement { key, operator: Operator::In, values: SmallVec::from_slice(&[value]) };
        LabelSelector { requirements: labels.into_iter().map(equal).collect() }
    }
}

/// Terms of which one must match. Without terms it matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelector {
    /// The alternatives.
    pub terms: Vec<NodeSelectorTerm>,
}

/// Expressions and fields that must all hold; an empty term matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// Conditions on the node's labels.
    pub expressions: Vec<Requirement>,
    /// Conditions on `metadata.name` (the only field upstream knows); `In`/`NotIn` with one value.
    pub fields: Vec<Requirement>,
    /// The term has a parse error upstream would meet (unknown operator, `Gt` without an integer...).
    pub invalid: bool,
}

impl NodeSelectorTerm {
    /// Whether the term has nothing to say, and so matches nothing.
    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty() && self.fields.is_empty()
    }
    /// Whether a node of this name and these labels matches.
    ///
    /// Upstream: component-helpers `nodeaffinity.nodeSelectorTerm.match`, 1.28.
    pub fn matches(&self, name: Symbol, labels: &Labels, symbols: &Interner) -> bool {
        !self.invalid
            && !self.is_empty()
            && self.expressions.iter().all(|requirement| requirement.matches(labels, symbols))
            && self.fields.iter().all(|field| match field.operator {
                Operator::In => field.values.contains(&name),
                Operator::NotIn => !field.values.contains(&name),
                _ => false,
            })
    }
}

impl NodeSelector {
    /// Whether any term matches.
    pub fn matches(&self, name: Symbol, labels: &Labels, symbols: &Interner) -> bool {
        self.terms.iter().any(|term| term.matches(name, labels, symbols))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_compare_as_kubernetes_does() {
        let mut symbols = Interner::new();
        let [cores, eight, ten, text] = ["cores", "8", "10", "many"].map(|word| symbols.intern(word));
        let labels: Labels = [(cores, eight)].into_iter().collect();
        let holds = |operator, value: Symbol, labels: &Labels| {
            Requirement { key: cores, operator, values: SmallVec::from_slice(&[value]) }.matches(labels, &symbols)
        };
        assert!(holds(Operator::In, eight, &labels) && !holds(Operator::In, ten, &labels));
        assert!(holds(Operator::NotIn, ten, &labels) && holds(Operator::NotIn, eight, &Labels::default()));
        // As numbers, not as texts.
        assert!(holds(Operator::Lt, ten, &labels) && !holds(Operator::Gt, ten, &labels));
        assert!(!holds(Operator::Lt, text, &labels) && !holds(Operator::Gt, text, &labels));
        assert!(!holds(Operator::Lt, ten, &Labels::default()));
    }

    #[test]
    fn a_selector_without_requirements_means_all_and_one_without_terms_nothing() {
        let symbols = Interner::new();
        assert!(LabelSelector::default().matches(&Labels::default(), &symbols));
        assert!(!NodeSelector::default().matches(Symbol::EMPTY, &Labels::default(), &symbols));
        let empty = NodeSelector { terms: vec![NodeSelectorTerm::default()] };
        assert!(!empty.matches(Symbol::EMPTY, &Labels::default(), &symbols));
    }
}
