//! HPA recordings: every tick's proposals, stabilised value, replicas and conditions.

use crate::runner::Controller;
use foresail::hpa::{
    ApiDown, Conditions, ContainerUsage, CurrentMetric, Decision, Flags, HpaController, MetricError, Observation,
    PodContainer, PodGroup, PodPhase, Readiness, Rules,
};
use foresail::intern::{Interner, Symbol};
use foresail::release::{Gate, KubernetesVersion, Release};
use foresail::scenario::issue::Issues;
use foresail::scenario::kubernetes::autoscaling::HorizontalPodAutoscaler;
use foresail::units::{SimDuration, SimTime};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The HorizontalPodAutoscaler's recordings.
pub(crate) const HPA: Controller = Controller::new("hpa", judge);

#[derive(Deserialize)]
struct Case {
    id: String,
    k8s: String,
    #[serde(default)]
    flags: CaseFlags,
    #[serde(default)]
    containers: Vec<CaseContainer>,
    hpa: HorizontalPodAutoscaler,
    pre: Option<Pre>,
    ticks: Vec<Tick>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CaseFlags {
    downscale_stabilization_s: i64,
    tolerance: f64,
    cpu_initialization_period_s: i64,
    initial_readiness_delay_s: i64,
}

impl Default for CaseFlags {
    /// The controller's own.
    fn default() -> Self {
        CaseFlags {
            downscale_stabilization_s: 300,
            tolerance: 0.1,
            cpu_initialization_period_s: 300,
            initial_readiness_delay_s: 30,
        }
    }
}

#[derive(Deserialize, Clone)]
struct CaseContainer {
    name: String,
    cpu: Option<i64>,
    memory: Option<i64>,
}

#[derive(Deserialize)]
struct Pre {
    recommendations: Option<Vec<(i32, i64)>>,
    desired: Option<i32>,
}

#[derive(Deserialize)]
struct Tick {
    at: i64,
    spec: i32,
    status: Option<i32>,
    #[serde(default)]
    pods: Vec<Group>,
    #[serde(default)]
    external: BTreeMap<String, Vec<i64>>,
    #[serde(default)]
    object: BTreeMap<String, i64>,
    #[serde(default)]
    down: Vec<String>,
    exp: Expected,
}

#[derive(Deserialize)]
struct Group {
    n: Option<i64>,
    phase: Option<String>,
    ready: Option<String>,
    rt: Option<i64>,
    st: Option<i64>,
    #[serde(default)]
    del: bool,
    #[serde(default)]
    ghost: bool,
    c: Option<Vec<CaseContainer>>,
    #[serde(rename = "use")]
    usage: Option<Vec<Option<(Option<i64>, Option<i64>)>>>,
    mt: Option<i64>,
    mw: Option<i64>,
    #[serde(default)]
    m: BTreeMap<String, i64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Expected {
    p: Option<Vec<ExpectedProposal>>,
    metric: Option<i32>,
    stab: Option<i32>,
    replicas: i32,
    desired: Option<i32>,
    rescaled: bool,
    error: bool,
    cond: Vec<String>,
    cur: Option<Vec<Option<Current>>>,
}

#[derive(Deserialize)]
struct ExpectedProposal {
    r: Option<i32>,
    e: Option<String>,
}

#[derive(Deserialize, Default, PartialEq, Debug)]
#[serde(default)]
struct Current {
    u: Option<i64>,
    avg: Option<i64>,
    val: Option<i64>,
}

/// A group's parts that an observation borrows.
struct Parts {
    containers: Vec<PodContainer>,
    custom: Vec<(Symbol, i64)>,
}

fn judge(text: &str) -> Result<(), String> {
    let case: Case = serde_json::from_str(text).map_err(|e| format!("unreadable: {e}"))?;
    let flags = Flags {
        rules: rules(&case.k8s)?,
        downscale_stabilization: SimDuration::from_secs(case.flags.downscale_stabilization_s),
        tolerance: case.flags.tolerance,
        cpu_initialization_period: SimDuration::from_secs(case.flags.cpu_initialization_period_s),
        initial_readiness_delay: SimDuration::from_secs(case.flags.initial_readiness_delay_s),
    };
    let (mut symbols, mut issues) = (Interner::new(), Issues::new());
    let spec = case.hpa.to_spec(&flags, &mut symbols, &mut issues);
    let mut controller = HpaController::new(spec, flags);
    if let Some(pre) = &case.pre {
        let at = |(replicas, at): &(i32, i64)| (*replicas, SimTime::from_millis(*at));
        let recommendations = pre.recommendations.as_ref().map(|rows| rows.iter().map(at).collect::<Vec<_>>());
        controller.resume(recommendations.as_deref(), pre.desired.unwrap_or(0));
    }
    for tick in &case.ticks {
        let decision = sync(&mut controller, &case, tick, &mut symbols);
        compare(tick, &decision, controller.current_metrics())
            .map_err(|what| format!("{} at {} ms: {what}", case.id, tick.at))?;
    }
    Ok(())
}

/// Of the version that made the recording; where it knows tolerances of an HPA's own, the gate was on.
fn rules(version: &str) -> Result<Rules, String> {
    let version =
        KubernetesVersion::parse(version).map_err(|unsupported| format!("version {version}: {unsupported}"))?;
    let mut release = Release::of(version);
    if version >= Gate::HPAConfigurableTolerance.since() {
        release.switch(Gate::HPAConfigurableTolerance, true)?;
    }
    Ok(Rules::of(&release))
}

fn sync(controller: &mut HpaController, case: &Case, tick: &Tick, symbols: &mut Interner) -> Decision {
    let parts: Vec<Parts> = tick.pods.iter().map(|group| parts(group, case, symbols)).collect();
    let groups: Vec<PodGroup<'_>> =
        tick.pods.iter().zip(&parts).map(|(group, parts)| pod_group(group, parts, tick.at)).collect();
    let external: Vec<(Symbol, i64)> = tick
        .external
        .iter()
        .filter(|(_, series)| !series.is_empty())
        .map(|(name, series)| (symbols.intern(name), series.iter().sum()))
        .collect();
    let object: Vec<(Symbol, i64)> = tick.object.iter().map(|(name, value)| (symbols.intern(name), *value)).collect();
    let down = |name: &str| tick.down.iter().any(|other| other == name);
    let observation = Observation {
        spec_replicas: tick.spec,
        status_replicas: tick.status.unwrap_or(tick.spec),
        pods: &groups,
        external: &external,
        object: &object,
        down: ApiDown {
            resource: down("resource"),
            custom: down("custom"),
            external: down("external"),
            scale_get: down("scaleGet"),
            scale_update: down("scaleUpdate"),
        },
    };
    controller.sync(SimTime::from_millis(tick.at), &observation)
}

fn parts(group: &Group, case: &Case, symbols: &mut Interner) -> Parts {
    let containers = group.c.as_ref().unwrap_or(&case.containers);
    let usage = |at: usize| {
        let entry = group.usage.as_ref()?.get(at).copied().flatten()?;
        Some(ContainerUsage { cpu_milli: entry.0, memory_bytes: entry.1 })
    };
    let containers = containers.iter().enumerate().map(|(at, container)| PodContainer {
        name: symbols.intern(&container.name),
        cpu_request_milli: container.cpu,
        memory_request_bytes: container.memory,
        is_sidecar: false,
        usage: usage(at),
    });
    let containers = containers.collect();
    Parts { containers, custom: group.m.iter().map(|(name, value)| (symbols.intern(name), *value)).collect() }
}

fn pod_group<'a>(group: &Group, parts: &'a Parts, at: i64) -> PodGroup<'a> {
    PodGroup {
        count: group.n.unwrap_or(1),
        phase: match group.phase.as_deref() {
            Some("Pending") => PodPhase::Pending,
            Some("Succeeded") => PodPhase::Succeeded,
            Some("Failed") => PodPhase::Failed,
            Some("Unknown") => PodPhase::Unknown,
            _ => PodPhase::Running,
        },
        ready: match group.ready.as_deref() {
            Some("False") => Readiness::False,
            Some("Unknown") => Readiness::Unknown,
            Some("None") => Readiness::Absent,
            _ => Readiness::True,
        },
        ready_since: SimTime::from_millis(group.rt.unwrap_or(0)),
        started: group.st.map(SimTime::from_millis),
        deleted: group.del,
        listed: !group.ghost,
        containers: &parts.containers,
        pod_level: None,
        in_metrics: group.usage.is_some(),
        sampled_at: SimTime::from_millis(group.mt.unwrap_or(at)),
        window: SimDuration::from_secs(group.mw.unwrap_or(30)),
        custom: &parts.custom,
    }
}

fn compare(tick: &Tick, decision: &Decision, current: &[Option<CurrentMetric>]) -> Result<(), String> {
    let expected = &tick.exp;
    let proposals: Vec<String> = decision
        .proposals
        .iter()
        .map(|proposal| match proposal {
            Ok(proposal) => proposal.replicas.to_string(),
            Err(error) => class(*error).to_owned(),
        })
        .collect();
    let wanted: Vec<String> = expected
        .p
        .iter()
        .flatten()
        .map(|p| p.r.map_or_else(|| p.e.clone().unwrap_or_default(), |replicas| replicas.to_string()))
        .collect();
    same("proposals", &proposals, &wanted)?;
    let evaluated = !decision.proposals.is_empty();
    same("metric", &(evaluated.then(|| decision.metric.unwrap_or(-1))), &expected.metric)?;
    same("stabilized", &decision.stabilized, &expected.stab)?;
    same("replicas", &decision.replicas, &expected.replicas)?;
    same("desired", &decision.desired, &expected.desired.unwrap_or(expected.replicas))?;
    same("rescaled", &decision.rescaled, &expected.rescaled)?;
    same("error", &decision.error, &expected.error)?;
    same("conditions", &conditions(&decision.conditions), &expected.cond)?;
    match &expected.cur {
        None => Ok(()),
        Some(recorded) => compare_current(tick, current, recorded),
    }
}

fn compare_current(tick: &Tick, current: &[Option<CurrentMetric>], expected: &[Option<Current>]) -> Result<(), String> {
    let status_is_zero = tick.status.unwrap_or(tick.spec) == 0;
    same("number of current metrics", &current.len(), &expected.len())?;
    for (found, wanted) in current.iter().zip(expected) {
        let Some(wanted) = wanted else { continue };
        let CurrentMetric { utilization, average, value } = found.unwrap_or_default();
        let found = Current { u: utilization, avg: average, val: value };
        let skip_average = status_is_zero && found.u.is_none();
        if found.u != wanted.u || found.val != wanted.val || (found.avg != wanted.avg && !skip_average) {
            return Err(format!("current metric {found:?}, recorded {wanted:?}"));
        }
    }
    Ok(())
}

fn conditions(conditions: &Conditions) -> Vec<String> {
    [conditions.able_to_scale, conditions.scaling_active, conditions.scaling_limited]
        .into_iter()
        .map(|condition| condition.map_or(String::new(), |c| c.to_string()))
        .collect()
}

fn class(error: MetricError) -> &'static str {
    match error {
        MetricError::NoMetrics => "noMetrics",
        MetricError::ApiDown => "apiDown",
        MetricError::ContainerNotInMetrics => "containerNotInMetrics",
        MetricError::NoUsableMetrics => "noUsableMetrics",
        MetricError::NoPods => "noPods",
        MetricError::MissingRequest => "missingRequest",
        MetricError::NoMatch => "noMatch",
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, recorded: &T) -> Result<(), String> {
    if found == recorded { Ok(()) } else { Err(format!("{what} {found:?}, recorded {recorded:?}")) }
}
