//! A node group for what has none: the cheapest machines of general use that hold what is asked for.

use crate::market::{Catalog, NodeSettings, PriceBook as _, Provider};
use crate::scenario::Running;

/// Sizes of these are tried, on demand.
const AWS: [&str; 3] = ["m5", "m6i", "m6a"];
const SIZES: [&str; 4] = ["large", "xlarge", "2xlarge", "4xlarge"];
const GCP: [&str; 2] = ["e2-standard", "n2-standard"];
const CPUS: [&str; 4] = ["2", "4", "8", "16"];
/// What a container is taken to ask for where nothing is said: as the loader does.
const CPU_MILLI: i64 = 100;
const MEMORY_BYTES: i64 = 128 << 20;
/// Two nodes at least: one alone has no neighbour to move to.
const FEWEST: i64 = 2;
/// So much of the nodes is filled.
const FILLED: f64 = 0.8;

/// A group to propose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool {
    pub(super) instance_type: String,
    pub(super) nodes: i64,
}

/// The cheapest that holds all pods; none where the region sells none of the tried types.
pub(super) fn propose(workloads: &[Running], region: &str) -> Option<Pool> {
    let catalog = Catalog::shipped();
    let names: Vec<String> = match catalog.provider(region).ok()? {
        Provider::Aws => AWS.iter().flat_map(|family| SIZES.map(|size| format!("{family}.{size}"))).collect(),
        Provider::Gcp => GCP.iter().flat_map(|family| CPUS.map(|cpus| format!("{family}-{cpus}"))).collect(),
    };
    let priced = names.into_iter().filter_map(|name| {
        let kind = catalog.known_instance_type(&name)?;
        let price = catalog.offering(&name, region).ok()?.on_demand.list.usd();
        let room = kind.allocatable(NodeSettings::default());
        let nodes = needed(workloads, [room.cpu_milli, room.memory_bytes, room.pods])?;
        Some((price * nodes as f64, Pool { instance_type: name, nodes }))
    });
    priced.min_by(|(one, a), (other, b)| one.total_cmp(other).then(a.nodes.cmp(&b.nodes))).map(|(_, pool)| pool)
}

/// How many nodes with so much room hold all pods; none if a pod is larger than a node.
fn needed(workloads: &[Running], room: [i64; 3]) -> Option<i64> {
    let asks = |one: &Running| {
        let or = |said: i64, otherwise: i64| if said > 0 { said } else { otherwise };
        [or(one.cpu_milli, CPU_MILLI), or(one.memory_bytes, MEMORY_BYTES), 1]
    };
    let mut free = room.map(|amount| amount as f64 * FILLED);
    let mut wanted = [0.0; 3];
    for one in workloads {
        for (resource, amount) in asks(one).into_iter().enumerate() {
            if one.is_daemon {
                free[resource] -= amount as f64;
            } else {
                wanted[resource] += amount as f64 * one.replicas.clamp(0, 1_000_000) as f64;
                if amount as f64 > room[resource] as f64 * FILLED {
                    return None;
                }
            }
        }
    }
    let mut nodes = FEWEST as f64;
    for (wanted, free) in wanted.into_iter().zip(free) {
        if free <= 0.0 {
            return None;
        }
        nodes = nodes.max((wanted / free).ceil());
    }
    Some(nodes as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_holds_what_is_asked_for() {
        let of = |replicas: i64, cpu_milli: i64, is_daemon: bool| Running {
            replicas,
            cpu_milli,
            is_daemon,
            memory_bytes: 1 << 28,
            ..Running::default()
        };
        let small = propose(&[of(2, 100, false)], "us-east-1").expect("a pool");
        assert_eq!((small.nodes, small.instance_type.ends_with(".large")), (2, true));
        let large = propose(&[of(1, 6_000, false), of(1, 200, true)], "us-east-1").expect("a pool");
        assert!(large.instance_type.ends_with(".2xlarge") || large.instance_type.ends_with(".4xlarge"), "{large:?}");
        assert!(propose(&[of(40, 500, false)], "europe-west1").is_some_and(|pool| pool.nodes > 2));
        assert_eq!(propose(&[of(1, 90_000, false)], "us-east-1"), None, "no machine is as large");
    }
}
