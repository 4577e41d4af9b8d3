//! A recommendation by itself: `recommend.json`.

use crate::report::model::{API_VERSION, Prices, Run, ScenarioInfo};
use crate::report::results;
use crate::scenario::Scenario;
use crate::study::Study;
use crate::study::advise::answer::Answer;
use crate::world::Promised;
use serde::{Deserialize, Serialize};

/// What `foresail recommend` found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdviceReport {
    /// `foresail/v1alpha1`
    pub api_version: String,
    /// `Recommendation`
    pub kind: String,
    /// The release that wrote it.
    pub foresail_version: String,
    /// What was simulated.
    pub scenario: ScenarioInfo,
    /// How.
    pub run: Run,
    /// At which prices.
    pub prices: Prices,
    /// What may make figures others, a sentence each.
    pub caveats: Vec<String>,
    /// What is worth knowing and changes no figure.
    pub notes: Vec<String>,
    /// What to set, and what comes of it.
    pub answer: Answer,
}

impl AdviceReport {
    /// Of a scenario. The command that makes it again is left empty.
    pub fn of(scenario: &Scenario, answer: Answer) -> Self {
        let mut report = results::empty(scenario, &Study::of(scenario));
        if Promised::of(&scenario.cast).is_nothing() {
            report.caveats.push(format!("no objective is set: what was searched for is {}", answer.aim));
        }
        AdviceReport {
            api_version: API_VERSION.to_owned(),
            kind: "Recommendation".to_owned(),
            foresail_version: report.foresail_version,
            scenario: report.scenario,
            run: report.run,
            prices: report.prices,
            caveats: report.caveats,
            notes: report.notes,
            answer,
        }
    }
}
