//! The flags of the VPA's recommender and updater, as their Deployments have them.

use super::command_line;
use super::issue::{Issue, Issues};
use super::kubernetes::workloads::Workload;
use crate::units::SimDuration;
use crate::vpa::Flags;

/// Programs whose flags decide.
const PROGRAMS: [(&str, &[Row]); 2] = [("recommender", RECOMMENDER), ("updater", UPDATER)];

/// A flag's name and how it is set. Errors: what was expected.
type Row = (&'static str, fn(&mut Flags, &str) -> Result<(), &'static str>);

/// Upstream: pkg/recommender, 1.0.0; the percentiles of cpu are memory's too there.
const RECOMMENDER: &[Row] = &[
    ("recommendation-margin-fraction", |flags, text| share(&mut flags.margin, text)),
    ("pod-recommendation-min-cpu-millicores", |flags, text| number(text).map(|n| flags.pod_min_cpu_milli = n as i64)),
    ("pod-recommendation-min-memory-mb", |flags, text| {
        number(text).map(|n| flags.pod_min_memory_bytes = (n * MIB) as i64)
    }),
    ("target-cpu-percentile", |flags, text| share(&mut flags.target_percentile, text)),
    ("recommendation-lower-bound-cpu-percentile", |flags, text| share(&mut flags.lower_percentile, text)),
    ("recommendation-upper-bound-cpu-percentile", |flags, text| share(&mut flags.upper_percentile, text)),
    ("cpu-histogram-decay-half-life", |flags, text| span(&mut flags.cpu_half_life, text)),
    ("memory-histogram-decay-half-life", |flags, text| span(&mut flags.memory_half_life, text)),
    ("memory-aggregation-interval", |flags, text| span(&mut flags.memory_interval, text)),
    ("oom-bump-up-ratio", |flags, text| number(text).map(|n| flags.oom_bump_up_ratio = n)),
    ("oom-min-bump-up-bytes", |flags, text| number(text).map(|n| flags.oom_min_bump_up_bytes = n as i64)),
    ("recommender-interval", |flags, text| span(&mut flags.interval, text)),
];

/// Upstream: pkg/updater, 1.0.0.
const UPDATER: &[Row] = &[
    ("min-replicas", |flags, text| number(text).map(|n| flags.min_replicas = n as i32)),
    ("eviction-tolerance", |flags, text| share(&mut flags.eviction_tolerance, text)),
    ("pod-update-threshold", |flags, text| share(&mut flags.update_threshold, text)),
    ("in-recommendation-bounds-eviction-lifetime-threshold", |flags, text| span(&mut flags.lifetime_threshold, text)),
    ("evict-after-oom-threshold", |flags, text| span(&mut flags.quick_oom, text)),
];

/// Flags of either that change no recommendation here: connections, logs, where usage is read.
const WITHOUT_EFFECT: &[&str] = &[
    "address",
    "add-dir-header",
    "alsologtostderr",
    "checkpoints-gc-interval",
    "checkpoints-timeout",
    "kube-api-burst",
    "kube-api-qps",
    "kubeconfig",
    "log-backtrace-at",
    "log-dir",
    "log-file",
    "log-file-max-size",
    "logtostderr",
    "metric-for-pod-labels",
    "min-checkpoints",
    "one-output",
    "pod-label-prefix",
    "pod-name-label",
    "pod-namespace-label",
    "profiling",
    "recommender-name",
    "skip-headers",
    "skip-log-headers",
    "stderrthreshold",
    "use-admission-controller-status",
    "v",
    "vmodule",
];

const MIB: f64 = 1_048_576.0;

/// Whether a Deployment's container is one of the VPA's programs: by its image or by what it starts.
fn program(container: &super::kubernetes::pod::Container) -> Option<(&'static [Row], Vec<String>)> {
    PROGRAMS.iter().find_map(|(name, rows)| {
        let image = container.image.rsplit('/').next().unwrap_or_default().starts_with(&format!("vpa-{name}"));
        let started = [format!("{name}-amd64"), format!("{name}-arm64"), format!("vpa-{name}"), (*name).to_owned()];
        let started = started.iter().filter(|_| image || container.name.contains("vpa") || container.name == *name);
        let words = started.filter_map(|name| command_line::words_of(container, name)).next();
        let all = || container.command.iter().chain(&container.args).cloned().collect();
        (image || words.is_some()).then(|| (*rows, words.unwrap_or_else(all)))
    })
}

/// Whether a Deployment is of one of the VPA's programs.
pub(super) fn is_meant(workload: &Workload) -> bool {
    workload.spec.template.spec.containers.iter().any(|container| program(container).is_some())
}

/// Sets what a Deployment says, if it is of the recommender or the updater.
pub(super) fn read(workload: &Workload, flags: &mut Flags, issues: &mut Issues) {
    for container in &workload.spec.template.spec.containers {
        let Some((rows, words)) = program(container) else { continue };
        let mut words = words.iter().map(String::as_str).skip_while(|word| !word.starts_with('-')).peekable();
        while let Some(word) = words.next() {
            let word = word.trim_start_matches('-');
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, value),
                None => (word, words.next_if(|next| !next.starts_with('-')).unwrap_or("true")),
            };
            let name = &*name.replace('_', "-");
            match rows.iter().find(|(known, _)| *known == name) {
                Some((_, set)) => {
                    if let Err(expected) = set(flags, value) {
                        issues.push(Issue::error(format!("--{name}"), format!("found `{value}`, expected {expected}")));
                    }
                }
                None if WITHOUT_EFFECT.contains(&name) => {}
                None => {
                    let issue = Issue::warning(format!("--{name}"), "this flag of the VPA is not simulated");
                    issues.push(issue.suggest(name, rows.iter().map(|(known, _)| *known)));
                }
            }
        }
    }
}

fn number(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|number: &f64| *number >= 0.0 && *number < 1e15).ok_or("a number from 0")
}

fn share(field: &mut f64, text: &str) -> Result<(), &'static str> {
    let share = number(text).ok().filter(|share| *share <= 1.0).ok_or("a number from 0 to 1")?;
    *field = share;
    Ok(())
}

fn span(field: &mut SimDuration, text: &str) -> Result<(), &'static str> {
    let span = SimDuration::parse(text).ok().filter(|span| *span > SimDuration::ZERO);
    *field = span.ok_or("a time such as 24h0m0s")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(container: &str) -> (Flags, String) {
        let text = format!(r#"{{"spec":{{"template":{{"spec":{{"containers":[{container}]}}}}}}}}"#);
        let workload: Workload = serde_json::from_str(&text).expect("the test's own text");
        let (mut flags, mut issues) = (Flags::default(), Issues::new());
        read(&workload, &mut flags, &mut issues);
        (flags, issues.iter().map(|issue| format!("{issue}\n")).collect())
    }

    #[test]
    fn the_recommenders_deployment_says_its_flags() {
        let (flags, said) = read_from(
            r#"{"name":"recommender","image":"registry.k8s.io/autoscaling/vpa-recommender:1.0.0","args":["--v=4",
                "--pod-recommendation-min-memory-mb=50","--pod-recommendation-min-cpu-millicores","10",
                "--recommendation-margin-fraction=0.3","--storage=prometheus","--target-cpu-percentile=2"]}"#,
        );
        assert_eq!((flags.pod_min_memory_bytes, flags.pod_min_cpu_milli, flags.margin), (50 << 20, 10, 0.3));
        assert!(said.contains("--storage: this flag of the VPA is not simulated"), "{said}");
        assert!(said.contains("--target-cpu-percentile: found `2`, expected a number from 0 to 1"), "{said}");
        assert!(!said.contains("--v"), "{said}");
    }

    #[test]
    fn other_deployments_say_nothing() {
        let (flags, said) = read_from(r#"{"name":"web","image":"shop/web","args":["--min-replicas=9","--x"]}"#);
        assert_eq!((flags, said), (Flags::default(), String::new()));
    }
}
