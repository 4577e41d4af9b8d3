//! Spot pools: when they are short, and whom that costs its place.

use crate::intern::Symbol;
use crate::market::SpotPool;
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::instances::Pool;
use crate::sim::cloud::state::Cloud;
use crate::sim::event::Event;
use crate::sim::shared::Shared;
use crate::units::{SimDuration, SimTime};
use crate::world::Replacement;
use crate::world::{GroupId, InstanceId};

impl Cloud {
    pub(crate) fn open_pools(&mut self, shared: &mut Shared) {
        let cast = shared.cast.clone();
        for (id, group) in cast.groups.iter().filter(|(_, group)| group.spot) {
            let zones = if group.zones.is_empty() { &[Symbol::EMPTY][..] } else { &group.zones };
            for machine in 0..group.machines.len() {
                for zone in zones {
                    self.pools.push(Pool { group: id, machine, zone: *zone, short_until: SimTime::MIN });
                    self.schedule_shock(shared, self.pools.len() - 1);
                }
            }
        }
    }

    fn market_of(&self, shared: &Shared, pool: usize) -> Option<SpotPool> {
        let pool = &self.pools[pool];
        shared.cast.groups[pool.group].machines[pool.machine].spot_market
    }

    fn schedule_shock(&mut self, shared: &mut Shared, pool: usize) {
        let rate = self.market_of(shared, pool).map_or(0.0, |market| market.reclaims.events_per_hour);
        if rate > 0.0 {
            let hours = shared.streams.spot.exponential(1.0 / rate);
            let at = shared.queue.now() + SimDuration::from_secs_f64(hours * 3600.0);
            if at <= shared.end {
                shared.queue.push(at, Event::PoolShock(pool as u32));
            }
        }
    }

    /// A spot pool is short: some of its instances get their notice.
    pub(crate) fn pool_shock(&mut self, shared: &mut Shared, now: SimTime, pool: u32) {
        let at = pool as usize;
        let Some(market) = self.market_of(shared, at) else { return };
        let shortage = shared.streams.spot.exponential(market.shortage.as_secs_f64());
        self.pools[at].short_until = now + SimDuration::from_secs_f64(shortage);
        let pool = self.pools[at];
        for id in self.groups[pool.group].instances.clone() {
            let instance = &self.instances[id];
            if instance.machine == pool.machine
                && instance.zone == pool.zone
                && instance.state == InstanceState::Running
                && shared.streams.spot.chance(market.reclaims.share)
            {
                self.reclaim(shared, now, id, Replacement::Replace);
            }
        }
        self.schedule_shock(shared, at);
    }

    /// Of a spot group the cheapest machine type whose pool is not short, else the first.
    pub(crate) fn choose_machine(&self, shared: &Shared, now: SimTime, group: GroupId, zone: Symbol) -> usize {
        let machines = &shared.cast.groups[group].machines;
        let short = |machine: usize| {
            let same = |pool: &&Pool| pool.group == group && pool.machine == machine && pool.zone == zone;
            self.pools.iter().find(same).is_some_and(|pool| pool.short_until > now)
        };
        let available = (0..machines.len()).filter(|machine| !short(*machine));
        available.min_by_key(|machine| machines[*machine].price).unwrap_or(0)
    }

    pub(crate) fn pool_is_short(&self, now: SimTime, id: InstanceId) -> bool {
        let instance = &self.instances[id];
        let same =
            |pool: &&Pool| (pool.group, pool.machine, pool.zone) == (instance.group, instance.machine, instance.zone);
        self.pools.iter().find(same).is_some_and(|pool| pool.short_until > now)
    }
}
