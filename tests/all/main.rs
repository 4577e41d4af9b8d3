//! All tests from outside, as one program: each more would link the library once more, which takes minutes.

mod autoscaler_expanders;
mod autoscaler_groups;
mod autoscaler_legacy;
mod autoscaler_machines;
mod autoscaler_rules;
mod autoscaler_storm;
mod autoscaler_world;
mod cli;
mod dry_run_autoscale;
mod dry_run_hpa;
mod dumps;
mod house;
mod invariants;
mod latency;
mod latency_fit;
mod latency_laws;
mod lives;
mod metamorphic;
mod overlaps;
mod recorded_world;
mod rollouts;
mod scenarios;
mod schedule;
mod small_cluster;
mod vertical;
mod why;
