//! Values by state of a grid, some side by side.

/// Rows of `width` values, one row per state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    width: usize,
    values: Vec<f64>,
}

impl Columns {
    /// Zeros.
    pub(super) fn zeros(width: usize, states: usize) -> Columns {
        Columns { width, values: vec![0.0; width * states] }
    }

    /// One value per state.
    pub(super) fn single(values: Vec<f64>) -> Columns {
        Columns { width: 1, values }
    }

    /// In every state the `weights`, times that state's value.
    pub(super) fn product(states: impl Iterator<Item = f64>, weights: &[f64]) -> Columns {
        let values = states.flat_map(|value| weights.iter().map(move |weight| weight * value)).collect();
        Columns { width: weights.len(), values }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn states(&self) -> usize {
        self.values.len() / self.width
    }

    /// All values, state after state.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &[f64]> + ExactSizeIterator {
        self.values.chunks_exact(self.width)
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f64]> {
        self.values.chunks_exact_mut(self.width)
    }

    /// Adds `weight` times the values of another one.
    pub(super) fn add(&mut self, other: &Columns, weight: f64) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += weight * value);
    }

    /// Takes states together two by two; the first state is number `first` of all.
    pub(super) fn merge(&mut self, first: usize) {
        let mut joined = Columns::zeros(self.width, (first + self.states() - 1) / 2 - first / 2 + 1);
        for (at, row) in self.rows().enumerate() {
            let to = ((first + at) / 2 - first / 2) * self.width;
            joined.values[to..to + self.width].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        *self = joined;
    }

    /// Halves every state.
    pub(super) fn split(&mut self) {
        let halves = self.rows().flat_map(|row| [row, row]).flatten().map(|value| value / 2.0).collect();
        self.values = halves;
    }

    /// Brings the states to `count`, of which the first `before` are new; at least the present ones.
    pub(super) fn cover(&mut self, before: usize, count: usize) {
        self.values.splice(0..0, std::iter::repeat_n(0.0, before * self.width));
        self.values.resize(count * self.width, 0.0);
    }

    /// Keeps the states from `below` to below `end`.
    pub(super) fn trim(&mut self, below: usize, end: usize) {
        self.values.truncate(end * self.width);
        self.values.drain(..below * self.width);
    }

    /// Moves everything up (or, below 0, down) by this many states; nothing gets beyond the ends.
    pub(super) fn glide(&mut self, by: isize) {
        let states = self.states();
        let shift = by.unsigned_abs().min(states - 1);
        if shift == 0 {
            return;
        }
        let (width, moved) = (self.width, (states - shift) * self.width);
        let (end, lost) =
            if by > 0 { (moved - width, moved..self.values.len()) } else { (shift * width, 0..shift * width) };
        for at in lost {
            let value = std::mem::take(&mut self.values[at]);
            self.values[end + at % width] += value;
        }
        if by > 0 {
            self.values.copy_within(..moved, shift * width);
            self.values[..shift * width].fill(0.0);
        } else {
            self.values.copy_within(shift * width.., 0);
            self.values[moved..].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_glides_stays_on_the_grid() {
        let glided = |by| {
            let mut columns = Columns::product([1.0, 2.0, 3.0, 4.0].into_iter(), &[1.0, 10.0]);
            columns.glide(by);
            columns.rows().map(|row| row.to_vec()).collect::<Vec<_>>()
        };
        let rows = |values: [f64; 4]| values.map(|value| vec![value, 10.0 * value]).to_vec();
        assert_eq!(glided(0), rows([1.0, 2.0, 3.0, 4.0]));
        assert_eq!(glided(1), rows([0.0, 1.0, 2.0, 7.0]));
        assert_eq!(glided(-2), rows([6.0, 4.0, 0.0, 0.0]));
        assert_eq!(glided(9), rows([0.0, 0.0, 0.0, 10.0]));
    }

    #[test]
    fn merged_halves_are_what_was_split() {
        let columns = Columns::product([1.0, 2.0, 3.0].into_iter(), &[1.0, 10.0]);
        let mut other = columns.clone();
        other.split();
        assert_eq!(other.states(), 6);
        other.merge(4);
        assert_eq!(other, columns);
        other.cover(2, 6);
        other.trim(2, 5);
        assert_eq!(other, columns);
        other.merge(1);
        assert_eq!(other.values(), [1.0, 10.0, 5.0, 50.0]);
    }
}
