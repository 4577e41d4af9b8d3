//! Doubts about commitments: two of one name, the same thing twice, what covers nothing.

use super::reading::Reading;
use crate::cost::commitments::{Arrangement, Commitment};
use crate::scenario::file;
use crate::scenario::issue::{Issue, Issues};
use std::collections::BTreeMap;

/// Names are unique: a result calls commitments by them.
pub(super) fn names(entries: &[file::Commitment], issues: &mut Issues) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        let field = format!("commitments[{at}].name");
        if entry.name.trim().is_empty() {
            issues.push(Issue::error(field, "a commitment needs a name"));
        } else if let Some(first) = seen.insert(&entry.name, at) {
            let message = format!("found `{}` a second time: commitments[{first}] has that name", entry.name);
            issues.push(
                Issue::error(field, message).with_help("a commitment is named once; several of a kind have a count"),
            );
        }
    }
}

/// Two entries that commit to the very same for the same time may be one that was written twice.
pub(super) fn same_twice(entries: &[file::Commitment], drafts: &[(usize, Vec<Commitment>)], issues: &mut Issues) {
    for (place, (at, rows)) in drafts.iter().enumerate() {
        let twin = drafts[..place].iter().find(|(_, others)| {
            rows.len() == others.len()
                && !rows.is_empty()
                && rows.iter().zip(others).all(|(row, other)| overlaps(row, other))
        });
        if let Some((first, _)) = twin.filter(|(first, _)| entries[*first].name != entries[*at].name) {
            let [one, other] = [&entries[*first].name, &entries[*at].name];
            let message = format!("{one} and {other} commit to the same at the same time: both are paid for");
            issues.push(Issue::warning(format!("commitments[{at}]"), message));
        }
    }
}

fn overlaps(one: &Commitment, other: &Commitment) -> bool {
    let ends = |row: &Commitment| row.fee.begins + row.fee.hours;
    one.terms == other.terms && one.fee.begins < ends(other) && other.fee.begins < ends(one)
}

/// What is paid for and covers nothing is said before anybody wonders.
pub(super) fn covers_something(reading: &Reading<'_>, commitments: &[Commitment], issues: &mut Issues) {
    let (Some(first), entry) = (commitments.first(), reading.entry) else { return };
    let ends = first.fee.begins + first.fee.hours;
    let mut doubt = |message: String| issues.push(Issue::warning(reading.path.clone(), message));
    if ends <= 0 {
        doubt(format!("{} ended before the simulated time begins: it covers nothing and costs nothing", entry.name));
    } else if first.fee.begins >= reading.period.hours {
        doubt(format!("{} begins after the simulated time: it covers nothing and costs nothing", entry.name));
    } else if Arrangement::new(reading.usages, commitments).is_idle() {
        doubt(format!("{} covers nothing that is paid for on demand: it is paid for and not used", entry.name));
    }
}
