//! Two sides and the thresholds, judged at one look.

use super::baseline::rounded;
use super::margins::Margins;
use super::model::{FigureChange, FigureVerdict, ThresholdOutcome, ThresholdResult};
use super::thresholds::Threshold;
use crate::report::figures::{Figure, Scope};
use crate::study::{Better, Estimate, Pair, PairVerdict, holm};
use std::collections::HashMap;

/// The baseline's values by figure, and whether they were rounded when they were kept.
#[derive(Default)]
pub(super) struct Values {
    pub(super) by_figure: HashMap<String, Vec<f64>>,
    pub(super) are_rounded: bool,
}

/// What is judged.
pub(super) struct Look<'a> {
    /// The present figures.
    pub(super) figures: &'a [Figure<'a>],
    /// The baseline's, for as many replications or more; none without a baseline.
    pub(super) base: Option<&'a Values>,
    pub(super) thresholds: &'a [Threshold],
    pub(super) margins: &'a Margins,
    /// The chance of a false alarm that this look may take.
    pub(super) alpha: f64,
}

/// What a look says.
pub(super) struct Judged {
    pub(super) changes: Vec<FigureChange>,
    pub(super) thresholds: Vec<ThresholdResult>,
}

impl Judged {
    /// Something got worse or a threshold is crossed: more replications would not take that back.
    pub(super) fn has_failed(&self) -> bool {
        self.regressed().next().is_some() || self.thresholds.iter().any(|row| row.outcome == ThresholdOutcome::Crossed)
    }

    pub(super) fn regressed(&self) -> impl Iterator<Item = &FigureChange> {
        self.changes.iter().filter(|row| row.verdict == FigureVerdict::Regressed)
    }

    /// Something that the whole answer waits for could not be told: a threshold, or a figure of everything. Single routes,
    /// services and groups can fail a check; it does not wait for each of them.
    pub(super) fn is_unclear(&self) -> bool {
        let waits = |row: &FigureChange| row.scope == Scope::Whole && row.verdict == FigureVerdict::Inconclusive;
        self.changes.iter().any(waits)
            || self.thresholds.iter().any(|row| row.outcome == ThresholdOutcome::Inconclusive)
    }
}

/// Judges all figures together, then the thresholds.
pub(super) fn judge(look: &Look<'_>) -> Judged {
    let pairs: Vec<Option<Pair>> = look.figures.iter().map(|figure| pair(figure, look.base)).collect();
    let both = || look.figures.iter().zip(&pairs).filter_map(|(figure, pair)| Some((figure, pair.as_ref()?)));
    let is_gate = |(figure, _): &(&Figure<'_>, &Pair)| figure.better != Better::Neither;
    let p_values: Vec<f64> = both().filter(is_gate).map(|(_, pair)| pair.difference.p_value()).collect();
    let mut adjusted = holm(&p_values).into_iter().zip(&p_values);
    let change = |(figure, pair): (&Figure<'_>, &Pair)| {
        let p = if figure.better == Better::Neither { None } else { adjusted.next() };
        change(figure, pair, p.map(|(adjusted, own)| (adjusted, adjusted / own.max(f64::MIN_POSITIVE))), look)
    };
    let changes = both().map(change).collect();
    let result = |threshold: &Threshold| {
        let at = look.figures.iter().position(|figure| figure.key() == threshold.figure);
        let value: Option<&Estimate> = at.map(|at| &*look.figures[at].value);
        threshold.judge(value, at.and_then(|at| pairs[at].as_ref()), look.alpha)
    };
    let asked = look.thresholds.iter().filter(|threshold| look.base.is_some() || !threshold.needs_baseline());
    Judged { changes, thresholds: asked.map(result).collect() }
}

fn pair(figure: &Figure<'_>, base: Option<&Values>) -> Option<Pair> {
    let base = base?;
    let before = base.by_figure.get(&figure.key())?;
    if !base.are_rounded {
        return Pair::of(before, &figure.value.values, figure.better);
    }
    let after: Vec<f64> = figure.value.values.iter().map(|value| rounded(*value)).collect();
    Pair::of(before, &after, figure.better)
}

/// `p`: the adjusted p-value, and how many times the figure's own that is.
fn change(figure: &Figure<'_>, pair: &Pair, p: Option<(f64, f64)>, look: &Look<'_>) -> FigureChange {
    let key = figure.key();
    let margin = look.margins.of((&key, figure.metric, figure.unit), pair.base);
    let (verdict, needed) = match p {
        None => (unguarded(pair, margin), None),
        Some((adjusted, _)) if adjusted <= look.alpha && pair.difference.mean.abs() > margin => {
            (told(pair, figure.better), None)
        }
        Some((_, times)) => undecided(pair, figure.better, margin, look.alpha / times.max(1.0)),
    };
    FigureChange {
        figure: key,
        scope: figure.scope,
        name: figure.name.clone(),
        metric: figure.metric.to_owned(),
        label: figure.label.to_owned(),
        unit: figure.unit,
        better: figure.better,
        base: pair.base,
        new: pair.new,
        difference: pair.difference.clone(),
        relative: pair.relative,
        p_adjusted: p.map(|(adjusted, _)| adjusted).filter(|_| pair.verdict != PairVerdict::Same),
        margin,
        verdict,
        replications_needed: needed,
    }
}

/// Of a figure that is no gate.
fn unguarded(pair: &Pair, margin: f64) -> FigureVerdict {
    let differs = pair.difference.is_significant() && pair.difference.mean.abs() > margin;
    if differs { FigureVerdict::Changed } else { FigureVerdict::Unchanged }
}

/// Of a difference that is beyond chance and margin.
fn told(pair: &Pair, better: Better) -> FigureVerdict {
    let is_more = pair.difference.mean > 0.0;
    if is_more == (better == Better::Higher) { FigureVerdict::Improved } else { FigureVerdict::Regressed }
}

/// Of a difference that is not: whether it can be worse than the margin, and what would tell.
fn undecided(pair: &Pair, better: Better, margin: f64, alpha: f64) -> (FigureVerdict, Option<u32>) {
    let sign = if better == Better::Higher { -1.0 } else { 1.0 };
    let worse = pair.difference.mean * sign;
    let ends = pair.difference.interval.unwrap_or([pair.difference.mean; 2]);
    let worst = f64::max(ends[0] * sign, ends[1] * sign);
    let is_known = pair.verdict == PairVerdict::Same || pair.difference.interval.is_some();
    if is_known && worst <= margin {
        return (FigureVerdict::Unchanged, None);
    }
    let needed = if worse > margin {
        pair.difference.replications_for(worse, alpha)
    } else {
        pair.difference.replications_for(margin - worse, crate::study::ALPHA)
    };
    (FigureVerdict::Inconclusive, needed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Unit;
    use std::borrow::Cow;

    fn figure(metric: &'static str, better: Better, values: &[f64]) -> Figure<'static> {
        Figure {
            scope: Scope::Whole,
            name: String::new(),
            metric,
            label: metric,
            unit: Unit::Milliseconds,
            better,
            objective: None,
            value: Cow::Owned(Estimate::of(values.iter().copied())),
        }
    }

    fn verdicts(rows: &[(Better, [f64; 4], [f64; 4])]) -> Vec<FigureVerdict> {
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let figures: Vec<Figure<'_>> =
            rows.iter().zip(NAMES).map(|((better, _, new), name)| figure(name, *better, new)).collect();
        let by_figure = rows.iter().zip(NAMES).map(|((_, base, _), name)| (name.to_owned(), base.to_vec())).collect();
        let base = Values { by_figure, are_rounded: false };
        let margins = Margins::default();
        let look = Look { figures: &figures, base: Some(&base), thresholds: &[], margins: &margins, alpha: 0.05 };
        judge(&look).changes.into_iter().map(|row| row.verdict).collect()
    }

    const BASE: [f64; 4] = [100.0, 300.0, 200.0, 400.0];

    fn plus(more: [f64; 4]) -> [f64; 4] {
        std::array::from_fn(|at| BASE[at] + more[at])
    }

    #[test]
    fn each_verdict_has_its_reason() {
        let [worse, noise, little, better] = [
            plus([20.0, 20.1, 19.9, 20.0]),
            plus([-90.0, 150.0, 20.0, 60.0]),
            plus([0.1, 0.2, 0.1, 0.2]),
            plus([-20.0, -20.1, -19.9, -20.0]),
        ];
        let lower = |new| (Better::Lower, BASE, new);
        assert_eq!(
            verdicts(&[lower(worse), lower(noise), lower(little), lower(better)]),
            [FigureVerdict::Regressed, FigureVerdict::Inconclusive, FigureVerdict::Unchanged, FigureVerdict::Improved]
        );
        assert_eq!(verdicts(&[(Better::Higher, BASE, worse)]), [FigureVerdict::Improved]);
        assert_eq!(
            verdicts(&[(Better::Neither, BASE, worse), (Better::Lower, BASE, BASE)]),
            [FigureVerdict::Changed, FigureVerdict::Unchanged]
        );
    }

    #[test]
    fn many_figures_ask_for_more_evidence() {
        // p = 0.021 alone, 0.042 beside another that is the same, 0.084 beside three.
        let hardly = plus([10.0, 40.0, 20.0, 24.0]);
        let row = (Better::Lower, BASE, hardly);
        assert_eq!(verdicts(&[row]), [FigureVerdict::Regressed]);
        let same = (Better::Lower, BASE, BASE);
        assert_eq!(verdicts(&[row, same, same, same])[0], FigureVerdict::Inconclusive);
    }
}
