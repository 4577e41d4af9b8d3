//! A table of the page: on a phone each row becomes a card, whose cells say which column they are of.

use crate::report::tables::Grid;
use serde::Serialize;

/// A table with what belongs around it.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Table {
    pub(super) title: String,
    /// A sentence or two above it.
    pub(super) note: String,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
    /// The last row, which the others add up to.
    pub(super) total: Option<Vec<String>>,
    /// Nothing to show.
    pub(super) is_empty: bool,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Head {
    pub(super) name: String,
    /// `text` and `word` stand at the left, and only the first takes several lines; figures stand at the right.
    pub(super) class: &'static str,
}

impl Table {
    /// A table whose columns are called so; those that begin with `-` hold texts, as the first does, and those with `=` a word each.
    pub(super) fn new(title: &str, heads: &[&str], rows: Vec<Vec<String>>) -> Self {
        let head = |(at, name): (usize, &&str)| Head {
            name: name.trim_start_matches(['-', '=']).to_owned(),
            class: match name.chars().next() {
                Some('=') => "word",
                Some('-') => "text",
                _ if at == 0 => "text",
                _ => "",
            },
        };
        Table {
            title: title.to_owned(),
            heads: heads.iter().enumerate().map(head).collect(),
            is_empty: rows.is_empty(),
            rows,
            ..Table::default()
        }
    }
    pub(super) fn noted(self, note: impl Into<String>) -> Self {
        Table { note: note.into(), ..self }
    }
    /// With one more column of texts at the right.
    pub(super) fn with_texts(mut self, name: &str, texts: Vec<String>) -> Self {
        self.heads.push(Head { name: name.to_owned(), class: "text" });
        self.rows.iter_mut().zip(texts).for_each(|(row, text)| row.push(text));
        self.total.iter_mut().for_each(|total| total.push(String::new()));
        self
    }
    pub(super) fn with_total(self, total: Vec<String>) -> Self {
        Table { total: Some(total), ..self }
    }
}

impl From<Grid> for Table {
    fn from(grid: Grid) -> Self {
        Table::new(&grid.title, grid.heads, grid.rows)
    }
}
