//! When things happen, chosen once at the start: the recordings' whole seconds, or a control plane's own delays.

use crate::rng::Stream;
use crate::sim::event::{EventQueue, Rank};
use crate::units::{SimDuration, SimTime};
use crate::world::Timing;

/// The finest random phase of a loop.
const FINEST_PHASE: SimDuration = SimDuration::from_millis(1);

/// When causes have their effects, and when loops have their first turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Everything happens at multiples of it, and an effect that has missed its turn so much after its cause. Zero allows any
    /// time, and an effect at the same instant.
    grain: SimDuration,
    /// What a controller's reaction takes besides.
    reaction: SimDuration,
    /// Loops have random phases; else they begin together.
    has_phases: bool,
    /// What looks back at an interval has its first turn at time 0, at the end of none, as in the recordings.
    looks_back_at_once: bool,
    /// When the simulation begins.
    begins: SimTime,
}

impl Clock {
    /// The clock that the timing asks for, of a simulation that begins then.
    pub(crate) fn new(timing: &Timing, begins: SimTime) -> Clock {
        let has_phases = timing.by_chance;
        match timing.lockstep {
            true => Clock {
                grain: SimDuration::from_secs(1),
                reaction: SimDuration::ZERO,
                has_phases,
                looks_back_at_once: true,
                begins,
            },
            false => Clock {
                grain: SimDuration::ZERO,
                reaction: timing.reaction,
                has_phases,
                looks_back_at_once: false,
                begins,
            },
        }
    }

    /// Events to come, none yet.
    pub(crate) fn queue(&self) -> EventQueue {
        EventQueue::new(self.grain, self.begins)
    }

    /// The least time between a cause and an effect of the same rank.
    pub(crate) fn tick(&self) -> SimDuration {
        self.grain
    }

    /// When something of this rank can happen at the earliest.
    pub(crate) fn earliest(&self, queue: &EventQueue, rank: Rank) -> SimTime {
        queue.now() + if queue.is_before(rank) { SimDuration::ZERO } else { self.grain }
    }

    /// When a reaction of the controllers of this rank to the present event happens.
    pub(crate) fn reaction(&self, queue: &EventQueue, rank: Rank) -> SimTime {
        self.earliest(queue, rank) + self.reaction
    }

    /// The first turn of a loop with this period: at once, or at a random phase.
    pub(crate) fn phase(&self, period: SimDuration, stream: &mut Stream) -> SimTime {
        if !self.has_phases {
            return self.begins;
        }
        let unit = self.grain.max(FINEST_PHASE);
        let places = (period.as_nanos() / unit.as_nanos()).max(1);
        self.begins + unit * stream.below(places as usize) as i64
    }

    /// The first turn after `from` of what looks back at intervals of this length. Turns lie so that one of them is at
    /// time 0, however long the simulation has gone on by then.
    pub(crate) fn first_look_back(&self, from: SimTime, every: SimDuration) -> SimTime {
        match self.looks_back_at_once {
            true => from,
            false => (from + SimDuration::from_nanos(1)).next_multiple_of(every),
        }
    }

    /// When the simulation begins.
    pub(crate) fn begins(&self) -> SimTime {
        self.begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;
    use crate::sim::event::Event;

    fn clock(lockstep: bool, by_chance: bool) -> Clock {
        let timing = Timing { lockstep, by_chance, reaction: SimDuration::from_millis(100), ..Timing::default() };
        Clock::new(&timing, SimTime::ZERO)
    }

    /// A queue that has just handed out this event, half a second after the start.
    fn at(clock: Clock, event: Event) -> EventQueue {
        let mut queue = clock.queue();
        queue.push(SimTime::from_millis(500), event);
        queue.pop_until(SimTime::MAX);
        queue
    }

    #[test]
    fn in_the_recordings_world_who_has_had_his_turn_reacts_a_second_later() {
        let clock = clock(true, false);
        let queue = at(clock, Event::Schedule);
        assert_eq!(queue.now(), SimTime::from_secs(1), "whole seconds only");
        assert_eq!(clock.reaction(&queue, Rank::controllers()), SimTime::from_secs(2));
        let queue = at(clock, Event::Reconcile);
        assert_eq!(clock.reaction(&queue, Rank::scheduler()), SimTime::from_secs(1));
    }

    #[test]
    fn a_control_plane_takes_its_own_time_whoevers_turn_it_is() {
        let clock = clock(false, true);
        let queue = at(clock, Event::Schedule);
        assert_eq!(queue.now(), SimTime::from_millis(500));
        for rank in [Rank::controllers(), Rank::scheduler()] {
            assert_eq!(clock.reaction(&queue, rank), SimTime::from_millis(600));
        }
        assert_eq!(clock.earliest(&queue, Rank::registration()), queue.now());
    }

    #[test]
    fn phases_lie_within_the_period_at_whole_grains() {
        let mut stream = Seed::new(1, 0).stream("phases", 0);
        let period = SimDuration::from_secs(10);
        let mut draw = |clock: Clock| (0..50).map(|_| clock.phase(period, &mut stream)).collect::<Vec<SimTime>>();
        assert!(draw(clock(true, false)).iter().all(|at| *at == SimTime::ZERO));
        let (whole, any) = (draw(clock(true, true)), draw(clock(false, true)));
        assert!(whole.iter().chain(&any).all(|at| *at < SimTime::ZERO + period));
        let is_whole = |at: &SimTime| at.next_multiple_of(SimDuration::from_secs(1)) == *at;
        assert!(whole.iter().all(is_whole) && !any.iter().all(is_whole));
        assert!(whole.iter().any(|at| *at != whole[0]));
    }

    #[test]
    fn the_recordings_look_back_at_nothing_first() {
        let every = SimDuration::from_secs(15);
        assert_eq!(clock(true, false).first_look_back(SimTime::ZERO, every), SimTime::ZERO);
        assert_eq!(clock(false, false).first_look_back(SimTime::ZERO, every), SimTime::from_secs(15));
    }

    #[test]
    fn steps_meet_time_0_whenever_they_begin() {
        let every = SimDuration::from_secs(15);
        let first = |begins: i64| clock(false, false).first_look_back(SimTime::from_secs(begins), every);
        assert_eq!([-30, -20, -15, -10].map(first), [-15, -15, 0, 0].map(SimTime::from_secs));
    }
}
