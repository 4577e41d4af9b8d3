//! What leads to a decision where no other decision does, in words.

use crate::sim::log::Cause;

/// Where a chain of causes begins: its word in the log, and a sentence.
pub(super) fn origin(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Start => ("start", "It belongs to what the scenario starts with."),
        Cause::Scenario => ("scenario", "The scenario says so."),
        Cause::Clock => ("clock", "The clock says so."),
        Cause::Traffic => ("traffic", "That is the traffic's doing."),
        Cause::Load => ("load", "That is the load's doing."),
        Cause::Market => ("market", "The market did that: no decision of the cluster led to it."),
        Cause::Node => ("node", "It comes with its node."),
        Cause::Found | Cause::Record(_) => ("found", "It was found so: nothing that is recorded led to it."),
    }
}
