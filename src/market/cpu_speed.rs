//! How fast the cores of a machine type are, by a published benchmark.

use super::catalog::Catalog;
use super::instance_type::Provider;
use super::table::Table;
use std::sync::LazyLock;

/// A core's score, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuScore {
    /// Geekbench 6, one core; above 0. Only ratios mean something.
    pub score: f64,
    /// The type that was measured: of the same family, or with the same processor.
    pub measured_on: &'static str,
    /// The processor.
    pub processor: &'static str,
}

impl Catalog {
    /// The score of a type's cores, by its family; nothing where nobody published one, or the type does not exist.
    ///
    /// Source: `data/PROVENANCE.md`. A vCPU of most x86 types is one of two threads of a core, which the score of one
    /// thread alone does not show.
    pub fn cpu_score(&self, instance_type: &str) -> Option<CpuScore> {
        static SCORES: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../../data/cpu_speeds.csv")));
        let kind = self.known_instance_type(instance_type)?;
        let end = match kind.provider {
            Provider::Aws => instance_type.find('.')?,
            Provider::Gcp => instance_type.find('-')?,
        };
        let mut cells = SCORES.row(instance_type.get(..=end)?)?.skip(1);
        let (score, measured_on, processor) = (cells.next()?, cells.next()?, cells.next()?);
        Some(CpuScore { score: score.parse().ok()?, measured_on, processor })
    }
}

impl Provider {
    /// The type on which profiles are taken to have been measured where nothing is said.
    pub const fn cpu_reference(self) -> &'static str {
        match self {
            Provider::Aws => "m5.large",
            Provider::Gcp => "e2-standard-2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_generations_are_faster_and_unknown_ones_are_not_guessed() {
        let score = |name: &str| Catalog::shipped().cpu_score(name).map(|found| found.score);
        assert_eq!(score("m5.large"), score("t3.medium"), "the same processor");
        assert!(score("m5a.large") < score("m5.large") && score("m5.large") < score("m6i.large"));
        assert!(score("m6g.large") < score("m7g.large") && score("m7g.large") < score("m8g.large"));
        // Two clouds have a family `c4`.
        assert!(score("c4.large") < score("c4-standard-2"));
        assert_eq!((score("a1.large"), score("m5.nothing")), (None, None));
    }

    #[test]
    fn every_row_is_of_a_family_that_exists_and_names_a_type_that_does() {
        let families: std::collections::BTreeSet<&str> =
            Catalog::shipped().instance_types().filter_map(|name| name.get(..=name.find(['.', '-'])?)).collect();
        for line in include_str!("../../data/cpu_speeds.csv").lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let is_flex = cells[0].contains("-flex.");
            assert!(is_flex || families.contains(cells[0]), "{line}");
            assert!(Catalog::shipped().cpu_score(cells[2]).is_some_and(|found| found.score > 0.0), "{line}");
            assert_eq!(cells.len(), 4, "{line}");
        }
        for provider in [Provider::Aws, Provider::Gcp] {
            assert!(Catalog::shipped().cpu_score(provider.cpu_reference()).is_some());
        }
    }
}
