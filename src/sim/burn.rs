//! How fast an error budget burns: what an on-call engineer would have been told, and for how long.
//!
//! An objective leaves a share of requests that may be bad (its budget). The burn rate is the share that
//! is bad over the budget; an alert is on while it is high over a long and over a short window.
//!
//! Source: Google SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts" (the recommended
//! parameters of its table for an objective over 30 days).

use crate::traffic::latency::LatencySummary;
use crate::units::SimDuration;
use crate::world::Objective;

/// An alert: on while the budget burns at least `rate` times as fast as it may, over both windows.
struct Alert {
    long_minutes: usize,
    short_minutes: usize,
    rate: f64,
}

/// 2 % of the budget of 30 days in an hour, 5 % in six: somebody is woken.
const PAGES: [Alert; 2] = [
    Alert { long_minutes: 60, short_minutes: 5, rate: 14.4 },
    Alert { long_minutes: 360, short_minutes: 30, rate: 6.0 },
];
/// 10 % in three days: somebody should look at it.
const TICKET: Alert = Alert { long_minutes: 4320, short_minutes: 360, rate: 1.0 };

/// An objective over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorBudget {
    /// The share of requests that may be bad, 0..=1.
    pub budget: f64,
    /// Requests that ended.
    pub requests: f64,
    /// Those that were bad: slower than the objective, or failed.
    pub bad: f64,
    /// Time in steps that broke the objective.
    pub breach: SimDuration,
    /// Time in which it would have paged.
    pub paging: SimDuration,
    /// Time in which there would have been a ticket.
    pub ticket: SimDuration,
    /// The highest burn rate over an hour that still held in its last five minutes: the windows of the first page.
    #[serde(default)]
    pub fastest: f64,
}

impl ErrorBudget {
    /// Bad requests over those that may be bad; 1 is all of the budget. 0 without requests.
    pub fn budget_spent(&self) -> f64 {
        let allowed = self.requests * self.budget;
        if allowed > 0.0 { self.bad / allowed } else { 0.0 }
    }
}

/// What was promised of a service or a route, and how it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Promises {
    /// The P95 objective.
    pub latency: Option<ErrorBudget>,
    /// The error rate objective.
    pub errors: Option<ErrorBudget>,
}

/// What a monitoring that begins to watch knows of the time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing: a window longer than the run so far is as long as the run.
    Nothing,
    /// That nothing was bad, of as many requests as there were in the last minutes: a bad minute is then a sixtieth of an hour
    /// from its beginning on.
    Calm,
}

/// Watches a service or a route.
#[derive(Clone, Debug)]
pub(super) struct BurnWatch {
    objective: Objective,
    latency: Option<Burn>,
    errors: Option<Burn>,
}

/// One step of a service or a route.
pub(super) struct ObservedStep<'a> {
    pub(super) span: SimDuration,
    pub(super) answered: f64,
    pub(super) failed: f64,
    pub(super) latency: &'a LatencySummary,
}

impl BurnWatch {
    pub(super) fn new(objective: Objective) -> BurnWatch {
        let burn = |budget: f64| Burn { kept: ErrorBudget { budget, ..ErrorBudget::default() }, ..Burn::default() };
        BurnWatch {
            objective,
            latency: objective.latency_s_p95.map(|_| burn(Objective::MAY_BE_SLOWER)),
            errors: objective.error_rate.map(burn),
        }
    }

    /// Begins anew.
    pub(super) fn forget(&mut self, before: Before) {
        for burn in [&mut self.latency, &mut self.errors].into_iter().flatten() {
            *burn = burn.anew(before);
        }
    }

    pub(super) fn add(&mut self, step: &ObservedStep<'_>) {
        let Objective { latency_s_p95, error_rate } = self.objective;
        if let (Some(burn), Some(target_s)) = (&mut self.latency, latency_s_p95) {
            // Who is not answered at all is not answered in time.
            let slow = step.answered * step.latency.share_above(target_s) + step.failed;
            let all = step.answered + step.failed;
            let mostly_failed = step.failed > all * Objective::MAY_BE_SLOWER;
            burn.add(step.span, all, slow, step.latency.p95_s > target_s || mostly_failed);
        }
        if let (Some(burn), Some(target)) = (&mut self.errors, error_rate) {
            let all = step.answered + step.failed;
            burn.add(step.span, all, step.failed, all > 0.0 && step.failed / all > target);
        }
    }

    pub(super) fn promises(&self) -> Promises {
        let kept = |burn: &Option<Burn>| burn.as_ref().map(|burn| burn.kept);
        Promises { latency: kept(&self.latency), errors: kept(&self.errors) }
    }
}

/// One budget.
#[derive(Clone, Debug, Default)]
struct Burn {
    kept: ErrorBudget,
    /// By minute: requests and bad ones up to its end.
    minutes: Vec<(f64, f64)>,
    observed: SimDuration,
    /// Requests in each minute before the first, of which none was bad.
    calm_requests: f64,
}

/// The rate of requests in calm times is the mean over so many minutes.
const CALM_MINUTES: usize = 5;

impl Burn {
    /// The same budget, of which nothing is spent.
    fn anew(&self, before: Before) -> Burn {
        let minutes = self.minutes.len().min(CALM_MINUTES);
        let calm_requests = match before {
            Before::Calm if minutes > 0 => self.window(minutes).0 / minutes as f64,
            Before::Calm | Before::Nothing => 0.0,
        };
        let kept = ErrorBudget { budget: self.kept.budget, ..ErrorBudget::default() };
        Burn { kept, calm_requests, ..Burn::default() }
    }

    fn add(&mut self, span: SimDuration, requests: f64, bad: f64, is_broken: bool) {
        self.kept.requests += requests;
        self.kept.bad += bad;
        self.observed += span;
        if is_broken {
            self.kept.breach += span;
        }
        // A step longer than a minute counts in its last one.
        let minute = (self.observed.as_nanos() - 1).max(0) / SimDuration::from_secs(60).as_nanos();
        let before = self.minutes.last().copied().unwrap_or_default();
        self.minutes.resize(minute as usize + 1, before);
        if let Some(last) = self.minutes.last_mut() {
            *last = (self.kept.requests, self.kept.bad);
        }
        let [page, _] = &PAGES;
        if self.minutes.len() >= page.short_minutes {
            let lasting = self.rate(page.long_minutes).min(self.rate(page.short_minutes));
            self.kept.fastest = self.kept.fastest.max(lasting);
        }
        if PAGES.iter().any(|alert| self.is_on(alert)) {
            self.kept.paging += span;
        }
        if self.is_on(&TICKET) {
            self.kept.ticket += span;
        }
    }

    /// Requests of the last minutes, and bad ones. A window longer than the run so far is as long as the run, as a fresh
    /// monitoring would show it, unless it is known that it was calm before.
    fn window(&self, minutes: usize) -> (f64, f64) {
        let then = match self.minutes.len().checked_sub(minutes + 1) {
            Some(at) => self.minutes[at],
            None => (0.0, 0.0),
        };
        let before = minutes.saturating_sub(self.minutes.len()) as f64 * self.calm_requests;
        (self.kept.requests - then.0 + before, self.kept.bad - then.1)
    }

    /// How fast the budget burned in the last minutes; 0 where there was less than one request. Where there is no budget the
    /// rate is the largest number: it can be written, which infinity cannot.
    fn rate(&self, minutes: usize) -> f64 {
        let (requests, bad) = self.window(minutes);
        if bad > 0.0 && requests >= 1.0 { (bad / (self.kept.budget * requests)).min(f64::MAX) } else { 0.0 }
    }

    fn is_on(&self, alert: &Alert) -> bool {
        let burns = |minutes: usize| {
            let (requests, bad) = self.window(minutes);
            bad > 0.0 && bad >= alert.rate * self.kept.budget * requests
        };
        self.minutes.len() >= alert.short_minutes && burns(alert.long_minutes) && burns(alert.short_minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: SimDuration = SimDuration::from_secs(15);

    /// A run of steps of 100 requests with so many failures each.
    fn run(failures: impl Fn(u32) -> f64, steps: u32) -> ErrorBudget {
        let objective = Objective { latency_s_p95: None, error_rate: Some(0.001) };
        let mut watch = BurnWatch::new(objective);
        for step in 0..steps {
            let failed = failures(step);
            let latency = LatencySummary::default();
            watch.add(&ObservedStep { span: STEP, answered: 100.0 - failed, failed, latency: &latency });
        }
        watch.promises().errors.unwrap()
    }

    #[test]
    fn a_page_needs_both_windows() {
        let day = 4 * 60 * 24;
        // Just within the budget: nobody is told.
        let calm = run(|_| 0.099, day);
        assert_eq!((calm.paging, calm.ticket, calm.breach), Default::default());
        assert!((calm.budget_spent() - 0.99).abs() < 1e-9);
        // Twice the budget for the day: a ticket, no page.
        let slow = run(|_| 0.2, day);
        assert_eq!(slow.paging, SimDuration::ZERO);
        assert!(slow.ticket > SimDuration::from_hours(17), "{slow:?}");
        assert_eq!(slow.breach, SimDuration::from_hours(24));
        // 10 % of requests fail for ten minutes in the tenth hour: 14.4 times the budget over an hour is
        // reached after 9 of these minutes, and the short window ends the alert soon after them.
        let burst = run(|step| if (2400..2440).contains(&step) { 10.0 } else { 0.0 }, day);
        let minutes = burst.paging.as_secs_f64() / 60.0;
        assert!((3.0..35.0).contains(&minutes), "{minutes}");
        assert_eq!(burst.breach, SimDuration::from_mins(10));
        assert!((calm.fastest - 0.99).abs() < 1e-6 && (slow.fastest - 2.0).abs() < 1e-6);
        // At its end a sixth of the hour has burned a hundred times as fast as it may; a window ends with the present step and is up
        // to a minute short.
        let sixth = 100.0 / 6.0;
        assert!((sixth..=sixth * 60.0 / 59.0).contains(&burst.fastest), "{}", burst.fastest);
    }

    #[test]
    fn a_bad_minute_after_calm_is_a_sixtieth_of_an_hour() {
        let fastest = |before: Before| {
            let mut watch = BurnWatch::new(Objective { latency_s_p95: None, error_rate: Some(0.001) });
            let latency = LatencySummary::default();
            let add = |watch: &mut BurnWatch, steps: u32, failed: f64| {
                (0..steps).for_each(|_| {
                    watch.add(&ObservedStep { span: STEP, answered: 100.0 - failed, failed, latency: &latency });
                });
            };
            // What failed before counting began is forgotten.
            add(&mut watch, 40, 90.0);
            watch.forget(before);
            add(&mut watch, 40, 10.0);
            add(&mut watch, 200, 0.0);
            watch.promises().errors.unwrap()
        };
        let (calm, fresh) = (fastest(Before::Calm), fastest(Before::Nothing));
        // Ten minutes of sixty burned a hundred times as fast as they may; a window is up to a minute short.
        let sixth = 100.0 / 6.0;
        assert!((sixth..=sixth * 60.0 / 59.0).contains(&calm.fastest), "{calm:?}");
        assert!((fresh.fastest - 100.0).abs() < 1e-6, "{fresh:?}");
        assert_eq!((calm.bad, calm.requests), (400.0, 24_000.0));
    }

    #[test]
    fn slow_requests_burn_the_latency_budget() {
        let mut watch = BurnWatch::new(Objective { latency_s_p95: Some(0.2), error_rate: None });
        let latency = LatencySummary { mean_s: 0.1, p50_s: 0.1, p90_s: 0.2, p95_s: 0.3, p99_s: 0.5, max_s: 0.6 };
        watch.add(&ObservedStep { span: STEP, answered: 100.0, failed: 0.0, latency: &latency });
        let kept = watch.promises().latency.unwrap();
        assert!((kept.bad - 10.0).abs() < 1e-9, "{kept:?}");
        assert!((kept.budget_spent() - 2.0).abs() < 1e-9);
        assert_eq!(kept.breach, STEP);
        assert_eq!(watch.promises().errors, None);
        // An outage has no latencies, and is no success.
        let latency = LatencySummary::default();
        watch.add(&ObservedStep { span: STEP, answered: 0.0, failed: 100.0, latency: &latency });
        let kept = watch.promises().latency.unwrap();
        assert!((kept.bad - 110.0).abs() < 1e-9, "{kept:?}");
        assert_eq!(kept.breach, STEP * 2);
    }
}
