//! How far a command may go: time, memory, and amounts in its inputs.

use super::{EXIT_INPUT, streams};
use foresail::limits::Budget;
use foresail::units::{Quantity, SimDuration};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// What the program's help says of them; that of each command leaves them out.
pub(super) const HELP: &str =
    "All commands take --max-time SPAN, --max-memory QUANTITY, --limit NAME=N (docs/reliability.md)";

/// How far a command may go.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Stop after so long, such as `10m`; without it a command takes the time that it needs.
    #[arg(long, value_name = "SPAN", global = true, hide = true, value_parser = span)]
    max_time: Option<SimDuration>,
    /// Stop before the program takes more memory, such as `4Gi`; by default three quarters of what the machine or the container has.
    #[arg(long, value_name = "QUANTITY", global = true, hide = true, value_parser = bytes)]
    max_memory: Option<u64>,
    /// Allow more of something (repeatable): file-bytes, dump-bytes, pods, nodes, services, requests.
    #[arg(long, value_name = "NAME=N", global = true, hide = true, value_parser = budget)]
    limit: Vec<(Budget, u64)>,
}

fn span(text: &str) -> Result<SimDuration, String> {
    let span = SimDuration::parse(text).map_err(|error| error.to_string())?;
    if span > SimDuration::ZERO { Ok(span) } else { Err("expected more than nothing".to_owned()) }
}

fn bytes(text: &str) -> Result<u64, String> {
    let least = 16 << 20;
    let quantity = text.parse::<Quantity>().map_err(|error| error.to_string())?.value();
    let bytes = u64::try_from(quantity).ok().filter(|bytes| *bytes >= least);
    bytes.ok_or_else(|| "expected at least 16Mi".to_owned())
}

fn budget(text: &str) -> Result<(Budget, u64), String> {
    let names = || Budget::ALL.map(Budget::name).join(", ");
    let (name, value) = text.split_once('=').ok_or_else(|| format!("expected NAME=N with one of {}", names()))?;
    let budget = Budget::ALL.into_iter().find(|budget| budget.name() == name);
    let budget = budget.ok_or_else(|| format!("unknown name `{name}`, expected one of {}", names()))?;
    let value = value.parse().ok().filter(|value| *value > 0);
    Ok((budget, value.ok_or_else(|| "expected a whole number above 0".to_owned())?))
}

impl Args {
    /// Sets the budgets, and watches time and memory from now on.
    pub(super) fn apply(&self) {
        self.limit.iter().for_each(|(budget, most)| budget.allow(*most));
        let memory = self.max_memory.or_else(usual_memory).filter(|_| memory_in_use().is_some());
        let time = self.max_time.map(|span| Duration::from_nanos(span.as_nanos().unsigned_abs()));
        if memory.is_some() || time.is_some() {
            let begin = Instant::now();
            // Where there is no thread to be had nobody watches, and everything else goes on.
            let _ = thread::Builder::new().name("bounds".to_owned()).spawn(move || watch(begin, time, memory));
        }
    }
}

/// What is written is renamed into place when it is whole: nothing is left half done.
fn watch(begin: Instant, time: Option<Duration>, memory: Option<u64>) {
    loop {
        if let Some(most) = time.filter(|most| begin.elapsed() > *most) {
            let seconds = most.as_secs_f64();
            stop(&format!(
                "--max-time: not finished after {seconds} s: stopped, with no result; allow more, or ask for less"
            ));
        }
        let used = memory.and_then(|most| memory_in_use().filter(|used| *used > most));
        if let (Some(used), Some(most)) = (used, memory) {
            let [used, most] = [used, most].map(|bytes| bytes >> 20);
            stop(&format!(
                "--max-memory: {used} MiB are in use, at most {most} MiB may be: stopped, with no result; allow more (--max-memory), or \
                 ask for less: fewer pods, a shorter duration, a longer step, fewer --jobs"
            ));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn stop(message: &str) -> ! {
    streams::tell(format!("error: {message}"));
    foresail::whole::leave_nothing();
    std::process::exit(i32::from(EXIT_INPUT))
}

/// Bytes of the program in memory; none where nobody tells.
fn memory_in_use() -> Option<u64> {
    kib_of(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Three quarters of the least of the machine's memory, the container's and the shell's limit.
fn usual_memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| kib_of(&text, "MemTotal:"));
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let container = container.into_iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok());
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"));
    let shell = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    container.chain(machine).chain(shell).min().map(|bytes| bytes / 4 * 3)
}

/// The bytes in a line `NAME 123 kB`.
fn kib_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_others_refused() {
        assert_eq!(budget("pods=7"), Ok((Budget::Pods, 7)));
        for text in ["pods", "pods=0", "pods=x", "pod=7"] {
            assert!(budget(text).is_err(), "{text}");
        }
        assert_eq!(bytes("1Gi"), Ok(1 << 30));
        assert!(bytes("1Ki").is_err() && bytes("-1Gi").is_err() && span("0s").is_err());
        assert_eq!(kib_of("A: 1 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12 * 1024));
    }
}
