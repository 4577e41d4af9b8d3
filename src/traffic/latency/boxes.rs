//! A sum of boxes over cells: adding one costs the same however wide it is.

/// The sum.
pub(super) struct Boxes {
    /// By cell, how the sum changes at its lower edge.
    rises: Vec<f64>,
}

impl Boxes {
    pub(super) fn new(cells: usize) -> Boxes {
        Boxes { rises: vec![0.0; cells + 1] }
    }

    /// Adds `height` to the cells from `from` to below `to`.
    pub(super) fn add(&mut self, from: usize, to: usize, height: f64) {
        self.rises[from] += height;
        self.rises[to] -= height;
    }

    pub(super) fn sums(&self) -> impl Iterator<Item = f64> + '_ {
        self.rises.iter().scan(0.0, |sum, rise| {
            *sum += rise;
            Some(*sum)
        })
    }
}
