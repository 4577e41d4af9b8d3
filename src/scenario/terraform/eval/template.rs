//! Templates: `"web-${var.env}"`, `%{ if ... }`, `%{ for ... }`.

use super::{Bound, Env, evaluate, loops};
use crate::scenario::terraform::body::{Unknown, Value};
use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip};

/// Longer texts are not put together.
const LONGEST: usize = 16 << 20;

/// A template's value: of a single interpolation its own, else a text.
pub(super) fn value(elements: &[&Element], env: &Env<'_>) -> Value {
    if let [Element::Interpolation(only)] = elements {
        return evaluate(&only.expr, env);
    }
    let mut text = Filled::default();
    match text.fill(elements.iter().copied(), env) {
        Ok(()) => Value::Text(text.text),
        Err(unknown) => Value::Unknown(unknown),
    }
}

/// A text while it is put together.
#[derive(Default)]
struct Filled {
    text: String,
    /// White space at the beginning of the next literal does not count.
    strips_next: bool,
}

impl Filled {
    fn fill<'t>(&mut self, elements: impl Iterator<Item = &'t Element>, env: &Env<'_>) -> Result<(), Unknown> {
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let text = literal.value().as_str();
                    self.text += if self.strips_next { text.trim_start() } else { text };
                    self.strips_next = false;
                }
                Element::Interpolation(one) => {
                    self.strip(one.strip);
                    self.text += &scalar(&one.expr, env)?;
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(choice) => self.choose(choice, env)?,
                    Directive::For(each) => self.repeat(each, env)?,
                },
            }
            if self.text.len() > LONGEST {
                return Err(Unknown { why: "the text is longer than 16 MiB".to_owned(), ..Unknown::default() });
            }
        }
        Ok(())
    }

    fn strip(&mut self, strip: Strip) {
        if strip.strip_start() {
            self.text.truncate(self.text.trim_end().len());
        }
        self.strips_next = strip.strip_end();
    }

    fn choose(&mut self, choice: &IfDirective, env: &Env<'_>) -> Result<(), Unknown> {
        let condition = evaluate(&choice.if_expr.cond_expr, env);
        self.strip(choice.if_expr.strip);
        match (condition.boolean(), condition, &choice.else_expr) {
            (Some(true), _, _) => self.fill(choice.if_expr.template.iter(), env)?,
            (Some(false), _, Some(other)) => {
                self.strip(other.strip);
                self.fill(other.template.iter(), env)?;
            }
            (Some(false), _, None) => {}
            (None, Value::Unknown(unknown), _) => return Err(unknown),
            (None, ..) => return Err(Unknown { why: "a condition is no truth".to_owned(), ..Unknown::default() }),
        }
        self.strip(choice.endif_expr.strip);
        Ok(())
    }

    fn repeat(&mut self, each: &ForDirective, env: &Env<'_>) -> Result<(), Unknown> {
        let head = &each.for_expr;
        let rows = loops::rows(evaluate(&head.collection_expr, env))?;
        self.strip(head.strip);
        for (key, given) in rows {
            let key_name = head.key_var.as_ref().map_or("", |name| name.as_str());
            let key = Bound { name: key_name, value: key, next: env.bound };
            let value = Bound { name: head.value_var.as_str(), value: given.value, next: Some(&key) };
            self.fill(head.template.iter(), &env.with(&value))?;
        }
        self.strip(each.endfor_expr.strip);
        Ok(())
    }
}

fn scalar(expression: &Expression, env: &Env<'_>) -> Result<String, Unknown> {
    let value = evaluate(expression, env);
    match (value.text(), value) {
        (Some(text), _) => Ok(text),
        (None, Value::Unknown(unknown)) => Err(unknown),
        (None, _) => {
            let why = "what stands in a text is no text, number or truth".to_owned();
            Err(Unknown { why, is_error: true, ..Unknown::default() })
        }
    }
}
