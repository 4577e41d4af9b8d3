//! Crank-Nicolson steps of a birth-death chain.

/// Crank-Nicolson steps of one length for one set of rates.
#[derive(Clone, Debug, Default)]
pub(super) struct Solver {
    /// Half a step times the rate up from each state, and down from each but the first.
    up: Vec<f64>,
    down: f64,
    /// The eliminated matrix: factors above the diagonal, and one over the diagonal.
    above: Vec<f64>,
    pivot: Vec<f64>,
    right: Vec<f64>,
}

impl Solver {
    pub(super) fn prepare(&mut self, states: usize, step_s: f64, up: impl Fn(usize) -> f64, down: f64) {
        let half = step_s / 2.0;
        self.down = half * down;
        self.up.clear();
        self.up.extend((0..states).map(|state| if state + 1 == states { 0.0 } else { half * up(state) }));
        self.above.clear();
        self.pivot.clear();
        let mut above = 0.0;
        for state in 0..states {
            let down = if state == 0 { 0.0 } else { self.down };
            let below = if state == 0 { 0.0 } else { -self.up[state - 1] };
            let pivot = 1.0 / (1.0 + self.up[state] + down - below * above);
            above = -self.down * pivot;
            self.pivot.push(pivot);
            self.above.push(above);
        }
        self.right.resize(states, 0.0);
    }

    pub(super) fn step(&mut self, states: &mut [f64]) {
        let count = states.len();
        let mut before = 0.0;
        for state in 0..count {
            let down = if state == 0 { 0.0 } else { self.down };
            let from_below = if state == 0 { 0.0 } else { self.up[state - 1] };
            let below = if state == 0 { 0.0 } else { states[state - 1] };
            let next = if state + 1 < count { states[state + 1] } else { 0.0 };
            let known = states[state] * (1.0 - self.up[state] - down) + from_below * below + self.down * next;
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
