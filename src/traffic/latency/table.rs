//! Stationary latency of one station, tabulated over its load.
//!
//! A [`Table`] holds one [`Row`] per load on a fixed grid, made when first asked for and shared by
//! every replication. Between rows everything is linear, so a step costs two rows and one weight.
//! Times are in multiples of the mean work of a request.

use super::arriving::Arriving;
use super::crowded_pod::Crowded;
use super::histogram::Buckets;
use super::profile::{Abandoned, ArrivalProcess, Discipline, ServiceProfile, WorkShape};
use super::reneging_pods::Limits;
use super::servers::{HIGHEST_OPEN_LOAD, Servers};
use super::sharing::Sharing;
use super::waiting::Wait;
use super::work::Survival;
use std::sync::OnceLock;

/// The buckets of a row's distribution: those of [`LatencyHistogram`](super::LatencyHistogram).
pub(super) type RowBuckets = Buckets<5>;

/// The shares of requests that the values of [`Row::strata`] stand for, fastest first: finer
/// towards the tail, where percentiles are read.
pub(super) const STRATA: [f64; 32] = {
    let mut shares = [0.045; 32];
    let mut index = 20;
    while index < 32 {
        shares[index] = match index {
            20..24 => 0.0125,
            24..28 => 0.01,
            28..31 => 0.003,
            _ => 0.001,
        };
        index += 1;
    }
    shares
};

/// The quantiles kept by every row.
pub(super) const QUANTILES: [f64; 6] = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999];

/// Waits of so small a share of requests are not told apart: a tenth of what the highest quantile leaves.
const FINEST_WAIT: f64 = 1e-5;

/// What a station is made of, in multiples of the mean work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Station {
    pub(super) discipline: Discipline,
    /// Pods, where their number matters to the discipline; else 1.
    pub(super) pods: u32,
    pub(super) shape: WorkShape,
    /// Time off the CPU while holding a thread.
    pub(super) off_cpu: f64,
    pub(super) serving: Serving,
    pub(super) bound: Option<u32>,
    pub(super) patience: Option<f64>,
    /// Whether work in service stops when patience ends, too.
    pub(super) stops_work: bool,
    pub(super) arriving: Arriving,
}

/// How a pod works on the requests that it has taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Serving {
    /// Every request at full speed, any number at a time.
    Unlimited,
    /// At most this many at a time, each at full speed.
    Threads(u32),
    /// All at a time, sharing this many cores; at most `threads` of them if there is a limit.
    Sharing { cores: f64, threads: Option<u32> },
}

impl Station {
    /// The station of `pods` pods of a service.
    pub(super) fn new(profile: &ServiceProfile, pods: u32) -> Station {
        let off_cpu = profile.off_cpu_s / profile.cpu_s;
        let serving = match (profile.concurrency, profile.cpu_limit_cores) {
            (None, None) => Serving::Unlimited,
            (Some(threads), None) => Serving::Threads(threads),
            // Threads that never need more CPU than there is do not share it.
            (Some(threads), Some(cores)) if f64::from(threads) <= cores * (1.0 + off_cpu) => Serving::Threads(threads),
            (threads, Some(cores)) => Serving::Sharing { cores, threads },
        };
        let queueing = !matches!(serving, Serving::Unlimited | Serving::Sharing { threads: None, .. });
        let is_poisson = profile.arrivals == ArrivalProcess::Poisson;
        let shares = matches!(serving, Serving::Sharing { .. });
        let patience = profile.timeout.filter(|timeout| match timeout.work {
            Abandoned::Ignored => false,
            Abandoned::CancelQueued => queueing,
            Abandoned::CancelAll => queueing || shares,
        });
        Station {
            discipline: profile.discipline,
            pods: if profile.discipline == Discipline::Random && is_poisson { 1 } else { pods },
            shape: profile.shape,
            off_cpu,
            serving,
            bound: profile.queue_bound.filter(|_| queueing),
            patience: patience.map(|timeout| timeout.after_s / profile.cpu_s),
            stops_work: patience.is_some_and(|timeout| timeout.work == Abandoned::CancelAll),
            arriving: Arriving::new(profile.arrivals, profile.cpu_s).at_a_queue(profile.discipline, pods),
        }
    }

    /// Whether the queue stays finite at any load.
    pub(super) fn is_closed(&self) -> bool {
        self.bound.is_some() || self.patience.is_some()
    }

    /// P(time in the pod once a thread is there > t), and the wait for the thread.
    fn parts(&self, load: f64) -> Crowded {
        let off_cpu = self.off_cpu;
        let alike = |body: Survival, wait: Wait| Crowded { after_wait: body.clone(), at_once: body, wait };
        match self.serving {
            Serving::Unlimited => alike(self.work_survival(1.0), Wait::nobody()),
            Serving::Threads(threads) => {
                let servers = self.servers(threads, 1.0, off_cpu);
                let is_of_two = self.discipline == Discipline::PowerOfTwo && self.pods > 2;
                if let (true, Some(patience)) = (is_of_two && (load < 1.0 || self.stops_work), self.patience) {
                    let limits = Limits { patience, stops_work: self.stops_work, bound: self.bound };
                    let sharing = self.sharing_of(f64::from(threads), Some(threads));
                    if let Some((body, wait)) = sharing.reneging(load, off_cpu, limits) {
                        return alike(body, wait);
                    }
                }
                alike(self.work_survival(1.0), Wait::stationary(&servers, load))
            }
            Serving::Sharing { cores, threads } => {
                let sharing = self.sharing_of(cores, threads);
                if let Some(patience) = self.patience {
                    let limits = Limits { patience, stops_work: self.stops_work, bound: self.bound };
                    if let Some((body, wait)) = sharing.reneging(load, off_cpu, limits) {
                        return alike(body, wait);
                    }
                }
                if load > 0.0 && sharing.is_followed_by_number(self.bound) {
                    return Crowded::new(&sharing, load, self.bound, off_cpu);
                }
                let wait = match threads {
                    None => Wait::nobody(),
                    Some(threads) => sharing.wait_for_thread(threads, load, self.bound),
                };
                alike(sharing.survival(load, off_cpu), wait)
            }
        }
    }

    /// The pods, where requests share their cores.
    pub(super) fn sharing(&self) -> Option<Sharing> {
        match self.serving {
            Serving::Sharing { cores, threads } => Some(self.sharing_of(cores, threads)),
            Serving::Unlimited | Serving::Threads(_) => None,
        }
    }

    fn sharing_of(&self, cores: f64, threads: Option<u32>) -> Sharing {
        let Station { shape, discipline, pods, arriving, .. } = *self;
        Sharing { shape, cores, threads, discipline, pods, arriving }
    }

    fn work_survival(&self, stretch: f64) -> Survival {
        Survival::tabulate(1.0 / 256.0, |t| self.shape.survival((t - self.off_cpu) / stretch))
    }

    /// The threads that requests wait for, where nothing else slows them down.
    pub(super) fn plain_servers(&self) -> Option<Servers> {
        match self.serving {
            Serving::Threads(threads) => Some(self.servers(threads, 1.0, self.off_cpu)),
            Serving::Unlimited | Serving::Sharing { .. } => None,
        }
    }

    fn servers(&self, threads: u32, stretch: f64, off: f64) -> Servers {
        let [first, second, third] = self.shape.moments();
        let (one, two, three) = (first * stretch, second * stretch * stretch, third * stretch * stretch * stretch);
        let moments = [
            one + off,
            two + 2.0 * off * one + off * off,
            three + 3.0 * off * two + 3.0 * off * off * one + off * off * off,
        ];
        let (discipline, pods) = (self.discipline, self.pods);
        let arriving = self.arriving;
        let shape = (stretch == 1.0).then_some(self.shape);
        let (bound, patience, stops_work, off_cpu) = (self.bound, self.patience, self.stops_work, off);
        Servers { discipline, pods, threads, moments, bound, patience, stops_work, arriving, shape, off_cpu }
    }
}

/// The stationary latency at one load.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The bucket of the first mass.
    pub(super) first: usize,
    /// The share of taken requests in each bucket from `first`; adds up to 1.
    pub(super) mass: Vec<f32>,
    pub(super) mean: f64,
    /// Means of the fastest 4.5 %, the next, ... ([`STRATA`]).
    pub(super) strata: [f64; STRATA.len()],
    /// At [`QUANTILES`].
    pub(super) quantiles: [f64; QUANTILES.len()],
    pub(super) rejected: f64,
    pub(super) abandoned: f64,
    /// Work done for an arrival, in multiples of the mean.
    pub(super) done: f64,
}

impl Row {
    fn new(station: &Station, load: f64) -> Row {
        let Crowded { at_once, after_wait, wait } = station.parts(load);
        let cells = wait.cells.merged(FINEST_WAIT);
        let survival = |t: f64| wait.none * at_once.at(t) + cells.plus_survival(&after_wait, t);
        let first = RowBuckets::of(1.0 / 256.0);
        let mut mass = Vec::with_capacity(640);
        let mut above = 1.0;
        for bucket in first..RowBuckets::COUNT {
            let still_above = survival(RowBuckets::edge(bucket + 1));
            mass.push((above - still_above) as f32);
            above = still_above;
            if above < 1e-7 {
                break;
            }
        }
        Row::from_mass(first, mass, &wait)
    }

    fn from_mass(first: usize, mass: Vec<f32>, wait: &Wait) -> Row {
        let mut reader = MassReader::new(first, &mass);
        let quantiles = QUANTILES.map(|quantile| reader.quantile(quantile));
        let mut reader = MassReader::new(first, &mass);
        let strata = STRATA.map(|share| reader.next_mean(share));
        let mean = strata.iter().zip(STRATA).map(|(value, share)| value * share).sum();
        let Wait { rejected, abandoned, done, .. } = *wait;
        Row { first, mass, mean, strata, quantiles, rejected, abandoned, done }
    }
}

/// Reads a distribution from its fastest request to its slowest.
pub(super) struct MassReader<'a, M> {
    mass: &'a [M],
    first: usize,
    /// The bucket being read, and what of it has been read already.
    index: usize,
    used: f64,
    below: f64,
    total: f64,
}

impl<'a, M: Copy + Into<f64>> MassReader<'a, M> {
    pub(super) fn new(first: usize, mass: &'a [M]) -> Self {
        let total = mass.iter().map(|m| (*m).into()).sum();
        MassReader { mass, first, index: 0, used: 0.0, below: 0.0, total }
    }

    /// The value that the share `quantile` does not exceed; ask in rising order.
    pub(super) fn quantile(&mut self, quantile: f64) -> f64 {
        let wanted = quantile * self.total;
        while let Some(mass) = self.mass.get(self.index) {
            let mass: f64 = (*mass).into();
            if self.below + mass >= wanted {
                return self.value_at(if mass > 0.0 { (wanted - self.below) / mass } else { 0.0 });
            }
            self.below += mass;
            self.index += 1;
        }
        self.value_at(0.0)
    }

    /// The mean of the next `share` of all requests.
    pub(super) fn next_mean(&mut self, share: f64) -> f64 {
        let wanted = share * self.total;
        let (mut left, mut sum) = (wanted, 0.0);
        while let Some(mass) = self.mass.get(self.index) {
            let mass: f64 = (*mass).into();
            let available = mass - self.used;
            if available > left {
                sum += left * self.value_at((self.used + left / 2.0) / mass);
                self.used += left;
                left = 0.0;
                break;
            }
            if available > 0.0 {
                sum += available * self.value_at((self.used + available / 2.0) / mass);
                left -= available;
            }
            (self.index, self.used) = (self.index + 1, 0.0);
        }
        // Rounding may leave the last stratum a little short.
        if left < wanted { sum / (wanted - left) } else { self.value_at(0.0) }
    }

    fn value_at(&self, share: f64) -> f64 {
        let bucket = self.first + self.index.min(self.mass.len());
        let edge = RowBuckets::edge(bucket);
        edge + share.clamp(0.0, 1.0) * (RowBuckets::edge(bucket + 1) - edge)
    }
}

/// Where a load lies between two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// The row below.
    pub(super) row: usize,
    /// The weight of the row above, 0..=1.
    pub(super) share: f64,
}

/// The rows of one station.
#[derive(Debug)]
pub(super) struct Table {
    station: Station,
    rows: Vec<OnceLock<Row>>,
}

/// Rows per doubling: of 1 / (1 - load) for an open station, in which waits are nearly linear, and
/// of the load itself for a closed one.
const OPEN_BITS: u32 = 3;
const CLOSED_BITS: u32 = 4;
const OPEN_ROWS: usize = (5 << OPEN_BITS) + 2;
/// From a load of 2^-5 to 2^4.
const CLOSED_ROWS: usize = (9 << CLOSED_BITS) + 2;
const CLOSED_LOWEST_EXPONENT: u64 = 1023 - 5;

impl Table {
    pub(super) fn new(station: Station) -> Table {
        let rows = if station.is_closed() { CLOSED_ROWS } else { OPEN_ROWS };
        Table { station, rows: (0..rows).map(|_| OnceLock::new()).collect() }
    }

    /// Where a load lies; loads beyond the table count as its last.
    pub(super) fn place(&self, load: f64) -> Place {
        let (value, bits, base) = if self.station.is_closed() {
            (load, CLOSED_BITS, CLOSED_LOWEST_EXPONENT << CLOSED_BITS)
        } else {
            (1.0 / (1.0 - load.min(HIGHEST_OPEN_LOAD)), OPEN_BITS, 1023 << OPEN_BITS)
        };
        let shift = 52 - bits;
        let raw = value.max(0.0).to_bits();
        let Some(row) = (raw >> shift).checked_sub(base) else { return Place { row: 0, share: 0.0 } };
        let row = row as usize;
        if row + 1 >= self.rows.len() {
            return Place { row: self.rows.len() - 2, share: 1.0 };
        }
        let share = (raw & ((1 << shift) - 1)) as f64 / (1_u64 << shift) as f64;
        Place { row, share }
    }

    /// The load that a row is for.
    fn load(&self, row: usize) -> f64 {
        if self.station.is_closed() {
            f64::from_bits((row as u64 + (CLOSED_LOWEST_EXPONENT << CLOSED_BITS)) << (52 - CLOSED_BITS))
        } else {
            1.0 - 1.0 / f64::from_bits((row as u64 + (1023 << OPEN_BITS)) << (52 - OPEN_BITS))
        }
    }

    /// A row, made on first use. Cost then: about 0.1 ms.
    pub(super) fn row(&self, row: usize) -> &Row {
        let row = row.min(self.rows.len() - 1);
        self.rows[row].get_or_init(|| Row::new(&self.station, self.load(row)))
    }

    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// A figure between the two rows around a place.
    pub(super) fn between(&self, place: Place, figure: impl Fn(&Row) -> f64) -> f64 {
        let low = figure(self.row(place.row));
        if place.share == 0.0 { low } else { low + place.share * (figure(self.row(place.row + 1)) - low) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(profile: ServiceProfile, pods: u32) -> Table {
        Table::new(Station::new(&profile, pods))
    }

    fn check(found: f64, wanted: f64, tolerance: f64) {
        assert!((found / wanted - 1.0).abs() < tolerance, "{found}, not {wanted}");
    }

    #[test]
    fn one_exponential_server_is_exponential() {
        let table = table(ServiceProfile { concurrency: Some(1), ..ServiceProfile::default() }, 1);
        for load in [0.0, 0.3, 0.55, 0.8, 0.95] {
            let place = table.place(load);
            let scale = 1.0 / (1.0 - load);
            check(table.between(place, |row| row.mean), scale, 0.005);
            for (index, quantile) in QUANTILES.iter().enumerate().take(4) {
                check(table.between(place, |row| row.quantiles[index]), -scale * (1.0 - quantile).ln(), 0.01);
            }
        }
    }

    #[test]
    fn sharing_is_insensitive_in_the_mean() {
        for shape in [WorkShape::Exponential, WorkShape::Lognormal { scv: 4.0 }, WorkShape::Deterministic] {
            let table = table(ServiceProfile { cpu_limit_cores: Some(0.5), shape, ..ServiceProfile::default() }, 4);
            for load in [0.0, 0.5, 0.8] {
                check(table.between(table.place(load), |row| row.mean), 2.0 / (1.0 - load), 0.01);
            }
        }
    }

    #[test]
    fn rows_between_are_linear_and_ends_are_held() {
        let open = table(ServiceProfile { concurrency: Some(1), ..ServiceProfile::default() }, 1);
        assert_eq!(open.place(0.0), Place { row: 0, share: 0.0 });
        assert_eq!(open.place(2.0), open.place(HIGHEST_OPEN_LOAD));
        let closed =
            table(ServiceProfile { concurrency: Some(1), queue_bound: Some(3), ..ServiceProfile::default() }, 1);
        assert_eq!(closed.place(0.0), Place { row: 0, share: 0.0 });
        let place = closed.place(1.2);
        let load = closed.load(place.row) + place.share * (closed.load(place.row + 1) - closed.load(place.row));
        check(load, 1.2, 1e-12);
        assert_eq!(closed.place(1e9).row, closed.row_count() - 2);
    }
}
