//! Minor versions of Kubernetes.

use std::fmt;

/// A minor version whose rules are known. The order is that of the releases. The default is the newest that is known in every room: of 1.36
/// the scheduler and the HPA are, Cluster Autoscaler is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum KubernetesVersion {
    V1_28,
    V1_29,
    V1_30,
    V1_31,
    V1_32,
    V1_33,
    V1_34,
    #[default]
    V1_35,
    V1_36,
}

use KubernetesVersion::*;

/// Why a text is no version that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// It is no version at all.
    NoVersion,
    /// Its rules are not known; those of the nearest version are.
    Nearest(KubernetesVersion),
}

impl KubernetesVersion {
    /// All, oldest first.
    pub const ALL: [KubernetesVersion; 9] = [V1_28, V1_29, V1_30, V1_31, V1_32, V1_33, V1_34, V1_35, V1_36];
    /// The oldest.
    pub const OLDEST: KubernetesVersion = V1_28;
    /// The newest.
    pub const NEWEST: KubernetesVersion = V1_36;

    /// The minor number: 28 of 1.28.
    pub const fn minor(self) -> u32 {
        28 + self as u32
    }

    /// From `1.28`, `v1.33.2`, `v1.29.3-eks-ae9a62a`, `1.30+` or the like.
    ///
    /// Errors: it is not a version, or one whose rules are not known.
    pub fn parse(text: &str) -> Result<Self, Unsupported> {
        let text = text.trim();
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let mut number = |may_end: bool| -> Option<u32> {
            let part = parts.next()?;
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let ends = &part[digits..];
            let is_number = digits > 0 && (ends.is_empty() || may_end && ends.starts_with(['+', '-']));
            is_number.then(|| part[..digits].parse().unwrap_or(u32::MAX))
        };
        let (Some(major), Some(minor)) = (number(false), number(true)) else { return Err(Unsupported::NoVersion) };
        match (major, minor) {
            (1, minor) => {
                let known = Self::ALL.into_iter().find(|version| version.minor() == minor);
                let nearest = if minor < Self::OLDEST.minor() { Self::OLDEST } else { Self::NEWEST };
                known.ok_or(Unsupported::Nearest(nearest))
            }
            (0, _) => Err(Unsupported::Nearest(Self::OLDEST)),
            _ => Err(Unsupported::Nearest(Self::NEWEST)),
        }
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor())
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (oldest, newest) = (KubernetesVersion::OLDEST, KubernetesVersion::NEWEST);
        match self {
            Unsupported::NoVersion => write!(f, "expected a version such as {}", KubernetesVersion::default()),
            Unsupported::Nearest(version) => write!(f, "expected {oldest} to {newest}; the nearest is {version}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_and_kubelets_write_them() {
        for (text, version) in
            [("1.28", V1_28), ("v1.33.2", V1_33), ("1.29.3-eks-ae9a62a", V1_29), ("1.30+", V1_30), (" 1.36 ", V1_36)]
        {
            assert_eq!(KubernetesVersion::parse(text), Ok(version), "{text}");
        }
        for text in ["", "1", "1.", "latest", "1.x", "1.3x", "vv1.30", "-1.30"] {
            assert_eq!(KubernetesVersion::parse(text), Err(Unsupported::NoVersion), "{text}");
        }
        for (text, nearest) in [("1.3", V1_28), ("1.27", V1_28), ("0.30", V1_28), ("1.99", V1_36), ("2.1", V1_36)] {
            assert_eq!(KubernetesVersion::parse(text), Err(Unsupported::Nearest(nearest)), "{text}");
        }
        assert_eq!(KubernetesVersion::parse("1.99999999999"), Err(Unsupported::Nearest(V1_36)));
    }

    #[test]
    fn the_list_is_whole_and_in_order() {
        for (at, version) in KubernetesVersion::ALL.into_iter().enumerate() {
            assert_eq!(version as usize, at);
            assert_eq!(KubernetesVersion::parse(&version.to_string()), Ok(version));
        }
    }
}
