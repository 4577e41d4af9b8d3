//! Numbers.

use super::{Arguments, Done};
use crate::scenario::terraform::body::Value;

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    let number = |read: fn(f64) -> f64| of.number(0).map(|number| Value::Number(read(number)));
    Some(match of.name {
        "abs" => number(f64::abs),
        "ceil" => number(f64::ceil),
        "floor" => number(f64::floor),
        "signum" => number(|number| if number == 0.0 { 0.0 } else { number.signum() }),
        "max" => best(of, f64::max),
        "min" => best(of, f64::min),
        "sum" => sum(of),
        "pow" => of.number(0).and_then(|base| Ok(finite(of, base.powf(of.number(1)?)))),
        "log" => of.number(0).and_then(|number| Ok(finite(of, number.log(of.number(1)?)))),
        "parseint" => parse(of),
        "tonumber" => convert(of, |value| value.number().map(Value::Number)),
        "tobool" => convert(of, |value| value.boolean().map(Value::Bool)),
        "tostring" => convert(of, |value| value.text().map(Value::Text)),
        _ => return None,
    })
}

fn finite(of: Arguments<'_>, number: f64) -> Value {
    if number.is_finite() { Value::Number(number) } else { of.refuse("has no finite result") }
}

fn best(of: Arguments<'_>, better: fn(f64, f64) -> f64) -> Done {
    let mut found = of.number(0)?;
    for at in 1..of.all.len() {
        found = better(found, of.number(at)?);
    }
    Ok(Value::Number(found))
}

fn sum(of: Arguments<'_>) -> Done {
    let numbers: Option<Vec<f64>> = of.list(0)?.iter().map(|given| given.value.number()).collect();
    numbers.map(|numbers| Value::Number(numbers.iter().sum())).ok_or_else(|| of.refuse("wants numbers"))
}

fn parse(of: Arguments<'_>) -> Done {
    let (text, base) = (of.text(0)?, of.count(1)?);
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let found = base.and_then(|base| i64::from_str_radix(&text, base).ok());
    found.map(|number| Value::Number(number as f64)).ok_or_else(|| of.refuse("finds no number"))
}

/// `null` stays what it is.
fn convert(of: Arguments<'_>, read: impl Fn(&Value) -> Option<Value>) -> Done {
    match of.get(0)? {
        Value::Null => Ok(Value::Null),
        value => read(value).ok_or_else(|| of.refuse("cannot convert it")),
    }
}
