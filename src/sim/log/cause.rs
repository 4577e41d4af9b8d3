//! What led to a record.

crate::id_type!(
    /// A record of the decision log.
    RecordId,
    "record"
);

/// What led to a record, by the word of who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Another record.
    Record(RecordId),
    /// It belongs to what the scenario starts with.
    Start,
    /// The scenario says so: a fault, a deploy, a least size.
    Scenario,
    /// The clock.
    Clock,
    /// Requests of users.
    Traffic,
    /// What pods use or have to do, without requests of users.
    Load,
    /// The spot market.
    Market,
    /// A pod that comes with its node.
    Node,
    /// Nothing that is recorded: whoever decided found it so.
    Found,
}

impl Cause {
    /// All but records.
    pub const ORIGINS: [Cause; 8] = [
        Cause::Start,
        Cause::Scenario,
        Cause::Clock,
        Cause::Traffic,
        Cause::Load,
        Cause::Market,
        Cause::Node,
        Cause::Found,
    ];
    /// The record, or what else it was.
    pub(in crate::sim) fn record_or(record: Option<RecordId>, otherwise: Cause) -> Cause {
        record.map_or(otherwise, Cause::Record)
    }
    /// The record that led to it.
    pub fn record(self) -> Option<RecordId> {
        match self {
            Cause::Record(record) => Some(record),
            _ => None,
        }
    }
}
