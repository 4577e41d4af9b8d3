//! What requests meet in a pod whose cores they share, by the number there: the wait for a thread, and the time with it.
//!
//! Times are in multiples of the mean work of a request.

use super::arriving::Arriving;
use super::erlang::erlang_mixture;
use super::modulated_pod::ModulatedPod;
use super::profile::{Discipline, WorkShape};
use super::shared_pod::{PodNumbers, SharedPod};
use super::sharing::{Delay, Sharing};
use super::time_given_work::{Company, TimeGivenWork};
use super::waiting::Wait;
use super::work::{Cells, GammaSurvival, Survival, cells_of};

/// The latency of a pod's requests.
pub(super) struct Crowded {
    /// P(time with a thread > t) of those who get one at once.
    pub(super) at_once: Survival,
    /// Of the others, with their wait.
    pub(super) after_wait: Survival,
    pub(super) wait: Wait,
}

impl Crowded {
    pub(super) fn new(sharing: &Sharing, load: f64, bound: Option<u32>, off_cpu: f64) -> Crowded {
        if let (Arriving::Modulated { levels, sojourns }, false) = (sharing.arriving, sharing.seeks()) {
            return Crowded::modulated(sharing, load, (levels, sojourns), off_cpu);
        }
        let pod = sharing.pod(bound);
        let load = if bound.is_some() { load } else { load.min(0.995) };
        let numbers = sharing.numbers(&pod, load);
        let found = numbers.found();
        let threads = (pod.threads as usize).min(found.len());
        let (free, queued) = found.split_at(threads);
        let wait = wait_of(sharing, &pod, load, &numbers);
        let share: f64 = free.iter().sum();
        let at_once: Vec<f64> = free.iter().map(|chance| chance / share.max(1e-300)).collect();
        // Behind who starts after a wait there are as many as were before (Avi-Itzhak and Halfin 1988).
        let mut after: Vec<f64> = vec![0.0; threads.saturating_sub(1)];
        after.extend(queued.iter().map(|chance| chance / (1.0 - share).max(1e-300)));
        let cells = sharing.shape.cells();
        let largest = cells.last().map_or(1.0, |cell| cell.1);
        let waits = wait.none < 1.0 - 1e-6;
        let starts: &[&[f64]] = if waits { &[&at_once, &after] } else { &[&at_once] };
        let times = TimeGivenWork::from_starts(
            &Company { pod: &pod, numbers: &numbers, haste: sharing.haste() },
            starts,
            largest,
        );
        let alone = sharing.cores.min(1.0);
        // However many are there, only so many share the cores.
        let most = pod.threads.max(1.0) / pod.capacity();
        let survival = |time: &TimeGivenWork| {
            let delays = cells.iter().map(|cell| Delay::given(*cell, time, alone).at_most(most, alone)).collect();
            sharing.survival_of(delays, off_cpu)
        };
        let at_once = survival(&times[0]);
        let after_wait = times.get(1).map_or_else(|| at_once.clone(), survival);
        Crowded { at_once, after_wait, wait }
    }
}

/// Requests in service that started alike: their share of all, and others at the start.
struct Started {
    level: usize,
    waited: bool,
    share: f64,
    others: Vec<f64>,
}

impl Crowded {
    /// Behind random choices or turns, where arrivals come at two levels in turn.
    pub(super) fn modulated(sharing: &Sharing, load: f64, pair: ([f64; 2], [f64; 2]), off_cpu: f64) -> Crowded {
        let pod = sharing.pod(None);
        let load = load.min(0.995);
        let known = ModulatedPod::new(sharing, load, pair.0, pair.1);
        let threads = (pod.threads as usize).min(known.found[0].len());
        let queued: Vec<f64> = known.found[0].iter().zip(&known.found[1]).skip(threads).map(|(a, b)| a + b).collect();
        let share: f64 = queued.iter().sum();
        // Who waits holds a mean work, not the residual that the chain counts in.
        let unit = sharing.residual_remembered(load) / pod.capacity();
        let number: f64 = queued.iter().enumerate().map(|(ahead, chance)| chance * (ahead as f64 + 1.0)).sum();
        let wait = if share > 1e-9 {
            let survival = |w: f64| erlang_mixture(&queued, w / unit) / share;
            let cells = cells_of(survival, unit * number / share, 6).scaled(share);
            Wait { none: 1.0 - share, cells, ..Wait::nobody() }
        } else {
            Wait::nobody()
        };
        let mut started = Vec::new();
        for (level, found) in known.found.iter().enumerate() {
            let (free, queued) = found.split_at(threads);
            let mut after = vec![0.0; threads.saturating_sub(1)];
            after.extend(queued);
            for (others, waited) in [(free.to_vec(), false), (after, true)] {
                let share: f64 = others.iter().sum();
                if share > 1e-6 {
                    let others = others.iter().map(|chance| chance / share).collect();
                    started.push(Started { level, waited, share, others });
                }
            }
        }
        let (at_once, after_wait) = times_of(sharing, &known, &started, off_cpu);
        Crowded { at_once, after_wait, wait }
    }
}

/// The times with a thread of those who got one at once, and of the others; all together have their known mean.
fn times_of(sharing: &Sharing, known: &ModulatedPod, started: &[Started], off_cpu: f64) -> (Survival, Survival) {
    let pod = sharing.pod(None);
    let cells = sharing.shape.cells();
    let largest = cells.last().map_or(1.0, |cell| cell.1);
    let alone = sharing.cores.min(1.0);
    let time_of = |started: &Started| {
        TimeGivenWork::from_starts(
            &Company { pod: &pod, numbers: &known.then[started.level], haste: sharing.haste() },
            &[&started.others],
            largest,
        )
        .remove(0)
    };
    let times: Vec<TimeGivenWork> = started.iter().map(time_of).collect();
    let mut mean = 0.0;
    for (started, time) in started.iter().zip(&times) {
        mean += started.share * cells.iter().map(|cell| cell.2 * time.at((cell.0 + cell.1) / 2.0).0).sum::<f64>();
    }
    let more = ((known.mean_time - 1.0 / alone) / (mean - 1.0 / alone).max(1e-9)).clamp(0.1, 10.0);
    let most = pod.threads.max(1.0) / pod.capacity();
    let survival = |waited: bool| {
        let alike = || started.iter().zip(&times).filter(|(started, _)| started.waited == waited);
        let share: f64 = alike().map(|(started, _)| started.share).sum();
        let mut delays = Vec::new();
        for (started, time) in alike() {
            delays.extend(cells.iter().map(|(from, to, chance)| {
                let cell = (*from, *to, chance * started.share / share);
                Delay::given(cell, time, alone).times(more).at_most(most, alone)
            }));
        }
        delays.sort_by(|one: &Delay, other| one.end().total_cmp(&other.end()));
        sharing.survival_of(delays, off_cpu)
    };
    let waited = started.iter().any(|started| started.waited);
    let at_once = survival(false);
    let after_wait = if waited { survival(true) } else { at_once.clone() };
    (at_once, after_wait)
}

/// The wait for a thread.
fn wait_of(sharing: &Sharing, pod: &SharedPod, load: f64, numbers: &PodNumbers) -> Wait {
    let found = numbers.found();
    let queued = &found[(pod.threads as usize).min(found.len())..];
    let offered = load * pod.capacity();
    let served = numbers.mean_of(|number| pod.served(number));
    let rejected = match sharing.discipline {
        _ if pod.places.is_infinite() => 0.0,
        Discipline::Random => numbers.chance.last().copied().unwrap_or(0.0),
        _ => (1.0 - served / offered).clamp(0.0, 1.0),
    };
    let share: f64 = queued.iter().sum();
    if share <= 1e-9 {
        return Wait { rejected, done: 1.0 - rejected, ..Wait::nobody() };
    }
    // Work that varies more makes queues of the same length last longer where pods are sought by length.
    let residual = (1.0 + sharing.shape.scv()) / 2.0;
    let stretch = match sharing.discipline {
        Discipline::PowerOfTwo if residual > 1.0 => libm::pow(residual, 0.64),
        Discipline::PowerOfTwo | Discipline::LeastOutstanding | Discipline::SharedQueue => residual,
        Discipline::Random | Discipline::RoundRobin => 1.0,
    };
    let number: f64 = queued.iter().enumerate().map(|(ahead, chance)| chance * (ahead as f64 + 1.0)).sum();
    // A queue that is full anyway is as long with any work.
    let room = if pod.places.is_finite() {
        let near = if stretch > 1.0 { libm::pow(load.min(1.0), 8.0) } else { 0.0 };
        (1.0 - number / share / (pod.places - pod.threads)).max(0.0) * (1.0 - near)
    } else {
        1.0
    };
    let unit = (1.0 + (stretch - 1.0) * room) / pod.capacity();
    let mean = unit * number / share;
    if pod.places.is_infinite() && !sharing.seeks() {
        let gaps = sharing.gaps_scv().unwrap_or(1.0);
        let cells = if gaps == 1.0 && sharing.shape == WorkShape::Exponential {
            cells_of(|w| libm::exp(-w / mean), mean, 6).scaled(share)
        } else {
            excess(&sharing.wait_one_by_one(load, gaps), share, mean)
        };
        return Wait { none: 1.0 - cells.mass(), cells, rejected, abandoned: 0.0, done: 1.0 };
    }
    let scv = sharing.shape.scv();
    let cells: Cells = if scv > 1.0 && sharing.discipline == Discipline::PowerOfTwo && pod.places.is_infinite() {
        // As many works as are ahead vary as they do one by one.
        let waits: Vec<(f64, GammaSurvival, f64)> = queued
            .iter()
            .zip(1..)
            .map(|(chance, ahead)| (*chance, GammaSurvival::new(f64::from(ahead) / scv), unit * f64::from(ahead)))
            .filter(|wait| wait.0 > 1e-9)
            .collect();
        let survival = |w: f64| waits.iter().map(|(chance, gamma, mean)| chance * gamma.at(w / mean)).sum::<f64>();
        cells_of(|w| survival(w) / share, mean, 6).scaled(share)
    } else {
        cells_of(|w| erlang_mixture(queued, w / unit) / share, mean, 6).scaled(share)
    };
    Wait { none: 1.0 - share, cells, rejected, abandoned: 0.0, done: 1.0 - rejected }
}

/// What the largest of these values, of all a `share`, have beyond the least of them, stretched to this mean.
///
/// As a diffusion the work that waits for a thread is what a single server has to do beyond what is in service
/// (Zhang, Dai and Zwart 2011): its law has the tail that the work has.
fn excess(values: &Cells, share: f64, mean: f64) -> Cells {
    let mut below = values.mass() - share;
    let mut cells = Cells { edges: Vec::new(), masses: Vec::new() };
    let mut least = 0.0;
    for (from, to, mass) in values.iter() {
        if mass <= below {
            below -= mass;
            continue;
        }
        if cells.edges.is_empty() {
            least = from + (to - from) * (below / mass).max(0.0);
            cells.edges.push(0.0);
        }
        cells.edges.push(to - least);
        cells.masses.push(mass - below.max(0.0));
        below = 0.0;
    }
    let mass = cells.mass().max(1e-300);
    let stretch = mean * mass / cells.mean().max(1e-300);
    cells.edges.iter_mut().for_each(|edge| *edge *= stretch);
    cells.scaled(share / mass)
}
