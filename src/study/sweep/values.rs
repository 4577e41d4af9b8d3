//! The values of an axis, as people write them: `a,b,c`, `4..20/4`, `1.0..3.0`.

use super::amount::{Amount, written};
use crate::scenario::documents::parse;
use crate::scenario::file::Varied;
use serde_json::Value;
use std::collections::BTreeSet;

/// The values of an axis, numbered from 0. A value is a text as `--set` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// These.
    List(Vec<String>),
    /// Numbers at equal distances.
    Range(Range),
}

/// Numbers at equal distances, exact in decimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    low: i128,
    step: i128,
    count: u64,
    decimals: u32,
    unit: String,
    /// The ends as they were written, and whether with a step.
    ends: [String; 2],
    has_step: bool,
}

/// A range among other values may stand for so many.
const MOST_IN_A_LIST: u64 = 100_000;
/// A range without a step is cut into at least so many, unless its ends are whole.
const FINE: i128 = 1_000;

impl Values {
    /// `a,b,c`: commas in brackets or quotes divide nothing. `lo..hi/step`: from `lo` in steps, as far as `hi`. `lo..hi`:
    /// anything between; whole numbers if both ends are whole.
    ///
    /// Errors: what is wrong with the text, in words.
    pub fn parse(text: &str) -> Result<Values, String> {
        let pieces = pieces(text)?;
        if let [only] = &pieces[..]
            && let Some(range) = Range::parse(only)?
        {
            return Ok(Values::Range(range));
        }
        let mut list = Vec::new();
        for piece in &pieces {
            match Range::parse(piece)? {
                None => list.push(checked(piece)?),
                Some(range) if !range.has_step => {
                    return Err(format!("`{piece}` has no step, and stands among other values: write {piece}/STEP"));
                }
                Some(range) if range.count > MOST_IN_A_LIST => {
                    return Err(format!("`{piece}` are {} values, and stand among others", range.count));
                }
                Some(range) => list.extend((0..range.count).map(|level| range.value(level))),
            }
        }
        Values::of_list(list)
    }

    /// Of a `sweep:` block.
    ///
    /// Errors: what is wrong, in words.
    pub fn of_block(varied: &Varied) -> Result<Values, String> {
        match varied {
            Varied::Text(text) => Values::parse(text),
            Varied::List(list) => Values::of_list(list.iter().map(as_text).collect()),
        }
    }

    fn of_list(list: Vec<String>) -> Result<Values, String> {
        let mut seen = BTreeSet::new();
        match list.iter().find(|value| !seen.insert(value.as_str())) {
            Some(twice) => Err(format!("`{twice}` is there twice")),
            None if list.is_empty() => Err("there is no value".to_owned()),
            None => Ok(Values::List(list)),
        }
    }

    /// How many there are; of a range without a step, how finely it is cut.
    pub fn count(&self) -> u64 {
        match self {
            Values::List(list) => list.len() as u64,
            Values::Range(range) => range.count,
        }
    }

    /// Value number `level`.
    pub fn value(&self, level: u64) -> String {
        match self {
            Values::List(list) => list.get(level as usize).cloned().unwrap_or_default(),
            Values::Range(range) => range.value(level),
        }
    }

    /// The ends of a range without a step.
    pub fn stepless(&self) -> Option<&[String; 2]> {
        match self {
            Values::Range(range) if !range.has_step => Some(&range.ends),
            _ => None,
        }
    }
}

impl Range {
    /// A range, if it is one: something with `..` that begins as a number does.
    fn parse(text: &str) -> Result<Option<Range>, String> {
        let Some((low, rest)) = text.split_once("..") else { return Ok(None) };
        let begins_as_number = low.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
        if !begins_as_number {
            return Ok(None);
        }
        let (high, step) = rest.split_once('/').map_or((rest, None), |(high, step)| (high, Some(step)));
        let amount = |text: &str| {
            let found = Amount::parse(text.trim());
            found.ok_or_else(|| format!("`{}` is no number with a unit, as in 30s..90s/15s", text.trim()))
        };
        let (from, to) = (amount(low)?, amount(high)?);
        let ends = [low, high].map(|end| end.trim().to_owned());
        let unlike = || format!("the numbers of `{text}` have units that do not go together");
        let (low, high, step, grid) = match step {
            Some(by) => {
                let grid = Amount::alike([from, to, amount(by)?]).ok_or_else(unlike)?;
                let [low, high, step] = grid.numbers;
                (low, high, step, (grid.decimals, grid.unit))
            }
            None => {
                let grid = Amount::alike([from, to]).ok_or_else(unlike)?;
                let ([mut low, mut high], mut decimals) = (grid.numbers, grid.decimals);
                while decimals > 0 && low < high && high - low < FINE {
                    (low, high, decimals) = (low * 10, high * 10, decimals + 1);
                }
                (low, high, 1, (decimals, grid.unit))
            }
        };
        if low > high {
            return Err(format!("`{text}` ends below its beginning"));
        }
        if step <= 0 {
            return Err(format!("the step of `{text}` must be more than 0"));
        }
        let count = u64::try_from((high - low) / step + 1).map_err(|_| format!("`{text}` holds too many values"))?;
        let (decimals, unit) = grid;
        Ok(Some(Range { low, step, count, decimals, unit, ends, has_step: rest.contains('/') }))
    }

    fn value(&self, level: u64) -> String {
        written(self.low + self.step * i128::from(level), self.decimals, &self.unit)
    }
}

/// The parts of a list: commas in brackets or quotes divide nothing.
fn pieces(text: &str) -> Result<Vec<String>, String> {
    let (mut pieces, mut piece, mut open, mut quote) = (Vec::new(), String::new(), Vec::new(), None);
    for c in text.chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (Some(_), _) => {}
            // An apostrophe inside a word is none.
            (None, '"' | '\'') if piece.trim().is_empty() || !open.is_empty() => quote = Some(c),
            (None, '[') => open.push(']'),
            (None, '{') => open.push('}'),
            (None, ']' | '}') if open.last() == Some(&c) => drop(open.pop()),
            (None, ',') if open.is_empty() => {
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            _ => {}
        }
        piece.push(c);
    }
    pieces.push(piece);
    if let Some(missing) = quote.or(open.last().copied()) {
        return Err(format!("`{}` has no `{missing}` at its end", text.trim()));
    }
    if text.trim().is_empty() {
        return Err("there is no value".to_owned());
    }
    let pieces: Vec<String> = pieces.iter().map(|piece| piece.trim().to_owned()).collect();
    match pieces.iter().any(String::is_empty) {
        true => Err("a value between commas is empty; write \"\" if that is meant".to_owned()),
        false => Ok(pieces),
    }
}

fn checked(piece: &str) -> Result<String, String> {
    parse::<Value>(piece).map_err(|_| format!("`{piece}` is not YAML"))?;
    Ok(piece.to_owned())
}

/// A value as a text of which YAML makes the same value; commas and dots in it divide nothing.
fn as_text(value: &Value) -> String {
    let bare = |text: &&String| {
        let is_same = parse::<Value>(text).is_ok_and(|parsed| parsed == *value);
        is_same
            && pieces(text).is_ok_and(|pieces| pieces == [(*text).clone()])
            && matches!(Range::parse(text), Ok(None))
    };
    match value {
        Value::String(text) => Some(text).filter(bare).cloned().unwrap_or_else(|| value.to_string()),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn all(text: &str) -> Vec<String> {
        let values = Values::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        (0..values.count()).map(|level| values.value(level)).collect()
    }

    fn refused(text: &str) -> String {
        Values::parse(text).expect_err(text)
    }

    #[test]
    fn lists_keep_what_belongs_together() {
        assert_eq!(all("a, b,c"), ["a", "b", "c"]);
        assert_eq!(all("[m5.large],[m6i.large,m5.xlarge]"), ["[m5.large]", "[m6i.large,m5.xlarge]"]);
        assert_eq!(all(r#""a,b",{c: [1, 2], d: "}"},it's"#), [r#""a,b""#, r#"{c: [1, 2], d: "}"}"#, "it's"]);
        assert_eq!(all("../a.csv,../b.csv"), ["../a.csv", "../b.csv"], "no ranges");
        assert_eq!(all(r#""1..2""#), [r#""1..2""#]);
    }

    #[test]
    fn ranges_are_exact() {
        assert_eq!(all("4..20/4"), ["4", "8", "12", "16", "20"]);
        assert_eq!(all("1..10/4"), ["1", "5", "9"], "as far as the end");
        assert_eq!(all("0.1..0.5/0.1"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(all("30s..1m/15s"), ["30s", "45s", "60s"]);
        assert_eq!(all("0.5h..2h/30m"), ["30m", "60m", "90m", "120m"]);
        assert_eq!(all("250m..1/250m"), ["250m", "500m", "750m", "1000m"]);
        assert_eq!(all("50%..70%/10%"), ["50%", "60%", "70%"]);
        assert_eq!(all("-1..1/1"), ["-1", "0", "1"]);
        assert_eq!(all("1,2,4..8/2"), ["1", "2", "4", "6", "8"]);
        assert_eq!(Values::parse("1..1000000000/1").map(|values| values.count()), Ok(1_000_000_000));
    }

    #[test]
    fn without_a_step_whole_ends_mean_whole_numbers() {
        let values = Values::parse("4..20").expect("a range");
        assert_eq!((values.count(), values.value(16)), (17, "20".to_owned()));
        assert_eq!(values.stepless(), Some(&["4".to_owned(), "20".to_owned()]));
        let values = Values::parse("1.0..3").expect("a range");
        assert_eq!((values.count(), values.value(1), values.value(2000)), (2001, "1.001".into(), "3".into()));
        assert_eq!(Values::parse("4..20/4").expect("a range").stepless(), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(refused("").contains("no value"));
        assert!(refused("a,,b").contains("between commas"));
        assert!(refused("a,b,a").contains("`a` is there twice"));
        assert!(refused("[a,b").contains("no `]`"));
        assert!(refused("'a").contains("no `'`"));
        assert!(refused("20..4/4").contains("ends below"));
        assert!(refused("4..20/0").contains("more than 0"));
        assert!(refused("4..20/-1").contains("more than 0"));
        assert!(refused("4..").contains("no number"));
        assert!(refused("4..x/2").contains("`x` is no number"));
        assert!(refused("30s..2Gi/1").contains("do not go together"));
        assert!(refused("1,2..3").contains("has no step"));
        assert!(refused("a: b: c").contains("not YAML"));
    }

    #[test]
    fn values_of_a_block_stay_what_they_are() {
        let list =
            vec![json!(1), json!(0.5), json!("a"), json!("1.28"), json!("a,b"), json!("1..2"), json!(["x", "y"])];
        let values = Values::of_block(&Varied::List(list.clone())).expect("values");
        for (level, value) in list.iter().enumerate() {
            let text = values.value(level as u64);
            assert_eq!(parse::<Value>(&text).ok().as_ref(), Some(value), "{text}");
        }
        assert_eq!((values.value(2), values.value(3)), ("a".into(), "\"1.28\"".into()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9a.,/\\[\\]{}'\" sm%]{0,24}") {
            if let Ok(values) = Values::parse(&text) {
                values.value(values.count() - 1);
            }
        }

        #[test]
        fn a_range_goes_as_far_as_its_end(low in -5000_i64..5000, step in 1_i64..700, count in 1_u64..200, decimals in 0_u32..4) {
            let high = low + step * (count as i64 - 1) + step / 2;
            let text = |number: i64| written(i128::from(number), decimals, "");
            let values = Values::parse(&format!("{}..{}/{}", text(low), text(high), text(step)));
            let values = values.unwrap_or_else(|why| panic!("{why}"));
            prop_assert_eq!(values.count(), count);
            let last: f64 = values.value(count - 1).parse().expect("a number");
            let expected = (low + step * (count as i64 - 1)) as f64 / f64::from(10_u32.pow(decimals));
            prop_assert!((last - expected).abs() < 1e-9);
        }
    }
}
