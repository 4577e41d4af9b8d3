//! Lists as kubectl prints them are read as those that are printed otherwise: the same objects at the same lines, the same complaints.

use super::raw::Raw;
use super::*;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;

/// What was read: each object with the line of its name, and what is wrong.
type Outcome = (Vec<(Value, Option<u32>)>, Vec<(String, Option<u32>)>);

fn read(text: &str) -> Outcome {
    let input = Box::new(std::io::Cursor::new(text.to_owned()));
    outcome(|issues, sink| objects(input, &Arc::from("dump"), issues, sink).expect("text that can be read"))
}

fn outcome(read: impl FnOnce(&mut Issues, raw::Sink<'_>)) -> Outcome {
    let (mut found, mut issues) = (Vec::new(), Issues::new());
    let mut sink = |raw: Raw| {
        let line = raw.from.locate(Issue::error("metadata.name", "")).place.line;
        found.push((raw.value, line));
    };
    read(&mut issues, &mut sink);
    (found, issues.into_iter().map(|issue| (without_column(&issue.message), issue.place.line)).collect())
}

/// Messages of serde_json name columns, which other indentation moves.
fn without_column(message: &str) -> String {
    message.rsplit_once(" column ").map_or(message, |(before, _)| before).to_owned()
}

fn list(count: usize, kind: &str, with_kinds: bool) -> Value {
    let object = |at: usize| {
        let mut object = json!({"metadata": {"name": format!("pod-{at}"), "labels": {"a": "x: {y}", "b": "- 1"}},
            "spec": {"containers": [{"name": "c", "args": ["sh", "-c", "a\nb\n"]}], "empty": {}, "none": []}});
        if with_kinds {
            object["kind"] = json!("Pod");
        }
        object
    };
    let items: Vec<Value> = (0..count).map(object).collect();
    json!({"apiVersion": "v1", "items": items, "kind": kind, "metadata": {"resourceVersion": ""}})
}

fn printed(list: &Value, indent: &[u8]) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent);
    list.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).expect("JSON");
    String::from_utf8(bytes).expect("text") + "\n"
}

/// In YAML, as far as it can be told apart.
fn printed_yaml(list: &Value) -> String {
    let items = list["items"].as_array().expect("items");
    let item = |item: &Value| {
        let name = item["metadata"]["name"].as_str().expect("a name");
        let kind = item.get("kind").map_or("", |_| "  kind: Pod\n");
        let labels = "    labels:\n      a: 'x: {y}'\n      b: |\n        - 1\n\n        items:\n";
        format!("- metadata:\n{labels}    name: {name}\n{kind}  spec: {{}}\n")
    };
    let items: String = items.iter().map(item).collect();
    let kind = list["kind"].as_str().expect("a kind");
    format!("apiVersion: v1\nitems:\n{items}kind: {kind}\nmetadata:\n  resourceVersion: \"\"\n")
}

/// A slip of somebody who edits a file, at a share of its lines.
#[derive(Clone, Copy, Debug)]
enum Slip {
    None,
    Lost,
    Twice,
    Cut,
    Comma,
    Word,
}

impl Slip {
    fn in_text(self, text: &str, at: f64) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let at = ((lines.len() - 1) as f64 * at) as usize;
        let edited = |line: &str| match self {
            Slip::Lost => String::new(),
            Slip::Twice => format!("{line}\n{line}\n"),
            Slip::Comma => format!("{},\n", line.trim_end_matches(',')),
            Slip::Word => format!("{line} x\n"),
            _ => format!("{line}\n"),
        };
        let kept = if matches!(self, Slip::Cut) { at } else { lines.len() };
        lines[..kept]
            .iter()
            .enumerate()
            .map(|(n, line)| if n == at { edited(line) } else { format!("{line}\n") })
            .collect()
    }
}

fn slips() -> impl Strategy<Value = Slip> {
    proptest::sample::select(vec![Slip::None, Slip::Lost, Slip::Twice, Slip::Cut, Slip::Comma, Slip::Word])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn json_of_kubectl_is_read_as_any_other(
        count in proptest::sample::select(vec![0, 1, 2, 3, 255, 256, 257, 520]),
        kind in proptest::sample::select(vec!["List", "PodList", "Strange"]),
        with_kinds: bool,
        slip in slips(),
        at in 0.0..1.0f64,
    ) {
        let list = list(count, kind, with_kinds);
        let ours = read(&slip.in_text(&printed(&list, b"    "), at));
        let plain = read(&slip.in_text(&printed(&list, b"  "), at));
        prop_assert_eq!(ours, plain);
    }

    #[test]
    fn yaml_of_kubectl_is_read_as_if_parsed_at_once(
        count in proptest::sample::select(vec![0, 1, 2, 3, 256, 300]),
        kind in proptest::sample::select(vec!["List", "PodList", "Strange"]),
        with_kinds: bool,
        slip in slips(),
        at in 0.0..1.0f64,
    ) {
        let list = list(count, kind, with_kinds);
        let text = slip.in_text(&printed_yaml(&list), at);
        let ours = read(&text);
        prop_assume!(!ours.1.iter().any(|(message, _)| message.starts_with("the file is cut off")));
        let plain = outcome(|issues, sink| text::read_whole(&text, (&Arc::from("dump"), 1), issues, sink));
        prop_assert_eq!(&ours.1, &plain.1);
        if plain.1.is_empty() {
            prop_assert_eq!(ours.0, plain.0);
        }
    }
}

#[test]
fn an_anchor_of_another_item_is_found_and_no_object_comes_twice() {
    let text = "apiVersion: v1\nitems:\n- kind: Pod\n  metadata: &first\n    name: a\n- kind: Pod\n  metadata:\n    <<: *first\n    \
                name: b\n- kind: Pod\n  metadata: {name: c}\nkind: List\n";
    let (found, issues) = read(text);
    assert_eq!(issues, []);
    let names: Vec<&str> = found.iter().map(|(value, _)| text_at(value, &["metadata", "name"])).collect();
    assert_eq!(names, ["a", "b", "c"]);
}
