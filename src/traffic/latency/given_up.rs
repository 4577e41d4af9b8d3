//! Clients that give up while their request is still in hand.
//!
//! Where a server goes on with a request whose client has gone, in overload more and more requests are in hand that
//! nobody waits for: they failed when their clients gave up, and not when they leave, if ever.

use super::profile::ServiceProfile;
use super::table::Station;

/// Requests in hand whose clients have given up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GivenUp {
    /// How old they are then, in seconds; absent where none stay in hand: who will give up is decided on arrival.
    pub(super) after_s: Option<f64>,
    /// As far as they have been counted as failed.
    counted: f64,
}

impl GivenUp {
    /// Nobody yet.
    pub(super) fn new(profile: &ServiceProfile) -> GivenUp {
        let stays = profile.timeout.filter(|_| Station::new(profile, 1).patience.is_none());
        GivenUp { after_s: stays.map(|timeout| (timeout.after_s - profile.off_cpu_s).max(0.0)), counted: 0.0 }
    }

    /// How many more have failed in a step at whose end `in_hand` requests are there that nobody waits for, when `late`
    /// ones have left in it.
    pub(super) fn step(&mut self, in_hand: f64, late: f64) -> f64 {
        let failed = late + in_hand - self.counted;
        // What was counted too early is made up for later.
        self.counted = in_hand + (-failed).max(0.0);
        failed.max(0.0)
    }

    /// All requests in hand are lost, `in_hand` of them: how many of them had not failed yet.
    pub(super) fn lose(&mut self, in_hand: f64) -> f64 {
        (in_hand - std::mem::take(&mut self.counted)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_fails_once() {
        let mut given_up = GivenUp::default();
        assert_eq!(given_up.step(30.0, 0.0), 30.0);
        assert_eq!(given_up.step(50.0, 10.0), 30.0, "ten have left late, thirty more have lost patience");
        assert_eq!(given_up.step(0.0, 50.0), 0.0, "they had failed already");
        assert_eq!(given_up.step(0.0, 5.0), 5.0);
        assert_eq!(given_up.step(8.0, 0.0), 8.0);
        assert_eq!(given_up.lose(20.0), 12.0, "its pod is gone");
    }
}
