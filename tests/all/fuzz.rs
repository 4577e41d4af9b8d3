//! The inputs of the fuzz targets through the same functions, without libFuzzer: `fuzz/` has both.
//!
//! `FORESAIL_FUZZ=SECONDS cargo test --release --test all fuzz` also builds the targets and runs each for so long.

#[path = "../../fuzz/doors/mod.rs"]
mod doors;
#[path = "../../fuzz/world/mod.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
pub(crate) mod world;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use world::swarm::{Swarm, pools};
use world::{Size, World, check};

const VARIABLE: &str = "FORESAIL_FUZZ";
/// Seeds that are simulated beside the corpus.
const SEEDS: u64 = 4;
/// A corpus is small enough to be part of the repository.
const MOST_BYTES: u64 = 500_000;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| entry.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect()
}

/// The inputs of a target.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(fuzz().join("corpus").join(name)).expect("a corpus").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: PathBuf| fs::read(&path).map(|data| (path, data)).expect("an input");
    paths.into_iter().map(read).collect()
}

#[test]
fn every_door_takes_its_corpus() {
    for (name, enter) in doors::DOORS {
        let inputs = corpus(name);
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for (path, data) in inputs {
            println!("{}", path.display());
            enter(&data);
            // Halves are other inputs: they end in the middle of something.
            enter(&data[..data.len() / 2]);
            enter(&data[data.len() / 2..]);
        }
    }
}

#[test]
fn every_target_has_a_door_and_a_corpus() {
    let mut doors: BTreeSet<String> = doors::DOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    doors.insert("simulation".to_owned());
    assert_eq!(names(&fuzz().join("fuzz_targets")), doors);
    assert_eq!(names(&fuzz().join("corpus")), doors);
    let bytes: usize = doors.iter().flat_map(|name| corpus(name)).map(|(_, data)| data.len()).sum();
    assert!((bytes as u64) < MOST_BYTES, "{bytes} bytes");
}

#[test]
fn worlds_keep_what_must_be_true() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, data) in corpus("simulation") {
        println!("{}", path.display());
        check::whole(&World::of_bytes(&data, Size::SMALL), folder.path(), 16);
    }
    for seed in 0..SEEDS {
        println!("seed {seed}");
        check::whole(&World::of_seed(seed, Size::SMALL), folder.path(), 16);
    }
}

/// A few seeds of `examples/swarm`; 8 has pods that are settled before time 0.
#[test]
fn what_must_not_matter_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let swarm = Swarm { pools: pools(), size: Size::SMALL, program: None };
    for seed in [1, 3, 8] {
        println!("seed {seed}");
        swarm.run(seed, folder.path());
    }
}

#[test]
fn no_target_finds_anything_in_the_time_asked_for() {
    let Some(seconds) = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<u32>().ok()) else {
        println!("not tried: {VARIABLE}=SECONDS is not set");
        return;
    };
    let ended = Command::new(fuzz().join("run.sh")).args(["all", &format!("-max_total_time={seconds}")]).status();
    assert!(ended.expect("fuzz/run.sh").success(), "a target found something: fuzz/artifacts has it");
}
