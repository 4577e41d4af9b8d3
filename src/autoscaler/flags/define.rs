//! The form of a row: from it come the field of `Flags`, its default and the way it is set.

/// One flag of `F`.
pub(super) struct Flag<F> {
    /// Without the dashes.
    pub(super) name: &'static str,
    /// Other names for the same.
    pub(super) aliases: &'static [&'static str],
    /// What the flag is where nobody gives it, written as on the command line; nothing for lists that are empty then.
    pub(super) default: &'static str,
    /// The name alone says something, and the next word is another.
    pub(super) is_switch: bool,
    /// Sets it. Errors: what was expected.
    pub(super) set: fn(&mut F, &str) -> Result<(), String>,
    #[cfg(test)]
    pub(super) about: &'static str,
}

impl<F> Flag<F> {
    /// Whether it has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// `/// What it does.` `"name" | "alias" => KIND, field: Type = "default";`
macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $name:literal $(| $alias:literal)? => $kind:ident, $field:ident: $type:ty = $default:literal;)+) => {
        /// What the flags say; a field per flag.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Flags {
            $($(#[doc = $doc])+ pub $field: $type,)+
            /// The priority expander's ConfigMap: no flag.
            pub priorities: $crate::autoscaler::flags::Priorities,
            /// What the groups' tags say in place of flags, by group; none where no tag does.
            pub of_groups: $crate::id::IdVec<$crate::id::GroupId, $crate::autoscaler::flags::GroupOptions>,
            /// Which of `--max-scale-down-parallelism` and `--max-empty-bulk-delete` were given.
            pub(super) bulk_given: (bool, bool),
        }

        impl Default for Flags {
            fn default() -> Self {
                let mut flags = Flags {
                    $($field: Default::default(),)+
                    priorities: Default::default(),
                    of_groups: Default::default(),
                    bulk_given: (false, false),
                };
                for flag in FLAGS.iter().filter(|flag| !flag.default.is_empty()) {
                    let parsed = (flag.set)(&mut flags, flag.default);
                    debug_assert!(parsed.is_ok(), "the default of --{}: {parsed:?}", flag.name);
                }
                flags
            }
        }

        /// All flags that change decisions, by name.
        pub(super) const FLAGS: &[Flag<Flags>] = &[$(Flag {
            name: $name,
            aliases: &[$($alias)?],
            default: $default,
            is_switch: kind::$kind.is_switch,
            set: |flags, value| (kind::$kind.parse)(value, &mut flags.$field),
            #[cfg(test)]
            about: concat!($($doc, "\n"),+),
        },)+];
    };
}
pub(super) use flags;
