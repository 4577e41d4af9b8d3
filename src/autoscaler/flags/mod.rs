//! Cluster Autoscaler's flags under their own names, with the defaults of 1.28.0.
//!
//! A flag is one row of `table.rs`: what it does, its name, the kind of its values, its field, its default. All else
//! comes from there: to add a flag, add its row. `kind.rs` has the kinds of values.

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
pub use values::{Expander, GpuLimit, Priorities};

use define::Flag;
use table::FLAGS;
use without_effect::{LATER, WITHOUT_EFFECT};

/// What became of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagOutcome {
    /// It is set.
    Set,
    /// It exists and has no effect here.
    WithoutEffect,
    /// Its value is wrong: what was expected.
    Bad(String),
    /// It is newer than 1.28: the version that brought it.
    Later(&'static str),
    /// There is no such flag; perhaps this one was meant.
    Unknown(Option<&'static str>),
}

impl Flags {
    /// Sets `--name=value`; an empty value means that only the name was given. Names are written with `-` or `_`.
    pub fn set(&mut self, name: &str, value: &str) -> FlagOutcome {
        let name = &*name.replace('_', "-");
        match find(name) {
            Some(flag) => match (flag.set)(self, value) {
                Ok(()) => {
                    self.share_bulk_limit(name);
                    FlagOutcome::Set
                }
                Err(expected) => FlagOutcome::Bad(expected),
            },
            None if without_effect().any(|known| known == name) => FlagOutcome::WithoutEffect,
            None => match LATER.iter().find(|(later, _)| *later == name) {
                Some((_, version)) => FlagOutcome::Later(version),
                None => FlagOutcome::Unknown(nearest(name)),
            },
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
    let near = names().map(|known| (strsim::damerau_levenshtein(known, name), known)).min()?;
    (near.0 <= 3).then_some(near.1)
}

#[cfg(test)]
mod tests;
