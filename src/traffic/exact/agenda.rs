//! Which source of events comes next: a tournament among all of them.

/// The earliest of a set of numbered sources; each has one next time, or none (infinity).
///
/// Cost of a change: the logarithm of the number of sources. Equal times: the lower number.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    /// The size of the bottom row, a power of two.
    width: usize,
    times: Vec<f64>,
    /// The winner of each match; match 1 is the final, matches `2k` and `2k + 1` feed match `k`.
    winners: Vec<u32>,
}

impl Agenda {
    /// Sets when the source has its next event; infinity for never.
    pub(super) fn set(&mut self, source: usize, time_s: f64) {
        if source >= self.width {
            self.widen(source + 1);
        }
        self.times[source] = time_s;
        let mut place = (self.width + source) / 2;
        while place >= 1 {
            let winner = self.winner_of(2 * place, 2 * place + 1);
            self.winners[place] = winner;
            place /= 2;
        }
    }

    /// The earliest source and its time; infinity when there is none.
    pub(super) fn first(&self) -> (usize, f64) {
        match self.width {
            0 => (0, f64::INFINITY),
            1 => (0, self.times[0]),
            _ => {
                let winner = self.winners[1] as usize;
                (winner, self.times[winner])
            }
        }
    }

    fn winner_of(&self, left: usize, right: usize) -> u32 {
        let candidate = |place: usize| {
            if place >= self.width { (place - self.width) as u32 } else { self.winners[place] }
        };
        let (left, right) = (candidate(left), candidate(right));
        if self.times[right as usize] < self.times[left as usize] { right } else { left }
    }

    fn widen(&mut self, sources: usize) {
        self.width = sources.next_power_of_two().max(2);
        self.times.resize(self.width, f64::INFINITY);
        self.winners = vec![0; self.width];
        for place in (1..self.width).rev() {
            self.winners[place] = self.winner_of(2 * place, 2 * place + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn the_first_is_the_smallest() {
        let mut stream = Seed::new(1, 0).stream("agenda", 0);
        let mut agenda = Agenda::default();
        assert_eq!(agenda.first().1, f64::INFINITY);
        let mut times = vec![f64::INFINITY; 100];
        for _ in 0..10_000 {
            let source = stream.below(100);
            times[source] = if stream.chance(0.1) { f64::INFINITY } else { stream.uniform() };
            agenda.set(source, times[source]);
            let smallest = times.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(agenda.first().1, smallest);
        }
    }
}
