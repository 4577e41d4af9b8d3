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
    let spread = spread::all(&recordings, &measured, true)?;
    let with_old_metrics = spread::agreement(&spread::all(&recordings, &measured, false)?);
    let text = document::write(&measured, &spread, with_old_metrics, &pictures);
    std::fs::write(root.join("docs/validation.md"), text)?;
    println!("wrote docs/validation.md and {} pictures", pictures.len());
    Ok(())
}
