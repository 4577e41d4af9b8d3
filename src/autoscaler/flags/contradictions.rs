//! Flags that do not go together.

use super::Flags;

impl Flags {
    /// Flags that do not go together, in words.
    ///
    /// Upstream: the checks of `main.createAutoscalingOptions` that end the process, 1.28.0 to 1.35; and backoffs whose
    /// bounds are the wrong way round.
    pub fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |wrong: bool, why: &str| found.extend(wrong.then(|| why.to_owned()));
        check(
            self.max_drain_parallelism > 1.max(self.max_scale_down_parallelism),
            "--max-drain-parallelism must not be above --max-scale-down-parallelism",
        );
        check(
            self.max_drain_parallelism > 1 && !self.parallel_drain,
            "--max-drain-parallelism above 1 needs --parallel-drain",
        );
        check(
            self.initial_node_group_backoff_duration > self.max_node_group_backoff_duration,
            "--initial-node-group-backoff-duration must not be above --max-node-group-backoff-duration",
        );
        check(
            !self.drain_priorities.is_empty() && self.grace_given,
            "--drain-priority-config and --max-graceful-termination-sec exclude each other",
        );
        let allows = |name: &String| self.allowed_scheduler_names.contains(name);
        check(
            !self.allowed_scheduler_names.is_empty() && !self.bypassed_scheduler_names.iter().all(allows),
            "--bypassed-scheduler-names has to be among --allowed-scheduler-names",
        );
        for (at, group) in self.nodes.iter().enumerate() {
            let again = self.nodes[..at].iter().any(|other| other.name == group.name);
            check(again, &format!("--nodes names `{}` twice", group.name));
        }
        found
    }
}
