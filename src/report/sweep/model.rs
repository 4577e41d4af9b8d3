//! The lines of `study.jsonl`: the head first, then a point each.

use crate::report::figures::{Figure, Scope};
use crate::study::{Estimate, known_or_not};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is varied, and how: the first line. Files with equal heads (but for the shard) are parts of the same study.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StudyHead {
    /// Always `foresail/v1alpha1`.
    pub api_version: String,
    /// Always `Study`.
    pub kind: String,
    /// The release that made it.
    pub foresail_version: String,
    /// The scenario's name.
    pub scenario: String,
    /// The fingerprint of everything that was read for the scenario as it is, without any setting of an axis.
    pub digest: String,
    /// The seed of all random streams, the same at every point.
    pub seed: u64,
    /// Replications of every point.
    pub replications: u32,
    /// What is varied, the slowest first: the last axis changes from point to point.
    pub axes: Vec<StudyAxis>,
    /// How points are drawn; absent where every combination is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// How many points there are in all, whatever the shard.
    pub points: u64,
    /// Of what there are figures besides those of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Scope>,
    /// What is doubtful about the scenario as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
    /// Which part of them this file has; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardOf>,
}

/// A part of the points: those whose number leaves `index - 1` when divided by `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShardOf {
    /// From 1 to `count`.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

/// Something that is varied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StudyAxis {
    /// As it was asked for: a path of `--set`, or an alias such as `hpa.max`.
    pub name: String,
    /// Which values it takes.
    pub values: AxisValues,
}

/// The values of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum AxisValues {
    /// These, as `--set` takes them.
    List(Vec<String>),
    /// Anything between two numbers, both included.
    Range {
        /// The least, as it was written.
        low: String,
        /// The most.
        high: String,
    },
}

/// How points are drawn from the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sampling {
    /// A Sobol sequence, scrambled by the seed.
    Sobol,
    /// A Latin hypercube: each axis is cut into as many parts as there are points, each with one point in it.
    LatinHypercube,
}

/// What came out at a setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StudyPoint {
    /// Its number, from 0.
    pub point: u64,
    /// The value of each axis, in their order, as `--set` takes it.
    pub settings: IndexMap<String, String>,
    /// What came out, by [key](crate::report::figures::Figure::key).
    pub figures: IndexMap<String, FigureAtPoint>,
    /// What is doubtful about this point, besides what is about the scenario as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

/// A figure at a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FigureAtPoint {
    /// Arithmetic mean over the replications that have a value; not a number (`null`) where none has.
    #[serde(deserialize_with = "known_or_not")]
    pub mean: f64,
    /// Its 95 % interval; absent from a single replication.
    pub interval: Option<[f64; 2]>,
    /// By replication; `null` where one has none.
    #[serde(deserialize_with = "crate::study::each_known_or_not")]
    pub values: Vec<f64>,
    /// The service level that it should stay below, at this point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<f64>,
}

impl From<&Figure<'_>> for FigureAtPoint {
    fn from(figure: &Figure<'_>) -> Self {
        let Estimate { mean, interval, values, .. } = figure.value.as_ref();
        FigureAtPoint { mean: *mean, interval: *interval, values: values.clone(), objective: figure.objective }
    }
}

/// A sweep that others will simulate: `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SweepPlan {
    /// Always `foresail/v1alpha1`.
    pub api_version: String,
    /// Always `SweepPlan`.
    pub kind: String,
    /// The scenario's file or folder, as it was named; absent for the reference scenario.
    pub scenario: Option<PathBuf>,
    /// What is set at every point, as `--set` takes it.
    pub sets: Vec<String>,
    /// Into how many parts the points go.
    pub shards: Option<u32>,
    /// What is varied, and of what.
    pub study: StudyHead,
}
