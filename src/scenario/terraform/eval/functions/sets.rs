//! Sets, order, and what is in a list.

use super::{Arguments, Done, given};
use crate::scenario::terraform::body::{Given, Value};
use crate::scenario::terraform::eval::operators::same;
use std::collections::BTreeSet;

/// More pairs than these are not made.
const MOST: usize = 100_000;

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    Some(match of.name {
        "toset" => of.get(0).and_then(|value| as_set(of, value)),
        "distinct" => of.list(0).map(|list| Value::List(distinct(list))),
        "contains" => contains(of),
        "index" => index(of),
        "sort" => of.texts(0).map(|mut texts| {
            texts.sort();
            super::texts_of(texts)
        }),
        "setunion" => union(of),
        "setintersection" => kept(of, |held, others| held == others),
        "setsubtract" => kept(of, |held, _| held == 0),
        "setproduct" => product(of),
        "alltrue" => of.list(0).map(|list| Value::Bool(list.iter().all(|given| given.value.boolean() == Some(true)))),
        "anytrue" => of.list(0).map(|list| Value::Bool(list.iter().any(|given| given.value.boolean() == Some(true)))),
        _ => return None,
    })
}

/// In the order of its texts, each once.
fn as_set(of: Arguments<'_>, value: &Value) -> Done {
    match value {
        Value::List(list) => {
            let mut list = distinct(list);
            if value.texts().is_some() {
                list.sort_by_key(|given| given.value.text());
            }
            Ok(Value::List(list))
        }
        _ => Err(of.refuse("wants a list")),
    }
}

fn holds(list: &[Given], value: &Value) -> bool {
    list.iter().any(|given| same(&given.value, value) == Some(true))
}

/// The text of a text.
fn plain(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}

fn distinct(list: &[Given]) -> Vec<Given> {
    // Texts are the usual case, and there may be many of them.
    let mut known = BTreeSet::new();
    let mut kept: Vec<Given> = Vec::new();
    for given in list {
        let is_new = match &given.value {
            Value::Text(text) => known.insert(text.clone()),
            other => kept.len() < 1000 && !holds(&kept, other),
        };
        if is_new {
            kept.push(given.clone());
        }
    }
    kept
}

fn contains(of: Arguments<'_>) -> Done {
    Ok(Value::Bool(holds(of.list(0)?, of.get(1)?)))
}

fn index(of: Arguments<'_>) -> Done {
    let (list, value) = (of.list(0)?, of.get(1)?);
    if list.iter().any(|given| given.value.gap().is_some()) {
        return Ok(Value::not_yet("not all of the list is known"));
    }
    let at = list.iter().position(|given| same(&given.value, value) == Some(true));
    at.map(|at| Value::Number(at as f64)).ok_or_else(|| of.refuse("does not find it"))
}

fn union(of: Arguments<'_>) -> Done {
    let mut all = Vec::new();
    for at in 0..of.all.len() {
        all.extend_from_slice(of.list(at)?);
    }
    as_set(of, &Value::List(all))
}

/// What of the first set suits, by how many of how many others hold it.
fn kept(of: Arguments<'_>, suits: fn(usize, usize) -> bool) -> Done {
    let first = of.list(0)?;
    let mut others = Vec::new();
    for at in 1..of.all.len() {
        others.push(of.list(at)?);
    }
    let texts = |list: &[Given]| list.iter().filter_map(|given| plain(&given.value)).collect::<BTreeSet<String>>();
    let known: Vec<BTreeSet<String>> = others.iter().map(|other| texts(other)).collect();
    let count = |given: &Given| match plain(&given.value) {
        Some(text) => known.iter().filter(|known| known.contains(&text)).count(),
        None => others.iter().filter(|other| holds(&other[..other.len().min(1000)], &given.value)).count(),
    };
    let kept = first.iter().filter(|given| suits(count(given), others.len()));
    as_set(of, &Value::List(kept.cloned().collect()))
}

fn product(of: Arguments<'_>) -> Done {
    let mut rows: Vec<Vec<Given>> = vec![Vec::new()];
    for at in 0..of.all.len() {
        let list = of.list(at)?;
        if rows.len().saturating_mul(list.len()) > MOST {
            return Err(of.refuse("makes more than 100,000 rows"));
        }
        rows = rows
            .iter()
            .flat_map(|row| list.iter().map(|one| [row.as_slice(), std::slice::from_ref(one)].concat()))
            .collect();
    }
    Ok(Value::List(rows.into_iter().map(|row| given(Value::List(row.clone()), &row)).collect()))
}
