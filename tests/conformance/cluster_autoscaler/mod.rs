//! Recordings of the real Cluster Autoscaler: every loop of every case, decision by decision.

mod expect;
mod replay;

use crate::runner::Controller;
use foresail::dry_run::autoscale::recorded::{Case, NodeRef, PodRef};
use foresail::release::KubernetesVersion;
use serde::Deserialize;

/// Cluster Autoscaler's recordings.
pub(crate) const CLUSTER_AUTOSCALER: Controller =
    Controller { subtheme, ..Controller::versioned("cluster-autoscaler", judge) };

/// A case with what happens and what was decided.
#[derive(Deserialize)]
struct Recording {
    name: String,
    #[serde(flatten)]
    case: Case,
    steps: Vec<Step>,
}

/// One loop, or several with the same outcome.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Step {
    at: i64,
    every: i64,
    count: Option<i64>,
    events: Vec<Event>,
    expect: expect::Expected,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
enum Event {
    AddNode {
        node: NodeRef,
    },
    NodeReady {
        name: String,
        ready: bool,
    },
    RemoveNode {
        name: String,
    },
    AddPod {
        pod: PodRef,
    },
    Bind {
        name: String,
        to: String,
    },
    DeletePod {
        name: String,
    },
    SetPdb {
        name: String,
        n: i32,
    },
    AddInstance {
        group: String,
        name: String,
        error: Option<String>,
    },
    RemoveInstance {
        name: String,
    },
    IncreaseFails {
        group: String,
        #[serde(default)]
        error: String,
    },
    DeletionFinished {
        name: String,
    },
}

/// Cases that depend on the order in which Go's unstable sort leaves equal elements get a line of their own.
fn subtheme(case: &str) -> &'static str {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sensitivity {
        stable_sort: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        order_sensitivity: Sensitivity,
    }
    let head: Result<Head, _> = serde_json::from_str(case);
    if head.is_ok_and(|head| head.order_sensitivity.stable_sort == "none") { "" } else { " (unstable sort)" }
}

fn judge(text: &str, _version: KubernetesVersion) -> Result<(), String> {
    let recording: Recording = serde_json::from_str(text).map_err(|e| format!("unreadable case: {e}"))?;
    replay::replay(&recording).map_err(|difference| format!("{}: {difference}", recording.name))
}
