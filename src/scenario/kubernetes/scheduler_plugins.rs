//! `profiles[].plugins` of a KubeSchedulerConfiguration: which plugins are at work, with which weights.

use crate::scenario::issue::{Issue, Issues, did_you_mean};
use crate::scenario::kubernetes::meta::null_as_default;
use crate::scheduler::{Plugin, Plugins};
use serde::Deserialize;

/// `profiles[].plugins`, by extension point.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct PluginPoints {
    #[serde(deserialize_with = "null_as_default")]
    pre_enqueue: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    queue_sort: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    pre_filter: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    filter: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    post_filter: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    pre_score: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    score: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    reserve: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    permit: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    pre_bind: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    bind: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    post_bind: PluginList,
    #[serde(deserialize_with = "null_as_default")]
    multi_point: PluginList,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PluginList {
    #[serde(deserialize_with = "null_as_default")]
    enabled: Vec<NamedPlugin>,
    #[serde(deserialize_with = "null_as_default")]
    disabled: Vec<NamedPlugin>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NamedPlugin {
    name: String,
    weight: Option<i32>,
}

impl PluginList {
    fn is_empty(&self) -> bool {
        self.enabled.is_empty() && self.disabled.is_empty()
    }
    fn enables(&self, name: &str) -> Option<&NamedPlugin> {
        self.enabled.iter().find(|row| row.name == name)
    }
    fn disables(&self, name: &str) -> bool {
        self.disabled.iter().any(|row| row.name == name || row.name == "*")
    }
}

const PREEMPTION: &str = "DefaultPreemption";
/// Default plugins that neither filter nor score here.
const OTHERS: [&str; 4] = ["PrioritySort", "SchedulingGates", "DefaultBinder", PREEMPTION];

/// What the lists come to, on top of upstream's defaults.
///
/// Upstream: `mergePlugins`, `expandMultiPointPlugins`, `getScoreWeights`, 1.28: an extension point's own lists come
/// before `multiPoint`, and a weight of 0 means 1 where a plugin is enabled by name. A score that is enabled twice
/// keeps its last weight here.
pub(super) fn plugins(field: &str, points: &PluginPoints, issues: &mut Issues) -> Plugins {
    check_names(field, points, issues);
    let mut plugins = Plugins::default();
    for plugin in Plugin::ALL {
        let name = plugin.name();
        if !at_work(&points.filter, &points.multi_point, &name) {
            plugins.disable_filter(plugin);
        }
        let usual = Plugins::default_weight(plugin);
        if usual == 0 {
            continue;
        }
        let everywhere = points.multi_point.enables(&name).and_then(|row| row.weight).filter(|weight| *weight != 0);
        let weight = match points.score.enables(&name) {
            Some(row) => row.weight.filter(|weight| *weight != 0).map_or(1, i64::from),
            None if at_work(&points.score, &points.multi_point, &name) => everywhere.map_or(usual, i64::from),
            None => 0,
        };
        plugins.set_weight(plugin, weight);
    }
    plugins.preempts = at_work(&points.post_filter, &points.multi_point, PREEMPTION);
    plugins
}

/// Whether a default plugin is at work at an extension point.
fn at_work(point: &PluginList, everywhere: &PluginList, name: &str) -> bool {
    if point.enables(name).is_some() {
        return true;
    }
    !point.disables(name) && (everywhere.enables(name).is_some() || !everywhere.disables(name))
}

fn check_names(field: &str, points: &PluginPoints, issues: &mut Issues) {
    let modelled = [
        ("filter", &points.filter),
        ("postFilter", &points.post_filter),
        ("score", &points.score),
        ("multiPoint", &points.multi_point),
    ];
    let ignored = [
        ("preEnqueue", &points.pre_enqueue),
        ("queueSort", &points.queue_sort),
        ("preFilter", &points.pre_filter),
        ("preScore", &points.pre_score),
        ("reserve", &points.reserve),
        ("permit", &points.permit),
        ("preBind", &points.pre_bind),
        ("bind", &points.bind),
        ("postBind", &points.post_bind),
    ];
    for (point, list) in ignored.into_iter().filter(|(_, list)| !list.is_empty()) {
        let message = "this extension point is not modelled: its lists change nothing here";
        issues.push(Issue::warning(format!("{field}.{point}"), message));
        list.enabled.iter().chain(&list.disabled).for_each(|row| check_name(&format!("{field}.{point}"), row, issues));
    }
    for (point, list) in modelled {
        let field = format!("{field}.{point}");
        for row in list.enabled.iter().chain(&list.disabled) {
            check_name(&field, row, issues);
            if row.weight.is_some_and(|weight| weight < 0) {
                let message =
                    format!("the weight of {} must not be negative, found {}", row.name, row.weight.unwrap_or(0));
                issues.push(Issue::error(format!("{field}.weight"), message));
            }
        }
        for (at, row) in list.enabled.iter().enumerate() {
            if list.enabled[..at].iter().any(|other| other.name == row.name) {
                issues.push(Issue::error(format!("{field}.enabled"), format!("{} is enabled twice", row.name)));
            }
        }
    }
}

/// A misspelt plugin is an error; one that is like none of ours may be somebody's own, and is not modelled.
fn check_name(field: &str, row: &NamedPlugin, issues: &mut Issues) {
    let known: Vec<String> = Plugin::ALL.iter().map(|plugin| plugin.name()).chain(OTHERS.map(str::to_owned)).collect();
    if row.name == "*" || known.contains(&row.name) {
        return;
    }
    if row.name.is_empty() {
        return issues.push(Issue::error(format!("{field}.name"), "a plugin needs a name"));
    }
    issues.push(match did_you_mean(&row.name, known.iter().map(String::as_str)) {
        Some(meant) => Issue::error(field, format!("`{}` is not a plugin of kube-scheduler 1.28", row.name))
            .with_help(format!("did you mean `{meant}`?")),
        None => Issue::warning(field, format!("`{}` is none of the default plugins and is not modelled", row.name)),
    });
}
