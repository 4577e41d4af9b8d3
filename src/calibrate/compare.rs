//! What was recorded against what was simulated, in errors with intervals.

use super::blocks::{Blocks, DRAWS, interval};
use super::replay::Replayed;
use super::split::Split;
use crate::past::Past;
use serde::Serialize;
use std::collections::BTreeMap;

/// Blocks of the days held back: four hours, for an HPA's errors last.
const BLOCK_S: f64 = 14_400.0;
/// Fewer instants with both say nothing.
const FEWEST: usize = 30;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Quantity {
    /// Pods asked for, of a workload.
    Replicas,
    /// Ready pods of a workload.
    ReadyPods,
    /// Nodes of a group.
    Nodes,
    /// What nodes cost, USD a day.
    CostPerDay,
    /// Cores that a workload's pods use.
    Cpu,
    /// P95 of a service with all that it calls, milliseconds.
    LatencyP95,
}

impl Quantity {
    /// For people, with its unit.
    pub fn label(self) -> &'static str {
        match self {
            Quantity::Replicas => "replicas",
            Quantity::ReadyPods => "ready pods",
            Quantity::Nodes => "nodes",
            Quantity::CostPerDay => "cost of nodes, USD a day",
            Quantity::Cpu => "cpu, cores",
            Quantity::LatencyP95 => "latency P95, ms",
        }
    }
}

/// One quantity of one thing over the days held back: both lines, and how far they are apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What.
    pub quantity: Quantity,
    /// Of which workload or group; empty for all together.
    pub name: String,
    /// As it was recorded, instant by instant.
    pub recorded: Vec<Option<f64>>,
    /// The mean of the replays.
    pub simulated: Vec<Option<f64>>,
    /// Means over the instants with both.
    pub means: [f64; 2],
    /// Simulated over recorded, less 1.
    pub bias: f64,
    /// Where the bias of other days and other luck lies with 95 % confidence, the parameters' own doubt included.
    pub bias_interval: [f64; 2],
    /// Absolute errors over what was recorded (WAPE).
    pub wape: f64,
    /// Where that lies.
    pub wape_interval: [f64; 2],
}

type Line = Vec<Option<f64>>;

/// Prices of a node of each group, USD an hour.
pub(super) type Prices = BTreeMap<String, f64>;

/// All that can be compared: what was recorded and is simulated as well.
pub(super) fn compare(
    (past, split): (&Past, &Split),
    replays: &[Replayed],
    prices: &Prices,
    seed: u64,
) -> Vec<Comparison> {
    let held = past.part(split.held.start, split.held.end);
    let mut all = Vec::new();
    let mut add = |quantity: Quantity, name: &str, recorded: Line, simulated: Vec<&Line>| {
        all.extend(comparison((quantity, name), recorded, &simulated, (held.step_s, seed)));
    };
    for (name, service) in &held.services {
        let of = |line: &dyn Fn(&super::replay::ReplayedService) -> Line| -> Vec<Line> {
            replays.iter().filter_map(|replay| replay.services.get(name)).map(line).collect()
        };
        let mut one = |quantity, recorded: &[Option<f64>], simulated: Vec<Line>| {
            add(quantity, name, recorded.to_vec(), simulated.iter().collect());
        };
        one(Quantity::Replicas, service.replicas.values(), of(&|one| one.replicas.clone()));
        one(Quantity::ReadyPods, service.ready.values(), of(&|one| one.ready.clone()));
        one(Quantity::Cpu, service.cpu_cores.values(), of(&|one| one.cpu_cores.clone()));
        let ms = |line: &[Option<f64>]| line.iter().map(|value| value.map(|seconds| seconds * 1e3)).collect::<Line>();
        one(Quantity::LatencyP95, &ms(service.latency_s[2].values()), of(&|one| ms(&one.latency_s_p95)));
    }
    let is_known = |group: &&String| prices.contains_key(*group);
    for (group, nodes) in held.nodes.iter().filter(|(group, _)| is_known(group)) {
        let simulated = replays.iter().filter_map(|replay| replay.nodes.get(group)).collect();
        add(Quantity::Nodes, group, nodes.values().to_vec(), simulated);
    }
    let priced: Vec<&String> = held.nodes.keys().filter(is_known).collect();
    if !priced.is_empty() {
        let day = |nodes: &dyn Fn(&str, usize) -> Option<f64>| -> Line {
            (0..held.steps)
                .map(|step| priced.iter().map(|group| Some(24.0 * prices[*group] * nodes(group, step)?)).sum())
                .collect()
        };
        let recorded = day(&|group, step| held.nodes[group].at(step));
        let simulated: Vec<Line> =
            replays.iter().map(|replay| day(&|group, step| *replay.nodes.get(group)?.get(step)?)).collect();
        add(Quantity::CostPerDay, "", recorded, simulated.iter().collect());
    }
    all
}

/// Sums over one block: recorded, and by replay the simulated and the absolute difference.
#[derive(Clone, Default)]
struct Sums {
    recorded: f64,
    simulated: Vec<f64>,
    apart: Vec<f64>,
    apart_of_mean: f64,
}

fn comparison(
    (quantity, name): (Quantity, &str),
    recorded: Line,
    replays: &[&Line],
    (step_s, seed): (u32, u64),
) -> Option<Comparison> {
    let simulated: Line = (0..recorded.len()).map(|step| mean_of(replays, step)).collect();
    let both: Vec<usize> =
        (0..recorded.len()).filter(|step| recorded[*step].is_some() && simulated[*step].is_some()).collect();
    if both.len() < FEWEST {
        return None;
    }
    let block_steps = ((BLOCK_S / f64::from(step_s.max(1))) as usize).clamp(1, (recorded.len() / 6).max(1));
    let mut blocks =
        vec![
            Sums { simulated: vec![0.0; replays.len()], apart: vec![0.0; replays.len()], ..Sums::default() };
            recorded.len().div_ceil(block_steps)
        ];
    for step in &both {
        let (Some(wanted), Some(mean)) = (recorded[*step], simulated[*step]) else { continue };
        let sums = &mut blocks[step / block_steps];
        sums.recorded += wanted;
        sums.apart_of_mean += (mean - wanted).abs();
        for (at, replay) in replays.iter().enumerate() {
            let found = replay.get(*step).copied().flatten().unwrap_or(mean);
            sums.simulated[at] += found;
            sums.apart[at] += (found - wanted).abs();
        }
    }
    let total: f64 = blocks.iter().map(|block| block.recorded).sum();
    if !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let count = replays.len().max(1) as f64;
    let found: f64 = blocks.iter().flat_map(|block| &block.simulated).sum::<f64>() / count;
    let (bias, wape) = (found / total - 1.0, blocks.iter().map(|block| block.apart_of_mean).sum::<f64>() / total);
    let mut chance = Blocks::new(blocks.len(), seed, quantity.label(), name);
    let mut draws = (Vec::new(), Vec::new());
    for _ in 0..DRAWS {
        let times = chance.draw();
        let at = chance.below(replays.len());
        let over =
            |of: &dyn Fn(&Sums) -> f64| -> f64 { blocks.iter().zip(&times).map(|(b, n)| of(b) * f64::from(*n)).sum() };
        let recorded = over(&|block| block.recorded);
        if recorded > 0.0 {
            draws.0.push(over(&|block| block.simulated[at]) / recorded - 1.0);
            draws.1.push(over(&|block| block.apart[at]) / recorded);
        }
    }
    let means = [total, found].map(|sum| sum / both.len() as f64);
    let bias_interval = interval(bias, &mut draws.0, blocks.len());
    let [low, high] = interval(wape, &mut draws.1, blocks.len());
    let wape_interval = [low.max(0.0).min(wape), high.max(wape)];
    Some(Comparison {
        quantity,
        name: name.to_owned(),
        recorded,
        simulated,
        means,
        bias,
        bias_interval,
        wape,
        wape_interval,
    })
}

fn mean_of(replays: &[&Line], step: usize) -> Option<f64> {
    let known: Vec<f64> = replays.iter().filter_map(|replay| replay.get(step).copied().flatten()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_too_many_is_a_bias_of_a_tenth() {
        let recorded: Line = (0..1440).map(|k| (k % 100 != 0).then_some(10.0)).collect();
        let replays: Vec<Line> = [10.5, 11.5].iter().map(|value| vec![Some(*value); 1440]).collect();
        let found = comparison((Quantity::Replicas, "web"), recorded, &replays.iter().collect::<Vec<_>>(), (60, 1));
        let found = found.expect("most instants have both");
        assert!((found.bias - 0.1).abs() < 1e-9 && (found.wape - 0.1).abs() < 1e-9, "{found:?}");
        assert!(found.bias_interval[0] <= 0.05 && found.bias_interval[1] >= 0.15, "{:?}", found.bias_interval);
        assert_eq!(found.means, [10.0, 11.0]);
        let short = vec![Some(1.0); 5];
        assert_eq!(comparison((Quantity::Nodes, "a"), short.clone(), &[&short], (60, 1)), None);
    }
}
