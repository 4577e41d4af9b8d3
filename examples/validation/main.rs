//! Compares the closed loop with the recordings of the real controllers and writes `docs/validation.md` with its
//! pictures.
//!
//! `cargo run --release --example validation`

#[path = "../../tests/conformance/closed_loop/case.rs"]
mod case;
#[path = "../../tests/conformance/closed_loop/compare.rs"]
mod compare;
mod document;
mod measure;
mod picture;
#[path = "../../tests/conformance/closed_loop/replay.rs"]
mod replay;
mod spread;
#[path = "../../tests/conformance/closed_loop/totals.rs"]
mod totals;
#[path = "../../tests/conformance/closed_loop/world.rs"]
mod world;

use foresail::units::SimDuration;
use foresail::world::Timing;
use std::path::Path;

/// Drawn: a flash crowd, and a case with faults.
const PICTURES: [&str; 2] = ["dev-flash-2", "dev-failures-1"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recordings = root.join("tests/conformance/closed-loop");
    let measured = measure::all(&recordings)?;
    let mut pictures = Vec::new();
    for row in measured.iter().filter(|row| PICTURES.contains(&row.case.name.as_str())) {
        let file = format!("validation-{}.svg", row.case.name);
        std::fs::write(root.join("docs").join(&file), picture::svg(row)?)?;
        pictures.push((row.case.name.clone(), file));
    }
    // As in scenarios; with metrics as fresh as the recordings'; and in the recordings' world without delays.
    let live = Timing { step: SimDuration::from_secs(1), ..Timing::default() };
    let fresh = Timing { fresh_metrics: true, ..live.clone() };
    let recorded = Timing { lockstep: true, ..fresh.clone() };
    let [live, fresh, recorded] = [live, fresh, recorded].map(|timing| spread::all(&recordings, &measured, &timing));
    let spreads = document::Spreads { recorded: recorded?, fresh: fresh?, live: live? };
    let text = document::write(&measured, &spreads, &pictures);
    std::fs::write(root.join("docs/validation.md"), text)?;
    println!("wrote docs/validation.md and {} pictures", pictures.len());
    Ok(())
}
