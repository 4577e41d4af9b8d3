//! Which version of Cluster Autoscaler decides: its own, which upstream wants to be the cluster's.

use super::issue::{Issue, Issues};
use super::release;
use crate::autoscaler::NEWEST_RECORDED;
use crate::release::{KubernetesVersion, Unsupported};

/// What its image and its program are called.
pub(crate) const PROGRAM: &str = "cluster-autoscaler";

/// Where the version comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    /// Somebody wrote it in this field or option.
    Given(&'a str, &'a str),
    /// The image of its Deployment.
    Image(&'a str),
    /// Nobody said it: the cluster's is meant.
    Nowhere,
    /// Nobody said it, and the cluster's is that of its newest kubelet, if there is one.
    Kubelets,
}

/// The version whose rules decide, next to a cluster's where that is known. What is doubtful goes to `issues`, under `field`.
pub(crate) fn decide(
    found: Found<'_>,
    field: &str,
    cluster: Option<KubernetesVersion>,
    issues: &mut Issues,
) -> KubernetesVersion {
    let otherwise = cluster.unwrap_or(NEWEST_RECORDED);
    let assumed =
        if cluster.is_some() { "the cluster's is assumed" } else { "the newest of the recorded ones is assumed" };
    let version = match found {
        Found::Given(field, text) => release::version(field, text).unwrap_or_else(|issue| {
            issues.push(issue);
            otherwise
        }),
        Found::Image(image) => of_image(image, field, (otherwise, assumed), issues),
        Found::Nowhere => otherwise,
        Found::Kubelets => {
            issues.push(Issue::note(field, format!("{otherwise}: no version is given, {assumed}")));
            otherwise
        }
    };
    if version > NEWEST_RECORDED {
        let message = format!("what changed after {NEWEST_RECORDED} is not simulated: {version} decides as that does");
        issues.push(Issue::warning(field, message));
    }
    if let Some(cluster) = cluster.filter(|cluster| cluster.minor().abs_diff(version.minor()) > 1) {
        let message = format!("Cluster Autoscaler {version} in a cluster of {cluster}");
        let issue = Issue::warning(field, message);
        issues.push(issue.with_help("upstream recommends that both are of the same minor version"));
    }
    version
}

/// By the tag of an image.
fn of_image(
    image: &str,
    field: &str,
    (otherwise, assumed): (KubernetesVersion, &str),
    issues: &mut Issues,
) -> KubernetesVersion {
    let tag = image.split('@').next().and_then(|name| name.rsplit('/').next()?.split_once(':')).map(|(_, tag)| tag);
    match tag.map(|tag| (tag, KubernetesVersion::parse(tag))) {
        Some((_, Ok(version))) => version,
        Some((tag, Err(Unsupported::Nearest(nearest)))) => {
            let message = format!("the rules of {tag} are not known: {nearest}, the nearest, decides");
            issues.push(Issue::warning(field, message));
            nearest
        }
        Some((_, Err(Unsupported::NoVersion))) | None => {
            let message = format!("{otherwise}: the image `{image}` does not say which version it is, {assumed}");
            issues.push(Issue::note(field, message));
            otherwise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use KubernetesVersion::*;

    fn decided(found: Found<'_>, cluster: KubernetesVersion) -> (KubernetesVersion, Vec<String>) {
        let mut issues = Issues::new();
        let version = decide(found, "autoscaler.version", Some(cluster), &mut issues);
        (version, issues.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_version_is_given_or_the_images_or_the_clusters() {
        let (version, said) = decided(Found::Given("autoscaler.version", "v1.32.1"), V1_31);
        assert_eq!((version, said.len()), (V1_32, 0));
        for image in ["registry.k8s.io/autoscaling/cluster-autoscaler:v1.30.4", "ca:1.30.0@sha256:0a1b"] {
            assert_eq!(decided(Found::Image(image), V1_30), (V1_30, vec![]), "{image}");
        }
        for image in ["cluster-autoscaler", "host:5000/cluster-autoscaler:latest", "ca@sha256:00"] {
            let (version, said) = decided(Found::Image(image), V1_33);
            assert!(version == V1_33 && said[0].contains("the cluster's is assumed"), "{image}: {said:?}");
        }
        assert_eq!(decided(Found::Nowhere, V1_29), (V1_29, vec![]));
        let (version, said) = decided(Found::Kubelets, V1_29);
        assert!(version == V1_29 && said[0].contains("no version is given"), "{said:?}");
    }

    #[test]
    fn what_is_far_away_or_unknown_is_said() {
        let (version, said) = decided(Found::Given("autoscaler.version", "1.40"), V1_31);
        assert!(version == V1_31 && said[0].contains("the nearest is 1.36"), "{said:?}");
        let (version, said) = decided(Found::Image("cluster-autoscaler:v1.27.3"), V1_28);
        assert!(version == V1_28 && said[0].contains("1.28, the nearest, decides"), "{said:?}");
        let (_, said) = decided(Found::Given("", "1.31"), V1_34);
        assert!(said[0].contains("1.31 in a cluster of 1.34"), "{said:?}");
        assert!(decided(Found::Given("", "1.33"), V1_34).1.is_empty());
        let (version, said) = decided(Found::Nowhere, V1_36);
        assert!(version == V1_36 && said[0].contains("1.36 decides as that does"), "{said:?}");
    }
}
