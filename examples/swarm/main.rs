//! Random configurations of the whole program, in the manner of FoundationDB and TigerBeetle: each seed is a world with features on and off
//! (latency modes, spot, VPA, KEDA, faults, rollouts, warm-up, versions, flags), which is simulated
//!
//! - event by event, with the invariants recomputed from the objects,
//! - on one thread and on several,
//! - remembering nothing from turn to turn (`Timing::afresh`),
//! - with its scalers and budgets in other places among the manifests,
//! - as a sweep in one go and in shards that are merged (every eighth seed, if the program is named).
//!
//! A seed that fails prints the command that replays it.
//!
//!     cargo run --release --example swarm -- [--from N] [--count N] [--size tiny|small|large] [--threads N] [--program FILE]

#[path = "../../fuzz/world/mod.rs"]
#[allow(dead_code, reason = "the fuzzer's part is not the swarm's")]
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use world::Size;
use world::swarm::{Swarm, pools};

struct Asked {
    from: u64,
    count: u64,
    threads: usize,
    /// And its name.
    size: (Size, String),
    program: Option<PathBuf>,
}

fn asked() -> Asked {
    let mut asked = Asked { from: 0, count: 100, threads: 1, size: (Size::SMALL, "small".to_owned()), program: None };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().unwrap_or_else(|| panic!("{flag} needs a value"));
        let number = || value.parse::<u64>().unwrap_or_else(|error| panic!("{flag}: {error}"));
        match (flag.as_str(), value.as_str()) {
            ("--from", _) => asked.from = number(),
            ("--count", _) => asked.count = number(),
            ("--threads", _) => asked.threads = number() as usize,
            ("--size", "tiny") => asked.size = (Size::TINY, value),
            ("--size", "small") => asked.size = (Size::SMALL, value),
            ("--size", "large") => asked.size = (Size::LARGE, value),
            ("--program", _) => asked.program = Some(std::fs::canonicalize(&value).expect("the program")),
            _ => panic!("unknown option {flag} {value}"),
        }
    }
    asked
}

fn main() {
    let asked = asked();
    let (next, events, failed) = (AtomicU64::new(asked.from), AtomicU64::new(0), Mutex::new(Vec::new()));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..asked.threads {
            scope.spawn(|| {
                let folder = tempfile::tempdir().expect("a folder");
                let (size, size_name) = &asked.size;
                let swarm = Swarm { pools: pools(), size: *size, program: asked.program.as_deref() };
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= asked.from + asked.count {
                        break;
                    }
                    match catch_unwind(AssertUnwindSafe(|| swarm.run(seed, folder.path()))) {
                        Ok(count) => {
                            events.fetch_add(count, Ordering::Relaxed);
                        }
                        Err(_) => {
                            let program = asked.program.as_ref().map(|path| format!(" --program {}", path.display()));
                            println!(
                                "seed {seed} fails; replay: cargo run --release --example swarm -- --from {seed} --count 1 --size {size_name}{}",
                                program.unwrap_or_default()
                            );
                            failed.lock().expect("no thread panics").push(seed);
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no thread panics");
    println!(
        "{} seeds from {}, {} events of their first replications, {:.0} s: {} fail",
        asked.count,
        asked.from,
        events.into_inner(),
        begin.elapsed().as_secs_f64(),
        failed.len()
    );
    if !failed.is_empty() {
        std::process::exit(1);
    }
}
