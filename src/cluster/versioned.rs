//! Lists that are edited in place, with a number that tells when.

use std::ops::{Deref, DerefMut};

/// A value that counts how often somebody may have changed it, so that derived answers can be kept until then.
#[derive(Clone, Debug, Default)]
pub struct Versioned<T> {
    value: T,
    version: u64,
}

impl<T> Versioned<T> {
    /// A value that nobody has changed yet.
    pub fn new(value: T) -> Self {
        Versioned { value, version: 0 }
    }
    /// Grows with every chance to change the value.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl<T> Deref for Versioned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Versioned<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.version += 1;
        &mut self.value
    }
}
