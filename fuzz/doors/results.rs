//! What was written, read back: results, and baselines, plans, studies and decision logs.

use super::place::within;
use super::{has_numbers, text};
use foresail::report::bill::{FocusVersion, Grain, bill_csv, focus_csv};
use foresail::report::check::Baseline;
use foresail::report::decisions::{Question, Story, why_written};
use foresail::report::sweep::{SweepPlan, best, each_json, merge_study, study_csv};
use foresail::report::{self, Printed};
use foresail::units::{SimDuration, SimTime};

/// A `result.json`, in its other forms.
pub(super) fn result(data: &[u8]) {
    let read = within(&[("result.json", data)], |folder| report::read(&folder.join("result.json")));
    match read {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(read) => {
            for details in [false, true] {
                has_numbers(&report::summary(&read, Printed { page: None, details }), data);
            }
            for grain in [Grain::Hour, Grain::Day] {
                if let Ok(rows) = bill_csv(&read, grain) {
                    has_numbers(&rows, data);
                }
            }
            if let Ok(rows) = focus_csv(&read, Grain::Day, FocusVersion::V1_2) {
                has_numbers(&rows, data);
            }
            has_numbers(&report::html(&read), data);
            assert!(Baseline::parse(&Baseline::of(&read).to_json(), "base.json").is_ok(), "a baseline is not read");
        }
    }
}

/// A baseline, a plan, a study or a decision log: each reader gets all of them.
pub(super) fn kept(data: &[u8]) {
    let text = text(data);
    if let Ok(baseline) = Baseline::parse(text, "base.json") {
        let again = Baseline::parse(&baseline.to_json(), "base.json");
        assert!(again.is_ok(), "a baseline that was read is not read again: {again:?}");
    }
    if let Ok(plan) = serde_json::from_str::<SweepPlan>(text) {
        let _ = (plan.study.vary(), plan.study.sample());
    }
    if let Ok(story) = Story::read("decisions.jsonl", text) {
        let at = SimTime::ZERO + SimDuration::from_mins(1);
        let question = Question { at, window: SimDuration::from_mins(5), object: None };
        let _ = why_written(&story, &question);
    }
    within(&[("study.jsonl", data)], |folder| {
        let merged = folder.join("merged.jsonl");
        let found = merge_study(&[folder.join("study.jsonl")], &merged);
        if found.is_ok() {
            let _ = best(&merged);
            let _ = study_csv(&merged, &mut |row| {
                has_numbers(row, data);
                Ok(())
            });
            let _ = each_json(&merged, &mut |_| Ok(()));
        }
        let _ = std::fs::remove_file(&merged);
    });
}
