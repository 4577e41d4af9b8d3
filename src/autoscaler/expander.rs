//! Expanders: which of several options.

use super::flags::{Expander, Flags};
use super::limited_amounts::has_gpus;
use super::scale_up::ScaleUpOption;
use super::templates::TemplateRows;
use super::view::Groups;
use crate::cluster::{ClusterState, Resources};
use crate::intern::Symbol;

/// What the expanders look at.
pub(super) struct Scene<'a> {
    pub(super) cluster: &'a ClusterState,
    pub(super) groups: &'a Groups<'a>,
    pub(super) templates: &'a TemplateRows,
    pub(super) flags: &'a Flags,
    /// How many nodes there are, ready or not.
    pub(super) nodes: usize,
}

/// The options left after each expander of the chain, by place in `options`. Upstream: `chainStrategy`.
pub(super) fn best(scene: &Scene<'_>, options: &[ScaleUpOption]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..options.len()).collect();
    for expander in &scene.flags.expander {
        left = match expander {
            Expander::Random => left,
            Expander::MostPods => extreme(&left, |at| -(options[at].pods.len() as f64)),
            Expander::LeastNodes => extreme(&left, |at| f64::from(options[at].nodes)),
            Expander::LeastWaste => extreme(&left, |at| waste(scene, &options[at], options[at].requests)),
            Expander::Price => cheapest(scene, options, &left),
            Expander::Priority => by_priority(scene, options, left),
        };
        if left.len() <= 1 {
            break;
        }
    }
    left
}

/// What the expanders of the chain that count something make of an option.
pub(super) fn scores(scene: &Scene<'_>, option: &ScaleUpOption) -> Vec<(Expander, f64)> {
    let score = |expander: &Expander| match expander {
        Expander::Random | Expander::Priority => None,
        Expander::MostPods => Some(option.pods.len() as f64),
        Expander::LeastNodes => Some(f64::from(option.nodes)),
        Expander::LeastWaste => Some(waste(scene, option, option.requests)),
        Expander::Price => price_score(scene, option),
    };
    scene.flags.expander.iter().filter_map(|expander| Some((*expander, score(expander)?))).collect()
}

/// Those with exactly the least score; one that is none (of a template without capacity and pods that ask for nothing) is only chosen where
/// it comes first, as upstream's comparisons have it.
fn extreme(left: &[usize], score: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut best: Option<(f64, Vec<usize>)> = None;
    for at in left {
        let score = score(*at);
        match &mut best {
            Some((least, rows)) if score == *least => rows.push(*at),
            Some((least, _)) if score.partial_cmp(least) != Some(std::cmp::Ordering::Less) => {}
            _ => best = Some((score, vec![*at])),
        }
    }
    best.map_or(Vec::new(), |(_, rows)| rows)
}

/// Those that cost least; whose price nobody knows is none of them. Upstream: `price.BestOptions`, 1.28.0.
fn cheapest(scene: &Scene<'_>, options: &[ScaleUpOption], left: &[usize]) -> Vec<usize> {
    let known: Vec<usize> = left.iter().copied().filter(|at| price_score(scene, &options[*at]).is_some()).collect();
    extreme(&known, |at| price_score(scene, &options[at]).unwrap_or(f64::INFINITY))
}

/// The shares of new cpu and memory that stay free, added. Upstream: `waste.BestOptions`: by capacity, with
/// what the pods ask for.
pub(super) fn waste(scene: &Scene<'_>, option: &ScaleUpOption, (cpu, memory): (i64, i64)) -> f64 {
    let Some(template) = &scene.templates[option.group] else { return f64::INFINITY };
    let there = &template.node.capacity.resources;
    let all = |amount: i64| (i64::from(option.nodes) * amount) as f64;
    let share = |there: f64, used: i64| (there - used as f64) / there;
    share(all(there.cpu_milli), cpu) + share(all(there.memory_bytes), memory)
}

/// Below this a priority counts for nothing: where upstream begins to look for the highest.
const LEAST_PRIORITY: i64 = -1;

/// Groups that no pattern names only count if none is named; without any priorities all do. Upstream:
/// `priority.BestOptions`, 1.28.0.
fn by_priority(scene: &Scene<'_>, options: &[ScaleUpOption], left: Vec<usize>) -> Vec<usize> {
    let mut best: Option<(i64, Vec<usize>)> = None;
    for (priority, patterns) in scene.flags.priorities.rows.iter().filter(|(priority, _)| *priority >= LEAST_PRIORITY) {
        let named = |at: &&usize| {
            let name = scene.groups[options[**at].group].name;
            patterns.iter().any(|pattern| pattern.is_match(name))
        };
        let matching: Vec<usize> = left.iter().filter(named).copied().collect();
        if !matching.is_empty() && best.as_ref().is_none_or(|(known, _)| priority > known) {
            best = Some((*priority, matching));
        }
    }
    best.map_or(left, |(_, matching)| matching)
}

/// How odd a node with GPUs is for pods that could do without. Upstream: `gpuUnfitnessOverride`, 1.28.0.
const UNFIT_FOR_HAVING_GPUS: f64 = 1000.0;

/// Money spent per money's worth of pods, and how odd the node type is; nothing where the node's price is not known.
/// Upstream: `price.BestOptions`, 1.28.0.
fn price_score(scene: &Scene<'_>, option: &ScaleUpOption) -> Option<f64> {
    let template = scene.templates[option.group].as_ref()?;
    let node = scene.groups[option.group].price?;
    let rates = PodRates::of(scene);
    let pods: f64 = option.pods.iter().map(|pod| rates.price(&scene.cluster.spec_of(*pod).container_requests)).sum();
    let pods = if pods == 0.0 { 0.1 } else { pods };
    let steady = rates.price(&Resources::new(500, 500 * 1024 * 1024));
    let well_spent = (node * f64::from(option.nodes) + steady) / (pods + steady);
    let cores = template.node.capacity.resources.cpu_milli as f64;
    let preferred = preferred_cores(scene.nodes) * 1000.0;
    let unfit = (preferred / cores).max(cores / preferred);
    let damped = (unfit - 1.0) * (1.0 - (f64::from(option.nodes - 1) / 15.0).tanh()) + 1.0;
    let has_gpus = has_gpus(&template.node, &scene.cluster.symbols, scene.flags);
    Some(well_spent * if has_gpus { UNFIT_FOR_HAVING_GPUS } else { damped })
}

/// What a pod's requests are worth in USD per hour.
struct PodRates {
    core: f64,
    gib: f64,
    gpu: f64,
    gpus: Option<Symbol>,
}

impl PodRates {
    /// Google's, by the provider's pricing model (`GcePriceModel.PodPrice`, 1.28.0); elsewhere round figures.
    fn of(scene: &Scene<'_>) -> PodRates {
        match scene.flags.cloud_provider.as_str() {
            "gce" => {
                let gpus = scene.cluster.symbols.lookup("nvidia.com/gpu");
                PodRates { core: 0.033_174, gib: 0.004_446, gpu: 0.7, gpus }
            }
            _ => PodRates { core: 0.03, gib: 0.004, gpu: 0.0, gpus: None },
        }
    }

    fn price(&self, requests: &Resources) -> f64 {
        let gpus = self.gpus.map_or(0, |name| requests.scalar(name));
        self.core * (requests.cpu_milli as f64 / 1000.0)
            + self.gib * (requests.memory_bytes as f64 / (1024.0 * 1024.0 * 1024.0))
            + self.gpu * gpus as f64
    }
}

/// Larger clusters prefer larger nodes. Upstream: `SimplePreferredNodeProvider` over `AllNodeLister`, 1.28.0.
fn preferred_cores(nodes: usize) -> f64 {
    match nodes {
        0..=2 => 1.0,
        3..=6 => 2.0,
        7..=20 => 4.0,
        21..=60 => 8.0,
        61..=200 => 16.0,
        _ => 32.0,
    }
}
