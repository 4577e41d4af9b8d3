//! What the cluster itself costs: the control plane, by how old its version is on each day that is billed.

use super::lines::{Line, Lines};
use super::price_name::PriceName;
use crate::cost::{ChargeKind, MICRO, Payer};
use crate::market::{EksSupport, SupportPhase};
use crate::scenario::issue::Issue;
use crate::units::{SimDuration, SimTime};
use crate::world::Measure;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Adds the control plane of a cluster of this version.
pub(super) fn add(lines: &mut Lines<'_, '_>, version: &str) {
    if lines.is_aws() { eks(lines, version, lines.scene.span) } else { gke(lines) }
}

fn line(service: &'static str, item: &'static str, name: &str) -> Line {
    Line {
        kind: ChargeKind::ControlPlane,
        service,
        price: PriceName::of(item),
        name: name.to_owned(),
        resource: "cluster".to_owned(),
        payer: Payer::Cluster,
    }
}

fn eks_line(phase: SupportPhase) -> Line {
    let name = match phase {
        SupportPhase::Standard => "control plane",
        SupportPhase::Extended | SupportPhase::Past => "control plane in extended support",
    };
    line("Amazon Elastic Kubernetes Service", phase.item(), name)
}

/// Extended support costs 0.60 an hour in all, not on top of the 0.10 of standard support. It begins when a day begins in UTC.
fn eks(lines: &mut Lines<'_, '_>, version: &str, span: SimDuration) {
    let Some(support) = EksSupport::of(version) else {
        let message = format!("when AWS' support of {version} ends is not known: it is priced as in standard support");
        lines.issues.push(Issue::warning("cluster.kubernetesVersion", message));
        return lines.standing(eks_line(SupportPhase::Standard), MICRO);
    };
    let start = lines.scene.start.at;
    let first = start.to_zoned(TimeZone::UTC).date();
    let days = span.as_nanos() / SimDuration::from_hours(24).as_nanos() + 2;
    let last = first.saturating_add(jiff::Span::new().days(days));
    let phases = support.phases(first, last);
    let from = |day: Date| {
        let unix = day.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        SimTime::ZERO + SimDuration::from_secs((unix - start.as_second()).max(0))
    };
    say(lines, &support, phases.first().map_or(SupportPhase::Standard, |(_, phase)| *phase));
    // Extended support and what comes after it are one line.
    let change = phases.iter().skip(1).find(|(_, phase)| *phase == SupportPhase::Extended).map(|(day, _)| from(*day));
    let change = change.filter(|at| *at < SimTime::ZERO + span);
    match (change, phases.first()) {
        (Some(at), _) => {
            let standard = Measure::During { from: SimTime::ZERO, until: at, level: MICRO };
            lines.metered(eks_line(SupportPhase::Standard), standard);
            let extended = Measure::During { from: at, until: SimTime::MAX, level: MICRO };
            lines.metered(eks_line(SupportPhase::Extended), extended);
        }
        (None, Some((_, phase))) => lines.standing(eks_line(*phase), MICRO),
        (None, None) => lines.standing(eks_line(SupportPhase::Standard), MICRO),
    }
}

fn say(lines: &mut Lines<'_, '_>, support: &EksSupport, phase: SupportPhase) {
    let EksSupport { minor, standard_until, extended_until } = support;
    let message = match phase {
        SupportPhase::Standard => return,
        SupportPhase::Extended => format!(
            "1.{minor} is in extended support since {standard_until}: its control plane costs six times as much"
        ),
        SupportPhase::Past => format!(
            "extended support of 1.{minor} ended on {extended_until}, and EKS upgrades such clusters: it is priced as in extended support"
        ),
    };
    lines.issues.push(Issue::warning("cluster.kubernetesVersion", message));
}

/// Zonal, regional and Autopilot clusters cost the same.
fn gke(lines: &mut Lines<'_, '_>) {
    lines.standing(line("Kubernetes Engine", "gke_control_plane_hour", "cluster management fee"), MICRO);
}
