//! What the infrastructure leaves open of its node groups: a value for each, so that a first scenario runs.

use super::assumed::Assumed;
use super::pools;
use super::text::plain;
use crate::market::{Catalog, Provider};
use crate::scenario::Running;
use crate::scenario::issue::Issues;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How the reader says which field of a scenario gives what it misses.
const GIVE: &str = "give it in the scenario: nodeGroups.";
/// What a group is called where the infrastructure declares none.
const OWN: &str = "nodes";
const LEAST: i64 = 1;
const MOST: i64 = 3;

/// Fields of node groups that the infrastructure leaves open, as the reader of a draft told.
#[derive(Clone, Debug, Default)]
pub struct Open {
    fields: Vec<Field>,
    /// The region, where only the infrastructure tells it.
    region: Option<String>,
}

#[derive(Clone, Debug)]
struct Field {
    group: String,
    name: String,
    why: String,
    /// What is taken, where it is a size.
    size: i64,
}

impl Open {
    /// Takes in what the reader of a draft told; whether another draft says more than that one did.
    pub fn learn(&mut self, issues: &Issues) -> bool {
        let mut is_new = false;
        for issue in issues.iter() {
            let (field, message) = (issue.place.field.as_deref().unwrap_or_default(), issue.message.as_str());
            let missed = issue.help.as_deref().and_then(|help| help.strip_prefix(GIVE)?.rsplit_once('.'));
            if let Some((group, name)) = missed {
                is_new |= self.add(group, name, &reason(message));
            } else if (field, message) == ("nodeGroups", "there is no node group") {
                let why = "the infrastructure declares no group that can be read";
                ["instanceTypes", "minSize", "maxSize"].iter().for_each(|name| is_new |= self.add(OWN, name, why));
            } else if let Some((group, name)) = field.strip_prefix("nodeGroups.").and_then(|rest| rest.rsplit_once('.'))
            {
                is_new |= self.fit(group, name, message);
            } else if let ("cluster.region", Some((region, _))) = (field, message.split_once(" is taken from here")) {
                self.region = Some(region.to_owned());
            }
        }
        is_new
    }

    fn add(&mut self, group: &str, name: &str, why: &str) -> bool {
        let is_known = self.fields.iter().any(|one| one.group == group && one.name == name);
        let is_writable = value(name, "", 0).is_some();
        if is_known || !is_writable {
            return false;
        }
        let size = if name == "maxSize" { MOST } else { LEAST };
        self.fields.push(Field { group: group.to_owned(), name: name.to_owned(), why: why.to_owned(), size });
        true
    }

    /// Widens an assumed bound to a size that is known: `found 5, expected 1 to 3`.
    fn fit(&mut self, group: &str, name: &str, message: &str) -> bool {
        let Some((found, least)) = sizes(message).filter(|_| ["minSize", "desiredSize"].contains(&name)) else {
            return false;
        };
        let mut is_new = false;
        for one in self.fields.iter_mut().filter(|one| one.group == group) {
            let size = match one.name.as_str() {
                "maxSize" => one.size.max(found),
                "minSize" if name == "minSize" => 0,
                "minSize" => one.size.min(found),
                "desiredSize" if name == "desiredSize" => least,
                _ => one.size,
            };
            is_new |= size != one.size;
            one.size = size;
        }
        is_new
    }

    /// Writes `nodeGroups`, and what was taken to be so.
    pub(super) fn write(&self, workloads: &[Running], region: &str, body: &mut String) -> Vec<Assumed> {
        let region = self.region.as_deref().unwrap_or(region);
        let pool = pools::propose(workloads, region);
        let usual = match Catalog::shipped().provider(region) {
            Ok(Provider::Gcp) => "e2-standard-2",
            _ => "m5.large",
        };
        let kind = pool.as_ref().map_or(usual, |pool| pool.instance_type.as_str());
        let mut groups: BTreeMap<&str, Vec<&Field>> = BTreeMap::new();
        self.fields.iter().for_each(|one| groups.entry(&one.group).or_default().push(one));
        let mut assumed = Vec::new();
        if !groups.is_empty() {
            *body += "nodeGroups:\n";
        }
        for (group, fields) in groups {
            let types = fields.iter().any(|one| one.name == "instanceTypes");
            // As many as hold the requests, where the machines are those of the proposal.
            let least = pool.as_ref().filter(|_| types).map_or(0, |pool| pool.nodes);
            let mut said = Vec::new();
            for one in fields {
                let size = if one.name == "maxSize" { one.size.max(least) } else { one.size };
                let Some(value) = value(&one.name, kind, size) else { continue };
                let what = format!("{} of {group}: {}", one.name, value.trim_matches(['[', ']']));
                let vars = if one.why.contains("`var.") { "; terraformVars" } else { "" };
                assumed.push(Assumed::new(what, &one.why, format!("nodeGroups.{group}.{}{vars}", one.name)));
                said.push(format!("{}: {value}", one.name));
            }
            let _ = writeln!(body, "  {}: {{{}}}", plain(group), said.join(", "));
        }
        assumed
    }
}

/// What a field is taken to be; none where nothing is likely.
fn value(field: &str, kind: &str, size: i64) -> Option<String> {
    match field {
        "instanceTypes" => Some(format!("[{kind}]")),
        "minSize" | "maxSize" | "desiredSize" => Some(size.to_string()),
        "capacityType" => Some("ON_DEMAND".to_owned()),
        "labels" => Some("{}".to_owned()),
        "taints" => Some("[]".to_owned()),
        "diskSize" => Some("20".to_owned()),
        _ => None,
    }
}

/// The found size, and the least that is expected.
fn sizes(message: &str) -> Option<(i64, i64)> {
    let (found, expected) = message.strip_prefix("found ")?.split_once(", expected ")?;
    Some((found.parse().ok()?, expected.split(' ').next()?.parse().ok()?))
}

/// Why a field has no value, without what is done about it.
fn reason(message: &str) -> String {
    let message = message.split(": the group is not part").next().unwrap_or(message);
    match message.split_once(" is not a literal value, and ") {
        Some((_, why)) if !why.starts_with("it ") => why.to_owned(),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::issue::Issue;

    fn missing(field: &str) -> Issue {
        Issue::error("x", "`v` is not a literal value, and `v` has no value").with_help(format!("{GIVE}a.b.{field}"))
    }

    #[test]
    fn an_open_field_is_taken_once_and_bounds_make_room_for_what_is_known() {
        let mut open = Open::default();
        let both: Issues =
            [missing("maxSize"), missing("instanceTypes")].into_iter().fold(Issues::new(), |mut all, one| {
                all.push(one);
                all
            });
        assert!(open.learn(&both) && !open.learn(&both));
        assert!(open.learn(&Issue::error("nodeGroups.a.b.minSize", "found 5, expected 0 to the maximum of 3").into()));
        let mut body = String::new();
        let assumed = open.write(&[], "europe-west1", &mut body);
        assert_eq!(body, "nodeGroups:\n  a.b: {maxSize: 5, instanceTypes: [e2-standard-2]}\n");
        assert_eq!(
            (assumed[0].why.as_str(), assumed[1].say_it_in.as_str()),
            ("`v` has no value", "nodeGroups.a.b.instanceTypes")
        );
        assert!(!open.learn(&missing("somethingElse").into()), "nothing is likely");
    }
}
