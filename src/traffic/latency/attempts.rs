//! How often calls are attempted when what failed is tried again.
//!
//! To first order: within a part of a step every attempt at a call fails with the chance that the part before had, a
//! retry is made at once if the budget allows, and a request that is tried again repeats everything below. Failures make
//! load and load makes failures, from part to part, so that an overload can outlive its cause: the metastable failures of
//! Bronson, Aghayev, Charapko and Zhu, "Metastable failures in distributed systems", 2021.

use super::STRATA_COUNT;
use super::callee::{Callee, Trying};
use super::outcome::StepOutcome;
use super::profile::ServiceProfile;
use super::routes::Hop;
use crate::id::{Id, IdVec};
use crate::traffic::calls::{Call, CallGraph, RouteId, ServiceId};
use crate::units::SimDuration;
use smallvec::SmallVec;
use std::ops::Range;

/// As long as failures may change, a step is gone through in parts of about so many seconds.
const PART_S: f64 = 2.0;
const MOST_PARTS: f64 = 16.0;
/// Below this load a service that has had no failures is not expected to have some within a step.
const QUIET: f64 = 0.7;
/// So small a share of failures changes no latency that anybody reads, and leads to no others.
const RARE: f64 = 1e-3;
/// Rounds in which failures, flows and budgets are brought together.
const ROUNDS: usize = 6;

/// The calls of all routes, and how their attempts go.
#[derive(Clone, Debug)]
pub struct Attempts {
    /// Callers before their callees, a route after the other.
    nodes: Vec<Node>,
    /// Calls in parallel, as numbers of nodes.
    steps: Vec<Vec<usize>>,
    roots: IdVec<RouteId, usize>,
    callees: IdVec<ServiceId, Callee>,
    /// Callers before their callees.
    order: Vec<ServiceId>,
    /// Of the last part.
    entry_rate: f64,
    highest_load: f64,
    /// Whether nothing failed in the last part, or was left waiting.
    is_quiet: bool,
}

/// One call in a route's tree; rates per second.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    caller: Option<usize>,
    /// Of all requests, or of its caller's attempts.
    pub(super) probability: f64,
    pub(super) service: usize,
    steps: Range<usize>,
    /// The share of attempts that its client left while those it calls were at work.
    late: f64,
    /// The share of attempts that fail, here or below.
    failing: f64,
    /// The share of calls that succeed in the end.
    success: f64,
    /// The share of its caller's attempts that come to it.
    pub(super) reached: f64,
    first: f64,
    pub(super) attempts: f64,
    pub(super) worked: f64,
    /// Of the attempts at its service.
    share: f64,
    pub(super) work: f64,
    /// What a visit may take with all below it, in seconds.
    longest_s: f64,
}

impl Attempts {
    /// Nothing has failed yet. None where nobody tries again, and nobody's threads are held by those he calls.
    pub fn new(profiles: &[ServiceProfile], graph: &CallGraph) -> Option<Attempts> {
        let mut attempts = Attempts {
            nodes: Vec::new(),
            steps: Vec::new(),
            roots: IdVec::default(),
            callees: profiles.iter().map(Callee::new).collect(),
            order: Vec::new(),
            entry_rate: 0.0,
            highest_load: 0.0,
            is_quiet: true,
        };
        let mut depths = vec![0; profiles.len()];
        for route in graph.routes().values() {
            let root = attempts.add(&route.call, None, 0, &mut depths);
            attempts.nodes[root].probability = route.share;
            attempts.roots.push(root);
        }
        attempts.order = attempts.callees.ids().collect();
        attempts.order.sort_by_key(|id| depths[id.index()]);
        for (id, callee) in attempts.callees.iter_mut() {
            callee.holds_threads &= profiles[id.index()].concurrency.is_some();
        }
        let matters = |callee: &Callee| callee.retries.is_some() || callee.holds_threads;
        attempts.callees.values().any(matters).then_some(attempts)
    }

    fn add(&mut self, call: &Call, caller: Option<usize>, depth: usize, depths: &mut [usize]) -> usize {
        let (at, service) = (self.nodes.len(), call.service.index());
        let (probability, work) = (call.probability, call.work);
        let passed = Node { caller, probability, service, work, success: 1.0, ..Node::default() };
        self.nodes.push(passed);
        self.callees[call.service].nodes.push(at);
        self.callees[call.service].holds_threads |= call.holds_thread && !call.then.is_empty();
        depths[service] = depths[service].max(depth);
        let steps: Vec<Vec<usize>> = call
            .then
            .iter()
            .map(|step| step.iter().map(|callee| self.add(callee, Some(at), depth + 1, depths)).collect())
            .collect();
        let from = self.steps.len();
        self.steps.extend(steps);
        self.nodes[at].steps = from..self.steps.len();
        at
    }

    /// The services, callers before those they call.
    pub fn order(&self) -> &[ServiceId] {
        &self.order
    }

    /// Into how many parts a step is divided in which `entry_rate` requests per second enter.
    pub fn parts(&self, entry_rate: f64, span: SimDuration) -> u32 {
        if self.is_quiet && self.highest_load * entry_rate < QUIET * self.entry_rate {
            return 1;
        }
        (span.as_secs_f64() / PART_S).ceil().clamp(1.0, MOST_PARTS) as u32
    }

    /// Begins a part of a step in which `entry_rate` requests per second enter.
    pub fn begin(&mut self, entry_rate: f64, span: SimDuration) {
        self.entry_rate = entry_rate;
        self.succeed();
        for _ in 0..ROUNDS {
            if self.nodes.iter().all(|node| node.failing <= 0.0) {
                break;
            }
            self.estimate_flows();
            for (_, callee) in self.callees.iter_mut() {
                let nodes = callee.nodes.iter().map(|at| &self.nodes[*at]);
                let calls: SmallVec<[(f64, f64); 8]> = nodes.map(|node| (node.first, node.failing)).collect();
                callee.grant(&calls, span.as_secs_f64());
            }
            self.succeed();
        }
    }

    /// Attempts per second at a service whose callers have been served in this part.
    pub fn rate(&mut self, service: ServiceId) -> f64 {
        let callee = &self.callees[service];
        let mut sum = 0.0;
        for at in &callee.nodes {
            let first = match self.nodes[*at].caller {
                None => self.entry_rate * self.nodes[*at].probability,
                Some(caller) => self.nodes[caller].worked * self.nodes[*at].reached,
            };
            let node = &mut self.nodes[*at];
            (node.first, node.attempts) = (first, first * callee.tries(node.failing));
            sum += node.attempts;
        }
        for at in callee.nodes.iter().filter(|_| sum > 0.0) {
            self.nodes[*at].share = self.nodes[*at].attempts / sum;
        }
        sum
    }

    /// A service did this in a part of a step; `worked` visits got their work done, in time or too late.
    pub fn served(&mut self, service: ServiceId, outcome: &StepOutcome, worked: f64, span: SimDuration) {
        let callee = &mut self.callees[service];
        let failed = outcome.rejected + outcome.timed_out;
        if failed + outcome.answered > 0.0 {
            callee.failed = outcome.error_rate();
        }
        if failed > 0.0 {
            callee.rejected = outcome.rejected / failed;
        }
        callee.passed = if outcome.arrived > 0.0 { worked / outcome.arrived } else { 1.0 };
        let is_through = (callee.passed - 1.0).abs() < 2.0 * RARE && outcome.backlog <= 0.0;
        callee.load = outcome.utilization;
        callee.is_quiet = callee.failed <= RARE && is_through;
        for at in &callee.nodes {
            self.nodes[*at].worked = self.nodes[*at].share * worked / span.as_secs_f64();
        }
    }

    /// Ends a part; `late` are the shares of attempts whose clients left while callees were at work, by call in the order
    /// in which [`Call`]s are nested; may be empty.
    pub fn end(&mut self, span: SimDuration, late: &[f64]) {
        for (at, node) in self.nodes.iter_mut().enumerate() {
            node.late = late.get(at).copied().unwrap_or(0.0);
        }
        let mut is_quiet = late.iter().all(|late| *late <= RARE);
        self.highest_load = self.callees.values().map(|callee| callee.load).fold(0.0, f64::max);
        for (_, callee) in self.callees.iter_mut() {
            let nodes = callee.nodes.iter().map(|at| &self.nodes[*at]);
            let (first, all) = nodes.fold((0.0, 0.0), |sums, node| (sums.0 + node.first, sums.1 + node.attempts));
            callee.settle(first, all - first, span.as_secs_f64());
            is_quiet &= callee.is_quiet;
        }
        self.is_quiet = is_quiet;
        self.succeed();
    }

    /// Whether calls of this part as good as always succeed at once, to all appearances: next to nothing failed, and
    /// nothing takes so long that its client could leave.
    pub fn hardly_fail(&mut self, hops: &[Hop]) -> bool {
        for at in (0..self.nodes.len()).rev() {
            let slowest =
                |step: &Vec<usize>| step.iter().map(|called| self.nodes[*called].longest_s).fold(0.0, f64::max);
            let below_s: f64 = self.steps[self.nodes[at].steps.clone()].iter().map(slowest).sum();
            let node = &self.nodes[at];
            let callee = &self.callees[ServiceId::from_index(node.service)];
            let longest_s = hops[node.service].strata_s[STRATA_COUNT - 1] * node.work + below_s;
            if callee.failed > RARE || (below_s > 0.0 && longest_s > callee.patience_s) {
                return false;
            }
            self.nodes[at].longest_s = longest_s;
        }
        true
    }

    /// The share of a service's visits worked on in the last part whose clients left while callees were at work, 0..=1.
    pub fn late(&self, service: ServiceId) -> f64 {
        let nodes = self.callees[service].nodes.iter().map(|at| &self.nodes[*at]);
        nodes.map(|node| node.late * node.share).sum::<f64>().clamp(0.0, 1.0)
    }

    /// How the callers of each service try again.
    pub fn trying(&self) -> Vec<Trying> {
        self.callees.values().map(Callee::trying).collect()
    }

    /// The share of a route's requests that succeed in the end, 0..=1; routes in the order of the graph.
    pub fn success(&self, route: RouteId) -> f64 {
        self.nodes[self.roots[route]].success
    }

    /// The share of a service's visits that failed for its own reasons when last any ended, 0..=1.
    pub fn failed(&self, service: ServiceId) -> f64 {
        self.callees[service].failed
    }

    /// Whether a service's threads are few, and held while it calls others.
    pub fn holds_threads(&self, service: ServiceId) -> bool {
        self.callees[service].holds_threads
    }

    /// The calls of a service, as numbers of nodes.
    pub(super) fn nodes_of(&self, service: ServiceId) -> &[usize] {
        &self.callees[service].nodes
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The steps of calls after a call's own work.
    pub(super) fn steps_of(&self, at: usize) -> &[Vec<usize>] {
        &self.steps[self.nodes[at].steps.clone()]
    }

    /// The share of its service's visits that a call makes.
    pub(super) fn share_of(&self, at: usize) -> f64 {
        self.nodes[at].share
    }

    /// Attempts per call.
    pub(super) fn tries_of(&self, at: usize) -> f64 {
        self.callee_of(at).tries(self.nodes[at].failing)
    }

    /// The patience of a call's client in seconds; may be infinite.
    pub(super) fn patience_of(&self, at: usize) -> f64 {
        self.callee_of(at).patience_s
    }

    fn callee_of(&self, at: usize) -> &Callee {
        &self.callees[ServiceId::from_index(self.nodes[at].service)]
    }

    /// From how visits go to how calls go, callees first.
    fn succeed(&mut self) {
        for at in (0..self.nodes.len()).rev() {
            let mut below = 1.0;
            for step in self.nodes[at].steps.clone() {
                let before = below;
                for called in &self.steps[step] {
                    let called = &mut self.nodes[*called];
                    called.reached = before * called.probability;
                    below *= 1.0 - called.probability * (1.0 - called.success);
                }
            }
            let node = &mut self.nodes[at];
            let callee = &self.callees[ServiceId::from_index(node.service)];
            let attempt = (1.0 - callee.failed) * (1.0 - node.late) * below;
            node.failing = 1.0 - attempt;
            node.success = attempt * callee.tries(node.failing);
        }
    }

    /// Flows if services pass on as in the part before.
    fn estimate_flows(&mut self) {
        for at in 0..self.nodes.len() {
            let first = match self.nodes[at].caller {
                None => self.entry_rate * self.nodes[at].probability,
                Some(caller) => self.nodes[caller].worked * self.nodes[at].reached,
            };
            let node = &mut self.nodes[at];
            let callee = &self.callees[ServiceId::from_index(node.service)];
            (node.first, node.attempts) = (first, first * callee.tries(node.failing));
            node.worked = node.attempts * callee.passed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::calls::Route;
    use crate::traffic::latency::Retries;

    const SPAN: SimDuration = SimDuration::from_secs(2);

    fn id(index: usize) -> ServiceId {
        ServiceId::from_index(index)
    }

    fn retries(most: u32, budget_share: f64) -> Option<Retries> {
        Some(Retries { most, backoff_s: 0.0, budget_share })
    }

    /// A chain of services, each calling the next one.
    fn chain(retries: &[Option<Retries>]) -> Attempts {
        let call = (0..retries.len()).rev().fold(None, |below: Option<Call>, index| {
            Some(below.map_or(Call::to(id(index)), |below| Call::to(id(index)).then(vec![below])))
        });
        let route = Route { name: "/".into(), share: 1.0, call: call.expect("a service") };
        let graph = CallGraph::from_routes(vec![route], retries.len()).expect("a graph");
        let profile = |retries: &Option<Retries>| ServiceProfile { retries: *retries, ..ServiceProfile::default() };
        let profiles: Vec<ServiceProfile> = retries.iter().map(profile).collect();
        Attempts::new(&profiles, &graph).expect("somebody tries again")
    }

    /// The rates at which the services are called after many parts in which they turn these shares of visits away.
    fn rates(attempts: &mut Attempts, rejected: &[f64]) -> Vec<f64> {
        let mut rates = vec![0.0; rejected.len()];
        for _ in 0..60 {
            attempts.begin(100.0, SPAN);
            for (index, share) in rejected.iter().enumerate() {
                rates[index] = attempts.rate(id(index));
                let arrived = rates[index] * SPAN.as_secs_f64();
                let answered = arrived * (1.0 - share);
                let outcome = StepOutcome { arrived, answered, rejected: arrived - answered, ..StepOutcome::default() };
                attempts.served(id(index), &outcome, answered, SPAN);
            }
            attempts.end(SPAN, &[]);
        }
        rates
    }

    fn check(found: f64, wanted: f64) {
        assert!((found / wanted - 1.0).abs() < 2e-3, "{found}, not {wanted}");
    }

    #[test]
    fn a_call_is_tried_as_often_as_it_may_be() {
        let mut attempts = chain(&[retries(3, 10.0)]);
        check(rates(&mut attempts, &[0.5])[0], 100.0 * (1.0 + 0.5 + 0.25 + 0.125));
        check(rates(&mut attempts, &[1.0])[0], 400.0);
        check(rates(&mut attempts, &[0.0])[0], 100.0);
    }

    #[test]
    fn a_budget_bounds_retries_over_first_attempts() {
        check(rates(&mut chain(&[retries(3, 0.2)]), &[0.9])[0], 120.0);
        check(rates(&mut chain(&[retries(3, 1.0)]), &[1.0])[0], 200.0);
        // It does not matter where fewer are wanted.
        check(rates(&mut chain(&[retries(1, 0.2)]), &[0.1])[0], 110.0);
    }

    #[test]
    fn a_retry_repeats_what_is_below() {
        // Half of the second service's visits fail; both are tried twice at most.
        let both = rates(&mut chain(&[retries(1, 10.0), retries(1, 10.0)]), &[0.0, 0.5]);
        // A call of the second succeeds in three of four cases.
        check(both[0], 125.0);
        check(both[1], 125.0 * 1.5);
        // What is turned away calls nobody.
        let first = rates(&mut chain(&[retries(1, 10.0), None]), &[0.5, 0.0]);
        check(first[0], 150.0);
        check(first[1], 75.0);
    }

    #[test]
    fn nobody_tries_again_without_a_policy() {
        let route = Route { name: "/".into(), share: 1.0, call: Call::to(id(0)) };
        let graph = CallGraph::from_routes(vec![route], 1).expect("a graph");
        assert!(Attempts::new(&[ServiceProfile::default()], &graph).is_none());
    }

    #[test]
    fn quiet_steps_are_whole() {
        let mut attempts = chain(&[retries(2, 0.2)]);
        rates(&mut attempts, &[0.0]);
        let step = SimDuration::from_secs(15);
        assert_eq!(attempts.parts(100.0, step), 1);
        rates(&mut attempts, &[0.1]);
        assert_eq!(attempts.parts(100.0, step), 8);
    }
}
