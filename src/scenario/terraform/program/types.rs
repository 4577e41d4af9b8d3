//! Types of variables: what an object does not say, its type may.

use crate::scenario::terraform::body::{Body, Given, Value};
use crate::scenario::terraform::eval::{Env, evaluate};
use hcl_edit::expr::{Expression, ObjectKey};

/// A value as a variable of a type holds it: `optional` attributes are there, others than the type's are not.
pub(super) fn converted(value: Value, kind: &Expression, env: &Env<'_>) -> Value {
    let Expression::FuncCall(call) = kind else { return value };
    let inner = call.args.get(0);
    match (call.name.name.as_str(), value, inner) {
        ("list" | "set", Value::List(mut list), Some(inner)) => {
            for given in &mut list {
                given.value = converted(std::mem::replace(&mut given.value, Value::Null), inner, env);
            }
            Value::List(list)
        }
        ("map", Value::Map(mut body), Some(inner)) => {
            for (_, given) in &mut body.entries {
                given.value = converted(std::mem::replace(&mut given.value, Value::Null), inner, env);
            }
            Value::Map(body)
        }
        ("object", Value::Map(body), Some(Expression::Object(fields))) => {
            let mut typed = Body::default();
            for (key, kind) in fields.iter() {
                let name = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(key) => key.as_str().unwrap_or_default().to_owned(),
                };
                let own = body.entries.iter().find(|(known, _)| *known == name).map(|(_, given)| given.clone());
                typed.entries.push((name, attribute(own, kind.expr(), env)));
            }
            Value::Map(typed)
        }
        (_, value, _) => value,
    }
}

/// An attribute of an object, or what `optional` says in its place.
fn attribute(own: Option<Given>, kind: &Expression, env: &Env<'_>) -> Given {
    let optional = match kind {
        Expression::FuncCall(call) if call.name.name.as_str() == "optional" => Some(call),
        _ => None,
    };
    let inner = optional.and_then(|call| call.args.get(0)).unwrap_or(kind);
    let default = || optional.and_then(|call| call.args.get(1)).map(|default| evaluate(default, env));
    let Given { value, line } = own.unwrap_or(Given { value: Value::Null, line: 1 });
    let value = if value == Value::Null { default().unwrap_or(Value::Null) } else { value };
    Given { value: converted(value, inner, env), line }
}
