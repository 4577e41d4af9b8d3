//! Random scenarios as files, drawn from bytes, and what must be true of each: the fuzz target `simulation`,
//! `tests/all/fuzz.rs` and `examples/swarm` use the same.
//!
//! Bytes decide everything, so that a fuzzer can change a single feature; a seed stands for the bytes that a stream of that seed gives.

pub(crate) mod check;
mod objects;
mod scenario;
pub(crate) mod swarm;

use arbitrary::Unstructured;
use foresail::rng::Seed;
use foresail::scenario::issue::Issues;
use foresail::scenario::{Scenario, Sources, load};
use std::fs;
use std::path::Path;

/// How large a scenario may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Simulated minutes, at most.
    pub(crate) minutes: usize,
    /// Workloads with traffic, at most.
    pub(crate) apps: usize,
    /// Requests per second, at most; where each is simulated by itself, a twentieth.
    pub(crate) rate: usize,
}

impl Size {
    /// Some ten a second with everything checked: for a fuzzer, to which the number counts.
    pub(crate) const TINY: Size = Size { minutes: 6, apps: 3, rate: 30 };
    /// Some a second.
    pub(crate) const SMALL: Size = Size { minutes: 12, apps: 3, rate: 400 };
    /// A few a second.
    pub(crate) const LARGE: Size = Size { minutes: 120, apps: 5, rate: 2000 };
}

/// A scenario's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct World {
    /// `scenario.yaml`, without its list of manifests.
    scenario: String,
    /// The manifests' files: name and text.
    pub(crate) objects: Vec<(String, String)>,
}

/// What draws a world from bytes; zeros where they end.
struct Draw<'a> {
    bytes: Unstructured<'a>,
    size: Size,
}

impl Draw<'_> {
    /// From 0 to below `bound`; 0 without bytes.
    fn below(&mut self, bound: usize) -> usize {
        self.bytes.int_in_range(0..=bound.saturating_sub(1)).unwrap_or(0)
    }
    /// From `low` to `high`.
    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }
    /// One time out of `times`; never without bytes.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
    fn pick<'b>(&mut self, list: &[&'b str]) -> &'b str {
        list[self.below(list.len())]
    }
}

impl World {
    /// The world that bytes stand for.
    pub(crate) fn of_bytes(bytes: &[u8], size: Size) -> World {
        let mut draw = Draw { bytes: Unstructured::new(bytes), size };
        let apps = draw.between(1, size.apps);
        let scenario = scenario::scenario(&mut draw, apps);
        World { scenario, objects: objects::objects(&mut draw, apps) }
    }

    /// The world of a seed.
    pub(crate) fn of_seed(seed: u64, size: Size) -> World {
        let mut stream = Seed::new(seed, 0).stream("world", 0);
        let bytes: Vec<u8> = (0..4096).map(|_| stream.below(256) as u8).collect();
        World::of_bytes(&bytes, size)
    }

    /// `scenario.yaml`, with the manifests in the order of `order`: places in `objects`.
    pub(crate) fn scenario(&self, order: &[usize]) -> String {
        let names: Vec<&str> = order.iter().map(|at| self.objects[*at].0.as_str()).collect();
        format!("{}manifests: [{}]\n", self.scenario, names.join(", "))
    }

    /// Writes the files to a folder, the manifests named in this order.
    ///
    /// Panics: they cannot be written.
    pub(crate) fn write(&self, folder: &Path, order: &[usize]) {
        for (name, text) in &self.objects {
            fs::write(folder.join(name), text).expect("a file");
        }
        fs::write(folder.join("scenario.yaml"), self.scenario(order)).expect("a file");
    }

    /// Reads it as the program does, from a folder that is its own.
    ///
    /// Errors: it is refused.
    pub(crate) fn load(&self, folder: &Path, order: &[usize]) -> Result<Scenario, Issues> {
        self.write(folder, order);
        load(Sources::Disk, &folder.join("scenario.yaml"), &[])
    }

    /// The manifests in the order in which they were drawn.
    pub(crate) fn order(&self) -> Vec<usize> {
        (0..self.objects.len()).collect()
    }
}
