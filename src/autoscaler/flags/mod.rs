//! Cluster Autoscaler's flags under their own names, with the defaults of each version.
//!
//! A flag is one row of `table.rs`: what it does, its name, the kind of its values, its field, its default, and the
//! versions that know it. All else comes from there: to add a flag, add its row. `kind.rs` has the kinds of values.

mod contradictions;
mod define;
mod group_options;
mod groups;
mod kind;
mod of_groups;
mod table;
mod values;
mod without_effect;

pub use group_options::GroupOptions;
pub use groups::{Discovery, NamedGroup};
pub use table::Flags;
pub use values::{DrainPriority, Expander, GpuLimit, Priorities};

use crate::release::KubernetesVersion;
use define::Flag;
use table::FLAGS;
use without_effect::{SINCE, UNTIL, WITHOUT_EFFECT};

/// What became of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagOutcome {
    /// It is set.
    Set,
    /// It exists and has no effect here.
    WithoutEffect,
    /// Its value is wrong: what was expected.
    Bad(String),
    /// It is newer than the autoscaler: the version that brought it.
    Later(KubernetesVersion),
    /// The autoscaler has it no more: the version that removed it, and what to use instead.
    Gone(KubernetesVersion, &'static str),
    /// There is no such flag; perhaps this one was meant.
    Unknown(Option<&'static str>),
}

impl Flags {
    /// Sets `--name=value`; an empty value means that only the name was given. Names are written with `-` or `_`.
    pub fn set(&mut self, name: &str, value: &str) -> FlagOutcome {
        let name = &*name.replace('_', "-");
        let flag = find(name);
        if flag.is_none() && !without_effect().any(|known| known == name) {
            return FlagOutcome::Unknown(nearest(name));
        }
        if let Some(stranger) = self.stranger(name) {
            return stranger;
        }
        let Some(flag) = flag else { return FlagOutcome::WithoutEffect };
        if let Err(expected) = (flag.set)(self, value).and_then(|()| self.knows_expanders(name)) {
            return FlagOutcome::Bad(expected);
        }
        self.share_bulk_limit(name);
        self.grace_given |= name == "max-graceful-termination-sec";
        FlagOutcome::Set
    }

    /// What is to be said of a flag that the version does not know yet, or no more.
    fn stranger(&self, name: &str) -> Option<FlagOutcome> {
        let since = match find(name) {
            Some(flag) => flag.since,
            None => SINCE.iter().find(|(later, _)| *later == name).map_or(KubernetesVersion::OLDEST, |row| row.1),
        };
        let gone = match find(name) {
            Some(flag) => flag.gone,
            None => UNTIL.iter().find(|(old, _, _)| *old == name).map(|(_, gone, instead)| (*gone, *instead)),
        };
        if self.version() < since {
            return Some(FlagOutcome::Later(since));
        }
        gone.filter(|(gone, _)| self.version() >= *gone).map(|(gone, instead)| FlagOutcome::Gone(gone, instead))
    }

    /// Expanders that the version has not. Upstream: `expander.AvailableExpanders`. Errors: what was expected.
    fn knows_expanders(&mut self, name: &str) -> Result<(), String> {
        let unknown = self.expander.iter().find(|expander| expander.since() > self.version());
        match unknown {
            Some(expander) if name == "expander" => {
                let (name, since) = (expander.name(), expander.since());
                Err(format!("an expander of Cluster Autoscaler {}: {name} came with {since}", self.version()))
            }
            _ => Ok(()),
        }
    }

    /// Whether `--name` alone says something, and the next word is another.
    pub fn is_switch(name: &str) -> bool {
        find(&name.replace('_', "-")).is_some_and(|flag| flag.is_switch)
    }

    /// Upstream: `main.createAutoscalingOptions`, 1.28.0: of the two limits, one given alone holds for both.
    fn share_bulk_limit(&mut self, given: &str) {
        match given {
            "max-scale-down-parallelism" => self.bulk_given.0 = true,
            "max-empty-bulk-delete" => self.bulk_given.1 = true,
            _ => return,
        }
        match self.bulk_given {
            (true, false) => self.max_empty_bulk_delete = self.max_scale_down_parallelism,
            (false, true) => self.max_scale_down_parallelism = self.max_empty_bulk_delete,
            _ => {}
        }
    }
}

fn find(name: &str) -> Option<&'static Flag<Flags>> {
    FLAGS.iter().find(|flag| flag.is(name))
}

fn without_effect() -> impl Iterator<Item = &'static str> {
    WITHOUT_EFFECT.iter().flat_map(|(_, names)| *names).copied()
}

/// Every name that is known.
fn names() -> impl Iterator<Item = &'static str> {
    let names = FLAGS.iter().flat_map(|flag| [flag.name].into_iter().chain(flag.aliases.iter().copied()));
    names.chain(without_effect())
}

fn nearest(name: &str) -> Option<&'static str> {
    // More changes than these make no slip, and long names take memory.
    let near = names()
        .filter(|known| known.len().abs_diff(name.len()) <= 3)
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .min()?;
    (near.0 <= 3).then_some(near.1)
}

#[cfg(test)]
mod tests;
