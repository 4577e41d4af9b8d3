//! Replays the recordings of the real controllers and compares decision by decision.
//!
//! Reads the folder named by `FORESAIL_CONFORMANCE`, else `tests/conformance/`. Prints one line per
//! controller and theme, `controller/theme: passed/total`, and the first difference of each failing
//! theme. Arguments that are not flags select controllers or themes by substring; `pack WHOLE BASE` writes a folder
//! of differences.

mod closed_loop;
mod cluster_autoscaler;
mod differences;
mod hpa;
mod latency;
mod runner;
mod scheduler;
mod vpa;

fn main() -> std::process::ExitCode {
    runner::run(
        &[hpa::HPA, scheduler::SCHEDULER, cluster_autoscaler::CLUSTER_AUTOSCALER, vpa::VPA, closed_loop::CLOSED_LOOP],
        &[latency::LATENCY],
    )
}
