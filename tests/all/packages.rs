//! What the packages that this one is made of ask for.

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// A Rust version as numbers: `1.93` is `1.93.0`, and after `1.9`.
fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().expect("a number"));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

fn said(command: &mut Command) -> String {
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What cargo says of the packages; with their needs for this machine, which alone are sure to be here.
fn metadata() -> Value {
    let compiler = said(Command::new("rustc").arg("-vV"));
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let words = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    serde_json::from_str(&said(Command::new(env!("CARGO")).args(words))).expect("JSON")
}

#[test]
fn no_package_wants_a_newer_rust_than_cargo_toml_declares() {
    let metadata = metadata();
    let declared = version(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().expect("packages");
    let newer = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|wanted| version(wanted) > declared));
    let newer: Vec<String> = newer.map(|package| format!("{} {}", package["name"], package["rust_version"])).collect();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    assert!(newer.is_empty(), "newer than {declared:?}: {newer:?}");
}

/// docs/dependencies.md says of each direct dependency why it is there, and of nothing else.
#[test]
fn every_dependency_has_its_reason() {
    let metadata = metadata();
    let mut packages = metadata["packages"].as_array().expect("packages").iter();
    let own = packages.find(|package| package["name"] == env!("CARGO_PKG_NAME")).expect("this package");
    let named = |row: &Value| row["rename"].as_str().or(row["name"].as_str()).expect("a name").to_owned();
    let needed: BTreeSet<String> = own["dependencies"].as_array().expect("dependencies").iter().map(named).collect();
    let page = include_str!("../../docs/dependencies.md");
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| `")).map(|row| row.split('|').next());
    let for_tests = page.lines().filter(|line| line.starts_with("For tests"));
    let told = first_cells.flatten().map(|cell| format!("`{cell}")).chain(for_tests.map(str::to_owned));
    let told: BTreeSet<String> = told.flat_map(|text| quoted(&text)).filter(|name| name != "serde-saphyr").collect();
    assert_eq!(needed, told);
}

/// What stands in back quotes.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
