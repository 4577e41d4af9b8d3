//! `*.tf` files: their blocks as declarations.

use super::body::{Body, Declaration, Given, Value};
use crate::scenario::issue::Issue;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body as HclBody, Structure};
use hcl_edit::template::{Element, Template};
use hcl_edit::{Span, parser};

/// The resources and modules of a text. Errors: where it is no HCL.
pub(super) fn declarations(text: &str, file: &str, scope: &str) -> Result<Vec<Declaration>, Issue> {
    let body: HclBody = parser::parse_body(text).map_err(|error| {
        let place = error.location();
        let mut issue = Issue::error("", error.message().to_owned()).in_file(file, Some(place.line() as u32));
        issue.place.column = Some(place.column() as u32);
        issue
    })?;
    let starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let reader = Reader { text, starts };
    let mut found = Vec::new();
    for structure in body.iter() {
        let Structure::Block(block) = structure else { continue };
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        let (kind, label) = match (block.ident.as_str(), &labels[..]) {
            ("module", [label]) => ("module", *label),
            ("resource", [kind, label]) => (*kind, *label),
            _ => continue,
        };
        found.push(Declaration {
            kind: kind.to_owned(),
            label: label.to_owned(),
            body: reader.body(&block.body),
            file: file.to_owned(),
            line: reader.line(block.span()),
            scope: scope.to_owned(),
            is_evaluated: false,
        });
    }
    Ok(found)
}

struct Reader<'a> {
    text: &'a str,
    /// Where lines begin, but for the first.
    starts: Vec<usize>,
}

impl Reader<'_> {
    fn line(&self, span: Option<std::ops::Range<usize>>) -> u32 {
        span.map_or(1, |span| self.starts.partition_point(|start| *start <= span.start) as u32 + 1)
    }

    fn body(&self, body: &HclBody) -> Body {
        let mut read = Body::default();
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => {
                    let line = self.line(attribute.span());
                    let value = self.value(&attribute.value);
                    read.entries.push((attribute.key.as_str().to_owned(), Given { value, line }));
                }
                Structure::Block(block) => self.block(block, &mut read),
            }
        }
        read
    }

    fn block(&self, block: &Block, read: &mut Body) {
        let line = self.line(block.span());
        match (block.ident.as_str(), block.labels.first()) {
            ("dynamic", Some(label)) => read.dynamic.push((label.as_str().to_owned(), line)),
            (name, _) => {
                let value = Value::Map(self.body(&block.body));
                read.entries.push((name.to_owned(), Given { value, line }));
            }
        }
    }

    fn value(&self, value: &Expression) -> Value {
        match value {
            Expression::Null(_) => Value::Null,
            Expression::Bool(is) => Value::Bool(*is.value()),
            Expression::Number(number) => number.value().as_f64().map_or(Value::Null, Value::Number),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(list) => Value::List(list.iter().map(|inner| self.given(inner)).collect()),
            Expression::Object(object) => {
                let mut body = Body::default();
                for (key, inner) in object.iter() {
                    match key_text(key) {
                        Some(key) => body.entries.push((key, self.given(inner.expr()))),
                        None => return self.expression(value),
                    }
                }
                Value::Map(body)
            }
            Expression::Parenthesis(inner) => self.value(inner.inner()),
            Expression::HeredocTemplate(heredoc) => {
                literal(&heredoc.template).map_or_else(|| self.expression(value), Value::Text)
            }
            // Conversions of what is literal are as good as literal.
            Expression::FuncCall(call) if ["toset", "tolist", "tomap"].contains(&call.name.name.as_str()) => {
                call.args.iter().next().map_or(Value::Null, |inner| self.value(inner))
            }
            _ => self.expression(value),
        }
    }

    fn given(&self, value: &Expression) -> Given {
        Given { value: self.value(value), line: self.line(value.span()) }
    }

    fn expression(&self, value: &Expression) -> Value {
        let text = value.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        Value::Expression(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
        ObjectKey::Expression(Expression::Parenthesis(inner)) => inner.inner().as_str().map(str::to_owned),
        ObjectKey::Expression(expression) => expression.as_str().map(str::to_owned),
    }
}

fn literal(template: &Template) -> Option<String> {
    template
        .iter()
        .map(|element| match element {
            Element::Literal(text) => Some(text.value().as_str()),
            _ => None,
        })
        .collect()
}
