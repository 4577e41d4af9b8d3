//! Who pays: how costs are passed on, and budgets.

use super::scene::Scene;
use crate::cost::allocation::{Policy, ShareIdle, ShareSplit};
use crate::scenario::file::Sharing;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::loaded::{Budget, BudgetOwner, Owners};
use crate::world::Cast;
use std::collections::BTreeSet;

/// Reads `allocation` and `budgets`; labels that no pod has are a caveat, owners that there are not an error.
pub(super) fn build(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Owners {
    let known = Known::of(cast);
    let file = &scene.file.allocation;
    for (at, label) in file.labels.iter().enumerate() {
        known.warn_of_label(&format!("allocation.labels[{at}]"), label, issues);
    }
    for (at, namespace) in file.share_namespaces.iter().enumerate() {
        known.check_namespace(&format!("allocation.shareNamespaces[{at}]"), namespace, issues);
    }
    let mut share_labels = Vec::new();
    for (at, text) in file.share_labels.iter().enumerate() {
        let field = format!("allocation.shareLabels[{at}]");
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                known.warn_of_pair(&field, key, value, issues);
                share_labels.push((key.to_owned(), value.to_owned()));
            }
            _ => issues.push(Issue::error(field, format!("found `{text}`, expected key=value, such as app=proxy"))),
        }
    }
    if file.split == Some(Sharing::No) {
        issues.push(Issue::error("allocation.split", "found `no`, expected weighted or even"));
    }
    let budgets = scene.file.budgets.iter().enumerate();
    Owners {
        labels: file.labels.clone(),
        share_namespaces: file.share_namespaces.clone(),
        share_labels,
        share_overhead: file.share_overhead,
        policy: Policy {
            idle: match file.share_idle {
                None | Some(Sharing::No) => ShareIdle::No,
                Some(Sharing::Weighted) => ShareIdle::Weighted,
                Some(Sharing::Even) => ShareIdle::Even,
            },
            split: if file.split == Some(Sharing::Even) { ShareSplit::Even } else { ShareSplit::Weighted },
        },
        budgets: budgets.filter_map(|(at, row)| known.budget(at, row, issues)).collect(),
    }
}

/// The owners that there are.
struct Known<'a> {
    namespaces: BTreeSet<&'a str>,
    labels: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Known<'a> {
    fn of(cast: &'a Cast) -> Self {
        let text = |symbol| cast.cluster.symbols.text(symbol);
        let specs = || cast.cluster.specs().map(|(_, spec)| spec);
        let labels = specs().flat_map(|spec| spec.labels.iter());
        Known {
            namespaces: specs().map(|spec| text(spec.namespace)).collect(),
            labels: labels.map(|(key, value)| (text(key), text(value))).collect(),
        }
    }
    fn warn_of_label(&self, field: &str, label: &str, issues: &mut Issues) {
        if !self.labels.iter().any(|(key, _)| *key == label) {
            let keys: BTreeSet<&str> = self.labels.iter().map(|(key, _)| *key).collect();
            let message = format!("no pod has a label `{label}`: all costs by it are of nobody");
            issues.push(Issue::warning(field, message).suggest(label, keys));
        }
    }
    fn warn_of_pair(&self, field: &str, key: &str, value: &str, issues: &mut Issues) {
        if !self.labels.contains(&(key, value)) {
            let message = format!("no pod has the label `{key}={value}`: nothing is shared by it");
            issues.push(Issue::warning(field, message));
        }
    }
    fn check_namespace(&self, field: &str, name: &str, issues: &mut Issues) -> bool {
        let known = self.namespaces.contains(name);
        if !known {
            let message = format!("no pod is in a namespace `{name}`");
            issues.push(Issue::error(field, message).suggest(name, self.namespaces.iter().copied()));
        }
        known
    }

    fn budget(&self, at: usize, row: &crate::scenario::file::Budget, issues: &mut Issues) -> Option<Budget> {
        let owner = self.owner(&format!("budgets[{at}].owner"), row.owner.as_deref(), issues);
        let usd = row.usd_per_month.filter(|usd| usd.is_finite() && (0.01..=1e12).contains(usd));
        if usd.is_none() {
            let found = row.usd_per_month.map_or("nothing".to_owned(), |usd| usd.to_string());
            let message = format!("found {found}, expected USD per month, from 0.01 to 10^12");
            issues.push(Issue::error(format!("budgets[{at}].usdPerMonth"), message));
        }
        Some(Budget { owner: owner?, usd_per_month: usd? })
    }

    fn owner(&self, field: &str, text: Option<&str>, issues: &mut Issues) -> Option<BudgetOwner> {
        let text = text.unwrap_or("");
        if text == "cluster" {
            return Some(BudgetOwner::Cluster);
        }
        if let Some(name) = text.strip_prefix("namespace/") {
            return self.check_namespace(field, name, issues).then(|| BudgetOwner::Namespace(name.to_owned()));
        }
        if let Some((key, value)) = text.split_once('=') {
            if self.labels.contains(&(key, value)) {
                return Some(BudgetOwner::Label(key.to_owned(), value.to_owned()));
            }
            let values: Vec<&str> = self.labels.iter().filter(|(k, _)| *k == key).map(|(_, value)| *value).collect();
            let message = format!("no pod has the label `{key}={value}`: the budget would watch nothing");
            issues.push(Issue::error(field, message).suggest(value, values));
            return None;
        }
        let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        let message = format!("found {found}, expected whose budget it is: cluster, namespace/NAME or LABEL=VALUE");
        issues.push(Issue::error(field, message));
        None
    }
}
