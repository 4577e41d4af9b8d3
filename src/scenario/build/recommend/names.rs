//! Groups and namespaces by their names.

use crate::intern::Symbol;
use crate::scenario::build::scene::{group_names, there_are};
use crate::scenario::issue::Issue;
use crate::world::{Cast, GroupId};

/// The node group of that name.
pub(super) fn group(name: &str, cast: &Cast) -> Result<GroupId, Issue> {
    if let Some((id, _)) = cast.groups.iter().find(|(_, group)| group.name == name) {
        return Ok(id);
    }
    let names = group_names(&cast.groups);
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let issue = Issue::error("", format!("there is no node group `{name}`"));
    Err(issue.with_help(there_are(&known)).suggest(name, known.iter().copied()))
}

/// The namespace of that name, if something runs in it.
pub(super) fn namespace(name: &str, cast: &Cast) -> Result<Symbol, Issue> {
    let mut all: Vec<Symbol> = cast.workloads.values().map(|row| row.namespace).collect();
    all.sort_unstable();
    all.dedup();
    let text = |symbol: Symbol| cast.cluster.symbols.text(symbol);
    if let Some(found) = all.iter().find(|symbol| text(**symbol) == name) {
        return Ok(*found);
    }
    let known: Vec<&str> = all.iter().map(|symbol| text(*symbol)).collect();
    let issue = Issue::error("", format!("nothing runs in a namespace `{name}`"));
    Err(issue.with_help(there_are(&known)).suggest(name, known.iter().copied()))
}

/// The issue at a field.
pub(super) fn at(mut issue: Issue, field: &str) -> Issue {
    issue.place.field = Some(field.to_owned());
    issue
}
