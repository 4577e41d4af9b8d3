//! Pods in a CSV: `time_s,pod,cpu_milli,mem_bytes,duration_s`, or as Alibaba's openb has them.

use super::pod::TracedPod;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::timed::{self, Clock, Order, Table, at_line};
use crate::units::counted;

/// The columns of our own form. The pod's name is for people.
const COLUMNS: [&str; 5] = ["time_s", "pod", "cpu_milli", "mem_bytes", "duration_s"];
/// The columns of openb that are needed.
const OPENB: [&str; 5] = ["name", "cpu_milli", "memory_mib", "creation_time", "deletion_time"];
/// A century, in seconds.
const LONGEST: f64 = 3.2e9;
/// More of anything than any machine has: 10^15 millicores or bytes.
const LARGEST: f64 = 1e15;

/// Hands over the pods of a table.
pub(super) fn read(text: &str, issues: &mut Issues, take: impl FnMut(TracedPod)) {
    let table = Table::new(text);
    let has = |name: &&str| table.column(name).is_some();
    if COLUMNS.iter().all(&has) {
        return own(table, issues, take);
    }
    if OPENB.iter().all(has) {
        return openb(table, issues, take);
    }
    let found = table.header.iter().collect::<Vec<_>>().join(",");
    let message = format!("found the columns {found}, expected {}", COLUMNS.join(","));
    issues.push(at_line(1, message).with_help(format!("or those of Alibaba's openb: {}", OPENB.join(","))));
}

fn own(table: Table<'_>, issues: &mut Issues, mut take: impl FnMut(TracedPod)) {
    let places = COLUMNS.map(|name| table.column(name).unwrap_or_default());
    let [time, _, cpu, memory, duration] = places;
    let (mut clock, mut begin) = (Clock::new(Order::NotFalling), None);
    table.each(issues, |row, issues| {
        let time = clock.read(row.cell(time), (0, ""), row.line).map_err(|issue| issues.push(issue));
        let cpu = amount(row, (cpu, "cpu_milli"), LARGEST, issues);
        let memory = amount(row, (memory, "mem_bytes"), LARGEST, issues);
        let duration = amount(row, (duration, "duration_s"), LONGEST, issues);
        if let (Ok(time), Some(cpu_milli), Some(mem_bytes), Some(duration_s)) = (time, cpu, memory, duration) {
            // A time of the calendar says when others come after the first one.
            let begin = *begin.get_or_insert(if time.is_calendar { time.seconds } else { 0.0 });
            take(TracedPod { time_s: time.seconds - begin, cpu_milli, mem_bytes, duration_s, gpus: 0 });
        }
    });
}

/// What is to be told about a table of openb.
#[derive(Default)]
struct Told {
    shares: usize,
    models: usize,
    endless: usize,
    never: usize,
    classes: bool,
}

/// Alibaba's pods with GPUs: times are seconds since the start of the trace, a pod runs from when it was scheduled.
fn openb(table: Table<'_>, issues: &mut Issues, mut take: impl FnMut(TracedPod)) {
    let place = |name: &str| table.column(name);
    let [_, cpu, memory, creation, deletion] = OPENB.map(|name| place(name).unwrap_or_default());
    let optional = ["num_gpu", "gpu_milli", "gpu_spec", "scheduled_time", "qos", "pod_phase"].map(place);
    let [gpus, share, model, scheduled, class, phase] = optional;
    let mut told = Told { classes: class.is_some(), ..Told::default() };
    table.each(issues, |row, issues| {
        let cell = |column: Option<usize>| column.map_or("", |column| row.cell(column));
        let created = amount(row, (creation, "creation_time"), LONGEST, issues);
        let cpu = amount(row, (cpu, "cpu_milli"), LARGEST, issues);
        let memory = amount(row, (memory, "memory_mib"), LARGEST / 1e6, issues);
        let number = |column: Option<usize>, name: &'static str, issues: &mut Issues| match column {
            Some(column) if !row.cell(column).is_empty() => amount(row, (column, name), LONGEST, issues),
            _ => None,
        };
        let ends = number(Some(deletion), "deletion_time", issues);
        let begins = number(scheduled, "scheduled_time", issues);
        let gpus = number(gpus, "num_gpu", issues).unwrap_or(0.0);
        let share = number(share, "gpu_milli", issues).unwrap_or(0.0);
        let (Some(time_s), Some(cpu_milli), Some(memory_mib)) = (created, cpu, memory) else { return };
        told.shares += usize::from(gpus == 1.0 && share > 0.0 && share < 1000.0);
        told.models += usize::from(!cell(model).is_empty());
        told.endless += usize::from(ends.is_none());
        told.never += usize::from(begins.is_none() && scheduled.is_some() && cell(phase) != "Running");
        let duration_s = ends.map_or(LONGEST, |end| (end - begins.unwrap_or(time_s)).max(0.0));
        let mem_bytes = memory_mib * 1024.0 * 1024.0;
        take(TracedPod { time_s, cpu_milli, mem_bytes, duration_s, gpus: gpus.min(1e4) as i64 });
    });
    told.tell(issues);
}

impl Told {
    fn tell(&self, issues: &mut Issues) {
        let mut say = |count: usize, what: &str| {
            if count > 0 {
                issues.push(Issue::warning("", format!("{}: {what}", counted(count, "pod"))));
            }
        };
        say(self.shares, "a share of a GPU is asked for (gpu_milli), a whole one is taken (nvidia.com/gpu)");
        say(self.models, "models of GPUs are named (gpu_spec), any will do here");
        say(self.endless, "no deletion_time, they run to the end");
        say(self.never, "never scheduled there, here they are if there is room, for as long as they waited");
        if self.classes {
            issues.push(Issue::note("", "qos is not looked at: all pods have the same priority"));
        }
    }
}

fn amount(row: &timed::Row<'_>, (column, name): (usize, &str), most: f64, issues: &mut Issues) -> Option<f64> {
    let text = row.cell(column);
    let amount = text.parse::<f64>().ok().filter(|amount| (0.0..=most).contains(amount));
    if amount.is_none() {
        issues.push(at_line(row.line, format!("found {name} {text}, expected a number from 0 to {most:e}")));
    }
    amount
}
