//! What a check has to say of places in files: for the outputs that show it there.

use super::model::{CheckResult, FigureVerdict, InputChange, ThresholdOutcome, WhereWritten};
use super::phrases::{called, condition, crossing, input, measured, regression, subject, undecided, would_do};
use crate::scenario::issue::{Issue, Issues, Severity};
use crate::units::counted;
use std::path::{Component, Path, PathBuf};

/// What outputs are made of.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// What was found.
    pub result: &'a CheckResult,
    /// Warnings and notes of the readers.
    pub problems: &'a Issues,
    /// From where paths are counted.
    pub root: &'a Root,
}

/// What outputs are made of where the input was refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The scenario as it was named on the command line.
    pub scenario: &'a str,
    /// Everything that is wrong.
    pub problems: &'a Issues,
    /// From where paths are counted.
    pub root: &'a Root,
}

/// From where paths in files are counted: CI systems know them from the root of the repository.
#[derive(Clone, Debug, Default)]
pub struct Root {
    /// The working directory.
    pub current: PathBuf,
    /// The root of the repository.
    pub repository: PathBuf,
}

impl Root {
    /// A file of the input as the CI knows it; none for what is no file.
    fn path(&self, file: &str) -> Option<String> {
        if file.is_empty() || file.starts_with('-') {
            return None;
        }
        let mut plain = PathBuf::new();
        for part in self.current.join(file).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
                part => plain.push(part),
            }
        }
        let below = plain.strip_prefix(&self.repository).map(Path::to_owned).unwrap_or(plain);
        Some(below.to_string_lossy().replace('\\', "/"))
    }
}

/// What kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    InputError,
    ThresholdCrossed,
    FigureRegressed,
    ThresholdUndecided,
    FigureUndecided,
    InputWarning,
    InputNote,
}

impl Rule {
    pub(super) const ALL: [Rule; 7] = [
        Rule::InputError,
        Rule::ThresholdCrossed,
        Rule::FigureRegressed,
        Rule::ThresholdUndecided,
        Rule::FigureUndecided,
        Rule::InputWarning,
        Rule::InputNote,
    ];

    /// Stable.
    pub(super) fn id(self) -> &'static str {
        match self {
            Rule::InputError => "input-error",
            Rule::ThresholdCrossed => "threshold-crossed",
            Rule::FigureRegressed => "figure-regressed",
            Rule::ThresholdUndecided => "threshold-undecided",
            Rule::FigureUndecided => "figure-undecided",
            Rule::InputWarning => "input-warning",
            Rule::InputNote => "input-note",
        }
    }

    pub(super) fn severity(self) -> Severity {
        match self {
            Rule::InputError | Rule::ThresholdCrossed | Rule::FigureRegressed => Severity::Error,
            Rule::ThresholdUndecided | Rule::FigureUndecided | Rule::InputWarning => Severity::Warning,
            Rule::InputNote => Severity::Note,
        }
    }

    /// In a few words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Rule::InputError => "Input refused",
            Rule::ThresholdCrossed => "Threshold crossed",
            Rule::FigureRegressed => "Worse than the baseline",
            Rule::ThresholdUndecided => "Threshold undecided",
            Rule::FigureUndecided => "Difference undecided",
            Rule::InputWarning => "Doubtful input",
            Rule::InputNote => "Input that decides nothing",
        }
    }

    /// What it means and what to do about it.
    pub(super) fn help(self) -> &'static str {
        match self {
            Rule::InputError => "The input is refused and nothing was simulated. Mend what the message names.",
            Rule::ThresholdCrossed => {
                "A figure of the simulation does not keep a threshold of the scenario, beyond chance. \
                 Take the change back, or write another limit under `thresholds:`."
            }
            Rule::FigureRegressed => {
                "Beside the baseline a figure is worse, beyond chance and by more than the margin. Take the change \
                 back, or accept it with `foresail check --update-baseline` and commit the baseline."
            }
            Rule::ThresholdUndecided => {
                "The interval of the figure holds the limit: it cannot be told whether the threshold is kept. Allow \
                 more replications with `--max-replications`, or leave more room to the limit."
            }
            Rule::FigureUndecided => {
                "Chance could make the difference, or hide one. Allow more replications with `--max-replications`, \
                 or a larger `--margin`."
            }
            Rule::InputWarning => "The input is taken, and the figures deserve a doubt. See the message.",
            Rule::InputNote => "Something was read that decides nothing in a simulation. See the message.",
        }
    }
}

/// A place in a file, as the CI knows the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
}

/// Something to be shown at a place.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) rule: Rule,
    /// What it is about: the same from run to run, whatever the values.
    pub(super) key: String,
    /// The first is where it is shown; empty where no file has to do with it.
    pub(super) places: Vec<Spot>,
    pub(super) message: String,
}

/// As many undecided figures are named.
const MOST_NAMED: usize = 5;

/// What a check found: what fails it first.
pub(super) fn findings(outcome: &Outcome<'_>) -> Vec<Finding> {
    let Outcome { result, problems, root } = outcome;
    let spot =
        |written: &WhereWritten| Some(Spot { file: root.path(&written.file)?, line: written.line, column: None });
    // What has no place is shown in the scenario.
    let scenario = || root.path(&result.file).map(|file| Spot { file, line: Some(1), column: None });
    let mut found: Vec<Finding> = Vec::new();
    for threshold in &result.thresholds {
        let (rule, message) = match threshold.outcome {
            ThresholdOutcome::Kept => continue,
            ThresholdOutcome::Crossed => (Rule::ThresholdCrossed, crossing(threshold)),
            ThresholdOutcome::Inconclusive => (
                Rule::ThresholdUndecided,
                format!(
                    "{} is {}: that does not decide `{}` with {}{}",
                    subject(threshold),
                    measured(&threshold.value, threshold.unit),
                    condition(threshold),
                    counted(result.replications as usize, "replication"),
                    would_do(threshold.replications_needed)
                ),
            ),
        };
        let place = threshold.written.as_ref().and_then(spot).or_else(scenario);
        let key = format!("{} {}", threshold.figure, threshold.expression);
        found.push(Finding { rule, key, places: place.into_iter().collect(), message });
    }
    let mut changes: Vec<Spot> = Vec::new();
    let places = result.inputs.iter().filter(moves_figures).filter_map(|row| row.written.as_ref());
    for place in places.filter_map(spot) {
        if !changes.contains(&place) {
            changes.push(place);
        }
    }
    if changes.is_empty() {
        changes.extend(scenario());
    }
    for row in result.figures.iter().filter(|row| row.verdict == FigureVerdict::Regressed) {
        let message = regression(row);
        found.push(Finding { rule: Rule::FigureRegressed, key: row.figure.clone(), places: changes.clone(), message });
    }
    found.extend(left_open(result).map(|message| Finding {
        rule: Rule::FigureUndecided,
        key: "figures".to_owned(),
        places: changes.clone(),
        message,
    }));
    found.extend(of_input(problems, root));
    found.sort_by_key(|finding| finding.rule);
    found
}

/// The undecided figures, all in one: each alone would bury what is decided.
fn left_open(result: &CheckResult) -> Option<String> {
    let rows = undecided(result);
    let first = rows.first()?;
    let names: Vec<String> = rows.iter().take(MOST_NAMED).map(|row| called(row)).collect();
    let more = match rows.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "{} cannot be decided with {}: {}{more}{}",
        counted(rows.len(), "difference"),
        counted(result.replications as usize, "replication"),
        names.join(", "),
        if rows.len() == 1 { would_do(first.replications_needed) } else { String::new() }
    ))
}

/// What the readers said of the input.
pub(super) fn of_input(problems: &Issues, root: &Root) -> Vec<Finding> {
    problems.iter().map(|issue| of_issue(issue, root)).collect()
}

fn of_issue(issue: &Issue, root: &Root) -> Finding {
    let rule = match issue.severity {
        Severity::Error => Rule::InputError,
        Severity::Warning => Rule::InputWarning,
        Severity::Note => Rule::InputNote,
    };
    let place = &issue.place;
    let spot = place.file.as_deref().and_then(|file| root.path(file));
    let spot = spot.map(|file| Spot { file, line: place.line, column: place.column });
    let parts: Vec<&str> = [&place.object, &place.field].into_iter().flatten().map(String::as_str).collect();
    let about = parts.join(": ");
    let help = issue.help.iter().map(|help| format!(" ({help})")).collect::<String>();
    let message = if about.is_empty() { issue.message.clone() } else { format!("{about}: {}", issue.message) };
    // A place that is none: a setting of the command line.
    let before = place.file.iter().filter(|_| spot.is_none()).map(|file| format!("{file}: ")).collect::<String>();
    Finding {
        rule,
        key: message.clone(),
        places: spot.into_iter().collect(),
        message: format!("{before}{message}{help}"),
    }
}

/// What the inputs are that may have moved a figure, in lines.
pub(super) fn changed_inputs(result: &CheckResult) -> Vec<String> {
    result.inputs.iter().filter(moves_figures).map(input).collect()
}

/// Another limit makes no figure another.
fn moves_figures(row: &&InputChange) -> bool {
    !row.path.starts_with("thresholds")
}
