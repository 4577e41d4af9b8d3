//! Minima by the clock: the minimum of now in the busy hours, the least that there may be in the others.

use super::given::{Given, Scaler, scalers, vcpus_of};
use super::seen::Seen;
use crate::scenario::aliases::Target;
use crate::scenario::wanted::KnobKind;
use crate::study::advise::knob::{Knob, Level};
use crate::study::advise::periods::Part;
use crate::study::advise::point::HOW_MANY;
use crate::units::{SimDuration, SimTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// An hour is busy whose demand is above that of the quietest by this share of the difference to the busiest: a wide window, and a narrow
/// one.
const BUSY: [f64; 2] = [0.25, 0.5];
/// Hours that differ by less than this are one like another.
const LEAST_SWING: f64 = 1.5;
/// A window is worth its name if it leaves this many hours.
const LEAST_QUIET: usize = 2;
/// So many hours of the training are looked at.
const MOST_HOURS: i64 = 28 * 24;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// For every HPA with a minimum: windows by the demand of the training, and no schedule where there is one. What a window asks for is the
/// minimum of the point, so that one knob moves the hours and the other how many.
pub(super) fn knobs(given: &Given<'_>, seen: &Seen) -> Vec<Knob> {
    let windows = demand_by_hour(given).map(|demand| windows(&demand)).unwrap_or_default();
    let cast = &given.base.cast;
    let of = |scaler: Scaler<'_>| {
        let (spec, least) = (&scaler.hpa.spec, i64::from(given.floors.hpas[scaler.at].least));
        let now = i64::from(spec.min);
        let held = seen.least(scaler.hpa.workload) <= now;
        let freed = if held { (now - least).max(0) as f64 * vcpus_of(cast, scaler.hpa.workload) } else { 0.0 };
        let by_day = windows.iter().map(|window| window.level(least).freeing(freed * window.quiet_share()));
        let none = Level::said("none".to_owned(), vec![Value::Null, json!([])]).freeing(0.0);
        let others = by_day.chain((!scaler.hpa.schedule.is_empty()).then_some(none));
        let targets = [HOW_MANY, "schedule"].map(|field| Target::of(&["hpas", scaler.name, field])).to_vec();
        let name = format!("{} schedule", scaler.label);
        let knob = Knob::new(name, Some(KnobKind::Schedule), scaler.owner.clone(), targets);
        let current =
            if scaler.hpa.schedule.is_empty() { Level::said("none".to_owned(), Vec::new()) } else { Level::as_it_is() };
        let knob = Knob { minimum: Some(now), ..knob.with_choices(current, others) };
        (least >= 1 && knob.levels.len() > 1).then_some(knob)
    };
    scalers(cast).filter_map(of).collect()
}

/// Mean rates by the clock on the wall.
struct Demand {
    /// By hour of the day.
    hours: [f64; 24],
    /// The busiest hour of each day of the week, from Monday on; none of days that the training does not have.
    days: [Option<f64>; 7],
}

/// Of the time of training; none without traffic, and where it does not have every hour.
fn demand_by_hour(given: &Given<'_>) -> Option<Demand> {
    let demand = &given.base.cast.traffic.as_ref()?.demand;
    let account = &given.base.account;
    let zone = TimeZone::get(&account.time_zone).unwrap_or(TimeZone::UTC);
    let (from, until) = given.times.of_part(Part::Train);
    let hour = SimDuration::from_hours(1);
    let count = (until.since(from).as_nanos() / hour.as_nanos()).min(MOST_HOURS);
    let rates = (0..count).filter_map(|number| {
        let at = from + hour * number;
        Some((local(account.start, at, &zone)?, demand.mean_rate(at, at + hour)))
    });
    Demand::of(rates)
}

/// The day of the week and the hour.
fn local(start: Timestamp, at: SimTime, zone: &TimeZone) -> Option<(usize, usize)> {
    let wall = start.checked_add(SignedDuration::from_nanos(at.as_nanos())).ok()?;
    let local = zone.to_datetime(wall);
    let day = local.weekday().to_monday_zero_offset().unsigned_abs();
    Some((usize::from(day), usize::from(local.hour().unsigned_abs())))
}

impl Demand {
    fn of(rates: impl Iterator<Item = ((usize, usize), f64)>) -> Option<Demand> {
        let (mut sums, mut counts, mut days) = ([0.0; 24], [0_u32; 24], [None; 7]);
        for ((day, hour), rate) in rates {
            sums[hour] += rate;
            counts[hour] += 1;
            days[day] = Some(f64::max(rate, days[day].unwrap_or(0.0)));
        }
        let is_whole = counts.iter().all(|count| *count > 0);
        is_whole.then(|| Demand { hours: std::array::from_fn(|hour| sums[hour] / f64::from(counts[hour])), days })
    }
}

/// Busy hours of the day.
#[derive(Clone, Debug, PartialEq)]
struct Window {
    /// The first of them.
    from: usize,
    /// The hour in which it is over: of the next day if it is not after the first.
    to: usize,
    /// Days on which it begins.
    days: [bool; 7],
}

/// The windows that leave the quiet hours out, the wide one first; none where hours hardly differ.
fn windows(demand: &Demand) -> Vec<Window> {
    let least = demand.hours.iter().copied().fold(f64::INFINITY, f64::min);
    let most = demand.hours.iter().copied().fold(0.0, f64::max);
    if most < least * LEAST_SWING {
        return Vec::new();
    }
    let window = |share: f64| {
        let limit = least + share * (most - least);
        // A day that nobody has seen is taken to be busy.
        let days = demand.days.map(|busiest| busiest.is_none_or(|busiest| busiest >= limit));
        let (begins, length) = longest_quiet(&demand.hours.map(|rate| rate < limit))?;
        (LEAST_QUIET..24).contains(&length).then(|| Window { from: (begins + length) % 24, to: begins, days })
    };
    let mut found: Vec<Window> = BUSY.iter().filter_map(|share| window(*share)).collect();
    found.dedup();
    found
}

/// The first hour and the length of the longest run of quiet hours, over midnight too.
fn longest_quiet(quiet: &[bool; 24]) -> Option<(usize, usize)> {
    let length = |from: usize| (0..24).take_while(|more| quiet[(from + more) % 24]).count();
    let longest = (0..24).map(|from| (from, length(from))).filter(|(_, length)| *length > 0);
    // Of equally long ones the first.
    longest.reduce(|best, other| if other.1 > best.1 { other } else { best })
}

impl Window {
    fn quiet_share(&self) -> f64 {
        let busy = (self.to + 24 - self.from) % 24 * self.days.iter().filter(|day| **day).count();
        1.0 - busy as f64 / (7.0 * 24.0)
    }
    /// How many in the window is left open: the minimum of the point.
    fn level(&self, outside: i64) -> Level {
        // Midnight ends a day as 24:00.
        let to = if self.to == 0 { 24 } else { self.to };
        let [from, to] = [self.from, to].map(|hour| format!("{hour:02}:00"));
        let days: Vec<&str> = DAYS.iter().zip(self.days).filter(|(_, is_busy)| *is_busy).map(|(day, _)| *day).collect();
        let mut window = json!({"from": from, "to": to, HOW_MANY: null});
        let mut text = format!("{from} to {to}");
        if days.len() < DAYS.len() {
            window["days"] = json!(days);
            text = format!("{text} {}", days.join(" "));
        }
        Level::said(format!("{text}, else {outside}"), vec![json!(outside), json!([window])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Busy from one hour to another on some days, a tenth of that else.
    fn demand(busy: std::ops::Range<usize>, days: std::ops::Range<usize>) -> Demand {
        let rates = (0..7 * 24).map(|number| {
            let (day, hour) = (number / 24, number % 24);
            let is_busy = busy.contains(&hour) && days.contains(&day);
            ((day, hour), if is_busy { 100.0 } else { 10.0 })
        });
        Demand::of(rates).expect("every hour")
    }

    #[test]
    fn a_window_has_the_busy_hours_of_the_busy_days() {
        let every_day = windows(&demand(8..20, 0..7));
        assert_eq!(every_day, [Window { from: 8, to: 20, days: [true; 7] }], "wide and narrow are the same");
        let level = every_day[0].level(2);
        assert_eq!(level.text, "08:00 to 20:00, else 2");
        assert_eq!(level.values, [json!(2), json!([{"from": "08:00", "to": "20:00", "minReplicas": null}])]);
        assert!((every_day[0].quiet_share() - 0.5).abs() < 1e-12);
        let weekdays = windows(&demand(8..24, 0..5));
        assert_eq!(weekdays[0].level(2).text, "08:00 to 24:00 mon tue wed thu fri, else 2");
    }

    #[test]
    fn quiet_hours_may_be_by_day_or_over_midnight() {
        let quiet = std::array::from_fn(|hour| [22, 23, 0, 1, 2, 9].contains(&hour));
        assert_eq!(longest_quiet(&quiet), Some((22, 5)));
        assert_eq!(longest_quiet(&[false; 24]), None);
        let night_shift = Demand {
            hours: std::array::from_fn(|hour| if (6..18).contains(&hour) { 1.0 } else { 9.0 }),
            days: [None; 7],
        };
        assert_eq!(windows(&night_shift), [Window { from: 18, to: 6, days: [true; 7] }]);
    }

    #[test]
    fn hours_that_hardly_differ_have_no_window() {
        let flat = Demand { hours: std::array::from_fn(|hour| 10.0 + hour as f64 / 10.0), days: [Some(12.3); 7] };
        assert_eq!(windows(&flat), []);
        assert!(Demand::of((0..23).map(|hour| ((0, hour), 1.0))).is_none(), "an hour is missing");
    }
}
