//! SARIF 2.1.0: what was found in files, for code scanning.

use super::findings::{Finding, Outcome, Refusal, Root, Rule, Spot, findings, of_input};
use super::gitlab::fingerprint;
use crate::scenario::issue::{Issues, Severity};
use serde_json::{Value, json};

/// Where the schema is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// GitHub refuses more results of a run than 25,000, and shows 5,000.
const MOST_RESULTS: usize = 5_000;

/// A log with one run. What is at no place in a file is no result but a notification: code scanning refuses results
/// without a place.
pub fn check_sarif(outcome: &Outcome<'_>) -> String {
    log(&findings(outcome), true)
}

/// What readers say of an input that is not simulated.
pub fn problems_sarif(problems: &Issues, root: &Root) -> String {
    log(&of_input(problems, root), !problems.has_errors())
}

/// The problems of a refused input.
pub(super) fn refused(refusal: &Refusal<'_>) -> String {
    log(&of_input(refusal.problems, refusal.root), false)
}

fn log(findings: &[Finding], is_successful: bool) -> String {
    let results: Vec<Value> =
        findings.iter().filter(|finding| !finding.places.is_empty()).take(MOST_RESULTS).map(result).collect();
    let notifications: Vec<Value> =
        findings.iter().filter(|finding| finding.places.is_empty()).map(notification).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "foresail",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Rule::ALL.map(rule),
            }},
            "invocations": [{
                "executionSuccessful": is_successful,
                "toolConfigurationNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn level(rule: Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.id(),
        "name": name(rule.id()),
        "shortDescription": {"text": rule.title()},
        "fullDescription": {"text": rule.help()},
        "help": {"text": rule.help(), "markdown": rule.help()},
        "defaultConfiguration": {"level": level(rule)},
        "properties": {"tags": ["foresail"]},
    })
}

/// `threshold-crossed` as `ThresholdCrossed`.
fn name(id: &str) -> String {
    let upper = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split('-').map(upper).collect()
}

fn result(finding: &Finding) -> Value {
    let file = finding.places.first().map_or("", |spot| spot.file.as_str());
    let mut result = json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": level(finding.rule),
        "message": {"text": finding.message},
        "locations": finding.places.iter().take(1).map(location).collect::<Vec<_>>(),
        "partialFingerprints": {"foresail/v1": fingerprint(&[finding.rule.id(), &finding.key, file])},
    });
    if finding.places.len() > 1 {
        result["relatedLocations"] = finding.places.iter().skip(1).map(location).collect();
    }
    result
}

fn notification(finding: &Finding) -> Value {
    json!({
        "associatedRule": {"id": finding.rule.id(), "index": Rule::ALL.iter().position(|rule| *rule == finding.rule)},
        "level": level(finding.rule),
        "message": {"text": finding.message},
    })
}

fn location(spot: &Spot) -> Value {
    let mut region = json!({"startLine": spot.line.unwrap_or(1).max(1)});
    if let Some(column) = spot.column.filter(|_| spot.line.is_some()) {
        region["startColumn"] = column.max(1).into();
    }
    let mut artifact = json!({"uri": uri(&spot.file)});
    if !spot.file.starts_with('/') {
        artifact["uriBaseId"] = "%SRCROOT%".into();
    }
    json!({"physicalLocation": {"artifactLocation": artifact, "region": region}})
}

/// A path as a URI: what is no letter of one is escaped, byte by byte. An absolute one names its scheme.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escaped: String = path
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    if path.starts_with('/') { format!("file://{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::super::findings::Root;
    use super::super::fixture::{failed, passed};
    use super::super::model::CheckResult;
    use super::*;
    use crate::scenario::issue::{Issue, Issues};

    fn run(result: &CheckResult, problems: &Issues) -> Value {
        let root = Root::default();
        let log: Value = serde_json::from_str(&check_sarif(&Outcome { result, problems, root: &root })).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        log["runs"][0].clone()
    }

    #[test]
    fn results_have_a_place_and_a_rule() {
        let run = run(&failed(), &Issues::new());
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.len(), 9, "{results:#?}");
        for result in results {
            let index = result["ruleIndex"].as_u64().expect("a rule") as usize;
            let rule = &run["tool"]["driver"]["rules"][index];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["text"].as_str().is_some_and(|text| text.len() > 20), "{rule}");
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].is_string() && place["region"]["startLine"].as_u64() >= Some(1));
        }
        let worse = results.iter().find(|result| result["ruleId"] == "figure-regressed").expect("one");
        let uri = &worse["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "k8s/web%3A%20hpa%2C1.yaml");
        assert_eq!(worse["relatedLocations"].as_array().map(Vec::len), Some(1), "the other changed field");
        let none = self::run(&passed(), &Issues::new());
        assert_eq!(none["results"].as_array().map(Vec::len), Some(0));
        assert_eq!(none["invocations"][0]["executionSuccessful"], true);
    }

    #[test]
    fn what_has_no_place_is_a_notification() {
        let mut problems = Issues::new();
        let mut issue = Issue::error("spec.maxReplicas", "found 0").in_file("k8s/hpa.yaml", Some(7));
        issue.place.column = Some(5);
        problems.push(issue);
        problems.push(Issue::error("--margin", "found x"));
        let refusal = Refusal { scenario: "shop.yaml", problems: &problems, root: &Root::default() };
        let log: Value = serde_json::from_str(&refused(&refusal)).expect("JSON");
        let run = &log["runs"][0];
        let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region, &json!({"startLine": 7, "startColumn": 5}));
        assert_eq!(run["results"].as_array().map(Vec::len), Some(1));
        let notifications = &run["invocations"][0]["toolConfigurationNotifications"];
        assert_eq!(notifications[0]["message"]["text"], "--margin: found x");
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("k8s/é 1.yaml"), "k8s/%C3%A9%201.yaml");
        assert_eq!(uri("/tmp/a.yaml"), "file:///tmp/a.yaml");
        assert_eq!(name("threshold-crossed"), "ThresholdCrossed");
    }
}
