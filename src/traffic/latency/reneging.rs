//! Requests that share a pod's CPU, or its threads, and whose clients give up.
//!
//! The number in the pod is a birth-death chain. How often somebody gives up with so many there is not known
//! beforehand: it is as often as a request that came one patience ago is still there. So a request is followed through
//! the chain from its arrival to the end of its patience, which tells where requests give up and, with work that is
//! not exponential, how fast those are served who are there; with that the chain is solved again, until both agree.
//!
//! Sources: Gromoll, Robert, Zwart and Bakker, "The impact of reneging in processor sharing queues", 2006, whose fluid
//! limit this has for many requests; abandonment by the number there as in Whitt, "Engineering solution of a basic
//! call-center model", 2005. Times are in multiples of the mean work.

use super::columns::Columns;
use super::phases::{COUNT as PHASES, Phases};
use super::solver::Solver;

/// A pod whose clients give up.
pub(super) struct Reneging<'a> {
    /// Arrivals per mean work.
    pub(super) rate: f64,
    /// The factor on the rate while a core is free, and while none is: 1 for Poisson arrivals.
    pub(super) arriving: [f64; 2],
    /// How many pods an arrival looks at: it takes the one with the fewest.
    pub(super) choices: u32,
    pub(super) cores: f64,
    /// The speed of a request alone.
    pub(super) alone: f64,
    /// Requests served at a time.
    pub(super) threads: Option<u32>,
    /// Requests there at most.
    pub(super) room: Option<u32>,
    pub(super) patience: f64,
    /// Whether work in service stops at the end of patience, too.
    pub(super) stops_work: bool,
    pub(super) work: &'a Stages,
}

/// Work as exponential stages.
pub(super) struct Stages {
    /// The chance to begin with each.
    pub(super) weights: Vec<f64>,
    /// How often each ends per unit of work.
    pub(super) rates: Vec<f64>,
    /// Whether the next stage follows; else the work is done then.
    pub(super) follow: bool,
}

impl Stages {
    /// Exponential with a chance each.
    pub(super) fn at_once(phases: Phases) -> Stages {
        Stages { weights: phases.weights, rates: phases.rates, follow: false }
    }

    /// Erlang's work with this squared variation, at least one over the number of stages there may be.
    pub(super) fn in_turn(scv: f64) -> Stages {
        let count = (1.0 / scv.max(1e-9)).round().clamp(1.0, PHASES as f64);
        let mut weights = vec![0.0; PHASES];
        weights[PHASES - count as usize] = 1.0;
        Stages { weights, rates: vec![count; PHASES], follow: true }
    }
}

/// What becomes of arrivals.
pub(super) struct Reneged {
    /// P(still there at a time) of those taken in, from 1 at 0 to that of the patience.
    pub(super) there: Vec<(f64, f64)>,
    /// Those taken in who are not answered in time.
    pub(super) late: f64,
    pub(super) rejected: f64,
    /// Mean work done for an arrival.
    pub(super) done: f64,
}

/// More states are a fluid; work of many stages counts twice.
const MOST_STATES: usize = 288;
const ROUNDS: usize = 8;
/// The part of what is new that is taken over in a round.
const LEARNT: f64 = 0.7;
/// What is rarer is not learnt from, nor followed where it is at the end.
const RARE: f64 = 1e-7;
/// Rounds end when no chance differs by more.
const CLOSE: f64 = 2e-4;
/// Time steps of one length in a row, the first of which is this part of the mean work alone.
const ALIKE: usize = 12;
const FINEST: f64 = 0.06;
/// Births and deaths in a time step at most.
const MOST_MOVES: f64 = 5.0;
/// It is not followed further when so little of it is left,
const NEARLY_GONE: f64 = 1e-5;
/// or after so many times its patience and a mean service.
const LATEST: f64 = 4.0;

/// The law of the pod as it is known so far, by the number there.
struct Law {
    number: Vec<f64>,
    /// How often somebody gives up.
    giving_up: Vec<f64>,
    /// The rate of the stages that are served, per unit of work.
    ending: Vec<f64>,
}

impl Law {
    /// More than `last` are there hardly ever.
    fn end_after(&mut self, last: usize) {
        for values in [&mut self.number, &mut self.giving_up, &mut self.ending] {
            values.truncate(last + 1);
        }
    }
}

/// What following a request tells.
struct Followed {
    there: Vec<(f64, f64)>,
    /// Where it gives up.
    left_at: Vec<f64>,
    /// The time in service, and the same times the chance to end per unit of work.
    served: Vec<f64>,
    ends: Vec<f64>,
}

impl Reneging<'_> {
    fn threads(&self) -> f64 {
        self.threads.map_or(f64::INFINITY, f64::from)
    }

    /// The speed of each request served among `number`.
    fn speed(&self, number: usize) -> f64 {
        self.alone.min(self.cores / (number as f64).min(self.threads()).max(1.0))
    }

    /// Work done with `number` there.
    fn pace(&self, number: usize) -> f64 {
        self.speed(number) * (number as f64).min(self.threads())
    }

    /// The number that is exceeded hardly ever.
    fn most(&self) -> usize {
        let most = self.rate * f64::from(self.choices.min(2)) * self.patience;
        let most = most + 6.0 * libm::sqrt(most) + 8.0;
        let room = self.room.map_or(f64::INFINITY, f64::from);
        most.min(room).min(1e6) as usize
    }

    /// The stationary law. Cost: up to 1 ms.
    pub(super) fn solve(&self) -> Option<Reneged> {
        let most = self.most();
        if most * self.work.weights.len().div_ceil(4) > MOST_STATES {
            return None;
        }
        let mut law = Law {
            number: Vec::new(),
            giving_up: (0..=most).map(|number| number as f64 / self.patience).collect(),
            ending: vec![1.0; most + 1],
        };
        law.number = self.numbers(&law);
        let mut followed = self.follow(&law);
        for round in 0..ROUNDS {
            self.learn(&mut law, &followed);
            if round == 1 {
                law.end_after(law.number.iter().rposition(|share| *share > RARE).unwrap_or(most) + 3);
            }
            let number = self.numbers(&law);
            let change = number.iter().zip(&law.number).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
            law.number = number;
            followed = self.follow(&law);
            if change < CLOSE {
                break;
            }
        }
        Some(self.result(&law, followed))
    }

    fn result(&self, law: &Law, followed: Followed) -> Reneged {
        let mean_of = |values: &[f64]| law.number.iter().zip(values).map(|(share, value)| share * value).sum::<f64>();
        let taken = mean_of(&self.arrivals(&law.number));
        // The chain loses nobody; the request followed tells who is served when it is too late.
        let followed_late = followed.there.last().map_or(0.0, |last| last.1);
        let served_late = (followed_late - followed.left_at.iter().sum::<f64>()).max(0.0);
        let late = (mean_of(&law.giving_up) / taken + served_late).clamp(0.0, 1.0);
        let done: f64 = law.number.iter().enumerate().map(|(number, share)| share * self.pace(number)).sum();
        let full = self.room.and_then(|room| law.number.get(room as usize));
        let rejected = full.map_or(0.0, |full| libm::pow(*full, f64::from(self.choices)));
        Reneged { there: followed.there, late, rejected, done: done / self.rate }
    }

    /// Arrivals at a pod by the number there.
    fn arrivals(&self, number: &[f64]) -> Vec<f64> {
        let choices = f64::from(self.choices);
        let mut at_least = 1.0;
        let mut rates = Vec::with_capacity(number.len());
        for (at, share) in number.iter().enumerate() {
            let above = f64::max(at_least - share, 0.0);
            // Of independent pods; the lowest of them is drawn among equals.
            let chance = if *share < 1e-9 * at_least || self.choices == 1 {
                choices * libm::pow(at_least, choices - 1.0)
            } else {
                (libm::pow(at_least, choices) - libm::pow(above, choices)) / share
            };
            let free = (at as f64) < self.cores;
            rates.push(self.rate * chance * self.arriving[usize::from(!free)]);
            at_least = above;
        }
        if self.arriving != [1.0; 2] {
            // They are not more than there are.
            let sum: f64 = rates.iter().zip(number).map(|(rate, share)| rate * share).sum();
            rates.iter_mut().for_each(|rate| *rate *= self.rate / sum.max(1e-300));
        }
        if let Some(last) = rates.last_mut() {
            *last = 0.0;
        }
        rates
    }

    /// The number in the pod: as much goes up between two states as comes down.
    fn numbers(&self, law: &Law) -> Vec<f64> {
        let down = |number: usize| self.pace(number) * law.ending[number] + law.giving_up[number];
        let mut number: Vec<f64> = law.number.clone();
        if number.is_empty() {
            number = vec![1.0 / law.ending.len() as f64; law.ending.len()];
        }
        let rounds = if self.choices == 1 && self.arriving == [1.0; 2] { 1 } else { 20 };
        for _ in 0..rounds {
            let rates = self.arrivals(&number);
            let mut mass = vec![1.0; law.ending.len()];
            for at in 1..mass.len() {
                mass[at] = mass[at - 1] * rates[at - 1] / down(at).max(1e-12);
                if mass[at] > 1e200 {
                    mass[..=at].iter_mut().for_each(|m| *m *= 1e-200);
                }
            }
            let sum: f64 = mass.iter().sum();
            let old = if rounds == 1 { 0.0 } else { 0.5 };
            number.iter_mut().zip(mass).for_each(|(known, new)| *known = old * *known + (1.0 - old) * new / sum);
        }
        number
    }

    /// Takes over how often somebody gives up, and how fast those are who are served.
    fn learn(&self, law: &mut Law, followed: &Followed) {
        let rates = self.arrivals(&law.number);
        let taken: f64 = rates.iter().zip(&law.number).map(|(rate, share)| rate * share).sum();
        for at in 1..law.number.len() {
            if law.number[at] > RARE {
                let giving_up = taken * followed.left_at[at] / law.number[at];
                let most = at as f64 * 50.0 / self.patience + 4.0 * self.rate * f64::from(self.choices.min(2));
                law.giving_up[at] += LEARNT * (giving_up.clamp(0.0, most) - law.giving_up[at]);
            } else {
                law.giving_up[at] = law.giving_up[at].max(law.giving_up[at - 1]);
            }
            if followed.served[at] > RARE {
                law.ending[at] = (followed.ends[at] / followed.served[at]).clamp(0.02, 10.0);
            }
        }
    }

    /// Follows a request from its arrival until its client gives up.
    fn follow(&self, law: &Law) -> Followed {
        let states = law.number.len();
        let rates = self.arrivals(&law.number);
        let mut request = Request::new(self, law, &rates);
        let mut followed = Followed {
            there: vec![(0.0, 1.0)],
            left_at: vec![0.0; states],
            served: vec![0.0; states],
            ends: vec![0.0; states],
        };
        let mut pace = Pacing::new(self, law);
        self.follow_until(self.patience, &mut pace, &mut request, &mut followed);
        request.leave(self.patience, &mut followed);
        if !self.stops_work {
            // Who is served stays to the end, and takes the others' time.
            let end = self.patience + LATEST * (self.patience + 1.0 / self.speed(states - 1));
            self.follow_until(end, &mut pace, &mut request, &mut followed);
            followed.there.retain(|(time, _)| *time <= self.patience * (1.0 + 1e-9));
        }
        followed
    }

    fn follow_until(&self, end: f64, pace: &mut Pacing<'_>, request: &mut Request<'_>, followed: &mut Followed) {
        while pace.now < end * (1.0 - 1e-9) && request.here() > NEARLY_GONE {
            if pace.alike == 0 {
                request.prepare(pace.step, pace.law, &pace.rates);
            }
            let length = pace.step.min(end - pace.now);
            if length < pace.step * (1.0 - 1e-9) {
                request.prepare(length, pace.law, &pace.rates);
            }
            request.step(length, pace.now + 0.5 * length, followed);
            pace.now += length;
            followed.there.push((pace.now, request.here()));
            pace.alike += 1;
            if pace.alike == ALIKE || length < pace.step {
                pace.alike = 0;
                pace.step = (2.0 * pace.step).min(pace.longest).max(pace.step);
            }
        }
        // Nothing is left that matters.
        if pace.now < end {
            followed.there.push((end, request.here()));
        }
    }
}

/// The time steps in which a request is followed.
struct Pacing<'a> {
    law: &'a Law,
    rates: Vec<f64>,
    now: f64,
    step: f64,
    longest: f64,
    /// Steps of this length so far.
    alike: usize,
}

impl<'a> Pacing<'a> {
    fn new(pod: &Reneging<'_>, law: &'a Law) -> Pacing<'a> {
        let rates = pod.arrivals(&law.number);
        let fastest = pod.rate * f64::from(pod.choices.min(2)) + pod.pace(law.number.len() - 1);
        Pacing { law, rates, now: 0.0, step: FINEST / pod.alone, longest: MOST_MOVES / fastest, alike: 0 }
    }
}

/// A request on its way through the pod, as chances.
struct Request<'a> {
    pod: &'a Reneging<'a>,
    /// In service: by the number there and the stage.
    served: Columns,
    /// Waiting: by the number ahead.
    waiting: Vec<f64>,
    /// How fast the number ahead falls.
    falling: Vec<f64>,
    /// Arrivals a time, of those who come behind.
    behind: f64,
    solver: Solver,
    /// What is left of each state and stage after half a step.
    staying: Columns,
}

impl<'a> Request<'a> {
    fn new(pod: &'a Reneging<'a>, law: &Law, rates: &[f64]) -> Request<'a> {
        let states = law.number.len();
        let threads = pod.threads();
        let taken: f64 = rates.iter().zip(&law.number).map(|(rate, share)| rate * share).sum();
        let mut found = vec![0.0; states];
        let mut waiting = vec![0.0; states];
        for at in 0..states - 1 {
            let chance = law.number[at] * rates[at] / taken.max(1e-300);
            *(if (at as f64) < threads { &mut found[at + 1] } else { &mut waiting[at] }) += chance;
        }
        let served = Columns::product(found.into_iter(), &pod.work.weights);
        let falling = vec![0.0; states];
        let staying = Columns::zeros(pod.work.weights.len(), states);
        Request { pod, served, waiting, falling, behind: taken, solver: Solver::default(), staying }
    }

    /// For steps of this length.
    fn prepare(&mut self, length: f64, law: &Law, rates: &[f64]) {
        let pod = self.pod;
        let others = |at: usize| {
            let share = (at as f64 - 1.0).max(0.0) / (at as f64).max(1.0);
            let own = if at > 1 { law.giving_up[at] } else { 0.0 };
            pod.pace(at) * law.ending[at] * share + own
        };
        self.solver.prepare(law.number.len(), length, |at| rates[at], others);
        for (at, row) in self.staying.rows_mut().enumerate() {
            let speed = if at == 0 { 0.0 } else { pod.speed(at) };
            row.iter_mut()
                .zip(&pod.work.rates)
                .for_each(|(stays, rate)| *stays = libm::exp(-0.5 * length * rate * speed));
        }
        for (at, falls) in self.falling.iter_mut().enumerate() {
            *falls = pod.pace(at) * law.ending[at] + law.giving_up[at];
        }
    }

    /// Half a step of being served.
    fn serve(&mut self) {
        let follow = self.pod.work.follow;
        for (row, stays) in self.served.rows_mut().zip(self.staying.rows()) {
            let mut carried = 0.0;
            for (chance, stay) in row.iter_mut().zip(stays) {
                let ended = *chance * (1.0 - stay);
                *chance += carried - ended;
                carried = if follow { ended } else { 0.0 };
            }
        }
    }

    fn step(&mut self, length: f64, middle: f64, followed: &mut Followed) {
        self.serve();
        self.solver.step(&mut self.served);
        self.start(length, middle);
        self.serve();
        for (at, row) in self.served.rows().enumerate() {
            let sum: f64 = row.iter().sum();
            followed.served[at] += sum * length;
            let last = if self.pod.work.follow { row.len() - 1 } else { 0 };
            let ends: f64 =
                row[last..].iter().zip(&self.pod.work.rates[last..]).map(|(chance, rate)| chance * rate).sum();
            followed.ends[at] += ends * length;
        }
    }

    /// Moves it up in the line, and lets it start behind nobody.
    fn start(&mut self, length: f64, middle: f64) {
        let Some(threads) = self.pod.threads else { return };
        let states = self.waiting.len();
        let threads = threads as usize;
        if threads >= states {
            return;
        }
        let mut from_above = 0.0;
        for at in (threads..states).rev() {
            let n = ((at as f64 + 1.0 + 0.5 * self.behind * middle) as usize).min(states - 1);
            let falls = self.waiting[at] * -libm::expm1(-length * self.falling[n]);
            self.waiting[at] += from_above - falls;
            from_above = falls;
        }
        if from_above > 0.0 {
            let weights = &self.pod.work.weights;
            let width = weights.len();
            let behind = poisson(self.behind * middle, states - threads);
            for (more, chance) in behind.iter().enumerate() {
                let row = (threads + more) * width;
                let row = &mut self.served.values_mut()[row..row + width];
                row.iter_mut().zip(weights).for_each(|(value, weight)| *value += from_above * chance * weight);
            }
        }
    }

    fn here(&self) -> f64 {
        self.served.values().iter().sum::<f64>() + self.waiting.iter().sum::<f64>()
    }

    /// Its client gives up.
    fn leave(&mut self, patience: f64, followed: &mut Followed) {
        let states = self.waiting.len();
        if self.pod.stops_work {
            for (at, row) in self.served.rows().enumerate() {
                followed.left_at[at] += row.iter().sum::<f64>();
            }
        }
        let line: f64 = self.waiting.iter().sum();
        if line > 0.0 {
            let behind = poisson(self.behind * patience, states);
            for (ahead, chance) in self.waiting.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
                for (more, likely) in behind.iter().enumerate() {
                    followed.left_at[(ahead + 1 + more).min(states - 1)] += chance * likely;
                }
            }
            self.waiting.fill(0.0);
        }
    }
}

/// A Poisson number below `end`; more counts as the last.
fn poisson(mean: f64, end: usize) -> Vec<f64> {
    let mean = mean.max(1e-300);
    // From the likeliest number on in both directions: a logarithm for each would cost more than all else.
    let top = (mean as usize).min(end.saturating_sub(1));
    let mut chances = vec![0.0; end.max(1)];
    chances[top] = libm::exp(top as f64 * libm::log(mean) - mean - libm::lgamma(top as f64 + 1.0));
    for number in top + 1..end {
        chances[number] = chances[number - 1] * mean / number as f64;
    }
    for number in (0..top).rev() {
        chances[number] = chances[number + 1] * (number as f64 + 1.0) / mean;
    }
    let sum: f64 = chances.iter().sum();
    if let Some(last) = chances.last_mut() {
        *last += (1.0 - sum).max(0.0);
    }
    chances
}
