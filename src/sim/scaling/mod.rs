//! Pod autoscalers at work: horizontal and vertical, and the metrics that they read.

pub(crate) mod admission;
pub(crate) mod horizontal;
pub(crate) mod looks;
pub(crate) mod metered_pods;
pub(crate) mod metrics_server;
mod pod_sums;
pub(crate) mod vertical;
