//! Cpu, memory and places of each node, close together: what most answers need, without a walk through the nodes.
//!
//! Amounts are kept where floats hold them exactly, and quotients come out as they do from upstream's integers. Whoever asks
//! for more than that (extended resources, host ports, other scores) is left to the node itself.

use crate::cluster::{Node, PodSpec};
use crate::scheduler::profile::{Profile, ScoringStrategy};
use crate::scheduler::reason::Plugin;
use crate::scheduler::resources::{Request, evenness_of_two, has_balance};

/// Amounts below this, hundredfold, are exact in an `f64`, and so are whole parts of their quotients: 64 TiB, 7e10 cores.
const LARGEST: i64 = 1 << 46;

/// Cpu (milli-cores) and memory (bytes).
type Pair = [f64; 2];

/// What is there on one node, and what is left of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Cpu, memory, ephemeral storage.
    free: [i64; 3],
    there: Pair,
    used: Pair,
    /// As `used`, with upstream's defaults for containers without requests.
    nonzero: Pair,
    places: i32,
    /// Of cpu and memory as they are: NodeResourcesBalancedAllocation without the pod.
    evenness: i16,
    /// Its amounts are ordinary.
    is_plain: bool,
}

impl Room {
    pub(super) fn of(node: &Node) -> Self {
        let (there, used) = (&node.allocatable.resources, node.requested());
        let nonzero = [node.nonzero_cpu_milli(), node.nonzero_memory_bytes()];
        let amounts = [used.cpu_milli, used.memory_bytes, nonzero[0], nonzero[1]];
        let ordinary = |amount: &i64| (0..LARGEST).contains(amount);
        let places = node.allocatable.pods.saturating_sub(node.pods().len() as i64);
        if ![there.cpu_milli, there.memory_bytes].iter().all(|amount| ordinary(amount) && *amount > 0)
            || !amounts.iter().all(ordinary)
        {
            return Room::default();
        }
        let pair = |cpu: i64, memory: i64| [cpu as f64, memory as f64];
        let mut room = Room {
            free: [
                there.cpu_milli - used.cpu_milli,
                there.memory_bytes - used.memory_bytes,
                there.ephemeral_bytes.wrapping_sub(used.ephemeral_bytes),
            ],
            there: pair(there.cpu_milli, there.memory_bytes),
            used: pair(used.cpu_milli, used.memory_bytes),
            nonzero: pair(nonzero[0], nonzero[1]),
            places: places.clamp(-1, i64::from(i32::MAX)) as i32,
            evenness: 0,
            is_plain: true,
        };
        room.evenness = room.evenness_with([0.0; 2]) as i16;
        room
    }

    #[inline]
    fn evenness_with(&self, asked: Pair) -> i64 {
        let fraction = |at: usize| ((self.used[at] + asked[at]) / self.there[at]).min(1.0);
        evenness_of_two(fraction(0), fraction(1))
    }

    /// The mean share of cpu and memory that would be left, 0..=100 each. Upstream: `leastResourceScorer`.
    #[inline]
    fn least_allocated(&self, nonzero: Pair) -> i64 {
        let left = |at: usize| {
            let left = self.there[at] - (self.nonzero[at] + nonzero[at]);
            (left.max(0.0) * 100.0 / self.there[at]) as i64
        };
        (left(0) + left(1)) / 2
    }
}

/// What a kind of pod asks of rooms.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Cpu, memory, ephemeral storage; the least number where nothing is asked.
    least: [i64; 3],
    requests: Pair,
    nonzero: Pair,
    /// Of NodeResourcesFit and NodeResourcesBalancedAllocation, the latter 0 where it has nothing to say.
    weights: [i64; 2],
    balance_by_change: bool,
}

impl Ask {
    /// Nothing if the kind or the profile asks for more than cpu, memory, ephemeral storage and the usual scores.
    pub(super) fn of(profile: &Profile, spec: &PodSpec, request: &Request) -> Option<Self> {
        let nonzero = spec.incoming_nonzero();
        let requests = &spec.requests;
        let amounts = [requests.cpu_milli, requests.memory_bytes, nonzero.0, nonzero.1];
        let scores_as_usual = profile.strategy == ScoringStrategy::LeastAllocated
            && profile.resources.is_empty()
            && profile.balanced_resources.is_empty();
        if !request.is_of_room_alone()
            || !spec.host_ports.is_empty()
            || !profile.plugins.filters(Plugin::NodeResourcesFit)
            || !scores_as_usual
            || !amounts.iter().all(|amount| (0..LARGEST).contains(amount))
        {
            return None;
        }
        let balances = has_balance(profile, spec);
        let balance = profile.plugins.weight(Plugin::NodeResourcesBalancedAllocation);
        let least = [requests.cpu_milli, requests.memory_bytes, requests.ephemeral_bytes];
        Some(Ask {
            least: least.map(|amount| if amount > 0 { amount } else { i64::MIN }),
            requests: [amounts[0] as f64, amounts[1] as f64],
            nonzero: [nonzero.0 as f64, nonzero.1 as f64],
            weights: [profile.plugins.weight(Plugin::NodeResourcesFit), if balances { balance } else { 0 }],
            balance_by_change: profile.rules.balance_by_change,
        })
    }

    /// Whether there is enough of everything; nothing where the node has to be asked itself.
    #[inline]
    pub(super) fn fits(&self, room: &Room) -> Option<bool> {
        let ([cpu, memory, ephemeral], free) = (self.least, room.free);
        let enough = (cpu <= free[0]) & (memory <= free[1]) & (ephemeral <= free[2]) & (room.places > 0);
        if room.is_plain { Some(enough) } else { None }
    }

    /// The weighted scores of NodeResourcesFit and NodeResourcesBalancedAllocation for a room where it fits.
    #[inline]
    pub(super) fn score(&self, room: &Room) -> i64 {
        let [fit, balance] = self.weights;
        let fit = fit.saturating_mul(room.least_allocated(self.nonzero));
        if balance == 0 {
            return fit;
        }
        let with = room.evenness_with(self.requests);
        let score = match self.balance_by_change {
            false => with,
            true => 50 + (50 + with - i64::from(room.evenness)) / 2,
        };
        fit.saturating_add(balance.saturating_mul(score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{ClusterState, NodeCapacity, NodeTemplate, Pod, PodName, PodSpecId, Resources};
    use crate::intern::Symbol;
    use crate::scheduler::filters::NodeFilter;
    use crate::scheduler::resources::{balance_score, fit_score};
    use crate::units::SimTime;
    use proptest::prelude::*;

    fn spec_of(cluster: &mut ClusterState, (cpu, memory): (i64, i64)) -> PodSpecId {
        let spec = PodSpec {
            requests: Resources::new(cpu, memory),
            nonzero_cpu_milli: if cpu == 0 { 100 } else { cpu },
            nonzero_memory_bytes: if memory == 0 { 200 << 20 } else { memory },
            ..PodSpec::default()
        };
        cluster.intern_spec(spec)
    }

    /// What rooms say, and what the node itself says.
    fn compare(there: (i64, i64), bound: &[(i64, i64)], asked: (i64, i64), by_change: bool) {
        let mut cluster = ClusterState::new();
        let name = cluster.symbols.intern("n");
        let allocatable = NodeCapacity { resources: Resources::new(there.0, there.1), pods: 3 };
        let node = cluster.add_node(NodeTemplate { name, allocatable, ..NodeTemplate::default() });
        for (number, pod) in (0..).zip(bound) {
            let spec = spec_of(&mut cluster, *pod);
            let pod = cluster.add_pod(Pod::new(PodName::numbered(Symbol::EMPTY, number), spec, SimTime::ZERO));
            cluster.bind(pod, node);
        }
        let spec = spec_of(&mut cluster, asked);
        let mut profile = Profile::default();
        profile.rules.balance_by_change = by_change;
        let (spec, node) = (cluster.spec_arc(spec), cluster.node(node));
        let filter = NodeFilter::new(&cluster, &profile, spec.clone(), None);
        let room = Room::of(node);
        let Some(ask) = Ask::of(&profile, &spec, filter.request()) else { return };
        let Some(fits) = ask.fits(&room) else { return };
        assert_eq!(fits, filter.has_room(&cluster, node));
        let balance = if has_balance(&profile, &spec) { balance_score(&profile, node, &spec) } else { 0 };
        assert_eq!(ask.score(&room), fit_score(&profile, node, &spec) + balance);
    }

    fn amount() -> impl Strategy<Value = i64> {
        let near = |top: i64| (top - 300)..(top + 300);
        prop_oneof![0..200i64, 0..20_000i64, 0..LARGEST, near(LARGEST), near(1 << 45), Just(64 << 30)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn rooms_answer_as_their_nodes(
            there in (amount(), amount()), bound in prop::collection::vec((amount(), amount()), 0..4),
            asked in (amount(), amount()), by_change: bool,
        ) {
            compare(there, &bound, asked, by_change);
        }
    }

    #[test]
    fn shares_just_below_a_whole_percent_are_not_rounded_up() {
        // 100 of `there` less one: 99 % and a 2^-46th less than a hundredth more.
        let there = LARGEST - 1;
        for taken in 1..50 {
            compare((there, there), &[], (taken, there - taken), false);
            compare((there, there), &[(taken, 0)], (there / 100 * taken, there / 100 * taken + 1), true);
        }
    }
}
