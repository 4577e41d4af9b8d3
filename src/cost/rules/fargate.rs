//! The sizes that Fargate runs pods at.

const GIB: i64 = 1 << 30;

/// What Fargate adds to a pod's memory for the kubelet, kube-proxy and containerd.
pub const FARGATE_OVERHEAD_BYTES: i64 = 256 << 20;

/// A size of a Fargate pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FargateSize {
    /// vCPUs times 1000.
    pub cpu_milli: i64,
    /// Memory in GB of 2^30 bytes, times 1000: half a GB is 500.
    pub memory_milli_gb: i64,
}

/// vCPUs times 1000, then least, largest and step of GB times 1000.
///
/// Source: docs.aws.amazon.com, "Understand Fargate Pod configuration details".
const SIZES: [(i64, i64, i64, i64); 7] = [
    (250, 500, 2000, 500),
    (500, 1000, 4000, 1000),
    (1000, 2000, 8000, 1000),
    (2000, 4000, 16_000, 1000),
    (4000, 8000, 30_000, 1000),
    (8000, 16_000, 60_000, 4000),
    (16_000, 32_000, 120_000, 8000),
];

impl FargateSize {
    /// The smallest size that a pod with these requests fits in; none if it fits in no size. A quarter of a vCPU has no
    /// size between 1 and 2 GB.
    pub fn of_requests(cpu_milli: i64, memory_bytes: i64) -> Option<FargateSize> {
        let needed = up((memory_bytes.max(0) + FARGATE_OVERHEAD_BYTES).saturating_mul(1000), GIB);
        let fitting = SIZES.iter().filter(|size| cpu_milli <= size.0 && needed <= size.2);
        fitting.map(|size| Self::within(*size, needed)).next()
    }

    fn within((cpu_milli, least, _, step): (i64, i64, i64, i64), needed: i64) -> FargateSize {
        let steps = up((needed - least).max(0), step);
        let memory = least + steps * step;
        let memory_milli_gb = if cpu_milli == 250 && memory == 1500 { 2000 } else { memory };
        FargateSize { cpu_milli, memory_milli_gb }
    }
}

/// `value / divisor`, rounded up; of a value that is not negative.
fn up(value: i64, divisor: i64) -> i64 {
    value / divisor + i64::from(value % divisor != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(cpu_milli: i64, mib: i64) -> Option<(i64, i64)> {
        FargateSize::of_requests(cpu_milli, mib << 20).map(|size| (size.cpu_milli, size.memory_milli_gb))
    }

    #[test]
    fn pods_are_rounded_up_to_the_next_size() {
        assert_eq!(size(0, 0), Some((250, 500)), "the smallest");
        assert_eq!(size(250, 256), Some((250, 500)), "256 MiB of its own and 256 for Kubernetes");
        assert_eq!(size(250, 257), Some((250, 1000)));
        assert_eq!(size(250, 1024), Some((250, 2000)), "there is none of 1.5 GB");
        assert_eq!(size(250, 2000), Some((500, 3000)), "a quarter has 2 GB at most");
        // The example of EKS' documentation: 1 vCPU and 8 GB become 2 vCPU and 9 GB, for 8.25 GB do not fit beside one.
        assert_eq!(size(1000, 8192), Some((2000, 9000)));
        assert_eq!(size(8000, 20_000), Some((8000, 20_000)));
        assert_eq!(size(8000, 20_300), Some((8000, 24_000)), "in steps of 4");
        assert_eq!(size(16_000, 30_000), Some((16_000, 32_000)));
        assert_eq!(size(16_001, 1), None);
        assert_eq!(size(1, 122_800), None);
    }
}
