//! Intervals beside the truth, as a Markdown table.

use foresail::report::Estimate;
use statrs::distribution::{ContinuousCDF, StudentsT};
use std::fmt::Write;

/// A figure of some replications.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) estimate: Estimate,
}

/// The head of the table.
pub(crate) fn head(counts: &[usize]) -> String {
    let columns: String =
        counts.iter().map(|count| format!(" {count} replications | half width | Student's t |")).collect();
    let lines = "--:|--:|--:|".repeat(counts.len());
    format!("| scenario | figure | mean | skewness | zeros |{columns}\n|---|---|--:|--:|--:|{lines}\n")
}

/// The rows of a scenario: `columns` are, by number of replications, the figures of each set. Figures that are the same in all
/// replications are left out.
pub(crate) fn rows(scenario: &str, whole: &[Figure], columns: &[Vec<Vec<Figure>>]) -> String {
    let mut text = String::new();
    for (at, Figure { name, estimate: truth }) in whole.iter().enumerate() {
        let zeros = share(truth.values.iter().map(|value| *value == 0.0));
        let Some(skewness) = skewness(&truth.values) else { continue };
        let mean = truth.mean;
        write!(text, "| {scenario} | {name} | {mean:.4} | {skewness:.1} | {:.0}% |", zeros * 100.0).expect("a string");
        for sets in columns {
            let figures = || sets.iter().map(|set| &set[at].estimate);
            let covered = share(figures().map(|estimate| holds(estimate.interval, mean)));
            let students = share(figures().map(|estimate| holds(students(&estimate.values), mean)));
            let half = figures().map(Estimate::half_width).sum::<f64>() / sets.len() as f64;
            write!(text, " {:.1}% | {half:.3} | {:.1}% |", covered * 100.0, students * 100.0).expect("a string");
        }
        text.push('\n');
    }
    text
}

fn share(are: impl Iterator<Item = bool>) -> f64 {
    let (count, yes) = are.fold((0.0_f64, 0.0), |(count, yes), is| (count + 1.0, yes + f64::from(u8::from(is))));
    yes / count.max(1.0)
}

fn holds(interval: Option<[f64; 2]>, truth: f64) -> bool {
    let rounding = 1e-9 * truth.abs();
    interval.is_some_and(|[low, high]| low - rounding <= truth && truth <= high + rounding)
}

/// None where all values are the same.
fn skewness(values: &[f64]) -> Option<f64> {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let (count, mean) = (values.len() as f64, values.iter().sum::<f64>() / values.len().max(1) as f64);
    let moment = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
    let spread = moment(2).sqrt();
    (spread > 1e-12 * mean.abs()).then(|| moment(3) / spread.powi(3))
}

fn students(values: &[f64]) -> Option<[f64; 2]> {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let t = StudentsT::new(0.0, 1.0, count - 1.0).ok()?.inverse_cdf(0.975);
    let half = t * (variance / count).sqrt();
    Some([mean - half, mean + half])
}
