//! Which Kubernetes: its minor version, and the feature gates that somebody switched.
//!
//! Every room that decides as Kubernetes does has a table `Rules::of(&Release)`: one row per rule that changed, named as upstream names it,
//! with the version or the gate that brought it. Nothing else in a room asks for a version. A new version of Kubernetes is a variant of
//! [`KubernetesVersion`], a row of [`Gate`]s that changed, and rows of those tables.
//!
//! Not here: what a version costs (`market`), and which versions of Cluster Autoscaler there are (`autoscaler`).

mod gate;
mod version;

pub use gate::Gate;
pub use version::{KubernetesVersion, Unsupported};

/// A Kubernetes version with the feature gates that were switched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// The minor version.
    pub version: KubernetesVersion,
    /// Gates that are not as the version has them, in the order of [`Gate::ALL`].
    switched: Vec<(Gate, bool)>,
}

impl Release {
    /// A version with every gate as it is by default.
    pub fn of(version: KubernetesVersion) -> Self {
        Release { version, switched: Vec::new() }
    }

    /// Switches a gate. Errors: the version does not know it, or holds it fast; what is to be said of it.
    pub fn switch(&mut self, gate: Gate, on: bool) -> Result<(), String> {
        let (version, name) = (self.version, gate.name());
        match gate.stage(version) {
            None if version < gate.since() => Err(format!("{name} came with Kubernetes {}", gate.since())),
            None => Err(format!("{name} is gone from Kubernetes {version}")),
            Some(stage) if stage.is_locked && stage.is_on != on => {
                let word = if stage.is_on { "on" } else { "off" };
                Err(format!("{name} is always {word} in Kubernetes {version}"))
            }
            Some(_) => {
                self.switched.retain(|(other, _)| *other != gate);
                self.switched.push((gate, on));
                self.switched.sort_unstable();
                Ok(())
            }
        }
    }

    /// Whether a gate is on: as it was switched, else as the version has it.
    pub fn is_on(&self, gate: Gate) -> bool {
        let switched = self.switched.iter().find(|(other, _)| *other == gate);
        switched.map_or_else(|| gate.stage(self.version).is_some_and(|stage| stage.is_on), |(_, on)| *on)
    }

    /// The gates that were switched.
    pub fn switched(&self) -> &[(Gate, bool)] {
        &self.switched
    }
}

impl From<KubernetesVersion> for Release {
    fn from(version: KubernetesVersion) -> Self {
        Release::of(version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use KubernetesVersion::*;

    #[test]
    fn a_gate_is_as_its_version_has_it_unless_it_is_switched() {
        let mut release = Release::of(V1_33);
        assert!(!release.is_on(Gate::PodLevelResources) && release.is_on(Gate::SchedulerQueueingHints));
        release.switch(Gate::PodLevelResources, true).expect("alpha since 1.32");
        release.switch(Gate::SchedulerQueueingHints, false).expect("beta until 1.34");
        assert!(release.is_on(Gate::PodLevelResources) && !release.is_on(Gate::SchedulerQueueingHints));
        release.switch(Gate::PodLevelResources, false).expect("and back");
        assert!(!release.is_on(Gate::PodLevelResources));
    }

    #[test]
    fn a_gate_that_is_fixed_or_unknown_says_so() {
        let refused = |version, gate, on| Release::of(version).switch(gate, on).expect_err("refused");
        assert_eq!(refused(V1_28, Gate::PodLevelResources, true), "PodLevelResources came with Kubernetes 1.32");
        assert_eq!(
            refused(V1_34, Gate::SchedulerQueueingHints, false),
            "SchedulerQueueingHints is always on in Kubernetes 1.34"
        );
        assert_eq!(refused(V1_36, Gate::HPAContainerMetrics, true), "HPAContainerMetrics is gone from Kubernetes 1.36");
        assert!(Release::of(V1_34).switch(Gate::SchedulerQueueingHints, true).is_ok(), "it says what is so");
    }
}
