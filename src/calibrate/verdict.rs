//! Which answers of the calibrated scenario may be trusted, and what to record for the others.

use super::compare::{Comparison, Quantity};
use super::parameter::{Parameter, Standing};
use serde::Serialize;
use std::collections::BTreeSet;

/// A question that people ask of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// How many pods.
    Pods,
    /// How many nodes.
    Nodes,
    /// What it costs.
    Cost,
    /// How much cpu is used.
    Cpu,
    /// How fast it answers.
    Latency,
}

/// How far an answer may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// Its errors on the days held back are small, and surely so.
    Trusted,
    /// Good enough to compare settings, not for a figure.
    WithCare,
    /// Off, or off for all that is known.
    NotTrusted,
    /// Nothing was recorded to hold it against.
    NotTested,
}

/// The verdict on one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The question.
    pub question: Question,
    /// How far.
    pub trust: Trust,
    /// What it rests on, in a sentence.
    pub because: String,
    /// Metrics that would improve it.
    pub record: Vec<String>,
}

impl Question {
    const ALL: [Question; 5] = [Question::Pods, Question::Nodes, Question::Cost, Question::Cpu, Question::Latency];

    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Question::Pods => "How many pods will run?",
            Question::Nodes => "How many nodes will there be?",
            Question::Cost => "What will the nodes cost?",
            Question::Cpu => "How much cpu will be used?",
            Question::Latency => "How fast will it answer (P95)?",
        }
    }
    fn quantity(self) -> Quantity {
        match self {
            Question::Pods => Quantity::ReadyPods,
            Question::Nodes => Quantity::Nodes,
            Question::Cost => Quantity::CostPerDay,
            Question::Cpu => Quantity::Cpu,
            Question::Latency => Quantity::LatencyP95,
        }
    }
    /// Errors below the first are trusted, below the second good with care: of the total, and instant by instant.
    fn limits(self) -> [(f64, f64); 2] {
        match self {
            Question::Latency => [(0.15, 0.3), (0.35, 0.6)],
            _ => [(0.06, 0.12), (0.15, 0.3)],
        }
    }
    /// Parameters that it hangs on, and the metric that it is held against.
    fn fields(self) -> (&'static [&'static str], &'static str) {
        match self {
            Question::Pods => {
                (&["cpuPerRequest", "idleCpu", "memory", "warmUp"], "kube_deployment_status_replicas_ready")
            }
            Question::Nodes | Question::Cost => {
                (&["bootTime", "cpuPerRequest", "idleCpu"], "kube_node_info, kube_node_labels")
            }
            Question::Cpu => (&["cpuPerRequest", "idleCpu", "cpuSpeed"], "container_cpu_usage_seconds_total"),
            Question::Latency => (
                &["waitPerRequest", "scv", "concurrency", "cpuPerRequest"],
                "http_server_requests_seconds_bucket or istio_request_duration_milliseconds_bucket",
            ),
        }
    }
}

impl Trust {
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Trust::Trusted => "trust it",
            Trust::WithCare => "with care",
            Trust::NotTrusted => "do not trust it",
            Trust::NotTested => "not tested",
        }
    }
}

/// The verdicts on all questions; `is_whole_day` says whether the days held back are at least one.
pub(super) fn verdicts(comparisons: &[Comparison], parameters: &[Parameter], is_whole_day: bool) -> Vec<Verdict> {
    Question::ALL.map(|question| verdict(question, comparisons, parameters, is_whole_day)).to_vec()
}

fn verdict(question: Question, comparisons: &[Comparison], parameters: &[Parameter], is_whole_day: bool) -> Verdict {
    let of: Vec<&Comparison> = comparisons.iter().filter(|one| one.quantity == question.quantity()).collect();
    let (fields, metric) = question.fields();
    let mut record: BTreeSet<String> = BTreeSet::new();
    let weak = parameters.iter().filter(|one| one.path.last().is_some_and(|field| fields.contains(&field.as_str())));
    record.extend(weak.filter(|one| one.standing == Standing::NotRecorded).filter_map(|one| one.record.clone()));
    let Some((trust, worst)) = of
        .iter()
        .map(|one| (trust(question, one), *one))
        .max_by(|a, b| (a.0, a.1.wape).partial_cmp(&(b.0, b.1.wape)).unwrap_or(std::cmp::Ordering::Equal))
    else {
        record.insert(metric.to_owned());
        let because = "nothing that was recorded in the days held back shows it".to_owned();
        return Verdict { question, trust: Trust::NotTested, because, record: record.into_iter().collect() };
    };
    let [low, high] = worst.bias_interval.map(|bound| 100.0 * bound);
    let whose = if worst.name.is_empty() { String::new() } else { format!(" of {}", worst.name) };
    let lead = if of.len() > 1 { "at worst, " } else { "" };
    let mut because = format!(
        "{lead}{}{whose}: {:+.1} % in total ({low:+.1} to {high:+.1}), {:.1} % off from instant to instant",
        worst.quantity.label(),
        100.0 * worst.bias,
        100.0 * worst.wape,
    );
    let mut trust = trust;
    if !is_whole_day && trust == Trust::Trusted {
        trust = Trust::WithCare;
        because += "; less than a day was held back";
    }
    Verdict { question, trust, because, record: record.into_iter().collect() }
}

fn trust(question: Question, one: &Comparison) -> Trust {
    let furthest = one.bias_interval.iter().fold(0.0_f64, |most, bound| most.max(bound.abs()));
    let [(bias, apart), (far_bias, far_apart)] = question.limits();
    let is_within = |bias: f64, apart: f64| one.bias.abs() <= bias && furthest <= 2.0 * bias && one.wape <= apart;
    match (is_within(bias, apart), is_within(far_bias, far_apart)) {
        (true, _) => Trust::Trusted,
        (_, true) => Trust::WithCare,
        _ => Trust::NotTrusted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(bias: f64, interval: [f64; 2], wape: f64) -> Comparison {
        Comparison {
            quantity: Quantity::ReadyPods,
            name: "web".into(),
            recorded: Vec::new(),
            simulated: Vec::new(),
            means: [4.0, 4.0],
            bias,
            bias_interval: interval,
            wape,
            wape_interval: [0.0, wape],
        }
    }

    #[test]
    fn trust_hangs_on_the_error_and_on_how_sure_it_is() {
        let trust = |one: Comparison| verdicts(&[one], &[], true)[0].trust;
        assert_eq!(trust(pods(0.01, [-0.04, 0.05], 0.08)), Trust::Trusted);
        assert_eq!(trust(pods(0.01, [-0.24, 0.25], 0.08)), Trust::WithCare);
        assert_eq!(trust(pods(0.01, [-0.04, 0.05], 0.5)), Trust::NotTrusted);
        assert_eq!(trust(pods(0.4, [0.3, 0.5], 0.4)), Trust::NotTrusted);
        assert_eq!(verdicts(&[pods(0.01, [-0.04, 0.05], 0.08)], &[], false)[0].trust, Trust::WithCare);
    }

    #[test]
    fn what_was_not_recorded_is_asked_for() {
        let all = verdicts(&[], &[], true);
        assert!(all.iter().all(|verdict| verdict.trust == Trust::NotTested && !verdict.record.is_empty()));
    }
}
