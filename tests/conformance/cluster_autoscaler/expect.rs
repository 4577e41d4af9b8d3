//! What was recorded of one loop; ours is brought to the same form.

use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Expected {
    pub error: String,
    pub scale_up_result: String,
    pub pending: Vec<String>,
    pub templates: BTreeMap<String, TemplatePods>,
    pub skipped_groups: BTreeMap<String, String>,
    pub options: Vec<ExpansionOption>,
    pub best: Vec<String>,
    pub chosen: String,
    pub scale_up: Vec<Increase>,
    pub remain_unschedulable: Vec<String>,
    pub rejected: BTreeMap<String, BTreeMap<String, String>>,
    pub await_evaluation: Vec<String>,
    pub targets: BTreeMap<String, i32>,
    pub cloud_deleted: Vec<String>,
    pub target_decreased: Vec<String>,
    pub evictions: Vec<String>,
    pub scale_down: Option<ScaleDown>,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TemplatePods {
    pub pods_cpu_milli: i64,
    pub pods_mem_bytes: i64,
    pub pods: usize,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ExpansionOption {
    pub group: String,
    pub node_count: i32,
    pub pods: Vec<String>,
    pub similar: Vec<String>,
    pub waste: f64,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(default)]
pub(crate) struct Increase {
    pub group: String,
    pub from: i32,
    pub to: i32,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScaleDown {
    pub result: String,
    pub unneeded_since: BTreeMap<String, i64>,
    pub unremovable: BTreeMap<String, String>,
    pub util: BTreeMap<String, String>,
    pub candidates_empty: Vec<String>,
    pub candidates_drain: Vec<String>,
    pub deleted: Vec<Deleted>,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(default)]
pub(crate) struct Deleted {
    pub node: String,
    pub drain: bool,
    pub evicted: Vec<String>,
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, real: &T) -> Result<(), String> {
    let short = |value: &T| format!("{value:?}").chars().take(700).collect::<String>();
    if ours == real { Ok(()) } else { Err(format!("{what}: ours {}, real {}", short(ours), short(real))) }
}

impl Expected {
    /// The first difference.
    pub(crate) fn compare(&self, real: &Expected) -> Result<(), String> {
        same("scaleUpResult", &self.scale_up_result, &real.scale_up_result)?;
        same("error", &self.error, &real.error)?;
        same("pending", &self.pending, &real.pending)?;
        same("templates", &self.templates, &real.templates)?;
        same("skippedGroups", &self.skipped_groups, &real.skipped_groups)?;
        for (ours, real) in self.options.iter().zip(&real.options) {
            same("option", ours, real)?;
        }
        same("options", &self.options, &real.options)?;
        let sorted = |names: &[String]| names.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        same("best", &sorted(&self.best), &sorted(&real.best))?;
        same("chosen", &self.chosen, &real.chosen)?;
        same("scaleUp", &self.scale_up, &real.scale_up)?;
        same("remainUnschedulable", &self.remain_unschedulable, &real.remain_unschedulable)?;
        for (pod, reasons) in &real.rejected {
            same(&format!("rejected {pod}"), &self.rejected.get(pod), &Some(reasons))?;
        }
        same("awaitEvaluation", &self.await_evaluation, &real.await_evaluation)?;
        same("targetDecreased", &self.target_decreased, &real.target_decreased)?;
        self.compare_scale_down(real)?;
        same("cloudDeleted", &self.cloud_deleted, &real.cloud_deleted)?;
        same("targets", &self.targets, &real.targets)?;
        same("evictions", &self.evictions, &real.evictions)
    }

    fn compare_scale_down(&self, real: &Expected) -> Result<(), String> {
        let (Some(ours), Some(down)) = (&self.scale_down, &real.scale_down) else {
            return same("scaleDown", &self.scale_down, &real.scale_down);
        };
        same("unremovable", &ours.unremovable, &down.unremovable)?;
        same("util", &ours.util, &down.util)?;
        same("unneededSince", &ours.unneeded_since, &down.unneeded_since)?;
        same("candidatesEmpty", &ours.candidates_empty, &down.candidates_empty)?;
        same("candidatesDrain", &ours.candidates_drain, &down.candidates_drain)?;
        same("deleted", &ours.deleted, &down.deleted)?;
        same("scale-down result", &ours.result, &down.result)
    }
}
