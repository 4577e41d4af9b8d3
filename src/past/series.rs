//! Values at the instants of a span; some may be missing.

/// A value, or none, at each instant of a [`Past`](super::Past); empty where nothing was recorded at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    values: Vec<Option<f64>>,
}

impl Series {
    /// Numbers that are not finite count as missing; none that is there makes an empty series.
    pub fn new(mut values: Vec<Option<f64>>) -> Self {
        values.iter_mut().for_each(|value| *value = value.filter(|number| number.is_finite()));
        if values.iter().all(Option::is_none) {
            values.clear();
        }
        Series { values }
    }
    /// The value at an instant.
    pub fn at(&self, step: usize) -> Option<f64> {
        self.values.get(step).copied().flatten()
    }
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    /// All instants in order.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }
    /// How many instants have a value.
    pub fn known(&self) -> usize {
        self.values.iter().flatten().count()
    }
    /// The mean of what is there.
    pub fn mean(&self) -> Option<f64> {
        let known = self.known();
        (known > 0).then(|| self.values.iter().flatten().sum::<f64>() / known as f64)
    }
    /// The instants `from..to`.
    pub fn part(&self, from: usize, to: usize) -> Series {
        Series::new(self.values.iter().take(to).skip(from).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_missing() {
        let series = Series::new(vec![Some(1.0), Some(f64::NAN), None, Some(3.0), Some(f64::INFINITY)]);
        assert_eq!((series.at(0), series.at(1), series.at(9)), (Some(1.0), None, None));
        assert_eq!((series.known(), series.mean()), (2, Some(2.0)));
        assert!(series.part(1, 3).is_empty() && Series::new(vec![None]).is_empty());
    }
}
