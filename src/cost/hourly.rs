//! Quantities by the hour, run-length encoded: what never changes is one run, a year or not.

/// A quantity for each hour from hour 0 on; nothing after the last.
///
/// Units are those of the item's [`Basis`](super::Basis): millionths of a unit times nanoseconds, or billionths of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hourly {
    runs: Vec<Run>,
    hours: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    hours: u32,
    quantity: i128,
}

impl Hourly {
    /// How many hours are told of.
    pub fn len(&self) -> u32 {
        self.hours
    }
    /// Whether no hour is told of.
    pub fn is_empty(&self) -> bool {
        self.hours == 0
    }
    /// Whether it is nothing at all, in every hour.
    pub fn is_zero(&self) -> bool {
        self.runs.iter().all(|run| run.quantity == 0)
    }
    /// The next `hours` hours have `quantity` each.
    pub fn push(&mut self, hours: u32, quantity: i128) {
        if hours == 0 {
            return;
        }
        self.hours += hours;
        match self.runs.last_mut() {
            Some(last) if last.quantity == quantity => last.hours += hours,
            _ => self.runs.push(Run { hours, quantity }),
        }
    }
    /// Adds to the last hour; false if there is none.
    pub fn add_to_last(&mut self, quantity: i128) -> bool {
        let Some(last) = self.runs.last_mut() else { return false };
        let sum = last.quantity + quantity;
        last.hours -= 1;
        self.hours -= 1;
        if last.hours == 0 {
            self.runs.pop();
        }
        self.push(1, sum);
        true
    }
    /// The quantity of every hour.
    pub fn iter(&self) -> impl Iterator<Item = i128> + '_ {
        self.runs.iter().flat_map(|run| std::iter::repeat_n(run.quantity, run.hours as usize))
    }
    /// The sum over all hours.
    pub fn sum(&self) -> i128 {
        self.runs.iter().map(|run| run.quantity.saturating_mul(i128::from(run.hours))).sum()
    }
    /// The sums over the hours `[from, until)`.
    pub fn sum_between(&self, from: u32, until: u32) -> i128 {
        let (mut at, mut sum) = (0u32, 0i128);
        for run in &self.runs {
            let (start, end) = (at.max(from), (at + run.hours).min(until));
            if start < end {
                sum += run.quantity * i128::from(end - start);
            }
            at += run.hours;
            if at >= until {
                break;
            }
        }
        sum
    }
    /// Hour by hour this and another.
    pub fn zip_with(&self, other: &Hourly, mut f: impl FnMut(i128, i128) -> i128) -> Hourly {
        let mut sum = Hourly::default();
        let (mut a, mut b) = (self.iter(), other.iter());
        for _ in 0..self.hours.max(other.hours) {
            sum.push(1, f(a.next().unwrap_or(0), b.next().unwrap_or(0)));
        }
        sum
    }
}

impl FromIterator<i128> for Hourly {
    fn from_iter<I: IntoIterator<Item = i128>>(quantities: I) -> Self {
        let mut hourly = Hourly::default();
        quantities.into_iter().for_each(|quantity| hourly.push(1, quantity));
        hourly
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_constant_year_is_one_run() {
        let mut year = Hourly::default();
        year.push(8000, 7);
        year.push(760, 7);
        assert_eq!((year.runs.len(), year.len(), year.sum()), (1, 8760, 61_320));
    }

    proptest! {
        #[test]
        fn runs_are_a_matter_of_storage(hours in prop::collection::vec(-3i128..4, 0..60), from in 0u32..70, length in 0u32..70) {
            let hourly: Hourly = hours.iter().copied().collect();
            prop_assert_eq!(hourly.iter().collect::<Vec<_>>(), hours.clone());
            let between = hours.iter().skip(from as usize).take(length as usize).sum::<i128>();
            prop_assert_eq!(hourly.sum_between(from, from + length), between);
            prop_assert_eq!(hourly.sum(), hours.iter().sum::<i128>());
        }
    }
}
