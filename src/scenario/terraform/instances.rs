//! `count` and `for_each`: how often a declaration is there, and what `each` stands for.

use super::body::{Body, Declaration, Given, Value};
use super::unread::{cut, unread_block};
use crate::scenario::issue::{Issue, Issues};

/// More instances of one declaration are not taken apart.
const MOST: i32 = 100;

/// What `each` and `count` stand for in one instance.
struct Each {
    key: Value,
    value: Value,
}

/// The instances of a declaration; what cannot be known is said.
pub(super) fn instances(declaration: Declaration, issues: &mut Issues) -> Vec<Declaration> {
    if declaration.is_evaluated {
        return vec![declaration];
    }
    if let Some(given) = declaration.body.get("for_each").cloned() {
        return for_each(declaration, &given, issues);
    }
    let Some(given) = declaration.body.get("count").cloned() else { return vec![declaration] };
    let place = |issue: Issue| issue.in_file(declaration.file.clone(), Some(given.line));
    match given.value.integer() {
        Some(0) => {
            issues.push(place(Issue::note(declaration.name(), "its `count` is 0: it is not there")));
            Vec::new()
        }
        Some(1) => vec![declaration],
        Some(count) if (2..=MOST).contains(&count) => {
            let one = |index: i32| {
                let each = Each { key: Value::Number(f64::from(index)), value: Value::Null };
                declaration.instance(&format!("{}-{index}", declaration.label), &each, "count.index")
            };
            (0..count).map(one).collect()
        }
        _ => {
            let text = given.value.expression().map_or_else(|| "what it says".to_owned(), cut);
            let message = format!("`count = {text}` is not evaluated: it is taken to be there once");
            issues.push(place(Issue::warning(declaration.name(), message)));
            vec![declaration]
        }
    }
}

fn for_each(declaration: Declaration, given: &Given, issues: &mut Issues) -> Vec<Declaration> {
    let rows: Vec<(String, Value)> = match &given.value {
        Value::Map(body) => body.entries.iter().map(|(key, given)| (key.clone(), given.value.clone())).collect(),
        Value::List(list) => {
            let texts = list.iter().filter_map(|given| given.value.text());
            texts.map(|text| (text.clone(), Value::Text(text))).collect()
        }
        other => {
            let text = other.expression().map_or_else(|| "it".to_owned(), cut);
            let why = format!("`for_each = {text}` is not evaluated");
            issues.push(
                unread_block(&declaration, &declaration.name(), &why)
                    .in_file(declaration.file.clone(), Some(given.line)),
            );
            return Vec::new();
        }
    };
    if rows.is_empty() {
        let message = "its `for_each` is empty: it is not there";
        issues.push(Issue::note(declaration.name(), message).in_file(declaration.file.clone(), Some(given.line)));
    }
    let one = |(key, value): (String, Value)| {
        declaration.instance(&key, &Each { key: Value::Text(key.clone()), value }, "each.key")
    };
    rows.into_iter().map(one).collect()
}

impl Declaration {
    /// `aws_autoscaling_group.workers`, `module.eks`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.kind, self.label)
    }

    fn instance(&self, label: &str, each: &Each, key: &str) -> Declaration {
        Declaration { label: label.to_owned(), body: each.in_body(&self.body, key), ..self.clone() }
    }
}

impl Each {
    fn in_body(&self, body: &Body, key: &str) -> Body {
        let put = |(name, given): &(String, Given)| {
            (name.clone(), Given { value: self.in_value(&given.value, key), line: given.line })
        };
        Body { entries: body.entries.iter().map(put).collect(), dynamic: body.dynamic.clone() }
    }

    fn in_value(&self, value: &Value, key: &str) -> Value {
        match value {
            Value::Expression(text) => self.resolve(text, key).unwrap_or_else(|| value.clone()),
            Value::Map(body) => Value::Map(self.in_body(body, key)),
            Value::List(list) => {
                let put = |given: &Given| Given { value: self.in_value(&given.value, key), line: given.line };
                Value::List(list.iter().map(put).collect())
            }
            other => other.clone(),
        }
    }

    fn resolve(&self, text: &str, key: &str) -> Option<Value> {
        if let Some(template) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return self.fill(template, key).map(Value::Text);
        }
        self.look_up(text.trim(), key)
    }

    /// `each.key`, `each.value`, `each.value.a["b"]`, `count.index`.
    fn look_up(&self, text: &str, key: &str) -> Option<Value> {
        if text == key {
            return Some(self.key.clone());
        }
        let path = text.strip_prefix("each.value")?;
        let mut value = &self.value;
        for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
            let Value::Map(body) = value else { return None };
            value = &body.get(step.trim_end_matches(']').trim_matches('"'))?.value;
        }
        Some(value.clone())
    }

    /// A template whose every part is known.
    fn fill(&self, template: &str, key: &str) -> Option<String> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (inside, tail) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&self.look_up(inside.trim(), key)?.text()?);
            rest = tail;
        }
        Some(filled + rest)
    }
}
