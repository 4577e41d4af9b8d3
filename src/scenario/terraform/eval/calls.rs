//! Calls of functions: what each is given, and what is not known of that.

use super::{Env, MOST, evaluate, functions};
use crate::scenario::terraform::body::{Unknown, Value};
use hcl_edit::expr::FuncCall;

/// Functions that look at the outside of what they are given: something inside may be unknown.
const SHALLOW: &[&str] = &[
    "merge",
    "concat",
    "lookup",
    "flatten",
    "keys",
    "values",
    "length",
    "element",
    "slice",
    "zipmap",
    "coalesce",
    "coalescelist",
    "compact",
    "chunklist",
    "reverse",
    "tolist",
    "tomap",
    "toset",
    "one",
    "transpose",
    "index",
];

/// The value of a call.
pub(super) fn value(call: &FuncCall, env: &Env<'_>) -> Value {
    let name = call.name.name.as_str();
    if name == "try" || name == "can" {
        return attempt(call, name == "can", env);
    }
    let mut arguments: Vec<Value> = Vec::new();
    let last = call.args.len().saturating_sub(1);
    for (at, argument) in call.args.iter().enumerate() {
        match evaluate(argument, env) {
            Value::List(list) if call.args.expand_final() && at == last => {
                arguments.extend(list.into_iter().map(|given| given.value));
            }
            value => arguments.push(value),
        }
    }
    if name == "coalesce" {
        return coalesce(arguments);
    }
    let is_shallow = SHALLOW.contains(&name);
    let gap = |value: &Value| if is_shallow { value.whole_gap().cloned() } else { value.gap().cloned() };
    if let Some(unknown) = arguments.iter().find_map(gap) {
        return Value::Unknown(Unknown { text: String::new(), ..unknown });
    }
    if let "file" | "templatefile" | "fileexists" | "filebase64" = name {
        return file(name, &arguments, env);
    }
    let result = functions::call(name, &arguments);
    let is_paid = env.names.enter(result.size(MOST));
    env.names.leave();
    if is_paid { result } else { Value::not_yet("evaluating it takes too long") }
}

/// The first argument that is neither null nor an empty text; those behind it need not be known.
fn coalesce(arguments: Vec<Value>) -> Value {
    let is_empty = |value: &Value| *value == Value::Null || *value == Value::Text(String::new());
    let found = arguments.into_iter().find(|value| !is_empty(value));
    found.unwrap_or_else(|| Value::refused("`coalesce` is given nothing"))
}

/// `try(a, b)`: the first that Terraform would not refuse; `can(a)`: whether that is so.
fn attempt(call: &FuncCall, asks_only: bool, env: &Env<'_>) -> Value {
    let mut last = Value::refused("`try` is given nothing");
    for argument in call.args.iter() {
        last = evaluate(argument, env);
        let is_refused = last.gap().is_some_and(|unknown| unknown.is_error);
        if asks_only {
            return if !is_refused && last.whole_gap().is_some() { last } else { Value::Bool(!is_refused) };
        }
        if !is_refused {
            return last;
        }
    }
    last
}

fn file(name: &str, arguments: &[Value], env: &Env<'_>) -> Value {
    let path = arguments.first().and_then(Value::text).unwrap_or_default();
    match (name, env.names.file(&path)) {
        ("file", Some(text)) => Value::Text(text),
        ("fileexists", Some(_)) => Value::Bool(true),
        ("file" | "fileexists", None) => Value::not_yet(format!("the file `{path}` is not read")),
        _ => Value::not_yet(format!("`{name}` is not evaluated")),
    }
}
