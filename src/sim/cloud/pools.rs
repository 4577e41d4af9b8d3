//! Spot pools: when they are short, and whom that costs its place.

use crate::intern::Symbol;
use crate::rng::{Fnv1a, mix, uniform};
use crate::sim::cloud::instances::InstanceState;
use crate::sim::cloud::instances::Pool;
use crate::sim::cloud::shortages::Shortages;
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
            for (machine, row) in group.machines.iter().enumerate() {
                let Some(market) = row.spot_market else { continue };
                for zone in zones {
                    let name = Fnv1a::new().with(&row.instance_type).with("/").with(shared.cluster.symbols.text(*zone));
                    let seed = shared.seed.entity("spot pool", name.0);
                    let pool = Pool {
                        group: id,
                        machine,
                        zone: *zone,
                        short_until: SimTime::MIN,
                        // What began the day before may not be over.
                        shortages: Shortages::new(seed, market, shared.queue.now() - SimDuration::from_hours(24)),
                        next: None,
                    };
                    self.pools.push(pool);
                    self.await_shock(shared, self.pools.len() - 1);
                }
            }
        }
    }

    /// What is over by now has left its shortage; the next is waited for.
    fn await_shock(&mut self, shared: &mut Shared, pool: usize) {
        let (now, pool_id) = (shared.queue.now(), pool as u32);
        let pool = &mut self.pools[pool];
        loop {
            pool.next = pool.shortages.next_until(shared.end);
            match pool.next {
                Some(past) if past.at < now => pool.short_until = pool.short_until.max(past.until),
                Some(next) => return shared.queue.push(next.at, Event::PoolShock(pool_id)),
                None => return,
            }
        }
    }

    /// A spot pool is short: some of its instances get their notice.
    pub(crate) fn pool_shock(&mut self, shared: &mut Shared, now: SimTime, pool: u32) {
        let row = &mut self.pools[pool as usize];
        let Some(shock) = row.next else { return };
        row.short_until = row.short_until.max(shock.until);
        let (group, machine, zone) = (row.group, row.machine, row.zone);
        let share = shared.cast.groups[group].machines[machine].spot_market.map_or(0.0, |market| market.reclaims.share);
        for id in self.groups[group].instances.clone() {
            let instance = &self.instances[id];
            if instance.machine == machine
                && instance.zone == zone
                && instance.state == InstanceState::Running
                && uniform(mix(shock.luck ^ instance.luck)) < share
            {
                self.reclaim(shared, now, id, Replacement::Replace);
            }
        }
        self.await_shock(shared, pool as usize);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::market::{InterruptionRate, Provider, SpotPool};
    use crate::sim::fixture::{Small, at, run};

    const HAZARD: f64 = 0.05;
    const SHARE: f64 = 0.5;
    const HOURS: i64 = 40_000;

    /// Groups of so many spot instances each, all of one type; the answer is when which instances got their notice. All of them stay.
    fn noticed(groups: &[i32]) -> Vec<(SimTime, Vec<usize>)> {
        let market = SpotPool::new(Provider::Aws, InterruptionRate::GCP_ASSUMED).with_reclaims(HAZARD, SHARE);
        let mut small = Small::new();
        for (number, count) in groups.iter().enumerate() {
            let name = format!("spot-{number}");
            small =
                small.group(&name, *count, |group| (group.spot, group.machines[0].spot_market) = (true, Some(market)));
        }
        let mut shared = small.shared();
        shared.end = at(HOURS * 3600);
        let mut cloud = Cloud::new(groups.len());
        cloud.launch_initial_nodes(&mut shared);
        let mut seen = Vec::new();
        run(&mut shared, at(HOURS * 3600), |shared, now, event| {
            let Event::PoolShock(pool) = event else { return };
            cloud.pool_shock(shared, now, pool);
            let mut taken = Vec::new();
            for id in cloud.instances.ids() {
                if std::mem::take(&mut cloud.instances[id].noticed) {
                    taken.push(id.index());
                }
            }
            seen.push((now, taken));
        });
        seen
    }

    #[test]
    fn each_instance_is_taken_as_often_as_the_catalogue_says_however_many_there_are() {
        for count in [1, 3, 30] {
            let seen = noticed(&[count]);
            let n = f64::from(count);
            let all = seen.iter().map(|(_, taken)| taken.len()).sum::<usize>() as f64;
            let expected = HAZARD * HOURS as f64 * n;
            // A Poisson number of shocks, each of which takes a binomial number.
            let shocks = HAZARD / SHARE * HOURS as f64;
            let deviation = (shocks * ((SHARE * n).powi(2) + SHARE * (1.0 - SHARE) * n)).sqrt();
            assert!((all - expected).abs() < 4.0 * deviation, "{count}: {all} of {expected}");
            for instance in 0..count as usize {
                let own = seen.iter().filter(|(_, taken)| taken.contains(&instance)).count() as f64;
                let expected = HAZARD * HOURS as f64;
                assert!((own - expected).abs() < 5.0 * expected.sqrt(), "{instance} of {count}: {own} of {expected}");
            }
        }
    }

    #[test]
    fn who_else_is_there_changes_neither_shortages_nor_fates() {
        let (few, many) = (noticed(&[3]), noticed(&[30]));
        assert!(few.len() > 1000);
        for (few, many) in few.iter().zip(&many) {
            let first: Vec<usize> = many.1.iter().copied().filter(|instance| *instance < 3).collect();
            assert_eq!(*few, (many.0, first));
        }
    }

    #[test]
    fn groups_of_one_type_and_zone_are_short_together() {
        let seen = noticed(&[2, 2]);
        assert!(seen.chunks(2).all(|both| both[0].0 == both[1].0), "each shock comes to both");
        let fates = |group: usize| seen.iter().skip(group).step_by(2).map(|(_, taken)| taken.len()).collect::<Vec<_>>();
        assert_ne!(fates(0), fates(1), "but takes whom it likes");
    }

    #[test]
    fn a_pool_that_was_short_before_the_start_still_is() {
        let market = SpotPool {
            shortage: SimDuration::from_hours(12),
            ..SpotPool::new(Provider::Aws, InterruptionRate::GCP_ASSUMED).with_reclaims(1.0, SHARE)
        };
        let set =
            |group: &mut crate::world::NodeGroup| (group.spot, group.machines[0].spot_market) = (true, Some(market));
        let mut shared = Small::new().group("spot", 1, set).shared();
        let mut cloud = Cloud::new(1);
        cloud.launch_initial_nodes(&mut shared);
        assert!(cloud.pool_is_short(at(0), Id::from_index(0)), "a dozen shortages overlap");
    }
}
