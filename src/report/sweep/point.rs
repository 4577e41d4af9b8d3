//! From what a sweep plans to the head of its file, from what was simulated at a point to its line.

use super::model::{AxisValues, FigureAtPoint, Sampling, ShardOf, StudyAxis, StudyHead, StudyPoint, SweepPlan};
use crate::report::Report;
use crate::report::figures::{Scope, figures};
use crate::report::model::API_VERSION;
use crate::scenario::Scenario;
use crate::scenario::file::Method;
use crate::scenario::issue::{Issue, Severity};
use crate::study::Finished;
use crate::study::sweep::{Axis, Plan, Values};
use indexmap::IndexMap;
use std::path::PathBuf;

impl StudyHead {
    /// The head of a study of these points; its seed and replications are the scenario's. `by` says of what there are
    /// figures besides those of everything.
    pub fn of(plan: &Plan, base: &Scenario, by: &[Scope]) -> Self {
        let caveats = base.caveats.iter().filter(|issue| issue.severity != Severity::Note);
        let mut by = by.to_vec();
        by.sort_unstable();
        by.dedup();
        StudyHead {
            api_version: API_VERSION.to_owned(),
            kind: "Study".to_owned(),
            foresail_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: base.name.clone(),
            digest: base.digest.clone(),
            seed: base.seed,
            replications: base.replications,
            axes: plan.axes().iter().map(StudyAxis::of).collect(),
            sampling: plan.sampling().map(|method| match method {
                Method::Sobol => Sampling::Sobol,
                Method::Lhs => Sampling::LatinHypercube,
            }),
            points: plan.points(),
            by,
            caveats: caveats.map(Issue::sentence).collect(),
            shard: None,
        }
    }

    /// The same for a part of the points.
    pub fn of_shard(&self, shard: Option<ShardOf>) -> Self {
        StudyHead { shard, ..self.clone() }
    }

    /// What is varied, to plan it again.
    ///
    /// Errors: an axis that nobody can read.
    pub fn vary(&self) -> Result<IndexMap<String, Values>, String> {
        let one = |axis: &StudyAxis| {
            let values = match &axis.values {
                AxisValues::List(list) => Values::List(list.clone()),
                AxisValues::Range { low, high } => Values::parse(&format!("{low}..{high}"))?,
            };
            Ok((axis.name.clone(), values))
        };
        self.axes.iter().map(one).collect()
    }

    /// How many points are drawn, and how, to plan it again.
    pub fn sample(&self) -> Option<(u64, Method)> {
        let method = match self.sampling? {
            Sampling::Sobol => Method::Sobol,
            Sampling::LatinHypercube => Method::Lhs,
        };
        Some((self.points, method))
    }
}

impl SweepPlan {
    /// A plan of a study of the scenario at a path, with `sets`.
    pub fn of(scenario: Option<PathBuf>, sets: Vec<String>, shards: Option<u32>, study: StudyHead) -> Self {
        let (api_version, kind) = (API_VERSION.to_owned(), "SweepPlan".to_owned());
        SweepPlan { api_version, kind, scenario, sets, shards, study }
    }
}

impl StudyAxis {
    fn of(axis: &Axis) -> Self {
        let values = match axis.values.stepless() {
            Some([low, high]) => AxisValues::Range { low: low.clone(), high: high.clone() },
            None => AxisValues::List((0..axis.values.count()).map(|level| axis.values.value(level)).collect()),
        };
        StudyAxis { name: axis.name.clone(), values }
    }
}

impl StudyPoint {
    /// What came out at point number `point` of a study, with `values` on its axes.
    pub fn of(head: &StudyHead, point: u64, values: &[String], finished: &Finished) -> Self {
        let report = Report::of_figures(finished);
        let is_wanted = |scope: Scope| scope == Scope::Whole || head.by.contains(&scope);
        let all = figures(&report);
        let figures = all.iter().filter(|figure| is_wanted(figure.scope));
        let figures = figures.map(|figure| (figure.key(), FigureAtPoint::from(figure))).collect();
        let settings = head.axes.iter().map(|axis| axis.name.clone()).zip(values.iter().cloned()).collect();
        let caveats = report.caveats.into_iter().filter(|caveat| !head.caveats.contains(caveat)).collect();
        StudyPoint { point, settings, figures, caveats }
    }
}
