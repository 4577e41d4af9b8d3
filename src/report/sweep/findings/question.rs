//! Which figures a front is of.

use crate::report::Unit;
use crate::report::figures::Scope;
use crate::report::metrics::{METRICS, Metric, metric_of};
use crate::scenario::issue::{Issue, did_you_mean};
use crate::study::Better;

/// The two figures that a front weighs against each other, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontOf(pub [String; 2]);

impl Default for FrontOf {
    fn default() -> Self {
        FrontOf(["costUsdPerMonth", "latencyMsP95"].map(str::to_owned))
    }
}

impl FrontOf {
    /// `costUsdPerMonth,latencyMsP95{route:/checkout}`
    ///
    /// Errors: not two figures, or not of those that there are.
    pub fn parse(text: &str) -> Result<FrontOf, Issue> {
        let keys = pieces(text);
        let Ok([one, other]) = <[String; 2]>::try_from(keys) else {
            let issue = Issue::error("--front", format!("found `{text}`, expected two figures"));
            return Err(issue.with_help("write two keys with a comma between them: costUsdPerMonth,latencyMsP95"));
        };
        for key in [&one, &other] {
            if metric_of(key).is_none() {
                return Err(unknown(key));
            }
        }
        if one == other {
            return Err(Issue::error("--front", format!("`{one}` is there twice")).with_help("name two figures"));
        }
        Ok(FrontOf([one, other]))
    }
}

impl FrontOf {
    /// Whether a study has these figures that keeps those of everything and `by` of these.
    ///
    /// Errors: it has not, and which flag would keep them.
    pub fn is_kept(&self, by: &[Scope]) -> Result<(), Issue> {
        for key in &self.0 {
            let part = metric_of(key).map_or("", |(_, part)| part);
            let tag = part.split(':').next().unwrap_or_default();
            if !tag.is_empty() && !by.iter().any(|scope| scope.tag() == Some(tag)) {
                let issue = Issue::error("--front", format!("the study does not keep `{key}`"));
                return Err(issue.with_help(format!("add --by {tag} to keep the figures of each {tag}")));
            }
        }
        Ok(())
    }
}

/// Commas in braces belong to a name.
fn pieces(text: &str) -> Vec<String> {
    let (mut depth, mut pieces) = (0, vec![String::new()]);
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces.iter().map(|piece| piece.trim().to_owned()).collect()
}

fn unknown(key: &str) -> Issue {
    let of_all = || METRICS.iter().filter(|metric| !metric.of_all.is_empty()).map(|metric| metric.name);
    let issue = Issue::error("--front", format!("there is no figure `{key}`"));
    let names = of_all().collect::<Vec<_>>().join(", ");
    let help = match did_you_mean(key, of_all()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {names}, and those of parts, such as latencyMsP95{{route:NAME}}"),
    };
    issue.with_help(help)
}

/// A figure as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFigure {
    /// Its key.
    pub key: String,
    /// For people.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Better,
}

impl NamedFigure {
    pub(super) fn of(key: &str) -> Self {
        let found = metric_of(key);
        let label = match found {
            Some((Metric { of_all, .. }, "")) => (*of_all).to_owned(),
            Some((Metric { of_part, .. }, part)) => {
                let (tag, name) = part.split_once(':').unwrap_or(("", part));
                format!("{of_part} of {tag} {name}")
            }
            None => key.to_owned(),
        };
        let (unit, better) = found.map_or((Unit::Count, Better::Neither), |(metric, _)| (metric.unit, metric.better));
        NamedFigure { key: key.to_owned(), label, unit, better }
    }

    /// What to multiply it with, so that less is better. Of a figure with no better side less is taken for better.
    pub(super) fn sign(&self) -> f64 {
        if self.better == Better::Higher { -1.0 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_figures_are_asked_for() {
        let parsed = FrontOf::parse("costUsdPerMonth, latencyMsP95{route:/a,b}").expect("two figures");
        assert_eq!(parsed.0, ["costUsdPerMonth", "latencyMsP95{route:/a,b}"]);
        assert_eq!(FrontOf::default(), FrontOf::parse("costUsdPerMonth,latencyMsP95").expect("the default"));
        let refused = |text: &str| FrontOf::parse(text).expect_err(text).to_string();
        assert!(refused("costUsdPerMonth").contains("expected two figures"));
        assert!(refused("costUsdPerMonth,evictions,breachRatio").contains("expected two figures"));
        assert!(refused("costUsdPerMonth,latencyMs95").contains("did you mean `latencyMsP95`"));
        assert!(refused("costUsdPerMonth,quux").contains("there are costUsdPerMonth"));
        assert!(refused("evictions,evictions").contains("twice"));
        let missing = parsed.is_kept(&[Scope::Hpa]).expect_err("no routes").to_string();
        assert!(missing.contains("add --by route") && parsed.is_kept(&[Scope::Route]).is_ok(), "{missing}");
    }
}
