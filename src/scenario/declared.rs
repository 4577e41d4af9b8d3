//! What infrastructure declares of a cluster, whoever writes it: Terraform, eksctl, the clouds' own answers.

use super::file::FargateProfile;
use super::issue::{Issue, Issues};
use super::terraform::TerraformGroup;

/// A value and where it is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact<T> {
    pub(crate) value: T,
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// What is said of the cluster itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClusterFacts {
    /// Its name.
    pub(crate) name: Option<Fact<String>>,
    pub(crate) region: Option<Fact<String>>,
    /// `1.33`.
    pub(crate) kubernetes_version: Option<Fact<String>>,
    /// GKE's, in small letters.
    pub(crate) release_channel: Option<Fact<String>>,
    /// EKS Auto Mode.
    pub(crate) auto_mode: Option<Fact<()>>,
    /// GKE Autopilot.
    pub(crate) autopilot: Option<Fact<()>>,
    /// Selectors of Fargate profiles.
    pub(crate) fargate: Vec<Fact<FargateProfile>>,
}

/// All that is declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) groups: Vec<TerraformGroup>,
    /// NAT gateways, if any are declared.
    pub(crate) nat_gateways: Option<u32>,
    pub(crate) cluster: ClusterFacts,
}

impl<T> Fact<T> {
    /// A value that stands there.
    pub(crate) fn at(value: T, file: &str, line: u32) -> Self {
        Fact { value, file: file.to_owned(), line }
    }
    /// Puts an issue there.
    pub(crate) fn locate(&self, issue: Issue) -> Issue {
        issue.in_file(self.file.clone(), Some(self.line))
    }
}

impl Declared {
    /// Takes what another file says; where two say different things of the cluster the first counts, which is said.
    pub(crate) fn absorb(&mut self, other: Declared, issues: &mut Issues) {
        self.groups.extend(other.groups);
        self.nat_gateways = other.nat_gateways.map(|more| self.nat_gateways.unwrap_or(0) + more).or(self.nat_gateways);
        let ClusterFacts { name, region, kubernetes_version, release_channel, auto_mode, autopilot, fargate } =
            other.cluster;
        let own = &mut self.cluster;
        keep(&mut own.name, name, None);
        keep(&mut own.region, region, Some(("cluster.region", issues)));
        keep(&mut own.kubernetes_version, kubernetes_version, Some(("cluster.kubernetesVersion", issues)));
        keep(&mut own.release_channel, release_channel, Some(("cluster.releaseChannel", issues)));
        own.auto_mode = own.auto_mode.take().or(auto_mode);
        own.autopilot = own.autopilot.take().or(autopilot);
        own.fargate.extend(fargate);
    }
}

impl ClusterFacts {
    /// Takes a region; the first one counts.
    pub(crate) fn say_region(&mut self, region: Fact<String>, issues: &mut Issues) {
        keep(&mut self.region, Some(region), Some(("cluster.region", issues)));
    }
    /// Takes a version such as `1.33`; others (`latest`, whole builds) as far as they say one.
    pub(crate) fn say_version(&mut self, version: Fact<String>, issues: &mut Issues) {
        let mut parts = version.value.trim_start_matches('v').split(['.', '-']);
        let minor = parts.next().zip(parts.next()).filter(|(major, minor)| {
            [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let Some((major, minor)) = minor else { return };
        let value = format!("{major}.{minor}");
        let fact = Fact { value, ..version };
        keep(&mut self.kubernetes_version, Some(fact), Some(("cluster.kubernetesVersion", issues)));
    }
}

fn keep(own: &mut Option<Fact<String>>, other: Option<Fact<String>>, tell: Option<(&str, &mut Issues)>) {
    match (&*own, other) {
        (None, other) => *own = other,
        (Some(first), Some(second)) if first.value != second.value => {
            if let Some((field, issues)) = tell {
                let message =
                    format!("`{}` is said here, and `{}` in {}: that counts", second.value, first.value, first.file);
                let help = format!("give {field} in the scenario");
                issues.push(second.locate(Issue::warning(field, message).with_help(help)));
            }
        }
        _ => {}
    }
}
