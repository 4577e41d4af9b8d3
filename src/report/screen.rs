//! Text for a terminal of 80 columns.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::fmt::Write;

/// Columns of the smallest terminal that people have.
pub(super) const WIDTH: usize = 80;

/// One line of at most [`WIDTH`] columns.
pub(super) fn shortened(line: &str) -> String {
    cut(line, WIDTH)
}

/// At most so many characters, the last of which says that there were more.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Words in lines of at most [`WIDTH`] columns, each behind `indent`.
pub(super) fn wrapped(text: &mut String, indent: &str, words: &str) {
    let mut line = indent.to_owned();
    for word in words.split(' ') {
        let joined = line.chars().count() + 1 + word.chars().count();
        if line.len() > indent.len() && joined > WIDTH {
            let _ = writeln!(text, "{line}");
            line.truncate(indent.len());
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// All columns after the first are figures.
pub(super) fn right(mut table: Table) -> Option<Table> {
    for at in 1..table.column_count() {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    (table.row_count() > 0).then_some(table)
}
