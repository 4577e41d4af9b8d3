//! Recordings of spot prices: what `aws ec2 describe-spot-price-history` prints, or a table of the same.

use crate::market::{Catalog, Provider, region_of_zone};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::lines::line_of;
use crate::scenario::timed::{ENOUGH, Reading, Row, Table, at_line};
use crate::units::Money;
use serde_json::Value;
use std::collections::BTreeMap;

/// A price that is so many times the on-demand price, or so small a part of it, is a slip.
const ABSURD: f64 = 10.0;
const ABSURDLY_CHEAP: f64 = 0.01;

/// Changes of the price, by machine type and zone: milliseconds since 1970, nano-USD, in order.
pub(super) type Changes = BTreeMap<(String, String), Vec<(i64, i64)>>;

/// What a recording says of a region.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) changes: Changes,
    /// The last moment that any row knows, milliseconds since 1970.
    pub(super) last_ms: i64,
    /// What was not read, and how many rows of it: other systems than Linux, other regions.
    pub(super) skipped: BTreeMap<String, usize>,
}

/// A row, before anything is known about it.
struct Written<'t> {
    /// Where it stands.
    at: Issue,
    time: &'t str,
    kind: &'t str,
    zone: &'t str,
    product: &'t str,
    price: &'t str,
    currency: &'t str,
}

/// Whose prices are wanted.
pub(super) struct Wanted<'a> {
    pub(super) region: &'a str,
    pub(super) provider: Provider,
}

/// Reads a recording. What is wrong goes to `issues`, with its place in the text.
pub(super) fn read(text: &str, wanted: &Wanted<'_>, issues: &mut Issues) -> Recording {
    let mut reader = Reader { wanted, recording: Recording::default(), lines: BTreeMap::new() };
    if text.trim_start().starts_with(['{', '[']) {
        json(text, &mut reader, issues);
    } else {
        table(text, &mut reader, issues);
    }
    let mut recording = reader.recording;
    recording.changes.values_mut().for_each(|changes| changes.sort_unstable());
    if recording.changes.is_empty() && recording.skipped.is_empty() && !issues.has_errors() {
        issues.push(Issue::error("", "found no row, expected the spot prices of a machine type"));
    }
    recording
}

struct Reader<'a> {
    wanted: &'a Wanted<'a>,
    recording: Recording,
    /// By pool and moment, where its price stands.
    lines: BTreeMap<(String, String, i64), (i64, String)>,
}

impl Reader<'_> {
    fn take(&mut self, row: &Written<'_>, issues: &mut Issues) {
        match self.checked(row) {
            Ok(Some(())) | Ok(None) => {}
            Err(message) => issues.push(Issue { message, ..row.at.clone() }),
        }
    }

    /// Adds a row, or counts it as skipped.
    ///
    /// Errors: what is wrong, in words.
    fn checked(&mut self, row: &Written<'_>) -> Result<Option<()>, String> {
        let reading = Reading::parse(row.time)?;
        if !reading.is_calendar {
            return Err(format!("found the time `{}`, expected a date such as 2026-11-01T10:00:00Z", row.time));
        }
        let catalog = Catalog::shipped();
        let region = region_of_zone(row.zone);
        if catalog.provider(region).is_err() {
            return Err(format!("found the zone `{}`, expected one such as us-east-1a", row.zone));
        }
        let kind = catalog.instance_type(row.kind).map_err(|error| error.to_string())?;
        let price = price(row.price, row.currency)?;
        if region != self.wanted.region {
            return Ok(self.skip(format!("of {region}")));
        }
        if kind.provider != self.wanted.provider {
            return Err(format!("`{}` does not exist in {region}", row.kind));
        }
        if !row.product.is_empty() && !row.product.starts_with("Linux") {
            return Ok(self.skip(format!("of {}", row.product)));
        }
        if let Ok(listed) = crate::market::PriceBook::offering(catalog, row.kind, region) {
            let part = price / listed.on_demand.list.usd();
            if !(ABSURDLY_CHEAP..=ABSURD).contains(&part) {
                let list = listed.on_demand.list.usd();
                return Err(format!(
                    "found the price {price}, which is {part:.4} times the on-demand price of {list} USD"
                ));
            }
        }
        let at = (reading.seconds * 1000.0).round() as i64;
        let nano = i64::try_from(Money::from_usd(price).nano_usd()).unwrap_or(i64::MAX);
        let here =
            row.at.place.field.clone().or(row.at.place.line.map(|line| format!("line {line}"))).unwrap_or_default();
        let key = (row.kind.to_owned(), row.zone.to_owned(), at);
        if let Some((other, there)) = self.lines.get(&key) {
            return match *other == nano {
                true => Ok(None),
                false => {
                    Err(format!("{} in {} has two prices at {}, the other in {there}", row.kind, row.zone, row.time))
                }
            };
        }
        self.lines.insert(key, (nano, here));
        self.recording.last_ms = self.recording.last_ms.max(at);
        self.recording.changes.entry((row.kind.to_owned(), row.zone.to_owned())).or_default().push((at, nano));
        Ok(Some(()))
    }

    fn skip(&mut self, what: String) -> Option<()> {
        *self.recording.skipped.entry(what).or_default() += 1;
        None
    }
}

/// USD, with or without its sign.
fn price(text: &str, currency: &str) -> Result<f64, String> {
    let wrong = || format!("found the price `{text}`, expected USD per hour, more than 0");
    if !currency.is_empty() && !currency.eq_ignore_ascii_case("USD") {
        return Err(format!("found prices in {currency}, expected USD: spot prices are not converted"));
    }
    let plain = text.trim().trim_start_matches('$').trim_end_matches("USD").trim();
    match plain.parse::<f64>() {
        Ok(usd) if usd.is_finite() && usd > 0.0 => Ok(usd),
        Ok(_) => Err(wrong()),
        Err(_) if text.chars().any(|c| "€£¥₹".contains(c)) || plain.ends_with(|c: char| c.is_ascii_uppercase()) => {
            Err(format!("found the price `{text}`, expected USD: spot prices are not converted"))
        }
        Err(_) => Err(wrong()),
    }
}

/// The columns of a table, by what people call them; the letters and digits count.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("timestamp", &["timestamp", "time", "date", "datetime", "starttime", "effectivedate"]),
    ("instance_type", &["instancetype", "machinetype", "type", "machine"]),
    ("availability_zone", &["availabilityzone", "zone", "az"]),
    ("price", &["price", "spotprice", "usd", "priceusd", "spotpriceusd", "usdhour", "spotusdhour", "priceperhour"]),
    ("product_description", &["productdescription", "product", "os", "operatingsystem"]),
    ("currency", &["currency"]),
];
/// So many of them are needed.
const NEEDED: usize = 4;

fn table(text: &str, reader: &mut Reader<'_>, issues: &mut Issues) {
    let table = Table::new(text);
    let plain = |title: &str| -> String {
        title.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let titles: Vec<String> = table.header.iter().map(plain).collect();
    let places = COLUMNS.map(|(_, names)| titles.iter().position(|title| names.contains(&title.as_str())));
    let missing: Vec<&str> = COLUMNS
        .iter()
        .zip(places)
        .take(NEEDED)
        .filter(|(_, place)| place.is_none())
        .map(|((name, _), _)| *name)
        .collect();
    if !missing.is_empty() {
        let found = table.header.iter().collect::<Vec<_>>().join(", ");
        let message = format!("found the columns `{found}`, expected also {}", missing.join(", "));
        let help = "a recording is what `aws ec2 describe-spot-price-history` prints, or has the columns timestamp, instance_type, availability_zone, product_description, price";
        issues.push(at_line(1, message).with_help(help));
        return;
    }
    table.each(issues, |row: &Row<'_>, issues| {
        let cell = |column: usize| places[column].map_or("", |place| row.cell(place));
        let written = Written {
            at: at_line(row.line, ""),
            time: cell(0),
            kind: cell(1),
            zone: cell(2),
            price: cell(3),
            product: cell(4),
            currency: cell(5),
        };
        reader.take(&written, issues);
    });
}

fn json(text: &str, reader: &mut Reader<'_>, issues: &mut Issues) {
    const LIST: &str = "SpotPriceHistory";
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(error) => return issues.push(at_line(error.line() as u32, format!("is not JSON: {error}"))),
    };
    let (path, entries) = match &whole {
        Value::Array(entries) => ("", entries),
        Value::Object(fields) => match fields.get(LIST) {
            Some(Value::Array(entries)) => (LIST, entries),
            _ => {
                let names = fields.keys().cloned().collect::<Vec<_>>().join(", ");
                let message = format!("found the fields {names}, expected the list {LIST}");
                return issues.push(Issue::error("", message));
            }
        },
        _ => return issues.push(Issue::error("", format!("found no list, expected {LIST}"))),
    };
    let before = issues.len();
    for (at, entry) in entries.iter().enumerate() {
        let field = format!("{path}[{at}]");
        let number = ["SpotPrice", "Timestamp"].map(|name| match entry.get(name) {
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        });
        let text_of = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let either = |name, number: &'_ str| -> String {
            let own = text_of(name);
            if own.is_empty() { number.to_owned() } else { own.to_owned() }
        };
        let (price, time) = (either("SpotPrice", &number[0]), either("Timestamp", &number[1]));
        let written = Written {
            at: Issue::error(field, ""),
            time: &time,
            kind: text_of("InstanceType"),
            zone: text_of("AvailabilityZone"),
            product: text_of("ProductDescription"),
            price: &price,
            currency: text_of("Currency"),
        };
        let known = issues.len();
        reader.take(&written, issues);
        if issues.len() > before + 3 * ENOUGH {
            return issues.push(Issue::error("", "more like these; the rest was not read"));
        }
        if issues.len() > known {
            // Only what is wrong is looked for in the text.
            locate(text, issues, &format!("{path}[{at}]"));
        }
    }
}

/// Gives the last issue the line of its field.
fn locate(text: &str, issues: &mut Issues, field: &str) {
    let line = line_of(text, field);
    let mut all = std::mem::take(issues).into_iter().collect::<Vec<_>>();
    if let Some(last) = all.last_mut() {
        last.place.line = line;
    }
    all.into_iter().for_each(|issue| issues.push(issue));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> (Recording, String) {
        let mut issues = Issues::new();
        let wanted = Wanted { region: "us-east-1", provider: Provider::Aws };
        let recording = read(text, &wanted, &mut issues);
        (recording, issues.to_string())
    }

    const AWS: &str = r#"{
  "SpotPriceHistory": [
    {
      "AvailabilityZone": "us-east-1b", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
      "SpotPrice": "0.042000", "Timestamp": "2026-11-02T10:30:00+00:00"
    },
    {
      "AvailabilityZone": "us-east-1b", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
      "SpotPrice": "0.040000", "Timestamp": "2026-11-01T00:00:00.000Z"
    },
    {
      "AvailabilityZone": "us-east-1b", "InstanceType": "m5.large", "ProductDescription": "Windows",
      "SpotPrice": "0.130000", "Timestamp": "2026-11-01T00:00:00.000Z"
    },
    {
      "AvailabilityZone": "eu-west-1a", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
      "SpotPrice": "0.041000", "Timestamp": "2026-11-01T00:00:00.000Z"
    }
  ]
}"#;

    #[test]
    fn what_the_command_prints_is_read() {
        let (found, wrong) = read_all(AWS);
        assert_eq!(wrong, "");
        let key = ("m5.large".to_owned(), "us-east-1b".to_owned());
        let start = 1_793_491_200_000;
        assert_eq!(found.changes[&key], [(start, 40_000_000), (start + 124_200_000, 42_000_000)]);
        assert_eq!(found.changes.len(), 1);
        assert_eq!(
            found.skipped.into_iter().collect::<Vec<_>>(),
            [("of Windows".to_owned(), 1), ("of eu-west-1".to_owned(), 1)]
        );
    }

    #[test]
    fn tables_are_read_as_people_head_them() {
        for header in [
            "timestamp,instance_type,availability_zone,price",
            "Time,Machine Type,Zone,Spot Price (USD/hour)",
            "date,type,az,usd",
        ] {
            let header = header.replace("Spot Price (USD/hour)", "Spot Price");
            let (found, wrong) = read_all(&format!("{header}\n2026-11-01T00:00:00Z,m5.large,us-east-1a,$0.04\n"));
            assert_eq!((found.changes.len(), wrong.as_str()), (1, ""), "{header}");
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_line() {
        let rows = |rows: &str| {
            read_all(&format!("timestamp,instance_type,availability_zone,product,price,currency\n{rows}\n")).1
        };
        for (row, wanted) in [
            ("yesterday,m5.large,us-east-1a,,0.04,", "2: error: `yesterday` is not a time"),
            ("12,m5.large,us-east-1a,,0.04,", "found the time `12`, expected a date"),
            ("2026-11-01,m5.lrge,us-east-1a,,0.04,", "unknown instance type `m5.lrge`; did you mean `m5.large`?"),
            (
                "2026-11-01T00:00:00Z,m5.lrge,us-east-1a,,0.04,",
                "unknown instance type `m5.lrge`; did you mean `m5.large`?",
            ),
            ("2026-11-01T00:00:00Z,m5.large,use1-az1,,0.04,", "found the zone `use1-az1`"),
            (
                "2026-11-01T00:00:00Z,m5.large,us-east-1a,,-0.04,",
                "found the price `-0.04`, expected USD per hour, more than 0",
            ),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,4.2,", "found the price 4.2, which is 43.7500 times"),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,0.0001,", "which is 0.0010 times"),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,0.04,EUR", "found prices in EUR, expected USD"),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,€0.04,", "found the price `€0.04`, expected USD: spot"),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,0.04 EUR,", "expected USD: spot prices are not converted"),
            ("2026-11-01T00:00:00Z,m5.large,us-east-1a,,cheap,", "found the price `cheap`, expected USD per hour"),
        ] {
            let found = rows(row);
            assert!(found.contains(wanted), "{row}: {found}");
        }
        let twice =
            rows("2026-11-01T00:00:00Z,m5.large,us-east-1a,,0.04,\n2026-11-01T00:00:00Z,m5.large,us-east-1a,,0.05,");
        assert!(
            twice.contains(
                "3: error: m5.large in us-east-1a has two prices at 2026-11-01T00:00:00Z, the other in line 2"
            ),
            "{twice}"
        );
        assert!(read_all("").1.contains("expected also timestamp"), "{}", read_all("").1);
        assert!(read_all("timestamp,type,zone,price\n").1.contains("found no row"));
        assert!(read_all("{\"SpotPriceHistory\": []}").1.contains("found no row"));
        assert!(read_all("{\"Prices\": []}").1.contains("found the fields Prices, expected the list SpotPriceHistory"));
        let wrong = read_all(&AWS.replace("0.040000", "0")).1;
        assert!(wrong.contains("7: error: SpotPriceHistory[1]: found the price `0`"), "{wrong}");
    }
}
