//! Paths: `var.groups["web"].sizes[0]`, and splats.

use super::{Env, MOST, Step, evaluate};
use crate::scenario::terraform::body::{Given, Value};
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use std::ops::Deref;

/// A name alone.
pub(super) fn variable(name: &str, env: &Env<'_>) -> Value {
    match env.look_up(name) {
        Some(value) => paid(value, env),
        None => env.names.find(name, &[]).0,
    }
}

/// The value at the end of a path.
pub(super) fn value(path: &Traversal, env: &Env<'_>) -> Value {
    let mut operators = path.operators.iter().map(Deref::deref);
    let (mut found, rest) = match &path.expr {
        Expression::Variable(name) if env.look_up(name.as_str()).is_none() => {
            let steps: Vec<Step> = operators.clone().map_while(|operator| step(operator, env)).collect();
            let (found, used) = env.names.find(name.as_str(), &steps);
            operators.by_ref().take(used).for_each(drop);
            (found, operators.collect::<Vec<_>>())
        }
        // A loop's value is looked into before it is copied.
        Expression::Variable(name) => {
            let mut found = env.look_up(name.as_str()).unwrap_or(&Value::Null);
            while let Some((TraversalOperator::GetAttr(key), inner)) =
                operators.clone().next().and_then(|next| Some((next, entries(found)?)))
            {
                // Large maps are searched from the front.
                env.names.enter(inner.len() / 16);
                env.names.leave();
                let Some((_, given)) = inner.iter().find(|(known, _)| known == key.as_str()) else { break };
                found = &given.value;
                operators.next();
            }
            (paid(found, env), operators.collect())
        }
        other => (evaluate(other, env), operators.collect()),
    };
    follow(&mut found, &rest, env);
    found
}

fn entries(value: &Value) -> Option<&Vec<(String, Given)>> {
    if let Value::Map(body) = value { Some(&body.entries) } else { None }
}

/// A copy of a value, paid for.
fn paid(value: &Value, env: &Env<'_>) -> Value {
    let is_paid = env.names.enter(value.size(MOST));
    env.names.leave();
    if is_paid { value.clone() } else { Value::not_yet("evaluating it takes too long") }
}

fn step(operator: &TraversalOperator, env: &Env<'_>) -> Option<Step> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(Step::Name(name.as_str().to_owned())),
        TraversalOperator::Index(index) => Some(Step::Index(evaluate(index, env))),
        TraversalOperator::LegacyIndex(index) => Some(Step::Index(Value::Number(*index.value() as f64))),
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
    }
}

/// Goes along the rest of a path.
fn follow(value: &mut Value, path: &[&TraversalOperator], env: &Env<'_>) {
    for (at, operator) in path.iter().enumerate() {
        if value.whole_gap().is_some() {
            return;
        }
        let next = match operator {
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                *value = splat(std::mem::replace(value, Value::Null), &path[at + 1..], env);
                return;
            }
            operator => step(operator, env),
        };
        *value = match next {
            Some(Step::Name(name)) => attribute(value, &name),
            Some(Step::Index(index)) => element(value, &index),
            None => Value::Null,
        };
    }
}

/// The rest of the path for each element; what is no list is a list of one, and nothing an empty one.
fn splat(value: Value, path: &[&TraversalOperator], env: &Env<'_>) -> Value {
    let mut list = match value {
        Value::List(list) => list,
        Value::Null => Vec::new(),
        one => vec![Given { value: one, line: 1 }],
    };
    for given in &mut list {
        follow(&mut given.value, path, env);
    }
    Value::List(list)
}

/// An attribute of a map.
pub(in crate::scenario::terraform) fn attribute(value: &Value, name: &str) -> Value {
    match value {
        Value::Map(body) => {
            let found = body.entries.iter().rev().find(|(key, _)| key == name);
            found.map_or_else(|| Value::refused(format!("there is no `{name}`")), |(_, given)| given.value.clone())
        }
        Value::Unknown(_) => value.clone(),
        _ => Value::refused(format!("what should hold `{name}` is no object")),
    }
}

/// An element of a list or a map.
pub(in crate::scenario::terraform) fn element(value: &Value, index: &Value) -> Value {
    match (value, index) {
        (_, Value::Unknown(_)) => index.clone(),
        (Value::Unknown(_), _) => value.clone(),
        (Value::List(list), index) => {
            let at = index.number().filter(|at| *at >= 0.0 && at.fract() == 0.0).map(|at| at as usize);
            let found = at.and_then(|at| list.get(at)).map(|given| given.value.clone());
            found.unwrap_or_else(|| Value::refused("the list has no such element"))
        }
        (Value::Map(_), index) => match index.text() {
            Some(name) => attribute(value, &name),
            None => Value::refused("the key is no text"),
        },
        _ => Value::refused("it is neither a list nor a map"),
    }
}
