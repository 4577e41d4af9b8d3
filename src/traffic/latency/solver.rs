//! Crank-Nicolson steps of a birth-death chain.

/// Crank-Nicolson steps of one length for one set of rates.
#[derive(Clone, Debug, Default)]
pub(super) struct Solver {
    /// Half a step times the rate up from each state but the last, and down from each but the first.
    up: Vec<f64>,
    down: Vec<f64>,
    /// The eliminated matrix: factors above the diagonal, and one over the diagonal.
    above: Vec<f64>,
    pivot: Vec<f64>,
    right: Vec<f64>,
}

impl Solver {
    /// For steps of `step_s` with these rates up and down from each state; none leads out of `states`.
    pub(super) fn prepare(
        &mut self,
        states: usize,
        step_s: f64,
        up: impl Fn(usize) -> f64,
        down: impl Fn(usize) -> f64,
    ) {
        let half = step_s / 2.0;
        self.up.clear();
        self.up.extend((0..states).map(|state| if state + 1 == states { 0.0 } else { half * up(state) }));
        self.down.clear();
        self.down.extend((0..states).map(|state| if state == 0 { 0.0 } else { half * down(state) }));
        self.above.clear();
        self.pivot.clear();
        let mut above = 0.0;
        for state in 0..states {
            let below = if state == 0 { 0.0 } else { -self.up[state - 1] };
            let pivot = 1.0 / (1.0 + self.up[state] + self.down[state] - below * above);
            above = if state + 1 == states { 0.0 } else { -self.down[state + 1] * pivot };
            self.pivot.push(pivot);
            self.above.push(above);
        }
        self.right.resize(states, 0.0);
    }

    pub(super) fn step(&mut self, states: &mut [f64]) {
        let count = states.len();
        let mut before = 0.0;
        for state in 0..count {
            let (from_below, below) = if state == 0 { (0.0, 0.0) } else { (self.up[state - 1], states[state - 1]) };
            let from_above = if state + 1 < count { self.down[state + 1] * states[state + 1] } else { 0.0 };
            let known = states[state] * (1.0 - self.up[state] - self.down[state]) + from_below * below + from_above;
            before = (known + from_below * before) * self.pivot[state];
            self.right[state] = before;
        }
        let mut after = 0.0;
        for state in (0..count).rev() {
            after = self.right[state] - self.above[state] * after;
            states[state] = after;
        }
    }
}
