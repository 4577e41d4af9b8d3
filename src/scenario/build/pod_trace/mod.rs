//! Pods that arrive, run and end: a table, or a trace of SimKube.

mod pod;
mod simkube;
mod table;

use super::scene::Scene;
use crate::limits::Budget;
use crate::scenario::file::FilePath;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::units::grouped;
use crate::world::TracePod;
use std::io::Read;
use std::path::Path;

/// The pods of the trace that the scenario names, in order of arrival.
pub(super) fn read(
    scene: &Scene<'_>,
    path: &FilePath,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Vec<TracePod> {
    let full = path.below(scene.folder);
    let mut part = Issues::new();
    let mut pods = Vec::new();
    match bytes(scene, &full).map(String::from_utf8) {
        Ok(Ok(text)) if text.trim_start().starts_with('{') => {
            simkube::read(serde_json::from_str(&text), scene, converter, (&mut part, &mut pods));
        }
        Ok(Ok(text)) => table::read(&text, &mut part, |pod| pods.push(pod.made(converter))),
        Ok(Err(binary)) => {
            let document = rmp_serde::from_slice(binary.as_bytes());
            simkube::read(document, scene, converter, (&mut part, &mut pods));
        }
        Err(why) => part.push(Issue::error("", format!("the pod trace {why}"))),
    }
    pods.sort_by_key(|pod| pod.arrives);
    warn_about_the_late(scene, &pods, &mut part);
    issues.absorb(part, |place| place.file = Some(full.display().to_string()));
    pods
}

fn bytes(scene: &Scene<'_>, path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let input = scene.files.stream(path)?;
    let most = Budget::DumpBytes.most().saturating_add(1);
    input.take(most).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    Budget::DumpBytes.check(bytes.len() as u64).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Pods that would come after the end.
fn warn_about_the_late(scene: &Scene<'_>, pods: &[TracePod], issues: &mut Issues) {
    let late = pods.iter().filter(|pod| (pod.arrives - crate::units::SimTime::ZERO) > scene.span).count();
    if late > 0 {
        let all = grouped(pods.len() as u64);
        let message = format!("{} of {all} pods arrive after the end of what is simulated", grouped(late as u64));
        issues.push(Issue::warning("", message).with_help("`duration` says how long is simulated"));
    }
}
