//! Where a field stands in a text: the line of `spec.metrics[0].target` in YAML or JSON as people and kubectl write it.

/// Texts longer than this are not searched: 4 MiB.
const LARGEST: usize = 4 * 1024 * 1024;

/// The line, from 1, of the deepest part of the path that stands on a line of its own; nothing if no part does.
///
/// `path` is as issues name fields: keys with dots between, positions in brackets. Values in flow style
/// (`{a: 1}`) are on the line of their key.
pub(super) fn line_of(text: &str, path: &str) -> Option<u32> {
    if text.len() > LARGEST {
        return None;
    }
    let rows = rows(text);
    let mut inside = 0..rows.len();
    if rows.first().is_some_and(|row| row.text == "{") {
        inside.start = 1;
    }
    let mut found = None;
    for step in steps(path) {
        let Some(at) = step.find(&rows, inside.clone()) else { break };
        found = Some(rows[at].line);
        inside = children(&rows, at, inside.end);
    }
    found
}

/// A line without its indentation; `- key: value` is two of them.
struct Row<'a> {
    line: u32,
    indent: usize,
    text: &'a str,
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (line, whole) in (1u32..).zip(text.lines()) {
        let mut rest = whole.trim_start();
        let mut indent = whole.len() - rest.len();
        while let Some(after) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|r| r.is_empty())) {
            rows.push(Row { line, indent, text: "-" });
            let inner = after.trim_start();
            indent += rest.len() - inner.len();
            rest = inner;
        }
        if !rest.is_empty() && !rest.starts_with('#') {
            rows.push(Row { line, indent, text: rest.trim_end() });
        }
    }
    rows
}

/// A part of a path.
enum Step<'a> {
    Key(&'a str),
    Position(usize),
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|part| {
        let (key, positions) = part.split_once('[').unwrap_or((part, ""));
        let key = (!key.is_empty()).then_some(Step::Key(key));
        let positions = positions.split('[').filter_map(|text| text.trim_end_matches(']').parse().ok());
        key.into_iter().chain(positions.map(Step::Position))
    })
}

impl Step<'_> {
    /// The row of this step among those of one level.
    fn find(&self, rows: &[Row<'_>], inside: std::ops::Range<usize>) -> Option<usize> {
        let level = rows.get(inside.start).filter(|_| !inside.is_empty())?.indent;
        let mut here = inside.filter(|at| rows[*at].indent == level);
        match self {
            Step::Key(key) => here.find(|at| {
                let text = rows[*at].text.trim_start_matches(['"', '\'']);
                text.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
            }),
            Step::Position(position) => here.filter(|at| !rows[*at].text.starts_with(['}', ']'])).nth(*position),
        }
    }
}

/// The rows below one: those further in, and the items of a list that begin as far out as its key.
fn children(rows: &[Row<'_>], at: usize, end: usize) -> std::ops::Range<usize> {
    let Row { indent, text, .. } = rows[at];
    let is_inside = |row: &Row<'_>| row.indent > indent || (text != "-" && row.indent == indent && row.text == "-");
    let last = (at + 1..end).find(|next| !is_inside(&rows[*next])).unwrap_or(end);
    at + 1..last
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "\
apiVersion: autoscaling/v2
metadata: {name: web}
spec:
  # a comment
  minReplicas: 2

  metrics:
  - type: Resource
    resource:
      name: cpu
      target: {type: Utilization}
  - type: Pods
    pods:
      target:
        averageValue: 10
  behavior:
    scaleUp:
      policies:
        - type: Pods
          value: 4
        -
          type: Percent
";

    fn check(text: &str, path: &str, line: Option<u32>) {
        assert_eq!(line_of(text, path), line, "{path}");
    }

    #[test]
    fn keys_and_items_of_yaml_are_found() {
        check(YAML, "spec.minReplicas", Some(5));
        check(YAML, "spec.metrics[0].resource.name", Some(10));
        check(YAML, "spec.metrics[1].pods.target.averageValue", Some(15));
        check(YAML, "spec.behavior.scaleUp.policies[0].value", Some(20));
        check(YAML, "spec.behavior.scaleUp.policies[1].type", Some(22));
    }

    #[test]
    fn what_is_not_there_or_on_no_line_of_its_own_is_where_its_parent_is() {
        check(YAML, "spec.metrics[0].resource.target.averageUtilization", Some(11));
        check(YAML, "spec.maxReplicas", Some(3));
        check(YAML, "spec.metrics[7]", Some(7));
        check(YAML, "metadata.name", Some(2));
        check(YAML, "status", None);
        check("", "spec", None);
    }

    #[test]
    fn json_as_kubectl_prints_it() {
        let text = "{\n    \"items\": [\n        {\n            \"kind\": \"A\"\n        },\n        {\n            \
                    \"spec\": {\n                \"replicas\": 1\n            }\n        }\n    ]\n}\n";
        check(text, "items[1].spec.replicas", Some(8));
        check(text, "items[1]", Some(6));
        check(&text.replace(['\n', ' '], ""), "items[1].spec", None);
    }
}
