//! What an input may ask for at most, in one place: nothing that can be typed eats the machine.
//!
//! A [`Budget`] is an amount that somebody may have good reasons to exceed: passing one is an error that names it, and the option
//! `--limit NAME=N` raises it. The constants are the ends of ranges beyond which a number is a slip.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests a second of a service or a recorded interval, at most.
pub const MOST_REQUESTS_PER_S: f64 = 1e9;
/// Pods that a row of recorded metrics may tell of.
pub const MOST_RECORDED_PODS: f64 = 1e6;
/// Cores that pods may use together.
pub const MOST_CORES: f64 = 1e7;
/// Milliseconds that a latency may last, at most: a day.
pub const LONGEST_LATENCY_MS: f64 = 86_400_000.0;
/// Seconds that one request may work or wait: a day.
pub const LONGEST_REQUEST_S: f64 = 86_400.0;
/// Seconds that a client may wait, and a pod may take to warm up: a week.
pub const LONGEST_WAIT_S: f64 = 7.0 * 86_400.0;
/// Requests that a pod may work on at a time.
pub const MOST_THREADS: u32 = 65_536;
/// Requests that may wait in a pod.
pub const MOST_QUEUED: u32 = 1_000_000;
/// Attempts after the first.
pub const MOST_RETRIES: u32 = 100;
/// USD that one hour of anything may cost.
pub const MOST_USD_HOUR: f64 = 1e6;

/// An amount that is bounded, and may be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    /// Bytes of a file that is held as a whole.
    FileBytes,
    /// Bytes of a dump, a trace or a packed file, unpacked.
    DumpBytes,
    /// Pods that a scenario begins with.
    Pods,
    /// Nodes that the groups of a scenario begin with.
    Nodes,
    /// Services of a scenario.
    Services,
    /// Requests of a replication that are simulated one by one (`latency: exact`).
    Requests,
}

const COUNT: usize = Budget::ALL.len();
const MIB: u64 = 1024 * 1024;

/// Names, usual values and what they count, in the order of [`Budget::ALL`].
const ROWS: [(&str, u64, &str); COUNT] = [
    ("file-bytes", 64 * MIB, "bytes in a file"),
    ("dump-bytes", 512 * MIB, "bytes in a dump, a trace or a packed file"),
    ("pods", 200_000, "pods to begin with"),
    ("nodes", 20_000, "nodes to begin with"),
    ("services", 20_000, "services"),
    ("requests", 1_000_000_000, "requests one by one in a replication"),
];

/// What was raised: 0 stands for the usual value. Set before work begins, and never after.
static RAISED: [AtomicU64; COUNT] = [const { AtomicU64::new(0) }; COUNT];

/// A budget was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {most} {what}: `--limit {name}=N` allows more", most = .budget.most(), what = .budget.what(), name = .budget.name())]
pub struct Exceeded {
    /// Which one.
    pub budget: Budget,
}

impl Budget {
    /// All of them.
    pub const ALL: [Budget; 6] =
        [Budget::FileBytes, Budget::DumpBytes, Budget::Pods, Budget::Nodes, Budget::Services, Budget::Requests];

    /// As `--limit` has it.
    pub fn name(self) -> &'static str {
        ROWS[self as usize].0
    }

    /// Of what so many are allowed.
    pub fn what(self) -> &'static str {
        ROWS[self as usize].2
    }

    /// As many are allowed.
    pub fn most(self) -> u64 {
        match RAISED[self as usize].load(Ordering::Relaxed) {
            0 => ROWS[self as usize].1,
            raised => raised,
        }
    }

    /// Allows so many from now on, in the whole program: before it reads its first input.
    pub fn allow(self, most: u64) {
        RAISED[self as usize].store(most.max(1), Ordering::Relaxed);
    }

    /// Whether so many are allowed.
    ///
    /// Errors: [`Exceeded`] says of what there are too many, and which option allows more.
    pub fn check(self, found: u64) -> Result<(), Exceeded> {
        if found > self.most() { Err(Exceeded { budget: self }) } else { Ok(()) }
    }
}

/// A file's text as [`std::fs::read_to_string`] has it, of a device or a pipe too, as far as the budget allows.
///
/// Errors: those of reading, and that there is more ([`Exceeded`]).
pub fn read_text(path: &Path, budget: Budget) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(budget.most().saturating_add(1)).read_to_end(&mut bytes)?;
    budget.check(bytes.len() as u64).map_err(std::io::Error::other)?;
    String::from_utf8(bytes).map_err(|_| std::io::Error::new(ErrorKind::InvalidData, "is not a text file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passing_a_budget_names_it_and_the_option() {
        assert_eq!(Budget::Services.check(20_000), Ok(()));
        let said = Budget::Services.check(20_001).unwrap_err().to_string();
        assert_eq!(said, "more than 20000 services: `--limit services=N` allows more");
    }
}
