//! Formulas of queues for servers: Erlang's, those for other arrivals and work, and the queue with a bound.
//!
//! `load` is the rate over the capacity; `scv` is a squared coefficient of variation.

/// The share that waits in M/M/c at `load` = rate / (c mu). Cost: O(c).
pub(super) fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = 1.0 / erlang_b_inverse(servers, load * f64::from(servers));
    blocked / (1.0 - load * (1.0 - blocked))
}

/// One over Erlang's B: the recursion that cannot overflow at its start or cancel.
pub(super) fn erlang_b_inverse(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / offered)
}

/// The mean wait of M/G/c over that of M/M/c.
///
/// Source: Kimura, "A two-moment approximation for the mean waiting time in the GI/G/s queue",
/// 1986, with Cosmetatos' M/D/c.
pub(super) fn kimura(servers: u32, load: f64, scv: f64) -> f64 {
    let deterministic = 0.5 * (1.0 + cosmetatos(servers, load));
    (1.0 + scv) / (2.0 * scv + (1.0 - scv) / deterministic)
}

/// Cosmetatos' correction; 0 for one server and for full load.
fn cosmetatos(servers: u32, load: f64) -> f64 {
    let count = f64::from(servers);
    (1.0 - load) * (count - 1.0) * (libm::sqrt(4.0 + 5.0 * count) - 2.0) / (16.0 * load * count)
}

/// Whitt's factor on (ca2 + cs2) / 2 times the wait of M/M/m.
///
/// Source: Whitt, "Approximations for the GI/G/m queue", 1993, (2.24) to (2.30).
pub(super) fn whitt(servers: u32, load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let gamma = cosmetatos(servers, load).min(0.24);
    let first = 1.0 + gamma;
    let third = (1.0 - 4.0 * gamma) * libm::exp(-2.0 * (1.0 - load) / (3.0 * load));
    let fourth = ((first + third) / 2.0).min(1.0);
    let middle = (arrival_scv + scv) / 2.0;
    let psi = if middle >= 1.0 { 1.0 } else { libm::pow(fourth, 2.0 * (1.0 - middle)) };
    if arrival_scv >= scv {
        let below = 4.0 * arrival_scv - 3.0 * scv;
        4.0 * (arrival_scv - scv) / below * first + scv / below * psi
    } else {
        let below = 2.0 * (arrival_scv + scv);
        (scv - arrival_scv) / below * third + (scv + 3.0 * arrival_scv) / below * psi
    }
}

/// The mean wait of GI/G/1 in multiples of the mean work (Kraemer and Langenbach-Belz, 1976).
pub(super) fn klb_mean(load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let sum = arrival_scv + scv;
    let less = arrival_scv - 1.0;
    let exponent = if less <= 0.0 {
        -2.0 * (1.0 - load) * less * less / (3.0 * load * sum)
    } else {
        (load - 1.0) * less / (arrival_scv + 4.0 * scv)
    };
    load / (1.0 - load) * sum / 2.0 * libm::exp(exponent)
}

/// The share that waits in GI/G/1 (Kraemer and Langenbach-Belz, 1976).
pub(super) fn klb_share(load: f64, arrival_scv: f64, scv: f64) -> f64 {
    let above = 1.0 + arrival_scv + load * scv;
    let below = 1.0 + load * (scv - 1.0) + load * load * (4.0 * arrival_scv + scv);
    load + (arrival_scv - 1.0) * load * (1.0 - load) * above / below
}

/// The root of s = A*(1 - s) for Erlang arrivals: the share that waits in E_n/M/1.
pub(super) fn erlang_arrivals_root(phases: f64, load: f64) -> f64 {
    let mut root = load * load;
    for _ in 0..200 {
        let next = libm::pow(1.0 + (1.0 - root) / (phases * load), -phases);
        if (next - root).abs() < 1e-12 {
            break;
        }
        root = next;
    }
    root
}

/// M/M/c/K: what an arrival finds. Times in multiples of `work / c`.
pub(super) struct MMcK {
    /// The probability of each number waiting while all servers are busy.
    queued: Vec<f64>,
    /// The probability that no place is left.
    pub(super) full: f64,
}

impl MMcK {
    /// Longer queues behave as this one at every load where the bound matters.
    pub(super) const MOST_PLACES: u64 = 2_000;

    pub(super) fn new(servers: u32, places: u32, load: f64) -> MMcK {
        let below_busy = erlang_b_inverse(servers, load * f64::from(servers)) - 1.0;
        // In units of the probability that exactly all servers are busy.
        let mut queued = Vec::with_capacity(places as usize + 1);
        let (mut weight, mut sum) = (1.0_f64, below_busy);
        for _ in 0..=places {
            queued.push(weight);
            sum += weight;
            weight *= load;
            if !sum.is_finite() || sum > 1e250 {
                let scale = 1e-200;
                queued.iter_mut().for_each(|q| *q *= scale);
                (sum, weight) = (sum * scale, weight * scale);
            }
        }
        queued.iter_mut().for_each(|q| *q /= sum);
        let full = queued.pop().unwrap_or(0.0);
        MMcK { queued, full }
    }

    /// The share of taken requests that wait.
    pub(super) fn waiting_share(&self) -> f64 {
        self.queued.iter().sum::<f64>() / (1.0 - self.full).max(1e-12)
    }

    pub(super) fn mean_wait_of_waiting(&self) -> f64 {
        let (mass, sum) =
            self.queued.iter().enumerate().fold((0.0, 0.0), |(m, s), (q, p)| (m + p, s + p * (q as f64 + 1.0)));
        if mass > 0.0 { sum / mass } else { 0.0 }
    }

    /// P(wait > w) of those that wait: behind q others it is a sum of q + 1 exponentials.
    pub(super) fn wait_survival(&self, w: f64) -> f64 {
        erlang_mixture(&self.queued, w) / self.queued.iter().sum::<f64>()
    }
}

/// P(sum of `k + 1` exponentials of mean 1 > w), weighted by the shares with `k` = 0, 1, ...
pub(super) fn erlang_mixture(shares: &[f64], w: f64) -> f64 {
    // A Poisson count of at most `k`: its terms from the largest downwards first, which cannot underflow.
    let largest = (w as usize).min(shares.len().saturating_sub(1));
    let from = libm::exp(largest as f64 * libm::log(w.max(1e-300)) - w - libm::lgamma(largest as f64 + 1.0));
    let (mut term, mut at_most) = (from, from);
    for k in (1..=largest).rev() {
        term *= k as f64 / w;
        at_most += term;
        if term < 1e-18 * at_most {
            break;
        }
    }
    let (mut sum, mut term) = (0.0, from);
    let upwards = at_most;
    let mut here = upwards;
    for (k, share) in shares.iter().enumerate().skip(largest) {
        if k > largest {
            term *= w / k as f64;
            here += term;
        }
        sum += share * here.min(1.0);
    }
    let (mut here, mut term) = (upwards, from);
    for k in (1..=largest).rev() {
        here -= term;
        term *= k as f64 / w;
        if here <= 1e-16 {
            break;
        }
        sum += shares[k - 1] * here;
    }
    sum
}
