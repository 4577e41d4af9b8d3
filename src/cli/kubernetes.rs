//! Whose rules apply: `--kubernetes`, `--feature-gates`, and `--against`, the version that is set beside.

use foresail::release::{KubernetesVersion, Release};
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::release;
use foresail::scenario::snapshot::Whose;
use std::collections::{BTreeMap, BTreeSet};

/// The options that choose a version.
#[derive(clap::Args)]
pub(super) struct Versions {
    /// Kubernetes version whose rules apply, 1.28 to 1.36
    #[arg(long, value_name = "VERSION")]
    kubernetes: Option<String>,
    /// What another version would decide otherwise
    #[arg(long, value_name = "VERSION")]
    against: Option<String>,
    /// Feature gates that are not as the version has them, as components take them
    #[arg(long, value_name = "NAME=true|false,...")]
    feature_gates: Option<String>,
}

impl Versions {
    /// The version with its gates: `otherwise` where none is given.
    pub(super) fn release(&self, otherwise: KubernetesVersion, issues: &mut Issues) -> Release {
        let Some(text) = &self.kubernetes else {
            let message = format!("{otherwise} is assumed: the newest version whose rules are known");
            issues.push(Issue::note("--kubernetes", message));
            return self.with_gates(otherwise, issues);
        };
        self.with_gates(read("--kubernetes", text, issues).unwrap_or(otherwise), issues)
    }

    /// The version that is set beside it, with the same gates where it lets them be switched.
    pub(super) fn against(&self, issues: &mut Issues) -> Option<Release> {
        let version = read("--against", self.against.as_deref()?, issues)?;
        let mut own = Issues::new();
        let release = self.with_gates(version, &mut own);
        // What both versions say of a gate is said once.
        only_new(&own, issues).into_iter().for_each(|issue| issues.push(issue));
        Some(release)
    }

    /// Whose rules a dump is read by: those of its nodes where no version is given.
    pub(super) fn whose(&self, issues: &mut Issues) -> Whose {
        match &self.kubernetes {
            Some(_) => Whose::Given(self.release(KubernetesVersion::NEWEST, issues)),
            None => Whose::OfNodes(self.gates(issues)),
        }
    }

    fn with_gates(&self, version: KubernetesVersion, issues: &mut Issues) -> Release {
        let mut made = Release::of(version);
        release::switch(&mut made, "--feature-gates", &self.gates(issues), issues);
        made
    }

    fn gates(&self, issues: &mut Issues) -> BTreeMap<String, bool> {
        let gates = self.feature_gates.as_deref().map(|text| release::gates_of("--feature-gates", text));
        gates.transpose().map_err(|issue| issues.push(issue)).ok().flatten().unwrap_or_default()
    }
}

/// What the second version says that the first did not.
pub(super) fn only_new(second: &Issues, first: &Issues) -> Vec<Issue> {
    let said: BTreeSet<String> = first.iter().map(Issue::to_string).collect();
    second.iter().filter(|issue| !said.contains(&issue.to_string())).cloned().collect()
}

/// The version that an option names; what is wrong with it goes to `issues`.
pub(super) fn read(option: &str, text: &str, issues: &mut Issues) -> Option<KubernetesVersion> {
    release::version(option, text).map_err(|issue| issues.push(issue)).ok()
}
