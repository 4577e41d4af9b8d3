//! The answer as a table for a terminal, JSON, CSV.

use super::{Row, Section};
use crate::market::SpotSpread;
use crate::report::csv::{finish, number, record};
use crate::report::screen;
use crate::units::finite;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A table for each part that has rows, and under them where the prices are from.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let negotiated = rows.iter().any(|row| row.tiers.iter().any(|(_, list, net)| list != net));
    for section in [Section::Types, Section::Items, Section::Managed, Section::Regions] {
        let part: Vec<&Row> = rows.iter().filter(|row| row.section == section).collect();
        if part.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        let price = if negotiated { ["LIST", "PRICE"].as_slice() } else { ["PRICE"].as_slice() };
        let gpus = part.iter().any(|row| row.machine.as_ref().is_some_and(|machine| machine.gpus > 0));
        let accelerators = if gpus { ["GPU"].as_slice() } else { &[] };
        let heads: Vec<&str> = match section {
            Section::Types => {
                [&["NAME", "REGION", "VCPU", "GIB", "ARCH"], accelerators, price, &["SPOT", "TAKEN/MO"]].concat()
            }
            Section::Regions => vec!["NAME", "PROVIDER"],
            _ => [&["NAME", "REGION", "UNIT"], price, &["ABOVE"]].concat(),
        };
        let mut table = screen::table(&heads);
        let mut cells: Vec<Vec<String>> = part.into_iter().flat_map(|row| lines(row, negotiated, gpus)).collect();
        let is_tight = fit(&heads, &mut cells);
        table.add_rows(cells);
        if is_tight {
            table.column_iter_mut().for_each(|column| {
                column.set_padding((1, 0));
            });
        }
        for line in table.to_string().lines() {
            let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(line).trim_end());
        }
    }
    text + &sources(rows) + &zones(rows)
}

/// Makes lines of which none is wider than the smallest terminal: names that are too long for it go on below themselves. Whether
/// columns have to stand closer together as well.
fn fit(heads: &[&str], lines: &mut [Vec<String>]) -> bool {
    let width = |text: &str| text.chars().count();
    let widest = |at: usize| lines.iter().map(|cells| width(&cells[at])).chain([width(heads[at])]).max().unwrap_or(0);
    let others: usize = (1..heads.len()).map(|at| widest(at) + GAP).sum();
    let most = screen::WIDTH.saturating_sub(others).max(LEAST_NAME);
    let is_tight = widest(0).min(most) + others > screen::WIDTH;
    for cells in lines {
        cells[0] = broken(&cells[0], most);
    }
    is_tight
}

/// Between columns.
const GAP: usize = 2;
/// Names are not broken below this.
const LEAST_NAME: usize = 24;

/// A name in lines of at most so many characters, broken behind `_`, `/`, `.` or `-` where that is possible.
fn broken(name: &str, most: usize) -> String {
    let (mut text, mut rest) = (String::new(), name);
    while rest.chars().count() > most {
        let fits = rest.char_indices().nth(most).map_or(rest.len(), |(end, _)| end);
        let cut = rest[..fits].rfind(['_', '/', '.', '-']).map_or(fits, |at| at + 1);
        let (line, more) = rest.split_at(cut);
        text += line;
        text.push('\n');
        rest = more;
    }
    text + rest
}

/// The lines of a row: one, or one for each tier.
fn lines(row: &Row, negotiated: bool, gpus: bool) -> Vec<Vec<String>> {
    let mark = if row.origin.as_ref().is_some_and(|origin| origin.estimated.is_some()) { "~" } else { "" };
    let prices = |(list, net): (f64, f64)| {
        let figure = |usd: f64| format!("{mark}{}", usd_text(usd));
        if negotiated { vec![figure(list), figure(net)] } else { vec![figure(net)] }
    };
    if row.section == Section::Regions {
        return vec![vec![row.name.clone(), row.service.to_owned()]];
    }
    if let (Some(machine), [(_, list, net)]) = (&row.machine, row.tiers.as_slice()) {
        let mut cells = vec![row.name.clone(), row.region.clone(), number(machine.vcpu), gib(machine.memory_gib)];
        cells.push(machine.architecture.to_owned());
        if gpus {
            cells.push(if machine.gpus > 0 { machine.gpus.to_string() } else { String::new() });
        }
        cells.extend(prices((*list, *net)));
        cells.push(machine.spot.as_ref().map(|(usd, _)| usd_text(*usd)).unwrap_or_default());
        let taken_back = machine.interrupted.and_then(|label| label.strip_suffix(" a month"));
        cells.push(taken_back.unwrap_or_default().to_owned());
        return vec![cells];
    }
    let line = |(at, (above, list, net)): (usize, &(u64, f64, f64))| {
        let first = |text: &str| if at == 0 { text.to_owned() } else { String::new() };
        let mut cells = vec![first(&row.name), first(&row.region), first(row.unit)];
        cells.extend(prices((*list, *net)));
        cells.push(if *above > 0 { above.to_string() } else { String::new() });
        cells
    };
    row.tiers.iter().enumerate().map(line).collect()
}

/// At most two decimals.
fn gib(size: f64) -> String {
    number((size * 100.0).round() / 100.0)
}

/// Six significant digits.
fn usd_text(usd: f64) -> String {
    let decimals = if usd >= 1.0 { 4 } else { 6 };
    let text = format!("{:.decimals$}", finite(usd));
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "0" && usd > 0.0 { format!("{usd:e}") } else { short.to_owned() }
}

/// Where the prices are from, each source once.
fn sources(rows: &[Row]) -> String {
    let mut said: BTreeMap<String, ()> = BTreeMap::new();
    let spot = rows.iter().filter_map(|row| row.machine.as_ref()?.spot.as_ref().map(|(_, origin)| origin));
    for origin in rows.iter().filter_map(|row| row.origin.as_ref()).chain(spot) {
        let how = origin.estimated.as_ref().map(|how| format!("; ~ estimated: {how}")).unwrap_or_default();
        said.insert(format!("{}, {}{how}", origin.source, origin.date), ());
    }
    let mut text = String::new();
    if !said.is_empty() {
        let _ = writeln!(text, "\nUSD per unit. Sources:");
        said.keys().for_each(|source| screen::wrapped(&mut text, "  ", source));
    }
    text
}

/// More of them nobody reads below a table.
const MOST_SPREADS: usize = 8;

/// How spot prices differ between zones, where that is known.
fn zones(rows: &[Row]) -> String {
    let spread = |row: &Row| {
        let SpotSpread { zones, min, max } = row.machine.as_ref()?.spread?;
        let [min, max] = [min, max].map(usd_text);
        Some(format!("{} in {}: {min} to {max} over {zones} zones", row.name, row.region))
    };
    let spreads: Vec<String> = rows.iter().filter_map(spread).collect();
    let mut text = String::new();
    match spreads.len() {
        0 => {}
        1..=MOST_SPREADS => {
            let _ = writeln!(text, "\nSpot prices by zone, at another time:");
            spreads.iter().for_each(|spread| screen::wrapped(&mut text, "  ", spread));
        }
        count => {
            let _ = writeln!(text, "\nOf {count} rows it is known how spot prices differ by zone: -o csv, -o json.");
        }
    }
    text
}

/// One record per row and tier, with everything that is known.
pub fn csv(rows: &[Row]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let heads = [
        "kind",
        "name",
        "region",
        "service",
        "vcpu",
        "memory_gib",
        "architecture",
        "gpus",
        "unit",
        "above",
        "list_usd",
        "net_usd",
        "spot_usd",
        "spot_zones_min_usd",
        "spot_zones_max_usd",
        "interrupted",
        "source",
        "date",
        "estimated",
    ];
    record(&mut writer, heads.map(str::to_owned));
    for row in rows {
        let machine = row.machine.as_ref();
        let spread = |end: fn(&SpotSpread) -> f64| {
            machine.and_then(|machine| machine.spread.as_ref()).map(|spread| exact(end(spread))).unwrap_or_default()
        };
        let tiers = if row.tiers.is_empty() { vec![None] } else { row.tiers.iter().map(Some).collect() };
        for tier in tiers {
            let price = |pick: fn(&(u64, f64, f64)) -> f64| tier.map(|tier| exact(pick(tier))).unwrap_or_default();
            let origin = |pick: fn(&crate::market::Origin) -> String| row.origin.as_ref().map(pick).unwrap_or_default();
            record(
                &mut writer,
                [
                    kind(row.section).to_owned(),
                    row.name.clone(),
                    row.region.clone(),
                    row.service.to_owned(),
                    machine.map(|machine| number(machine.vcpu)).unwrap_or_default(),
                    machine.map(|machine| number(machine.memory_gib)).unwrap_or_default(),
                    machine.map(|machine| machine.architecture.to_owned()).unwrap_or_default(),
                    machine.map(|machine| machine.gpus.to_string()).unwrap_or_default(),
                    row.unit.to_owned(),
                    price(|tier| tier.0 as f64),
                    price(|tier| tier.1),
                    price(|tier| tier.2),
                    machine.and_then(|machine| machine.spot.as_ref()).map(|(usd, _)| exact(*usd)).unwrap_or_default(),
                    spread(|spread| spread.min),
                    spread(|spread| spread.max),
                    machine.and_then(|machine| machine.interrupted).unwrap_or_default().to_owned(),
                    origin(|origin| origin.source.clone().into_owned()),
                    origin(|origin| origin.date.clone().into_owned()),
                    origin(|origin| origin.estimated.clone().unwrap_or_default().into_owned()),
                ],
            );
        }
    }
    finish(writer)
}

fn exact(usd: f64) -> String {
    format!("{:.9}", finite(usd)).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A list of objects with everything that is known.
pub fn json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let origin = |origin: &crate::market::Origin| serde_json::json!({ "source": origin.source, "date": origin.date, "estimated": origin.estimated });
        let tier = |(above, list, net): &(u64, f64, f64)| serde_json::json!({ "above": above, "listUsd": list, "netUsd": net });
        let machine = row.machine.as_ref().map(|machine| {
            serde_json::json!({
                "vcpu": machine.vcpu, "memoryGib": machine.memory_gib, "architecture": machine.architecture,
                "gpus": machine.gpus, "spotUsd": machine.spot.as_ref().map(|(usd, _)| usd),
                "spotByZone": machine.spread.map(|spread| serde_json::json!({ "zones": spread.zones, "minUsd": spread.min, "maxUsd": spread.max })),
                "spotPrice": machine.spot.as_ref().map(|(_, from)| origin(from)), "interrupted": machine.interrupted,
            })
        });
        serde_json::json!({
            "kind": kind(row.section), "name": row.name, "region": row.region, "service": row.service,
            "machine": machine, "unit": row.unit, "tiers": row.tiers.iter().map(tier).collect::<Vec<_>>(),
            "price": row.origin.as_ref().map(origin),
        })
    };
    let rows: Vec<serde_json::Value> = rows.iter().map(row).collect();
    serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n"
}

fn kind(section: Section) -> &'static str {
    match section {
        Section::Types => "type",
        Section::Items => "item",
        Section::Managed => "managed",
        Section::Regions => "region",
    }
}
