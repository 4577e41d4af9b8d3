//! From what was read to what is simulated.

mod amounts;
mod autoscaler;
mod billing;
mod budgets;
mod carbon;
mod charges;
mod commitments;
mod controller_manager;
mod declared;
mod deploys;
mod dump_nodes;
mod faults;
mod from_zero;
mod group_draft;
mod groups;
mod hardware;
mod hpas;
mod inventory;
mod jobs;
mod latency;
mod machines;
mod objectives;
mod objects;
mod owners;
mod pod_trace;
mod pre_stop;
mod price_book;
mod prices;
mod recommend;
mod release;
mod requests;
mod scaled_objects;
mod scene;
mod scheduler;
mod spot_prices;
mod spot_twins;
mod texts;
mod traffic;
mod unloaded;
mod unplaceable;
mod updates;
mod vain;
mod vpas;
mod weeks;
mod workloads;

use super::digest::Recorder;
use super::file::{Fidelity, ScenarioFile};
use super::issue::{Issue, Issues, Place};
use super::kubernetes::Converter;
use super::loaded::{Scenario, ThresholdText};
use super::precision::checked_precision;
use crate::cluster::ClusterState;
use crate::market::{Catalog, PriceBook, Provider};
use crate::units::SimDuration;
use crate::world::{Billing, Cast, Timing};
pub use inventory::{Door, FoundNode, IngressPath, Inventory, Running, inventory};
pub(super) use price_book::read_file as read_price_file;
pub(super) use texts::KnownTexts;

use scene::Scene;
use std::path::Path;
use std::sync::Arc;

/// Simulated for a week where nothing is said.
const DURATION: SimDuration = SimDuration::from_mins(7 * 24 * 60);
/// Longer than a year is refused.
const LONGEST: SimDuration = SimDuration::from_mins(366 * 24 * 60);
/// A longer warm-up is refused.
const LONGEST_WARM_UP: SimDuration = SimDuration::from_hours(24);
/// Replications where nothing is said, and at most. With 40 what happens in one of fourteen is met in 95 % of the studies, and
/// intervals hold (docs/run.md).
const REPLICATIONS: u32 = 40;
const MOST_REPLICATIONS: u32 = 100_000;
/// A step of traffic.
const STEP: SimDuration = SimDuration::from_secs(30);
const SHORTEST_STEP: SimDuration = SimDuration::from_secs(1);

/// What a scenario is built from besides its own file.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// Where the files that it names are read.
    pub(super) files: &'a Recorder,
    /// The folder of the scenario file.
    pub(super) folder: &'a Path,
    /// What things cost.
    pub(super) prices: &'a dyn PriceBook,
    /// What other variants have read.
    pub(super) texts: &'a KnownTexts,
}

/// Builds the scenario; nothing if something essential is missing. What is wrong goes to `issues`.
pub(super) fn build(of: Inputs<'_>, file: &ScenarioFile, issues: &mut Issues) -> Option<Scenario> {
    let Inputs { files, folder, prices: list, texts } = of;
    let texts = texts.of(file, folder, files, issues);
    let is_version_given = file.cluster.kubernetes_version.is_some();
    let mut file = declared::completed(file, &texts.declared.cluster, issues);
    let release = release::of(&mut file, is_version_given, &texts.objects, issues);
    let file = &file;
    let (region, provider) = region(file, issues);
    let around = price_book::Around { files, folder, list, region: &region };
    let negotiated = price_book::read(&around, &file.prices.0, issues);
    let prices: &dyn PriceBook = negotiated.as_ref().map_or(list, |book| book);
    let mut cluster = ClusterState::new();
    let start = billing::start(file, issues);
    let mut converter = Converter::new(&mut cluster, start.at).by(crate::scheduler::Rules::of(&release));
    let (hpa_flags, hpa_sync) = controller_manager::flags(file, &release, issues);
    let duration = file.duration.map_or(DURATION, |time| time.0);
    let calendar = billing::calendar(&start, duration.min(LONGEST));
    let billing = Billing { calendar, provider, region: region.as_str().into(), ..Billing::default() };
    let mut cast = Cast { hpa_flags, billing, ..Cast::default() };
    let scene = Scene {
        file,
        folder,
        files,
        objects: &texts.objects,
        prices,
        provider,
        region: &region,
        start: &start,
        release: &release,
        span: duration.min(LONGEST),
        declared_gateways: texts.declared.nat_gateways,
    };
    cast.profiles = scheduler::profiles(&scene, &mut converter, issues);
    cast.autoscaler = autoscaler::flags(&scene, issues);
    cast.groups =
        groups::build(&scene, texts.declared.groups.clone(), &mut converter, cast.autoscaler.as_mut(), issues);
    fill(&scene, &mut converter, &mut cast, issues);
    let not_in_bill = charges::build(&scene, &mut converter, &mut cast, issues);
    autoscaler::warn_about_the_unscaled(&scene, &cast, issues);
    scene.objects.name_the_ignored(issues);
    cast.cluster = cluster;
    look_at_all_that_is_paid_for(&scene, &mut cast, duration, issues);
    warn_about_nodes(&scene, &cast, issues);
    let owner_list = owners::build(&scene, &cast, issues);
    let price_list = prices::list(&scene, &cast, negotiated.as_ref(), issues);
    amounts::check(&cast, duration, issues);
    warn_about_latency(&cast, duration, issues);
    let replications = file.replications.unwrap_or(REPLICATIONS);
    check_length(file, duration, replications, issues);
    Some(Scenario {
        name: if file.name.is_empty() { "scenario".into() } else { file.name.clone() },
        description: file.description.clone(),
        provider,
        platform: platform(file, provider),
        prices: price_list,
        account: account(file, &start),
        owners: owner_list,
        digest: String::new(),
        inputs: super::Inputs::default(),
        timing: Timing { hpa_sync, ..timing(&scene, &cast, issues) },
        wanted: recommend::build(&scene, &cast, issues),
        has_trace: scene.file.traffic.patterns.iter().any(|pattern| matches!(pattern, super::file::Pattern::Trace(_))),
        region,
        cast: Arc::new(cast),
        duration,
        warm_up: warm_up(file, issues),
        replications,
        precision: precision(file, issues),
        seed: file.seed.unwrap_or(1),
        growth_per_month: file.traffic.growth.map(|growth| growth.per_month),
        thresholds: thresholds(file),
        caveats: Issues::new(),
        not_in_bill,
    })
}

/// The clockwork, but for the HPA controller's.
fn timing(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) -> Timing {
    Timing {
        lockstep: scene.file.fidelity == Fidelity::Lockstep,
        by_chance: scene.file.fidelity == Fidelity::Stochastic,
        step: step(scene.file),
        scheduling_cycle: scheduler::cycle(scene, issues),
        autoscaler_scan: scan_interval(cast),
        node_monitor_grace: crate::controllers::Rules::of(scene.release).node_monitor_grace,
        spot_notice: scene.provider.spot_notice(),
        ..Timing::default()
    }
}

/// As it is written; else the usual one, or as long as a shorter run.
fn step(file: &ScenarioFile) -> SimDuration {
    let duration = file.duration.map_or(DURATION, |time| time.0);
    file.step.map_or(STEP.min(duration).max(SHORTEST_STEP), |time| time.0)
}

/// Services that cannot keep up, once nothing else is wrong.
fn warn_about_latency(cast: &Cast, duration: SimDuration, issues: &mut Issues) {
    if let Some(traffic) = cast.traffic.as_ref().filter(|_| !issues.has_errors()) {
        latency::warn_about_hopeless(traffic, cast, duration, issues);
    }
}

/// What was committed to, and what the machines emit: once everything that is paid for is known.
fn look_at_all_that_is_paid_for(scene: &Scene<'_>, cast: &mut Cast, duration: SimDuration, issues: &mut Issues) {
    commitments::build(scene, cast, duration, issues);
    cast.carbon = carbon::build(scene, cast, issues);
}

/// How long the warm-up is, if it is known beforehand. The recordings' world has none: its cases begin with their first
/// second.
fn warm_up(file: &ScenarioFile, issues: &mut Issues) -> Option<SimDuration> {
    let asked = file.warm_up.map(|time| time.0);
    if let Some(span) = asked.filter(|span| *span > LONGEST_WARM_UP) {
        let issue = Issue::error("warmUp", format!("found {span}, expected 0s to 24h"));
        issues.push(issue.with_help("leave it out: a run then warms up until its nodes and pods have settled"));
    }
    if file.fidelity == Fidelity::Lockstep {
        if let Some(span) = asked.filter(|span| !span.is_zero()) {
            let issue = Issue::error("warmUp", format!("found {span}, expected 0s with `fidelity: lockstep`"));
            issues.push(issue.with_help("leave it out, or leave out `fidelity`"));
        }
        return Some(SimDuration::ZERO);
    }
    asked
}

/// How often Cluster Autoscaler looks.
fn scan_interval(cast: &Cast) -> SimDuration {
    let flags = cast.autoscaler.as_ref();
    flags.map_or(SimDuration::from_secs(10), |flags| flags.scan_interval).max(SimDuration::from_secs(1))
}

/// What is doubtful about pods and the nodes that they may have.
fn warn_about_nodes(scene: &Scene<'_>, cast: &Cast, issues: &mut Issues) {
    scheduler::warn_about_strangers(cast, issues);
    unplaceable::warn_about(cast, issues);
    from_zero::warn_about(cast, issues);
    hardware::warn_about(scene, cast, issues);
}

/// Whether what is simulated is as long as it may be.
fn check_length(file: &ScenarioFile, duration: SimDuration, replications: u32, issues: &mut Issues) {
    let (step, has_traffic) = (step(file), !file.traffic.patterns.is_empty());
    if let Err(issue) = checked_replications(replications) {
        issues.push(issue);
    }
    if duration > LONGEST || duration.is_zero() {
        let message = format!("found {duration}, expected more than nothing and at most 366 days");
        issues.push(Issue::error("duration", message));
    }
    if has_traffic && duration < step && !duration.is_zero() {
        let message = format!("found {duration}, expected at least a step of traffic, {step}");
        issues.push(
            Issue::error("duration", message).with_help("give a longer duration, or a shorter `step` (1s at least)"),
        );
    }
    if step < SHORTEST_STEP || step > SimDuration::from_mins(60) {
        issues.push(Issue::error("step", format!("found {step}, expected 1s to 1h")));
    }
}

/// Everything that runs on the groups, and what happens to it.
fn fill(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    workloads::build(scene, converter, cast, issues);
    budgets::build(scene, converter, cast, issues);
    hpas::build(scene, converter, cast, issues);
    vpas::build(scene, converter, cast, issues);
    traffic::build(scene, converter, cast, issues);
    objectives::build(scene, cast, issues);
    unloaded::build(scene, converter, cast, issues);
    faults::build(scene, converter, cast, issues);
    vain::warn_about(scene, cast, issues);
    deploys::build(scene, converter, cast, issues);
    cast.billing.spot = Arc::new(spot_prices::build(scene, converter, cast, issues));
    if let Some(path) = &scene.file.pod_trace {
        cast.trace = pod_trace::read(scene, path, converter, issues);
    }
}

fn account(file: &ScenarioFile, start: &billing::Start) -> crate::scenario::Account {
    crate::scenario::Account {
        start: start.at,
        start_assumed: start.assumed,
        time_zone: start.zone.iana_name().unwrap_or("UTC").to_owned(),
        name: file.billing.account.clone(),
    }
}

/// As they are written: what they say is for those who know the figures.
fn thresholds(file: &ScenarioFile) -> Vec<ThresholdText> {
    let of_figure = |(figure, expressions): (&String, &Vec<String>)| -> Vec<ThresholdText> {
        let one = |(at, expression): (usize, &String)| ThresholdText {
            figure: figure.clone(),
            expression: expression.clone(),
            place: Place { field: Some(format!("thresholds.{figure}[{at}]")), ..Place::default() },
        };
        expressions.iter().enumerate().map(one).collect()
    };
    file.thresholds.iter().flat_map(of_figure).collect()
}

/// Where a cluster is taken to be that nobody places.
const USUAL_REGION: &str = "us-east-1";

/// The region and whose it is; the default one in place of one that nobody has.
fn region(file: &ScenarioFile, issues: &mut Issues) -> (String, Provider) {
    if let Some(region) = &file.cluster.region {
        match Catalog::shipped().provider(region) {
            Ok(provider) => return (region.clone(), provider),
            Err(error) => issues.push(Issue::error("cluster.region", error.to_string())),
        }
    } else {
        let message = format!("{USUAL_REGION}: no region is given, this one is assumed");
        issues.push(Issue::note("cluster.region", message));
    }
    (USUAL_REGION.to_owned(), Provider::Aws)
}

/// As many replications as anybody may ask for.
///
/// Errors: none, or more than 100,000.
pub fn checked_replications(replications: u32) -> Result<u32, Issue> {
    if (1..=MOST_REPLICATIONS).contains(&replications) {
        return Ok(replications);
    }
    Err(Issue::error("replications", format!("found {replications}, expected 1 to {MOST_REPLICATIONS}")))
}

fn precision(file: &ScenarioFile, issues: &mut Issues) -> Option<f64> {
    let asked = checked_precision("precision", &file.precision.as_ref()?.0);
    asked.map_err(|issue| issues.push(issue)).ok()
}

/// `EKS 1.28`.
fn platform(file: &ScenarioFile, provider: Provider) -> String {
    let name = if provider == Provider::Aws { "EKS" } else { "GKE" };
    let version = file.cluster.kubernetes_version.as_ref().map_or("", |version| &version.0);
    format!("{name} {version}")
}
