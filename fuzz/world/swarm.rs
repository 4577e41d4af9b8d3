//! A seed's world simulated in several ways that must not matter.

use super::check::{accepted, afresh, digest, invariants, report, result};
use super::{Size, World};
use foresail::Report;
use foresail::rng::Seed;
use foresail::study::Study;
use rayon::ThreadPool;
use std::path::Path;
use std::process::Command;

/// So often the invariants are looked at: every so many events.
const STRIDE: u64 = 5;
/// Every so many seeds go through the program as well.
const PROGRAM_EVERY: u64 = 8;

/// What simulates seeds.
pub(crate) struct Swarm<'a> {
    /// One thread, and several.
    pub(crate) pools: [ThreadPool; 2],
    /// How large worlds are.
    pub(crate) size: Size,
    /// The program, for sweeps in shards; without it they are left out.
    pub(crate) program: Option<&'a Path>,
}

/// Pools of one thread and of three.
pub(crate) fn pools() -> [ThreadPool; 2] {
    [1, 3].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool"))
}

impl Swarm<'_> {
    /// All that is looked at of a seed, in a folder of its own. Gives the number of events.
    ///
    /// Panics: something is wrong.
    pub(crate) fn run(&self, seed: u64, folder: &Path) -> u64 {
        let world = World::of_seed(seed, self.size);
        let scenario = accepted(&world, folder);
        let study = Study::of(&scenario);
        let events = invariants(&study, STRIDE, "");
        let [(one, text), (_, other)] = self.pools.each_ref().map(|pool| pool.install(|| result(&scenario)));
        assert!(text == other, "another result on other threads");
        report(&one, &text);
        assert!(digest(&study.replicate(0)) == digest(&afresh(&study).replicate(0)), "another history without memory");
        self.shuffled(&world, &one, seed, folder);
        if let Some(program) = self.program.filter(|_| seed.is_multiple_of(PROGRAM_EVERY)) {
            in_shards(program, folder);
        }
        events
    }

    /// Scalers and budgets in other places among the manifests are the same cluster. Workloads keep their order: it is that in which their pods
    /// are created.
    fn shuffled(&self, world: &World, known: &Report, seed: u64, folder: &Path) {
        let is_workload = |at: &usize| !["scaler", "budget"].iter().any(|word| world.objects[*at].0.contains(word));
        let (mut order, others): (Vec<usize>, Vec<usize>) = world.order().into_iter().partition(is_workload);
        let mut chance = Seed::new(seed, 1).stream("order", 0);
        for other in others {
            order.insert(chance.below(order.len() + 1), other);
        }
        let scenario = world.load(folder, &order).unwrap_or_else(|issues| panic!("refused in another order: {issues}"));
        let (told, _) = self.pools[0].install(|| result(&scenario));
        let [known, told] = [known, &told].map(|report| {
            let rows = report.headlines.iter().map(|row| format!("{} {:?}", row.metric, row.value));
            rows.collect::<Vec<_>>().join("\n")
        });
        assert!(known == told, "another result with the manifests in the order {order:?}:\n{known}\n\n{told}");
    }
}

/// A sweep in one go, and in three parts that are merged, on different numbers of threads: the same bytes.
fn in_shards(program: &Path, folder: &Path) {
    let run = |words: &str| {
        let done = Command::new(program).args(words.split(' ')).current_dir(folder).output().expect("the program");
        assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let sweep = "sweep scenario.yaml --vary traffic.scale=0.5,1,1.5,2 --vary step=15s,30s -n 1 -q";
    run(&format!("{sweep} --jobs 1 --out whole"));
    for part in 1..=3 {
        run(&format!("{sweep} --jobs {part} --shard {part}/3 --out parts"));
    }
    run("sweep merge parts --out merged");
    let read = |name: &str| std::fs::read(folder.join(name).join("study.jsonl")).expect("a study");
    assert!(read("whole") == read("merged"), "another study from shards");
    for name in ["whole", "parts", "merged"] {
        std::fs::remove_dir_all(folder.join(name)).expect("it was written");
    }
}
