//! What the pods of a workload ask for, as far as the pod autoscalers look at it.

use super::kubernetes::pod::Container;
use super::kubernetes::workloads::Workload;
use crate::units::Quantity;

/// Requests and limits of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PodShape {
    /// `requests.cpu` of a pod in milli-cores.
    pub cpu_request_milli: Option<i64>,
    /// `requests.memory` of a pod in bytes.
    pub memory_request_bytes: Option<i64>,
    /// No pod uses more cpu; milli-cores.
    pub cpu_limit_milli: Option<i64>,
}

impl PodShape {
    /// Of all containers together, or of the one that an HPA looks at; nothing where one of them says nothing.
    pub(super) fn of(workload: &Workload, container: Option<&str>) -> Self {
        let containers = workload.spec.template.spec.containers.iter();
        let containers: Vec<_> = containers.filter(|c| container.is_none_or(|name| c.name == name)).collect();
        let sum = |amount: &dyn Fn(&Container) -> Option<i64>| -> Option<i64> {
            let mut amounts = containers.iter().map(|container| amount(container));
            let sum = amounts.try_fold(0, |sum: i64, amount| Some(sum.wrapping_add(amount?)));
            sum.filter(|_| !containers.is_empty())
        };
        // A limit stands in for a request that is not there, as the API server defaults it.
        let request = |c: &Container, name: &str| -> Option<Quantity> {
            c.resources.requests.get(name).or(c.resources.limits.get(name)).copied()
        };
        PodShape {
            cpu_request_milli: sum(&|c| request(c, "cpu").map(Quantity::milli_value)),
            memory_request_bytes: sum(&|c| request(c, "memory").map(Quantity::value)),
            cpu_limit_milli: sum(&|c| c.resources.limits.get("cpu").map(|limit| limit.milli_value())),
        }
    }
    /// Of two containers together; nothing where one of them says nothing.
    pub fn with(self, other: PodShape) -> Self {
        let add = |a: Option<i64>, b: Option<i64>| Some(a?.wrapping_add(b?));
        PodShape {
            cpu_request_milli: add(self.cpu_request_milli, other.cpu_request_milli),
            memory_request_bytes: add(self.memory_request_bytes, other.memory_request_bytes),
            cpu_limit_milli: add(self.cpu_limit_milli, other.cpu_limit_milli),
        }
    }
    /// What is given here, and what `other` says where nothing is; the limit is `other`'s.
    pub fn or(self, other: PodShape) -> Self {
        PodShape {
            cpu_request_milli: self.cpu_request_milli.or(other.cpu_request_milli),
            memory_request_bytes: self.memory_request_bytes.or(other.memory_request_bytes),
            cpu_limit_milli: other.cpu_limit_milli,
        }
    }
}
