//! What spot capacity costs in time and by zone: as it was recorded, as a process draws it, or always the same.

mod recording;
mod words;

use super::scene::Scene;
use crate::market::{Catalog, HourlyPrices, Origin, PriceProcess};
use crate::scenario::file::{FilePath, SpotAlign, SpotMode, SpotProcess};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::sources::Files as _;
use crate::units::PricePerHour;
use crate::world::{Beyond, Cast, SpotMarket, SpotPrices, SpotZone};
use recording::{Recording, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// A machine type that is used on spot.
#[derive(Debug)]
struct Use {
    zones: BTreeSet<String>,
    /// As the price list has it.
    price: PricePerHour,
    origin: Origin,
}

/// By machine type.
type Used = BTreeMap<String, Use>;

/// The markets of the cast's spot groups whose prices change. What is wrong, and what is assumed, goes to `issues`.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &Cast, issues: &mut Issues) -> SpotPrices {
    let prices = &scene.file.prices.0;
    let used = used(converter, cast);
    let markets = match (&prices.spot_history, prices.spot_prices, &prices.spot_process) {
        (Some(_), _, Some(_)) => {
            let message = "found beside spotHistory, expected one of the two: a process is fitted to the recording";
            issues.push(Issue::error("prices.spotProcess", message));
            Vec::new()
        }
        (Some(path), mode, None) => {
            let mode = mode.unwrap_or(SpotMode::Recorded);
            recorded(scene, (path, mode), &used, issues)
        }
        (None, Some(SpotMode::Fitted), Some(process)) => given(scene, &used, process, issues),
        (None, _, Some(_)) => {
            let help = "add `spotPrices: fitted`";
            issues.push(Issue::error("prices.spotProcess", "found a process, and nothing asks for it").with_help(help));
            Vec::new()
        }
        (None, Some(SpotMode::Recorded | SpotMode::Fitted), None) => {
            let message = "found no recording, expected `spotHistory`, or for fitted prices `spotProcess`";
            issues.push(Issue::error("prices.spotPrices", message));
            Vec::new()
        }
        (None, Some(SpotMode::Constant) | None, None) => Vec::new(),
    };
    if prices.spot_align.is_some() && prices.spot_history.is_none() {
        issues.push(Issue::error("prices.spotAlign", "found no recording to be laid: expected `spotHistory`"));
    }
    let markets = SpotPrices::new(markets);
    words::constant(scene, &used, &markets, issues);
    markets
}

fn used(converter: &mut Converter<'_>, cast: &Cast) -> Used {
    let mut used = Used::new();
    for group in cast.groups.values().filter(|group| group.spot) {
        for machine in &group.machines {
            let row = used.entry(machine.instance_type.clone()).or_insert_with(|| Use {
                zones: BTreeSet::new(),
                price: machine.price,
                origin: machine.origin.clone(),
            });
            let symbols = &converter.cluster().symbols;
            row.zones.extend(group.zones.iter().map(|zone| symbols.text(*zone).to_owned()));
        }
    }
    used
}

/// The markets of a recording.
fn recorded(
    scene: &Scene<'_>,
    (path, mode): (&FilePath, SpotMode),
    used: &Used,
    issues: &mut Issues,
) -> Vec<SpotMarket> {
    let path = path.below(scene.folder);
    let name = path.display().to_string();
    let text = match scene.files.read(&path) {
        Ok(text) => text,
        Err(why) => {
            issues.push(Issue::error("prices.spotHistory", format!("the recording {why}")));
            return Vec::new();
        }
    };
    let mut part = Issues::new();
    let wanted = Wanted { region: scene.region, provider: scene.provider };
    let recording = recording::read(&text, &wanted, &mut part);
    let is_wrong = part.has_errors();
    issues.absorb(part, |place| place.file = Some(name.clone()));
    if is_wrong {
        return Vec::new();
    }
    words::skipped(scene, &name, &recording, issues);
    let laid = Laid::of(scene, &recording);
    let Some(laid) = laid else { return Vec::new() };
    let mut markets = Vec::new();
    for (kind, row) in used {
        if is_negotiated(scene, kind) {
            let message = format!("{kind} has a negotiated spot price: its recorded prices are not used");
            issues.push(Issue::warning("prices.spotHistory", message));
            continue;
        }
        if let Some(market) = market(&Source { name: &name, recording: &recording, laid, mode }, kind, issues) {
            words::zones(&market, &row.zones, issues);
            markets.push(market);
        } else {
            let message = format!("{name} has no price of {kind} in {}: its spot price does not change", scene.region);
            issues.push(Issue::warning("prices.spotHistory", message));
        }
    }
    words::recorded(scene, &name, (&markets, laid), issues);
    markets
}

/// Whether the spot price is the user's own, and not the market's.
fn is_negotiated(scene: &Scene<'_>, kind: &str) -> bool {
    let origin =
        |book: &dyn crate::market::PriceBook| book.offering(kind, scene.region).ok()?.spot.map(|rate| rate.origin);
    origin(scene.prices) != origin(Catalog::shipped())
}

/// How a recording lies over the simulated time, in hours since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Laid {
    /// Its first and last hour.
    first: i64,
    last: i64,
    /// How many hours later the simulated time is.
    later: i64,
    /// Of the simulated time: its first hour, and the one after its last.
    start: i64,
    end: i64,
}

impl Laid {
    fn of(scene: &Scene<'_>, recording: &Recording) -> Option<Laid> {
        let first_ms = recording.changes.values().filter_map(|changes| changes.first()).map(|first| first.0).min()?;
        let [first, last] = [first_ms, recording.last_ms].map(|at| at.div_euclid(3_600_000));
        let start = scene.start.at.as_second().div_euclid(3600);
        let end = (scene.start.at.as_second() + scene.span.as_secs() + 3599).div_euclid(3600);
        let overlaps = first < end && last >= start;
        let at_start = match scene.file.prices.0.spot_align {
            Some(align) => align == SpotAlign::Start,
            None => !overlaps,
        };
        let later = if at_start { (start - first).div_euclid(24) * 24 } else { 0 };
        Some(Laid { first, last, later, start, end })
    }
    /// How many hours of the simulated time it does not know.
    fn unknown(&self) -> i64 {
        let (from, until) = (self.start.max(self.first + self.later), self.end.min(self.last + self.later + 1));
        (self.end - self.start) - (until - from).max(0)
    }
}

struct Source<'a> {
    name: &'a str,
    recording: &'a Recording,
    laid: Laid,
    mode: SpotMode,
}

/// The market of a machine type; none if nobody recorded it.
fn market(source: &Source<'_>, kind: &str, issues: &mut Issues) -> Option<SpotMarket> {
    let Source { name, recording, laid, mode } = source;
    let rows = recording.changes.iter().filter(|((of, _), _)| of == kind);
    let zones: Vec<SpotZone> = rows
        .map(|((_, zone), changes)| {
            let known = HourlyPrices::of_changes(changes, recording.last_ms + 1);
            SpotZone { zone: zone.as_str().into(), mean: known.mean(), known }
        })
        .collect();
    if zones.is_empty() {
        return None;
    }
    let process = match mode {
        SpotMode::Fitted => PriceProcess::fit(&zones.iter().map(|zone| &zone.known).collect::<Vec<_>>()),
        _ => None,
    };
    if *mode == SpotMode::Fitted && process.is_none() {
        let message = format!("{name} has less than two days of {kind}: no process can be fitted to that");
        issues.push(Issue::error("prices.spotPrices", message));
    }
    let [from, until] = [laid.first, laid.last].map(words::day);
    let origin = Origin::listed(format!("spot prices recorded in {name}"), format!("{from} to {until}"));
    let how = words::how(*laid, *mode);
    Some(SpotMarket {
        instance_type: kind.to_owned(),
        zones,
        later: laid.later,
        beyond: match mode {
            SpotMode::Recorded => Beyond::Held,
            SpotMode::Fitted => Beyond::Drawn,
            SpotMode::Constant => Beyond::Mean,
        },
        process,
        origin: if how.is_empty() { origin } else { origin.estimated(how) },
    })
}

/// Markets without a recording, whose mean is the price list's.
fn given(scene: &Scene<'_>, used: &Used, written: &SpotProcess, issues: &mut Issues) -> Vec<SpotMarket> {
    let mut refuse =
        |field: &str, message: String| issues.push(Issue::error(format!("prices.spotProcess.{field}"), message));
    let half_life = written.half_life.map_or(0.0, |time| time.0.as_secs_f64() / 3600.0);
    let (daily, common) = (written.daily_sd.unwrap_or(-1.0), written.zone_correlation.unwrap_or(0.0));
    let checks = [
        ("halfLife", (0.1..=10_000.0).contains(&half_life), "a time from 6m to 10000h".to_owned()),
        (
            "dailySd",
            (0.0..=1.0).contains(&daily),
            "0 to 1: the standard deviation of a day's change, 0.05 for 5 %".to_owned(),
        ),
        ("zoneCorrelation", (0.0..=1.0).contains(&common), "0 to 1".to_owned()),
    ];
    let wrong: Vec<_> = checks.into_iter().filter(|(_, is_right, _)| !is_right).collect();
    for (field, _, expected) in &wrong {
        refuse(field, format!("expected {expected}"));
    }
    if !wrong.is_empty() {
        return Vec::new();
    }
    let market = |(kind, row): (&String, &Use)| {
        let mean = row.price.nano_usd();
        let names: Vec<&str> = match row.zones.is_empty() {
            true => vec![scene.region],
            false => row.zones.iter().map(String::as_str).collect(),
        };
        let zone = |zone: &&str| SpotZone { zone: (*zone).into(), known: HourlyPrices::default(), mean };
        SpotMarket {
            instance_type: kind.clone(),
            zones: names.iter().map(zone).collect(),
            later: 0,
            beyond: Beyond::Drawn,
            process: Some(PriceProcess::given(&vec![mean; names.len()], half_life, daily, common)),
            origin: row.origin.clone().estimated("drawn around it, as spotProcess says"),
        }
    };
    used.iter().map(market).collect()
}
