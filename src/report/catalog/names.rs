//! Names that are asked for: whole ones, or parts.

use super::{Question, Section};
use crate::market::{Catalog, Provider};
use crate::scenario::issue::{Issue, Issues};

/// The words of a question, looked up.
pub(super) struct Names<'a> {
    words: &'a [String],
    /// Each word is the whole name of something.
    pub(super) exact: bool,
}

impl<'a> Names<'a> {
    /// The words of a question. What names nothing at all is an issue, with the nearest name.
    pub(super) fn of(question: &'a Question, issues: &mut Issues) -> Self {
        let all = all(question.section);
        let known = |word: &String| all.iter().any(|name| name == word);
        let exact = !question.words.is_empty() && question.words.iter().all(known);
        let names = Names { words: &question.words, exact };
        for word in &question.words {
            let is_part = all.iter().any(|name| name.contains(word.as_str()));
            if !(known(word) || is_part) {
                let message = format!("nothing in the price list is called `{word}`");
                let issue = Issue::error("", message).with_help(HELP);
                issues.push(issue.suggest(word, all.iter().map(String::as_str)));
            }
        }
        names
    }

    /// Whether a thing of this name is asked for.
    pub(super) fn fits(&self, name: &str) -> bool {
        match (self.words, self.exact) {
            ([], _) => true,
            (words, true) => words.iter().any(|word| word == name),
            (words, false) => words.iter().any(|word| name.contains(word.as_str())),
        }
    }
}

const HELP: &str = "foresail catalog types, items, managed and regions print all that there is";

/// All names of a part of the list, or of the whole.
fn all(section: Option<Section>) -> Vec<String> {
    let catalog = Catalog::shipped();
    let wants = |part| section.is_none_or(|only| only == part);
    let both = [Provider::Aws, Provider::Gcp];
    let mut names: Vec<String> = Vec::new();
    if wants(Section::Types) {
        names.extend(catalog.instance_types().map(str::to_owned));
    }
    if wants(Section::Items) {
        names.extend(both.into_iter().flat_map(|provider| catalog.fixed_items(provider)).map(str::to_owned));
    }
    if wants(Section::Managed) {
        for (service, class, _) in catalog.managed_classes() {
            names.push(service.to_owned());
            names.push(format!("{service}/{class}"));
        }
        names.dedup();
    }
    if section == Some(Section::Regions) {
        names.extend(both.into_iter().flat_map(|provider| catalog.regions(provider)).map(str::to_owned));
    }
    names
}
