//! A report for people outside: names become pseudonyms, inputs are left out.
//!
//! The same text is the same pseudonym everywhere, and pseudonyms are in the order of what they stand for, so that tables
//! keep theirs. Every text of the report is gone through but those of a closed vocabulary, so that a field that comes later is not
//! forgotten. Figures, machine types, regions, zones, prices and what Kubernetes itself calls its parts stay.

use super::model::Report;
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Fields whose values are Foresail's own words.
const OWN_WORDS: [&str; 13] = [
    "apiVersion",
    "capacityType",
    "currency",
    "foresailVersion",
    "grain",
    "kind",
    "metric",
    "mode",
    "paid",
    "panel",
    "priceType",
    "unit",
    "verdict",
];
/// Names that say nothing about whose cluster it is; most are words that Foresail's own sentences need.
const COMMON: [&str; 40] = [
    "addresses",
    "all",
    "balancers",
    "cluster",
    "compute",
    "control",
    "cpu",
    "data",
    "default",
    "errors",
    "failed",
    "false",
    "fees",
    "group",
    "groups",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    "latency",
    "load",
    "memory",
    "namespace",
    "network",
    "node",
    "nodes",
    "plane",
    "pod",
    "pods",
    "public",
    "ready",
    "requests",
    "route",
    "service",
    "spot",
    "storage",
    "traffic",
    "transfer",
    "true",
    "untagged",
    "volumes",
];

/// Files, and addresses of Terraform: what messages begin with.
static PLACES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let places = [
        (r"[^\s:,;()'`]+\.(ya?ml|tf|tofu|json|csv|tfvars|hcl|log|txt|gz)\b", "FILE.$1"),
        (r"\b(module|data|local|var|aws_\w+|google_\w+|azurerm_\w+)(\.[\w-]+(\[[^\]]*\])?)+", "$1.NAME"),
    ];
    places.map(|(pattern, by)| (Regex::new(pattern).expect("a pattern"), by)).into()
});

/// The report with pseudonyms for the names of services, routes, namespaces, workloads, groups, HPAs and labels, without description, command and
/// inputs.
///
/// Errors: a name that is a word of Foresail's own where only those may be.
pub fn redacted(report: &Report) -> Result<Report, serde_json::Error> {
    let pseudonyms = Pseudonyms::of(names(report));
    let mut clean = report.clone();
    clean.inputs.clear();
    clean.scenario.description.clear();
    clean.run.command = "foresail run".to_owned();
    let mut value = serde_json::to_value(&clean)?;
    pseudonyms.go_through(&mut value);
    let mut clean: Report = serde_json::from_value(value)?;
    clean.notes.push("redacted: names are pseudonyms; description, command and inputs are left out".to_owned());
    Ok(clean)
}

/// Every name that a report has.
fn names(report: &Report) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |name: &str| {
        let is_number = name.parse::<f64>().is_ok();
        if name.len() > 1 && !is_number && !name.starts_with("__") && !COMMON.contains(&name) {
            found.insert(name.to_owned());
        }
    };
    add(&report.scenario.name);
    report.services.iter().for_each(|row| [&row.namespace, &row.name].into_iter().for_each(|name| add(name)));
    report.routes.iter().for_each(|row| add(&row.name));
    report.autoscalers.iter().for_each(|row| [&row.namespace, &row.name].into_iter().for_each(|name| add(name)));
    for row in &report.vertical_autoscalers {
        [&row.namespace, &row.name, &row.container].into_iter().for_each(|name| add(name));
    }
    report.groups.iter().for_each(|row| add(&row.name));
    report
        .bottlenecks
        .iter()
        .filter(|row| row.name != "the cluster")
        .for_each(|row| row.name.split('/').for_each(&mut add));
    // `namespace/order`, `team=payments`; not `cluster`.
    report.budgets.iter().flat_map(|row| row.owner.split(['/', '=']).skip(1)).for_each(&mut add);
    report.namespaces.iter().for_each(|row| add(&row.name));
    let rows = report.allocation.iter().flat_map(|table| &table.rows);
    // `team-a/deployment:web` is two names, and a kind.
    rows.for_each(|row| row.name.split('/').for_each(|part| add(part.rsplit(':').next().unwrap_or(part))));
    for line in &report.bill.lines {
        line.namespace.iter().chain(&line.group).chain(line.labels.values()).for_each(|name| add(name));
    }
    for (path, value) in &report.inputs {
        let mut words = path.split(' ');
        let [first, object] = [words.next().unwrap_or_default(), words.next().unwrap_or_default()];
        if first.starts_with(char::is_uppercase) {
            object.split('/').for_each(&mut add);
        }
        let is_name = path.ends_with("ame") || path.ends_with("image") || path.contains("abels.");
        if is_name {
            add(value);
        }
    }
    found
}

/// What stands for each name.
struct Pseudonyms {
    by_name: BTreeMap<String, String>,
    /// The length of the longest name, bytes.
    longest: usize,
}

impl Pseudonyms {
    fn of(names: BTreeSet<String>) -> Self {
        let width = names.len().max(1).to_string().len();
        let longest = names.iter().map(String::len).max().unwrap_or(0);
        let numbered = (1..).zip(names).map(|(number, name): (usize, String)| {
            // A route stays a path.
            let root = if name.starts_with('/') { "/" } else { "" };
            (name, format!("{root}x{number:0width$}"))
        });
        Pseudonyms { by_name: numbered.collect(), longest }
    }

    fn go_through(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.in_text(text),
            Value::Array(rows) => rows.iter_mut().for_each(|row| self.go_through(row)),
            Value::Object(fields) => {
                let open = fields.iter_mut().filter(|(name, _)| !OWN_WORDS.contains(&name.as_str()));
                open.for_each(|(_, value)| self.go_through(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A text with pseudonyms in the place of whole names, the longest first, and without places in files.
    fn in_text(&self, text: &str) -> String {
        let text = PLACES.iter().fold(text.to_owned(), |text, (place, by)| place.replace_all(&text, *by).into_owned());
        let edges = edges(&text);
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        while at + 1 < edges.len() {
            let from = edges[at];
            let reach = edges[at + 1..].partition_point(|to| to - from <= self.longest);
            let found =
                (at + 1..=at + reach).rev().find_map(|to| Some((to, self.by_name.get(&text[from..edges[to]])?)));
            match found {
                Some((to, pseudonym)) => {
                    clean.push_str(pseudonym);
                    at = to;
                }
                None => {
                    clean.push_str(&text[from..edges[at + 1]]);
                    at += 1;
                }
            }
        }
        clean
    }
}

/// Where a name may begin or end: the beginning, the end, and between two characters that are not both inside of a word.
fn edges(text: &str) -> Vec<usize> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut edges = Vec::new();
    let mut before = None;
    for (at, c) in text.char_indices() {
        if !(before.is_some_and(is_inner) && is_inner(c)) {
            edges.push(at);
        }
        before = Some(c);
    }
    edges.push(text.len());
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::report;

    fn pseudonyms(names: &[&str]) -> Pseudonyms {
        Pseudonyms::of(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn whole_names_are_replaced_the_longest_first() {
        let names = pseudonyms(&["/api", "/api/v1/orders", "order", "order-service", "shop/öl"]);
        let clean = |text: &str| names.in_text(text);
        assert_eq!(clean("order-service"), "x4");
        assert_eq!(clean("order-service-2, order and reorder"), "order-service-2, x3 and reorder");
        assert_eq!(clean("P95 of /api/v1/orders at most 200 ms"), "P95 of /x2 at most 200 ms");
        assert_eq!(clean("/api/v1/other"), "/x1/v1/other");
        assert_eq!(clean("order/order-service: shop/öl."), "x3/x4: x5.");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn places_in_files_are_no_names() {
        let clean =
            pseudonyms(&[]).in_text("secret-team/main.tf:61: module.payments_vault: no version; see data.aws_ami.gold");
        assert_eq!(clean, "FILE.tf:61: module.NAME: no version; see data.NAME");
    }

    #[test]
    fn figures_stay_and_names_go() {
        let report = report();
        let clean = redacted(&report).unwrap();
        assert_eq!(clean.headlines.len(), report.headlines.len());
        assert_eq!(clean.headlines[0].value, report.headlines[0].value);
        assert_eq!(clean.groups[0].cost_usd_per_month, report.groups[0].cost_usd_per_month);
        let text = serde_json::to_string(&clean).unwrap();
        for name in names(&report) {
            let whole = edges(&text);
            let there = whole
                .iter()
                .any(|at| text[*at..].starts_with(&name) && whole.binary_search(&(at + name.len())).is_ok());
            assert!(!there || OWN_WORDS.iter().any(|word| text.contains(&format!("\"{word}\":\"{name}\""))), "{name}");
        }
        assert!(clean.inputs.is_empty() && clean.run.command == "foresail run");
    }
}
