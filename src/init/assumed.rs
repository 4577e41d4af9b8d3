//! What a written scenario assumes: each with why, and the field that says it better.

/// An assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// What is taken to be so.
    pub what: String,
    /// Why: what is not known, and what it was taken from.
    pub why: String,
    /// The field, option or file that says it instead.
    pub say_it_in: String,
}

impl Assumed {
    pub(super) fn new(what: impl Into<String>, why: impl Into<String>, say_it_in: impl Into<String>) -> Self {
        Assumed { what: what.into(), why: why.into(), say_it_in: say_it_in.into() }
    }
}

/// The first names of a list, and how many more there are.
pub(super) fn some(names: &[String]) -> String {
    const MOST: usize = 3;
    match names.len().saturating_sub(MOST) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

/// Them all as a table with bars between its columns, a line each.
pub fn table(assumed: &[Assumed]) -> Vec<String> {
    let head = ["ASSUMED", "WHY", "SAY IT IN"].map(str::to_owned);
    let rows: Vec<[String; 3]> = std::iter::once(head)
        .chain(assumed.iter().map(|one| [one.what.clone(), one.why.clone(), one.say_it_in.clone()]))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    rows.iter().map(|[what, why, field]| format!("{what:<first$} | {why:<second$} | {field}")).collect()
}
