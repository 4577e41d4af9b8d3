//! What a service costs and how its pods take requests.

use super::empirical::EmpiricalWork;
use crate::limits::{LONGEST_REQUEST_S, LONGEST_WAIT_S, MOST_CORES, MOST_QUEUED, MOST_RETRIES, MOST_THREADS};

/// How a request finds its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Discipline {
    /// Any ready pod with equal chance, as kube-proxy's iptables rules choose.
    #[default]
    Random,
    /// The pods in turn.
    RoundRobin,
    /// The pod with the fewest requests in hand, of all.
    LeastOutstanding,
    /// The pod with fewer requests in hand, of two drawn at random.
    PowerOfTwo,
    /// One queue before all pods: a message broker, or an ideal balancer.
    SharedQueue,
}

impl Discipline {
    /// Whether it goes by what pods have in hand.
    pub(super) fn looks_at_pods(self) -> bool {
        matches!(self, Discipline::LeastOutstanding | Discipline::PowerOfTwo)
    }
}

/// How the work of a request varies around its mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WorkShape {
    /// Always the mean.
    Deterministic,
    /// Exponential: a squared coefficient of variation (SCV) of 1.
    Exponential,
    /// Lognormal with this SCV: the usual shape of real services, with a heavy tail.
    Lognormal {
        /// Variance over squared mean; above 0.
        scv: f64,
    },
    /// Gamma with this SCV.
    Gamma {
        /// Variance over squared mean; above 0.
        scv: f64,
    },
    /// As samples have it.
    Empirical(EmpiricalWork),
}

impl WorkShape {
    /// Variance over squared mean.
    pub fn scv(self) -> f64 {
        match self {
            WorkShape::Empirical(work) => work.scv().max(0.0),
            WorkShape::Deterministic => 0.0,
            WorkShape::Exponential => 1.0,
            WorkShape::Lognormal { scv } | WorkShape::Gamma { scv } => scv,
        }
    }
}

/// What becomes of the work when the client gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abandoned {
    /// The server does not notice: the work is done in full.
    Ignored,
    /// A request that still waits leaves the queue; one in service is finished.
    CancelQueued,
    /// Work in service stops as well.
    CancelAll,
}

/// A client's patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeout {
    /// Seconds after arrival.
    pub after_s: f64,
    /// What the server makes of it.
    pub work: Abandoned,
}

/// How arrivals vary around their rate.
///
/// Gaps are drawn with mean 1 in operational time (the integral of the rate), so that any process
/// follows any curve.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum ArrivalProcess {
    /// Independent users: exponential gaps.
    #[default]
    Poisson,
    /// Equal gaps.
    Deterministic,
    /// Gamma gaps with this squared coefficient of variation; above 0.
    Gamma {
        /// Variance over squared mean of the gaps.
        scv: f64,
    },
    /// Poisson arrivals at a rate that jumps between two levels (MMPP-2).
    Bursty {
        /// Multiples of the rate in the two states; at least 0.
        levels: [f64; 2],
        /// Mean seconds in the two states (exponential); above 0.
        mean_sojourn_s: [f64; 2],
    },
}

impl ArrivalProcess {
    /// As a service sees it that gets a random share (0..=1) of it: renewal gaps become the more like
    /// exponential ones the smaller the share, bursts come through.
    pub fn thinned(self, share: f64) -> ArrivalProcess {
        let scv = match self {
            ArrivalProcess::Poisson | ArrivalProcess::Bursty { .. } => return self,
            ArrivalProcess::Deterministic if share >= 1.0 => return self,
            ArrivalProcess::Deterministic => 1.0 - share,
            ArrivalProcess::Gamma { scv } => 1.0 + (scv - 1.0) * share,
        };
        if share <= 0.0 { ArrivalProcess::Poisson } else { ArrivalProcess::Gamma { scv } }
    }
}

/// How a pod that has just started gets up to speed: from `speed` to 1 in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// The speed of its CPU at first, above 0 and at most 1.
    pub speed: f64,
    /// How long it takes, in seconds; at least 0.
    pub seconds: f64,
}

impl WarmUp {
    /// Seconds of full speed that a pod ready since `ready_s` lacks between two times (in seconds).
    pub fn lacking_s(self, ready_s: f64, from_s: f64, to_s: f64) -> f64 {
        // The integral of a triangle from `after` on.
        let left = |after: f64| {
            let rest = (self.seconds - after.max(0.0)).max(0.0);
            (1.0 - self.speed) * rest * rest / (2.0 * self.seconds.max(1e-9))
        };
        (left(from_s - ready_s) - left(to_s - ready_s)).max(0.0)
    }

    /// The mean speed between two times (in seconds) of a pod that became ready at `ready_s`; above 0 and at most 1.
    pub fn mean_speed(self, ready_s: f64, from_s: f64, to_s: f64) -> f64 {
        let there_s = (to_s - from_s.max(ready_s)).max(1e-9);
        (1.0 - self.lacking_s(ready_s, from_s, to_s) / there_s).clamp(self.speed.min(1.0), 1.0)
    }

    /// Whether a pod that became ready at `ready_s` is at full speed from `now_s` on.
    pub fn is_over(self, ready_s: f64, now_s: f64) -> bool {
        ready_s + self.seconds <= now_s
    }
}

/// How often a failed call is tried again, and within which budget.
///
/// Upstream: Envoy 1.30, `retry_policy` (`num_retries`, fully jittered `retry_back_off`); the budget is a
/// token bucket that every first attempt fills by `budget_share`, as in Finagle and linkerd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retries {
    /// Attempts after the first.
    pub most: u32,
    /// The base of the back-off in seconds; at least 0.
    pub backoff_s: f64,
    /// Retries over first attempts in the long run, 0..=10.
    pub budget_share: f64,
}

impl Retries {
    /// A budget never grows above this many retries at once.
    pub const MOST_TOKENS: f64 = 100.0;
    /// Retries that may be made before anything has been earned.
    pub const FIRST_TOKENS: f64 = 10.0;

    /// The longest pause in seconds before retry number `number` (from 1); fully jittered: any shorter one is as likely.
    pub fn longest_pause_s(&self, number: u32) -> f64 {
        self.backoff_s * (libm::exp2(f64::from(number.min(16))) - 1.0)
    }
}

/// One service: what a request costs, and how its pods take requests.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceProfile {
    /// Mean CPU seconds of a request; above 0.
    pub cpu_s: f64,
    /// Seconds a request holds its thread without using CPU (disk, network); at least 0.
    pub off_cpu_s: f64,
    /// How the CPU seconds vary.
    pub shape: WorkShape,
    /// Requests a pod works on at a time; the others wait. `None`: no limit.
    pub concurrency: Option<u32>,
    /// The CPU limit of a pod in cores, shared equally by its requests, at most one core each.
    /// `None`: never a limit.
    pub cpu_limit_cores: Option<f64>,
    /// What a pod uses without any request, in milli-cores.
    pub idle_cpu_milli: f64,
    /// How a request finds its pod.
    pub discipline: Discipline,
    /// Places to wait per pod; further requests are rejected. `None`: no bound.
    pub queue_bound: Option<u32>,
    /// The clients' patience. `None`: endless.
    pub timeout: Option<Timeout>,
    /// What callers do about failures. `None`: they give up.
    pub retries: Option<Retries>,
    /// Pods that have just become ready are slow. `None`: at full speed at once.
    pub warm_up: Option<WarmUp>,
    /// How its requests arrive, for the formulas of the fast mode; the exact mode lets them come as they do.
    pub arrivals: ArrivalProcess,
}

impl Default for ServiceProfile {
    /// 20 ms of CPU, exponential, no limits, random pods.
    fn default() -> Self {
        ServiceProfile {
            cpu_s: 0.02,
            off_cpu_s: 0.0,
            shape: WorkShape::Exponential,
            concurrency: None,
            cpu_limit_cores: None,
            idle_cpu_milli: 0.0,
            discipline: Discipline::Random,
            queue_bound: None,
            timeout: None,
            retries: None,
            warm_up: None,
            arrivals: ArrivalProcess::Poisson,
        }
    }
}

/// A number that no service can have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {found}; it must be {expected}")]
pub struct ProfileError {
    /// The field of [`ServiceProfile`].
    pub field: &'static str,
    /// The number found.
    pub found: f64,
    /// What would be right.
    pub expected: &'static str,
}

impl ServiceProfile {
    /// Refuses numbers that make no sense; the first one found.
    pub fn check(&self) -> Result<(), ProfileError> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }

    /// All numbers that make no sense.
    pub fn problems(&self) -> Vec<ProfileError> {
        let up_to = |value: f64, most: f64| value > 0.0 && value <= most;
        let or_nothing = |value: f64, most: f64| (0.0..=most).contains(&value);
        let scv_right = match self.shape {
            WorkShape::Deterministic | WorkShape::Exponential | WorkShape::Empirical(_) => true,
            WorkShape::Lognormal { scv } | WorkShape::Gamma { scv } => up_to(scv, 1000.0),
        };
        let rows = [
            ("cpu_s", self.cpu_s, up_to(self.cpu_s, LONGEST_REQUEST_S), "more than 0 s and at most a day"),
            ("off_cpu_s", self.off_cpu_s, or_nothing(self.off_cpu_s, LONGEST_REQUEST_S), "0 s to a day"),
            ("scv", self.shape.scv(), scv_right, "above 0 and at most 1000"),
            (
                "concurrency",
                f64::from(self.concurrency.unwrap_or(1)),
                self.concurrency.is_none_or(|threads| (1..=MOST_THREADS).contains(&threads)),
                "1 to 65536",
            ),
            (
                "queue",
                f64::from(self.queue_bound.unwrap_or(0)),
                self.queue_bound.is_none_or(|places| places <= MOST_QUEUED),
                "0 to 1000000",
            ),
            (
                "cpu_limit_cores",
                self.cpu_limit_cores.unwrap_or(1.0),
                self.cpu_limit_cores.is_none_or(|cores| up_to(cores, MOST_CORES)),
                "more than 0 cores and at most 10 million",
            ),
            (
                "idle_cpu_milli",
                self.idle_cpu_milli,
                or_nothing(self.idle_cpu_milli, 1000.0 * MOST_CORES),
                "0 to 10 million cores",
            ),
            (
                "timeout",
                self.timeout.map_or(1.0, |t| t.after_s),
                self.timeout.is_none_or(|t| up_to(t.after_s, LONGEST_WAIT_S)),
                "more than 0 s and at most a week",
            ),
            (
                "warm_up.speed",
                self.warm_up.map_or(1.0, |warm_up| warm_up.speed),
                self.warm_up.is_none_or(|w| up_to(w.speed, 1.0)),
                "above 0 and at most 1",
            ),
            (
                "warm_up.seconds",
                self.warm_up.map_or(0.0, |warm_up| warm_up.seconds),
                self.warm_up.is_none_or(|w| or_nothing(w.seconds, LONGEST_WAIT_S)),
                "0 s to a week",
            ),
            (
                "retries.most",
                self.retries.map_or(0.0, |retries| f64::from(retries.most)),
                self.retries.is_none_or(|retries| retries.most <= MOST_RETRIES),
                "0 to 100",
            ),
            (
                "retries.backoff_s",
                self.retries.map_or(0.0, |retries| retries.backoff_s),
                self.retries.is_none_or(|retries| or_nothing(retries.backoff_s, LONGEST_WAIT_S)),
                "0 s to a week",
            ),
            (
                "retries.budget_share",
                self.retries.map_or(0.0, |retries| retries.budget_share),
                self.retries.is_none_or(|r| or_nothing(r.budget_share, 10.0)),
                "from 0 to 10",
            ),
        ];
        let wrong = rows.into_iter().filter(|(_, _, right, _)| !right);
        wrong.map(|(field, found, _, expected)| ProfileError { field, found, expected }).collect()
    }

    /// Whether even an idle pod usually answers too late: worth a caveat.
    pub fn timeout_is_shorter_than_service(&self) -> bool {
        self.timeout.is_some_and(|timeout| timeout.after_s < self.unloaded_s())
    }

    /// The mean latency in seconds of a request alone in a pod.
    pub fn unloaded_s(&self) -> f64 {
        self.cpu_s / self.cpu_limit_cores.unwrap_or(1.0).min(1.0) + self.off_cpu_s
    }

    /// Requests per second one pod can answer in the long run; infinite without any limit.
    pub fn pod_capacity(&self) -> f64 {
        let threads =
            self.concurrency.map_or(f64::INFINITY, |threads| f64::from(threads) / (self.cpu_s + self.off_cpu_s));
        let cpu = self.cpu_limit_cores.map_or(f64::INFINITY, |cores| cores / self.cpu_s);
        threads.min(cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_pod_lacks_half_of_what_it_lacks_at_first() {
        let warm_up = WarmUp { speed: 0.4, seconds: 30.0 };
        assert!((warm_up.lacking_s(100.0, 90.0, 200.0) - 9.0).abs() < 1e-9);
        let parts = warm_up.lacking_s(100.0, 90.0, 110.0) + warm_up.lacking_s(100.0, 110.0, 200.0);
        assert!((parts - 9.0).abs() < 1e-9);
        assert_eq!(warm_up.lacking_s(100.0, 130.0, 200.0), 0.0);
    }

    #[test]
    fn a_pod_is_as_fast_as_it_is_warm() {
        let warm_up = WarmUp { speed: 0.4, seconds: 30.0 };
        let check = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
        // From 0.4 to 0.7 in the first half; before it was ready it does not count.
        check(warm_up.mean_speed(100.0, 100.0, 115.0), 0.55);
        check(warm_up.mean_speed(100.0, 80.0, 115.0), 0.55);
        check(warm_up.mean_speed(100.0, 115.0, 130.0), 0.85);
        check(warm_up.mean_speed(100.0, 130.0, 145.0), 1.0);
        assert!(warm_up.is_over(100.0, 130.0) && !warm_up.is_over(100.0, 129.0));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let check = |profile: ServiceProfile, field: &str| {
            assert_eq!(profile.check().map_err(|error| error.field), Err(field));
        };
        let usual = ServiceProfile::default;
        assert_eq!(usual().check(), Ok(()));
        check(ServiceProfile { cpu_s: 0.0, ..usual() }, "cpu_s");
        check(ServiceProfile { cpu_s: f64::NAN, ..usual() }, "cpu_s");
        check(ServiceProfile { off_cpu_s: -0.1, ..usual() }, "off_cpu_s");
        check(ServiceProfile { shape: WorkShape::Lognormal { scv: 0.0 }, ..usual() }, "scv");
        check(ServiceProfile { concurrency: Some(0), ..usual() }, "concurrency");
        check(ServiceProfile { cpu_limit_cores: Some(-1.0), ..usual() }, "cpu_limit_cores");
        let impatient = Timeout { after_s: 0.0, work: Abandoned::Ignored };
        check(ServiceProfile { timeout: Some(impatient), ..usual() }, "timeout");
    }

    #[test]
    fn the_tighter_limit_is_the_capacity() {
        let profile = ServiceProfile { off_cpu_s: 0.02, concurrency: Some(4), ..ServiceProfile::default() };
        assert_eq!(profile.pod_capacity(), 100.0);
        assert_eq!(ServiceProfile { cpu_limit_cores: Some(0.5), ..profile }.pod_capacity(), 25.0);
        assert_eq!(ServiceProfile::default().pod_capacity(), f64::INFINITY);
    }
}
