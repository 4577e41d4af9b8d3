//! How providers count: capacity units, cpu credits, the sizes that pods are billed at.
//!
//! Plain arithmetic on plain figures, each with its source. What it is counted of, and at which price, is decided elsewhere.

mod autopilot;
mod capacity_units;
mod cpu_credits;
mod fargate;

pub use autopilot::{AutopilotPod, AutopilotRules};
pub use capacity_units::{BalancerUse, CapacityUnit};
pub use cpu_credits::{CpuCredits, CreditTerms};
pub use fargate::{FARGATE_OVERHEAD_BYTES, FargateSize};
