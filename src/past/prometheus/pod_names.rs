//! The workload in the name of a pod.

use regex::Regex;
use std::sync::LazyLock;

/// What controllers append to their own name. Of a Deployment: the hash of the template and five characters; of a CronJob:
/// the minute and five characters; of a DaemonSet or a Job: five characters; of a StatefulSet: a number. Hashes are of
/// letters and digits that make no words: upstream leaves out vowels, `y`, 0, 1 and 3.
///
/// Upstream: rand.SafeEncodeString, apimachinery v0.28; getJobName, cronjob controller.
pub(super) const PATTERN: &str = "(.+?)-(?:[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\
    |[0-9]{8}-[bcdfghjklmnpqrstvwxz2456789]{5}|[bcdfghjklmnpqrstvwxz2456789]{5}|[0-9]{1,4})";

static WHOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(&format!("^(?:{PATTERN})$")).expect("a pattern"));
static HASH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}$").expect("a pattern"));

/// The workload that a pod is called after, if its name has an ending of a controller's.
pub(super) fn workload_of(pod: &str) -> Option<&str> {
    WHOLE.captures(pod).and_then(|found| found.get(1)).map(|name| name.as_str())
}

/// The Deployment that a ReplicaSet is called after.
pub(super) fn deployment_of(replica_set: &str) -> Option<&str> {
    HASH.captures(replica_set).and_then(|found| found.get(1)).map(|name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_controllers_are_taken_off() {
        assert_eq!(workload_of("redis-cart-6b7c9d8f4c-x2z5k"), Some("redis-cart"));
        assert_eq!(workload_of("worker-2-57cf8d4f6-bcdfg"), Some("worker-2"));
        assert_eq!(workload_of("postgres-0"), Some("postgres"));
        assert_eq!(workload_of("node-exporter-x7k2p"), Some("node-exporter"));
        assert_eq!(workload_of("backup-28374651-x7k2p"), Some("backup"));
        assert_eq!(workload_of("kube-proxy"), None, "words have vowels");
        assert_eq!(deployment_of("web-7d9f8c6b5d"), Some("web"));
    }
}
