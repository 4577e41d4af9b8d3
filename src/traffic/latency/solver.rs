//! Crank-Nicolson and implicit Euler steps of a birth-death chain.

use super::columns::Columns;
use super::phases::COUNT as PHASES;

/// Steps of one length for one set of rates.
///
/// The equations are eliminated from both ends towards the middle: a processor has two sums under way at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Solver {
    /// Half a step times the rate up from each state but the last, and down from each but the first.
    up: Vec<f64>,
    down: Vec<f64>,
    /// What a state has after the step of what it had, and of what the states below and above had and have.
    keeps: Vec<f64>,
    from_below: Vec<f64>,
    from_above: Vec<f64>,
    /// A step looks at what there will be alone, not at what there was: it may be long.
    is_implicit: bool,
    /// The right sides of the elimination, as wide as what was asked last.
    right: Vec<f64>,
}

impl Solver {
    /// For Crank-Nicolson steps of `step_s` with these rates up and down from each state; none leads out of `states`.
    pub(super) fn prepare(
        &mut self,
        states: usize,
        step_s: f64,
        up: impl Fn(usize) -> f64,
        down: impl Fn(usize) -> f64,
    ) {
        self.eliminate(states, step_s / 2.0, up, down);
        self.is_implicit = false;
        let lost = self.up.iter().zip(&self.down).map(|(up, down)| up + down);
        self.keeps.iter_mut().zip(lost).for_each(|(keeps, lost)| *keeps *= 1.0 - lost);
    }

    /// The same for implicit Euler steps: of the first order only, but what is faster than a step settles in one, and nothing falls below 0.
    pub(super) fn prepare_implicit(
        &mut self,
        states: usize,
        step_s: f64,
        up: impl Fn(usize) -> f64,
        down: impl Fn(usize) -> f64,
    ) {
        self.eliminate(states, step_s, up, down);
        self.is_implicit = true;
    }

    /// The pivots, and what goes to the neighbours, where `half` seconds of the rates count at the end of a step.
    fn eliminate(&mut self, states: usize, half: f64, up: impl Fn(usize) -> f64, down: impl Fn(usize) -> f64) {
        self.up.clear();
        self.up.extend((0..states).map(|state| if state + 1 == states { 0.0 } else { half * up(state) }));
        self.down.clear();
        self.down.extend((0..states).map(|state| if state == 0 { 0.0 } else { half * down(state) }));
        self.keeps.resize(states, 0.0);
        let (up, down) = (&self.up[..states], &self.down[..states]);
        // One over the pivots; `low` and `high` are what the last state from either end sends on towards the middle.
        let (mut low, mut high) = (0.0, 0.0);
        for state in 0..(states - 1) / 2 {
            let mirror = states - 1 - state;
            let pivots = (
                1.0 / (1.0 + up[state] + down[state] - down[state] * low),
                1.0 / (1.0 + up[mirror] + down[mirror] - up[mirror] * high),
            );
            (low, high) = (up[state] * pivots.0, down[mirror] * pivots.1);
            (self.keeps[state], self.keeps[mirror]) = pivots;
        }
        for state in (states - 1) / 2..=states / 2 {
            let above = if state == states / 2 { high } else { 0.0 };
            let pivot = 1.0 / (1.0 + up[state] + down[state] - down[state] * low - up[state] * above);
            low = up[state] * pivot;
            self.keeps[state] = pivot;
        }
        self.from_below.clear();
        self.from_below.push(0.0);
        self.from_below.extend(self.keeps[1..].iter().zip(up).map(|(pivot, up)| pivot * up));
        self.from_above.clear();
        self.from_above.extend(self.keeps.iter().zip(&down[1..]).map(|(pivot, down)| pivot * down));
        self.from_above.push(0.0);
    }

    /// Lets a step pass for every column.
    pub(super) fn step(&mut self, columns: &mut Columns) {
        match columns.width() {
            PHASES => self.step_rows::<PHASES>(columns.values_mut()),
            _ => self.step_rows::<1>(columns.values_mut()),
        }
    }

    /// The same for one value per state.
    pub(super) fn step_one(&mut self, values: &mut [f64]) {
        self.step_rows::<1>(values);
    }

    fn step_rows<const N: usize>(&mut self, values: &mut [f64]) {
        let rows = values.as_chunks_mut::<N>().0;
        let states = rows.len();
        let (keeps, below, above) = (&self.keeps[..states], &self.from_below[..states], &self.from_above[..states]);
        self.right.resize(N * states, 0.0);
        let right = &mut self.right.as_chunks_mut::<N>().0[..states];
        for (right, (row, keeps)) in right.iter_mut().zip(rows.iter().zip(keeps)) {
            *right = sum(&[0.0; N], *keeps, row);
        }
        for state in if self.is_implicit { states..states } else { 1..states } {
            right[state] = sum(&right[state], below[state], &rows[state - 1]);
            right[state - 1] = sum(&right[state - 1], above[state - 1], &rows[state]);
        }
        let (first, middle) = ((states - 1) / 2, states / 2);
        let [mut low, mut high] = [right[0], right[states - 1]];
        for state in 1..first {
            let mirror = states - 1 - state;
            low = sum(&right[state], below[state], &low);
            high = sum(&right[mirror], above[mirror], &high);
            (right[state], right[mirror]) = (low, high);
        }
        for state in first.max(1)..=middle {
            low = sum(&right[state], below[state], &low);
            right[state] = low;
        }
        if middle + 1 < states {
            low = sum(&low, above[middle], &right[middle + 1]);
        }
        rows[middle] = low;
        high = low;
        for away in 1..=middle {
            low = sum(&right[middle - away], above[middle - away], &low);
            rows[middle - away] = low;
            if middle + away < states {
                high = sum(&right[middle + away], below[middle + away], &high);
                rows[middle + away] = high;
            }
        }
    }
}

/// `one` and `weight` times `other`; a loop without iterators, which are not inlined without optimisation at linking.
#[inline(always)]
fn sum<const N: usize>(one: &[f64; N], weight: f64, other: &[f64; N]) -> [f64; N] {
    let mut sum = *one;
    for at in 0..N {
        sum[at] += weight * other[at];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (I - A) x' = x, whatever the number of states.
    #[test]
    fn an_implicit_step_solves_its_equations() {
        for states in 1..12 {
            let up = |state: usize| if state + 1 < states { 40.0 + 0.3 * state as f64 } else { 0.0 };
            let down = |state: usize| if state > 0 { 2.0 + 0.1 * (state * state) as f64 } else { 0.0 };
            let mut solver = Solver::default();
            solver.prepare_implicit(states, 5.0, up, down);
            let before: Vec<f64> = (0..states).map(|state| (state * 7 % 5) as f64).collect();
            let mut after = before.clone();
            solver.step_one(&mut after);
            for state in 0..states {
                let out = (up(state) + down(state)) * after[state];
                let from_below = if state > 0 { up(state - 1) * after[state - 1] } else { 0.0 };
                let from_above = if state + 1 < states { down(state + 1) * after[state + 1] } else { 0.0 };
                let found = after[state] - 5.0 * (from_below + from_above - out);
                assert!((found - before[state]).abs() < 1e-9, "{states} states, {state}: {found}");
                assert!(after[state] >= 0.0);
            }
        }
    }

    /// (I - A/2) x' = (I + A/2) x, whatever the number of states.
    #[test]
    fn a_step_solves_its_equations() {
        for states in 1..12 {
            let up = |state: usize| 1.0 + 0.3 * state as f64;
            let down = |state: usize| 2.0 + 0.1 * (state * state) as f64;
            let mut solver = Solver::default();
            solver.prepare(states, 0.4, up, down);
            let before = Columns::product((0..states).map(|state| 1.0 + (state * 7 % 5) as f64), &[1.0; PHASES]);
            let mut after = before.clone();
            solver.step(&mut after);
            let flow = |values: &Columns, state: usize| {
                let value = |state: usize| values.values()[state * PHASES];
                let to_above = if state + 1 < states {
                    up(state) * value(state) - down(state + 1) * value(state + 1)
                } else {
                    0.0
                };
                let from_below =
                    if state > 0 { up(state - 1) * value(state - 1) - down(state) * value(state) } else { 0.0 };
                from_below - to_above
            };
            for state in 0..states {
                let moved = 0.2 * (flow(&before, state) + flow(&after, state));
                let [old, new] = [&before, &after].map(|values| values.values()[state * PHASES]);
                assert!((new - old - moved).abs() < 1e-12, "{states} states, {state}: {old} {new} {moved}");
            }
            let mut single = Columns::single(before.rows().map(|row| row[0]).collect());
            solver.step(&mut single);
            assert!(single.values().iter().zip(after.rows()).all(|(one, row)| row.iter().all(|value| value == one)));
        }
    }
}
