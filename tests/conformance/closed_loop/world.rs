//! A case as the simulation's cast.

use super::case::{Case, FaultRow, Owner, WorkloadRow};
use foresail::autoscaler::{DEFAULT_VERSION, Flags};
use foresail::cluster::{ClusterState, LabelSelector, OwnerKind, PodSpecId, WorkloadSelector};
use foresail::controllers::IntOrPercent;
use foresail::controllers::daemon_set;
use foresail::controllers::daemon_set::Update;
use foresail::controllers::deployment::Strategy;
use foresail::controllers::disruption::{Promise, UnhealthyPods};
use foresail::dry_run::autoscale::recorded;
use foresail::hpa;
use foresail::id::{Id, IdVec};
use foresail::market::Origin;
use foresail::release::KubernetesVersion;
use foresail::scenario::issue::Issues;
use foresail::scenario::kubernetes::Converter;
use foresail::scenario::kubernetes::meta::OwnerReference;
use foresail::scenario::kubernetes::policy::{PodDisruptionBudget, PriorityClass};
use foresail::units::{PricePerHour, SimDuration, SimTime};
use foresail::world::{
    Budget, Cast, Delay, Fault, FaultKind, Hpa, Lifecycle, Load, Machine, NodeGroup, Replacement, Workload,
    WorkloadKind,
};
use foresail::world::{GroupId, WorkloadId};

/// The cast of a case.
pub(crate) fn build(case: &Case) -> Result<Cast, String> {
    let mut cluster = ClusterState::new();
    let mut converter = Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH);
    let groups = node_groups(case, &mut converter);
    let mut workloads: IdVec<WorkloadId, Workload> = IdVec::new();
    for (owners, is_daemon_set) in [(&case.daemon_sets, true), (&case.deployments, false)] {
        for owner in owners {
            workloads.push(workload(case, owner, is_daemon_set, &mut converter));
        }
    }
    let budgets = case.pdbs.iter().map(|pdb| budget(pdb, &mut converter)).collect();
    let hpa_flags = hpa_flags(case);
    let mut hpas = Vec::new();
    for object in &case.hpas {
        let mut issues = Issues::new();
        let namespace = converter.symbol(object.metadata.namespace_or_default());
        let (name, target) =
            (converter.symbol(&object.metadata.name), converter.symbol(&object.spec.scale_target_ref.name));
        let spec = object.to_spec(&hpa_flags, &mut converter.cluster().symbols, &mut issues);
        let is_target = |w: &Workload| {
            w.namespace == namespace && w.name == target && matches!(w.kind, WorkloadKind::Deployment(_))
        };
        // Without its target an HPA finds no scale and does nothing.
        let Some((workload, _)) = workloads.iter().find(|(_, w)| is_target(w)) else { continue };
        hpas.push((
            format!("{}/{}", object.metadata.namespace_or_default(), object.metadata.name),
            Hpa {
                name,
                workload,
                spec,
                schedule: Vec::new(),
                signals: Vec::new(),
                is_ambiguous: false,
                scaled_object: None,
            },
        ));
    }
    hpas.sort_by(|a, b| a.0.cmp(&b.0));
    let faults = case.faults.iter().map(|row| fault(case, row)).collect::<Result<_, _>>()?;
    Ok(Cast {
        autoscaler: Some(autoscaler_flags(case)?),
        groups,
        workloads,
        budgets,
        hpas: hpas.into_iter().map(|(_, hpa)| hpa).collect(),
        hpa_flags,
        faults,
        cluster,
        ..Cast::default()
    })
}

fn seconds(value: i64) -> SimDuration {
    SimDuration::from_secs(value)
}

fn hpa_flags(case: &Case) -> hpa::Flags {
    hpa::Flags {
        // The recordings are of 1.28.
        rules: hpa::Rules::of(&KubernetesVersion::V1_28.into()),
        downscale_stabilization: seconds(case.hpa_flags.downscale_stabilization_s),
        tolerance: case.hpa_flags.tolerance,
        cpu_initialization_period: seconds(case.hpa_flags.cpu_initialization_period_s),
        initial_readiness_delay: seconds(case.hpa_flags.initial_readiness_delay_s),
    }
}

const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";

fn node_groups(case: &Case, converter: &mut Converter<'_>) -> IdVec<GroupId, NodeGroup> {
    let mut groups = IdVec::new();
    for row in &case.node_groups {
        // The recordings' price of a node is that of the first group with its instance type.
        let kind = |row: &super::case::NodeGroup| row.template.metadata.labels.get(INSTANCE_TYPE).cloned();
        let label = kind(row);
        let first = case.node_groups.iter().find(|other| label.is_some() && kind(other) == label).unwrap_or(row);
        let price = PricePerHour::from_usd(first.price);
        groups.push(NodeGroup {
            name: row.id.clone(),
            min: row.min,
            max: row.max,
            initial: row.initial,
            machines: vec![Machine {
                instance_type: label.unwrap_or_default(),
                template: converter.node_template(&row.template),
                speed: 1.0,
                list_price: price,
                price,
                origin: Origin::listed("recording", "undated"),
                spot_market: None,
            }],
            foretold: None,
            zones: Vec::new(),
            spot: false,
            boot: Delay::Cycle(row.boot_s.iter().map(|s| seconds(*s)).collect()),
            ready_lag: Delay::Fixed(seconds(row.ready_lag_s)),
            termination: seconds(row.termination_s),
            autoscaled: true,
            root_volume: Default::default(),
        });
    }
    groups
}

fn workload(case: &Case, owner: &Owner, is_daemon_set: bool, converter: &mut Converter<'_>) -> Workload {
    let name = &owner.metadata.name;
    let namespace = owner.metadata.namespace_or_default().to_owned();
    let none = WorkloadRow::default();
    let row = case.workloads.get(&format!("{namespace}/{name}")).unwrap_or(&none);
    let template = template(case, owner, is_daemon_set, converter);
    let (kind, controller) = match is_daemon_set {
        true => (OwnerKind::DaemonSet, name.clone()),
        false => (OwnerKind::ReplicaSet, format!("{name}-rs")),
    };
    let controller = WorkloadSelector {
        kind,
        namespace: converter.symbol(&namespace),
        name: converter.symbol(&controller),
        selector: owner.spec.selector.as_ref().map(|selector| converter.label_selector("spec.selector", selector)),
        replicas: owner.spec.replicas.unwrap_or(1),
    };
    converter.cluster().workloads.push(controller);
    Workload {
        namespace: converter.symbol(&namespace),
        name: converter.symbol(name),
        kind: match is_daemon_set {
            true => WorkloadKind::DaemonSet(Update::OnDelete),
            false => WorkloadKind::Deployment(Strategy::Recreate),
        },
        template,
        replicas: if is_daemon_set { 0 } else { owner.spec.replicas.unwrap_or(1) },
        lifecycle: Lifecycle {
            start: Delay::Fixed(seconds(row.start_s)),
            warm_up: Delay::Fixed(seconds(row.ready_s)),
            shutdown: seconds(row.shutdown_s),
            ..Lifecycle::default()
        },
        load: Load::CpuDemand {
            demand_milli: row.demand.iter().map(|(t, milli)| (SimTime::from_secs(*t), *milli)).collect(),
            memory_base_bytes: row.mem_base,
            memory_per_milli_bytes: row.mem_per_milli,
        },
        starts: SimTime::ZERO,
        min_ready: SimDuration::ZERO,
        progress_deadline: None,
    }
}

/// The pods' kind as the owner's controller creates them.
fn template(case: &Case, owner: &Owner, is_daemon_set: bool, converter: &mut Converter<'_>) -> PodSpecId {
    let name = &owner.metadata.name;
    let (kind, controller) =
        if is_daemon_set { ("DaemonSet", name.clone()) } else { ("ReplicaSet", format!("{name}-rs")) };
    let mut metadata = owner.spec.template.metadata.clone();
    metadata.namespace = Some(owner.metadata.namespace_or_default().to_owned());
    metadata.owner_references = vec![OwnerReference {
        api_version: "apps/v1".into(),
        kind: kind.into(),
        uid: format!("{}/{controller}", owner.metadata.namespace_or_default()),
        name: controller,
        controller: Some(true),
    }];
    let mut spec = owner.spec.template.spec.clone();
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        let resources = &mut container.resources;
        for (name, limit) in &resources.limits {
            resources.requests.entry(name.clone()).or_insert(*limit);
        }
    }
    let host_network = spec.host_network == Some(true);
    let named = |class: &&PriorityClass| match spec.priority_class_name.as_str() {
        "" => class.global_default,
        name => class.metadata.name == name,
    };
    if let Some(class) = case.priority_classes.iter().find(named) {
        spec.priority = Some(class.value);
        spec.preemption_policy = class.preemption_policy.clone();
    }
    if spec.priority_class_name.is_empty() {
        spec.priority.get_or_insert(0);
    }
    let id = converter.pod_spec(&metadata, &spec);
    let cluster = converter.cluster();
    let mut row = cluster.spec(id).clone();
    row.termination_grace.get_or_insert(seconds(30));
    if is_daemon_set {
        row.tolerations.extend(daemon_set::default_tolerations(&mut cluster.symbols, host_network));
    }
    cluster.intern_spec(row)
}

fn budget(pdb: &PodDisruptionBudget, converter: &mut Converter<'_>) -> Budget {
    let promise = match (pdb.spec.min_available, pdb.spec.max_unavailable) {
        (Some(count), _) => Promise::MinAvailable(count),
        (_, Some(count)) => Promise::MaxUnavailable(count),
        (None, None) => Promise::MinAvailable(IntOrPercent::Int(0)),
    };
    let selector: Option<LabelSelector> =
        pdb.spec.selector.as_ref().map(|selector| converter.label_selector("spec.selector", selector));
    Budget {
        namespace: converter.symbol(pdb.metadata.namespace_or_default()),
        name: converter.symbol(&pdb.metadata.name),
        selector,
        promise,
        unhealthy_pods: UnhealthyPods::IfHealthyBudget,
    }
}

fn fault(case: &Case, row: &FaultRow) -> Result<Fault, String> {
    let at = case.node_groups.iter().position(|group| group.id == row.group).ok_or("a fault of no group")?;
    let group = GroupId::from_index(at);
    let replacement = match row.replace.as_str() {
        "replace" => Replacement::Replace,
        "shrink" => Replacement::Shrink,
        _ => Replacement::None,
    };
    let kind = match row.kind.as_str() {
        "nodeLost" => FaultKind::NodeLost { group, pick: row.pick, replacement },
        "spot" => FaultKind::SpotNotice { group, pick: row.pick, replacement },
        "increaseError" => FaultKind::IncreaseError(group),
        "instanceError" => FaultKind::InstanceError(group, seconds(row.error_after_s)),
        "neverRegisters" => FaultKind::NeverRegisters(group),
        other => return Err(format!("unknown fault `{other}`")),
    };
    Ok(Fault { at: SimTime::from_secs(row.at), until: SimTime::from_secs(row.until), kind })
}

fn autoscaler_flags(case: &Case) -> Result<Flags, String> {
    let mut flags = recorded::flags_of(DEFAULT_VERSION, &case.ca_options)?;
    if let Some(text) = &case.priorities {
        let priorities = foresail::scenario::priorities::priorities(text);
        flags.priorities = priorities.map_err(|e| format!("priorities: {e}"))?;
    }
    Ok(flags)
}
