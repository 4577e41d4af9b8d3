//! Cpu credits of EC2's burstable machines, and what is charged for those that they did not earn.

use crate::units::SimDuration;

const DAY_NANOS: i128 = 24 * 3_600_000_000_000;

/// How a burstable machine earns credits. A credit is a minute of a vCPU.
///
/// Source: docs.aws.amazon.com, "Burstable performance instances: key concepts" and "unlimited mode".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditTerms {
    /// What it may always use, and earns: milli-vCPUs of the whole machine.
    pub baseline_milli: i64,
}

impl CreditTerms {
    /// Of a machine type; none if it is not burstable. T2 is not here: it is launched in the standard mode, where a machine
    /// without credits is slowed down and nothing is charged.
    pub fn of(instance_type: &str, vcpus: i64) -> Option<CreditTerms> {
        let (family, size) = instance_type.split_once('.')?;
        if !["t3", "t3a", "t4g"].contains(&family) {
            return None;
        }
        let percent = match size {
            "nano" => 5,
            "micro" => 10,
            "small" | "medium" => 20,
            "large" => 30,
            "xlarge" | "2xlarge" => 40,
            _ => return None,
        };
        Some(CreditTerms { baseline_milli: vcpus * 10 * percent })
    }
    /// The most that is kept, and the most that may be owed: a day's earnings, in milli-vCPUs times nanoseconds.
    fn most(&self) -> i128 {
        i128::from(self.baseline_milli) * DAY_NANOS
    }
}

/// The credits of one machine in the unlimited mode, in milli-vCPUs times nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuCredits {
    balance: i128,
    /// Spent, and not earned yet.
    surplus: i128,
}

impl CpuCredits {
    /// The machine used so many milli-vCPUs for `span`. The answer is what is charged for: surplus beyond a day's
    /// earnings, in milli-vCPUs times nanoseconds.
    pub fn used(&mut self, terms: &CreditTerms, milli: i64, span: SimDuration) -> i128 {
        let net = i128::from(terms.baseline_milli - milli) * i128::from(span.as_nanos());
        if net >= 0 {
            let repaid = net.min(self.surplus);
            self.surplus -= repaid;
            self.balance = (self.balance + net - repaid).min(terms.most());
            return 0;
        }
        let spent = (-net).min(self.balance);
        self.balance -= spent;
        self.surplus += -net - spent;
        let charged = (self.surplus - terms.most()).max(0);
        self.surplus -= charged;
        charged
    }
    /// What is charged when the machine is terminated: what it still owes.
    pub fn owed(&self) -> i128 {
        self.surplus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i64) -> SimDuration {
        SimDuration::from_hours(hours)
    }
    fn credits(milli_nanos: i128) -> f64 {
        milli_nanos as f64 / 1000.0 / 60e9
    }

    /// AWS' own example of a t3.nano, credit for credit.
    #[test]
    fn a_t3_nano_earns_and_spends_as_aws_says() {
        let terms = CreditTerms::of("t3.nano", 2).expect("burstable");
        assert_eq!(terms.baseline_milli, 100, "5 % of two");
        let mut nano = CpuCredits::default();
        // A day idle: 144 credits, the most. Half a day at 2.5 % of two vCPUs changes nothing.
        assert_eq!(nano.used(&terms, 0, hours(24)), 0);
        assert_eq!(nano.used(&terms, 50, hours(12)), 0);
        assert_eq!(credits(nano.balance), 144.0);
        // A day at 7 %: 57.6 credits more are spent than earned.
        assert_eq!(nano.used(&terms, 140, hours(24)), 0);
        assert_eq!(credits(nano.balance), 86.4);
    }

    #[test]
    fn only_what_exceeds_a_days_earnings_is_charged() {
        let terms = CreditTerms::of("t3.medium", 2).expect("burstable");
        let mut medium = CpuCredits::default();
        // 400 milli are its own; at 1000 it owes 0.6 vCPU-hours an hour, and 9.6 may be owed: 16 hours.
        assert_eq!(medium.used(&terms, 1000, hours(16)), 0);
        let charged = medium.used(&terms, 1000, hours(10));
        assert_eq!(charged as f64 / 1000.0 / 3600e9, 6.0);
        assert_eq!(medium.owed() as f64 / 1000.0 / 3600e9, 9.6);
        // Idle hours pay back first.
        assert_eq!(medium.used(&terms, 0, hours(24)), 0);
        assert_eq!(medium, CpuCredits::default());
    }

    #[test]
    fn only_burstable_machines_have_credits() {
        assert_eq!(CreditTerms::of("m5.large", 2), None);
        assert_eq!(CreditTerms::of("t2.medium", 2), None, "standard mode");
        assert_eq!(CreditTerms::of("t4g.2xlarge", 8), Some(CreditTerms { baseline_milli: 3200 }));
        assert_eq!(CreditTerms::of("e2-medium", 2), None);
    }
}
