//! What a setting must survive.

use super::names::{at, group};
use crate::scenario::build::objectives::Asked;
use crate::scenario::build::scene::{Scene, there_are};
use crate::scenario::file::{self, FlashCrowd};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::wanted::{Crowd, Stress, StressKind};
use crate::units::{SimDuration, SimTime};
use crate::world::{Cast, Promised};

/// The stresses, in order; what is wrong with them goes to `issues`.
pub(super) fn build(rows: &[file::Stress], scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Vec<Stress> {
    let mut found: Vec<Stress> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let field = format!("recommend.against[{number}]");
        let written = Row { row, scene, cast, field: &field };
        let promised = written.promised(issues);
        let kind = match written.kind() {
            Ok(kind) => kind,
            Err(issue) => {
                issues.push(issue);
                continue;
            }
        };
        let name = row.name.clone().unwrap_or_else(|| kind.name(cast));
        if found.iter().any(|other| other.name == name) {
            let issue = Issue::error(&field, format!("two stresses are called `{name}`"));
            issues.push(issue.with_help("give them a `name` each, or leave one out"));
        }
        let begins = row.at.map(|time| SimTime::ZERO + time.0);
        found.push(Stress { name, kind, at: begins, promised });
    }
    found
}

/// A stress as it is written.
struct Row<'a> {
    row: &'a file::Stress,
    scene: &'a Scene<'a>,
    cast: &'a Cast,
    field: &'a str,
}

impl Row<'_> {
    fn error(&self, part: &str, message: impl Into<String>) -> Issue {
        Issue::error(format!("{}.{part}", self.field), message)
    }

    /// What is promised in it.
    fn promised(&self, issues: &mut Issues) -> Promised {
        let Some(asked) = &self.row.objectives else { return Stress::usual_promise() };
        let field = format!("{}.objectives", self.field);
        if asked.margin.is_some() || asked.confidence.is_some() {
            let message = "there is one margin and one confidence, for all that is promised";
            issues.push(Issue::error(&field, message).with_help("write them under objectives"));
        }
        let promised = Asked { field: &field, asked, scene: self.scene }.promised(self.cast.traffic.as_ref(), issues);
        if promised.is_nothing() && asked.routes.is_empty() {
            let help = "leave it out for {errorRate: 0.05, pending: 15m}";
            issues.push(Issue::error(&field, "promises nothing: every setting would survive").with_help(help));
        }
        promised
    }

    fn kind(&self) -> Result<StressKind, Issue> {
        let file::Stress { zone_loss, node_loss, traffic, flash_crowd, spot_gone, .. } = self.row;
        let given =
            [zone_loss.is_some(), node_loss.is_some(), traffic.is_some(), flash_crowd.is_some(), spot_gone.is_some()];
        if given.iter().filter(|is_given| **is_given).count() != 1 {
            let message = "expected exactly one of zoneLoss, nodeLoss, traffic, flashCrowd, spotGone";
            return Err(Issue::error(self.field, message).with_help("write one stress in each row"));
        }
        let kind = if let Some(zone) = zone_loss {
            self.zone_loss(zone)
        } else if let Some(name) = node_loss {
            self.node_loss(name)
        } else if let Some(factor) = traffic {
            self.traffic(*factor)
        } else if let Some(crowd) = flash_crowd {
            self.flash_crowd(crowd)
        } else {
            self.spot_gone(spot_gone.as_deref().unwrap_or_default())
        }?;
        self.check_time(kind)?;
        Ok(kind)
    }

    /// How long something is gone.
    fn lasts(&self) -> SimDuration {
        self.row.lasts.map_or(Stress::LASTS, |time| time.0)
    }

    fn check_time(&self, kind: StressKind) -> Result<(), Issue> {
        let (own, field) = match kind {
            StressKind::ZoneLoss { lasts, .. } | StressKind::SpotGone { lasts, .. } => (Some(lasts), "for"),
            StressKind::FlashCrowd(Some(crowd)) => (Some(crowd.lasts), "flashCrowd.for"),
            _ => (None, "for"),
        };
        if self.row.lasts.is_some() && (field != "for" || own.is_none()) {
            let message = "this stress has no length of its own here";
            return Err(self.error("for", message).with_help("zoneLoss and spotGone have one; a crowd has it inside"));
        }
        let span = self.scene.span;
        let begins = self.row.at.map_or(SimDuration::ZERO, |time| time.0);
        if begins >= span {
            let message = format!("found {begins}, which is after the end: the scenario lasts {span}");
            return Err(self.error("at", message));
        }
        match own {
            Some(lasts) if lasts.is_zero() => Err(self.error(field, "found 0, expected a time such as 1h")),
            Some(lasts) if begins + lasts > span => {
                let message = format!("found {lasts}, which is longer than the scenario: it lasts {span}");
                Err(self.error(field, message).with_help("shorten it, let it begin earlier, or lengthen `duration`"))
            }
            _ => Ok(()),
        }
    }

    fn zone_loss(&self, name: &str) -> Result<StressKind, Issue> {
        let lasts = self.lasts();
        let text = |zone: &crate::intern::Symbol| self.cast.cluster.symbols.text(*zone);
        let zones = || self.cast.groups.values().flat_map(|group| &group.zones);
        let mut known: Vec<&str> = zones().map(text).collect();
        known.sort_unstable();
        known.dedup();
        if name == "largest" && !known.is_empty() {
            return Ok(StressKind::ZoneLoss { zone: None, lasts });
        }
        let found = zones().find(|zone| text(zone) == name);
        found.map(|zone| StressKind::ZoneLoss { zone: Some(*zone), lasts }).ok_or_else(|| {
            let issue = self.error("zoneLoss", format!("no node group is in the zone `{name}`"));
            issue.with_help(there_are(&known)).suggest(name, known.iter().copied().chain(["largest"]))
        })
    }

    fn node_loss(&self, name: &str) -> Result<StressKind, Issue> {
        match name {
            "any" => Ok(StressKind::NodeLoss(None)),
            _ => group(name, self.cast)
                .map(|id| StressKind::NodeLoss(Some(id)))
                .map_err(|issue| at(issue, &format!("{}.nodeLoss", self.field))),
        }
    }

    fn spot_gone(&self, name: &str) -> Result<StressKind, Issue> {
        let lasts = self.lasts();
        let spot: Vec<&str> =
            self.cast.groups.values().filter(|group| group.spot).map(|group| group.name.as_str()).collect();
        if spot.is_empty() {
            let issue = self.error("spotGone", "no node group is on spot capacity: there is nothing to lose");
            return Err(issue.with_help("leave the stress out"));
        }
        if name == "any" {
            return Ok(StressKind::SpotGone { group: None, lasts });
        }
        let id = group(name, self.cast).map_err(|issue| at(issue, &format!("{}.spotGone", self.field)))?;
        if !self.cast.groups[id].spot {
            let issue = self.error("spotGone", format!("the group `{name}` is not on spot capacity"));
            return Err(issue.with_help(format!("on spot {}", there_are(&spot))));
        }
        Ok(StressKind::SpotGone { group: Some(id), lasts })
    }

    fn needs_traffic(&self, part: &str) -> Result<(), Issue> {
        match self.scene.file.traffic.patterns.is_empty() {
            true => Err(self.error(part, "the scenario has no traffic").with_help("leave the stress out")),
            false => Ok(()),
        }
    }

    fn traffic(&self, factor: f64) -> Result<StressKind, Issue> {
        self.needs_traffic("traffic")?;
        if factor.is_finite() && factor > 0.0 {
            return Ok(StressKind::Traffic(factor));
        }
        Err(self.error("traffic", format!("found {factor}, expected a number above 0: 1.25 is a quarter more")))
    }

    fn flash_crowd(&self, crowd: &FlashCrowd) -> Result<StressKind, Issue> {
        self.needs_traffic("flashCrowd")?;
        match crowd {
            FlashCrowd::Named(name) if name == "worst" => Ok(StressKind::FlashCrowd(None)),
            FlashCrowd::Named(name) => {
                let issue =
                    self.error("flashCrowd", format!("found `{name}`, expected worst, or {{factor: 3, for: 20m}}"));
                Err(issue.suggest(name, ["worst"]))
            }
            FlashCrowd::Of(size) if !(size.factor.is_finite() && size.factor > 1.0) => {
                Err(self.error("flashCrowd.factor", format!("found {}, expected a number above 1", size.factor)))
            }
            FlashCrowd::Of(size) => {
                Ok(StressKind::FlashCrowd(Some(Crowd { factor: size.factor, lasts: size.lasts.0 })))
            }
        }
    }
}
