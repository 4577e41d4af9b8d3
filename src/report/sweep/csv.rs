//! The study for data frames: long and tidy, one row a point and figure, point by point.

use super::error::StudyError;
use super::lines::Lines;
use super::model::{StudyHead, StudyPoint};
use crate::report::csv::{finish, number, record};
use crate::report::metrics::metric_of;
use crate::study::sweep::Plan;
use crate::whole::Draft;
use serde_json::Value;
use std::io::{self, Write};
use std::path::Path;

/// What a figure's row has behind the axes' columns.
const FIGURE: [&str; 8] = ["scope", "name", "metric", "unit", "mean", "low", "high", "objective"];

/// Writes `sweep.csv` of a whole study: the number of the point, a column an axis, then the figure with its mean and 95 %
/// interval. Units are those of result.json; an empty cell has no value.
///
/// Errors: the study cannot be read, or whatever the file system says. Memory: a point.
pub(super) fn write_csv(study: &Path, path: &Path) -> Result<(), StudyError> {
    let mut out = Draft::new(path).map_err(StudyError::file(path))?;
    study_csv(study, &mut |text| out.write_all(text.as_bytes()).map_err(StudyError::file(path)))?;
    out.publish().map_err(StudyError::file(path))
}

/// The same, piece by piece.
///
/// Errors: the study cannot be read, or what `put` says.
pub fn study_csv(study: &Path, put: &mut dyn FnMut(&str) -> Result<(), StudyError>) -> Result<(), StudyError> {
    let Some((head, mut lines)) = Lines::open(study)? else {
        return Err(StudyError::broken(study, 1, "the file is empty"));
    };
    put(&header(&head))?;
    while let Some(line) = lines.next()? {
        put(&rows(&line.point))?;
    }
    Ok(())
}

fn header(head: &StudyHead) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let axes = head.axes.iter().map(|axis| axis.name.clone());
    record(&mut writer, std::iter::once("point".to_owned()).chain(axes).chain(FIGURE.map(str::to_owned)));
    finish(writer)
}

fn rows(point: &StudyPoint) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let maybe = |value: Option<f64>| value.filter(|value| value.is_finite()).map(number).unwrap_or_default();
    for (key, figure) in &point.figures {
        let (metric, part) = metric_of(key).map_or((key.as_str(), ""), |(metric, part)| (metric.name, part));
        let (scope, name) = if part.is_empty() { ("whole", "") } else { part.split_once(':').unwrap_or((part, "")) };
        let unit = metric_of(key).and_then(|(metric, _)| serde_json::to_value(metric.unit).ok());
        let unit = unit.as_ref().and_then(Value::as_str).unwrap_or_default();
        let mut cells = vec![point.point.to_string()];
        cells.extend(point.settings.values().map(|value| bare(value)));
        cells.extend([scope, name, metric, unit].map(str::to_owned));
        let [low, high] = figure.interval.map_or([None, None], |ends| ends.map(Some));
        cells.extend([Some(figure.mean), low, high, figure.objective].map(maybe));
        record(&mut writer, cells);
    }
    finish(writer)
}

/// A text without the quotes that YAML needs.
fn bare(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}

/// Writes the points of a plan: the number, a column an axis.
///
/// Errors: whatever the file system says.
pub fn points_csv(plan: &Plan, path: &Path) -> io::Result<()> {
    let mut out = Draft::new(path)?;
    let mut put = |cells: Vec<String>| {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        record(&mut writer, cells);
        out.write_all(finish(writer).as_bytes())
    };
    let names = plan.axes().iter().map(|axis| axis.name.clone());
    put(std::iter::once("point".to_owned()).chain(names).collect())?;
    for point in 0..plan.points() {
        let values = plan.values(point);
        put(std::iter::once(point.to_string()).chain(values.iter().map(|value| bare(value))).collect())?;
    }
    out.publish()
}
