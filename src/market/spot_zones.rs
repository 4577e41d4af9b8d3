//! How spot prices differ between the zones of a region: `data/ec2_spot_zones.csv`.

use rustc_hash::FxHashMap;

/// Spot prices of a machine type over the zones of a region at one time, USD per hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpotSpread {
    /// How many zones.
    pub zones: u32,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

/// Spreads by machine type and region.
pub(super) struct SpotZones(FxHashMap<(&'static str, &'static str), SpotSpread>);

impl SpotZones {
    /// The table in `text`: type, region, zones, min, median, mean, max.
    pub(super) fn parse(text: &'static str) -> Self {
        let row = |line: &'static str| {
            let [kind, region, zones, min, _, _, max] = line.split(',').collect::<Vec<_>>()[..] else { return None };
            let spread = SpotSpread { zones: zones.parse().ok()?, min: min.parse().ok()?, max: max.parse().ok()? };
            Some(((kind, region), spread))
        };
        SpotZones(text.lines().skip(1).filter_map(row).collect())
    }
    pub(super) fn of(&self, kind: &str, region: &str) -> Option<SpotSpread> {
        self.0.iter().find(|((name, place), _)| *name == kind && *place == region).map(|(_, spread)| *spread)
    }
}

#[cfg(test)]
mod tests {
    use crate::market::Catalog;

    #[test]
    fn every_row_is_read_and_in_order() {
        let text = include_str!("../../data/ec2_spot_zones.csv");
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let spread = Catalog::shipped().spot_spread(cells[0], cells[1]).expect(line);
            assert!(spread.zones > 0 && 0.0 < spread.min && spread.min <= spread.max, "{line}");
        }
        assert_eq!(Catalog::shipped().spot_spread("m5.large", "moon"), None);
    }
}
