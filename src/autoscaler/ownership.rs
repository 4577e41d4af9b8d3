//! Which node groups are the autoscaler's: named by hand, or found by their tags or the beginning of their names.

use super::flags::Flags;
use std::collections::BTreeMap;

/// `--nodes=min:max:name`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NamedGroup {
    pub name: String,
    pub min: i32,
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

/// Whose a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No flag says which groups are the autoscaler's.
    Unsaid,
    /// Others are.
    No,
    /// It is, with the bounds that the cloud has.
    Yes,
    /// It is, with a least and a largest size of the flags.
    Bounded(i32, i32),
}

/// The tags of a group. A key that ends in `/*` stands for any one below it: its last part is not known.
pub type Tags = BTreeMap<String, String>;

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

    /// EKS calls the group behind the node group `app` `eks-app-` and something random.
    fn is(&self, name: &str) -> bool {
        self.name == name || self.name.strip_prefix("eks-").is_some_and(|rest| rest.starts_with(&format!("{name}-")))
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

    fn claim(&self, name: &str, tags: &Tags) -> Option<Claim> {
        match self {
            Discovery::Tags(wanted) => {
                wanted.iter().all(|(key, value)| has(tags, key, value.as_deref())).then_some(Claim::Yes)
            }
            Discovery::NamePrefix(group) => {
                name.starts_with(&group.name).then_some(Claim::Bounded(group.min, group.max))
            }
        }
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

fn has(tags: &Tags, key: &str, value: Option<&str>) -> bool {
    let matches = |(known, own): (&String, &String)| {
        let same = known == key || known.strip_suffix('*').is_some_and(|prefix| key.starts_with(prefix));
        same && value.is_none_or(|value| value == own)
    };
    tags.iter().any(matches)
}

impl Flags {
    /// Whose a group of this name and these tags is. Upstream: names given by hand count before those that are found.
    pub fn claim(&self, name: &str, tags: &Tags) -> Claim {
        if let Some(group) = self.nodes.iter().find(|group| group.is(name)) {
            return Claim::Bounded(group.min, group.max);
        }
        if self.nodes.is_empty() && self.node_group_auto_discovery.is_empty() {
            return Claim::Unsaid;
        }
        self.node_group_auto_discovery.iter().find_map(|found| found.claim(name, tags)).unwrap_or(Claim::No)
    }

    /// The named groups that are none of these.
    pub fn strangers<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a NamedGroup> {
        self.nodes.iter().filter(|group| !names.iter().any(|name| group.is(name)))
    }

    /// The discoveries that find none of these groups.
    pub fn vain<'a>(&'a self, groups: &'a [(&str, &Tags)]) -> impl Iterator<Item = &'a Discovery> {
        let finds = |found: &Discovery| groups.iter().any(|(name, tags)| found.claim(name, tags).is_some());
        self.node_group_auto_discovery.iter().filter(move |found| !finds(found))
    }
}

/// The tags that EKS gives to the group behind a managed node group. Source: EKS's guide on managed node groups.
pub fn eks_tags(cluster: Option<&str>, group: &str) -> Tags {
    let name = cluster.unwrap_or("*");
    let mut tags = Tags::from([
        ("k8s.io/cluster-autoscaler/enabled".to_owned(), "true".to_owned()),
        (format!("k8s.io/cluster-autoscaler/{name}"), "owned".to_owned()),
        (format!("kubernetes.io/cluster/{name}"), "owned".to_owned()),
        ("eks:nodegroup-name".to_owned(), group.to_owned()),
    ]);
    if let Some(cluster) = cluster {
        tags.insert("eks:cluster-name".to_owned(), cluster.to_owned());
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoscaler::FlagOutcome;

    fn flags(given: &[(&str, &str)]) -> Flags {
        let mut flags = Flags::default();
        for (name, value) in given {
            assert_eq!(flags.set(name, value), FlagOutcome::Set, "{name}={value}");
        }
        flags
    }

    #[test]
    fn groups_are_named_by_hand() {
        let flags = flags(&[("nodes", "1:5:app"), ("nodes", "0:3:eks-spot-1cbf")]);
        assert_eq!(flags.claim("app", &Tags::new()), Claim::Bounded(1, 5));
        assert_eq!(flags.claim("spot", &Tags::new()), Claim::Bounded(0, 3), "by the name that EKS makes of it");
        assert_eq!(flags.claim("db", &Tags::new()), Claim::No);
        assert_eq!(flags.strangers(&["app"]).map(|group| group.name.as_str()).collect::<Vec<_>>(), ["eks-spot-1cbf"]);
        assert_eq!(Flags::default().claim("app", &Tags::new()), Claim::Unsaid);
    }

    #[test]
    fn groups_are_found_by_all_their_tags() {
        let both = "asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/shop=owned";
        let flags = flags(&[("node-group-auto-discovery", both)]);
        assert_eq!(flags.claim("app", &eks_tags(Some("shop"), "app")), Claim::Yes);
        assert_eq!(flags.claim("app", &eks_tags(None, "app")), Claim::Yes, "the cluster's name is not known");
        assert_eq!(flags.claim("app", &eks_tags(Some("other"), "app")), Claim::No);
        let only_enabled = Tags::from([("k8s.io/cluster-autoscaler/enabled".to_owned(), String::new())]);
        assert_eq!(flags.claim("app", &only_enabled), Claim::No);
        assert_eq!(flags.vain(&[("app", &only_enabled)]).count(), 1);
    }

    #[test]
    fn groups_are_found_by_the_beginning_of_their_names() {
        let flags = flags(&[("node-group-auto-discovery", "mig:namePrefix=pool-,min=1,max=9")]);
        assert_eq!(flags.claim("pool-a", &Tags::new()), Claim::Bounded(1, 9));
        assert_eq!(flags.claim("a-pool", &Tags::new()), Claim::No);
    }

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
