//! Tables of any delimiter: where the time is, where the numbers are.

use super::choose::{Candidate, choose};
use super::found::{Found, Sample, Series, added_up};
use super::number::{Cell, Decimal, cell};
use super::sheet::Sheet;
use super::unit::Unit;
use crate::scenario::file::Trace;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{ENOUGH, Instants, Stamp, WallClock, at_line};
use std::collections::BTreeSet;

/// Names of columns of times.
const TIMES: &[&str] = &[
    "time",
    "timestamp",
    "date",
    "datetime",
    "date_time",
    "ts",
    "epoch",
    "epoch_s",
    "epoch_ms",
    "unix",
    "offset",
    "offset_s",
    "offset_ms",
    "time_s",
    "@timestamp",
    "_time",
    "at",
    "start",
    "period",
    "hour",
    "minute",
    "day",
    "elapsed",
    "t",
];

/// The series of a table that is meant. What is wrong with it is told; nothing then.
///
/// Errors: it is not known which column is meant.
pub(super) fn read(text: &str, trace: &Trace, clock: &WallClock, issues: &mut Issues) -> Result<Option<Found>, Issue> {
    let Some(sheet) = Sheet::read(text, issues) else { return Ok(None) };
    if sheet.rows.is_empty() {
        return Err(at_line(1, "there are no rows behind the header"));
    }
    let Some(time) = TimeColumn::of(&sheet, trace) else {
        let found = sheet.name(0);
        let issue = at_line(sheet.first_line(), format!("there is no column of times: the first one is `{found}`"));
        return Err(issue.with_help("say how times are written: `timeFormat: '%Y%m%d%H%M'`"));
    };
    let read = time.read(&sheet, trace, clock, issues);
    // All problems at once: numbers are looked at where times are broken, too.
    let are_broken = read.is_none();
    let instants = read.unwrap_or_else(|| Instants {
        seconds: (0..sheet.rows.len()).map(|row| row as f64).collect(),
        is_calendar: false,
    });
    let columns: Vec<usize> = (0..sheet.width).filter(|column| !time.is(*column)).collect();
    let numeric: Vec<usize> = columns.iter().copied().filter(|column| is_numeric(&sheet, *column)).collect();
    // A column alone is meant, whatever is in it.
    let numeric = if columns.len() == 1 { columns.clone() } else { numeric };
    let form = sheet.form();
    let is_calendar = instants.is_calendar;
    if let (Some(label), [value]) = (label_column(&sheet, &columns, &instants), numeric.as_slice()) {
        let names: BTreeSet<&str> = sheet.rows.iter().map(|row| row.cell(label)).collect();
        let candidates: Vec<Candidate<'_>> = (1..).zip(names.iter().copied()).collect();
        let (chosen, told) = choose(&candidates, trace.column.as_ref())?;
        tell(told, issues);
        let wanted: Vec<&str> = chosen.iter().map(|at| candidates[*at].1).collect();
        let all: Vec<Series> = wanted
            .iter()
            .filter_map(|name| {
                let mut series = series(&sheet, *value, (&instants, Some((label, *name))), issues)?;
                series.name = (*name).to_owned();
                Some(series)
            })
            .collect();
        let one = added_up(all).filter(|_| !are_broken);
        return Ok(one.map(|one| Found { form, series: vec![one], is_calendar }));
    }
    let candidates: Vec<Candidate<'_>> = numeric.iter().map(|column| (column + 1, sheet.name(*column))).collect();
    let (chosen, told) = choose(&candidates, trace.column.as_ref())?;
    tell(told, issues);
    let all: Option<Vec<Series>> =
        chosen.iter().map(|at| series(&sheet, numeric[*at], (&instants, None), issues)).collect();
    let one = all.and_then(added_up).filter(|_| !are_broken);
    Ok(one.map(|one| Found { form, series: vec![one], is_calendar }))
}

fn tell(told: Option<String>, issues: &mut Issues) {
    told.into_iter().for_each(|told| issues.push(Issue::note("", told)));
}

/// A column in which most cells are numbers.
fn is_numeric(sheet: &Sheet, column: usize) -> bool {
    let (mut numbers, mut texts) = (0, 0);
    for row in &sheet.rows {
        let found = row.cell(column);
        match (cell(found, Decimal::Point), cell(found, Decimal::Comma)) {
            (Cell::Missing, _) => {}
            (Cell::Text, Cell::Text) => texts += 1,
            _ => numbers += 1,
        }
    }
    numbers > texts
}

/// A column of texts that says of which series a row is, where there are several rows for a time.
fn label_column(sheet: &Sheet, columns: &[usize], instants: &Instants) -> Option<usize> {
    let times: BTreeSet<u64> = instants.seconds.iter().map(|seconds| seconds.to_bits()).collect();
    let texts: Vec<usize> = columns.iter().copied().filter(|column| !is_numeric(sheet, *column)).collect();
    let [label] = texts.as_slice() else { return None };
    let names: BTreeSet<&str> = sheet.rows.iter().map(|row| row.cell(*label)).collect();
    (times.len() < sheet.rows.len() && names.len() > 1 && !names.contains("")).then_some(*label)
}

/// Where the times are: a column, or two, a date and a time of day.
struct TimeColumn {
    at: usize,
    date: Option<usize>,
}

impl TimeColumn {
    fn of(sheet: &Sheet, trace: &Trace) -> Option<TimeColumn> {
        let first = sheet.rows.first()?;
        let read = |column: usize| stamp(first.cell(column), trace);
        let is_named = |column: &usize| {
            sheet.has_header && TIMES.contains(&sheet.name(*column).trim().to_lowercase().replace(' ', "_").as_str())
        };
        let columns = || 0..sheet.width;
        let is_date = |column: usize| {
            let text = first.cell(column);
            !text.contains(':')
                && text.parse::<f64>().is_err()
                && matches!(read(column), Some(Stamp::Local(_) | Stamp::DayOrMonth { .. }))
        };
        let is_of_day = |column: usize| {
            first.cell(column).contains(':') && matches!(read(column), Some(Stamp::Known(known)) if !known.is_calendar)
        };
        if let Some(date) = columns().find(|column| is_date(*column))
            && let Some(at) = columns().find(|column| is_of_day(*column))
        {
            return Some(TimeColumn { at, date: Some(date) });
        }
        let is_written = |column: &usize| first.cell(*column).parse::<f64>().is_err() && read(*column).is_some();
        let at = columns().find(|column| is_named(column) && (read(*column).is_some() || trace.time_format.is_some()));
        // One broken cell does not make another column the time.
        let some: Vec<&super::sheet::Row> = sheet.rows.iter().take(50).collect();
        let reads = |column: &usize| {
            2 * some.iter().filter(|row| stamp(row.cell(*column), trace).is_some()).count() >= some.len()
        };
        // A column of times whose cells nobody can read is told with its lines, and no column of numbers takes its place.
        let at = at.or_else(|| columns().find(is_written)).or_else(|| columns().find(|column| is_named(column)));
        let at = at.or_else(|| columns().find(reads));
        let at = at.or_else(|| first.cell(0).bytes().any(|byte| byte.is_ascii_digit()).then_some(0));
        at.map(|at| TimeColumn { at, date: None })
    }

    fn is(&self, column: usize) -> bool {
        column == self.at || Some(column) == self.date
    }

    fn read(&self, sheet: &Sheet, trace: &Trace, clock: &WallClock, issues: &mut Issues) -> Option<Instants> {
        let mut stamps = Vec::with_capacity(sheet.rows.len());
        let (mut wrong, factor) = (0, if sheet.has_header { scale_of_offsets(sheet.name(self.at)) } else { 1.0 });
        for row in &sheet.rows {
            let text = match self.date {
                Some(date) => format!("{} {}", row.cell(date), row.cell(self.at)),
                None => row.cell(self.at).to_owned(),
            };
            match stamp(&text, trace) {
                Some(Stamp::Known(mut known)) if !known.is_calendar => {
                    known.seconds *= factor;
                    stamps.push((row.line, Stamp::Known(known)));
                }
                Some(stamp) => stamps.push((row.line, stamp)),
                None => {
                    wrong += 1;
                    if wrong <= ENOUGH {
                        let issue = at_line(row.line, not_a_time(&text, trace));
                        let help = "or say how times are written with `timeFormat: '%d.%m.%Y %H:%M'`; a zone goes into `timezone`";
                        issues.push(if wrong == 1 { issue.with_help(help) } else { issue });
                    }
                }
            }
        }
        if wrong > ENOUGH {
            issues.push(Issue::error("", format!("{} more like these", wrong - ENOUGH)));
        }
        if let Some(first) = stamps.first().map(|(line, _)| *line).filter(|_| as_dates_of_workbooks(&mut stamps)) {
            let message = "times are taken as those of a workbook: days since the end of 1899";
            let mut note = Issue::note("", message);
            note.place.line = Some(first);
            issues.push(note);
        }
        (wrong == 0).then(|| clock.instants(&stamps, issues)).flatten()
    }
}

/// Turns the numbers that workbooks hold for dates into times of a wall clock, where all look like some: days since the end of
/// 1899, of the years 1970 to 2119, less than a day apart. Seconds since the start would begin hours after it, and be less than one apart.
fn as_dates_of_workbooks(stamps: &mut [(u32, Stamp)]) -> bool {
    let days: Vec<f64> = stamps
        .iter()
        .filter_map(|(_, stamp)| match stamp {
            Stamp::Known(known) if !known.is_calendar => Some(known.seconds),
            _ => None,
        })
        .collect();
    let are_near = days.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 1.0);
    let are_parts = days.iter().any(|day| day.fract() != 0.0);
    let are_dates = days.iter().all(|day| (25_569.0..80_000.0).contains(day));
    if days.len() < stamps.len() || days.len() < 2 || !(are_near && are_parts && are_dates) {
        return false;
    }
    let epoch = jiff::civil::date(1899, 12, 30).to_datetime(jiff::civil::Time::midnight());
    for ((_, stamp), day) in stamps.iter_mut().zip(days) {
        // Cells are as exact as half a millisecond.
        let span = jiff::Span::new().milliseconds((day * 86_400_000.0).round() as i64);
        if let Ok(time) = epoch.checked_add(span) {
            *stamp = Stamp::Local(time);
        }
    }
    true
}

/// Times since the start are seconds, unless their column says otherwise.
fn scale_of_offsets(name: &str) -> f64 {
    let name = name.to_lowercase();
    let ends = [
        ("_ms", 1e-3),
        ("(ms)", 1e-3),
        ("_min", 60.0),
        ("minute", 60.0),
        ("minutes", 60.0),
        ("hour", 3600.0),
        ("hours", 3600.0),
        ("day", 86_400.0),
    ];
    ends.iter().find(|(end, _)| name.ends_with(end)).map_or(1.0, |(_, factor)| *factor)
}

fn stamp(text: &str, trace: &Trace) -> Option<Stamp> {
    match &trace.time_format {
        Some(format) => Stamp::parse_as(text, format),
        None => Stamp::parse(text),
    }
}

fn not_a_time(text: &str, trace: &Trace) -> String {
    match &trace.time_format {
        Some(format) => format!("`{text}` is not a time as `timeFormat: '{format}'` has it"),
        None => format!(
            "`{text}` is not a time: write RFC 3339 (2026-01-31T10:42:00Z), Unix seconds, or seconds since the start"
        ),
    }
}

/// The samples of a column, of all rows or of those with a label; nothing if a cell is no number.
fn series(
    sheet: &Sheet,
    column: usize,
    (instants, label): (&Instants, Option<(usize, &str)>),
    issues: &mut Issues,
) -> Option<Series> {
    let is_meant = |row: &super::sheet::Row| label.is_none_or(|(place, name)| row.cell(place) == name);
    let rows = || sheet.rows.iter().zip(&instants.seconds).filter(|(row, _)| is_meant(row));
    let decimal = match Decimal::of(rows().map(|(row, _)| row.cell(column)), sheet.delimiter == b';') {
        Ok((decimal, is_guessed)) => {
            if is_guessed {
                let words = if decimal == Decimal::Comma { "decimals" } else { "thousands" };
                issues.push(Issue::note("", format!("`{}`: commas are taken as {words}", sheet.name(column))));
            }
            decimal
        }
        Err(why) => {
            issues.push(Issue::error("", format!("`{}`: {why}", sheet.name(column))));
            return None;
        }
    };
    let mut found = Series { name: sheet.name(column).to_owned(), ..Series::default() };
    let (mut wrong, mut unit): (usize, Option<(Unit, u32)>) = (0, None);
    for (row, at_s) in rows() {
        let line = Some(row.line);
        let mut refuse = |message: String| {
            wrong += 1;
            if wrong <= ENOUGH {
                issues.push(at_line(row.line, message));
            }
        };
        match cell(row.cell(column), decimal) {
            Cell::Missing => found.samples.push(Sample { at_s: *at_s, value: None, line }),
            Cell::Number(value, own) if value >= 0.0 => {
                match (own, unit) {
                    (Some(own), Some((known, first))) if own != known => {
                        let (own, known) = (own.words(), known.words());
                        refuse(format!("`{}` is {own}, line {first} is {known}", row.cell(column)));
                    }
                    (Some(own), None) => unit = Some((own, row.line)),
                    _ => {}
                }
                found.samples.push(Sample { at_s: *at_s, value: Some(value), line });
            }
            _ => refuse(format!(
                "found `{}`, expected timestamp,value: finite numbers, the value at least 0",
                row.text()
            )),
        }
    }
    if wrong > ENOUGH {
        issues.push(Issue::error("", format!("{} more like these", wrong - ENOUGH)));
    }
    found.unit = unit.map(|(unit, _)| unit);
    (wrong == 0).then_some(found)
}
