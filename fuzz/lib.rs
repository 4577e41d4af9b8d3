//! The functions behind the fuzz targets. `tests/all/fuzz.rs` and `examples/swarm` include the same files.

#![allow(dead_code, reason = "the swarm's part is not fuzzed")]

#[path = "doors/mod.rs"]
mod doors;
#[path = "world/mod.rs"]
mod world;

use std::cell::OnceCell;
use tempfile::TempDir;
use world::{Size, World, check};

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// Goes through the door of that name.
///
/// Panics: something is wrong with what the library makes of it; there is no such door.
pub fn enter(name: &str, data: &[u8]) {
    let door = doors::DOORS.iter().find(|(known, _)| *known == name);
    door.unwrap_or_else(|| panic!("there is no door {name}")).1(data);
}

/// Simulates the scenario that bytes stand for.
///
/// Panics: something is wrong with it.
pub fn simulate(data: &[u8]) {
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir_in("/dev/shm").expect("a folder in memory"));
        check::whole(&World::of_bytes(data, Size::TINY), folder.path(), 16);
    });
}
