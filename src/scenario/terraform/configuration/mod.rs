//! Terraform's configuration as modules: what the files of a folder declare, before anything is evaluated.
//!
//! Start reading at [`Module`]; `json.rs` turns `*.tf.json` into the same.

mod json;

use super::source::Source;
use crate::scenario::issue::{Issue, Issues};
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body as HclBody, Structure};
use hcl_edit::{Span, parser};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The files of a folder.
#[derive(Default)]
pub(super) struct Module {
    pub(super) folder: PathBuf,
    pub(super) sources: Vec<Source>,
    pub(super) blocks: Vec<Block>,
    /// By `local.a`, `module.a`, `variable.a`, `output.a`, `provider.a`, `data.kind.a` or `kind.a`.
    index: BTreeMap<String, Vec<usize>>,
    /// Texts that `file` may read, by their names.
    pub(super) texts: BTreeMap<String, String>,
}

/// A block at the top of a file. A local is one as well, with the attribute `value`.
pub(super) struct Block {
    /// Which of the files.
    pub(super) source: usize,
    /// `module`, `data`, `resource`.
    pub(super) kind: &'static str,
    pub(super) labels: Vec<String>,
    pub(super) content: Content,
    pub(super) line: u32,
    /// What override files say instead, and in which of the files.
    pub(super) overrides: Vec<(usize, HclBody)>,
}

/// What a block holds.
pub(super) enum Content {
    Body(HclBody),
    /// Of a local.
    Value(Expression),
}

/// Blocks that matter, and how many labels they have.
const KINDS: &[(&str, usize)] =
    &[("module", 1), ("resource", 2), ("data", 2), ("variable", 1), ("output", 1), ("provider", 1)];

impl Block {
    /// Its name among the others of the module.
    pub(super) fn key(&self) -> String {
        let name = self.labels.join(".");
        if self.kind == "resource" { name } else { format!("{}.{name}", self.kind) }
    }
    /// An attribute, and in which of the files it stands.
    pub(super) fn attribute(&self, name: &str) -> Option<(usize, &Expression)> {
        let over =
            self.overrides.iter().rev().find_map(|(source, body)| Some((*source, &body.get_attribute(name)?.value)));
        over.or_else(|| match &self.content {
            Content::Body(body) => Some((self.source, &body.get_attribute(name)?.value)),
            Content::Value(value) => (name == "value").then_some((self.source, value)),
        })
    }
    /// A text that is written as it is, as `source` must be.
    pub(super) fn literal(&self, name: &str) -> Option<&str> {
        self.attribute(name).and_then(|(_, value)| value.as_str())
    }
}

impl Module {
    /// A folder of which no file is read yet.
    pub(super) fn of(folder: PathBuf) -> Self {
        Module { folder, ..Module::default() }
    }

    /// The number of the block of a name: in that file, else the first one.
    pub(super) fn find(&self, key: &str, near: usize) -> Option<usize> {
        let found = self.index.get(key)?;
        found.iter().copied().find(|at| self.blocks[*at].source == near).or_else(|| found.first().copied())
    }

    /// All that begin with this.
    pub(super) fn names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.index.range(kind.to_owned()..).map_while(move |(key, _)| key.strip_prefix(kind))
    }

    /// Adds a file. What is wrong with it is said, and the rest of the module goes on.
    pub(super) fn add(&mut self, name: &str, text: &str, issues: &mut Issues) {
        let source = Source::new(name, text);
        let body = if text.trim_start().starts_with('{') { json::body(text) } else { hcl(text) };
        match body {
            Ok(body) => self.add_body(&body, source),
            Err(mut issue) => {
                issue.place.file = Some(name.to_owned());
                issues.push(issue);
            }
        }
    }

    fn add_body(&mut self, body: &HclBody, source: Source) {
        let at = self.sources.len();
        for structure in body.iter() {
            let Structure::Block(block) = structure else { continue };
            let labels: Vec<String> = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
            if block.ident.as_str() == "locals" {
                let locals = block.body.iter().filter_map(Structure::as_attribute);
                self.blocks.extend(locals.map(|local| Block {
                    source: at,
                    kind: "local",
                    labels: vec![local.key.as_str().to_owned()],
                    content: Content::Value(local.value.clone()),
                    line: source.line(local.span()),
                    overrides: Vec::new(),
                }));
                continue;
            }
            let known = KINDS.iter().find(|(kind, count)| *kind == block.ident.as_str() && labels.len() == *count);
            let Some((kind, _)) = known else { continue };
            let line = match (block.span(), labels.last()) {
                (None, Some(label)) => source.line_of(label),
                (span, _) => source.line(span),
            };
            let content = Content::Body(block.body.clone());
            self.blocks.push(Block { source: at, kind, labels, content, line, overrides: Vec::new() });
        }
        self.sources.push(source);
    }

    /// Once all files are there: override files count, and names are looked up.
    pub(super) fn finish(&mut self, issues: &mut Issues) {
        let (overriding, mut blocks): (Vec<Block>, Vec<Block>) = std::mem::take(&mut self.blocks)
            .into_iter()
            .partition(|block| is_override(&self.sources[block.source].name));
        for over in overriding {
            let key = over.key();
            let file = self.sources[over.source].name.clone();
            match (blocks.iter_mut().find(|block| block.key() == key), over.content) {
                (Some(base), Content::Body(body)) => base.overrides.push((over.source, body)),
                (Some(base), Content::Value(value)) => {
                    (base.content, base.source, base.line) = (Content::Value(value), over.source, over.line);
                }
                (None, _) => {
                    let issue = Issue::error(key, "there is nothing of this name to override");
                    issues.push(issue.in_file(file, Some(over.line)));
                }
            }
        }
        let mut doubles = 0;
        let mut first: Option<Issue> = None;
        for (at, block) in blocks.iter().enumerate() {
            let known = self.index.entry(block.key()).or_default();
            if let Some(other) = known.first().filter(|_| block.kind != "provider") {
                doubles += 1;
                let message = format!(
                    "declared in {} too, which Terraform refuses: each file is read with its own",
                    self.sources[blocks[*other].source].name
                );
                let issue = Issue::warning(block.key(), message);
                first.get_or_insert(issue.in_file(self.sources[block.source].name.clone(), Some(block.line)));
            }
            known.push(at);
        }
        if let Some(mut issue) = first {
            if doubles > 1 {
                issue.message += &format!(" (and {} other names)", doubles - 1);
            }
            issues.push(issue);
        }
        self.blocks = blocks;
    }

    /// Whether it declares anything.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

/// `override.tf`, `x_override.tf`, and the same in JSON.
fn is_override(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let stem = name.trim_end_matches(".gz").trim_end_matches(".json").trim_end_matches(".tf");
    stem == "override" || stem.ends_with("_override")
}

/// The blocks of a text. Errors: where it is no HCL.
pub(super) fn hcl(text: &str) -> Result<HclBody, Issue> {
    parser::parse_body(text).map_err(|error| {
        let place = error.location();
        let mut issue = Issue::error("", error.message().to_owned());
        (issue.place.line, issue.place.column) = (Some(place.line() as u32), Some(place.column() as u32));
        issue
    })
}

/// The attributes of a file with values for variables. Errors: where it is neither HCL nor JSON.
pub(super) fn values(text: &str) -> Result<HclBody, Issue> {
    if text.trim_start().starts_with('{') { json::attributes(text) } else { hcl(text) }
}
