//! What the cluster itself costs: the control plane, by how old its version is on each day that is billed.

use super::lines::{Line, Lines};
use super::price_name::PriceName;
use crate::cost::{ChargeKind, MICRO, Payer};
use crate::market::{SupportPhase, VersionSupport};
use crate::scenario::file::ReleaseChannel;
use crate::scenario::issue::Issue;
use crate::units::{SimDuration, SimTime};
use crate::world::Measure;
use jiff::tz::TimeZone;

/// Adds the control plane of a cluster of this version.
pub(super) fn add(lines: &mut Lines<'_, '_>, version: &str) {
    if lines.is_aws() { eks(lines, version) } else { gke(lines, version) }
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

/// Extended support costs 0.60 an hour in all, not on top of the 0.10 of standard support.
fn eks(lines: &mut Lines<'_, '_>, version: &str) {
    if lines.scene.file.cluster.release_channel.is_some() {
        let message = "release channels are GKE's: it does not count in this region";
        lines.issues.push(Issue::warning("cluster.releaseChannel", message));
    }
    let Some(support) = calendar(lines, version, "AWS'") else {
        return lines.standing(eks_line(SupportPhase::Standard), MICRO);
    };
    let (phase, extended_from) = timeline(lines, &support);
    let VersionSupport { minor, standard_until, extended_until } = support;
    say(
        lines,
        match phase {
            SupportPhase::Standard => None,
            SupportPhase::Extended => Some(format!(
                "1.{minor} is in extended support since {standard_until}: its control plane costs six times as much"
            )),
            SupportPhase::Past => Some(format!(
                "extended support of 1.{minor} ended on {extended_until}, and EKS upgrades such clusters: it is priced as in extended support"
            )),
        },
    );
    match extended_from {
        None => lines.standing(eks_line(SupportPhase::Standard), MICRO),
        Some(SimTime::ZERO) => lines.standing(eks_line(SupportPhase::Extended), MICRO),
        Some(at) => {
            let standard = Measure::During { from: SimTime::ZERO, until: at, level: MICRO };
            lines.metered(eks_line(SupportPhase::Standard), standard);
            let extended = Measure::During { from: at, until: SimTime::MAX, level: MICRO };
            lines.metered(eks_line(SupportPhase::Extended), extended);
        }
    }
}

/// Zonal, regional and Autopilot clusters cost the same; extended support comes on top, and only the extended channel has it.
fn gke(lines: &mut Lines<'_, '_>, version: &str) {
    const SERVICE: &str = "Kubernetes Engine";
    lines.standing(line(SERVICE, "gke_control_plane_hour", "cluster management fee"), MICRO);
    let is_extended = lines.scene.file.cluster.release_channel == Some(ReleaseChannel::Extended);
    let Some(support) = calendar(lines, version, "Google's") else { return };
    let (phase, extended_from) = timeline(lines, &support);
    let VersionSupport { minor, standard_until, extended_until } = support;
    say(
        lines,
        match (phase, is_extended) {
            (SupportPhase::Standard, _) => None,
            (_, false) => Some(format!(
                "standard support of 1.{minor} ended on {standard_until}, and GKE upgrades such clusters unless they are in the extended \
             channel (releaseChannel: extended): it is priced as in standard support"
            )),
            (SupportPhase::Extended, true) => Some(format!(
                "1.{minor} is in extended support since {standard_until}, which costs five times the management fee besides it"
            )),
            (SupportPhase::Past, true) => Some(format!(
                "extended support of 1.{minor} ended by {extended_until}, and GKE upgrades such clusters: it is priced as in extended support"
            )),
        },
    );
    let fee = || line(SERVICE, "gke_extended_support_hour", "extended support");
    match extended_from.filter(|_| is_extended) {
        None => {}
        Some(SimTime::ZERO) => lines.standing(fee(), MICRO),
        Some(at) => lines.metered(fee(), Measure::During { from: at, until: SimTime::MAX, level: MICRO }),
    }
}

/// How long the version is supported; a caveat where nobody knows.
fn calendar(lines: &mut Lines<'_, '_>, version: &str, whose: &str) -> Option<VersionSupport> {
    let found = VersionSupport::of(lines.scene.provider, version);
    if found.is_none() {
        let message =
            format!("when {whose} support of {version} ends is not known: it is priced as in standard support");
        lines.issues.push(Issue::warning("cluster.kubernetesVersion", message));
    }
    found
}

/// Where the version stands when the simulated time begins, and from when on it is in extended support or past it: also if that is after
/// the simulated time, for the forecast by month. A phase begins when a day begins in UTC.
fn timeline(lines: &Lines<'_, '_>, support: &VersionSupport) -> (SupportPhase, Option<SimTime>) {
    let start = lines.scene.start.at;
    let first = start.to_zoned(TimeZone::UTC).date();
    let phase = support.phase(first);
    if phase != SupportPhase::Standard {
        return (phase, Some(SimTime::ZERO));
    }
    let change = support.standard_until.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
    let at = SimTime::ZERO + SimDuration::from_secs((change - start.as_second()).max(0));
    (phase, Some(at))
}

/// What is to be said of a version.
fn say(lines: &mut Lines<'_, '_>, message: Option<String>) {
    message.into_iter().for_each(|message| lines.issues.push(Issue::warning("cluster.kubernetesVersion", message)));
}
