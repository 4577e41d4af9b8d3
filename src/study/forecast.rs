//! Twelve calendar months: what each costs, at the demand that it will have.
//!
//! Cost does not grow as demand does (nodes are whole, floors stay, tiers fall), so each month's demand is simulated by itself,
//! with the same luck. What was metered then stands for all hours of the month, and the books of the year are closed as any others: with the
//! months' lengths and tiers, with commitments that begin and end, with spot prices and support.

use super::replicate::Study;
use super::runs::Runs;
use super::{Figures, Names};
use crate::cost::{Calendar, Horizon, ItemId, MonthCost, Quantities, Timed};
use crate::rng::Seed;
use crate::scenario::Scenario;
use crate::traffic::demand::{Block, Growth};
use crate::units::{HOURS_PER_MONTH, SimDuration, SimTime};
use crate::world::{Cast, Measure, PricedTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A forecast has so many months.
pub(super) const MONTHS: usize = 12;
/// Replications of each month's demand, at most: as many as the scenario has if those are fewer.
pub(super) const MOST_REPLICATIONS: u32 = 10;
/// The same where weeks differ, for each month is then several weeks with luck of their own.
const MOST_WITH_WEEKS: u32 = 5;
/// Each of them simulates at most this of the scenario.
const LONGEST: SimDuration = SimDuration::from_hours(28 * 24);

/// Twelve months from the one in which the simulated time begins.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// How the demand grows, each month of 730 hours; 0.05 is 5 %.
    pub growth_per_month: f64,
    /// In order.
    pub months: Vec<ForecastMonth>,
    /// The figures of each level of demand that was simulated, without lines: owners' shares are taken from them. Where a level
    /// was simulated with several lucks, those of the first.
    pub levels: Vec<Runs>,
    /// With how many lucks each level was simulated: 1 unless weeks differ.
    pub lucks: u32,
    /// How much of the scenario was simulated for each.
    pub span: SimDuration,
}

/// A calendar month of the account.
#[derive(Clone, Debug)]
pub struct ForecastMonth {
    /// `2026-12`.
    pub name: String,
    /// From when until when, seconds since 1970.
    pub unix: [i64; 2],
    /// The mean of its demand over that at the start.
    pub demand: f64,
    /// Which of the levels that is.
    pub level: usize,
    /// What it costs, by replication.
    pub costs: Vec<MonthCost>,
}

/// The time that is foreseen.
struct Year {
    calendar: Calendar,
    span: SimDuration,
    /// Its months and their demand.
    months: Vec<(crate::cost::Month, f64)>,
}

impl Year {
    /// Twelve whole months. Before the start of the simulated time demand is as it is then.
    fn of(scenario: &Scenario, growth: f64) -> Option<Year> {
        let zone = TimeZone::get(&scenario.account.time_zone).unwrap_or(TimeZone::UTC);
        let first = scenario.account.start.to_zoned(zone.clone()).first_of_month().ok()?.start_of_day().ok()?;
        let end = first.checked_add((MONTHS as i64).months()).ok()?.timestamp();
        let start: Timestamp = first.timestamp();
        let span = SimDuration::from_secs(end.as_second() - start.as_second());
        let calendar = Calendar::new(start, &zone, span).ok()?;
        let begins = scenario.account.start.as_second();
        let growth = Growth { per_month: growth, level: 1.0 };
        let demand = |from: i64, until: i64| {
            let [from, until] = [from, until].map(|unix| (unix - begins) as f64);
            let before = (until.min(0.0) - from).max(0.0);
            let after = growth.mean_factor(from.max(0.0), until.max(0.0));
            (before + after * (until - from - before)) / (until - from)
        };
        let months = calendar.months().iter().take(MONTHS);
        let months = months.map(|month| (month.clone(), demand(month.from_unix, month.until_unix))).collect();
        Some(Year { calendar, span, months })
    }
}

/// How many replications a forecast takes.
pub(super) fn expected_replications(scenario: &Scenario) -> u64 {
    let growth = scenario.growth_per_month.unwrap_or(0.0);
    let (traffic, lucks) = (scenario.cast.traffic.is_some(), lucks(&scenario.cast, scenario.duration.min(LONGEST)));
    let levels = if traffic && growth != 0.0 || lucks > 1 { MONTHS as u64 } else { 1 };
    levels * u64::from(lucks) * u64::from(replications(scenario))
}

fn replications(scenario: &Scenario) -> u32 {
    scenario.replications.min(if weeks_differ(&scenario.cast) { MOST_WITH_WEEKS } else { MOST_REPLICATIONS })
}

fn weeks_differ(cast: &Cast) -> bool {
    cast.traffic.as_ref().is_some_and(|traffic| traffic.demand.weeks.differ())
}

/// How many stretches with weeks of their own make up a month: 5 of a week or less, 2 of four weeks; 1 where weeks do not differ.
fn lucks(cast: &Cast, span: SimDuration) -> u32 {
    let month = HOURS_PER_MONTH as f64 * 3600.0;
    let stretches = libm::ceil(month / span.max(Block::Week.span()).as_secs_f64());
    if weeks_differ(cast) { stretches as u32 } else { 1 }
}

/// The forecast of a scenario, on all threads of the current pool; none where the calendar ends. `progress` is called after each
/// replication.
///
/// Where weeks differ, each month is made of several simulations whose weeks are its own.
///
/// The result depends on the scenario alone. Cost: up to ten replications of up to four weeks for each level of demand, or up to five of
/// five weeks for each month; memory: what a few of them metered by the hour.
pub fn forecast(scenario: &Scenario, study: &Study, progress: &(dyn Fn() + Sync)) -> Option<Forecast> {
    let growth = scenario.growth_per_month.filter(|_| study.cast.traffic.is_some()).unwrap_or(0.0);
    let year = Year::of(scenario, growth)?;
    let mut demands: Vec<f64> = Vec::new();
    let mut level_of = Vec::new();
    let span = study.duration.min(LONGEST);
    let lucks = lucks(&study.cast, span);
    for (_, demand) in &year.months {
        // Months of the same demand are one where their weeks are.
        let known = demands.iter().position(|known| lucks == 1 && known.to_bits() == demand.to_bits());
        level_of.push(known.unwrap_or(demands.len()));
        if known.is_none() {
            demands.push(*demand);
        }
    }
    let at = |(level, demand): (usize, &f64)| -> Vec<Study> {
        let first = level as u32 * lucks;
        (0..lucks).map(|luck| at_demand(study, span, (*demand, first + luck))).collect()
    };
    let studies: Vec<Vec<Study>> = demands.iter().enumerate().map(at).collect();
    let names = study.names();
    let one = |number: u32| {
        let all = |level: &Vec<Study>| -> Vec<(Quantities, Figures)> {
            level.par_iter().map(|study| metered(study, number, &names, progress)).collect()
        };
        let runs: Vec<Vec<(Quantities, Figures)>> = studies.par_iter().map(all).collect();
        let of_month = |level: &usize| runs[*level].iter().map(|(quantities, _)| quantities).collect();
        let metered: Vec<Vec<&Quantities>> = level_of.iter().map(of_month).collect();
        let costs = horizon(&year, study, number).costs(&metered);
        let first = runs.into_iter().filter_map(|level| level.into_iter().next());
        (costs, first.map(|(_, figures)| figures).collect::<Vec<Figures>>())
    };
    let (costs, figures): (Vec<Vec<MonthCost>>, Vec<Vec<Figures>>) =
        (0..replications(scenario)).into_par_iter().map(one).unzip();
    let of_level = |level: usize| figures.iter().map(|runs| runs[level].clone()).collect();
    let months =
        year.months.into_iter().zip(&level_of).enumerate().map(|(at, ((month, demand), level))| ForecastMonth {
            name: month.name,
            unix: [month.from_unix, month.until_unix],
            demand,
            level: *level,
            costs: costs.iter().map(|months| months[at].clone()).collect(),
        });
    let months = months.collect();
    let levels = (0..demands.len()).map(|level| Runs::new(of_level(level), None)).collect();
    Some(Forecast { growth_per_month: growth, months, levels, lucks, span })
}

/// The study at so many times its demand, without growth, in the weeks that this luck brings.
fn at_demand(study: &Study, span: SimDuration, (demand, luck): (f64, u32)) -> Study {
    let mut cast: Cast = (*study.cast).clone();
    if let Some(traffic) = &mut cast.traffic {
        let of_month = Arc::make_mut(&mut traffic.demand);
        of_month.growth = Growth::flat(demand);
        of_month.weeks.luck = luck;
    }
    Study { cast: Arc::new(cast), duration: span, keeps_story: false, ..study.clone() }
}

fn metered(study: &Study, number: u32, names: &Names, progress: &(dyn Fn() + Sync)) -> (Quantities, Figures) {
    let outcome = study.replicate(number);
    let quantities = outcome.bill.quantities();
    let figures = Figures::of(number, names, outcome);
    progress();
    // Enough to divide the cost among its owners.
    let Figures { replication, span, charges, allocated, .. } = figures;
    (quantities, Figures { replication, span, charges, allocated, ..Figures::default() })
}

/// What is paid for in the year, with a replication's luck.
fn horizon(year: &Year, study: &Study, number: u32) -> Horizon {
    let billing = &study.cast.billing;
    let seed = Seed::new(study.seed, number);
    let hour = |calendar: &Calendar| calendar.start_unix().div_euclid(3600);
    let earlier = hour(&billing.calendar) - hour(&year.calendar);
    Horizon {
        items: study.cast.bill_items(PricedTime { calendar: &year.calendar, span: year.span, seed }),
        pledges: billing.pledges.counted_from(earlier),
        support: billing.support,
        timed: timed(&study.cast),
        calendar: year.calendar.clone(),
        span: year.span,
    }
}

/// Items that are there from one day until another, whatever is simulated.
fn timed(cast: &Cast) -> BTreeMap<ItemId, Vec<Timed>> {
    let start = i128::from(cast.billing.calendar.start_unix()) * 1_000_000_000;
    let mut rows: BTreeMap<ItemId, Vec<Timed>> = BTreeMap::new();
    for metered in &cast.metered {
        let Measure::During { from, until, level } = metered.by else { continue };
        let unix = |at: SimTime| start + i128::from(at.as_nanos());
        // What is there at the start was there in the days before.
        let from = if from <= SimTime::ZERO { i128::MIN / 2 } else { unix(from) };
        let until = if until == SimTime::MAX { i128::MAX / 2 } else { unix(until) };
        rows.entry(metered.item).or_default().push(Timed { from, until, level });
    }
    rows
}
