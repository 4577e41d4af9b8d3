//! The groups that flags name, and the rules by which they find some.

use std::collections::BTreeMap;

/// `--nodes=min:max:name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGroup {
    /// The group's name, or the beginning of several ones.
    pub name: String,
    /// Least size.
    pub min: i32,
    /// Largest size.
    pub max: i32,
}

/// One `--node-group-auto-discovery`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// `asg:tag=key,key=value`: groups that have all these tags, with any value where none is named.
    Tags(Vec<(String, Option<String>)>),
    /// `mig:namePrefix=PREFIX,min=MIN,max=MAX`: groups whose names begin so, with these bounds.
    NamePrefix(NamedGroup),
}

impl NamedGroup {
    /// Upstream: `dynamic.SpecFromString`, `NodeGroupSpec.Validate`, 1.28.0. Errors: what was expected.
    pub(super) fn parse(text: &str) -> Result<NamedGroup, String> {
        let mut parts = text.splitn(3, ':');
        let mut number = || parts.next().and_then(|part| part.parse::<i32>().ok());
        let bounds = number().zip(number());
        let name = parts.next().filter(|name| !name.is_empty());
        let ((min, max), name) = bounds.zip(name).ok_or("min:max:name")?;
        NamedGroup { name: name.to_owned(), min, max }.checked()
    }

    fn checked(self) -> Result<NamedGroup, String> {
        if self.min < 0 || self.min > self.max { Err("0 <= min <= max".to_owned()) } else { Ok(self) }
    }
}

impl Discovery {
    /// Upstream: `parseASGAutoDiscoverySpec`, `parseMIGAutoDiscoverySpec`, 1.28.0. Errors: what was expected.
    pub(super) fn parse(text: &str) -> Result<Discovery, String> {
        let expected = "asg:tag=KEY,KEY=VALUE or mig:namePrefix=PREFIX,min=MIN,max=MAX";
        let (kind, parameters) = text.split_once(':').ok_or(expected)?;
        let found = match kind {
            "asg" => parameters.strip_prefix("tag=").and_then(tags).map(Discovery::Tags),
            "mig" => prefix(parameters)?.map(Discovery::NamePrefix),
            _ => None,
        };
        found.ok_or_else(|| expected.to_owned())
    }
}

fn tags(list: &str) -> Option<Vec<(String, Option<String>)>> {
    let one = |text: &str| match text.split_once('=') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned()).filter(|value| !value.is_empty())),
        None => (text.to_owned(), None),
    };
    let list: Vec<_> = list.split(',').map(one).collect();
    list.iter().all(|(key, _)| !key.is_empty()).then_some(list)
}

fn prefix(parameters: &str) -> Result<Option<NamedGroup>, String> {
    let pairs: Option<BTreeMap<&str, &str>> = parameters.split(',').map(|pair| pair.split_once('=')).collect();
    let Some(pairs) = pairs.filter(|pairs| pairs.len() == 3) else { return Ok(None) };
    let number = |key: &str| pairs.get(key).and_then(|text| text.parse::<i32>().ok());
    let name = pairs.get("namePrefix").filter(|prefix| !prefix.is_empty());
    let (Some(name), Some(min), Some(max)) = (name, number("min"), number("max")) else { return Ok(None) };
    NamedGroup { name: (*name).to_owned(), min, max }.checked().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in ["", "1:2", "1:2:", "a:2:b", "3:2:b", "-1:2:b"] {
            assert!(NamedGroup::parse(text).is_err(), "{text}");
        }
        for text in [
            "asg",
            "asg:",
            "asg:tag=",
            "asg:tag=a,,b",
            "asg:name=a",
            "vmss:tag=a",
            "mig:namePrefix=,min=0,max=1",
            "mig:namePrefix=a,min=2,max=1",
            "mig:namePrefix=a",
        ] {
            assert!(Discovery::parse(text).is_err(), "{text}");
        }
    }
}
