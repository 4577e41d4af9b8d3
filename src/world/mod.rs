//! What a simulation is made of: everything that is given before time starts, shared by all replications.
//!
//! [`Cast`] holds the cluster's objects, node groups, workloads, autoscalers, faults, rollouts, traffic and charges;
//! [`Timing`] is the clockwork. Whoever has both can run a simulation: a scenario file, a test, a binding.
//!
//! Deliberately not here: files and their text (`scenario`), and anything that changes while time passes (`sim`).
//!
//! Start reading at [`Cast`].

mod billing;
mod carbon;
mod cast;
mod cron_window;
mod delay;
mod deploy;
mod fault;
mod group;
mod holders;
mod later;
mod lifecycle;
mod limits;
mod load;
mod metered;
mod policy;
mod promised;
mod spot_prices;
mod timing;
mod traffic;
mod workload;

pub use crate::id::{GroupId, InstanceId, WorkloadId};
pub use billing::{Billing, NodeItem, PricedTime, Standing};
pub use carbon::{Carbon, MachineEmissions};
pub use cast::Cast;
pub use cron_window::CronWindow;
pub use delay::Delay;
pub use deploy::{BlueGreen, Deploy, TracePod};
pub use fault::{Fault, FaultKind, OnNotice, OnRebalance, Rebalance, Replacement};
pub use group::{Machine, NodeGroup, RootVolume};
pub use holders::Holders;
pub use lifecycle::{Lifecycle, Probe};
pub use limits::Limits;
pub use load::Load;
pub use metered::{Measure, Metered, ZoneCall};
pub use policy::{Budget, Hpa, Signal, Vpa};
pub use promised::Promised;
pub use spot_prices::{Beyond, Hours, SpotMarket, SpotPrices, SpotZone};
pub use timing::Timing;
pub use traffic::{LatencyMode, Objective, Service, Traffic};
pub use workload::{Workload, WorkloadKind};
