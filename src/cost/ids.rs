//! What the ledger calls its rows. Node groups and workloads have the ids that they have everywhere.

use crate::id_type;

id_type!(
    /// A namespace of the ledger.
    #[derive(serde::Serialize, serde::Deserialize)]
    NamespaceId,
    "namespace"
);
id_type!(
    /// What lines of the bill are of.
    #[derive(serde::Serialize, serde::Deserialize)]
    ItemId,
    "item"
);
id_type!(
    /// The machines of one type in one group: their pods pay the same price.
    PoolId,
    "pool"
);
id_type!(
    /// A node that was or is paid for.
    BilledNode,
    "billed"
);
