//! `foresail scrub`: a dump without names, images, environment and secrets, for others to look at.

use super::Failure;
use super::streams::{print_bytes, tell};
use foresail::scenario::kubernetes::scrub::scrub_files;
use foresail::units::counted;
use std::path::PathBuf;

/// Names, namespaces, label values, images and paths become pseudonyms, the same everywhere, so that the dump simulates as before;
/// Secrets, ConfigMaps, environment variables, arguments and annotations that decide nothing are left out.
/// `foresail scrub dump.json > clean.json`
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files and folders of Kubernetes objects (kubectl get -o json or yaml).
    #[arg(required = true, value_name = "DUMP")]
    dumps: Vec<PathBuf>,
}

/// Prints the clean objects as one List.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // All of it or nothing: a dump that is cut in the middle leaves no half of itself.
    let mut text = Vec::new();
    let done = scrub_files(&args.dumps, &mut text).map_err(Failure::Input)?;
    print_bytes(&text)?;
    let left: Vec<String> = done.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let left = if left.is_empty() { String::new() } else { format!("; left out: {}", left.join(", ")) };
    tell(format!("{} with {}{left}", counted(done.kept, "object"), counted(done.names, "pseudonym")));
    Ok(())
}
