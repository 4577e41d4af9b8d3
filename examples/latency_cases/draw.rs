//! What is drawn: a service, its traffic, its pods.

use foresail::rng::{Seed, Stream};
use foresail::traffic::latency::{Abandoned, ArrivalProcess, Discipline, ServiceProfile, Timeout, WorkShape};

/// One case.
pub(crate) struct Drawn {
    pub(crate) name: String,
    /// What it is about: the theme of the recordings.
    pub(crate) kind: &'static str,
    pub(crate) seed: Seed,
    pub(crate) profile: ServiceProfile,
    /// From a time in seconds on: requests per second.
    pub(crate) rates: Vec<(f64, f64)>,
    /// From a time in seconds on: ready pods.
    pub(crate) pods: Vec<(f64, u32)>,
    /// 0 for a stationary case.
    pub(crate) interval_s: f64,
    pub(crate) warmup_s: f64,
    pub(crate) horizon_s: f64,
    pub(crate) replications: u32,
}

const KINDS: [&str; 10] = [
    "threads",
    "sharing",
    "limited sharing",
    "bounds",
    "timeouts",
    "arrivals",
    "steps",
    "steps with timeouts",
    "steps with bounds",
    "steps with bursts",
];

const BALANCERS: [Discipline; 5] = [
    Discipline::Random,
    Discipline::RoundRobin,
    Discipline::LeastOutstanding,
    Discipline::PowerOfTwo,
    Discipline::SharedQueue,
];

/// Requests that a case simulates, about.
const REQUESTS: f64 = 1.5e6;

/// What all pods of a case can do in a second, at most.
const MOST_PER_S: f64 = 400.0;

impl Drawn {
    /// Case `number` of a seed; kinds take turns.
    pub(crate) fn new(seed: u64, number: u64) -> Drawn {
        let kind = KINDS[(number % KINDS.len() as u64) as usize];
        let mut dice = Dice(Seed::new(seed, number as u32).stream("latency cases", 0));
        let pods = dice.one_of(&[2, 3, 4, 6, 8, 12, 20, 30]);
        let mut profile = profile(kind, &mut dice);
        // Slow enough for many replications.
        let slower = (profile.pod_capacity() * f64::from(pods) / MOST_PER_S).max(1.0);
        profile.cpu_s *= slower;
        if let Some(timeout) = &mut profile.timeout {
            timeout.after_s *= slower;
        }
        let mut drawn = Drawn {
            name: format!("{seed}-{number:03}"),
            kind,
            seed: Seed::new(seed ^ 0x5eed, number as u32),
            profile,
            rates: Vec::new(),
            pods: vec![(0.0, pods)],
            interval_s: 0.0,
            warmup_s: 0.0,
            horizon_s: 0.0,
            replications: 20,
        };
        if kind.starts_with("steps") {
            drawn.through_steps(&mut dice)
        } else {
            drawn.stationary(&mut dice)
        }
        drawn
    }

    /// Whether any load at all can be followed: queues end, or clients leave.
    fn bears_overload(&self) -> bool {
        self.profile.queue_bound.is_some() && self.profile.concurrency.is_some()
            || self.profile.timeout.is_some_and(|timeout| timeout.work != Abandoned::Ignored)
    }

    fn stationary(&mut self, dice: &mut Dice) {
        let most = if self.bears_overload() { 1.5 } else { 0.93 };
        let load = dice.between(0.4, most);
        let (capacity, pods) = (self.profile.pod_capacity(), f64::from(self.pods[0].1));
        let rate = load * capacity * pods;
        // How long a queue remembers: some multiple of its relaxation time.
        let far = (1.0 - load).abs().max(if self.bears_overload() { 0.2 } else { 0.05 });
        let memory_s = (1.0 + self.profile.shape.scv()) / 2.0 / (capacity * far * far);
        let burst_s = match self.profile.arrivals {
            ArrivalProcess::Bursty { mean_sojourn_s, .. } => 20.0 * mean_sojourn_s[0].max(mean_sojourn_s[1]),
            _ => 0.0,
        };
        let patience_s = self.profile.timeout.map_or(0.0, |timeout| 5.0 * timeout.after_s);
        self.warmup_s = (8.0 * memory_s).max(burst_s).max(patience_s).max(20.0);
        let measured_s = (REQUESTS / rate / f64::from(self.replications)).max(self.warmup_s);
        self.horizon_s = self.warmup_s + measured_s;
        self.rates.push((0.0, rate));
    }

    fn through_steps(&mut self, dice: &mut Dice) {
        self.interval_s = 15.0;
        self.horizon_s = 600.0;
        let pods = self.pods[0].1;
        let capacity = self.profile.pod_capacity() * f64::from(pods);
        let calm = dice.between(0.5, 0.85);
        let high = dice.between(0.95, 1.6);
        let end_s = 15.0 * (dice.between(16.0, 26.0)).floor();
        self.rates = vec![(0.0, calm * capacity), (120.0, high * capacity), (end_s, calm * capacity)];
        let more = (f64::from(pods) * (high / 0.8 - 1.0)).ceil().max(1.0) as u32;
        let come_s = 15.0 * (dice.between(10.0, 16.0)).floor() + 5.0;
        self.pods.extend([(come_s, pods + more / 2), (come_s + 60.0, pods + more)]);
        let requests: f64 = calm * capacity * self.horizon_s;
        self.replications = ((4.0 * REQUESTS / requests) as u32).clamp(60, 200);
    }
}

fn profile(kind: &str, dice: &mut Dice) -> ServiceProfile {
    let cpu_s = dice.one_of(&[0.005, 0.01, 0.02, 0.04, 0.08]);
    let shape = match dice.one_of(&[0, 1, 2, 3, 4, 5, 6]) {
        0 => WorkShape::Deterministic,
        1 => WorkShape::Gamma { scv: 0.25 },
        2 | 3 => WorkShape::Exponential,
        4 => WorkShape::Lognormal { scv: 2.0 },
        5 => WorkShape::Lognormal { scv: 4.0 },
        _ => WorkShape::Lognormal { scv: 8.0 },
    };
    let mut profile = ServiceProfile { cpu_s, shape, discipline: dice.one_of(&BALANCERS), ..ServiceProfile::default() };
    let serving = match kind {
        "threads" => 0,
        "sharing" => 1,
        "limited sharing" => 2,
        "bounds" | "steps with bounds" => dice.one_of(&[0, 0, 2]),
        _ => dice.one_of(&[0, 0, 1, 2]),
    };
    match serving {
        0 => profile.concurrency = Some(dice.one_of(&[1, 1, 2, 4, 8])),
        1 => profile.cpu_limit_cores = Some(dice.one_of(&[0.5, 1.0, 1.0, 2.0])),
        _ => {
            profile.concurrency = Some(dice.one_of(&[3, 4, 8, 16]));
            profile.cpu_limit_cores = Some(dice.one_of(&[0.5, 0.7, 1.0, 2.0]));
        }
    }
    // A queue before pods that take everything is no queue.
    if profile.concurrency.is_none() && profile.discipline == Discipline::SharedQueue {
        profile.discipline = Discipline::Random;
    }
    if kind.contains("bounds") {
        profile.queue_bound = Some(dice.one_of(&[0, 1, 2, 3, 5, 10, 20]));
    }
    if kind.contains("timeouts") {
        let patience = dice.one_of(&[4.0, 8.0, 15.0, 30.0, 60.0]);
        let work = dice.one_of(&[Abandoned::Ignored, Abandoned::CancelQueued, Abandoned::CancelAll]);
        profile.timeout = Some(Timeout { after_s: patience * profile.unloaded_s(), work });
        if dice.one_of(&[true, false, false]) && profile.concurrency.is_some() {
            profile.queue_bound = Some(dice.one_of(&[3, 5, 10, 20]));
        }
    }
    if kind == "arrivals" || kind == "steps with bursts" {
        profile.arrivals = arrivals(dice);
    }
    profile
}

fn arrivals(dice: &mut Dice) -> ArrivalProcess {
    match dice.one_of(&[0, 1, 2, 2]) {
        0 => ArrivalProcess::Deterministic,
        1 => ArrivalProcess::Gamma { scv: dice.one_of(&[0.25, 2.0, 4.0]) },
        _ => {
            let high = dice.one_of(&[1.3, 1.5, 1.8]);
            let sojourn_s = dice.one_of(&[0.5, 2.0, 5.0]);
            ArrivalProcess::Bursty { levels: [high, 2.0 - high], mean_sojourn_s: [sojourn_s; 2] }
        }
    }
}

struct Dice(Stream);

impl Dice {
    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[((self.0.uniform() * values.len() as f64) as usize).min(values.len() - 1)]
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.0.uniform() * (high - low)
    }
}
