//! `foresail schema`: the JSON schema of a scenario file.

use super::Failure;
use super::streams::print;
use foresail::scenario::schema;

/// Editors check a scenario against it and complete its fields: write `foresail schema > scenario.schema.json`, and
/// `# yaml-language-server: $schema=scenario.schema.json` into the scenario's first line.
#[derive(clap::Args)]
pub(super) struct Args {}

/// Prints it.
pub(super) fn run(_: &Args) -> Result<(), Failure> {
    print(&format!("{:#}\n", schema()))
}
