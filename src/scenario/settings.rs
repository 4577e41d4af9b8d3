//! Single values on top of a scenario: `traffic.scale=2`.

use super::documents::parse;
use super::issue::Issue;
use serde_json::Value;

/// Puts another entry at the end of a list: `autoscaler.flags.+`.
const ONE_MORE: &str = "+";

/// A value at a path of a scenario, with how the user asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    path: Vec<String>,
    value: Value,
    written: String,
}

impl Setting {
    /// What `--set` is given: `path=value`, the parts of the path with dots between them, the value as YAML.
    ///
    /// Errors: it is not of that form.
    pub fn parse(text: &str) -> Result<Setting, Issue> {
        let refuse = |why: String| Issue::error("--set", why);
        let (path, value) =
            text.split_once('=').ok_or_else(|| refuse(format!("`{text}` is not of the form path=value")))?;
        let value = parse(value).map_err(|_| refuse(format!("the value of `{text}` is not YAML")))?;
        if path.split('.').any(str::is_empty) {
            return Err(refuse(format!("`{path}` has an empty part")));
        }
        Ok(Setting { path: path.split('.').map(str::to_owned).collect(), value, written: format!("--set {text}") })
    }

    /// A value at a path whose parts may hold dots; `written` is what the user wrote for it, with the flag.
    pub fn new(path: Vec<String>, value: Value, written: String) -> Setting {
        Setting { path, value, written }
    }

    /// The parts of the path.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// As the user wrote it, with the flag before it.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Puts the value where it belongs; what is not there yet is made.
    pub(super) fn apply(&self, scenario: &mut Value) -> Result<(), Issue> {
        let flag = self.written.split(' ').next().unwrap_or_default();
        let path = self.path.join(".");
        let refuse = |why: String| Err(Issue::error(flag, format!("`{path}`: {why}")));
        let mut place = scenario;
        for key in &self.path {
            if place.is_null() {
                *place = if key == ONE_MORE { Value::Array(Vec::new()) } else { Value::Object(serde_json::Map::new()) };
            }
            place = match place {
                Value::Array(entries) => {
                    if key == ONE_MORE {
                        entries.push(Value::Null);
                    }
                    let length = entries.len();
                    let index = if key == ONE_MORE { Some(length - 1) } else { key.parse().ok() };
                    let Some(index) = index else { return refuse(format!("`{key}` is below a list")) };
                    match entries.get_mut(index) {
                        Some(entry) => entry,
                        None => return refuse(format!("there are only {length} entries")),
                    }
                }
                Value::Object(fields) => fields.entry(key.clone()).or_insert(Value::Null),
                _ => return refuse(format!("`{key}` is below a plain value")),
            };
        }
        place.clone_from(&self.value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(sets: &[&str]) -> Value {
        let mut value = json!({"traffic": {"scale": 1}, "flags": ["a"]});
        for set in sets {
            let set = Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}"));
            set.apply(&mut value).unwrap_or_else(|issue| panic!("{issue}"));
        }
        value
    }

    fn refused(set: &str) -> String {
        let mut value = json!({"traffic": {"scale": 1}, "flags": ["a"]});
        let done = Setting::parse(set).and_then(|set| set.apply(&mut value));
        done.expect_err("it makes no sense").to_string()
    }

    #[test]
    fn values_are_put_where_they_belong() {
        assert_eq!(with(&["traffic.scale=2"])["traffic"]["scale"], 2);
        assert_eq!(with(&["flags.0=b", "flags.+=--c=d"])["flags"], json!(["b", "--c=d"]));
        assert_eq!(with(&["new.list.+={a: 1}"])["new"], json!({"list": [{"a": 1}]}));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |set: &str, text: &str| assert_eq!(refused(set), format!("error: --set: {text}"));
        check("traffic", "`traffic` is not of the form path=value");
        check("traffic..scale=1", "`traffic..scale` has an empty part");
        check("traffic.scale.x=1", "`traffic.scale.x`: `x` is below a plain value");
        check("flags.7=b", "`flags.7`: there are only 1 entries");
        check("flags.x=b", "`flags.x`: `x` is below a list");
        check("a=[", "the value of `a=[` is not YAML");
    }
}
