//! An answer for a terminal of 80 columns and 24 lines: the verdict first, then as many changes as there is room for.

use super::model::AdviceReport;
use super::rows::{Beside, beside, change, effect, in_training, more};
use super::words::{aim, basis, left_out, needed, next, stresses, verdict};
use crate::report::Unit;
use crate::report::format::duration;
use crate::report::screen::{WIDTH, cut, right, shortened, table, wrapped};
use crate::study::advise::answer::{Answer, KnobAnswer, StressAnswer};
use crate::units::counted;
use comfy_table::CellAlignment;
use std::fmt::Write;

/// Lines of a terminal, but for the prompt and what the command says after it.
const LINES: usize = 21;
/// So many changes are shown at least.
const FEWEST: usize = 3;
/// Columns of the name of a value.
const NAME: usize = 41;

/// Without colours; `wide` has every change with what it brings, the periods held back, and every stress.
pub fn advice_text(report: &AdviceReport, wide: bool) -> String {
    let answer = &report.answer;
    let mut head = String::new();
    let (scenario, run) = (&report.scenario, &report.run);
    wrapped(&mut head, "", &format!("{}: {}", scenario.name, verdict(answer)));
    let span = duration(scenario.duration_seconds);
    let _ = writeln!(head, "{}\n", shortened(&format!("{}, {span}, seed {}", scenario.region, run.seed)));
    let mut foot = String::new();
    wrapped(&mut foot, "", &next(answer));
    stresses(answer).iter().for_each(|words| wrapped(&mut foot, "", words));
    needed(answer).iter().for_each(|words| wrapped(&mut foot, "", words));
    also(answer, wide, &mut foot);
    if wide {
        left_out(answer).iter().for_each(|words| wrapped(&mut foot, "", words));
        wrapped(&mut foot, "", &aim(answer));
        wrapped(&mut foot, "", &basis(answer));
    }
    let figures = figures(answer, wide);
    match wide {
        true => head + &sections(answer) + "\n" + &foot,
        false => {
            let taken = [&head, &figures, &foot].map(|part| part.lines().count()).iter().sum::<usize>();
            head + &figures + &some_changes(answer, LINES.saturating_sub(taken + 2)) + "\n" + &foot
        }
    }
}

/// Everything in tables: figures, changes, the periods held back, stresses.
pub(in crate::report) fn sections(answer: &Answer) -> String {
    figures(answer, true) + &all_changes(answer) + &trained(answer) + &every_stress(&answer.stresses)
}

/// The present setting beside the recommended one; without `wide` no failures and no longest wait that stay what they are.
fn figures(answer: &Answer, wide: bool) -> String {
    let mut grid = table(&["", "AS IT IS", "RECOMMENDED", ""]);
    let is_told = |row: &Beside| {
        wide || row.now != row.new || !["longest wait for a node", "failed requests"].contains(&row.label)
    };
    grid.add_rows(
        beside(answer).into_iter().filter(is_told).map(|row| [row.label.to_owned(), row.now, row.new, row.difference]),
    );
    right(grid).map_or(String::new(), |mut grid| {
        grid.column_iter_mut().for_each(|column| {
            column.set_padding((0, 1));
        });
        grid.trim_fmt() + "\n"
    })
}

/// The changes that bring most: two lines for each if there is room for all, else one for as many as there is room for, at least
/// [`FEWEST`].
fn some_changes(answer: &Answer, room: usize) -> String {
    let mut changes: Vec<&KnobAnswer> = answer.changes().collect();
    let weight = |knob: &&KnobAnswer| knob.in_set.as_ref().map_or(0.0, |effect| effect.usd_per_month.abs());
    changes.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let mut text = String::new();
    if changes.is_empty() {
        return text;
    }
    let with_reasons = changes.len() * 2 <= room;
    let shown = if with_reasons || changes.len() <= room.max(FEWEST) { changes.len() } else { (room.max(FEWEST)) - 1 };
    text.push('\n');
    for knob in &changes[..shown] {
        let [name, now, new, _, in_set, why] = change(knob);
        let in_set = if in_set.is_empty() { in_set } else { format!("{in_set}/mo") };
        let line = format!(" {:<NAME$} {:>8} -> {:<8} {in_set:>13}", cut(&name, NAME), cut(&now, 8), cut(&new, 8));
        let _ = writeln!(text, "{}", shortened(line.trim_end()));
        if with_reasons {
            let _ = writeln!(text, "{}", cut(&format!("   {why}"), WIDTH));
        }
    }
    if shown < changes.len() {
        let _ = writeln!(text, " and {} (-o wide)", counted(changes.len() - shown, "more change"));
    }
    text
}

/// Every change, with what it brings alone and in the whole.
fn all_changes(answer: &Answer) -> String {
    let mut grid = table(&["SET", "NOW", "TO", "ALONE/MO", "IN ALL/MO", "WHY"]);
    grid.add_rows(answer.changes().map(change));
    right(grid).map_or(String::new(), |mut grid| {
        if let Some(column) = grid.column_mut(5) {
            column.set_cell_alignment(CellAlignment::Left);
        }
        format!("\n{}\n", grid.trim_fmt())
    })
}

fn trained(answer: &Answer) -> String {
    let mut grid = table(&["IN TRAINING", "AS IT IS", "RECOMMENDED"]);
    grid.add_rows(in_training(answer));
    right(grid).map_or(String::new(), |grid| format!("\n{}\n", grid.trim_fmt()))
}

fn every_stress(stresses: &[StressAnswer]) -> String {
    let mut text = String::new();
    for row in stresses {
        let word = |survives: bool| if survives { "survives" } else { "does not survive" };
        let [now, new] = [row.as_is_survives, row.recommended_survives].map(word);
        let _ = writeln!(text, " {}: as it is {now}, as recommended {new}", row.name);
        row.recommended_broken.iter().for_each(|what| wrapped(&mut text, "   ", what));
    }
    if text.is_empty() { text } else { format!("\nSTRESSES\n{text}") }
}

/// What was not asked for, the most that it would save first; one line where there is little room.
fn also(answer: &Answer, wide: bool, text: &mut String) {
    let mut rows: Vec<_> = answer.would_also_save.iter().filter(|row| row.keeps).collect();
    rows.sort_by(|a, b| a.effect.usd_per_month.total_cmp(&b.effect.usd_per_month));
    let most = if wide { rows.len() } else { 1 };
    for row in &rows[..most.min(rows.len())] {
        let what = match wide {
            true => effect(&row.effect),
            false => format!("{} a month", more(row.effect.usd_per_month, Unit::UsdPerMonth)),
        };
        let left = rows.len() - most.min(rows.len());
        let left = if left == 0 { String::new() } else { format!("; {left} more (-o wide)") };
        let words = format!("Would also save: {} {} -> {}: {what}{left}.", row.name, row.current, row.value);
        wrapped(text, "", &words);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::study::advise::answer::Verdict;

    fn fits(report: &AdviceReport) -> String {
        let text = advice_text(report, false);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= WIDTH, "{widest} columns:\n{text}");
        assert!(text.lines().count() <= LINES, "{} lines:\n{text}", text.lines().count());
        text
    }

    #[test]
    fn the_verdict_comes_first_and_all_fits_a_small_terminal() {
        let text = fits(&fixture::report());
        assert!(text.starts_with("ecommerce: make 7 changes; that saves $309."), "{text}");
        assert!(text.contains("-$309.") && text.contains(" ± ") && text.contains("20 fresh weeks it holds"), "{text}");
        assert!(text.contains("more changes (-o wide)") && text.contains("Would also save: "), "{text}");
        let all = advice_text(&fixture::report(), true);
        assert_eq!(all.matches("HPA ").count(), 7, "what stays as it is needs no line: {all}");
        assert!(all.contains("Not tried on top") && !text.contains("Not tried"), "{all}");
    }

    #[test]
    fn what_does_not_hold_is_said_aloud() {
        let mut report = fixture::report();
        report.answer.held_back.holds = false;
        report.answer.held_back.broken = vec!["no more time in breach than now".to_owned()];
        report.answer.stresses[0].recommended_survives = false;
        report.answer.best_so_far = true;
        let text = fits(&report).split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(text.starts_with("ecommerce: Best so far: "), "{text}");
        assert!(text.contains("DOES NOT HOLD NEXT WEEK") && text.contains("Broken: no more time in breach"), "{text}");
        assert!(text.contains("NO LONGER SURVIVES loss of the largest zone."), "{text}");
    }

    #[test]
    fn where_nothing_holds_it_is_said_what_would_be_needed() {
        let mut report = fixture::report();
        report.answer.verdict = Verdict::NotFound;
        report.answer.bottleneck = Some("order-service is at its maximum of 20".to_owned());
        let text = fits(&report).split_whitespace().collect::<Vec<&str>>().join(" ");
        assert!(text.contains("no setting that was tried keeps what is promised; this is the least bad."), "{text}");
        assert!(text.contains("What it would take: order-service is at its maximum of 20."), "{text}");
    }

    #[test]
    fn the_order_of_changes_is_that_of_what_they_bring() {
        let mut report = fixture::report();
        report.answer.knobs.truncate(2);
        if let Some(effect) = &mut report.answer.knobs[1].in_set {
            effect.usd_per_month = -250.0;
        }
        let text = fits(&report);
        let at = |name: &str| text.find(name).expect("it is there");
        assert!(at("catalog-service") < at("iam-service"), "{text}");
    }
}
