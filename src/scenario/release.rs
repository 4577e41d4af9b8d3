//! Which Kubernetes a scenario, a dump or a command means.

use super::issue::{Issue, Issues, did_you_mean};
use crate::release::{Gate, KubernetesVersion, Release, Unsupported};
use std::collections::BTreeMap;

/// A version as somebody wrote it: a field or an option.
///
/// Errors: it is none that is known, and the nearest that is.
pub fn version(field: &str, text: &str) -> Result<KubernetesVersion, Issue> {
    KubernetesVersion::parse(text).map_err(|unsupported| {
        let issue = Issue::error(field, format!("found `{text}`, {unsupported}"));
        match unsupported {
            Unsupported::NoVersion => issue,
            Unsupported::Nearest(nearest) => {
                issue.with_help(format!("write {nearest}: docs/versions.md says what changed between versions"))
            }
        }
    })
}

/// A version that was found rather than given, in Terraform or on a node: the nearest whose rules are known, with what is to be said of
/// it.
pub(super) fn nearest(text: &str) -> (KubernetesVersion, Option<Issue>) {
    let decided = |version, word: &str| {
        let message = format!("the rules of {text} are not known: what it decides is decided as {word}{version} does");
        (version, Some(Issue::warning("cluster.kubernetesVersion", message)))
    };
    match KubernetesVersion::parse(text) {
        Ok(version) => (version, None),
        Err(Unsupported::Nearest(version)) => decided(version, ""),
        Err(Unsupported::NoVersion) => decided(KubernetesVersion::default(), "the newest version, "),
    }
}

/// The newest version of kubelets, which none of the control plane's may be behind. Upstream: the version skew policy, 1.28 to 1.36.
pub(crate) fn of_kubelets<'a>(versions: impl Iterator<Item = &'a str>) -> Option<KubernetesVersion> {
    versions.filter_map(|text| KubernetesVersion::parse(text).ok()).max()
}

/// Whose rules a dump of a cluster is read by, given its nodes' kubelets, and what is to be said of that.
pub(super) fn of_dump<'a>(kubelets: impl Iterator<Item = &'a str>) -> (KubernetesVersion, String) {
    let known = kubelets.filter_map(|text| match KubernetesVersion::parse(text) {
        Ok(version) => Some((version, None)),
        Err(Unsupported::Nearest(version)) => Some((version, Some(text))),
        Err(Unsupported::NoVersion) => None,
    });
    // One that is newer than all counts for more than the newest, one that is older than all for less than the oldest.
    let newest =
        known.max_by_key(|(version, unknown)| (*version, unknown.is_some() == (*version == KubernetesVersion::NEWEST)));
    match newest {
        Some((version, None)) => {
            (version, format!("{version} is taken, as the newest kubelet has it: no control plane is older"))
        }
        Some((version, Some(text))) => {
            (version, format!("the rules of {text} are not known: {version} is taken, the nearest"))
        }
        None => {
            let usual = KubernetesVersion::default();
            (usual, format!("{usual} is assumed: no node says what it runs"))
        }
    }
}

/// Switches gates by name; what is wrong with each goes to `issues`.
pub fn switch(release: &mut Release, field: &str, gates: &BTreeMap<String, bool>, issues: &mut Issues) {
    for (name, on) in gates {
        let field = if field.starts_with("--") { field.to_owned() } else { format!("{field}.{name}") };
        let names = || Gate::ALL.iter().map(|gate| gate.name());
        match Gate::named(name) {
            None => {
                let message = format!("`{name}` is no feature gate that changes what is simulated here");
                // One that is nearly spelt as one of these is a slip; Kubernetes has many others.
                issues.push(match did_you_mean(name, names()) {
                    Some(meant) => Issue::error(field, message).with_help(format!("did you mean `{meant}`?")),
                    None => {
                        let list = names().collect::<Vec<_>>().join(", ");
                        Issue::warning(field, format!("{message}: it is not looked at"))
                            .with_help(format!("there are {list}"))
                    }
                });
            }
            Some(gate) => {
                let outcome = release.switch(gate, *on);
                outcome.unwrap_or_else(|why| issues.push(Issue::error(field, why)));
            }
        }
    }
}

/// Gates as components take them, `--feature-gates A=true,B=false`.
///
/// Errors: a part that is no `NAME=true|false`.
pub fn gates_of(field: &str, text: &str) -> Result<BTreeMap<String, bool>, Issue> {
    let one = |part: &str| {
        let (name, word) = part.trim().split_once('=')?;
        Some((name.to_owned(), word.to_lowercase().parse().ok()?))
    };
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts
        .map(|part| {
            one(part).ok_or_else(|| {
                let issue = Issue::error(field, format!("found `{part}`, expected NAME=true or NAME=false"));
                issue.with_help(format!("for example {}=true", Gate::PodLevelResources.name()))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use KubernetesVersion::*;

    fn told(gates: &[(&str, bool)]) -> String {
        let (mut release, mut issues) = (Release::of(V1_34), Issues::new());
        let gates = gates.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect();
        switch(&mut release, "cluster.featureGates", &gates, &mut issues);
        issues.iter().map(|issue| format!("{issue}\n")).collect()
    }

    #[test]
    fn gates_that_cannot_be_switched_are_refused_and_strange_ones_named() {
        assert_eq!(told(&[("PodLevelResources", false)]), "");
        let slip = told(&[("PodLevelResource", false)]);
        assert!(slip.contains("error") && slip.contains("did you mean `PodLevelResources`?"), "{slip}");
        let other = told(&[("KubeletTracing", true)]);
        assert!(other.contains("warning") && other.contains("not looked at"), "{other}");
        let fixed = told(&[("SchedulerQueueingHints", false), ("HPAContainerMetrics", true)]);
        assert!(fixed.contains("always on in Kubernetes 1.34") && fixed.contains("gone from"), "{fixed}");
    }

    #[test]
    fn gates_are_read_as_components_take_them() {
        let read = gates_of("--feature-gates", "A=true, B=False,").expect("two gates");
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [("A".to_owned(), true), ("B".to_owned(), false)]);
        assert!(gates_of("--feature-gates", "A").is_err() && gates_of("--feature-gates", "A=1").is_err());
    }

    #[test]
    fn a_version_that_was_found_is_never_an_error() {
        assert_eq!(nearest("1.31.4"), (V1_31, None));
        for (text, version) in [("1.24", V1_28), ("1.40", V1_36), ("latest", V1_35)] {
            let (decided, doubt) = nearest(text);
            assert!(decided == version && doubt.is_some_and(|doubt| doubt.to_string().contains(text)), "{text}");
        }
        assert_eq!(of_kubelets(["v1.29.1-eks-1", "1.31.0", "?"].into_iter()), Some(V1_31));
    }
}
