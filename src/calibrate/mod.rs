//! A scenario fitted to the user's own past, and held against the part of it that was kept back.
//!
//! Parameters are fitted to the first days, each with an interval and what it hangs on; the scenario with them replays the days
//! held back, and the difference says which of its answers may be trusted.
//!
//! Deliberately not here: where a past comes from (`past`), pages and tables (`report`).
//!
//! Start reading at [`calibrate`].

mod blocks;
mod breaks;
mod compare;
mod cpu;
mod delays;
mod fit;
mod latency;
mod line;
mod parameter;
mod recorded;
mod replay;
mod speeds;
mod split;
mod verdict;
mod written;

pub use compare::{Comparison, Quantity};
pub use parameter::{Parameter, ParameterUnit, Standing};
pub use split::{HoldBack, Split, split};
pub use verdict::{Question, Trust, Verdict};

use crate::past::Past;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::{Scenario, Setting, Written};
use compare::Prices;
use fit::Drawn;
use rayon::prelude::*;
use replay::Replayed;
use serde_json::Value;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How much is held back.
    pub hold_back: HoldBack,
    /// How often the days held back are replayed; each replay but the first with other values of what is not sure. At least 1.
    pub replays: u32,
    /// The seed of the draws; the scenario's own is that of the replays.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { hold_back: HoldBack::Third, replays: 10, seed: 1 }
    }
}

/// A scenario held against its past.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// What was fitted, in the order of services and groups.
    pub parameters: Vec<Parameter>,
    /// Which part of the past is which.
    pub split: Split,
    /// Recorded against simulated on the days held back.
    pub comparisons: Vec<Comparison>,
    /// Which answers may be trusted.
    pub verdicts: Vec<Verdict>,
    /// What is doubtful about it.
    pub issues: Issues,
    /// The calibrated scenario: it extends the one that was given.
    pub scenario: String,
}

/// Fits a scenario to a past and replays the days held back. `extends` is what the calibrated scenario calls the one given.
///
/// Errors: a past that is too short, a scenario without traffic, or one that cannot be built with what was fitted.
///
/// Cost: per service some hundred profiles times some milliseconds; [`Options::replays`] simulations of the days held back.
pub fn calibrate(
    written: &Written,
    sets: &[Setting],
    past: &Past,
    (options, extends): (&Options, &str),
) -> Result<Calibration, Issues> {
    let split = split(past, options.hold_back)?;
    let plain = written.with(sets)?;
    let mut issues = Issues::new();
    let fitted = fit::fit(&plain, &past.part(split.fitted.start, split.fitted.end), options.seed, &mut issues);
    let is_given = |path: &[String]| written.given(path).is_some_and(|value| !value.is_null());
    let (taken, others): (Vec<&Drawn>, Vec<&Drawn>) =
        fitted.iter().partition(|one| written::is_taken(&one.parameter, &is_given));
    let rates = rates(&plain, past, &mut issues)?;
    let variants = Variants { written, sets, taken: &taken, shares: shares(&plain, past) };
    let staged: Vec<Scenario> = (0..options.replays.max(1))
        .map(|number| {
            let scenario = variants.build(number)?;
            replay::staged(&scenario, past, &split, &rates).ok_or_else(|| no_traffic().into())
        })
        .collect::<Result<_, Issues>>()?;
    let replays: Vec<Replayed> =
        staged.par_iter().enumerate().map(|(at, staged)| replay::replay(staged, past, &split, at as u32)).collect();
    let comparisons = compare::compare((past, &split), &replays, &prices(&plain), options.seed);
    let parameters: Vec<Parameter> = fitted.iter().map(|one| one.parameter.clone()).collect();
    let is_whole_day = split.held.len() as f64 * f64::from(past.step_s) >= 86_400.0;
    let verdicts = verdict::verdicts(&comparisons, &parameters, is_whole_day);
    let of = |all: &[&Drawn]| all.iter().map(|one| one.parameter.clone()).collect::<Vec<_>>();
    let (taken, others) = (of(&taken), of(&others));
    let about = about(past, &split);
    let scenario =
        written::scenario(extends, &about, &taken.iter().collect::<Vec<_>>(), &others.iter().collect::<Vec<_>>());
    Ok(Calibration { parameters, split, comparisons, verdicts, issues, scenario })
}

/// What the calibrated scenario was fitted to, in a sentence.
fn about(past: &Past, split: &Split) -> String {
    let at = |step: usize| {
        let seconds = past.start_s + step as i64 * i64::from(past.step_s);
        jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |when| when.to_string())
    };
    format!("Fitted to what was recorded from {} to {}.", at(split.fitted.start), at(split.fitted.end))
}

fn no_traffic() -> Issue {
    let message = "the scenario has no services with traffic: there is nothing to fit";
    Issue::error("services", message).with_help("name them under `services`, or let `foresail init --from` do it")
}

/// Requests per second at all recorded instants, and whether services get of them what the scenario says.
fn rates(plain: &Scenario, past: &Past, issues: &mut Issues) -> Result<Vec<f64>, Issues> {
    let traffic = plain.cast.traffic.as_ref().ok_or_else(no_traffic)?;
    let rates = replay::entered(traffic, past, issues).ok_or_else(|| {
        let message = "no requests were recorded, neither of routes nor of the services that they enter by";
        let help =
            "record nginx_ingress_controller_requests, istio_requests_total or http_server_requests_seconds_count";
        Issue::error("--prometheus", message).with_help(help)
    })?;
    for (name, recorded, said) in replay::visits(traffic, past, &rates) {
        if said > 0.0 && !(0.9..=1.1).contains(&(recorded / said)) {
            let message = format!(
                "`{name}` was called {recorded:.2} times for each request that entered, the scenario says {said:.2}"
            );
            let help = "correct `calls` of the services that call it, or `traffic.routes`";
            issues.push(Issue::warning(format!("services.{name}"), message).with_help(help));
        }
    }
    Ok(rates)
}

/// What a node of each group costs, USD an hour: the mean of its machine types.
fn prices(scenario: &Scenario) -> Prices {
    let price = |group: &crate::world::NodeGroup| {
        let sum: f64 = group.machines.iter().map(|machine| machine.price.usd()).sum();
        (group.name.clone(), sum / group.machines.len().max(1) as f64)
    };
    scenario.cast.groups.values().map(price).collect()
}

/// The scenario with what was fitted.
struct Variants<'a> {
    written: &'a Written,
    sets: &'a [Setting],
    taken: &'a [&'a Drawn],
    /// Recorded shares of routes.
    shares: Vec<Setting>,
}

impl Variants<'_> {
    /// Number 0 is as it is written; the others have another draw of each parameter.
    fn build(&self, number: u32) -> Result<Scenario, Issues> {
        let mut all = self.sets.to_vec();
        all.extend_from_slice(&self.shares);
        all.extend(match number {
            0 => written::settings(self.taken.iter().map(|one| &one.parameter)),
            _ => written::drawn(self.taken, number as usize),
        });
        self.written.with(&all)
    }
}

/// Recorded shares of routes, where all routes were recorded.
fn shares(plain: &Scenario, past: &Past) -> Vec<Setting> {
    let Some(traffic) = &plain.cast.traffic else { return Vec::new() };
    let set = |(name, share): (String, f64)| {
        let path = vec!["traffic".to_owned(), "routes".to_owned(), name];
        Setting::new(path, Value::from(share), "calibrate traffic.routes".to_owned())
    };
    replay::shares(traffic, past).into_iter().map(set).collect()
}
