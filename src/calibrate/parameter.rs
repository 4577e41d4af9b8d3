//! A fitted parameter: its value, how far it is known, and how it is written.

use serde::Serialize;

/// A parameter of a scenario that was fitted, or could not be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// Where the scenario says it: `services`, `web`, `cpuPerRequest`.
    pub path: Vec<String>,
    /// What its numbers are.
    pub unit: ParameterUnit,
    /// The estimate; infinite for a concurrency without limit. None where nothing was recorded.
    #[serde(serialize_with = "finite")]
    pub value: Option<f64>,
    /// Where the truth lies with 95 % confidence.
    #[serde(serialize_with = "finite_pair")]
    pub interval: [f64; 2],
    /// How far it is determined.
    pub standing: Standing,
    /// Why it is not, or what was taken into account, in a sentence.
    pub why: String,
    /// The metric that would determine it.
    pub record: Option<String>,
}

/// What a parameter's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ParameterUnit {
    /// Seconds.
    Seconds,
    /// Thousandths of a core.
    MilliCores,
    /// Bytes.
    Bytes,
    /// A ratio.
    Ratio,
    /// A number of requests.
    Requests,
}

/// How far data determine a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// Within about an eighth.
    Determined,
    /// Within a third or so.
    Roughly,
    /// Values that differ by more explain the data as well.
    Undetermined,
    /// What it would be seen in was not recorded.
    NotRecorded,
}

impl Standing {
    /// Of an interval: by the ratio of its ends, or where a `scale` says what matters (the cpu of a pod, a latency) by its width over that.
    pub(super) fn of([low, high]: [f64; 2], scale: Option<f64>) -> Standing {
        let (close, far) = match scale {
            Some(scale) if scale > 0.0 => ((high - low) / scale <= 0.12, (high - low) / scale <= 0.4),
            _ => (low > 0.0 && high / low <= 1.3, low > 0.0 && high / low <= 2.2),
        };
        match (close, far) {
            (true, _) => Standing::Determined,
            (_, true) => Standing::Roughly,
            _ => Standing::Undetermined,
        }
    }
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Determined => "determined",
            Standing::Roughly => "roughly",
            Standing::Undetermined => "not determined",
            Standing::NotRecorded => "not recorded",
        }
    }
}

impl Parameter {
    /// As a scenario's path: `services.web.cpuPerRequest`.
    pub fn field(&self) -> String {
        self.path.join(".")
    }
    /// The value as a scenario writes it, with as many digits as its interval supports; none where it has none, or is unlimited.
    pub fn written(&self) -> Option<String> {
        let value = self.value.filter(|value| value.is_finite())?;
        Some(self.unit.written(value, digits(value, self.interval)))
    }
    /// The value for people.
    pub fn shown(&self) -> String {
        match self.value {
            None => "–".to_owned(),
            Some(_) => self.written().unwrap_or_else(|| "no limit".to_owned()),
        }
    }
    /// The interval for people: `11.2ms to 12.9ms`, `at least 8`.
    pub fn range(&self) -> String {
        let [low, high] = self.interval;
        let middle = self.value.filter(|value| value.is_finite()).unwrap_or(low);
        let one = |value: f64| self.unit.written(value, digits(middle, self.interval));
        match (self.value, low.is_finite() && low > 0.0, high.is_finite()) {
            (None, ..) => String::new(),
            (_, true, true) if one(low) == one(high) => one(low),
            (_, true, true) => format!("{} to {}", one(low), one(high)),
            (_, true, false) => format!("at least {}", one(low)),
            (_, false, true) => format!("at most {}", one(high)),
            _ => "anything".to_owned(),
        }
    }
}

/// How many digits an interval supports. What is not determined alone may be so together with another, so it has two.
fn digits(value: f64, [low, high]: [f64; 2]) -> usize {
    let half = (high - low) / 2.0 / value.abs().max(f64::MIN_POSITIVE);
    if half <= 0.02 { 3 } else { 2 }
}

/// Rounded to so many significant digits, without trailing zeros.
fn rounded(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = libm::floor(libm::log10(value.abs())) as i32;
    let unit = libm::pow(10.0, f64::from(magnitude - digits as i32 + 1));
    let places = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{:.places$}", (value / unit).round() * unit);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl ParameterUnit {
    fn written(self, value: f64, digits: usize) -> String {
        const MI: f64 = 1_048_576.0;
        match self {
            ParameterUnit::Seconds if value.abs() >= 1.0 => format!("{}s", rounded(value, digits)),
            ParameterUnit::Seconds => format!("{}ms", rounded(value * 1e3, digits)),
            ParameterUnit::MilliCores => format!("{}m", rounded(value, digits).parse::<f64>().unwrap_or(value).round()),
            ParameterUnit::Bytes if value >= MI => {
                format!("{}Mi", rounded(value / MI, digits.max(2)).parse::<f64>().unwrap_or(0.0).round())
            }
            ParameterUnit::Bytes => format!("{}Ki", (value / 1024.0).round()),
            ParameterUnit::Ratio => rounded(value, digits),
            ParameterUnit::Requests => format!("{}", value.round()),
        }
    }
}

fn finite<S: serde::Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    value.filter(|value| value.is_finite()).serialize(to)
}

fn finite_pair<S: serde::Serializer>(pair: &[f64; 2], to: S) -> Result<S::Ok, S::Error> {
    pair.map(|value| Some(value).filter(|value| value.is_finite())).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(unit: ParameterUnit, value: f64, interval: [f64; 2]) -> Parameter {
        let path = ["services", "web", "cpuPerRequest"].map(str::to_owned).to_vec();
        let standing = Standing::of(interval, None);
        Parameter { path, unit, value: Some(value), interval, standing, why: String::new(), record: None }
    }

    #[test]
    fn digits_are_those_that_the_data_support() {
        let shown = |unit, value, low, high| {
            let one = parameter(unit, value, [low, high]);
            (one.shown(), one.range(), one.standing)
        };
        let (value, range, standing) = shown(ParameterUnit::Seconds, 0.012345, 0.0122, 0.0125);
        assert_eq!((value.as_str(), range.as_str(), standing), ("12.3ms", "12.2ms to 12.5ms", Standing::Determined));
        let (value, _, standing) = shown(ParameterUnit::Seconds, 0.012345, 0.004, 0.03);
        assert_eq!((value.as_str(), standing), ("12ms", Standing::Undetermined));
        let (value, range, _) = shown(ParameterUnit::Requests, f64::INFINITY, 16.0, f64::INFINITY);
        assert_eq!((value.as_str(), range.as_str()), ("no limit", "at least 16"));
        assert_eq!(shown(ParameterUnit::MilliCores, 48.7, 45.0, 53.0).0, "49m");
        assert_eq!(shown(ParameterUnit::Bytes, 2e8, 1.99e8, 2.01e8).0, "191Mi");
        assert_eq!(shown(ParameterUnit::Seconds, 34.4, 34.0, 35.0).0, "34.4s");
    }

    #[test]
    fn what_hardly_matters_is_determined_enough() {
        assert_eq!(Standing::of([0.0, 8.0], Some(250.0)), Standing::Determined);
        assert_eq!(Standing::of([0.0, 8.0], None), Standing::Undetermined);
    }
}
