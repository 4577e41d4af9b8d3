//! Which node groups are the autoscaler's: named by hand, or found by their tags or the beginning of their names.

use super::flags::{Discovery, Flags, NamedGroup};
use std::collections::BTreeMap;

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

/// EKS calls the group behind the node group `app` `eks-app` and something random.
fn is(group: &NamedGroup, name: &str) -> bool {
    group.name == name || group.name.strip_prefix("eks-").is_some_and(|rest| rest.starts_with(&format!("{name}-")))
}

/// Whether a discovery finds a group.
fn found(discovery: &Discovery, name: &str, tags: &Tags) -> Option<Claim> {
    match discovery {
        Discovery::Tags(wanted) => {
            wanted.iter().all(|(key, value)| has(tags, key, value.as_deref())).then_some(Claim::Yes)
        }
        Discovery::NamePrefix(group) => name.starts_with(&group.name).then_some(Claim::Bounded(group.min, group.max)),
    }
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
        if let Some(group) = self.nodes.iter().find(|group| is(group, name)) {
            return Claim::Bounded(group.min, group.max);
        }
        if self.nodes.is_empty() && self.node_group_auto_discovery.is_empty() {
            return Claim::Unsaid;
        }
        self.node_group_auto_discovery.iter().find_map(|one| found(one, name, tags)).unwrap_or(Claim::No)
    }

    /// The named groups that are none of these.
    pub fn strangers<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a NamedGroup> {
        self.nodes.iter().filter(|group| !names.iter().any(|name| is(group, name)))
    }

    /// The discoveries that find none of these groups.
    pub fn vain<'a>(&'a self, groups: &'a [(&str, &Tags)]) -> impl Iterator<Item = &'a Discovery> {
        let finds = |one: &Discovery| groups.iter().any(|(name, tags)| found(one, name, tags).is_some());
        self.node_group_auto_discovery.iter().filter(move |one| !finds(one))
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
}
