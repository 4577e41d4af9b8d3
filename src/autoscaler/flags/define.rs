//! The form of a row: from it come the field of `Flags`, its defaults, the versions that know it and the way it is set.

use crate::release::KubernetesVersion;

/// One flag of `F`.
pub(super) struct Flag<F> {
    /// Without the dashes.
    pub(super) name: &'static str,
    /// Other names for the same.
    pub(super) aliases: &'static [&'static str],
    /// What the flag is where nobody gives it, written as on the command line; nothing for lists that are empty then.
    pub(super) default: &'static str,
    /// What it is from some version on.
    pub(super) later_default: Option<(KubernetesVersion, &'static str)>,
    /// The version that brought it.
    pub(super) since: KubernetesVersion,
    /// The version that removed it, and what to use instead.
    pub(super) gone: Option<(KubernetesVersion, &'static str)>,
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

    /// What it is in a version where nobody gives it; nothing for lists that are empty then.
    pub(super) fn default_in(&self, version: KubernetesVersion) -> &'static str {
        self.later_default.filter(|(from, _)| version >= *from).map_or(self.default, |(_, later)| later)
    }
}

/// `/// What it does.` `"name" | "alias" => KIND, field: Type = "default";`, and before the semicolon, where versions differ,
/// `, from V1_33 "later default"`, `, since V1_30`, `, gone V1_32 "what to use instead"`.
macro_rules! flags {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $(| $alias:literal)? => $kind:ident, $field:ident: $type:ty = $default:literal
        $(, from $from:ident $later:literal)? $(, since $since:ident)? $(, gone $gone:ident $instead:literal)?;
    )+) => {
        /// What the flags say; a field per flag.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Flags {
            /// Whose flags they are.
            version: $crate::release::KubernetesVersion,
            /// What that version does differently: no flag.
            pub rules: $crate::autoscaler::rules::Rules,
            $($(#[doc = $doc])+ pub $field: $type,)+
            /// The priority expander's ConfigMap: no flag.
            pub priorities: $crate::autoscaler::flags::Priorities,
            /// What the groups' tags say in place of flags, by group; none where no tag does.
            pub of_groups: $crate::id::IdVec<$crate::id::GroupId, $crate::autoscaler::flags::GroupOptions>,
            /// Which of `--max-scale-down-parallelism` and `--max-empty-bulk-delete` were given.
            pub(super) bulk_given: (bool, bool),
            /// `--max-graceful-termination-sec` was given.
            pub(super) grace_given: bool,
        }

        impl Flags {
            /// Those of a version, as they are where nobody gives any.
            pub fn of(version: $crate::release::KubernetesVersion) -> Self {
                let mut flags = Flags {
                    version,
                    rules: $crate::autoscaler::rules::Rules::of(version),
                    $($field: Default::default(),)+
                    priorities: Default::default(),
                    of_groups: Default::default(),
                    bulk_given: (false, false),
                    grace_given: false,
                };
                for flag in FLAGS {
                    let default = flag.default_in(version);
                    let parsed = if default.is_empty() { Ok(()) } else { (flag.set)(&mut flags, default) };
                    debug_assert!(parsed.is_ok(), "the default of --{}: {parsed:?}", flag.name);
                }
                flags
            }

            /// Whose flags and rules they are.
            pub fn version(&self) -> $crate::release::KubernetesVersion {
                self.version
            }
        }

        impl Default for Flags {
            fn default() -> Self {
                Flags::of($crate::autoscaler::rules::DEFAULT_VERSION)
            }
        }

        /// All flags that change decisions, by name.
        pub(super) const FLAGS: &[Flag<Flags>] = &[$(Flag {
            name: $name,
            aliases: &[$($alias)?],
            default: $default,
            later_default: [$(($crate::release::KubernetesVersion::$from, $later),)?].first().copied(),
            since: [$($crate::release::KubernetesVersion::$since,)? $crate::release::KubernetesVersion::OLDEST][0],
            gone: [$(($crate::release::KubernetesVersion::$gone, $instead),)?].first().copied(),
            is_switch: kind::$kind.is_switch,
            set: |flags, value| (kind::$kind.parse)(value, &mut flags.$field),
            #[cfg(test)]
            about: concat!($($doc, "\n"),+),
        },)+];
    };
}
pub(super) use flags;
