//! `*.tf.json` and `*.tfvars.json`: the same as HCL, a level of objects for each label.

use super::KINDS;
use crate::scenario::documents::json_message;
use crate::scenario::issue::Issue;
use hcl_edit::Ident;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey};
use hcl_edit::parser;
use hcl_edit::structure::{Attribute, Block, Body, BodyBuilder};
use serde_json::{Map, Value as Json};

/// The blocks of a text. Errors: where it is no JSON.
pub(super) fn body(text: &str) -> Result<Body, Issue> {
    let mut body = Body::builder();
    for (kind, json) in &fields(text)? {
        let count = KINDS.iter().find(|(known, _)| known == kind).map(|(_, count)| *count);
        for json in one_or_many(json) {
            match (kind.as_str(), count) {
                ("locals", _) => body = body.block(block("locals", &[], json, false)),
                (_, Some(count)) => body = add(body, (kind, count), &mut Vec::new(), json),
                _ => {}
            }
        }
    }
    Ok(body.build())
}

/// The fields of a text as attributes; nothing in them is a template. Errors: where it is no JSON.
pub(super) fn attributes(text: &str) -> Result<Body, Issue> {
    let json = Json::Object(fields(text)?);
    Ok(block("values", &[], &json, true).body)
}

fn fields(text: &str) -> Result<Map<String, Json>, Issue> {
    serde_json::from_str(text).map_err(|error| {
        let mut issue = Issue::error("", json_message(&error));
        (issue.place.line, issue.place.column) = (Some(error.line() as u32), Some(error.column() as u32));
        issue
    })
}

fn one_or_many(json: &Json) -> &[Json] {
    json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice)
}

fn add(mut body: BodyBuilder, of: (&str, usize), labels: &mut Vec<String>, json: &Json) -> BodyBuilder {
    for json in one_or_many(json) {
        if labels.len() == of.1 {
            body = body.block(block(of.0, labels, json, false));
            continue;
        }
        for (label, inner) in json.as_object().into_iter().flatten() {
            labels.push(label.clone());
            body = add(body, of, labels, inner);
            labels.pop();
        }
    }
    body
}

fn block(kind: &str, labels: &[String], json: &Json, is_literal: bool) -> Block {
    let mut block = Block::builder(Ident::new_sanitized(kind)).labels(labels.iter().map(String::as_str)).build();
    for (key, inner) in json.as_object().into_iter().flatten() {
        if key == "dynamic" && !is_literal {
            for (name, inner) in one_or_many(inner).iter().filter_map(Json::as_object).flatten() {
                for inner in one_or_many(inner) {
                    block.body.push(dynamic(name, inner));
                }
            }
            continue;
        }
        block.body.push(Attribute::new(Ident::new_sanitized(key), expression(inner, is_literal)));
    }
    block
}

/// `dynamic`, whose `content` is a block.
fn dynamic(name: &str, json: &Json) -> Block {
    let mut made = block("dynamic", &[name.to_owned()], json, false);
    if let Some(content) = json.get("content").and_then(|content| one_or_many(content).first()) {
        drop(made.body.remove_attribute("content"));
        made.body.push(block("content", &[], content, false));
    }
    made
}

fn expression(json: &Json, is_literal: bool) -> Expression {
    match json {
        Json::Null => Expression::null(),
        Json::Bool(is) => Expression::from(*is),
        Json::Number(number) => {
            number.as_f64().and_then(hcl_edit::Number::from_f64).map_or_else(Expression::null, Expression::from)
        }
        Json::String(text) if !is_literal && (text.contains("${") || text.contains("%{")) => {
            let quoted = format!("\"{}\"", quoted(text));
            parser::parse_expr(&quoted).unwrap_or_else(|_| Expression::from(text.as_str()))
        }
        Json::String(text) => Expression::from(text.as_str()),
        Json::Array(list) => {
            Expression::Array(list.iter().map(|inner| expression(inner, is_literal)).collect::<Array>())
        }
        Json::Object(fields) => {
            let mut object = Object::new();
            for (key, inner) in fields {
                let key = ObjectKey::Expression(expression(&Json::from(key.as_str()), is_literal));
                object.insert(key, expression(inner, is_literal));
            }
            Expression::Object(object)
        }
    }
}

/// As HCL writes it: outside of `${` and `}`, what JSON has read is escaped again.
fn quoted(text: &str) -> String {
    let (mut quoted, mut depth) = (String::new(), 0_u32);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '$' | '%' if letters.peek() == Some(&'{') && depth == 0 => {
                depth = 1;
                quoted.push(letter);
                quoted.extend(letters.next());
            }
            '{' if depth > 0 => {
                depth += 1;
                quoted.push(letter);
            }
            '}' if depth > 0 => {
                depth -= 1;
                quoted.push(letter);
            }
            '"' | '\\' if depth == 0 => quoted.extend(['\\', letter]),
            '\n' if depth == 0 => quoted += "\\n",
            '\r' if depth == 0 => quoted += "\\r",
            '\t' if depth == 0 => quoted += "\\t",
            _ => quoted.push(letter),
        }
    }
    quoted
}
