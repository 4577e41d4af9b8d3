//! The user's price book: what was negotiated, checked against the list prices that it changes.

mod check;
mod table;

use crate::market::{Catalog, Negotiated, PriceBook, Terms};
use crate::scenario::digest::Recorder;
use crate::scenario::documents::parse;
use crate::scenario::file::{FilePath, PriceRate, PriceTerms};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::lines::line_of;
use crate::scenario::sources::{Files as _, Sources};
use check::Check;
use std::path::Path;

/// Where the scenario is read, and what its prices are laid upon.
pub(super) struct Around<'a> {
    pub(super) files: &'a Recorder,
    pub(super) folder: &'a Path,
    pub(super) list: &'a dyn PriceBook,
    pub(super) region: &'a str,
}

/// The book that a scenario's `prices` make; nothing where they say nothing. What is wrong goes to `issues`.
pub(super) fn read<'a>(around: &Around<'a>, written: &PriceTerms, issues: &mut Issues) -> Option<Negotiated<'a>> {
    let mut parts = vec![Part { place: Wherein::Scenario, terms: written.clone(), rates: Vec::new() }];
    if let Some(path) = &written.file {
        parts.push(file_part(around, path, written, issues)?);
    }
    let mut terms = Terms { source: "the price book".to_owned(), ..Terms::default() };
    for part in &mut parts {
        let rates = std::mem::take(&mut part.terms.rates);
        part.rates.extend(rates.into_iter().enumerate().map(|(at, rate)| (At::Field(format!("rates[{at}]")), rate)));
        Check { around, part, terms: &mut terms, issues }.all();
    }
    let is_empty = terms.rates.is_empty() && terms.discounts.is_empty() && terms.discount == 0.0;
    (!is_empty).then(|| Negotiated::new(around.list, terms))
}

/// Rates that nothing in the scenario is paid by are a caveat: mostly a name or a region that is not the scenario's.
pub(super) fn warn_about_unused(book: &Negotiated<'_>, issues: &mut Issues) {
    const SHOWN: usize = 5;
    let named = |rate: &crate::market::NegotiatedRate| {
        let place = rate.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        format!("{}{}{place}", rate.name, if rate.spot { " (spot)" } else { "" })
    };
    let names: Vec<String> = book.unused().map(named).collect();
    if names.is_empty() {
        return;
    }
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = format!("nothing here is paid for by these rates: {shown}{more}");
    issues.push(Issue::warning("prices.rates", message));
}

/// The book that a file makes on top of the list prices, and what is to be said of it.
pub(in crate::scenario) fn read_file(
    sources: Sources,
    path: &Path,
    region: &str,
) -> Result<(Negotiated<'static>, Issues), Issues> {
    let files = Recorder::new(sources, Path::new(""));
    let around = Around { files: &files, folder: Path::new(""), list: Catalog::shipped(), region };
    let written = PriceTerms { file: Some(FilePath::new(path)), ..PriceTerms::default() };
    let mut issues = Issues::new();
    let list: &'static dyn PriceBook = Catalog::shipped();
    let terms = read(&around, &written, &mut issues).map(|book| book.terms);
    match terms {
        _ if issues.has_errors() => Err(issues),
        Some(terms) => Ok((Negotiated::new(list, terms), issues)),
        None => {
            let message = "found neither rates nor discounts".to_owned();
            Err(Issue::error("", message).in_file(path.display().to_string(), None).into())
        }
    }
}

/// One place where prices are written.
struct Part {
    place: Wherein,
    terms: PriceTerms,
    /// The rates, each with its place.
    rates: Vec<(At, PriceRate)>,
}

enum Wherein {
    /// Under `prices` in the scenario.
    Scenario,
    /// In a file of its own: its name and its text.
    File(String, String),
}

/// Where a rate stands.
enum At {
    Field(String),
    Line(u32),
}

impl Part {
    /// An issue about a field of a rate or, without one, of the whole.
    fn issue(&self, at: Option<&At>, field: &str, message: String) -> Issue {
        let path = match at {
            Some(At::Field(rate)) if field.is_empty() => rate.clone(),
            Some(At::Field(rate)) => format!("{rate}.{field}"),
            _ => field.to_owned(),
        };
        match (&self.place, at) {
            (Wherein::Scenario, _) => Issue::error(format!("prices.{path}"), message),
            (Wherein::File(name, _), Some(At::Line(line))) => Issue::error(path, message).in_file(name, Some(*line)),
            (Wherein::File(name, text), _) => {
                let line = line_of(text, &path);
                Issue::error(path, message).in_file(name, line)
            }
        }
    }

    /// Who made the prices.
    fn source(&self) -> String {
        self.terms.source.clone().unwrap_or_else(|| match &self.place {
            Wherein::Scenario => "the scenario's prices".to_owned(),
            Wherein::File(name, _) => name.clone(),
        })
    }
}

/// What the file says; what it leaves open about source, date and currency is as in the scenario.
fn file_part(around: &Around<'_>, path: &FilePath, outer: &PriceTerms, issues: &mut Issues) -> Option<Part> {
    let path = path.below(around.folder);
    let name = path.display().to_string();
    let text = match around.files.read(&path) {
        Ok(text) => text,
        Err(why) => {
            issues.push(Issue::error("prices.file", format!("the price file {why}")));
            return None;
        }
    };
    let mut rates = Vec::new();
    let mut terms = PriceTerms::default();
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
        let mut part = Issues::new();
        rates = table::rates(&text, &mut part);
        issues.absorb(part, |place| place.file = Some(name.clone()));
    } else {
        match parse::<PriceTerms>(&text) {
            Ok(read) => terms = read,
            Err(problem) => {
                issues.push(problem.at(&name, 1));
                return None;
            }
        }
    }
    if terms.file.is_some() {
        let message = "a price file names no other one".to_owned();
        issues.push(Issue::error("file", message).in_file(&name, line_of(&text, "file")));
    }
    let is_set = [
        terms.spot_history.is_some(),
        terms.spot_prices.is_some(),
        terms.spot_align.is_some(),
        terms.spot_process.is_some(),
    ];
    for (field, _) in
        ["spotHistory", "spotPrices", "spotAlign", "spotProcess"].iter().zip(is_set).filter(|(_, is_set)| *is_set)
    {
        let message = format!("`{field}` stands under `prices` in the scenario, not in a price file");
        issues.push(Issue::error(*field, message).in_file(&name, line_of(&text, field)));
    }
    if terms.currency.is_none() && terms.usd_per_unit.is_none() {
        (terms.currency, terms.usd_per_unit) = (outer.currency.clone(), outer.usd_per_unit);
    }
    terms.source = terms.source.or_else(|| outer.source.clone());
    terms.date = terms.date.or_else(|| outer.date.clone());
    Some(Part { place: Wherein::File(name, text.to_string()), terms, rates })
}
