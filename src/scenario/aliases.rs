//! Short names for what people vary: `hpa.max`, `spot.share`, `autoscaler.scale-down-unneeded-time`.
//!
//! Everything else is a path as `--set` takes it.

use super::autoscaler_flags;
use super::documents::parse;
use super::issue::{Issue, did_you_mean};
use super::loaded::Scenario;
use super::settings::Setting;
use crate::hpa::{Metric, Resource};
use crate::world::Hpa;
use serde_json::Value;

/// A place that a value is put to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    path: Vec<String>,
    /// For a flag of Cluster Autoscaler: what stands before the value.
    flag: Option<String>,
}

/// Fields that name a scenario, or say how it is simulated: the same at every point of a sweep.
const FIXED: [&str; 11] = [
    "apiVersion",
    "kind",
    "name",
    "description",
    "extends",
    "seed",
    "replications",
    "precision",
    "thresholds",
    "sweep",
    "recommend",
];
/// What an HPA's alias stands for.
const OF_HPAS: [(&str, &str); 5] = [
    ("min", "minReplicas"),
    ("max", "maxReplicas"),
    ("cpu", "cpuUtilization"),
    ("scaleDownWindow", "behavior.scaleDown.stabilizationWindowSeconds"),
    ("scaleUpWindow", "behavior.scaleUp.stabilizationWindowSeconds"),
];

impl Target {
    /// The place at this path of the scenario.
    pub fn of(path: &[&str]) -> Target {
        Target { path: path.iter().map(|part| (*part).to_owned()).collect(), flag: None }
    }

    /// The value at this place; `written` is what the user wrote for it.
    pub fn setting(&self, value: &Value, written: String) -> Setting {
        let value = match (&self.flag, value) {
            (None, value) => value.clone(),
            (Some(flag), Value::String(text)) => Value::String(format!("{flag}={text}")),
            (Some(flag), plain) => Value::String(format!("{flag}={plain}")),
        };
        Setting::new(self.path.clone(), value, written)
    }

    /// What stands before the value in a `--set`: `hpas.web.maxReplicas=`.
    pub fn set(&self) -> String {
        let flag = self.flag.as_ref().map_or(String::new(), |flag| format!("{flag}="));
        format!("{}={flag}", self.path.join("."))
    }

    /// A `--set` that puts the value here: `hpas.web.maxReplicas=4`.
    pub fn text(&self, value: &Value) -> String {
        let plain = match value {
            // A flag and its value are one text; any other text has to be read as itself.
            Value::String(text) if self.flag.is_some() || parse::<Value>(text).is_ok_and(|read| read == *value) => {
                text.clone()
            }
            other => other.to_string(),
        };
        self.set() + &plain
    }

    /// Whether a value at one place is also one at the other.
    pub fn overlaps(&self, other: &Target) -> bool {
        // Two flags are two entries of one list.
        self.flag == other.flag && self.overlaps_path(&other.path)
    }

    /// Whether a value here changes what another setting sets.
    pub fn overlaps_path(&self, path: &[String]) -> bool {
        self.path.iter().zip(path).all(|(own, other)| own == other)
    }
}

/// Where values of `name` are put in a scenario: a path of `--set`, or what an alias stands for.
///
/// Errors: an alias of something that there is not, or a path that cannot be varied.
pub fn targets(name: &str, scenario: &Scenario) -> Result<Vec<Target>, Issue> {
    let parts: Vec<&str> = name.split('.').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(Issue::error(name, "a path has parts with dots between them, and none of them is empty"));
    }
    match parts[..] {
        ["hpa", ref rest @ ..] => of_hpas(name, rest, scenario),
        ["spot", ref rest @ ..] => of_spot(name, rest, scenario),
        ["autoscaler", flag] if !["enabled", "flags"].contains(&flag) => of_flag(name, flag, scenario),
        [field, ..] if FIXED.contains(&field) => {
            Err(Issue::error(name, "cannot be varied: it is the same at every point"))
        }
        ref path => Ok(vec![Target::of(path)]),
    }
}

fn of_hpas(name: &str, rest: &[&str], scenario: &Scenario) -> Result<Vec<Target>, Issue> {
    let expected =
        "hpa.min, hpa.max, hpa.cpu, hpa.scaleDownWindow, hpa.scaleUpWindow (of every HPA), or hpa.NAME.min and so on";
    let Some((field, named)) = rest.split_last() else {
        return Err(Issue::error(name, "which figure of the HPAs?").with_help(format!("there are {expected}")));
    };
    let Some((short, field)) = OF_HPAS.iter().find(|(short, _)| short == field) else {
        let issue =
            Issue::error(name, format!("HPAs have no `{field}` to vary")).with_help(format!("there are {expected}"));
        return Err(issue.suggest(field, OF_HPAS.iter().map(|(short, _)| *short)));
    };
    let text = |hpa: &Hpa| scenario.cast.cluster.symbols.text(hpa.name).to_owned();
    let mut all: Vec<String> = scenario.cast.hpas.iter().map(text).collect();
    all.dedup();
    let wanted = named.join(".");
    if !wanted.is_empty() && !all.contains(&wanted) {
        let issue = Issue::error(name, format!("there is no HorizontalPodAutoscaler `{wanted}`"));
        let help = if all.is_empty() { "there is none".to_owned() } else { format!("there are {}", all.join(", ")) };
        return Err(issue.with_help(help).suggest(&wanted, all.iter().map(String::as_str)));
    }
    let has_cpu = |hpa: &&Hpa| {
        let is_cpu = |metric: &Metric| matches!(metric, Metric::Resource { resource: Resource::Cpu, .. });
        *short != "cpu" || hpa.spec.metrics.iter().any(is_cpu)
    };
    let mut names: Vec<String> = scenario.cast.hpas.iter().filter(has_cpu).map(text).collect();
    names.retain(|own| wanted.is_empty() || *own == wanted);
    names.dedup();
    if names.is_empty() {
        let whose = if wanted.is_empty() { "no HPA".to_owned() } else { format!("`{wanted}`") };
        let message = match *short {
            "cpu" if !all.is_empty() => format!("{whose} scales by cpu: nothing would change"),
            _ => "there is no HorizontalPodAutoscaler".to_owned(),
        };
        return Err(Issue::error(name, message));
    }
    let target =
        |own: &String| Target::of(&["hpas", own.as_str()].into_iter().chain(field.split('.')).collect::<Vec<&str>>());
    Ok(names.iter().map(target).collect())
}

/// Of every group on demand that Cluster Autoscaler scales.
fn of_spot(name: &str, rest: &[&str], scenario: &Scenario) -> Result<Vec<Target>, Issue> {
    if rest != ["share"] {
        let help = "there is spot.share, of every group on demand that scales, and nodeGroups.NAME.spotShare";
        return Err(Issue::error(name, "there is no such thing to vary").with_help(help));
    }
    let scales = scenario.cast.groups.values().filter(|group| group.autoscaled && !group.spot);
    let targets: Vec<Target> = scales.map(|group| Target::of(&["nodeGroups", &group.name, "spotShare"])).collect();
    if targets.is_empty() {
        return Err(Issue::error(
            name,
            "no node group on demand is scaled by Cluster Autoscaler: there is nothing to share",
        ));
    }
    Ok(targets)
}

fn of_flag(name: &str, flag: &str, scenario: &Scenario) -> Result<Vec<Target>, Issue> {
    let flag = flag.trim_start_matches('-').replace('_', "-");
    if let Err(issue) = autoscaler_flags::decides(&flag) {
        let plain =
            did_you_mean(&flag, ["enabled", "flags"]).map(|meant| format!("did you mean `autoscaler.{meant}`?"));
        let help = issue.help.or(plain);
        return Err(Issue { help, ..Issue::error(name, issue.message) });
    }
    if scenario.cast.autoscaler.is_none() {
        let help = "add its Deployment to the manifests, or write autoscaler: {enabled: true}";
        return Err(Issue::error(name, "there is no Cluster Autoscaler in the scenario").with_help(help));
    }
    let path = ["autoscaler", "flags", "+"].map(str::to_owned).to_vec();
    Ok(vec![Target { path, flag: Some(format!("--{flag}")) }])
}
