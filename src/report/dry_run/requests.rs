//! What the VPA would recommend for recorded usage, and what that changes per month.

use super::super::format::{digits, requested, usd};
use crate::cost::BaseRates;
use crate::hpa::replay::{PodShape, Recording, Unit};
use crate::units::HOURS_PER_MONTH;
use crate::vpa::{Aggregate, ContainerPolicy, Flags, PodMemory, Recommendation, recommend};
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle, presets};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that a recommendation needs.
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a> {
    /// `cpu` and `memory` per pod.
    pub recording: &'a Recording,
    /// What the pods request now.
    pub requests: PodShape,
    /// How many there are.
    pub replicas: i32,
    /// The policy of the container.
    pub policy: &'a ContainerPolicy,
    /// Containers in the pod, which share its minimum.
    pub containers: usize,
    /// The recommender's flags.
    pub flags: &'a Flags,
    /// What a milli-core and a GiB cost.
    pub rates: BaseRates,
}

/// The answer for one workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// Which.
    pub name: String,
    /// How many pods the difference is for.
    pub replicas: i32,
    /// Days between the first and the last cpu sample, at most one per 1,440 samples.
    pub confidence_days: f64,
    /// Cpu in milli-cores, memory in bytes.
    pub resources: Vec<ResourceAdvice>,
    /// US dollars per month of 730 hours, for all pods; absent without present requests.
    pub difference_usd_per_month: Option<f64>,
}

/// The answer for one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceAdvice {
    /// `cpu` or `memory`.
    pub resource: &'static str,
    /// Present request of a pod.
    pub request: Option<i64>,
    /// Below it the VPA evicts.
    pub lower_bound: i64,
    /// What new pods would get.
    pub target: i64,
    /// Above it the VPA evicts.
    pub upper_bound: i64,
    /// US dollars per month for all pods.
    pub difference_usd_per_month: Option<f64>,
}

impl Usage<'_> {
    /// Feeds the recommender sample by sample.
    pub fn advise(&self, name: &str) -> Advice {
        let mut aggregate = Aggregate::new(self.flags);
        let mut pods: BTreeMap<u32, PodMemory> = BTreeMap::new();
        let (mut has_cpu, mut has_memory) = (false, false);
        for series in self.recording.series() {
            let is_cpu = series.name == "cpu";
            if !is_cpu && series.name != "memory" {
                continue;
            }
            *(if is_cpu { &mut has_cpu } else { &mut has_memory }) = true;
            let request = if is_cpu { self.requests.cpu_request_milli } else { self.requests.memory_request_bytes };
            for (at, values) in &series.points {
                for (pod, value) in values {
                    let amount = match series.unit {
                        Unit::Percent => value / 100.0 * request.unwrap_or(0) as f64,
                        Unit::Milli | Unit::Bytes => *value,
                    };
                    let (memory, amount) = (pods.entry(*pod).or_default(), amount.round() as i64);
                    if is_cpu {
                        memory.add_cpu(&mut aggregate, amount, 0, *at);
                    } else {
                        memory.add_memory(&mut aggregate, self.flags, amount, *at);
                    }
                }
            }
        }
        let recommended = recommend(&aggregate, self.containers, self.flags).within(self.policy);
        let mut resources = Vec::new();
        if has_cpu && self.policy.cpu.is_some() {
            let price = self.rates.cpu_milli_hour as f64 / 1e9;
            resources.push(self.advice("cpu", self.requests.cpu_request_milli, recommended, |a| a.cpu_milli, price));
        }
        if has_memory && self.policy.memory.is_some() {
            let price = self.rates.ram_gib_hour as f64 / 1e9 / f64::from(1 << 30);
            let request = self.requests.memory_request_bytes;
            resources.push(self.advice("memory", request, recommended, |a| a.memory_bytes, price));
        }
        let difference = resources.iter().map(|row| row.difference_usd_per_month).sum();
        let (replicas, confidence_days) = (self.replicas, aggregate.confidence());
        Advice { name: name.to_owned(), replicas, confidence_days, resources, difference_usd_per_month: difference }
    }

    fn advice(
        &self,
        resource: &'static str,
        request: Option<i64>,
        recommended: Recommendation,
        amount: fn(&crate::vpa::Amounts) -> i64,
        usd_hour: f64,
    ) -> ResourceAdvice {
        let target = amount(&recommended.target);
        let cost = |amount: i64| amount as f64 * usd_hour * HOURS_PER_MONTH as f64 * f64::from(self.replicas);
        ResourceAdvice {
            resource,
            request,
            lower_bound: amount(&recommended.lower),
            target,
            upper_bound: amount(&recommended.upper),
            difference_usd_per_month: request.map(|request| cost(target - request)),
        }
    }
}

/// For the terminal.
pub fn advice_terminal(rows: &[Advice]) -> String {
    advice_table(rows, presets::NOTHING)
}

/// As Markdown.
pub fn advice_markdown(rows: &[Advice]) -> String {
    advice_table(rows, presets::ASCII_MARKDOWN)
}

/// As CSV: cpu in milli-cores, memory in bytes; what is not known is empty.
pub fn advice_csv(rows: &[Advice]) -> String {
    let header = ["workload", "pods", "resource", "request", "lower", "target", "upper", "usd_per_month"];
    let mut text = Vec::new();
    let mut writer = ::csv::Writer::from_writer(&mut text);
    // Writing to memory does not fail.
    let mut write = |cells: [String; 8]| drop(writer.write_record(cells));
    write(header.map(str::to_owned));
    for row in rows {
        for resource in &row.resources {
            write([
                row.name.clone(),
                row.replicas.to_string(),
                resource.resource.to_owned(),
                resource.request.map_or(String::new(), |amount| amount.to_string()),
                resource.lower_bound.to_string(),
                resource.target.to_string(),
                resource.upper_bound.to_string(),
                resource.difference_usd_per_month.map_or(String::new(), |usd| format!("{usd:.2}")),
            ]);
        }
    }
    drop(writer);
    String::from_utf8_lossy(&text).into_owned()
}

/// As JSON.
pub fn advice_json(rows: &[Advice]) -> String {
    let value = serde_json::json!({ "recommendations": rows });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

fn advice_table(rows: &[Advice], style: TableStyle) -> String {
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["workload", "pods", "resource", "request", "lower", "target", "upper", "change", "USD/month"]);
    for row in rows {
        for resource in &row.resources {
            let text = |amount: i64| requested(resource.resource, amount);
            let change = resource
                .request
                .filter(|request| *request > 0)
                .map(|request| format!("{:+.0}%", (resource.target - request) as f64 / request as f64 * 100.0));
            table.add_row([
                row.name.clone(),
                row.replicas.to_string(),
                resource.resource.to_owned(),
                resource.request.map_or("-".to_owned(), text),
                text(resource.lower_bound),
                text(resource.target),
                text(resource.upper_bound),
                change.unwrap_or_else(|| "-".to_owned()),
                resource.difference_usd_per_month.map_or("-".to_owned(), signed),
            ]);
        }
    }
    for column in (1..9).filter(|column| *column != 2) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{table}\n");
    for row in rows {
        if row.confidence_days < 1.0 {
            let hours = digits(row.confidence_days * 24.0);
            text += &format!("\n{}: {hours} h of samples count; with less than a day the bounds are wide\n", row.name);
        }
    }
    let known: Vec<f64> = rows.iter().filter_map(|row| row.difference_usd_per_month).collect();
    if !known.is_empty() {
        text += &format!("\nAll targets together: {} per month of 730 hours\n", signed(known.iter().sum()));
    }
    text
}

fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", usd(value)) } else { usd(value) }
}
