//! Charts as SVG: drawn by plotters in placeholder colours that the page's style sheet replaces, so
//! that one drawing is readable on light and on dark.

mod beside;
mod colors;
mod costs;
mod frame;
mod over_time;
mod thinned;

pub(super) use beside::Beside;
pub(super) use costs::cost_figures;
pub(super) use frame::{Axis, INK, PALETTE, builder, mesh};
pub(super) use over_time::{histories_beside_each_other, timeline_figures};
pub(super) use thinned::TimeAxis;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_panel_with_data_is_drawn() {
        let report = fixture::report();
        let titles: Vec<String> = timeline_figures(&report).into_iter().map(|figure| figure.title).collect();
        assert_eq!(titles, ["Traffic", "Replicas", "Nodes by group", "Pending pods", "Latency", "Run rate"]);
        assert_eq!(cost_figures(&report).len(), 2);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let mut report = fixture::report();
        report.timeline.series.clear();
        report.costs.clear();
        assert!(timeline_figures(&report).is_empty() && cost_figures(&report).is_empty());
    }

    #[test]
    fn values_of_zero_and_gaps_can_be_drawn() {
        let mut report = fixture::report();
        for series in &mut report.timeline.series {
            series.values = vec![Some(0.0), None, Some(f64::NAN), Some(0.0)];
        }
        assert!(!timeline_figures(&report).is_empty());
        for series in &mut report.timeline.series {
            series.values = vec![Some(1.0)];
        }
        assert!(!timeline_figures(&report).is_empty());
    }

    #[test]
    fn drawings_take_the_colours_of_the_page() {
        let figures = timeline_figures(&fixture::report());
        assert!(figures.iter().all(|figure| figure.svg.contains("var(--grid)") && !figure.svg.contains("#020202")));
    }
}
