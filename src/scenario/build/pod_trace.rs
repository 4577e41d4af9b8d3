//! Pods of a trace: a CSV of `time_s,pod,cpu_milli,mem_bytes,duration_s`.

use super::scene::Scene;
use crate::cluster::{Owner, OwnerKind, PodSpec, Resources};
use crate::scenario::file::FilePath;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::sources::Files as _;
use crate::scenario::timed::{self, Clock, Order, Table, at_line};
use crate::units::{SimDuration, SimTime};
use crate::world::TracePod;

/// The columns. The pod's name is for people.
const COLUMNS: [&str; 5] = ["time_s", "pod", "cpu_milli", "mem_bytes", "duration_s"];
/// A century, in seconds.
const LONGEST: f64 = 3.2e9;
/// More of anything than any machine has: 10^15 millicores or bytes.
const LARGEST: f64 = 1e15;

/// A pod as the file has it.
struct Asked {
    time_s: f64,
    cpu_milli: f64,
    mem_bytes: f64,
    duration_s: f64,
}

/// The pods of the trace that the scenario names, in order of arrival.
pub(super) fn read(
    scene: &Scene<'_>,
    path: &FilePath,
    converter: &mut Converter<'_>,
    issues: &mut Issues,
) -> Vec<TracePod> {
    let full = path.below(scene.folder);
    let mut part = Issues::new();
    let mut pods = Vec::new();
    match scene.files.read(&full) {
        Ok(text) => asked(&text, &mut part, |asked| pods.push(pod(&asked, converter))),
        Err(why) => part.push(Issue::error("", format!("the pod trace {why}"))),
    }
    issues.absorb(part, |place| place.file = Some(full.display().to_string()));
    pods
}

fn asked(text: &str, issues: &mut Issues, mut take: impl FnMut(Asked)) {
    let table = Table::new(text);
    let places = COLUMNS.map(|name| table.column(name));
    if places.contains(&None) {
        let found = table.header.iter().collect::<Vec<_>>().join(",");
        return issues.push(at_line(1, format!("found the columns {found}, expected {}", COLUMNS.join(","))));
    }
    let [time, _, cpu, memory, duration] = places.map(Option::unwrap_or_default);
    let (mut clock, mut begin) = (Clock::new(Order::NotFalling), None);
    table.each(issues, |row, issues| {
        let time = clock.read(row.cell(time), (0, ""), row.line).map_err(|issue| issues.push(issue));
        let cpu = amount(row, (cpu, "cpu_milli"), LARGEST, issues);
        let memory = amount(row, (memory, "mem_bytes"), LARGEST, issues);
        let duration = amount(row, (duration, "duration_s"), LONGEST, issues);
        if let (Ok(time), Some(cpu_milli), Some(mem_bytes), Some(duration_s)) = (time, cpu, memory, duration) {
            // A time of the calendar says when others come after the first one.
            let begin = *begin.get_or_insert(if time.is_calendar { time.seconds } else { 0.0 });
            take(Asked { time_s: time.seconds - begin, cpu_milli, mem_bytes, duration_s });
        }
    });
}

fn amount(row: &timed::Row<'_>, (column, name): (usize, &str), most: f64, issues: &mut Issues) -> Option<f64> {
    let text = row.cell(column);
    let amount = text.parse::<f64>().ok().filter(|amount| (0.0..=most).contains(amount));
    if amount.is_none() {
        issues.push(at_line(row.line, format!("found {name} {text}, expected a number from 0 to {most:e}")));
    }
    amount
}

fn pod(row: &Asked, converter: &mut Converter<'_>) -> TracePod {
    let requests = Resources::new(row.cpu_milli as i64, row.mem_bytes as i64);
    let name = converter.symbol("trace");
    let spec = PodSpec {
        namespace: converter.symbol("default"),
        container_requests: requests.clone(),
        nonzero_cpu_milli: requests.cpu_milli,
        nonzero_memory_bytes: requests.memory_bytes,
        requests,
        owner: Some(Owner { kind: OwnerKind::Job, name, uid: name }),
        ..PodSpec::default()
    };
    TracePod {
        arrives: SimTime::ZERO + SimDuration::from_secs_f64(row.time_s),
        template: converter.cluster().intern_spec(spec),
        runs: SimDuration::from_secs_f64(row.duration_s),
    }
}
