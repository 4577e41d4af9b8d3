//! Typed indices: a node's number can never be taken for a pod's.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A `u32` index into an [`IdVec`].
pub trait Id: Copy + Eq + Ord + fmt::Debug {
    /// The id of row `index`.
    fn from_index(index: usize) -> Self;
    /// The row of this id.
    fn index(self) -> usize;
}

/// Declares id types: `id_type!(NodeId, "node")` prints as `node12`.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $crate::id::Id for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).expect("fewer than 2^32 rows"))
            }
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

crate::id_type!(
    /// A machine of a node group, from launch to termination.
    InstanceId,
    "instance"
);

crate::id_type!(
    /// A Deployment, StatefulSet, DaemonSet, Job or CronJob.
    #[derive(serde::Serialize, serde::Deserialize)]
    WorkloadId,
    "workload"
);

crate::id_type!(
    /// A node group.
    #[derive(serde::Serialize, serde::Deserialize)]
    GroupId,
    "group"
);

/// Rows indexed by their own id type. Ids are never reused.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent, bound(serialize = "T: serde::Serialize", deserialize = "T: serde::Deserialize<'de>"))]
pub struct IdVec<I, T> {
    rows: Vec<T>,
    id: PhantomData<I>,
}

impl<I: Id, T> IdVec<I, T> {
    /// No rows.
    pub const fn new() -> Self {
        IdVec { rows: Vec::new(), id: PhantomData }
    }
    /// `count` copies of `row`.
    pub fn filled(row: T, count: usize) -> Self
    where
        T: Clone,
    {
        IdVec { rows: vec![row; count], id: PhantomData }
    }
    /// Appends a row and returns its id.
    pub fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::from_index(self.rows.len() - 1)
    }
    /// Removes and returns the last row.
    pub fn pop(&mut self) -> Option<T> {
        self.rows.pop()
    }
    /// The id the next [`push`](Self::push) will return.
    pub fn next_id(&self) -> I {
        I::from_index(self.rows.len())
    }
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// The row, if there is one.
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }
    /// The row, if there is one, to change.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.rows.get_mut(id.index())
    }
    /// The rows in order of their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.rows.iter().enumerate().map(|(index, row)| (I::from_index(index), row))
    }
    /// The rows with their ids, by value.
    pub fn into_rows(self) -> impl ExactSizeIterator<Item = (I, T)> {
        self.rows.into_iter().enumerate().map(|(index, row)| (I::from_index(index), row))
    }
    /// The rows in order of their ids, to change.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (I, &mut T)> + ExactSizeIterator {
        self.rows.iter_mut().enumerate().map(|(index, row)| (I::from_index(index), row))
    }
    /// All ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.rows.len()).map(I::from_index)
    }
    /// The rows without their ids.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }
    /// The rows as they lie in memory.
    pub fn as_slice(&self) -> &[T] {
        &self.rows
    }
    /// No rows any more; their memory stays.
    pub fn clear(&mut self) {
        self.rows.clear();
    }
    /// As many rows as `count`: those at the end go, or copies of `row` come.
    pub fn resize(&mut self, count: usize, row: T)
    where
        T: Clone,
    {
        self.rows.resize(count, row);
    }
    /// Grows with `row` until `id` has a row.
    pub fn fill_to(&mut self, id: I, row: T)
    where
        T: Clone,
    {
        if self.rows.len() <= id.index() {
            self.rows.resize(id.index() + 1, row);
        }
    }
}

impl<I: Id, T> Default for IdVec<I, T> {
    fn default() -> Self {
        IdVec::new()
    }
}
impl<I: Id, T> Index<I> for IdVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}
impl<I: Id, T> IndexMut<I> for IdVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.rows[id.index()]
    }
}
impl<I: Id, T> FromIterator<T> for IdVec<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(rows: It) -> Self {
        IdVec { rows: rows.into_iter().collect(), id: PhantomData }
    }
}
impl<I: Id, T: fmt::Debug> fmt::Debug for IdVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
