//! The digest of a scenario: equal for equal inputs, another one for everything that a user changes.

use crate::program::Folder;
use foresail::scenario::{self, Sources};
use std::path::Path;

const SCENARIO: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: small\n\
                        cluster: {region: us-east-1}\nmanifests: [objects.yaml]\nduration: 1h\n\
                        nodeGroups: {a: {instanceTypes: [m5.large], minSize: 1, maxSize: 2}}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n";

/// The digest of a scenario with one manifest, in a folder of its own.
fn digest(scenario: &str, manifest: &str, sets: &[&str]) -> String {
    let folder = Folder::new().file("scenario.yaml", scenario).file("objects.yaml", manifest);
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let loaded = scenario::load(Sources::Disk, &folder.path().join("scenario.yaml"), &sets);
    loaded.unwrap_or_else(|issues| panic!("{issues}")).digest
}

#[test]
fn equal_inputs_have_equal_digests_wherever_they_lie() {
    let plain = digest(SCENARIO, POD, &[]);
    assert_eq!(plain, digest(SCENARIO, POD, &[]), "another folder");
    let turned = "# A comment.\nkind: Scenario\nmanifests: [objects.yaml]\nduration: 1h\nname: small\n\
                  cluster:\n  region: us-east-1\nnodeGroups: {a: {maxSize: 2, minSize: 1, instanceTypes: [m5.large]}}\napiVersion: foresail/v1alpha1\n";
    assert_eq!(plain, digest(turned, POD, &[]), "another order of keys");
    assert_eq!(plain, digest(SCENARIO, POD, &["duration=1h"]), "set to what it is");
    let written = SCENARIO.replace("duration: 1h", "duration: 2h");
    assert_eq!(digest(SCENARIO, POD, &["duration=2h"]), digest(&written, POD, &[]), "set or written");
}

#[test]
fn whatever_is_changed_changes_the_digest() {
    let plain = digest(SCENARIO, POD, &[]);
    assert_ne!(plain, digest(SCENARIO, POD, &["duration=2h"]), "a setting");
    assert_ne!(plain, digest(SCENARIO, &POD.replace("image: a", "image: b"), &[]), "a manifest");
}

#[test]
fn the_reference_scenario_is_the_same_inside_the_program_and_on_the_disk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("scenarios/ecommerce/scenario.yaml");
    let disk = scenario::load(Sources::Disk, &folder, &[]).unwrap_or_else(|issues| panic!("{issues}"));
    let inside = scenario::embedded(&[]).unwrap_or_else(|issues| panic!("{issues}"));
    assert_eq!(disk.digest, inside.digest);
    // The committed report is of this scenario.
    let report = std::fs::read_to_string(root.join("reports/ecommerce/result.json"));
    assert!(report.expect("the sample report").contains(&inside.digest), "{}", inside.digest);
}
