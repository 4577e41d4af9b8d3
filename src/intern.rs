//! Strings become numbers once, at load; loops compare numbers.

use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::Arc;

/// An interned string. Two symbols of one [`Interner`] are equal iff their strings are.
///
/// The order of symbols is the order of interning, not of the strings: sort by text where
/// upstream does.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The empty string, in every interner.
    pub const EMPTY: Symbol = Symbol(0);

    /// The position in order of interning, for dense side tables.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "symbol{}", self.0)
    }
}

/// The strings behind the symbols. Symbols are never removed.
#[derive(Clone)]
pub struct Interner {
    by_text: FxHashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Interner {
    /// An interner that knows the empty string only.
    pub fn new() -> Self {
        let mut interner = Interner { by_text: FxHashMap::default(), texts: Vec::new() };
        interner.intern("");
        interner
    }
    /// The symbol of `text`, made on first sight.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.by_text.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).expect("fewer than 2^32 strings"));
        let shared: Arc<str> = text.into();
        self.texts.push(shared.clone());
        self.by_text.insert(shared, symbol);
        symbol
    }
    /// The symbol of `text` if it was interned before.
    pub fn lookup(&self, text: &str) -> Option<Symbol> {
        self.by_text.get(text).copied()
    }
    /// The text of `symbol`.
    pub fn text(&self, symbol: Symbol) -> &str {
        &self.texts[symbol.0 as usize]
    }
    /// The number of symbols.
    pub fn len(&self) -> usize {
        self.texts.len()
    }
    /// Never: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Default for Interner {
    fn default() -> Self {
        Interner::new()
    }
}

impl fmt::Debug for Interner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interner({} strings)", self.texts.len())
    }
}
