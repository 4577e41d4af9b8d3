//! Operators and conditions, with Terraform's conversions.

use super::{Env, evaluate};
use crate::scenario::terraform::body::Value;
use hcl_edit::expr::{BinaryOp, BinaryOperator, Conditional, UnaryOp, UnaryOperator};

/// `condition ? a : b`; where the condition is not known, what both say.
pub(super) fn conditional(conditional: &Conditional, env: &Env<'_>) -> Value {
    let condition = evaluate(&conditional.cond_expr, env);
    match condition.boolean() {
        Some(true) => evaluate(&conditional.true_expr, env),
        Some(false) => evaluate(&conditional.false_expr, env),
        None if condition.whole_gap().is_some() => {
            let both = [&conditional.true_expr, &conditional.false_expr].map(|branch| evaluate(branch, env));
            if both[0].gap().is_none() && same(&both[0], &both[1]) == Some(true) {
                let [either, _] = both;
                return either;
            }
            condition
        }
        None => Value::refused("the condition is neither true nor false"),
    }
}

/// `!a` and `-a`.
pub(super) fn unary(operation: &UnaryOp, env: &Env<'_>) -> Value {
    let value = evaluate(&operation.expr, env);
    if value.whole_gap().is_some() {
        return value;
    }
    let found = match operation.operator.value() {
        UnaryOperator::Not => value.boolean().map(|is| Value::Bool(!is)),
        UnaryOperator::Neg => value.number().map(|number| Value::Number(-number)),
    };
    found.unwrap_or_else(|| Value::refused("it is neither a number nor true or false"))
}

/// All operators between two values.
pub(super) fn binary(operation: &BinaryOp, env: &Env<'_>) -> Value {
    use BinaryOperator::{And, Div, Eq, Greater, GreaterEq, Less, LessEq, Minus, Mod, Mul, NotEq, Or, Plus};
    let operator = *operation.operator.value();
    let left = evaluate(&operation.lhs_expr, env);
    // What the left side decides, the right side does not.
    if let (And, Some(false)) | (Or, Some(true)) = (operator, left.boolean()) {
        return Value::Bool(operator == Or);
    }
    let right = evaluate(&operation.rhs_expr, env);
    if let (And, Some(false)) | (Or, Some(true)) = (operator, right.boolean()) {
        return Value::Bool(operator == Or);
    }
    if let Eq | NotEq = operator {
        let gap = [&left, &right].into_iter().find_map(|side| side.gap().cloned());
        let is_same = same(&left, &right);
        return is_same.map_or_else(
            || gap.map_or(Value::Null, Value::Unknown),
            |is_same| Value::Bool(is_same == (operator == Eq)),
        );
    }
    for side in [&left, &right] {
        if side.whole_gap().is_some() {
            return side.clone();
        }
    }
    if let And | Or = operator {
        let both = left.boolean().zip(right.boolean());
        return both.map_or_else(
            || Value::refused("it is neither true nor false"),
            |(left, right)| Value::Bool(if operator == And { left && right } else { left || right }),
        );
    }
    let Some((left, right)) = left.number().zip(right.number()) else { return Value::refused("it is no number") };
    match operator {
        LessEq => Value::Bool(left <= right),
        GreaterEq => Value::Bool(left >= right),
        Less => Value::Bool(left < right),
        Greater => Value::Bool(left > right),
        Plus => Value::Number(left + right),
        Minus => Value::Number(left - right),
        Mul => Value::Number(left * right),
        Div | Mod if right == 0.0 => Value::refused("it divides by zero"),
        Div => Value::Number(left / right),
        _ => Value::Number(left % right),
    }
}

/// Whether two values are the same, wherever they are written; nothing if that hangs on what is not known.
pub(super) fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::List(left), Value::List(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            all(left.iter().zip(right).map(|(left, right)| same(&left.value, &right.value)))
        }
        (Value::Map(left), Value::Map(right)) => {
            if left.entries.len() != right.entries.len() {
                return Some(false);
            }
            all(left.entries.iter().map(|(key, given)| {
                let found = right.entries.iter().find(|(known, _)| known == key);
                found.map_or(Some(false), |(_, other)| same(&given.value, &other.value))
            }))
        }
        _ => Some(left == right),
    }
}

/// False if any is, else not known if any is.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

impl Value {
    /// A number, or a text that is one.
    pub(in crate::scenario::terraform) fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }
}
