//! From times as they are written to instants: a zone, the order of day and month, hours that are there twice or never.

use super::clock::Reading;
use super::stamp::Stamp;
use super::table::at_line;
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The zone of times that name none.
#[derive(Clone, Debug)]
pub(crate) struct WallClock {
    zone: TimeZone,
    /// The scenario named it.
    is_given: bool,
}

/// What the times of a file turned out to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Instants {
    /// Seconds since 1970, or since the start, in the order of the file.
    pub(crate) seconds: Vec<f64>,
    /// Whether they are since 1970.
    pub(crate) is_calendar: bool,
}

impl WallClock {
    /// The zone of an IANA name; UTC where none is given.
    ///
    /// Errors: nobody knows the name.
    pub(crate) fn of(name: Option<&str>) -> Result<Self, String> {
        let Some(name) = name else { return Ok(WallClock { zone: TimeZone::UTC, is_given: false }) };
        match TimeZone::get(name) {
            Ok(zone) => Ok(WallClock { zone, is_given: true }),
            Err(_) => Err(format!("found `{name}`, expected an IANA name such as Europe/Berlin")),
        }
    }

    /// One time alone, as a scenario writes it.
    ///
    /// Errors: it is none, or could be one of two days.
    pub(crate) fn single(&self, text: &str, format: Option<&str>) -> Result<Reading, String> {
        let stamp = format.and_then(|format| Stamp::parse_as(text, format)).or_else(|| Stamp::parse(text));
        match stamp {
            Some(Stamp::Known(reading)) => Ok(reading),
            Some(Stamp::Local(local)) => {
                let zoned = local.to_zoned(self.zone.clone()).ok();
                zoned.and_then(|zoned| Reading::of(zoned.timestamp())).ok_or(format!("`{text}` is out of range"))
            }
            Some(Stamp::DayOrMonth { .. }) => Err(format!("`{text}` may be one of two days: write 2026-01-31")),
            None => Err(format!("found `{text}`, expected a date, a time such as 2026-01-31T10:42:00Z, or 36h")),
        }
    }

    /// An instant in words of this zone.
    pub(crate) fn words(&self, seconds: f64) -> String {
        let instant = jiff::Timestamp::from_millisecond((seconds * 1e3) as i64).unwrap_or_default();
        let zoned = instant.to_zoned(self.zone.clone());
        zoned.strftime("%a %Y-%m-%d %H:%M:%S %Z").to_string()
    }

    /// All times of a file, with their lines. What was decided is told; what cannot be decided is an error.
    pub(crate) fn instants(&self, stamps: &[(u32, Stamp)], issues: &mut Issues) -> Option<Instants> {
        let order = if stamps.iter().any(|(_, stamp)| matches!(stamp, Stamp::DayOrMonth { .. })) {
            match order(stamps) {
                Ok((order, told)) => {
                    told.into_iter().for_each(|issue| issues.push(issue));
                    order
                }
                Err(issue) => {
                    issues.push(issue);
                    return None;
                }
            }
        } else {
            DateOrder::DayFirst
        };
        let mut walk = Walk::new(self);
        for (line, stamp) in stamps {
            if let Err(why) = walk.step(*line, *stamp, order) {
                issues.push(at_line(*line, why));
                return None;
            }
        }
        walk.tell(issues);
        Some(Instants { seconds: walk.seconds, is_calendar: walk.is_calendar.unwrap_or(false) })
    }
}

/// Which of two numbers of a date is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DateOrder {
    DayFirst,
    MonthFirst,
}

fn local(stamp: Stamp, order: DateOrder) -> Option<DateTime> {
    match stamp {
        Stamp::Local(local) => Some(local),
        Stamp::DayOrMonth { first, second, year, time } => {
            let (day, month) = if order == DateOrder::DayFirst { (first, second) } else { (second, first) };
            Date::new(year, month, day).ok().map(|date| date.to_datetime(time))
        }
        Stamp::Known(_) => None,
    }
}

/// The order that the file itself decides: by a number above 12, or because the rows are evenly apart in one order only.
fn order(stamps: &[(u32, Stamp)]) -> Result<(DateOrder, Option<Issue>), Issue> {
    let mut above: [Option<u32>; 2] = [None, None];
    for (line, stamp) in stamps {
        let Stamp::DayOrMonth { first, second, .. } = stamp else { continue };
        if *first > 12 {
            above[0].get_or_insert(*line);
        }
        if *second > 12 {
            above[1].get_or_insert(*line);
        }
    }
    let help = "say how times are written: `timeFormat: '%d/%m/%Y %H:%M'` or '%m/%d/%Y %H:%M'";
    match above {
        [Some(a), Some(b)] => {
            let message = format!("the first number is a day in line {a}, the second one in line {b}");
            return Err(at_line(a.max(b), message).with_help(help));
        }
        [Some(_), None] => return Ok((DateOrder::DayFirst, None)),
        [None, Some(_)] => return Ok((DateOrder::MonthFirst, None)),
        [None, None] => {}
    }
    let (day, month) = (evenness(stamps, DateOrder::DayFirst), evenness(stamps, DateOrder::MonthFirst));
    let line = stamps.first().map_or(1, |(line, _)| *line);
    let decided = |order: DateOrder, words: &str| {
        let message = format!("no day is above 12: {words} is first, for only so are the rows evenly apart");
        Ok((order, Some(note_at(line, message))))
    };
    match (day > 0.8, month > 0.8) {
        (true, false) => decided(DateOrder::DayFirst, "the day"),
        (false, true) => decided(DateOrder::MonthFirst, "the month"),
        _ => {
            let message = "the day and the month cannot be told apart: no number is above 12";
            Err(at_line(line, message).with_help(help))
        }
    }
}

/// The share of the distances between rows that are the usual one.
fn evenness(stamps: &[(u32, Stamp)], order: DateOrder) -> f64 {
    let seconds = |local: DateTime| {
        local.to_zoned(TimeZone::UTC).map_or(0.0, |zoned| zoned.timestamp().as_millisecond() as f64 / 1e3)
    };
    let times: Vec<f64> = stamps.iter().filter_map(|(_, stamp)| local(*stamp, order)).map(seconds).collect();
    let apart: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut sorted = apart.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(usual) = sorted.get(sorted.len() / 2).copied().filter(|usual| *usual > 0.0) else { return 0.0 };
    // Months are nearly even as well: a day taken for a month is off by days, a clock by less than an hour.
    let off = (0.1 * usual).min(3600.0);
    apart.iter().filter(|apart| (**apart - usual).abs() <= off).count() as f64 / apart.len() as f64
}

/// One row after the other.
struct Walk<'c> {
    clock: &'c WallClock,
    seconds: Vec<f64>,
    is_calendar: Option<bool>,
    /// Times without a zone.
    without_zone: usize,
    /// Rows in an hour that clocks skipped, and the first line.
    skipped: (usize, u32),
    /// Rows in an hour that was there twice, and the first line.
    twice: (usize, u32),
}

impl<'c> Walk<'c> {
    fn new(clock: &'c WallClock) -> Self {
        let none = (0, 0);
        Walk { clock, seconds: Vec::new(), is_calendar: None, without_zone: 0, skipped: none, twice: none }
    }

    fn step(&mut self, line: u32, stamp: Stamp, order: DateOrder) -> Result<(), String> {
        let reading = match stamp {
            Stamp::Known(reading) => reading,
            _ => self.of_zone(line, local(stamp, order).ok_or("there is no such day")?)?,
        };
        if *self.is_calendar.get_or_insert(reading.is_calendar) != reading.is_calendar {
            return Err(
                "the time counts from the start while others are of the calendar, or the other way round".to_owned()
            );
        }
        self.seconds.push(reading.seconds);
        Ok(())
    }

    fn of_zone(&mut self, line: u32, local: DateTime) -> Result<Reading, String> {
        self.without_zone += 1;
        let ambiguous = self.clock.zone.to_ambiguous_timestamp(local);
        let count = |place: &mut (usize, u32)| {
            *place = (place.0 + 1, if place.0 == 0 { line } else { place.1 });
        };
        let read = |found: Result<jiff::Timestamp, jiff::Error>| {
            found.ok().and_then(Reading::of).ok_or_else(|| "the time is out of range".to_owned())
        };
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => read(ambiguous.compatible()),
            AmbiguousOffset::Gap { .. } => {
                count(&mut self.skipped);
                read(ambiguous.compatible())
            }
            AmbiguousOffset::Fold { .. } => {
                count(&mut self.twice);
                let earlier = read(ambiguous.earlier())?;
                let is_second = self.seconds.last().is_some_and(|last| *last >= earlier.seconds);
                if is_second { read(ambiguous.later()) } else { Ok(earlier) }
            }
        }
    }

    fn tell(&self, issues: &mut Issues) {
        if self.without_zone > 0 && !self.clock.is_given {
            let note = Issue::note("", "the times have no zone: they are taken as UTC");
            issues.push(note.with_help("say the zone with `timezone: Europe/Berlin`"));
        }
        let zone = self.clock.zone.iana_name().unwrap_or("the zone");
        if let (count @ 1.., line) = self.skipped {
            let rows = counted(count, "row");
            let message = format!("{rows} from here on in an hour that {zone} skipped: taken as an hour later");
            issues.push(warning_at(line, message).with_help("is the zone right?"));
        }
        if let (count @ 1.., line) = self.twice {
            let rows = counted(count, "row");
            let message =
                format!("{rows} from here on in an hour that {zone} had twice: taken in the order of the file");
            issues.push(note_at(line, message));
        }
    }
}

fn note_at(line: u32, message: impl Into<String>) -> Issue {
    let mut issue = Issue::note("", message);
    issue.place.line = Some(line);
    issue
}

fn warning_at(line: u32, message: impl Into<String>) -> Issue {
    let mut issue = Issue::warning("", message);
    issue.place.line = Some(line);
    issue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: Option<&str>, times: &[&str]) -> (Option<Instants>, String) {
        let Ok(clock) = WallClock::of(zone) else { panic!("{zone:?} is no zone") };
        let stamps: Vec<(u32, Stamp)> =
            (2..).zip(times).filter_map(|(n, text)| Some((n, Stamp::parse(text)?))).collect();
        assert_eq!(stamps.len(), times.len());
        let mut issues = Issues::new();
        let found = clock.instants(&stamps, &mut issues);
        (found, issues.to_string())
    }

    #[test]
    fn an_hour_that_is_there_twice_is_two_hours() {
        let night = [
            "2026-10-25 01:30",
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 03:00",
        ];
        let (found, told) = read(Some("Europe/Berlin"), &night);
        let seconds = found.expect("times").seconds;
        assert!(seconds.windows(2).all(|pair| pair[1] - pair[0] == 1800.0), "{seconds:?}");
        assert!(told.contains("4 rows from here on in an hour that Europe/Berlin had twice"), "{told}");
        let (_, told) = read(Some("Europe/Berlin"), &["2026-03-29 01:30", "2026-03-29 02:30", "2026-03-29 03:30"]);
        assert!(told.contains("1 row from here on in an hour that Europe/Berlin skipped"), "{told}");
    }

    #[test]
    fn days_and_months_are_told_apart_or_asked_for() {
        let day = |found: Option<Instants>| found.map(|found| found.seconds[0]);
        let (found, _) = read(None, &["03/04/2026 00:00", "13/04/2026 00:00"]);
        assert_eq!(day(found), Some(1_775_174_400.0), "3 April");
        let (found, _) = read(None, &["03/04/2026 00:00", "03/14/2026 00:00"]);
        assert_eq!(day(found), Some(1_772_582_400.0), "4 March");
        let (found, told) = read(None, &["01/02/2026", "01/03/2026", "01/04/2026", "01/05/2026", "01/06/2026"]);
        assert!(day(found) == Some(1_767_312_000.0) && told.contains("the month is first"), "2 January: {told}");
        let (found, told) = read(None, &["01/02/2026 10:00", "01/02/2026 11:00", "01/02/2026 12:00"]);
        assert!(found.is_none() && told.contains("cannot be told apart") && told.contains("timeFormat"), "{told}");
        let (found, told) = read(None, &["13/02/2026 10:00", "01/14/2026 11:00"]);
        assert!(found.is_none() && told.contains("in line 2, the second one in line 3"), "{told}");
    }

    #[test]
    fn what_is_assumed_is_told() {
        assert!(read(None, &["2026-01-01 00:00"]).1.contains("taken as UTC"));
        assert_eq!(read(Some("UTC"), &["2026-01-01 00:00"]).1, "");
        assert!(read(None, &["30", "2026-01-01 00:00"]).1.contains("counts from the start while others"));
        assert!(WallClock::of(Some("Europe/Nowhere")).is_err());
    }
}
