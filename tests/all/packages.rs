//! What the packages that this one is made of ask for.

use serde_json::Value;
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

#[test]
fn no_package_wants_a_newer_rust_than_cargo_toml_declares() {
    // Only packages for this machine are sure to be here.
    let compiler = said(Command::new("rustc").arg("-vV"));
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let words = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&said(Command::new(env!("CARGO")).args(words))).expect("JSON");
    let declared = version(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().expect("packages");
    let newer = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|wanted| version(wanted) > declared));
    let newer: Vec<String> = newer.map(|package| format!("{} {}", package["name"], package["rust_version"])).collect();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    assert!(newer.is_empty(), "newer than {declared:?}: {newer:?}");
}
