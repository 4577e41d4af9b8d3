//! A disk, and what is paid for it: its size, and what it was promised above that.

use super::price_name::PriceName;
use crate::market::Provider;

/// Kinds of disks that are paid for by their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DiskKind {
    Gp2,
    Gp3,
    Io1,
    Io2,
    St1,
    Sc1,
    Magnetic,
    PdStandard,
    PdBalanced,
    PdSsd,
    PdExtreme,
}

/// A disk as it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) kind: DiskKind,
    pub(super) gib: i64,
    /// Provisioned operations per second; 0 where the kind has no such thing.
    pub(super) iops: i64,
    /// Provisioned MiB per second; 0 where the kind has no such thing.
    pub(super) throughput: i64,
    /// Two copies in two zones (Google Cloud).
    pub(super) is_regional: bool,
}

/// A part of what is paid for a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DiskPart {
    pub(super) price: PriceName,
    /// GiB, operations per second, MiB per second.
    pub(super) units: i64,
}

/// Operations per second that every gp3 volume has.
pub(super) const GP3_IOPS: i64 = 3000;
/// MiB per second that every gp3 volume has.
pub(super) const GP3_THROUGHPUT: i64 = 125;
/// Above so many operations per second those of io2 are cheaper, and cheaper again.
const IO2_TIERS: [i64; 2] = [32_000, 64_000];

impl DiskKind {
    /// As the clouds' interfaces and drivers write it.
    pub(super) fn named(name: &str) -> Option<DiskKind> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gp2" => DiskKind::Gp2,
            "gp3" => DiskKind::Gp3,
            "io1" => DiskKind::Io1,
            "io2" => DiskKind::Io2,
            "st1" => DiskKind::St1,
            "sc1" => DiskKind::Sc1,
            "standard" => DiskKind::Magnetic,
            "pd-standard" => DiskKind::PdStandard,
            "pd-balanced" => DiskKind::PdBalanced,
            "pd-ssd" => DiskKind::PdSsd,
            "pd-extreme" => DiskKind::PdExtreme,
            _ => return None,
        })
    }
    /// As the clouds write it.
    pub(super) fn name(self) -> &'static str {
        match self {
            DiskKind::Gp2 => "gp2",
            DiskKind::Gp3 => "gp3",
            DiskKind::Io1 => "io1",
            DiskKind::Io2 => "io2",
            DiskKind::St1 => "st1",
            DiskKind::Sc1 => "sc1",
            DiskKind::Magnetic => "standard",
            DiskKind::PdStandard => "pd-standard",
            DiskKind::PdBalanced => "pd-balanced",
            DiskKind::PdSsd => "pd-ssd",
            DiskKind::PdExtreme => "pd-extreme",
        }
    }
    /// The names that a cloud's disks have.
    pub(super) fn names(provider: Provider) -> &'static [&'static str] {
        match provider {
            Provider::Aws => &["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"],
            Provider::Gcp => &["pd-standard", "pd-balanced", "pd-ssd", "pd-extreme"],
        }
    }
    /// Whose it is.
    pub(super) fn provider(self) -> Provider {
        match self {
            DiskKind::PdStandard | DiskKind::PdBalanced | DiskKind::PdSsd | DiskKind::PdExtreme => Provider::Gcp,
            _ => Provider::Aws,
        }
    }
    /// Least and most provisioned operations per second; none where they are not provisioned.
    ///
    /// Source: docs.aws.amazon.com, "Amazon EBS volume types".
    pub(super) fn iops_bounds(self) -> Option<(i64, i64)> {
        match self {
            DiskKind::Gp3 => Some((GP3_IOPS, 80_000)),
            DiskKind::Io1 => Some((100, 64_000)),
            DiskKind::Io2 => Some((100, 256_000)),
            DiskKind::PdExtreme => Some((2500, 120_000)),
            _ => None,
        }
    }
    fn size_price(self, is_regional: bool) -> PriceName {
        match (self, is_regional) {
            (DiskKind::Gp2, _) => PriceName::of("gp2_gb_month"),
            (DiskKind::Gp3, _) => PriceName::of("gp3_gb_month"),
            (DiskKind::Io1, _) => PriceName::of("io1_gb_month"),
            (DiskKind::Io2, _) => PriceName::of("io2_gb_month"),
            (DiskKind::St1, _) => PriceName::of("st1_gb_month"),
            (DiskKind::Sc1, _) => PriceName::of("sc1_gb_month"),
            (DiskKind::Magnetic, _) => PriceName::of("magnetic_gb_month").or("gp2_gb_month", 0.5),
            (DiskKind::PdStandard, false) => PriceName::of("pd_standard_gb_month"),
            (DiskKind::PdStandard, true) => {
                PriceName::of("pd_standard_regional_gb_month").or("pd_standard_gb_month", 2.0)
            }
            (DiskKind::PdBalanced, false) => PriceName::of("pd_balanced_gb_month"),
            (DiskKind::PdBalanced, true) => {
                PriceName::of("pd_balanced_regional_gb_month").or("pd_balanced_gb_month", 2.0)
            }
            (DiskKind::PdSsd, false) => PriceName::of("pd_ssd_gb_month"),
            (DiskKind::PdSsd, true) => PriceName::of("pd_ssd_regional_gb_month").or("pd_ssd_gb_month", 2.0),
            (DiskKind::PdExtreme, _) => PriceName::of("pd_extreme_gb_month").or("pd_ssd_gb_month", 0.125 / 0.17),
        }
    }
}

impl DiskPart {
    /// What it is, in words: `gp3 storage`, `gp3 IOPS`, `gp3 throughput`, `io2 IOPS above 32000`.
    pub(super) fn words(&self) -> String {
        const PARTS: [(&str, &str); 5] = [
            ("_gb_month", "storage"),
            ("_mbps_month", "throughput"),
            ("_iops_32001_64000_month", "IOPS above 32000"),
            ("_iops_over_64000_month", "IOPS above 64000"),
            ("_iops_month", "IOPS"),
        ];
        let words = |(end, what): (&str, &str)| {
            let disk = self.price.item.strip_suffix(end)?;
            Some(format!("{} {what}", disk.replace('_', "-")))
        };
        PARTS.into_iter().find_map(words).unwrap_or_else(|| self.price.item.to_owned())
    }
}

impl Disk {
    /// A disk of this kind as it is made where nothing more is asked for.
    pub(super) fn plain(kind: DiskKind, gib: i64) -> Disk {
        let iops = kind.iops_bounds().map_or(0, |(least, _)| least);
        let throughput = if kind == DiskKind::Gp3 { GP3_THROUGHPUT } else { 0 };
        Disk { kind, gib, iops, throughput, is_regional: false }
    }

    /// What is paid for it, in units of a month; parts of nothing are left out.
    pub(super) fn parts(&self) -> Vec<DiskPart> {
        let mut parts = vec![DiskPart { price: self.kind.size_price(self.is_regional), units: self.gib }];
        let mut add = |price: PriceName, units: i64| parts.push(DiskPart { price, units });
        match self.kind {
            DiskKind::Gp3 => {
                add(PriceName::of("gp3_iops_month"), self.iops - GP3_IOPS);
                add(PriceName::of("gp3_mbps_month"), self.throughput - GP3_THROUGHPUT);
            }
            DiskKind::Io1 => add(PriceName::of("io1_iops_month"), self.iops),
            DiskKind::Io2 => {
                // Each volume's own, whatever others have: these are no tiers of the account's.
                let [first, second] = IO2_TIERS;
                add(PriceName::of("io2_iops_month").or("io1_iops_month", 1.0), self.iops.min(first));
                let above = PriceName::of("io2_iops_32001_64000_month").or("io1_iops_month", 0.7);
                add(above, self.iops.min(second) - first);
                let far_above = PriceName::of("io2_iops_over_64000_month").or("io1_iops_month", 0.49);
                add(far_above, self.iops - second);
            }
            DiskKind::PdExtreme => add(PriceName::of("pd_extreme_iops_month"), self.iops),
            _ => {}
        }
        parts.retain(|part| part.units > 0);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(disk: Disk) -> Vec<(&'static str, i64)> {
        disk.parts().into_iter().map(|part| (part.price.item, part.units)).collect()
    }

    #[test]
    fn gp3_is_paid_for_what_exceeds_its_baseline() {
        assert_eq!(parts(Disk::plain(DiskKind::Gp3, 100)), [("gp3_gb_month", 100)]);
        let fast = Disk { iops: 5000, throughput: 300, ..Disk::plain(DiskKind::Gp3, 100) };
        let expected = [("gp3_gb_month", 100), ("gp3_iops_month", 2000), ("gp3_mbps_month", 175)];
        assert_eq!(parts(fast), expected);
    }

    #[test]
    fn parts_have_names_for_people() {
        let words = |disk: Disk| disk.parts().iter().map(DiskPart::words).collect::<Vec<_>>();
        let fast = Disk { iops: 5000, throughput: 300, ..Disk::plain(DiskKind::Gp3, 100) };
        assert_eq!(words(fast), ["gp3 storage", "gp3 IOPS", "gp3 throughput"]);
        let faster = Disk { iops: 70_000, ..Disk::plain(DiskKind::Io2, 500) };
        assert_eq!(words(faster), ["io2 storage", "io2 IOPS", "io2 IOPS above 32000", "io2 IOPS above 64000"]);
        assert_eq!(words(Disk { is_regional: true, ..Disk::plain(DiskKind::PdSsd, 10) }), ["pd-ssd-regional storage"]);
    }

    #[test]
    fn io2_has_tiers_within_a_volume() {
        let fast = Disk { iops: 70_000, ..Disk::plain(DiskKind::Io2, 500) };
        let expected = [
            ("io2_gb_month", 500),
            ("io2_iops_month", 32_000),
            ("io2_iops_32001_64000_month", 32_000),
            ("io2_iops_over_64000_month", 6000),
        ];
        assert_eq!(parts(fast), expected);
        assert_eq!(parts(Disk::plain(DiskKind::Io1, 10)), [("io1_gb_month", 10), ("io1_iops_month", 100)]);
    }
}
