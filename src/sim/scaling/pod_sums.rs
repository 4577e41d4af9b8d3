//! What a pod's containers ask for together, for the fit and for the scores.

use crate::cluster::{Container, PodSpec};
use crate::vpa::Amounts;

/// What the scores count for a container that names no request. Upstream: `schedutil.GetNonzeroRequests`, 1.28.
const UNNAMED: Amounts = Amounts { cpu_milli: 100, memory_bytes: 200 << 20 };

/// The sums of a pod, without its overhead.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    /// Of the containers alone.
    pub(super) containers: Amounts,
    /// What is reserved: containers and sidecars, or the largest step of the init containers.
    ///
    /// Upstream: `resource.PodRequests`, 1.28.
    pub(super) reserved: Amounts,
    /// What scores count: the containers, or the largest step.
    ///
    /// Upstream: `calculateResource`, 1.28.
    pub(super) scored: Amounts,
}

impl Sums {
    pub(super) fn of(spec: &PodSpec) -> Sums {
        let mut sums = Sums { containers: NOTHING, reserved: NOTHING, scored: NOTHING };
        for container in &spec.containers {
            sums.containers = plus(sums.containers, asked(container));
            sums.scored = plus(sums.scored, counted(asked(container), named(container)));
        }
        sums.reserved = sums.containers;
        // What the sidecars so far ask for, and whether any of them names it.
        let (mut beside, mut any) = (NOTHING, (false, false));
        let (mut fit, mut scored) = (NOTHING, NOTHING);
        for container in &spec.init_containers {
            let own = named(container);
            let (step, names) = (plus(beside, asked(container)), (any.0 || own.0, any.1 || own.1));
            fit = most(fit, step);
            scored = most(scored, counted(step, names));
            if container.is_sidecar {
                (beside, any) = (step, names);
            }
        }
        sums.reserved = most(plus(sums.reserved, beside), fit);
        sums.scored = most(sums.scored, scored);
        sums
    }
}

const NOTHING: Amounts = Amounts { cpu_milli: 0, memory_bytes: 0 };

fn asked(container: &Container) -> Amounts {
    Amounts { cpu_milli: container.requests.cpu_milli, memory_bytes: container.requests.memory_bytes }
}

fn named(container: &Container) -> (bool, bool) {
    let requests = &container.requests;
    (container.has_cpu_request || requests.cpu_milli > 0, container.has_memory_request || requests.memory_bytes > 0)
}

fn counted(asked: Amounts, (cpu, memory): (bool, bool)) -> Amounts {
    Amounts {
        cpu_milli: if cpu { asked.cpu_milli } else { UNNAMED.cpu_milli },
        memory_bytes: if memory { asked.memory_bytes } else { UNNAMED.memory_bytes },
    }
}

fn plus(a: Amounts, b: Amounts) -> Amounts {
    let cpu_milli = a.cpu_milli.saturating_add(b.cpu_milli);
    Amounts { cpu_milli, memory_bytes: a.memory_bytes.saturating_add(b.memory_bytes) }
}

fn most(a: Amounts, b: Amounts) -> Amounts {
    Amounts { cpu_milli: a.cpu_milli.max(b.cpu_milli), memory_bytes: a.memory_bytes.max(b.memory_bytes) }
}
