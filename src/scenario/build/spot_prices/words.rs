//! What is said about spot prices: what was taken from where, what was not read, what does not change.

use super::recording::Recording;
use super::{Laid, Used};
use crate::market::{Catalog, SpotSpread};
use crate::scenario::build::scene::Scene;
use crate::scenario::file::SpotMode;
use crate::scenario::issue::{Issue, Issues};
use crate::units::counted;
use crate::world::{SpotMarket, SpotPrices};
use std::collections::BTreeSet;

/// The day of an hour since 1970, UTC.
pub(super) fn day(hour: i64) -> String {
    let at = jiff::Timestamp::from_second(hour * 3600).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// How prices of the simulated time are more than what was recorded; empty where they are not.
pub(super) fn how(laid: Laid, mode: SpotMode) -> String {
    let moved = (laid.later != 0).then(|| format!("laid {} days later", laid.later / 24));
    let rest = match (mode, laid.unknown() > 0) {
        (SpotMode::Constant, _) => Some("mean of the recording"),
        (_, false) => None,
        (SpotMode::Recorded, true) => Some("held beyond the recording"),
        (SpotMode::Fitted, true) => Some("drawn beyond the recording"),
    };
    [moved.as_deref(), rest].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What of a recording was not read.
pub(super) fn skipped(scene: &Scene<'_>, name: &str, recording: &Recording, issues: &mut Issues) {
    if !recording.skipped.is_empty() {
        let rows = recording.skipped.iter().map(|(what, count)| format!("{} {what}", counted(*count, "row")));
        let rows = rows.collect::<Vec<_>>().join(", ");
        let message = format!("{name}: not read are {rows}; wanted are Linux prices of {}", scene.region);
        issues.push(Issue::note("prices.spotHistory", message));
    }
    if recording.changes.is_empty() {
        let message = format!("{name} has no Linux price of {}: spot prices do not change", scene.region);
        issues.push(Issue::warning("prices.spotHistory", message));
    }
}

/// Zones that are used and were not recorded.
pub(super) fn zones(market: &SpotMarket, used: &BTreeSet<String>, issues: &mut Issues) {
    let missing: Vec<&str> =
        used.iter().filter(|zone| !market.zones.iter().any(|row| *row.zone == ***zone)).map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!(
            "no price of {} is recorded in {}: it is the mean of {}",
            market.instance_type,
            missing.join(", "),
            market.zones.iter().map(|row| &*row.zone).collect::<Vec<_>>().join(", ")
        );
        issues.push(Issue::warning("prices.spotHistory", message));
    }
}

/// How a recording is used.
pub(super) fn recorded(scene: &Scene<'_>, name: &str, (markets, laid): (&[SpotMarket], Laid), issues: &mut Issues) {
    let Some(first) = markets.first() else { return };
    let kinds: Vec<&str> = markets.iter().map(|market| market.instance_type.as_str()).collect();
    let [from, until] = [laid.first, laid.last].map(day);
    let mut said = vec![format!("spot prices of {} are those of {name}, {from} to {until}", kinds.join(", "))];
    if laid.later != 0 {
        let assumed = if scene.start.assumed { ", whose date is assumed" } else { "" };
        said.push(format!(
            "the recording is laid {} days later, to begin with the simulated time{assumed}, at its hours of the day",
            laid.later / 24
        ));
    }
    let (unknown, all) = (laid.unknown(), laid.end - laid.start);
    match (first.beyond, unknown > 0) {
        (crate::world::Beyond::Mean, _) => said.push("of each zone the mean, at all times".to_owned()),
        (crate::world::Beyond::Held, true) => {
            said.push(format!("in {unknown} of {all} hours, before it or after it, its first or last price is held"));
        }
        (crate::world::Beyond::Drawn, true) => {
            said.push(format!(
                "in {unknown} of {all} hours, before it or after it, prices are drawn: {}",
                fits(markets)
            ));
        }
        (_, false) => {}
    }
    issues.push(Issue::warning("prices.spotHistory", said.join("; ")));
}

/// What was fitted to each machine type.
fn fits(markets: &[SpotMarket]) -> String {
    let fit = |market: &SpotMarket| {
        let process = market.process.as_ref()?;
        let zones = market.zones.len().max(1);
        let spread = (0..market.zones.len()).map(|zone| process.spread(zone)).sum::<f64>() / zones as f64;
        Some(format!(
            "{} with a half-life of {:.1} h, a standard deviation of {:.1} %, a correlation of zones of {:.2}",
            market.instance_type,
            process.half_life_h(),
            spread * 100.0,
            process.common
        ))
    };
    markets.iter().filter_map(fit).collect::<Vec<_>>().join("; ")
}

/// Machine types whose spot price is one for all time, with what is known of the zones' differences.
pub(super) fn constant(scene: &Scene<'_>, used: &Used, markets: &SpotPrices, issues: &mut Issues) {
    let rest: Vec<_> = used.iter().filter(|(kind, _)| markets.of(kind).is_none()).collect();
    if rest.is_empty() {
        return;
    }
    let dates: BTreeSet<&str> = rest.iter().map(|(_, row)| &*row.origin.date).collect();
    let spread = |(kind, _): &(&String, _)| {
        let SpotSpread { zones, min, max } = Catalog::shipped().spot_spread(kind, scene.region)?;
        Some(format!("{kind} cost {min} to {max} in {zones} zones at one time"))
    };
    let spreads: Vec<String> = rest.iter().filter_map(spread).collect();
    let spreads = if spreads.is_empty() { String::new() } else { format!("; {}", spreads.join(", ")) };
    let message = format!(
        "spot prices are those of {}, in all zones and at all times; the market's change{spreads}",
        dates.into_iter().collect::<Vec<_>>().join(", ")
    );
    issues.push(Issue::warning("prices", message).with_help("prices.spotHistory takes a recording of them"));
}
