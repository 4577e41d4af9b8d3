//! End-to-end latency where failed calls are tried again: a call takes its failed attempts, the pauses after them, and the
//! attempt that succeeds.

use super::STRATA_COUNT;
use super::callee::{Trying, geometric};
use super::profile::Retries;
use super::routes::{Hop, combine, widths_of};
use super::step_latencies::StepLatencies;
use super::table::STRATA;
use crate::id::Id;
use crate::traffic::calls::Call;

/// So rare a number of retries is not told apart.
const RAREST: f64 = 1e-4;

/// Composes calls, in the order in which they are nested.
pub struct Tries<'a> {
    /// What each service did.
    pub hops: &'a [Hop],
    /// How its callers try again.
    pub trying: &'a [Trying],
    /// By call so far: the share of attempts whose clients left while callees were at work.
    pub late: Vec<f64>,
}

/// What becomes of a call.
pub struct Tried {
    /// The latency of calls that succeed, those not made at all included.
    pub strata_s: [f64; STRATA_COUNT],
    /// The share of calls made that succeed in the end, 0..=1.
    pub success: f64,
    /// How long the others take in the mean, in seconds.
    failure_s: f64,
}

/// The attempts at a call.
struct Attempt {
    success: f64,
    /// The share that fails at once.
    quick: f64,
    /// The share that fails after `slow_s` seconds.
    slow: f64,
    slow_s: f64,
}

impl Tries<'_> {
    /// Composes a call with everything below it; some 20 µs per call.
    pub fn compose(&mut self, call: &Call) -> Tried {
        self.compose_with(call, &mut StepLatencies::new())
    }

    fn compose_with(&mut self, call: &Call, scratch: &mut StepLatencies) -> Tried {
        let at = self.late.len();
        self.late.push(0.0);
        let hop = self.hops[call.service.index()];
        let trying = self.trying[call.service.index()];
        let mut total = hop.strata_s.map(|value| value * call.work);
        let (mut below, mut trouble_s, mut passed_s) = (1.0, 0.0, mean_of(&total));
        for step in &call.then {
            let (mut slowest, mut all, mut failures, mut failure_s) = (None, 1.0, 0.0, 0.0);
            for callee in step {
                let tried = self.compose_with(callee, scratch);
                let failing = callee.probability * (1.0 - tried.success);
                all *= 1.0 - failing;
                failures += failing;
                failure_s += failing * tried.failure_s;
                slowest = Some(match slowest {
                    None => tried.strata_s,
                    Some(other) => combine(&other, &tried.strata_s, f64::max, scratch),
                });
            }
            let Some(slowest) = slowest else { continue };
            if failures > 0.0 {
                trouble_s += below * (1.0 - all) * (passed_s + failure_s / failures);
            }
            passed_s += mean_of(&slowest);
            below *= all;
            total = combine(&total, &slowest, |a, b| a + b, scratch);
        }
        let mut late = 0.0;
        if !call.then.is_empty() && total[STRATA_COUNT - 1] > trying.patience_s {
            late = cut_above(&mut total, trying.patience_s, scratch);
            self.late[at] = late;
        }
        let own = hop.error_rate;
        let slow = own * (1.0 - trying.rejected) + (1.0 - own) * (1.0 - below * (1.0 - late));
        let patience_s = if trying.patience_s.is_finite() { trying.patience_s } else { 0.0 };
        let waited_s = (own * (1.0 - trying.rejected) + (1.0 - own) * below * late) * patience_s;
        let slow_s = ((waited_s + (1.0 - own) * trouble_s) / slow.max(1e-300)).min(trying.patience_s);
        let attempt =
            Attempt { success: (1.0 - own) * below * (1.0 - late), quick: own * trying.rejected, slow, slow_s };
        let mut tried = attempt.repeated(&trying, total, scratch);
        if call.probability < 1.0 {
            let made = call.probability * tried.success;
            tried.strata_s = mixed_with_none(&tried.strata_s, made / (1.0 - call.probability + made), scratch);
        }
        tried
    }
}

impl Attempt {
    /// The call whose attempts go like this, and take `strata_s` where they succeed.
    fn repeated(&self, trying: &Trying, strata_s: [f64; STRATA_COUNT], scratch: &mut StepLatencies) -> Tried {
        let failing = self.quick + self.slow;
        let Some(retries) = trying.retries.filter(|retries| failing > 0.0 && retries.most > 0) else {
            return Tried { strata_s, success: self.success, failure_s: self.mean_failure_s() };
        };
        let again = failing * trying.granted;
        let tries = geometric(again, retries.most);
        let strata_s =
            if self.success > 0.0 { self.with_failures(retries, again, &strata_s, scratch) } else { strata_s };
        Tried { strata_s, success: self.success * tries, failure_s: self.whole_failure_s(retries, trying.granted) }
    }

    fn mean_failure_s(&self) -> f64 {
        self.slow * self.slow_s / (self.quick + self.slow).max(1e-300)
    }

    /// How long a call takes in the mean of which no attempt succeeds, in seconds.
    fn whole_failure_s(&self, retries: Retries, granted: f64) -> f64 {
        let (mut weight, mut sum, mut weights, mut taken_s) = (1.0, 0.0, 0.0, 0.0);
        for number in 0..=retries.most {
            taken_s += self.mean_failure_s();
            let last = if number == retries.most { 1.0 } else { 1.0 - granted };
            (sum, weights) = (sum + weight * last * taken_s, weights + weight * last);
            weight *= (self.quick + self.slow) * granted;
            taken_s += retries.longest_pause_s(number + 1) / 2.0;
            if weight < RAREST {
                break;
            }
        }
        if weights > 0.0 { sum / weights } else { taken_s }
    }

    /// The strata of calls that succeed, after none, one, two... failed attempts.
    fn with_failures(
        &self,
        retries: Retries,
        again: f64,
        strata_s: &[f64; STRATA_COUNT],
        scratch: &mut StepLatencies,
    ) -> [f64; STRATA_COUNT] {
        let widths = widths_of(strata_s);
        let slow = self.slow / (self.quick + self.slow);
        scratch.clear();
        let (mut weight, mut pauses_s) = (1.0, 0.0);
        for failures in 0..=retries.most {
            if weight < RAREST {
                break;
            }
            // How many of the failures were slow is binomial.
            let mut share = libm::pow(1.0 - slow, f64::from(failures));
            for slow_ones in 0..=failures {
                let waited_s = f64::from(slow_ones) * self.slow_s;
                for ((value, width), part) in strata_s.iter().zip(widths).zip(STRATA).filter(|_| share > RAREST) {
                    let half = (width / 2.0).min(*value);
                    let to_s = value + half + waited_s + pauses_s;
                    scratch.add_later(value - half + waited_s, to_s, weight * share * part);
                }
                let left = f64::from(failures - slow_ones) / f64::from(slow_ones + 1);
                share = if slow < 1.0 {
                    share * left * slow / (1.0 - slow)
                } else {
                    f64::from(u8::from(slow_ones + 1 == failures))
                };
            }
            weight *= again;
            pauses_s += retries.longest_pause_s(failures + 1);
        }
        scratch.settle();
        scratch.strata()
    }
}

fn mean_of(strata_s: &[f64; STRATA_COUNT]) -> f64 {
    strata_s.iter().zip(STRATA).map(|(value, share)| value * share).sum()
}

/// Takes away what is slower than `limit_s`; its share, 0..=1.
fn cut_above(strata_s: &mut [f64; STRATA_COUNT], limit_s: f64, scratch: &mut StepLatencies) -> f64 {
    scratch.clear();
    for ((value, width), share) in strata_s.iter().zip(widths_of(strata_s)).zip(STRATA) {
        let half = (width / 2.0).min(*value);
        scratch.add_even(value - half, value + half, share);
    }
    let late = scratch.cut_above(limit_s).clamp(0.0, 1.0);
    *strata_s = if late < 1.0 - 1e-9 { scratch.strata() } else { [limit_s; STRATA_COUNT] };
    late
}

/// The strata where only this share of callers makes the call.
fn mixed_with_none(strata_s: &[f64; STRATA_COUNT], made: f64, scratch: &mut StepLatencies) -> [f64; STRATA_COUNT] {
    scratch.clear();
    scratch.add_even(0.0, 0.0, 1.0 - made);
    for (value, share) in strata_s.iter().zip(STRATA) {
        scratch.add_even(*value, *value, share * made);
    }
    scratch.strata()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::calls::ServiceId;

    const ALWAYS: f64 = 0.1;

    fn to(index: usize) -> Call {
        Call::to(ServiceId::from_index(index))
    }

    /// A service that always takes 0.1 s, or fails.
    fn even(error_rate: f64) -> Hop {
        Hop { strata_s: [ALWAYS; STRATA_COUNT], error_rate }
    }

    fn trying(most: u32, rejected: f64, patience_s: f64) -> Trying {
        let retries = (most > 0).then_some(Retries { most, backoff_s: 0.02, budget_share: 10.0 });
        Trying { retries, granted: 1.0, rejected, patience_s }
    }

    fn compose(call: &Call, hops: &[Hop], trying: &[Trying]) -> Tried {
        Tries { hops, trying, late: Vec::new() }.compose(call)
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn failed_attempts_and_pauses_take_their_time() {
        let hops = [even(0.5)];
        let known_at_once = compose(&to(0), &hops, &[trying(1, 1.0, 1.0)]);
        check(known_at_once.success, 0.75, 1e-9);
        // A third of those that succeed do so after a pause of up to 20 ms.
        check(mean_of(&known_at_once.strata_s), ALWAYS + 0.01 / 3.0, 0.02);
        check(known_at_once.failure_s, 0.01, 1e-9);
        let after_patience = compose(&to(0), &hops, &[trying(1, 0.0, 1.0)]);
        check(mean_of(&after_patience.strata_s), ALWAYS + 1.01 / 3.0, 0.02);
        check(after_patience.failure_s, 2.01, 1e-9);
    }

    #[test]
    fn without_retries_failures_multiply() {
        let call = to(0).then(vec![Call { probability: 0.5, ..to(1) }]);
        let hops = [even(0.1), even(0.2)];
        let tried = compose(&call, &hops, &[trying(0, 1.0, 9.0); 2]);
        check(tried.success, 0.9 * 0.9, 1e-9);
        check(mean_of(&tried.strata_s), ALWAYS + ALWAYS * 0.4 / 0.9, 0.02);
    }

    #[test]
    fn a_client_leaves_while_callees_are_at_work() {
        let call = to(0).then(vec![to(1)]);
        let hops = [even(0.0), even(0.0)];
        let trying = [trying(0, 1.0, 0.15), trying(0, 1.0, 9.0)];
        let mut tries = Tries { hops: &hops, trying: &trying, late: Vec::new() };
        let tried = tries.compose(&call);
        // All but what the spread of the strata blurs.
        assert!(tried.success < 0.01 && tries.late[0] > 0.99, "{} {:?}", tried.success, tries.late);
        assert_eq!(tries.late[1], 0.0);
    }

    #[test]
    fn who_tries_the_whole_call_again_waits_for_all_of_it() {
        let call = to(0).then(vec![to(1)]);
        let tried = compose(&call, &[even(0.0), even(0.5)], &[trying(2, 1.0, 9.0), trying(0, 1.0, 9.0)]);
        check(tried.success, 1.0 - 0.125, 1e-9);
        // A failed attempt takes the first service's work; of the calls that succeed 4/7 need none, 2/7 one, 1/7 two.
        let wanted_s = 2.0 * ALWAYS + (2.0 * (0.1 + 0.01) + (0.2 + 0.01 + 0.03)) / 7.0;
        check(mean_of(&tried.strata_s), wanted_s, 0.02);
    }
}
