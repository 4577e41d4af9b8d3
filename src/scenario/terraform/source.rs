//! The text of a file, to say where in it something stands.

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use std::ops::Range;

/// A file of Terraform.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// As the user named it.
    pub(super) name: String,
    text: String,
    /// Where lines begin, but for the first.
    starts: Vec<usize>,
    /// JSON: places within its values are not known.
    pub(super) is_json: bool,
}

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        let is_json = text.trim_start().starts_with('{');
        Source { name: name.to_owned(), text: text.to_owned(), starts, is_json }
    }

    /// The line of a span, from 1.
    pub(super) fn line(&self, span: Option<Range<usize>>) -> u32 {
        span.filter(|_| !self.is_json)
            .map_or(1, |span| self.starts.partition_point(|start| *start <= span.start) as u32 + 1)
    }

    /// An expression as it is written, on one line.
    pub(super) fn written(&self, expression: &Expression) -> String {
        let own = expression.span().filter(|_| !self.is_json).and_then(|span| self.text.get(span));
        let text = own.map_or_else(|| expression.to_string(), str::to_owned);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What `file("...")` and `templatefile("...")` name in a module's own folder.
    pub(super) fn named_files(&self) -> Vec<String> {
        let after = self.text.split("file(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let bare = after.map(|path| path.trim_start_matches("${path.module}/").trim_start_matches("${path.root}/"));
        bare.map(|path| path.trim_start_matches("./").to_owned()).filter(|path| !path.contains("${")).collect()
    }

    /// Where a string in quotes stands first: JSON has no better place.
    pub(super) fn line_of(&self, quoted: &str) -> u32 {
        let found = self.text.find(&format!("\"{quoted}\""));
        found.map_or(1, |at| self.starts.partition_point(|start| *start <= at) as u32 + 1)
    }
}
