//! Terraform's expressions, evaluated as far as they can be without a cloud.
//!
//! The evaluator of hcl-rs is not used for it: it knows neither values that are not known yet, nor Terraform's conversions
//! (`"3"` is a number where one is wanted), and one bad value ends all of it. Here a value that is not known is a value: it
//! spreads as Terraform's do, with the reason.
//!
//! Deliberately not here: what a name means. That is [`Names`], which whoever reads modules answers.

mod calls;
mod functions;
mod loops;
mod operators;
mod template;
mod traversal;

pub(super) use loops::rows;

use super::body::{Body, Given, Unknown, Value};
use super::source::Source;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use std::collections::BTreeMap;

/// Deeper than this nothing hangs together.
pub(super) const DEEPEST: u32 = 1500;
/// Values are counted up to here: more is too much anyway.
pub(super) const MOST: usize = 10_000_000;

/// A step of a path: `.name` or `["key"]`.
pub(super) enum Step {
    Name(String),
    Index(Value),
}

/// Whoever knows what names mean.
pub(super) trait Names {
    /// What `root` and the first of the steps behind it mean, and how many steps that takes.
    fn find(&self, root: &str, steps: &[Step]) -> (Value, usize);
    /// Takes some of what evaluation may cost, and goes a level deeper; `false` where that is too much.
    fn enter(&self, cost: usize) -> bool;
    /// Comes back from the level.
    fn leave(&self);
    /// The text of a file beside the module: `file("${path.module}/groups.yaml")`.
    fn file(&self, path: &str) -> Option<String>;
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) names: &'a dyn Names,
    pub(super) source: &'a Source,
    pub(super) bound: Option<&'a Bound<'a>>,
}

/// A name that a loop, `each` or `count` binds.
pub(super) struct Bound<'a> {
    pub(super) name: &'a str,
    pub(super) value: Value,
    pub(super) next: Option<&'a Bound<'a>>,
}

impl<'a> Env<'a> {
    fn look_up(&self, name: &str) -> Option<&'a Value> {
        let mut bound = self.bound;
        while let Some(one) = bound {
            if one.name == name {
                return Some(&one.value);
            }
            bound = one.next;
        }
        None
    }
    /// The same place, where a name is bound as well.
    pub(super) fn with<'b>(&'b self, bound: &'b Bound<'b>) -> Env<'b> {
        Env { names: self.names, source: self.source, bound: Some(bound) }
    }
}

/// The value of an expression. Cost: bounded by [`Names::enter`].
pub(super) fn evaluate(expression: &Expression, env: &Env<'_>) -> Value {
    if !env.names.enter(1) {
        env.names.leave();
        return Value::not_yet("evaluating it takes too long");
    }
    let value = plain(expression, env);
    env.names.leave();
    named(value, expression, env)
}

fn plain(expression: &Expression, env: &Env<'_>) -> Value {
    match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(is) => Value::Bool(*is.value()),
        Expression::Number(number) => number.value().as_f64().map_or(Value::Null, Value::Number),
        Expression::String(text) => Value::Text(text.value().clone()),
        Expression::Array(list) => Value::List(list.iter().map(|inner| given(inner, env)).collect()),
        Expression::Object(entries) => object(entries, env),
        Expression::StringTemplate(template) => template::value(&template.iter().collect::<Vec<_>>(), env),
        Expression::HeredocTemplate(heredoc) => template::value(&heredoc.template.iter().collect::<Vec<_>>(), env),
        Expression::Parenthesis(inner) => evaluate(inner.inner(), env),
        Expression::Variable(name) => traversal::variable(name.as_str(), env),
        Expression::Traversal(path) => traversal::value(path, env),
        Expression::Conditional(conditional) => operators::conditional(conditional, env),
        Expression::UnaryOp(operation) => operators::unary(operation, env),
        Expression::BinaryOp(operation) => operators::binary(operation, env),
        Expression::FuncCall(call) => calls::value(call, env),
        Expression::ForExpr(each) => loops::value(each, env),
    }
}

/// What is not known is called as it is written; a path may have found the better name.
fn named(value: Value, expression: &Expression, env: &Env<'_>) -> Value {
    match value {
        Value::Unknown(mut unknown) => {
            let is_path = matches!(expression, Expression::Traversal(_) | Expression::Parenthesis(_));
            if unknown.text.is_empty() || !is_path {
                unknown.text = env.source.written(expression);
            }
            if unknown.text.is_empty() {
                unknown.text = "an expression".to_owned();
            }
            Value::Unknown(unknown)
        }
        known => known,
    }
}

/// A value of JSON.
pub(super) fn of_json(json: &serde_json::Value) -> Value {
    functions::of_json(json)
}

/// A value with its line.
pub(super) fn given(expression: &Expression, env: &Env<'_>) -> Given {
    Given { value: evaluate(expression, env), line: env.source.line(expression.span()) }
}

fn object(entries: &Object, env: &Env<'_>) -> Value {
    let mut body = Body::default();
    let mut places = BTreeMap::new();
    for (key, inner) in entries.iter() {
        let key = match key {
            ObjectKey::Ident(name) => Value::Text(name.as_str().to_owned()),
            ObjectKey::Expression(expression) => evaluate(expression, env),
        };
        let Some(key) = key.text() else {
            return if let Value::Unknown(_) = key { key } else { Value::refused("a key of an object is no text") };
        };
        let inner = given(inner.expr(), env);
        match places.get(&key) {
            Some(at) => body.entries[*at] = (key, inner),
            None => {
                places.insert(key.clone(), body.entries.len());
                body.entries.push((key, inner));
            }
        }
    }
    Value::Map(body)
}

impl Value {
    /// The whole of it is not known, or nothing.
    fn whole_gap(&self) -> Option<&Unknown> {
        if let Value::Unknown(unknown) = self { Some(unknown) } else { None }
    }
}
