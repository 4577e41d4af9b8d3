//! The kinds of values that flags have, parsed as Go does. Errors say what was expected.

use super::groups::{Discovery, NamedGroup};
use super::values::{DrainPriority, Expander, GpuLimit};
use crate::units::SimDuration;

/// One kind of values.
pub(super) struct Kind<T: 'static> {
    /// The name of such a flag says something alone.
    pub(super) is_switch: bool,
    /// Reads a value, or adds it to a list. Nothing changes if it is wrong.
    pub(super) parse: fn(&str, &mut T) -> Result<(), String>,
}

const fn kind<T>(parse: fn(&str, &mut T) -> Result<(), String>) -> Kind<T> {
    Kind { is_switch: false, parse }
}

pub(super) const SWITCH: Kind<bool> = Kind { is_switch: true, parse: switch };
pub(super) const WHOLE: Kind<i32> = kind(whole);
pub(super) const NUMBER: Kind<f64> = kind(number);
pub(super) const PERIOD: Kind<SimDuration> = kind(period);
pub(super) const SECONDS: Kind<SimDuration> = kind(seconds);
pub(super) const RANGE: Kind<(i64, i64)> = kind(range);
pub(super) const TEXT: Kind<String> = kind(text);
pub(super) const TEXTS: Kind<Vec<String>> = kind(texts);
pub(super) const NAMES: Kind<Vec<String>> = kind(names);
pub(super) const DRAIN_PRIORITIES: Kind<Vec<DrainPriority>> = kind(drain_priorities);
pub(super) const ESTIMATOR: Kind<String> = kind(estimator);
pub(super) const EXPANDERS: Kind<Vec<Expander>> = kind(expanders);
pub(super) const GPU_LIMITS: Kind<Vec<GpuLimit>> = kind(gpu_limit);
pub(super) const NAMED_GROUPS: Kind<Vec<NamedGroup>> = kind(named_group);
pub(super) const DISCOVERIES: Kind<Vec<Discovery>> = kind(discovery);

/// As Go's `strconv.ParseBool`; the bare flag means true.
fn switch(value: &str, into: &mut bool) -> Result<(), String> {
    *into = match value {
        "" | "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
        "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
        _ => return Err("true or false".to_owned()),
    };
    Ok(())
}

/// As Go's `strconv.ParseInt` with base 0: `0x10`, `0b11`, `0o17` and `017` are numbers too.
fn whole(value: &str, into: &mut i32) -> Result<(), String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let plain = digits.chars().all(|c| c.is_ascii_alphanumeric());
    let parsed = plain.then(|| i32::from_str_radix(&format!("{sign}{digits}"), base).ok()).flatten();
    *into = parsed.ok_or_else(|| "a whole number".to_owned())?;
    Ok(())
}

fn number(value: &str, into: &mut f64) -> Result<(), String> {
    *into = value.parse().ok().filter(|number: &f64| number.is_finite()).ok_or("a number")?;
    Ok(())
}

fn period(value: &str, into: &mut SimDuration) -> Result<(), String> {
    *into = SimDuration::parse(value).map_err(|_| "a duration such as 10s or 5m".to_owned())?;
    Ok(())
}

fn seconds(value: &str, into: &mut SimDuration) -> Result<(), String> {
    let mut seconds = 0;
    whole(value, &mut seconds)?;
    *into = SimDuration::from_secs(i64::from(seconds));
    Ok(())
}

fn range(value: &str, into: &mut (i64, i64)) -> Result<(), String> {
    let bad = || "min:max in whole numbers".to_owned();
    let (min, max) = value.split_once(':').ok_or_else(bad)?;
    let (min, max) = (min.parse().map_err(|_| bad())?, max.parse().map_err(|_| bad())?);
    if min < 0 || min > max {
        return Err("min:max with 0 <= min and min not above max".into());
    }
    *into = (min, max);
    Ok(())
}

fn text(value: &str, into: &mut String) -> Result<(), String> {
    value.clone_into(into);
    Ok(())
}

fn texts(value: &str, into: &mut Vec<String>) -> Result<(), String> {
    into.push(value.to_owned());
    Ok(())
}

/// As pflag's `StringSlice`: several with commas, and the flag may be given again.
fn names(value: &str, into: &mut Vec<String>) -> Result<(), String> {
    into.extend(value.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
    Ok(())
}

/// Sorted by priority; a later flag replaces an earlier one. Upstream: `parseShutdownGracePeriodsAndPriorities`, 1.29.
fn drain_priorities(value: &str, into: &mut Vec<DrainPriority>) -> Result<(), String> {
    let one = |pair: &str| {
        let (priority, seconds) = pair.split_once(':')?;
        let (priority, seconds) = (priority.parse().ok()?, seconds.parse::<u32>().ok()?);
        Some(DrainPriority { priority, grace: SimDuration::from_secs(i64::from(seconds)) })
    };
    let list: Option<Vec<DrainPriority>> = value.split(',').map(one).collect();
    let mut list = list.ok_or("priority:seconds with commas, such as 1000:100,0:60")?;
    list.sort_by_key(|row| row.priority);
    *into = list;
    Ok(())
}

fn estimator(value: &str, into: &mut String) -> Result<(), String> {
    match value {
        "binpacking" => text(value, into),
        _ => Err("binpacking".to_owned()),
    }
}

/// A later flag replaces an earlier one.
fn expanders(value: &str, into: &mut Vec<Expander>) -> Result<(), String> {
    let one = |name: &str| {
        let known = Expander::ALL.iter().find(|(known, _)| *known == name.trim());
        let names = Expander::ALL.map(|(name, _)| name).join(", ");
        known.map(|(_, expander)| *expander).ok_or_else(|| format!("one or more of {names}"))
    };
    let list: Vec<Expander> = value.split(',').map(one).collect::<Result<_, _>>()?;
    if list.iter().enumerate().any(|(at, expander)| list[..at].contains(expander)) {
        return Err("each expander once".to_owned());
    }
    *into = list;
    Ok(())
}

fn gpu_limit(value: &str, into: &mut Vec<GpuLimit>) -> Result<(), String> {
    let (kind, bounds) = value.split_once(':').filter(|(kind, _)| !kind.is_empty()).ok_or("kind:min:max")?;
    let mut limits = (0, 0);
    range(bounds, &mut limits).map_err(|expected| format!("kind:{expected}"))?;
    into.push(GpuLimit { kind: kind.to_owned(), min: limits.0, max: limits.1 });
    Ok(())
}

fn named_group(value: &str, into: &mut Vec<NamedGroup>) -> Result<(), String> {
    into.push(NamedGroup::parse(value)?);
    Ok(())
}

fn discovery(value: &str, into: &mut Vec<Discovery>) -> Result<(), String> {
    into.push(Discovery::parse(value)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text becomes.
    fn read<T: Default>(kind: &Kind<T>, text: &str) -> Result<T, String> {
        let mut value = T::default();
        (kind.parse)(text, &mut value).map(|()| value)
    }

    #[test]
    fn switches_are_gos_booleans() {
        for text in ["", "1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(read(&SWITCH, text), Ok(true), "{text}");
        }
        for text in ["0", "f", "F", "false", "FALSE", "False"] {
            assert_eq!(read(&SWITCH, text), Ok(false), "{text}");
        }
        assert_eq!(read(&SWITCH, "yes"), Err("true or false".to_owned()));
    }

    #[test]
    fn whole_numbers_have_gos_bases() {
        for (text, number) in
            [("17", 17), ("-10", -10), ("+3", 3), ("0", 0), ("0x10", 16), ("0B11", 3), ("0o17", 15), ("017", 15)]
        {
            assert_eq!(read(&WHOLE, text), Ok(number), "{text}");
        }
        for text in ["", "1.5", "ten", "--1", "0x", "08", "3000000000"] {
            assert_eq!(read(&WHOLE, text), Err("a whole number".to_owned()), "{text}");
        }
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(read(&NUMBER, "0.5"), Ok(0.5));
        for text in ["", "half", "inf", "NaN"] {
            assert_eq!(read(&NUMBER, text), Err("a number".to_owned()), "{text}");
        }
    }

    #[test]
    fn times_are_durations_or_seconds() {
        assert_eq!(read(&PERIOD, "2m30s"), Ok(SimDuration::from_secs(150)));
        assert_eq!(read(&PERIOD, "soon"), Err("a duration such as 10s or 5m".to_owned()));
        assert_eq!(read(&SECONDS, "600"), Ok(SimDuration::from_secs(600)));
        assert_eq!(read(&SECONDS, "600s"), Err("a whole number".to_owned()));
    }

    #[test]
    fn ranges_go_upwards_from_nothing() {
        assert_eq!(read(&RANGE, "0:9"), Ok((0, 9)));
        for text in ["", "9", "a:9", "1:b"] {
            assert_eq!(read(&RANGE, text), Err("min:max in whole numbers".to_owned()), "{text}");
        }
        for text in ["9:3", "-1:3"] {
            assert_eq!(read(&RANGE, text), Err("min:max with 0 <= min and min not above max".to_owned()), "{text}");
        }
        let limit = GpuLimit { kind: "t4".to_owned(), min: 1, max: 2 };
        assert_eq!(read(&GPU_LIMITS, "t4:1:2"), Ok(vec![limit]));
        assert_eq!(read(&GPU_LIMITS, ":1:2"), Err("kind:min:max".to_owned()));
        assert_eq!(read(&GPU_LIMITS, "t4:2"), Err("kind:min:max in whole numbers".to_owned()));
    }

    #[test]
    fn texts_are_what_they_are_and_lists_grow() {
        assert_eq!(read(&TEXT, "aws"), Ok("aws".to_owned()));
        assert_eq!(read(&ESTIMATOR, "old"), Err("binpacking".to_owned()));
        let mut list = vec!["a".to_owned()];
        assert_eq!((TEXTS.parse)("b", &mut list), Ok(()));
        assert_eq!(list, ["a", "b"]);
    }

    #[test]
    fn expanders_are_a_chain_without_repetition() {
        assert_eq!(read(&EXPANDERS, "priority, least-waste"), Ok(vec![Expander::Priority, Expander::LeastWaste]));
        let mut list = vec![Expander::Random];
        assert_eq!((EXPANDERS.parse)("price", &mut list), Ok(()));
        assert_eq!(list, [Expander::Price], "the later flag counts");
        assert_eq!(read(&EXPANDERS, "price,price"), Err("each expander once".to_owned()));
        assert!(read(&EXPANDERS, "cheapest").is_err_and(|text| text.starts_with("one or more of random, most-pods")));
    }
}
