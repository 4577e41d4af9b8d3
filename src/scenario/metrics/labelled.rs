//! A CSV whose rows are of containers, or tell namespaces apart: the series that Prometheus would answer with, and read as they
//! are.

use super::column::{self, Column, Measure};
use super::prometheus::{Chosen, Matrix};
use super::rows::Rows;
use super::wanted::Wanted;
use crate::scenario::issue::Issues;
use crate::scenario::timed::{self, Clock, Order, Row, at_line};
use std::collections::BTreeMap;

/// Whether rows of such columns are series with labels.
pub(super) fn is_meant(columns: &[Column]) -> bool {
    columns.iter().any(|column| matches!(column, Column::Container | Column::Namespace))
}

/// Rows of containers; those of a pod are added up, as metrics-server does. Where a line is doubtful it is named.
pub(super) fn read(
    file: timed::Table<'_>,
    (columns, wanted): (&[Column], Wanted<'_>),
    rows: &mut Rows,
    issues: &mut Issues,
) {
    let place = |wanted: &Column| columns.iter().position(|column| column == wanted);
    let mut reader = Reader {
        time: place(&Column::Time).unwrap_or(0),
        labels: [
            ("namespace", place(&Column::Namespace)),
            ("pod", place(&Column::Pod)),
            ("container", place(&Column::Container)),
        ],
        columns,
        clock: Clock::new(Order::Rising),
        numbers: BTreeMap::new(),
        series: columns.iter().map(|_| Vec::new()).collect(),
    };
    file.each(issues, |row, issues| reader.row(row, rows, issues));
    for (column, series) in columns.iter().zip(&reader.series) {
        if series.is_empty() {
            continue;
        }
        let mut part = Issues::new();
        Chosen::of(series, wanted, rows, &mut part).read_all(column, rows, &mut part);
        for mut issue in part {
            // There is no such field in a table.
            issue.place.field = issue.place.field.filter(|field| !field.starts_with("data.result"));
            issues.push(issue);
        }
    }
}

struct Reader<'a> {
    columns: &'a [Column],
    time: usize,
    labels: [(&'static str, Option<usize>); 3],
    clock: Clock,
    /// The number of each series by what its labels are.
    numbers: BTreeMap<Vec<String>, usize>,
    /// By column that is a metric: its series, by their number.
    series: Vec<Vec<Matrix>>,
}

impl Reader<'_> {
    fn row(&mut self, row: &Row<'_>, rows: &mut Rows, issues: &mut Issues) {
        let label = |at: Option<usize>| at.map_or("", |at| row.cell(at)).to_owned();
        let key: Vec<String> = self.labels.iter().map(|(_, at)| label(*at)).collect();
        let name = key.join("/");
        let next = self.numbers.len();
        let number = *self.numbers.entry(key).or_insert(next);
        let reading = match self.clock.read(row.cell(self.time), (number as u32, &name), row.line) {
            Ok(reading) => reading,
            Err(issue) => return issues.push(issue),
        };
        for (at, column) in self.columns.iter().enumerate() {
            match column {
                Column::Metric { name, measure } => {
                    let text = in_unit(row.cell(at), name, *measure);
                    let text = text.unwrap_or_else(|why| {
                        issues.push(at_line(row.line, format!("{name}: {why}")));
                        String::new()
                    });
                    let series = &mut self.series[at];
                    while series.len() <= number {
                        series.push(Matrix::empty());
                    }
                    let one = &mut series[number];
                    if one.values.is_empty() {
                        let told = self.labels.iter().filter_map(|(name, at)| Some((*name, row.cell((*at)?))));
                        one.metric = told.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                    }
                    one.values.push((reading.seconds, text));
                    one.lines.push(row.line);
                }
                Column::Replicas => match row.cell(at).parse::<i32>() {
                    Ok(replicas) if (0..=1_000_000).contains(&replicas) => rows.add_replicas(reading.time(), replicas),
                    _ if row.cell(at).is_empty() => {}
                    _ => issues.push(at_line(row.line, format!("`{}` is no number of replicas", row.cell(at)))),
                },
                Column::Time | Column::Pod | Column::Container | Column::Namespace => {}
            }
        }
    }
}

/// A number in the column's unit, whatever unit it has of its own.
///
/// Errors: in words.
fn in_unit(text: &str, name: &str, measure: Option<Measure>) -> Result<String, String> {
    let given = measure.unwrap_or(Measure::usual(name));
    let Some((number, own)) = column::value(text, name)? else { return Ok(String::new()) };
    let own = own.unwrap_or(given);
    if own.unit().0 != given.unit().0 {
        return Err(format!("`{}` does not match the column, which is in {}", text.trim(), given.words()));
    }
    Ok((number * own.unit().1 / given.unit().1).to_string())
}

#[cfg(test)]
mod tests {
    use super::super::table::csv;
    use super::*;
    use crate::scenario::issue::Issue;
    use crate::units::SimTime;

    /// The values at the first instant, and what was said.
    fn read(text: &str, namespace: Option<&str>) -> (Vec<f64>, String) {
        let (mut rows, mut issues) = (Rows::default(), Issues::new());
        let wanted = Wanted { fallback: "cpu", allow_gaps: false, namespace, container: None };
        csv(text, (Some("cpu"), wanted), &mut rows, &mut issues);
        let said: String = issues.iter().map(|issue: &Issue| format!("{issue}\n")).collect();
        let recording = rows.into_recording("m.csv", &mut Issues::new());
        let values = recording.iter().flat_map(|recording| recording.series()).flat_map(|one| {
            let (at, values) = &one.points[0];
            assert_eq!(*at, SimTime::ZERO);
            values.iter().map(|(_, value)| *value)
        });
        (values.collect(), said)
    }

    #[test]
    fn containers_of_a_pod_are_added_up_in_any_order() {
        let text = "time,namespace,pod,container,cpu_milli\n0,n,a,,160\n0,n,a,POD,1\n0,n,a,app,100\n0,n,a,side,250m\n0,n,b,app,70\n\
                    15,n,a,app,100\n15,n,a,side,50\n15,n,b,app,70\n";
        let (values, said) = read(&text.replace("250m", "50m"), None);
        assert_eq!(values, [150.0, 70.0], "{said}");
        assert!(said.contains("2 series were left out: of pause containers (POD) and of whole pods"), "{said}");
        let other =
            "time,container,pod,namespace,value\n0,side,a,n,0.05\n0,app,a,n,0.1\n0,app,b,n,0.07\n15,app,b,n,0.07\n";
        assert_eq!(read(other, None).0, [150.0, 70.0]);
    }

    #[test]
    fn pods_of_one_name_in_two_namespaces_are_two() {
        let text = "time,namespace,pod,cpu_milli\n0,n,a,100\n0,m,a,300\n15,n,a,100\n15,m,a,300\n";
        assert_eq!(read(text, None).0.len(), 2);
        let (values, said) = read(text, Some("n"));
        assert_eq!(values, [100.0]);
        assert!(said.contains("1 series of other namespaces than `n` were left out"), "{said}");
    }

    #[test]
    fn doubtful_lines_are_named() {
        let said = read("time,pod,container,cpu_milli\n0,a,app,lots\n0,a,app,5\n0,a,side,10%\n", None).1;
        for text in [
            "2: error: cpu: `lots` is not a number",
            "3: error: the time `0`",
            "4: error: cpu: `10%` does not match the column",
        ] {
            assert!(said.contains(text), "{text}: {said}");
        }
    }
}
