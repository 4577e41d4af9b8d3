//! What is promised, to users and of the cluster.

use super::scene::{Scene, there_are};
use crate::scenario::file::{Objectives, RouteObjectives, ShortTime};
use crate::scenario::issue::{Issue, Issues};
use crate::traffic::calls::RouteId;
use crate::world::{Cast, Limits, Objective, Promised, Traffic};

/// Fills in what is promised.
pub(super) fn build(scene: &Scene<'_>, cast: &mut Cast, issues: &mut Issues) {
    let asked = &scene.file.objectives;
    let promised = Asked { field: "objectives", asked, scene }.promised(cast.traffic.as_ref(), issues);
    promised.put_into(cast);
}

/// Objectives as they are written, and where.
pub(super) struct Asked<'a> {
    /// `objectives`, or the place of those of a stress.
    pub(super) field: &'a str,
    pub(super) asked: &'a Objectives,
    pub(super) scene: &'a Scene<'a>,
}

impl Asked<'_> {
    /// What is promised. Without traffic, which may be missing because of another mistake, routes are not looked for.
    pub(super) fn promised(&self, traffic: Option<&Traffic>, issues: &mut Issues) -> Promised {
        let Objectives { latency_p95, error_rate, .. } = *self.asked;
        let objective = self.objective("", RouteObjectives { latency_p95, error_rate }, issues);
        let mut promised = Promised { objective, limits: self.limits(issues), ..Promised::default() };
        for (name, own) in &self.asked.routes {
            let place = format!("routes.{name}.");
            if *own == RouteObjectives::default() {
                let issue = Issue::error(format!("{}.routes.{name}", self.field), "promises nothing");
                issues.push(issue.with_help("write {latencyP95: 400ms}, {errorRate: 0.001}, or both"));
            }
            let own = self.objective(&place, *own, issues);
            if let Some(route) = traffic.and_then(|traffic| self.route(name, traffic, issues)) {
                let own = Objective {
                    latency_s_p95: own.latency_s_p95.or(objective.latency_s_p95),
                    error_rate: own.error_rate.or(objective.error_rate),
                };
                promised.routes.insert(route, own);
            }
        }
        self.refuse_limits_of_nothing(issues);
        promised
    }

    fn error(&self, field: &str, message: String) -> Issue {
        Issue::error(format!("{}.{field}", self.field), message)
    }

    fn objective(&self, place: &str, asked: RouteObjectives, issues: &mut Issues) -> Objective {
        let RouteObjectives { latency_p95, error_rate } = asked;
        if let Some(rate) = error_rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            let message = format!("found {rate}, expected a share from 0 to 1, such as 0.01");
            issues.push(self.error(&format!("{place}errorRate"), message));
        }
        if latency_p95.is_some_and(|time| time.0.is_zero()) {
            issues.push(self.error(&format!("{place}latencyP95"), "found 0, expected a time such as 200ms".to_owned()));
        }
        Objective { latency_s_p95: latency_p95.map(|ShortTime(time)| time.as_secs_f64()), error_rate }
    }

    fn limits(&self, issues: &mut Issues) -> Limits {
        let Objectives { breach, pending, pending_pod_hours, burn_rate, .. } = *self.asked;
        if let Some(share) = breach.filter(|share| !(0.0..=1.0).contains(share)) {
            let message = format!("found {share}, expected a share of the time from 0 to 1, such as 0.01");
            issues.push(self.error("breach", message));
        }
        if let Some(hours) = pending_pod_hours.filter(|hours| !(hours.is_finite() && *hours >= 0.0)) {
            let message = format!("found {hours}, expected pods times hours in a month, at least 0");
            issues.push(self.error("pendingPodHours", message));
        }
        if let Some(rate) = burn_rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            let message = format!("found {rate}, expected a number above 0, such as 14.4: what wakes somebody");
            issues.push(self.error("burnRate", message));
        }
        Limits { breach, pending: pending.map(|time| time.0), pending_pod_hours, burn_rate }
    }

    /// The route of that name, if requests take it.
    fn route(&self, name: &str, traffic: &Traffic, issues: &mut Issues) -> Option<RouteId> {
        let routes = traffic.graph.routes();
        let found = routes.iter().find(|(_, route)| route.name == name).map(|(id, _)| id);
        if found.is_none() {
            let field = format!("{}.routes.{name}", self.field);
            let ingresses = self.scene.objects.ingresses.iter().flat_map(|(_, ingress)| &ingress.spec.rules);
            let is_path = ingresses.flat_map(|rule| &rule.http.paths).any(|path| path.path == name);
            issues.push(if is_path || self.scene.file.traffic.routes.contains_key(name) {
                Issue::warning(field, "no requests take this route: there is nothing to keep")
            } else {
                let known: Vec<&str> = routes.values().map(|route| route.name.as_str()).collect();
                let issue = Issue::error(field, format!("no requests come by a route `{name}`"));
                issue.with_help(there_are(&known)).suggest(name, known.iter().copied())
            });
        }
        found
    }

    /// Time in breach and burn rates are those of a latency or an error rate.
    fn refuse_limits_of_nothing(&self, issues: &mut Issues) {
        let Objectives { latency_p95, error_rate, breach, burn_rate, .. } = *self.asked;
        let of_routes = self.asked.routes.values().any(|own| *own != RouteObjectives::default());
        if latency_p95.is_some() || error_rate.is_some() || of_routes {
            return;
        }
        for (field, given) in [("breach", breach), ("burnRate", burn_rate)] {
            if given.is_some() {
                let message = "neither latencyP95 nor errorRate is promised: there is nothing to break".to_owned();
                issues.push(self.error(field, message).with_help(format!("add {}: {{latencyP95: 200ms}}", self.field)));
            }
        }
    }
}
