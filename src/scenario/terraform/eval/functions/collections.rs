//! Lists and maps.

use super::{Arguments, Done, given};
use crate::scenario::terraform::body::{Body, Given, Value};
use crate::scenario::terraform::eval::traversal::{attribute, element};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    Some(match of.name {
        "merge" => merge(of),
        "concat" => concat(of),
        "lookup" => lookup(of),
        "flatten" => of.list(0).map(|list| Value::List(flat(list))),
        "keys" => of.map(0).map(|body| super::texts_of(sorted(body).into_iter().map(|(key, _)| key.clone()))),
        "values" => {
            of.map(0).map(|body| Value::List(sorted(body).into_iter().map(|(_, given)| given.clone()).collect()))
        }
        "length" => length(of),
        "element" => circular(of),
        "slice" => slice(of),
        "zipmap" => zipmap(of),
        "coalescelist" => Ok(first_full(of)),
        "compact" => {
            of.list(0).map(|list| Value::List(list.iter().filter(|given| is_text(&given.value)).cloned().collect()))
        }
        "chunklist" => chunks(of),
        "reverse" => of.list(0).map(|list| Value::List(list.iter().rev().cloned().collect())),
        "tolist" | "tomap" => of.get(0).cloned(),
        "one" => one(of),
        "transpose" => transpose(of),
        "matchkeys" => matchkeys(of),
        "range" => range(of),
        "sensitive" | "nonsensitive" | "ephemeralasnull" => of.get(0).cloned(),
        _ => return None,
    })
}

fn sorted(body: &Body) -> Vec<&(String, Given)> {
    let mut entries: Vec<&(String, Given)> = body.entries.iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

fn is_text(value: &Value) -> bool {
    *value != Value::Null && *value != Value::Text(String::new())
}

/// Later maps win; `null` counts as an empty one.
fn merge(of: Arguments<'_>) -> Done {
    let (mut merged, mut places) = (Body::default(), BTreeMap::new());
    for (at, argument) in of.all.iter().enumerate() {
        if *argument == Value::Null {
            continue;
        }
        for (key, given) in &of.map(at)?.entries {
            let next = merged.entries.len();
            let at = *places.entry(key).or_insert(next);
            match merged.entries.get_mut(at) {
                Some((_, known)) => *known = given.clone(),
                None => merged.entries.push((key.clone(), given.clone())),
            }
        }
    }
    Ok(Value::Map(merged))
}

fn concat(of: Arguments<'_>) -> Done {
    let mut all = Vec::new();
    for at in 0..of.all.len() {
        all.extend_from_slice(of.list(at)?);
    }
    Ok(Value::List(all))
}

fn lookup(of: Arguments<'_>) -> Done {
    let (body, key) = (of.map(0)?, of.text(1)?);
    let found = body.entries.iter().find(|(known, _)| *known == key).map(|(_, given)| given.value.clone());
    match (found, of.all.get(2)) {
        (Some(found), _) => Ok(found),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Ok(attribute(&Value::Map(body.clone()), &key)),
    }
}

fn flat(list: &[Given]) -> Vec<Given> {
    let inner = |given: &Given| match &given.value {
        Value::List(inner) => flat(inner),
        _ => vec![given.clone()],
    };
    list.iter().flat_map(inner).collect()
}

fn length(of: Arguments<'_>) -> Done {
    let length = match of.get(0)? {
        Value::List(list) => list.len(),
        Value::Map(body) => body.entries.len(),
        Value::Text(text) => text.chars().count(),
        _ => return Err(of.refuse("wants a list, a map or a text")),
    };
    Ok(Value::Number(length as f64))
}

/// Behind the end it begins again.
fn circular(of: Arguments<'_>) -> Done {
    let (list, at) = (of.list(0)?, of.integer(1)?);
    let count = i64::try_from(list.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Err(of.refuse("wants a list with something in it"));
    }
    Ok(element(of.get(0)?, &Value::Number(at.rem_euclid(count) as f64)))
}

fn slice(of: Arguments<'_>) -> Done {
    let (list, from, to) = (of.list(0)?, of.count(1)?, of.count(2)?);
    list.get(from..to).map(|part| Value::List(part.to_vec())).ok_or_else(|| of.refuse("goes beyond the list"))
}

fn zipmap(of: Arguments<'_>) -> Done {
    let (keys, values) = (of.texts(0)?, of.list(1)?);
    if keys.len() != values.len() {
        return Err(of.refuse("wants as many keys as values"));
    }
    Ok(Value::Map(Body { entries: keys.into_iter().zip(values.iter().cloned()).collect(), dynamic: Vec::new() }))
}

fn first_full(of: Arguments<'_>) -> Value {
    let is_full = |value: &&Value| matches!(value, Value::List(list) if !list.is_empty());
    of.all.iter().find(is_full).cloned().unwrap_or_else(|| of.refuse("is given empty lists only"))
}

fn chunks(of: Arguments<'_>) -> Done {
    let (list, size) = (of.list(0)?, of.count(1)?);
    let parts = list.chunks(if size == 0 { list.len().max(1) } else { size });
    Ok(Value::List(parts.map(|part| given(Value::List(part.to_vec()), part)).collect()))
}

fn one(of: Arguments<'_>) -> Done {
    match of.list(0)? {
        [] => Ok(Value::Null),
        [only] => Ok(only.value.clone()),
        _ => Err(of.refuse("wants a list of at most one")),
    }
}

fn transpose(of: Arguments<'_>) -> Done {
    let mut turned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, given) in &of.map(0)?.entries {
        let Some(texts) = given.value.texts() else { return Err(of.refuse("wants lists of texts")) };
        texts.into_iter().for_each(|text| turned.entry(text).or_default().push(key.clone()));
    }
    Ok(Value::map(turned.into_iter().map(|(key, texts)| (key, super::texts_of(texts))), 1))
}

fn matchkeys(of: Arguments<'_>) -> Done {
    let (values, keys) = (of.list(0)?, of.texts(1)?);
    let wanted: BTreeSet<String> = of.texts(2)?.into_iter().collect();
    let matching = values.iter().zip(keys).filter(|(_, key)| wanted.contains(key)).map(|(given, _)| given.clone());
    Ok(Value::List(matching.collect()))
}

/// At most 1024 numbers, as Terraform.
fn range(of: Arguments<'_>) -> Done {
    let (from, to) = if of.all.len() < 2 { (0.0, of.number(0)?) } else { (of.number(0)?, of.number(1)?) };
    let step = if of.all.len() > 2 {
        of.number(2)?
    } else if to < from {
        -1.0
    } else {
        1.0
    };
    if step == 0.0 {
        return Err(of.refuse("wants a step other than 0"));
    }
    let (mut numbers, mut at) = (Vec::new(), from);
    while (step > 0.0 && at < to) || (step < 0.0 && at > to) {
        if numbers.len() == 1024 {
            return Err(of.refuse("makes more than 1024 values"));
        }
        numbers.push(Value::Number(at));
        at += step;
    }
    Ok(Value::list(numbers, 1))
}
