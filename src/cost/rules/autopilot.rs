//! What GKE Autopilot bills a pod at: its requests after Autopilot's own changes.

const MIB: i64 = 1 << 20;
const GIB: i64 = 1 << 30;

/// The rules of a cluster's version. All figures are of the general-purpose class.
///
/// Source: cloud.google.com, "Resource requests in Autopilot".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutopilotRules {
    /// Least milli-vCPUs of a pod.
    least_cpu: i64,
    /// Least bytes of a pod.
    least_memory: i64,
    /// Milli-vCPUs come in multiples of this.
    cpu_step: i64,
}

/// A pod as Autopilot runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutopilotPod {
    /// Milli-vCPUs.
    pub cpu_milli: i64,
    /// Bytes.
    pub memory_bytes: i64,
}

/// Memory over cpu: GiB per vCPU, at least 1 and at most 6.5.
const MOST_RATIO_TIMES_TWO: i64 = 13;

impl AutopilotRules {
    /// Clusters from 1.30 on let pods burst and have small minimums; older ones take quarters of a vCPU.
    pub fn of_version(minor: u32) -> AutopilotRules {
        if minor >= 30 {
            AutopilotRules { least_cpu: 50, least_memory: 52 * MIB, cpu_step: 1 }
        } else {
            AutopilotRules { least_cpu: 250, least_memory: 512 * MIB, cpu_step: 250 }
        }
    }

    /// The pod of these requests. One that asks for nothing gets half a vCPU and 2 GiB.
    pub fn pod(&self, cpu_milli: i64, memory_bytes: i64) -> AutopilotPod {
        let cpu = if cpu_milli == 0 { 500 } else { cpu_milli };
        let memory = if memory_bytes == 0 { 2 * GIB } else { memory_bytes };
        // More than 6.5 GiB for a vCPU get more cpu, less than one GiB more memory.
        let for_memory = up(i128::from(memory) * 2000, i128::from(MOST_RATIO_TIMES_TWO) * i128::from(GIB));
        let cpu = cpu.max(self.least_cpu).max(for_memory);
        let cpu = up(i128::from(cpu), i128::from(self.cpu_step)).saturating_mul(self.cpu_step);
        let memory = memory.max(self.least_memory).max(up(i128::from(cpu) * i128::from(GIB), 1000));
        AutopilotPod { cpu_milli: cpu, memory_bytes: memory }
    }

    /// A pod of a DaemonSet: small as it is, and in no ratio.
    pub fn daemon_pod(&self, cpu_milli: i64, memory_bytes: i64) -> AutopilotPod {
        let (cpu, memory) = if self.cpu_step == 1 { (1, 2 * MIB) } else { (10, 10 * MIB) };
        let or = |asked: i64, otherwise: i64| if asked == 0 { otherwise } else { asked };
        AutopilotPod { cpu_milli: or(cpu_milli, 50).max(cpu), memory_bytes: or(memory_bytes, 100 * MIB).max(memory) }
    }
}

/// `value / divisor`, rounded up; of a value that is not negative.
fn up(value: i128, divisor: i128) -> i64 {
    i64::try_from(value / divisor + i128::from(value % divisor != 0)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(minor: u32, cpu: i64, mib: i64) -> (i64, i64) {
        let pod = AutopilotRules::of_version(minor).pod(cpu, mib * MIB);
        (pod.cpu_milli, pod.memory_bytes / MIB)
    }

    #[test]
    fn requests_are_raised_to_minimums_steps_and_ratios() {
        assert_eq!(pod(28, 100, 128), (250, 512), "the least");
        assert_eq!(pod(28, 300, 512), (500, 512), "quarters; half a GiB is enough for half a vCPU");
        assert_eq!(pod(28, 1000, 512), (1000, 1024), "a GiB for a vCPU");
        assert_eq!(pod(28, 250, 4096), (750, 4096), "4 GiB want 616 milli: three quarters");
        assert_eq!(pod(30, 100, 128), (100, 128), "no steps");
        assert_eq!(pod(30, 10, 10), (50, 52));
        assert_eq!(pod(30, 250, 4096), (616, 4096));
        assert_eq!(pod(28, 0, 0), (500, 2048), "who asks for nothing");
    }

    #[test]
    fn daemons_may_be_small() {
        let daemon = AutopilotRules::of_version(28).daemon_pod(5, 64 * MIB);
        assert_eq!((daemon.cpu_milli, daemon.memory_bytes / MIB), (10, 64));
    }
}
