//! From API objects to the cluster room's types.
//!
//! [`Converter`] holds what all kinds need; each file adds its kinds. Start reading at `pod.rs`.

mod affinity;
mod node;
mod pod;
mod requests;
mod storage;

use crate::cluster::{ClusterState, Labels, Resources};
use crate::intern::Symbol;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::meta::Time;
use crate::scheduler::Rules;
use crate::units::{Quantity, SimTime};
use std::collections::BTreeMap;

/// The scheduler of pods that name none.
pub(super) const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Turns API objects into cluster objects. What cannot be turned is in [`Converter::issues`], with the
/// field; the object is then left out or read as upstream reads it.
pub struct Converter<'a> {
    cluster: &'a mut ClusterState,
    /// The wall-clock instant of [`SimTime::ZERO`].
    epoch: jiff::Timestamp,
    /// By the rules of which version the API server and the scheduler read a pod.
    rules: Rules,
    /// What was wrong, by field of the object at hand.
    pub issues: Issues,
}

impl<'a> Converter<'a> {
    /// A converter into `cluster`. API timestamps become virtual time relative to `epoch`.
    pub fn new(cluster: &'a mut ClusterState, epoch: jiff::Timestamp) -> Self {
        Converter { cluster, epoch, rules: Rules::default(), issues: Issues::new() }
    }

    /// This converter, reading pods by the rules of another version than 1.28.
    pub fn by(self, rules: Rules) -> Self {
        Converter { rules, ..self }
    }
    /// As [`by`](Self::by), from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }
    /// The rules by which pods are read.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// The cluster converted into.
    pub fn cluster(&mut self) -> &mut ClusterState {
        self.cluster
    }

    /// Virtual time of an API timestamp.
    pub fn time(&self, time: Time) -> SimTime {
        let nanos = time.0.as_nanosecond() - self.epoch.as_nanosecond();
        SimTime::from_nanos(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The symbol of a text.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        self.cluster.symbols.intern(text)
    }

    /// A label map.
    pub fn labels(&mut self, api: &BTreeMap<String, String>) -> Labels {
        api.iter().map(|(key, value)| (self.symbol(key), self.symbol(value))).collect()
    }

    /// Cpu, memory and the rest, each rounded up once.
    pub fn resources(&mut self, field: &str, api: &BTreeMap<String, Quantity>) -> Resources {
        let mut resources = Resources::default();
        for (name, quantity) in api {
            if quantity.is_negative() {
                let message = format!("`{quantity}` is negative, expected 0 or more; read as 0");
                self.issues.push(Issue::error(format!("{field}.{name}"), message));
                continue;
            }
            match name.as_str() {
                "cpu" => resources.cpu_milli = quantity.milli_value(),
                "memory" => resources.memory_bytes = quantity.value(),
                "ephemeral-storage" => resources.ephemeral_bytes = quantity.value(),
                "pods" | "storage" => {}
                _ => resources.set_scalar(self.symbol(name), quantity.value()),
            }
        }
        resources
    }

    fn time_or_start(&self, time: Option<Time>) -> SimTime {
        time.map_or(SimTime::ZERO, |time| self.time(time))
    }
}
