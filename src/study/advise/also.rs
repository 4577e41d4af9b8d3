//! What would also save: settings that nobody asked to move, each tried on top of the recommended one.

use super::answer::{Also, KnobKind, Owner};
use super::explain::{difference, mean};
use super::judge::Judge;
use super::knob::Knob;
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;
use crate::market::{Catalog, PriceBook};
use crate::scenario::Scenario;
use crate::scenario::aliases::targets;
use crate::scenario::wanted::{KnobKind as Kind, Wanted, WantedKnob};
use crate::world::Machine;
use serde_json::{Value, json};

/// Other machine types that are tried for a group.
const MACHINES: usize = 2;
/// A saving of less than this share of the cost is not worth a line.
const WORTH: f64 = 0.002;

/// Knobs beside minimums, maximums and targets, as far as the scenario has them: the present value, then others. The search moves those
/// that are wanted.
pub(super) fn others(base: &Scenario, wanted: &Wanted) -> Vec<Knob> {
    let mut all = Vec::new();
    if let Some(flags) = &base.cast.autoscaler {
        let seconds = flags.scale_down_unneeded_time.as_secs_f64();
        let time = |share: f64| json!(format!("{}s", (seconds * share).round()));
        let unneeded = ("autoscaler.--scale-down-unneeded-time", Owner::Autoscaler);
        all.extend(knob(base, Kind::UnneededTime, unneeded, (time(1.0), vec![time(0.5), time(0.2)])));
        let now = flags.scale_down_utilization_threshold;
        let higher = [0.6, 0.7].into_iter().filter(|other| *other > now).map(|other| json!(other)).collect();
        let threshold = ("autoscaler.--scale-down-utilization-threshold", Owner::Autoscaler);
        all.extend(knob(base, Kind::UtilizationThreshold, threshold, (json!(now), higher)));
        let expanders = ["least-waste", "random"].map(|name| json!(name)).to_vec();
        all.extend(knob(
            base,
            Kind::Expander,
            ("autoscaler.--expander", Owner::Autoscaler),
            (json!("as it is"), expanders),
        ));
        let shares = vec![json!(0.3), json!(0.6)];
        all.extend(knob(base, Kind::SpotShare, ("spot.share", Owner::Scenario), (json!(0), shares)));
    }
    for group in base.cast.groups.values().filter(|group| group.autoscaled) {
        let types =
            |machines: &[Machine]| json!(machines.iter().map(|row| row.instance_type.as_str()).collect::<Vec<&str>>());
        let path = format!("nodeGroups.{}.instanceTypes", group.name);
        let fits = group.machines.first().map(|machine| alike(machine, &base.region)).unwrap_or_default();
        let fits = fits.into_iter().map(|name| json!([name])).collect();
        let place = (path.as_str(), Owner::Group(group.name.clone()));
        all.extend(knob(base, Kind::InstanceTypes, place, (types(&group.machines), fits)));
    }
    for (kind, knob) in &mut all {
        knob.moves = wanted.knobs.contains(&WantedKnob::Kind(*kind));
    }
    all.into_iter().map(|(_, knob)| knob).collect()
}

fn knob(
    base: &Scenario,
    kind: Kind,
    (path, owner): (&str, Owner),
    (now, others): (Value, Vec<Value>),
) -> Option<(Kind, Knob)> {
    let targets = targets(path, base).ok()?;
    let others = others.into_iter().filter(|other| *other != now);
    let levels: Vec<Value> = [now.clone()].into_iter().chain(others).collect();
    let name = path.trim_start_matches("nodeGroups.").trim_start_matches("autoscaler.").to_owned();
    let knob = Knob {
        name,
        kind: KnobKind::Other,
        moves: false,
        owner,
        of: None,
        targets,
        first_size: None,
        levels,
        current: 0,
    };
    (knob.levels.len() > 1).then_some((kind, knob))
}

/// The cheapest other types of as many vCPUs (none that earn credits, unless it does itself) and as much memory at least, and no more than twice, on the same architecture.
fn alike(machine: &Machine, region: &str) -> Vec<&'static str> {
    let catalog = Catalog::shipped();
    let Ok(own) = catalog.instance_type(&machine.instance_type) else { return Vec::new() };
    let fits = catalog.instance_types().filter_map(|name| {
        let other = catalog.instance_type(name).ok()?;
        let price = catalog.offering(name, region).ok()?.on_demand.list;
        let between = |value: i64, least: i64| value >= least && value <= 2 * least;
        let is_alike = name != machine.instance_type
            && other.provider == own.provider
            && other.architecture == own.architecture
            && between(other.cpu_milli, own.cpu_milli)
            && between(other.memory_bytes, own.memory_bytes)
            && other.gpus == own.gpus
            && (is_burstable(own.name) || !is_burstable(name));
        (is_alike && price < machine.list_price).then_some((price, name))
    });
    let mut fits: Vec<_> = fits.collect();
    fits.sort();
    fits.into_iter().take(MACHINES).map(|(_, name)| name).collect()
}

/// Types whose cpu lasts as long as their credits do, or is a share of a core.
fn is_burstable(name: &str) -> bool {
    let family = name.split('.').next().unwrap_or_default();
    (family.starts_with('t') && name.contains('.')) || ["e2-micro", "e2-small", "e2-medium"].contains(&name)
}

/// The best value of each of these knobs on top of a setting, where it saves and keeps what is to be kept.
pub(super) fn also(lab: &Lab<'_>, judge: &Judge, (as_is, point): (&Point, &Point), periods: &[Period]) -> Vec<Also> {
    let rows = lab.knobs.iter().enumerate().filter(|(_, knob)| !knob.moves);
    let points: Vec<(usize, Point)> = rows
        .flat_map(|(at, knob)| {
            (0..knob.levels.len()).filter(|level| *level != knob.current).map(move |level| (at, level))
        })
        .map(|(at, level)| (at, point.with(at, level)))
        .collect();
    lab.simulate(&points.iter().map(|(_, point)| point.clone()).collect::<Vec<Point>>(), periods);
    let outcomes = |point: &Point| lab.outcomes(point, periods);
    let (Some(base), Some(now)) = (outcomes(point), outcomes(as_is)) else { return Vec::new() };
    let mut found: Vec<(usize, Also)> = Vec::new();
    for (at, other) in points {
        let Some(own) = outcomes(&other) else { continue };
        let knob = &lab.knobs[at];
        let effect = difference(&mean(&own), &mean(&base));
        let saves = effect.usd_per_month < -WORTH * mean(&base).usd_per_month;
        let best = found.iter().position(|(known, _)| *known == at);
        let is_best = best.is_none_or(|best| effect.usd_per_month < found[best].1.effect.usd_per_month);
        if !saves || !is_best || !judge.judge(&own, &now).keeps() {
            continue;
        }
        let also = Also {
            name: knob.name.clone(),
            sets: knob.targets.iter().map(|target| target.set() + &knob.text(other.level(at))).collect(),
            current: knob.text(knob.current),
            value: knob.text(other.level(at)),
            effect,
            replications: periods.len() as u32,
            keeps: true,
        };
        match best {
            Some(best) => found[best].1 = also,
            None => found.push((at, also)),
        }
    }
    found.sort_by(|a, b| a.1.effect.usd_per_month.total_cmp(&b.1.effect.usd_per_month));
    found.into_iter().map(|(_, also)| also).collect()
}
