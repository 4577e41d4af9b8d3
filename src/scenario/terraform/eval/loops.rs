//! `[for ...]` and `{for ...}`.

use super::{Bound, Env, evaluate};
use crate::scenario::terraform::body::{Body, Given, Unknown, Value};
use hcl_edit::expr::ForExpr;
use std::collections::BTreeMap;

/// The list or the map that a loop makes.
pub(super) fn value(each: &ForExpr, env: &Env<'_>) -> Value {
    let rows = match rows(evaluate(&each.intro.collection_expr, env)) {
        Ok(rows) => rows,
        Err(unknown) => return Value::Unknown(unknown),
    };
    let (mut list, mut map, mut places) = (Vec::new(), Body::default(), BTreeMap::new());
    for (key, given) in rows {
        let key_name = each.intro.key_var.as_ref().map_or("", |name| name.as_str());
        let outer = Bound { name: key_name, value: key, next: env.bound };
        let bound = Bound { name: each.intro.value_var.as_str(), value: given.value, next: Some(&outer) };
        let env = env.with(&bound);
        if let Some(condition) = each.cond.as_ref().map(|condition| evaluate(&condition.expr, &env)) {
            match condition.boolean() {
                Some(true) => {}
                Some(false) => continue,
                None if condition.whole_gap().is_some() => return condition,
                None => return Value::refused("a condition of `for` is neither true nor false"),
            }
        }
        let value = Given { value: evaluate(&each.value_expr, &env), line: given.line };
        let Some(key) = each.key_expr.as_ref().map(|key| evaluate(key, &env)) else {
            list.push(value);
            continue;
        };
        let Some(text) = key.text() else {
            return if key.whole_gap().is_some() { key } else { Value::refused("a key of `for` is no text") };
        };
        match (places.get(&text), each.grouping) {
            (Some(_), false) => return Value::refused(format!("`for` makes the key `{text}` twice")),
            (Some(at), true) => {
                let known: &mut (String, Given) = &mut map.entries[*at];
                if let Value::List(list) = &mut known.1.value {
                    list.push(value);
                }
            }
            (None, is_grouped) => {
                places.insert(text.clone(), map.entries.len());
                let line = value.line;
                let value = if is_grouped { Given { value: Value::List(vec![value]), line } } else { value };
                map.entries.push((text, value));
            }
        }
    }
    if each.key_expr.is_some() { Value::Map(map) } else { Value::List(list) }
}

/// What a loop goes over: keys and values, those of a map in the order of the keys.
pub(in crate::scenario::terraform) fn rows(collection: Value) -> Result<Vec<(Value, Given)>, Unknown> {
    match collection {
        Value::List(list) => {
            Ok(list.into_iter().enumerate().map(|(at, given)| (Value::Number(at as f64), given)).collect())
        }
        Value::Map(mut body) => {
            body.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ok(body.entries.into_iter().map(|(key, given)| (Value::Text(key), given)).collect())
        }
        Value::Unknown(unknown) => Err(unknown),
        _ => {
            let why = "a loop goes over what is neither a list nor a map".to_owned();
            Err(Unknown { why, is_error: true, ..Unknown::default() })
        }
    }
}
