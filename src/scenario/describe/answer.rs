//! One answer, and how its fields are read.

use crate::scenario::declared::Fact;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::terraform::TerraformGroup;
use serde_json::Value;

/// An answer with the text that it stands in.
pub(super) struct Answer<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
    pub(super) value: &'a Value,
}

impl<'a> Answer<'a> {
    /// The same text, a part of the answer.
    pub(super) fn part(&self, value: &'a Value) -> Answer<'a> {
        Answer { value, ..*self }
    }
    pub(super) fn get(&self, pointer: &str) -> Option<&'a Value> {
        self.value.pointer(pointer).filter(|value| !value.is_null())
    }
    pub(super) fn text(&self, pointer: &str) -> Option<&'a str> {
        self.get(pointer)?.as_str().filter(|text| !text.is_empty())
    }
    pub(super) fn truth(&self, pointer: &str) -> bool {
        self.get(pointer).and_then(Value::as_bool).unwrap_or(false)
    }
    /// A whole number of 0 or more; another value is an issue.
    pub(super) fn number(&self, pointer: &str, issues: &mut Issues) -> Option<i32> {
        let value = self.get(pointer)?;
        let text = value.as_str().and_then(|text| text.parse().ok());
        let found = value.as_i64().or(text).and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= 0);
        if found.is_none() {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            issues
                .push(self.locate(Issue::error(field, format!("found {value}, expected a whole number of 0 or more"))));
        }
        found
    }
    pub(super) fn texts(&self, pointer: &str) -> Vec<String> {
        let list = self.get(pointer).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }
    pub(super) fn pairs(&self, pointer: &str) -> Vec<(String, String)> {
        let fields = self.get(pointer).and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }
    /// `[{key, value, effect}]`.
    pub(super) fn taints(&self, pointer: &str) -> Vec<(String, String, String)> {
        let list = self.get(pointer).and_then(Value::as_array).into_iter().flatten();
        let text = |taint: &Value, key: &str| taint.get(key).and_then(Value::as_str).map(str::to_owned);
        let taint =
            |one: &Value| Some((text(one, "key")?, text(one, "value").unwrap_or_default(), text(one, "effect")?));
        list.filter_map(taint).collect()
    }
    /// Where a name stands first.
    pub(super) fn line_of(&self, name: &str) -> u32 {
        self.text.find(name).map_or(1, |at| self.text[..at].matches('\n').count() as u32 + 1)
    }
    pub(super) fn locate(&self, issue: Issue) -> Issue {
        let name = ["/nodegroupName", "/AutoScalingGroupName", "/name"].iter().find_map(|pointer| self.text(pointer));
        issue.in_file(self.file, Some(name.map_or(1, |name| self.line_of(name))))
    }
    /// A group of that name, of which nothing else is known.
    pub(super) fn group(&self, name: &str) -> TerraformGroup {
        TerraformGroup {
            name: name.to_owned(),
            file: self.file.to_owned(),
            line: self.line_of(name),
            ..TerraformGroup::default()
        }
    }
    /// A fact that stands where a text does.
    pub(super) fn fact(&self, value: &str) -> Fact<String> {
        Fact::at(value.to_owned(), self.file, self.line_of(value))
    }
}
