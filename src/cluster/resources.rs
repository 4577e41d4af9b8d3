//! Amounts of cpu, memory, ephemeral storage and extended resources.

use crate::intern::Symbol;
use smallvec::SmallVec;

/// Amounts of resources; used for requests, allocatable and totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of ephemeral storage.
    pub ephemeral_bytes: i64,
    /// Extended resources and huge pages by name, sorted by symbol, whole units.
    pub scalar: SmallVec<[(Symbol, i64); 1]>,
}

impl Resources {
    /// Cpu and memory alone.
    pub fn new(cpu_milli: i64, memory_bytes: i64) -> Self {
        Resources { cpu_milli, memory_bytes, ..Resources::default() }
    }
    /// The amount of an extended resource, 0 if absent.
    pub fn scalar(&self, name: Symbol) -> i64 {
        self.scalar.binary_search_by_key(&name, |(n, _)| *n).map_or(0, |at| self.scalar[at].1)
    }
    /// Sets the amount of an extended resource.
    pub fn set_scalar(&mut self, name: Symbol, amount: i64) {
        match self.scalar.binary_search_by_key(&name, |(n, _)| *n) {
            Ok(at) => self.scalar[at].1 = amount,
            Err(at) => self.scalar.insert(at, (name, amount)),
        }
    }
    /// Adds every amount of `other`, saturating.
    pub fn add(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_add);
    }
    /// Subtracts every amount of `other`, saturating.
    pub fn subtract(&mut self, other: &Resources) {
        self.combine(other, i64::saturating_sub);
    }
    /// Adds every amount of `other` as Go adds integers: what does not fit begins again at the other end, so that
    /// [`wrapping_subtract`](Self::wrapping_subtract) takes back exactly what was added.
    pub fn wrapping_add(&mut self, other: &Resources) {
        self.combine(other, i64::wrapping_add);
    }
    /// Subtracts every amount of `other` as Go subtracts integers.
    pub fn wrapping_subtract(&mut self, other: &Resources) {
        self.combine(other, i64::wrapping_sub);
    }
    /// Takes the larger of every amount.
    pub fn max(&mut self, other: &Resources) {
        self.combine(other, std::cmp::max);
    }

    fn combine(&mut self, other: &Resources, with: fn(i64, i64) -> i64) {
        self.cpu_milli = with(self.cpu_milli, other.cpu_milli);
        self.memory_bytes = with(self.memory_bytes, other.memory_bytes);
        self.ephemeral_bytes = with(self.ephemeral_bytes, other.ephemeral_bytes);
        for &(name, amount) in &other.scalar {
            self.set_scalar(name, with(self.scalar(name), amount));
        }
    }
}
