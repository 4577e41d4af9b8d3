//! What messages suggest is there: every field of a scenario that a text of the program names is in the schema, and every command
//! and option of `foresail` exists. All texts of the source are looked at, so that no message has to be provoked first.

use crate::program::Folder;
use foresail::scenario::explain;
use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What stands behind a dot in the name of a file, or of a domain.
const ENDINGS: [&str; 10] = ["io", "csv", "json", "yaml", "yml", "tf", "tfvars", "md", "html", "jsonl"];

/// Names of items of the price list, and a group of the API, that look like fields.
const ITEMS: [&str; 3] = ["support.share", "support.minimum", "eksctl.io"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The texts of a file, without its tests and comments, with their lines joined.
fn texts(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let literal = Regex::new(r#"(?s)"((?:[^"\\]|\\.)*)""#).expect("a pattern");
    let joined = Regex::new(r"\\\n\s*").expect("a pattern");
    let code = code.join("\n");
    literal.captures_iter(&code).map(|found| joined.replace_all(&found[1], "").into_owned()).collect()
}

/// All texts, each with the file that it is in.
fn all_texts() -> Vec<(String, String)> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let read = |path: &PathBuf| fs::read_to_string(path).expect("readable source");
    // Samples that tests share are no messages.
    let is_sample = |path: &&PathBuf| path.ends_with("fixture.rs") || path.ends_with("tests.rs");
    files
        .iter()
        .filter(|path| !is_sample(path))
        .flat_map(|path| texts(&read(path)).into_iter().map(|text| (path.display().to_string(), text)))
        .collect()
}

/// `services.{name}.{field}` as `services.NAME`: what stands in braces is filled in by the program.
fn filled(path: &str) -> String {
    let positions = Regex::new(r"\[[^\]]*\]").expect("a pattern").replace_all(path, "[0]").into_owned();
    let mut steps: Vec<&str> = positions.split('.').collect();
    while steps.last().is_some_and(|step| step.starts_with('{')) {
        steps.pop();
    }
    steps.iter().map(|step| if step.starts_with('{') { "NAME" } else { step }).collect::<Vec<_>>().join(".")
}

#[test]
fn every_field_that_a_text_names_is_in_the_schema() {
    let fields = explain("", false).expect("a scenario").fields;
    let fields: Vec<String> = fields.into_iter().map(|field| field.name).collect();
    let step = r"(?:\[[^\]]*\])?(?:\.(?:[A-Za-z][A-Za-z0-9]*|\{[^}]*\}))+";
    let path = Regex::new(&format!(r"(^|[^\w./-])((?:{}){step})([^\w/-]|$)", fields.join("|"))).expect("a pattern");
    let (mut seen, mut lost) = (BTreeSet::new(), BTreeSet::new());
    for (file, text) in all_texts() {
        for found in path.captures_iter(&text) {
            let named = found[2].to_owned();
            let is_file = ENDINGS.iter().any(|ending| named.ends_with(&format!(".{ending}")));
            if is_file || ITEMS.contains(&named.as_str()) || !seen.insert(named.clone()) {
                continue;
            }
            if let Err(issue) = explain(&filled(&named), false) {
                lost.insert(format!("{file}: {named}: {issue}"));
            }
        }
    }
    assert!(seen.len() > 80, "only {} were found: {seen:?}", seen.len());
    assert!(lost.is_empty(), "these lead nowhere:\n{lost:#?}");
}

#[test]
fn every_command_that_a_text_names_exists() {
    let folder = Folder::new();
    let help = folder.run("--help").ok().to_owned();
    let command = Regex::new(r"foresail ([a-z]+)((?: (?:--?[a-z][a-z-]*|[A-Za-z./]+))*)").expect("a pattern");
    let option = Regex::new(r"--[a-z][a-z-]*").expect("a pattern");
    let (mut helps, mut lost): (BTreeMap<String, String>, BTreeSet<String>) = Default::default();
    // Options before which stands another word than the command's own are of an inner command: of those the whole help knows.
    let mut look = |file: &str, found: &Captures<'_>| {
        let name = found[1].to_owned();
        if !help.lines().any(|line| line.trim_start().split(' ').next() == Some(&name)) {
            lost.insert(format!("{file}: foresail {name}"));
            return;
        }
        let inner = found[2]
            .split_whitespace()
            .next()
            .filter(|word| name == "sweep" && ["plan", "merge", "manifest", "status"].contains(word));
        let line = inner.map_or_else(|| format!("{name} --help"), |inner| format!("{name} {inner} --help"));
        let own = helps.entry(line.clone()).or_insert_with(|| folder.run(&line).ok().to_owned());
        for wanted in option.find_iter(&found[2]).filter(|wanted| !own.contains(wanted.as_str())) {
            lost.insert(format!("{file}: {}: {}", &found[0], wanted.as_str()));
        }
    };
    let mut count = 0;
    for (file, text) in all_texts() {
        // Behind a backtick it is meant to be typed; other sentences speak of the program.
        for found in command
            .captures_iter(&text)
            .filter(|found| text[..found.get(0).map_or(0, |all| all.start())].ends_with('`'))
        {
            look(&file, &found);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} were found");
    assert!(lost.is_empty(), "there are no such commands or options:\n{lost:#?}");
}
