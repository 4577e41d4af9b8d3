//! Every example of the documentation runs, and prints what the documentation says it prints.
//!
//! - A block that begins with `$ foresail`: the command runs, and each line below it is one that it prints.
//! - Other lines that begin with `foresail`, with or without a pipe before it: the command runs.
//! - Blocks of YAML are read: scenarios as scenarios, parts of them as part of one.
//! - In docs/hpa.md, blocks without a command are lines of the first command of that page.
//!
//! Simulations are cut short, and not repeated; what they print is held by the golden scenarios. Words in capitals stand for files of
//! the reader's: such lines are synopses.

use crate::program::{Done, Folder};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Written by a program; tried by a test of its own.
const ELSEWHERE: [&str; 2] = ["validation.md", "first-hour.md"];

/// All other pages.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("docs");
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".md") && !ELSEWHERE.contains(&name.as_str())).collect();
    names.sort();
    names
}

/// A fenced block: what is written behind its fence, and its text.
pub(crate) struct Block {
    kind: String,
    pub(crate) text: String,
}

pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let parts: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    parts
        .into_iter()
        .map(|part| {
            let (kind, text) = part.split_once('\n').unwrap_or((part, ""));
            Block { kind: kind.trim().to_owned(), text: text.replace("\\\n", " ") }
        })
        .collect()
}

/// Words as a shell reads them, without comments.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => (quote, begun) = (Some(c), true),
            (None, '#') if word.is_empty() => break,
            (None, c) if c.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, c) => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The files of the documentation where its commands look for them, and a scenario of the reader's own.
fn place() -> Folder {
    let mut folder = Folder::new();
    let mut copy = |from: &str, to: &str| {
        let text = fs::read(root().join(from)).unwrap_or_else(|error| panic!("{from}: {error}"));
        folder = std::mem::replace(&mut folder, Folder::new()).file(to, text);
    };
    for name in ["up.yaml", "down.yaml", "groups.yaml"] {
        copy(&format!("docs/cluster-autoscaler/{name}"), name);
    }
    for name in ["hpa-order.yaml", "hpa-faster.yaml", "hpa-flash-crowd.csv", "scheduler-cluster.yaml", "contract.yaml"]
    {
        copy(&format!("docs/{name}"), &format!("docs/{name}"));
    }
    for name in ["shop.yaml", "target-80.yaml", "web.yaml"] {
        copy(&format!("docs/compare/{name}"), &format!("docs/compare/{name}"));
    }
    copy("scenarios/flash-crowd.yaml", "scenarios/flash-crowd.yaml");
    for entry in fs::read_dir(root().join("scenarios/ecommerce")).expect("the reference scenario") {
        let entry = entry.expect("readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        let names: Vec<String> = match entry.path().is_dir() {
            true => fs::read_dir(entry.path())
                .expect("a folder")
                .map(|file| format!("{name}/{}", file.expect("readable").file_name().to_string_lossy()))
                .collect(),
            false => vec![name],
        };
        names
            .iter()
            .for_each(|name| copy(&format!("scenarios/ecommerce/{name}"), &format!("scenarios/ecommerce/{name}")));
    }
    folder.file("shop.yaml", "apiVersion: foresail/v1alpha1\nkind: Scenario\nextends: scenarios/flash-crowd.yaml\n")
}

/// Runs the words behind `foresail`; simulations once, for ten minutes.
fn run(folder: &Folder, line: &str) -> Done {
    let (before, line) = line.split_once("foresail ").expect("a command of ours");
    let mut words = words(line);
    if words[0] == "run" {
        let at = words.iter().position(|word| word == "--replications");
        at.into_iter().for_each(|at| drop(words.drain(at..at + 2)));
        words.extend(["-q", "-n", "1", "--set", "duration=10m"].map(str::to_owned));
    }
    if ["check", "compare", "sweep"].contains(&words[0].as_str()) {
        words.push("-q".to_owned());
    }
    if words[0] == "why" {
        // Asked of the sample report, and not of what another example has just written in its place.
        fs::create_dir_all(folder.path().join("reports/ecommerce")).expect("a folder");
        let log = "reports/ecommerce/decisions.jsonl";
        fs::copy(root().join(log), folder.path().join(log)).expect("the sample report");
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match before.contains('|') {
        true => folder.pipe(&words, &fs::read(root().join("docs/scheduler-cluster.yaml")).expect("a dump")),
        false => folder.run_words(&words),
    }
}

pub(crate) fn is_synopsis(line: &str) -> bool {
    let has_capitals = |word: &str| word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase());
    line.split([' ', '[', ']', '=', ':']).any(has_capitals)
}

#[test]
fn commands_run_and_print_what_is_shown() {
    let (mut ran, folder) = (0, place());
    for name in pages() {
        for block in blocks(&page(&name)) {
            let mut shown: Option<Done> = None;
            for line in block.text.lines() {
                let command = line.strip_prefix("$ ").unwrap_or(line);
                let is_ours = command.starts_with("foresail ") || command.contains("| foresail ");
                if is_ours && !is_synopsis(command) {
                    let done = run(&folder, command);
                    // That a check fails is what its example shows.
                    let is_well = done.code == 0 || (done.code == 1 && command.starts_with("foresail check "));
                    assert!(is_well, "docs/{name}: {command}\n{}", done.stderr);
                    shown = line.starts_with("$ ").then_some(done);
                    ran += 1;
                } else if let Some(done) = shown.as_ref().filter(|_| !["", "..."].contains(&line.trim())) {
                    let is_printed = done.stdout.lines().any(|printed| printed.trim_end() == line.trim_end());
                    assert!(is_printed, "docs/{name} shows what is not printed:\n{line}\nbut\n{}", done.stdout);
                }
            }
        }
    }
    assert!(ran >= 10, "only {ran} commands were found");
}

#[test]
fn commands_within_sentences_run() {
    let (mut ran, folder) = (0, place());
    for name in pages() {
        let text = page(&name);
        let prose: String = text.split("```").step_by(2).collect();
        for code in prose.split('`').skip(1).step_by(2) {
            let is_command = code.starts_with("foresail run ") && code.contains('.') && !is_synopsis(code);
            if is_command && place_has(&folder, code) {
                let done = run(&folder, code);
                assert_eq!(done.code, 0, "docs/{name}: {code}\n{}", done.stderr);
                ran += 1;
            }
        }
    }
    assert!(ran >= 1, "none was found");
}

/// Whether the file that a command of a sentence names is one of the repository's.
fn place_has(folder: &Folder, code: &str) -> bool {
    words(code).iter().filter(|word| Path::new(word).extension().is_some()).all(|word| folder.has(word))
}

#[test]
fn the_tables_of_hpa_md_are_its_commands() {
    let page = page("hpa.md");
    let blocks = blocks(&page);
    let folder = place();
    let all = run(&folder, &(blocks[0].text.lines().next().expect("a command").to_owned() + " --all"));
    let short = run(&folder, blocks[0].text.lines().next().expect("a command"));
    let printed: Vec<&str> = all.ok().lines().chain(short.ok().lines()).map(str::trim).collect();
    // Widths of columns depend on the rows beside them.
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let printed: Vec<String> = printed.into_iter().map(squeezed).collect();
    let shown = blocks[1..].iter().filter(|block| block.kind.is_empty()).flat_map(|block| block.text.lines());
    let shown: Vec<&str> = shown.filter(|line| !["", "..."].contains(&line.trim())).collect();
    assert!(shown.len() > 10, "{shown:?}");
    for line in shown {
        assert!(printed.contains(&squeezed(line)), "docs/hpa.md shows what is not printed:\n{line}");
    }
}

const OBJECTS: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api}
spec:
  rules:
    - http:
        paths:
          - {path: /api/orders, pathType: Prefix, backend: {service: {name: order-service, port: {number: 80}}}}
          - {path: /api/products, pathType: Prefix, backend: {service: {name: payment-service, port: {number: 80}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service-hpa}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service}, minReplicas: 2, maxReplicas: 20}
";

fn service(name: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 4\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers: [{{name: web, image: web, resources: {{requests: {{cpu: 500m, memory: 256Mi}}}}}}]\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"
    )
}

const GROUP: &str = "resource \"aws_eks_node_group\" \"app\" {\n  cluster_name = \"shop\"\n  node_group_name = \"app\"\n  \
    instance_types = [\"m5.xlarge\"]\n  scaling_config {\n    desired_size = 3\n    min_size = 2\n    max_size = 6\n  }\n}\n";

#[test]
fn scenarios_in_the_documentation_are_read() {
    let mut read = 0;
    for name in pages() {
        for block in blocks(&page(&name)).into_iter().filter(|block| block.kind == "yaml") {
            let base =
                "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: shop\nmanifests: [k8s/]\nterraform: [infra/]\n";
            let scenario = match block.text.starts_with("apiVersion") {
                true => block.text.clone(),
                false => format!("{base}{}", block.text),
            };
            let traffic = fs::read_dir(root().join("docs/traffic")).expect("files of traffic");
            let folder = traffic.fold(Folder::new(), |folder, entry| {
                let entry = entry.expect("readable");
                let name = format!("traffic/{}", entry.file_name().to_string_lossy());
                folder.file(&name, fs::read(entry.path()).expect("readable"))
            });
            let folder = folder
                .file("scenario.yaml", scenario)
                .file("k8s/all.yaml", format!("{OBJECTS}{}{}", service("order-service"), service("payment-service")))
                .file("infra/groups.tf", GROUP)
                .file(
                    "scheduler.yaml",
                    "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
                );
            let done = folder.run("run . -q -n 1 --no-recommend --set duration=10m");
            assert_eq!(done.code, 0, "docs/{name}\n{}", done.stderr);
            read += 1;
        }
    }
    assert!(read >= 2, "only {read} blocks of YAML");
}
