//! What a column is, by its name, and what its values are.

use super::recording::Unit;
use crate::scenario::issue::did_you_mean;
use crate::units;

/// A column of a metrics file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    Time,
    Pod,
    Container,
    Namespace,
    Replicas,
    Metric {
        /// `cpu`, `memory` or a name of one's own.
        name: String,
        /// What its numbers are; absent if only the values can say.
        measure: Option<Measure>,
    },
}

/// What numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Percent,
    /// 0.7 is 70 %.
    Ratio,
    Milli,
    Cores,
    Bytes,
    MiB,
    GiB,
    /// Of a metric of one's own.
    Plain,
}

const SUFFIXES: &[(&str, Measure)] = &[
    ("_percent", Measure::Percent),
    ("_pct", Measure::Percent),
    ("_ratio", Measure::Ratio),
    ("_milli", Measure::Milli),
    ("_millicores", Measure::Milli),
    ("_cores", Measure::Cores),
    ("_bytes", Measure::Bytes),
    ("_mib", Measure::MiB),
    ("_gib", Measure::GiB),
];

impl Column {
    /// By its name in a header or before `=`.
    ///
    /// Errors: a unit that the metric cannot have, in words.
    pub(super) fn parse(header: &str) -> Result<Self, String> {
        let lower = header.trim().to_ascii_lowercase();
        match lower.as_str() {
            "" => return Err("a column has no name".to_owned()),
            "time" | "timestamp" | "t" | "date" => return Ok(Column::Time),
            "pod" | "pod_name" => return Ok(Column::Pod),
            "container" | "container_name" => return Ok(Column::Container),
            "namespace" => return Ok(Column::Namespace),
            "replicas" => return Ok(Column::Replicas),
            _ => {}
        }
        let suffix = SUFFIXES.iter().find(|(suffix, _)| lower.ends_with(suffix));
        let (name, measure) = match suffix {
            Some((suffix, measure)) => (lower.trim_end_matches(suffix), Some(*measure)),
            None => (lower.as_str(), None),
        };
        if name == "cpu" || name == "memory" {
            let (is_cpu, allowed) = (name == "cpu", "cpu_percent, cpu_ratio, cpu_milli or cpu_cores");
            return match measure {
                Some(Measure::Milli | Measure::Cores) if !is_cpu => Err(format!(
                    "`{header}`: memory is in memory_percent, memory_ratio, memory_bytes, memory_mib or memory_gib"
                )),
                Some(Measure::Bytes | Measure::MiB | Measure::GiB) if is_cpu => {
                    Err(format!("`{header}`: cpu is in {allowed}"))
                }
                measure => Ok(Column::Metric { name: name.to_owned(), measure }),
            };
        }
        if let Some(meant) = did_you_mean(name, ["cpu", "memory", "replicas"]) {
            return Err(format!("`{header}` is no column; did you mean `{meant}`?"));
        }
        // A name of one's own keeps its ending: `queue_bytes` is a name, not a unit.
        Ok(Column::Metric { name: header.trim().to_owned(), measure: Some(Measure::Plain) })
    }
}

impl Measure {
    /// What plain numbers of a metric are.
    pub(super) fn usual(name: &str) -> Self {
        match name {
            "cpu" => Measure::Cores,
            "memory" => Measure::Bytes,
            _ => Measure::Plain,
        }
    }
    /// The unit in a recording, and what to multiply with.
    pub(super) fn unit(self) -> (Unit, f64) {
        match self {
            Measure::Percent => (Unit::Percent, 1.0),
            Measure::Ratio => (Unit::Percent, 100.0),
            Measure::Milli => (Unit::Milli, 1.0),
            Measure::Cores | Measure::Plain => (Unit::Milli, 1000.0),
            Measure::Bytes => (Unit::Bytes, 1.0),
            Measure::MiB => (Unit::Bytes, 1_048_576.0),
            Measure::GiB => (Unit::Bytes, 1_073_741_824.0),
        }
    }
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Measure::Percent => "percent",
            Measure::Ratio => "a ratio",
            Measure::Milli => "milli-cores",
            Measure::Cores => "cores",
            Measure::Bytes => "bytes",
            Measure::MiB => "MiB",
            Measure::GiB => "GiB",
            Measure::Plain => "a plain number",
        }
    }
}

/// A value with the unit that it names itself, if any; nothing if it says that it is not known.
///
/// Errors: in words.
pub(super) fn value(text: &str, name: &str) -> Result<Option<(f64, Option<Measure>)>, String> {
    let text = text.trim();
    if text.is_empty() || ["nan", "null", "none", "-"].contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    let (number, measure) = if let Some(percent) = text.strip_suffix('%') {
        (percent.trim().parse().ok(), Some(Measure::Percent))
    } else if let Ok(number) = text.parse::<f64>() {
        (Some(number), None)
    } else if let Ok(quantity) = text.parse::<units::Quantity>() {
        let measure = Measure::usual(name);
        (Some(quantity.as_f64()), Some(measure))
    } else {
        (None, None)
    };
    match number {
        Some(number) if number.is_infinite() => Ok(None),
        Some(number) if number.is_nan() => Ok(None),
        Some(number) if number < 0.0 => Err(format!("`{text}` is below 0")),
        Some(number) => Ok(Some((number, measure))),
        None => Err(format!("`{text}` is not a number, a percentage such as 70% or a quantity such as 250m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_s_name_says_its_unit() {
        let metric = |name: &str, measure| Ok(Column::Metric { name: name.to_owned(), measure });
        assert_eq!(Column::parse("Timestamp"), Ok(Column::Time));
        assert_eq!(Column::parse("cpu"), metric("cpu", None));
        assert_eq!(Column::parse("cpu_percent"), metric("cpu", Some(Measure::Percent)));
        assert_eq!(Column::parse("memory_mib"), metric("memory", Some(Measure::MiB)));
        assert_eq!(Column::parse("http_requests"), metric("http_requests", Some(Measure::Plain)));
        assert!(Column::parse("memory_cores").is_err_and(|why| why.contains("memory_mib")));
        assert!(Column::parse("cup").is_err_and(|why| why.contains("did you mean `cpu`")));
    }

    #[test]
    fn a_value_may_name_its_unit() {
        assert_eq!(value("250m", "cpu"), Ok(Some((0.25, Some(Measure::Cores)))));
        assert_eq!(value("70 %", "cpu"), Ok(Some((70.0, Some(Measure::Percent)))));
        assert_eq!(value("NaN", "cpu"), Ok(None));
        assert_eq!(value("+Inf", "cpu"), Ok(None));
        assert!(value("lots", "cpu").is_err());
        assert!(value("-1", "cpu").is_err());
    }
}
