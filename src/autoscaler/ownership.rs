//! Which node groups are the autoscaler's: named by hand, or found by their tags or the beginning of their names.

use super::cloud_names::{may_begin, may_mean};
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

/// A value that is not known, and may be any.
pub(crate) const ANY: &str = "*";

/// Whether a discovery finds the group of this name among those of all names.
fn found(discovery: &Discovery, (name, tags): (&str, &Tags), names: &[&str]) -> Option<Claim> {
    match discovery {
        Discovery::Tags(wanted) => {
            wanted.iter().all(|(key, value)| has(tags, key, value.as_deref())).then_some(Claim::Yes)
        }
        Discovery::NamePrefix(group) => {
            let begins = name.starts_with(&group.name) || may_begin(&group.name, name, names);
            begins.then_some(Claim::Bounded(group.min, group.max))
        }
    }
}

fn has(tags: &Tags, key: &str, value: Option<&str>) -> bool {
    let matches = |(known, own): (&String, &String)| {
        let same = known == key || known.strip_suffix('*').is_some_and(|prefix| key.starts_with(prefix));
        same && value.is_none_or(|value| value == own || own == ANY)
    };
    tags.iter().any(matches)
}

/// The one of these names that a cloud's name means: itself, else the longest that it may mean.
fn meant<'a>(full: &str, names: &[&'a str]) -> Option<&'a str> {
    let exact = names.iter().find(|name| **name == full);
    exact.or_else(|| names.iter().filter(|name| may_mean(full, name)).max_by_key(|name| name.len())).copied()
}

impl Flags {
    /// Whose these groups are. Upstream: names given by hand count before those that are found. A node group that
    /// several names stand for, one for each zone, has their sizes together.
    pub fn claims(&self, groups: &[(&str, &Tags)]) -> Vec<Claim> {
        let names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
        let owner = |group: &NamedGroup| meant(&group.name, &names);
        let claim = |(name, tags): &(&str, &Tags)| {
            let named = self.nodes.iter().filter(|group| owner(group) == Some(name));
            let bounds = named.map(|group| (group.min, group.max));
            if let Some((min, max)) =
                bounds.reduce(|all, one| (all.0.saturating_add(one.0), all.1.saturating_add(one.1)))
            {
                return Claim::Bounded(min, max);
            }
            if self.nodes.is_empty() && self.node_group_auto_discovery.is_empty() {
                return Claim::Unsaid;
            }
            let finds = |one: &Discovery| found(one, (*name, *tags), &names);
            self.node_group_auto_discovery.iter().find_map(finds).unwrap_or(Claim::No)
        };
        groups.iter().map(claim).collect()
    }

    /// The named groups that are none of these.
    pub fn strangers<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a NamedGroup> {
        self.nodes.iter().filter(|group| meant(&group.name, names).is_none())
    }

    /// The discoveries that find none of these groups.
    pub fn vain<'a>(&'a self, groups: &'a [(&str, &Tags)]) -> impl Iterator<Item = &'a Discovery> {
        let names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
        let finds = move |one: &Discovery| groups.iter().any(|(name, tags)| found(one, (name, tags), &names).is_some());
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
    tags.insert("eks:cluster-name".to_owned(), cluster.unwrap_or(ANY).to_owned());
    tags
}

/// The tags that eksctl gives to the group behind one of its own. Source: eksctl, `pkg/cfn/builder/nodegroup.go`.
pub fn eksctl_tags(cluster: Option<&str>, group: &str) -> Tags {
    let name = cluster.unwrap_or(ANY);
    Tags::from([
        ("k8s.io/cluster-autoscaler/enabled".to_owned(), "true".to_owned()),
        (format!("k8s.io/cluster-autoscaler/{name}"), "owned".to_owned()),
        (format!("kubernetes.io/cluster/{name}"), "owned".to_owned()),
        ("alpha.eksctl.io/cluster-name".to_owned(), name.to_owned()),
        ("alpha.eksctl.io/nodegroup-name".to_owned(), group.to_owned()),
    ])
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

    fn flags_of_eks() -> Flags {
        flags(&[("node-group-auto-discovery", "asg:tag=eks:cluster-name=shop")])
    }

    /// Whose the only group is.
    trait Alone {
        fn claim(&self, name: &str, tags: &Tags) -> Claim;
    }

    impl Alone for Flags {
        fn claim(&self, name: &str, tags: &Tags) -> Claim {
            self.claims(&[(name, tags)])[0]
        }
    }

    #[test]
    fn the_groups_of_all_zones_are_one() {
        let flags = flags(&[("nodes", "1:3:gke-c1-pool-1a2b3c4d-grp"), ("nodes", "0:4:gke-c1-pool-5e6f7a8b-grp")]);
        let none = Tags::new();
        let claims = flags.claims(&[("pool", &none), ("other-pool", &none)]);
        assert_eq!(claims, [Claim::Bounded(1, 7), Claim::No]);
    }

    #[test]
    fn a_prefix_finds_the_pools_that_it_goes_on_to() {
        let one = flags(&[("node-group-auto-discovery", "mig:namePrefix=gke-c1-pool-a,min=0,max=5")]);
        let all = flags(&[("node-group-auto-discovery", "mig:namePrefix=gke-c1,min=0,max=5")]);
        let none = Tags::new();
        let groups = [("pool-a", &none), ("pool-b", &none)];
        assert_eq!(one.claims(&groups), [Claim::Bounded(0, 5), Claim::No]);
        assert_eq!(all.claims(&groups), [Claim::Bounded(0, 5), Claim::Bounded(0, 5)]);
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
        let by_eks = flags_of_eks();
        assert_eq!(by_eks.claim("app", &eks_tags(Some("shop"), "app")), Claim::Yes);
        assert_eq!(by_eks.claim("app", &eks_tags(None, "app")), Claim::Yes);
        assert_eq!(by_eks.claim("app", &eks_tags(Some("other"), "app")), Claim::No);
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
