//! What could not be read, in words: with its place, and with a field of the scenario that takes its place.

use super::body::Declaration;
use super::planned::KNOWN_AFTER_APPLY;
use crate::scenario::issue::Issue;

/// Longer expressions are cut in messages.
const LONGEST: usize = 60;

/// A field of a group that is not known: an error, unless the scenario gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unread {
    /// As Terraform calls it.
    pub(crate) name: String,
    /// As `nodeGroups` of a scenario calls it.
    pub(crate) field: &'static str,
    /// What stands there.
    pub(crate) expression: String,
    /// Why that has no value, if it is known.
    pub(crate) why: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// Nobody wrote an expression: what says it is elsewhere, and the group is left out with a caveat.
    pub(crate) is_elsewhere: bool,
}

impl Unread {
    /// As an issue of the group called `group`.
    pub(crate) fn issue(&self, group: &str) -> Issue {
        let Unread { name, field, expression, why, file, line, is_elsewhere } = self;
        if *is_elsewhere {
            let message =
                format!("of node group {group} {expression} is not known: the group is not part of the simulation");
            let help = format!("give it in the scenario: nodeGroups.{group}.{field}");
            return Issue::warning(name.clone(), message).with_help(help).in_file(file.clone(), Some(*line));
        }
        let message = match expression.as_str() {
            KNOWN_AFTER_APPLY => "its value is only known after apply".to_owned(),
            _ if why.is_empty() => format!("`{expression}` is not a literal value, and it cannot be evaluated"),
            _ => format!("`{expression}` is not a literal value, and {why}"),
        };
        let help = format!("give it in the scenario: nodeGroups.{group}.{field}");
        Issue::error(name.clone(), message).with_help(help).in_file(file.clone(), Some(*line))
    }
}

/// An expression short enough for a message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A declaration, or a part of one, that stands for node groups which nobody can know.
pub(super) fn unread_block(declaration: &Declaration, what: &str, why: &str) -> Issue {
    let message = format!("{why}: its node groups are not part of the simulation");
    let help = "give each of them in the scenario: nodeGroups.NAME: {instanceTypes: [...], minSize: ..., maxSize: ...}; \
                or give the output of `terraform show -json`, where all is evaluated";
    Issue::warning(what, message).with_help(help).in_file(declaration.file.clone(), Some(declaration.line))
}
