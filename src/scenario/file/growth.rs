//! How demand grows, as people say it: `5%/month`, `60% per year`, `{perMonth: 0.05}`.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Compound growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthRate {
    /// More of what there is, each month of 730 hours: 0.05 is 5 %. From -0.9 to 1.
    pub per_month: f64,
}

/// Months of 730 hours in each period: twelve in 365 days.
const PERIODS: [(&[&str], f64); 4] = [
    (&["month", "mo", "monthly"], 1.0),
    (&["year", "yr", "y", "annum", "yearly"], 12.0),
    (&["week", "wk", "w", "weekly"], 168.0 / 730.0),
    (&["quarter", "quarterly"], 3.0),
];
const EXPECTED: &str = "growth such as 5%/month, 60%/year or {perMonth: 0.05}";

impl GrowthRate {
    /// Growth by `share` in each period of so many months.
    ///
    /// Errors: less than -90 % or more than 100 % a month; no number.
    fn of(share: f64, months: f64) -> Result<Self, String> {
        let per_month = libm::expm1(libm::log1p(share) / months);
        if (-0.9..=1.0).contains(&per_month) {
            return Ok(GrowthRate { per_month });
        }
        let percent = share * 100.0;
        Err(format!("found {percent} %, expected -90 % to 100 % a month; 5 % is written 5% or 0.05"))
    }

    /// Errors: in words.
    fn parse(text: &str) -> Result<Self, String> {
        let refuse = || format!("found `{text}`, expected {EXPECTED}");
        let (share, period) = match text.split_once('%') {
            Some((percent, period)) => (percent.trim().parse::<f64>().map_err(|_| refuse())? / 100.0, period),
            None => {
                let end = text.find(|c: char| !"+-.0123456789 ".contains(c)).ok_or_else(refuse)?;
                (text[..end].trim().parse::<f64>().map_err(|_| refuse())?, &text[end..])
            }
        };
        let period = period.trim().trim_start_matches('/').trim();
        let period = period.strip_prefix("per ").or_else(|| period.strip_prefix("a ")).unwrap_or(period).trim();
        if period.is_empty() {
            return Err(format!(
                "found `{text}`, and nothing says whether that is a month or a year: expected {EXPECTED}"
            ));
        }
        let months = PERIODS.iter().find(|(names, _)| names.contains(&period)).map(|(_, months)| *months);
        GrowthRate::of(share, months.ok_or_else(refuse)?)
    }
}

/// A share: `5%`, or 0.05.
struct Share(f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(share) => Ok(Share(share)),
            Written::Text(text) => {
                let percent = text.trim().strip_suffix('%').map(str::trim).and_then(|text| text.parse::<f64>().ok());
                let share = percent.map(|percent| percent / 100.0).or_else(|| text.trim().parse().ok());
                share
                    .map(Share)
                    .ok_or_else(|| D::Error::custom(format!("found `{text}`, expected a share such as 5% or 0.05")))
            }
        }
    }
}

/// `{perMonth: 0.05}`
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Fields {
    per_month: Option<Share>,
    per_year: Option<Share>,
    per_week: Option<Share>,
}

impl<'de> Deserialize<'de> for GrowthRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = GrowthRate;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<GrowthRate, E> {
                GrowthRate::parse(text.trim()).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<GrowthRate, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<GrowthRate, E> {
                self.visit_f64(number as f64)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<GrowthRate, E> {
                if number == 0.0 {
                    return Ok(GrowthRate { per_month: 0.0 });
                }
                Err(E::custom(format!(
                    "found {number}, and nothing says whether that is a month or a year: expected {EXPECTED}"
                )))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<GrowthRate, A::Error> {
                let fields = Fields::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let given = [(fields.per_month, 1.0), (fields.per_year, 12.0), (fields.per_week, 168.0 / 730.0)];
                let given: Vec<(Share, f64)> =
                    given.into_iter().filter_map(|(share, months)| Some((share?, months))).collect();
                match &given[..] {
                    [(share, months)] => GrowthRate::of(share.0, *months).map_err(A::Error::custom),
                    _ => Err(A::Error::custom(format!(
                        "expected one of perMonth, perYear and perWeek, found {}",
                        given.len()
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_read_as_people_say_it() {
        let per_month = |text: &str| GrowthRate::parse(text).map(|rate| (rate.per_month * 1e6).round() / 1e6);
        for text in ["5%/month", "5 % per month", "5% a month", "5%/mo", "0.05/month", "+5%/month", "5% monthly"] {
            assert_eq!(per_month(text), Ok(0.05), "{text}");
        }
        assert_eq!(per_month("79.5856326%/year"), Ok(0.05), "1.05 to the 12 is 1.7959");
        assert_eq!(per_month("-2%/month"), Ok(-0.02));
        assert_eq!(per_month("15.7625%/quarter"), Ok(0.05));
        let wrong = |text: &str| GrowthRate::parse(text).unwrap_err();
        assert!(wrong("5%").contains("whether that is a month or a year"));
        assert!(wrong("5%/fortnight").contains("expected growth such as 5%/month"));
        assert!(wrong("5/month").contains("found 500 %, expected -90 % to 100 % a month"));
        assert!(wrong("fast").contains("found `fast`"));
    }

    #[test]
    fn fields_are_another_way_to_say_it() {
        let read = |json: &str| {
            serde_json::from_str::<GrowthRate>(json)
                .map(|rate| (rate.per_month * 1e9).round() / 1e9)
                .map_err(|e| e.to_string())
        };
        assert_eq!(read(r#"{"perMonth": 0.05}"#), Ok(0.05));
        assert_eq!(read(r#"{"perMonth": "5%"}"#), Ok(0.05));
        assert_eq!(read("0"), Ok(0.0));
        assert_eq!(read(r#"{"perYear": 0}"#), Ok(0.0));
        assert!(read("0.05").unwrap_err().contains("whether that is a month or a year"));
        assert!(read("{}").unwrap_err().contains("expected one of perMonth"));
        assert!(read(r#"{"perMonth": 0.1, "perYear": 1}"#).unwrap_err().contains("found 2"));
    }
}
