//! How large an EC2 instance is to a Reserved Instance.
//!
//! Source: EC2 User Guide, "How Reserved Instances are applied" (apply_ri): normalization factors, bare metal,
//! limitations of size flexibility.

/// Families whose Reserved Instances cover their own size only.
const ONE_SIZE: [&str; 4] = ["g4ad", "g4dn", "g5", "g5g"];

/// Bare metal, as quarters of a `small`: as large as the largest virtual size of the family.
const METAL: [(u32, &[&str]); 6] = [
    (32, &["a1"]),
    (96, &["m5zn", "z1d"]),
    (128, &["c6g", "c6gd", "i3", "m6g", "m6gd", "r6g", "r6gd", "x2gd"]),
    (144, &["c5n"]),
    (192, &["c5", "c5d", "g4dn", "i3en", "m5", "m5d", "m5dn", "m5n", "r5", "r5b", "r5d", "r5dn", "r5n"]),
    (
        256,
        &[
            "c6a", "c6i", "c6id", "c6in", "i4i", "m6a", "m6i", "m6id", "m6idn", "m6in", "r6a", "r6i", "r6id", "r6idn",
            "r6in", "x2idn", "x2iedn",
        ],
    ),
];

/// `m5` of `m5.large`; all of it where there is no size.
pub fn family(instance_type: &str) -> &str {
    instance_type.split_once('.').map_or(instance_type, |(family, _)| family)
}

/// Whether a regional Reserved Instance of this type covers other sizes of its family.
pub fn is_size_flexible(instance_type: &str) -> bool {
    !ONE_SIZE.contains(&family(instance_type)) && size_factor(instance_type).is_some()
}

/// The normalization factor in quarters, so that it is whole: `nano` is 1, `large` 16, `xlarge` 32, `2xlarge` 64. None
/// for sizes that have none.
pub fn size_factor(instance_type: &str) -> Option<u32> {
    let (family, size) = instance_type.split_once('.')?;
    let named = match size {
        "nano" => 1,
        "micro" => 2,
        "small" => 4,
        "medium" => 8,
        "large" => 16,
        "xlarge" => 32,
        "metal" => return metal(family),
        _ => 0,
    };
    if named > 0 {
        return Some(named);
    }
    // `12xlarge`; `metal-24xl` is as large as `24xlarge`.
    let times = size.strip_suffix("xlarge").or_else(|| size.strip_prefix("metal-")?.strip_suffix("xl"))?;
    times.parse::<u32>().ok().filter(|times| (1..=1000).contains(times)).map(|times| times * 32)
}

fn metal(family: &str) -> Option<u32> {
    if family.starts_with("u-") {
        return Some(896 * 4);
    }
    METAL.iter().find(|(_, families)| families.contains(&family)).map(|(factor, _)| factor * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_amazons() {
        let factor = |kind: &str| size_factor(kind).map(|quarters| f64::from(quarters) / 4.0);
        let listed = [
            ("t3.nano", 0.25),
            ("t3.micro", 0.5),
            ("t3.small", 1.0),
            ("t3.medium", 2.0),
            ("m5.large", 4.0),
            ("m5.xlarge", 8.0),
            ("m5.2xlarge", 16.0),
            ("c5.9xlarge", 72.0),
            ("c5.18xlarge", 144.0),
            ("m7i.48xlarge", 384.0),
            ("u7i.112xlarge", 896.0),
            ("i3.metal", 128.0),
            ("m5.metal", 192.0),
            ("m7i.metal-24xl", 192.0),
            ("u-6tb1.metal", 896.0),
        ];
        for (kind, expected) in listed {
            assert_eq!(factor(kind), Some(expected), "{kind}");
        }
        assert_eq!((factor("m5.huge"), factor("m5"), factor("m5.0xlarge")), (None, None, None));
    }

    #[test]
    fn graphics_cover_their_own_size_only() {
        assert!(!is_size_flexible("g4dn.xlarge") && !is_size_flexible("g5.2xlarge") && is_size_flexible("g6.xlarge"));
    }
}
