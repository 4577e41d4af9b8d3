//! A bill, in the study's own terms.

use super::GroupFigures;
use crate::cost::{Bill, Owner, ShareKind};
use crate::id::{GroupId, IdVec};
use crate::study::names::Names;
use crate::units::Money;
use serde::{Deserialize, Serialize};

/// One owner's share of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostShare {
    /// Days since the start of the simulation.
    pub day: u32,
    /// Whose it is; a namespace as [`Names`] counts them.
    pub owner: Owner,
    /// What it is a share of.
    pub kind: ShareKind,
    /// The node group, for nodes.
    pub group: Option<GroupId>,
    /// What it costs.
    pub amount: Money,
}

/// The shares of a bill. Its namespaces are numbered as they came; the study's are the same in each replication.
pub(super) fn shares(bill: &Bill, names: &Names) -> Vec<CostShare> {
    let owner = |owner: Owner| match owner {
        Owner::Namespace(_) => Owner::Namespace(names.namespace(bill.owner_name(owner))),
        Owner::Idle | Owner::Unallocated => owner,
    };
    let share = bill.shares.iter().map(|share| CostShare {
        day: share.day,
        owner: owner(share.owner),
        kind: share.kind,
        group: share.group,
        amount: share.amount,
    });
    share.collect()
}

/// Gives each group what its nodes cost, and how much of that was idle.
pub(super) fn divide(bill: &Bill, groups: &mut IdVec<GroupId, GroupFigures>) {
    let mut add = |group: GroupId, amount: Money, field: fn(&mut GroupFigures) -> &mut Money| {
        *field(&mut groups[group]) += amount;
    };
    for line in &bill.lines {
        if let Some(group) = line.group {
            add(group, line.amount, |row| &mut row.cost);
        }
    }
    for share in bill.shares.iter().filter(|share| share.owner == Owner::Idle) {
        if let Some(group) = share.group {
            add(group, share.amount, |row| &mut row.idle_cost);
        }
    }
}
