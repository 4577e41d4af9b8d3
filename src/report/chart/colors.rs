//! Which colour stands for whom: the same in every chart of a page.

use super::frame::{Line, PALETTE};
use crate::cost::Owner;
use crate::report::Report;
use plotters::prelude::RGBColor;

/// So many lines of a chart are named; what is left is one of its own.
const MOST: usize = 8;
/// Its name.
pub(super) const OTHER: &str = "other";
const OTHER_COLOR: RGBColor = RGBColor(0xc9, 0xa2, 0x7e);
/// Idle and unallocated money is shown in grey, as OpenCost's users know it.
const IDLE: RGBColor = RGBColor(0xb4, 0xba, 0xc4);
const UNALLOCATED: RGBColor = RGBColor(0x84, 0x8b, 0x98);

/// The colours of a page's charts.
pub(super) struct Colors<'a> {
    report: &'a Report,
    /// The dearest namespaces first, then others who are drawn.
    owners: Vec<&'a str>,
    /// Node groups, then kinds of charges.
    groups: Vec<&'a str>,
}

impl<'a> Colors<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let mut colors = Colors { report, owners: Vec::new(), groups: Vec::new() };
        let namespaces = report.namespaces.iter().map(|row| row.name.as_str()).filter(|name| !is_pseudo(name));
        let payers = report.costs.iter().map(|row| row.namespace.as_str()).filter(|name| !is_pseudo(name));
        let workloads = report.timeline.series.iter().map(|series| series.name.as_str());
        for name in namespaces.chain(payers).chain(workloads) {
            let name = colors.namespace(name);
            if !colors.owners.contains(&name) {
                colors.owners.push(name);
            }
        }
        let groups = report.groups.iter().map(|group| group.name.as_str());
        let charges = report.charges.iter().map(|charge| charge.name.as_str());
        let others = report.costs.iter().filter(|row| row.group.is_empty()).map(|row| row.resource.as_str());
        for name in groups.chain(charges).chain(others) {
            if !colors.groups.contains(&name) {
                colors.groups.push(name);
            }
        }
        colors
    }
    /// The namespace of a workload that is a service, else the name itself.
    fn namespace(&self, name: &'a str) -> &'a str {
        let service = self.report.services.iter().find(|service| service.name == name);
        service.map(|service| service.namespace.as_str()).filter(|namespace| !namespace.is_empty()).unwrap_or(name)
    }
    /// Of a namespace or of a workload in it.
    pub(super) fn owner(&self, name: &str) -> RGBColor {
        match name {
            Owner::IDLE => IDLE,
            Owner::UNALLOCATED => UNALLOCATED,
            OTHER => OTHER_COLOR,
            _ => {
                let service = self.report.services.iter().find(|service| service.name == name);
                let name = service
                    .map_or(name, |service| if service.namespace.is_empty() { name } else { &service.namespace });
                at(self.owners.iter().position(|other| *other == name), 0)
            }
        }
    }
    /// Of a node group or of a kind of charge; of what is neither, as of an owner.
    pub(super) fn group(&self, name: &str) -> RGBColor {
        let place = self.groups.iter().position(|other| *other == name);
        place.map_or_else(|| self.owner(name), |place| at(Some(place), 5))
    }
}

fn at(place: Option<usize>, first: usize) -> RGBColor {
    place.map_or(OTHER_COLOR, |place| PALETTE[(first + place) % PALETTE.len()])
}

/// What belongs to no namespace.
pub(super) fn is_pseudo(name: &str) -> bool {
    matches!(name, Owner::IDLE | Owner::UNALLOCATED)
}

/// The largest lines in their order, and the sum of the others; what belongs to nobody is always there.
pub(super) fn largest(lines: Vec<Line>, join: fn(f64, f64) -> f64) -> Vec<Line> {
    let size = |line: &Line| line.values.iter().flatten().sum::<f64>();
    let mut by_size: Vec<&Line> = lines.iter().filter(|line| !is_pseudo(&line.name)).collect();
    if by_size.len() <= MOST + 1 {
        return lines;
    }
    by_size.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let kept: Vec<String> = by_size.iter().take(MOST).map(|line| line.name.clone()).collect();
    let mut other =
        Line { name: OTHER.to_owned(), values: vec![None; lines.first().map_or(0, |line| line.values.len())] };
    let (mut named, mut pseudo) = (Vec::new(), Vec::new());
    for line in lines {
        if is_pseudo(&line.name) {
            pseudo.push(line);
        } else if kept.contains(&line.name) {
            named.push(line);
        } else {
            for (sum, value) in other.values.iter_mut().zip(line.values) {
                *sum = match (*sum, value) {
                    (Some(sum), Some(value)) => Some(join(sum, value)),
                    (sum, value) => sum.or(value),
                };
            }
        }
    }
    named.push(other);
    named.extend(pseudo);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn who_is_dear_has_a_colour_of_its_own_everywhere() {
        let report = fixture::report();
        let colors = Colors::of(&report);
        let dearest = colors.owners[0];
        assert_eq!(colors.owner(dearest), PALETTE[0]);
        assert_eq!(colors.owner(&format!("{dearest}-service")), PALETTE[0], "its workload");
        assert_ne!(colors.owner(colors.owners[1]), PALETTE[0]);
        assert_eq!((colors.owner(OTHER), colors.owner("nobody")), (OTHER_COLOR, OTHER_COLOR));
    }

    #[test]
    fn beyond_eight_lines_the_rest_is_one() {
        let line = |at: usize| Line { name: at.to_string(), values: vec![Some(at as f64), None] };
        let idle = Line { name: Owner::IDLE.to_owned(), values: vec![Some(0.1), None] };
        let all = largest((0..12).map(line).chain([idle]).collect(), |a, b| a + b);
        let names: Vec<&str> = all.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["4", "5", "6", "7", "8", "9", "10", "11", OTHER, Owner::IDLE]);
        assert_eq!(all[8].values, [Some(0.0 + 1.0 + 2.0 + 3.0), None]);
        assert_eq!(largest((0..9).map(line).collect(), f64::max).len(), 9, "one more needs no `other`");
    }
}
