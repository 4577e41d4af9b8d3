//! The recommendation on the page: what to set and why, what that does to users, and whether it holds.

use super::table::Table;
use crate::report::Report;
use crate::report::advice::{rows, words};
use crate::study::advise::answer::{Answer, StressAnswer};

/// The verdict, and what is to be said before the tables; nothing without an answer.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let Some(answer) = answer(report) else { return Vec::new() };
    let found = [Some(words::next(answer)), words::stresses(answer), words::needed(answer)];
    let how = [words::left_out(answer), Some(words::aim(answer)), Some(words::basis(answer))];
    found.into_iter().chain(how).flatten().collect()
}

/// What to do, in a sentence.
pub(super) fn verdict(report: &Report) -> Option<String> {
    answer(report).map(words::verdict)
}

/// As it is beside as it should be, every change, what the search saw, stresses, what would also save.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let Some(answer) = answer(report) else { return Vec::new() };
    let all = [beside(answer), changes(answer), in_training(answer), stresses(answer), also(answer)];
    all.into_iter().filter(|table| !table.is_empty).collect()
}

fn answer(report: &Report) -> Option<&Answer> {
    report.recommendation.as_ref()?.answer.as_ref()
}

fn beside(answer: &Answer) -> Table {
    let cells = |row: rows::Beside| vec![row.label.to_owned(), row.now, row.new, row.difference];
    Table::new(
        &format!("Measured in {}", answer.held_back.what),
        &["", "as it is", "recommended", "difference"],
        rows::beside(answer).into_iter().map(cells).collect(),
    )
}

fn changes(answer: &Answer) -> Table {
    let rows = answer.changes().map(|knob| rows::change(knob).to_vec()).collect();
    let heads = ["", "=now", "=to", "alone, a month", "in the whole, a month", "-why"];
    Table::new("What to set", &heads, rows).noted(
        "In the whole: its part of what all changes bring together, as a mean over the orders in which they may be made (Shapley).",
    )
}

fn in_training(answer: &Answer) -> Table {
    let rows = rows::in_training(answer).into_iter().map(|row| row.to_vec()).collect();
    let head = format!("What the search saw: {}", answer.held_back.trained_in);
    Table::new(&head, &["", "as it is", "recommended"], rows)
}

fn stresses(answer: &Answer) -> Table {
    let word = |survives: bool| if survives { "survives" } else { "does not" }.to_owned();
    let row = |row: &StressAnswer| {
        let broken = if row.recommended_survives { &row.as_is_broken } else { &row.recommended_broken };
        vec![row.name.clone(), word(row.as_is_survives), word(row.recommended_survives), broken.join("; ")]
    };
    let heads = ["", "=as it is", "=recommended", "-what breaks"];
    Table::new("Stresses", &heads, answer.stresses.iter().map(row).collect())
}

fn also(answer: &Answer) -> Table {
    let kept = answer.would_also_save.iter().filter(|row| row.keeps);
    let rows =
        kept.map(|row| vec![row.name.clone(), row.current.clone(), row.value.clone(), rows::effect(&row.effect)]);
    Table::new("Would also save, on top of that", &["", "=now", "=to", "-effect"], rows.collect())
}
