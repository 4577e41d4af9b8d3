//! What the clouds themselves answer about node groups: `aws eks describe-nodegroup` and `describe-cluster`,
//! `aws autoscaling describe-auto-scaling-groups`, `gcloud container clusters describe`, `node-pools describe` and `list`.
//!
//! One answer or several of them in a file, as JSON or (Google's) YAML; Google's sizes of each zone are added up.
//! Deliberately not here: what differs from an infrastructure's files. Both may be given, and then groups are there twice.
//!
//! Start reading at [`read`].

mod amazon;
mod answer;
mod google;

use super::declared::Declared;
use super::documents;
use super::issue::{Issue, Issues};
use super::sources::Files;
use answer::Answer;
use serde_json::Value;
use std::path::PathBuf;

/// What the files say. Cost: each is parsed once.
pub(super) fn read(files: impl Files, paths: &[PathBuf], issues: &mut Issues) -> Declared {
    let mut declared = Declared::default();
    for path in paths {
        let found = match files.list(path, &["json", "yaml", "yml"]) {
            Ok(found) => found,
            Err(why) => {
                let issue = Issue::error("describe", format!("the file or folder {why}"));
                issues.push(issue.in_file(path.display().to_string(), None));
                continue;
            }
        };
        for file in found {
            let name = file.to_string_lossy().into_owned();
            match files.read(&file) {
                Ok(text) => declared.absorb(answers(&text, &name, issues), issues),
                Err(why) => issues.push(Issue::error("describe", format!("the file {why}")).in_file(name, Some(1))),
            }
        }
    }
    declared
}

/// All answers of a text.
fn answers(text: &str, file: &str, issues: &mut Issues) -> Declared {
    let values = match values(text, file) {
        Ok(values) => values,
        Err(issue) => {
            issues.push(issue);
            Vec::new()
        }
    };
    let mut declared = Declared::default();
    let mut is_known = values.is_empty() && issues.has_errors();
    for value in &values {
        let answer = Answer { text, file, value };
        if amazon::take(&answer, &mut declared, issues) || google::take(&answer, &mut declared, issues) {
            is_known = true;
        }
    }
    if !is_known {
        let help = "aws eks describe-nodegroup --cluster-name C --nodegroup-name N, aws eks describe-cluster --name C, \
                    aws autoscaling describe-auto-scaling-groups, gcloud container clusters describe C, each with its JSON";
        let issue = Issue::error("describe", "this is none of the answers that are read").with_help(help);
        issues.push(issue.in_file(file, Some(1)));
    }
    declared
}

/// The values of a text: JSON, one behind the other or in a list, or documents of YAML. Errors: where it is neither.
fn values(text: &str, file: &str) -> Result<Vec<Value>, Issue> {
    let mut values = Vec::new();
    if text.trim_start().starts_with(['{', '[']) {
        for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            values.push(value.map_err(|error| {
                Issue::error("", documents::json_message(&error)).in_file(file, Some(error.line() as u32))
            })?);
        }
    } else {
        let mut line = 1;
        for part in text.split_inclusive("\n---") {
            let document = part.strip_suffix("---").unwrap_or(part);
            if document.lines().any(|line| !line.trim().is_empty() && !line.starts_with(['#', '-'])) {
                values.push(
                    documents::parse(document.strip_prefix("---").unwrap_or(document))
                        .map_err(|problem| problem.at(file, line))?,
                );
            }
            line += part.matches('\n').count() as u32;
        }
    }
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(list) => list,
        one => vec![one],
    });
    Ok(flat.collect())
}
