//! `spotShare`: a part of a group on spot, as a second group of the same machines.
//!
//! A managed node group is on demand or on spot, never both, so who wants both has two groups. The share is one of sizes:
//! how many nodes each has at a time is up to Cluster Autoscaler's expander, as in a live cluster.

use super::group_draft::GroupDraft;
use crate::scenario::issue::{Issue, Issues};

/// Splits the groups that want it.
pub(super) fn split(drafts: &mut Vec<(String, GroupDraft)>, issues: &mut Issues) {
    let mut twins = Vec::new();
    let names: Vec<String> = drafts.iter().map(|(name, _)| name.clone()).collect();
    for (name, draft) in drafts.iter_mut() {
        let Some(share) = draft.spot_share.take() else { continue };
        let twin = format!("{name}-spot");
        let why = match share {
            _ if !(0.0..=1.0).contains(&share) => format!("found {share}, expected 0 to 1"),
            _ if draft.spot => "the group is on spot, all of it".to_owned(),
            _ if names.contains(&twin) => format!("there is a group `{twin}` already"),
            _ => {
                twins.extend(twin_of(draft, share).map(|draft| (twin, draft)));
                continue;
            }
        };
        issues.push(Issue::error(format!("nodeGroups.{name}.spotShare"), why));
    }
    drafts.extend(twins);
}

/// The part on spot, taken off the group; nothing if the group is on one of both as a whole.
fn twin_of(draft: &mut GroupDraft, share: f64) -> Option<GroupDraft> {
    if share == 0.0 || share == 1.0 {
        draft.spot = share == 1.0;
        return None;
    }
    let mut twin = GroupDraft { spot: true, ..draft.clone() };
    let min = draft.min.unwrap_or(0);
    let desired = draft.desired.unwrap_or(min);
    let max = draft.max.unwrap_or(desired.max(min));
    let parts = [min, desired, max].map(|size| (f64::from(size) * share).round() as i32);
    [twin.min, twin.desired, twin.max] = parts.map(Some);
    // Of min <= desired <= max the rests are in this order as well.
    (draft.min, draft.desired, draft.max) = (Some(min - parts[0]), Some(desired - parts[1]), Some(max - parts[2]));
    Some(twin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(draft: &GroupDraft) -> [i32; 3] {
        [draft.min, draft.desired, draft.max].map(|size| size.expect("a size"))
    }

    #[test]
    fn the_parts_add_up_and_stay_in_order() {
        for percent in 1..100 {
            let whole = GroupDraft { min: Some(1), desired: Some(3), max: Some(11), ..GroupDraft::default() };
            let mut rest = whole.clone();
            let twin = twin_of(&mut rest, f64::from(percent) / 100.0).expect("both");
            let (own, other) = (sizes(&rest), sizes(&twin));
            assert!(own.is_sorted() && other.is_sorted(), "{percent}: {own:?} {other:?}");
            assert_eq!([0, 1, 2].map(|at| own[at] + other[at]), sizes(&whole), "{percent}");
            assert!(twin.spot && !rest.spot);
        }
    }

    #[test]
    fn all_and_nothing_need_no_second_group() {
        let mut draft = GroupDraft { max: Some(5), ..GroupDraft::default() };
        assert!(twin_of(&mut draft, 0.0).is_none() && !draft.spot);
        assert!(twin_of(&mut draft, 1.0).is_none() && draft.spot);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let of = |share, spot| GroupDraft { spot_share: Some(share), spot, ..GroupDraft::default() };
        let mut drafts = vec![
            ("a".to_owned(), of(1.5, false)),
            ("b".to_owned(), of(0.5, true)),
            ("c".to_owned(), of(0.5, false)),
            ("c-spot".to_owned(), GroupDraft::default()),
        ];
        let mut issues = Issues::new();
        split(&mut drafts, &mut issues);
        let text = issues.to_string();
        assert_eq!((issues.len(), drafts.len()), (3, 4), "{text}");
        for part in
            ["nodeGroups.a.spotShare: found 1.5", "b.spotShare: the group is on spot", "a group `c-spot` already"]
        {
            assert!(text.contains(part), "{text}");
        }
    }
}
