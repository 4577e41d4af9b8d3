//! The ledger: what the cluster costs, by group, by kind of charge and by namespace.
