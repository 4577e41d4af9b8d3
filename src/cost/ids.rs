//! What the ledger calls its rows. Node groups have the id that they have everywhere.

use crate::id_type;

id_type!(
    /// A namespace of the ledger.
    #[derive(serde::Serialize, serde::Deserialize)]
    NamespaceId,
    "namespace"
);
id_type!(
    /// A machine type at a price in a group.
    OfferId,
    "offer"
);
id_type!(
    /// A node that was or is paid for.
    BilledNode,
    "billed"
);
id_type!(
    /// A charge by the hour that is no node.
    ChargeId,
    "charge"
);
