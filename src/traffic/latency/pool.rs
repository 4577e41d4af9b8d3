//! Servers with a bounded queue for all of them, whose servers and places need not be whole.
//!
//! What is not exponential is taken as exponential with other numbers of servers and places: the equivalents of
//! Hayward (Fredericks, "Congestion in blocking systems: a simple approximation technique", 1980) for arrivals, and
//! those of heavy traffic for work.

use super::erlang::erlang_b_inverse;

/// M/M/c/K with real numbers of servers and places.
pub(super) struct Pool {
    load: f64,
    places: f64,
    /// All states, in the unit of [`tail`].
    all: f64,
}

impl Pool {
    /// At `load`, above 0.
    pub(super) fn new(load: f64, servers: f64, places: f64) -> Pool {
        let below = erlang_b_inverse_between(servers, load * servers) - 1.0;
        let all = below * least_power(load, places) + tail(load, 0.0, places);
        Pool { load, places, all }
    }

    /// P(all servers are busy and at least this share of the places is taken).
    pub(super) fn at_least(&self, share: f64) -> f64 {
        tail(self.load, share * self.places, self.places) / self.all
    }

    /// The share of arrivals without a place.
    pub(super) fn rejected(&self) -> f64 {
        self.at_least(1.0).max(1.0 - 1.0 / self.load)
    }
}

/// By how much places count more or less with work that varies less or more than exponential work; `places` and
/// `threads` are those of one pod. Long queues are those of heavy traffic; a loss system does not feel how its work varies (Sevastyanov
/// 1957). The exponent between is fitted to simulations with SCVs from 0 to 8.
pub(super) fn fill(scv: f64, places: u32, threads: u32) -> f64 {
    let places = f64::from(places);
    libm::pow((1.0 + scv) / 2.0, -0.85 * places / (places + 0.8 * libm::sqrt(f64::from(threads))))
}

/// How much a stream of renewal arrivals would vary at endless servers with exponential work, over its mean
/// (peakedness), for gamma gaps; `rate` is in arrivals per mean work.
pub(super) fn peakedness(rate: f64, scv: f64) -> f64 {
    let transform = if scv < 1e-6 { libm::exp(-1.0 / rate) } else { libm::pow(1.0 + scv / rate, -1.0 / scv) };
    (1.0 / (1.0 - transform) - rate).clamp(0.05, 20.0)
}

/// One over Erlang's B between whole numbers of servers: straight in its logarithm.
fn erlang_b_inverse_between(servers: f64, offered: f64) -> f64 {
    let low = servers as u32;
    let below = erlang_b_inverse(low, offered);
    let above = 1.0 + below * f64::from(low + 1) / offered;
    below * libm::pow(above / below, servers - f64::from(low))
}

/// The sum of `ratio^i` from `from` to `to`, in units of its largest possible term.
fn tail(ratio: f64, from: f64, to: f64) -> f64 {
    if to.is_infinite() {
        return libm::pow(ratio.min(0.9999), from) / (1.0 - ratio.min(0.9999));
    }
    let terms = to - from + 1.0;
    if (ratio - 1.0).abs() < 1e-6 {
        return terms;
    }
    let first = libm::pow(ratio, from) * least_power(ratio, to);
    if ratio < 1.0 {
        first * (1.0 - libm::pow(ratio, terms)) / (1.0 - ratio)
    } else {
        // From the last term downwards.
        (1.0 - libm::pow(ratio, -terms)) / (1.0 - 1.0 / ratio)
    }
}

/// One over the largest power up to `places`.
fn least_power(ratio: f64, places: f64) -> f64 {
    if ratio > 1.0 && places.is_finite() { libm::pow(ratio, -places) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_those_of_erlang() {
        // M/M/1/5 at 0.8 (4 places to wait), five servers with four Erlang, and far above capacity.
        assert!((Pool::new(0.8, 1.0, 4.0).rejected() - 0.088_819_5).abs() < 1e-6);
        assert!((Pool::new(0.8, 5.0, 0.0).rejected() - 0.199_067).abs() < 1e-6);
        assert!((Pool::new(4.0, 3.0, 1_000.0).rejected() - 0.75).abs() < 1e-9);
        let half = Pool::new(0.8, 2.5, 3.0).rejected();
        assert!(half < Pool::new(0.8, 2.0, 3.0).rejected() && half > Pool::new(0.8, 3.0, 3.0).rejected());
    }

    #[test]
    fn poisson_arrivals_have_a_peakedness_of_one_and_even_ones_a_smaller() {
        assert!((peakedness(3.0, 1.0) - 1.0).abs() < 1e-9);
        assert!(peakedness(3.0, 0.0) < peakedness(3.0, 0.3) && peakedness(3.0, 0.3) < 1.0);
        assert!(peakedness(3.0, 4.0) > 1.0);
        // Heavy traffic: half of the sum of both variations.
        assert!((peakedness(1_000.0, 0.2) - 0.6).abs() < 0.01);
    }
}
