//! Metrics in CSV: a header, a row per time, or per time and pod, or per container (`labelled`); or a column per pod, as Grafana writes it.

use super::column::{self, Column, Measure};
use super::labelled;
use super::rows::Rows;
use super::wanted::Wanted;
use crate::scenario::issue::Issues;
use crate::scenario::timed::{self, Clock, ENOUGH, Gaps, Order, Row, at_line, usual_step};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// A CSV with a header: `time`, perhaps `pod` and `replicas`, and one column per metric; or, where it is said what its
/// numbers are (`metric`), `time` and one column per pod.
pub(super) fn csv(text: &str, (metric, wanted): (Option<&str>, Wanted<'_>), rows: &mut Rows, issues: &mut Issues) {
    let file = timed::Table::new(text);
    if file.header.is_empty() {
        return issues.push(at_line(1, "is not CSV: no header was found"));
    }
    let Some(mut table) = Table::new(&file.header, metric, issues) else { return };
    if labelled::is_meant(&table.columns) {
        return labelled::read(file, (&table.columns, wanted), rows, issues);
    }
    file.each(issues, |row, issues| table.row(row, rows, issues));
    if !wanted.allow_gaps {
        table.check_gaps(issues);
    }
}

struct Table {
    columns: Vec<Column>,
    time: usize,
    pod: Option<usize>,
    /// By column: the pod that it is of, where each is of one.
    pods: Vec<Option<String>>,
    /// By column: the unit its values turned out to have, and the line that said so.
    measures: Vec<Option<(Measure, u32)>>,
    clock: Clock,
    /// Each time once, with its line.
    times: BTreeMap<SimTime, u32>,
}

impl Table {
    fn new(header: &csv::StringRecord, metric: Option<&str>, issues: &mut Issues) -> Option<Self> {
        if let Some(columns) = metric.and_then(|metric| columns_of_pods(header, metric)) {
            let pods =
                header.iter().zip(&columns).map(|(name, column)| (*column != Column::Time).then(|| name.to_owned()));
            return Some(Table { pods: pods.collect(), ..Table::of(columns) });
        }
        let before = issues.len();
        let mut columns = Vec::new();
        for name in header {
            match Column::parse(name) {
                Ok(column) if columns.contains(&column) => {
                    issues.push(at_line(1, format!("there are two columns `{name}`")));
                }
                Ok(column) => columns.push(column),
                Err(why) => issues.push(at_line(1, why)),
            }
        }
        let time = columns.iter().position(|column| *column == Column::Time);
        if time.is_none() {
            let issue = at_line(
                1,
                format!("there is no column `time` among `{}`", header.iter().collect::<Vec<_>>().join(",")),
            );
            issues.push(issue.with_help("the first line names the columns, as `time,cpu_percent,replicas`"));
        }
        if !columns.iter().any(|column| matches!(column, Column::Metric { .. })) {
            let issue = at_line(1, "there is no metric among the columns");
            issues
                .push(issue.with_help("name a column cpu_percent, cpu_milli, cpu_cores, memory_mib or as your metric"));
        }
        name_value(&mut columns, metric);
        (issues.len() == before).then(|| Table::of(columns))
    }

    fn of(columns: Vec<Column>) -> Self {
        let place = |wanted: Column| columns.iter().position(|column| *column == wanted);
        Table {
            time: place(Column::Time).unwrap_or(0),
            pod: place(Column::Pod),
            pods: vec![None; columns.len()],
            measures: vec![None; columns.len()],
            clock: Clock::new(Order::Rising),
            times: BTreeMap::new(),
            columns,
        }
    }

    fn row(&mut self, row: &Row<'_>, rows: &mut Rows, issues: &mut Issues) {
        let line = row.line;
        let whose = self.pod.map_or("", |column| row.cell(column));
        let pod = self.pod.map_or(0, |_| rows.pod(whose));
        let reading = match self.clock.read(row.cell(self.time), (pod, whose), line) {
            Ok(reading) => reading,
            Err(issue) => return issues.push(issue),
        };
        let at = reading.time();
        if !rows.same_calendar(reading) {
            return issues.push(at_line(line, "the time is of another calendar than those of the other files"));
        }
        self.times.entry(at).or_insert(line);
        for number in 0..self.columns.len() {
            match self.columns[number].clone() {
                Column::Time | Column::Pod | Column::Container | Column::Namespace => {}
                Column::Replicas => match row.cell(number).parse::<i32>() {
                    Ok(replicas) if (0..=1_000_000).contains(&replicas) => rows.add_replicas(at, replicas),
                    _ if row.cell(number).is_empty() => {}
                    _ => issues.push(at_line(line, format!("`{}` is no number of replicas", row.cell(number)))),
                },
                Column::Metric { name, measure } => {
                    let pod = self.pods[number].as_ref().map_or(pod, |name| rows.pod(name));
                    let outcome = self.sample(rows, (number, &name, measure), (at, pod, line), row.cell(number));
                    if let Err(why) = outcome {
                        issues.push(at_line(line, format!("{name}: {why}")));
                    }
                }
            }
        }
    }

    fn sample(
        &mut self,
        rows: &mut Rows,
        (column, name, measure): (usize, &str, Option<Measure>),
        (at, pod, line): (SimTime, u32, u32),
        text: &str,
    ) -> Result<(), String> {
        let value = column::value(text, name)?;
        let own = value.and_then(|(_, own)| own);
        let unit = match (measure, own, self.measures[column]) {
            (Some(given), Some(own), _) if given.unit().0 != own.unit().0 => {
                return Err(format!("`{}` does not match the column, which is in {}", text.trim(), given.words()));
            }
            // A value with a unit of its own is in that unit, not in the column's.
            (_, Some(own), None) => own,
            (_, own, Some((known, first))) => {
                let found = own.or(measure).unwrap_or(Measure::usual(name));
                if found.unit().0 != known.unit().0 {
                    let (found, known) = (found.words(), known.words());
                    return Err(format!("`{}` is in {found}, line {first} is in {known}", text.trim()));
                }
                found
            }
            (given, None, None) => given.unwrap_or(Measure::usual(name)),
        };
        if value.is_some() {
            self.measures[column].get_or_insert((unit, line));
        }
        let per_pod = self.pod.is_some() || self.pods[column].is_some();
        let series = rows.series(name, self.measures[column].map_or(unit, |(known, _)| known), per_pod)?;
        rows.add(series, at, pod, value.map(|(number, _)| number * unit.unit().1));
        Ok(())
    }

    fn check_gaps(&self, issues: &mut Issues) {
        let times: Vec<SimTime> = self.times.keys().copied().collect();
        let Some(step) = usual_step(&times) else { return };
        for (at, apart) in Gaps::of(&times, step).found.into_iter().take(ENOUGH) {
            let (gap, step) = (apart.as_secs_f64(), step.as_secs_f64());
            let message = format!("a gap of {gap} s before this line, where samples are {step} s apart");
            let help = "fill it, or pass --allow-gaps: then the HPA has no metrics there";
            issues.push(at_line(self.times[&times[at]], message).with_help(help));
        }
    }
}

/// A column `value` is of the metric that the file is said to be of.
fn name_value(columns: &mut [Column], metric: Option<&str>) {
    let is_value =
        |column: &Column| matches!(column, Column::Metric { name, .. } if name.eq_ignore_ascii_case("value"));
    let known = metric.and_then(|metric| Column::parse(metric).ok());
    if let Some(known) = known.filter(|known| matches!(known, Column::Metric { .. }) && !columns.contains(known)) {
        columns.iter_mut().filter(|column| is_value(column)).for_each(|column| *column = known.clone());
    }
}

/// The columns of a table that has one per pod: a time, and names of which none is that of a metric. Grafana's export is
/// such a table.
fn columns_of_pods(header: &csv::StringRecord, metric: &str) -> Option<Vec<Column>> {
    let metric = Column::parse(metric).ok()?;
    let Column::Metric { name: wanted, .. } = &metric else { return None };
    let column = |title: &str| match Column::parse(title) {
        Ok(Column::Time) => Some(Column::Time),
        Ok(Column::Pod | Column::Replicas | Column::Container | Column::Namespace) => None,
        Ok(Column::Metric { name, .. }) if name == *wanted || name == "cpu" || name == "memory" => None,
        _ => Some(metric.clone()),
    };
    let columns: Vec<Column> = header.iter().map(column).collect::<Option<_>>()?;
    let times = columns.iter().filter(|column| **column == Column::Time).count();
    (times == 1 && columns.len() > 1).then_some(columns)
}
