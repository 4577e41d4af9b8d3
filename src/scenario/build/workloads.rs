//! Workloads.

use super::jobs;
use super::objects::Placed;
use super::pre_stop::pre_stop;
use super::requests;
use super::scene::Scene;
use super::updates::{self, MOST_REPLICAS};
use crate::cluster::{OwnerKind, PodSpecId, WorkloadSelector};
use crate::controllers::Rules;
use crate::controllers::cron_job::{ConcurrencyPolicy, Schedule};
use crate::controllers::daemon_set;
use crate::controllers::deployment::Strategy;
use crate::controllers::job::JobSpec;
use crate::controllers::stateful_set::PodManagement;
use crate::market::container_start;
use crate::scenario::file::Assumption;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::scenario::kubernetes::meta::{ObjectMeta, OwnerReference};
use crate::scenario::kubernetes::pod::{self as api_pod, Pod, PodSpec, PodTemplateSpec};
use crate::scenario::kubernetes::reader::Provenance;
use crate::scenario::kubernetes::storage::{PersistentVolumeClaim, StorageClass};
use crate::scenario::kubernetes::workloads as api;
use crate::units::counted;
use crate::units::{Quantity, SimDuration, SimTime};
use crate::world::{Cast, Delay, Lifecycle, Load, Probe, Workload, WorkloadKind};

/// What a Job's pod works where nothing is said.
const JOB_WORK: SimDuration = SimDuration::from_mins(5);
/// Provisioners whose volumes can be used in every zone of a region; the clouds' block devices cannot.
const REGIONAL_VOLUMES: [&str; 3] = ["efs.csi.aws.com", "filestore.csi.storage.gke.io", "file.csi.azure.com"];

/// Fills `cast` with everything that creates pods.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    for (_, namespace) in &scene.objects.namespaces {
        converter.namespace(namespace);
    }
    for (_, class) in &scene.objects.storage_classes {
        converter.storage_class(class);
    }
    for (_, service) in &scene.objects.services {
        let namespace = converter.symbol(service.metadata.namespace_or_default());
        let name = converter.symbol(&service.metadata.name);
        let selector = converter.labels(&service.spec.selector);
        converter.cluster().services.push(crate::cluster::ServiceSelector { namespace, name, selector });
    }
    requests::check(scene, issues);
    let mut builder = Builder { scene, converter, assumed: 0, unknown_hooks: Vec::new(), is_refused: false };
    for found in &scene.objects.daemon_sets {
        let workload = builder.workload(found, "DaemonSet", updates::daemon_set, issues);
        builder.add(cast, workload);
    }
    for found in &scene.objects.deployments {
        let mut workload = builder.workload(found, "ReplicaSet", updates::deployment, issues);
        workload.progress_deadline = Some(seconds(found.1.spec.progress_deadline_seconds.unwrap_or(600)));
        builder.add(cast, workload);
    }
    for found in &scene.objects.replica_sets {
        // Without a Deployment nothing ever updates it; else it is one.
        let workload =
            builder.workload(found, "ReplicaSet", |_, _| WorkloadKind::Deployment(Strategy::Recreate), issues);
        builder.add(cast, workload);
    }
    for found in &scene.objects.pods {
        let workload = builder.bare_pod(found, issues);
        builder.add(cast, workload);
    }
    for found in &scene.objects.stateful_sets {
        let kind = |object: &api::Workload, part: &mut Issues| WorkloadKind::StatefulSet {
            management: management(object),
            update: updates::stateful_set(object, &Rules::of(scene.release), part),
            zonal_claims: has_zonal_claims(object, &scene.objects.storage_classes),
        };
        let workload = builder.workload(found, "StatefulSet", kind, issues);
        builder.add(cast, workload);
    }
    for found in &scene.objects.jobs {
        let workload = builder.job(found, issues);
        builder.add(cast, workload);
    }
    for found in &scene.objects.cron_jobs {
        if let Some(workload) = builder.cron_job(found, issues) {
            builder.add(cast, workload);
        }
    }
    let (assumed, hooks) = (builder.assumed, builder.unknown_hooks);
    say_what_was_assumed(scene, assumed, issues);
    if !hooks.is_empty() {
        let message =
            format!("how long preStop hooks take that do not sleep is not known: no time, of {}", hooks.join(", "));
        issues.push(Issue::warning("spec.template.spec.containers", message));
    }
    let found = std::mem::take(&mut converter.issues);
    issues.absorb(found, |_| {});
}

fn say_what_was_assumed(scene: &Scene<'_>, assumed: usize, issues: &mut Issues) {
    if assumed > 0 {
        let (cpu, memory) = assumption(scene);
        let containers = counted(assumed, "container");
        let message = format!("{containers} without requests of cpu or memory: {cpu} and {memory} are assumed");
        issues.push(Issue::warning("assume", message));
    }
}

/// Requests of cpu and memory where a container has none.
pub(super) fn assumption<'a>(scene: &'a Scene<'_>) -> (&'a str, &'a str) {
    match &scene.file.assume {
        Some(Assumption::Requests(assume)) => (&assume.cpu, &assume.memory),
        _ => ("100m", "128Mi"),
    }
}

struct Builder<'a, 'b, 'c> {
    scene: &'a Scene<'b>,
    converter: &'a mut Converter<'c>,
    assumed: usize,
    /// Workloads and containers with a preStop hook that takes nobody knows how long.
    unknown_hooks: Vec<String>,
    /// The API server refuses the pods of the workload at hand.
    is_refused: bool,
}

impl Builder<'_, '_, '_> {
    /// A workload whose pods are refused has none: one of so many replicas has 0, others do nothing at all.
    fn add(&mut self, cast: &mut Cast, mut workload: Workload) {
        if std::mem::take(&mut self.is_refused) {
            if !matches!(workload.kind, WorkloadKind::Deployment(_) | WorkloadKind::StatefulSet { .. }) {
                return;
            }
            workload.replicas = 0;
        }
        cast.workloads.push(workload);
    }

    fn workload(
        &mut self,
        found: &Placed<api::Workload>,
        owner: &str,
        kind: impl Fn(&api::Workload, &mut Issues) -> WorkloadKind,
        issues: &mut Issues,
    ) -> Workload {
        let (from, object) = found;
        let mut part = Issues::new();
        let replicas = object.spec.replicas.unwrap_or(1);
        if !(0..=MOST_REPLICAS).contains(&replicas) {
            let message = format!("found {replicas}, expected 0 to {MOST_REPLICAS}");
            part.push(Issue::error("spec.replicas", message));
        }
        if let Some(wrong) = object.spec.min_ready_seconds.filter(|seconds| *seconds < 0) {
            part.push(Issue::error("spec.minReadySeconds", format!("found {wrong}, expected 0 or more")));
        }
        complain_about_selector(object, &mut part);
        let controller = match owner {
            "ReplicaSet" => format!("{}-rs", object.metadata.name),
            _ => object.metadata.name.clone(),
        };
        self.controller(owner, &controller, &object.metadata, object, replicas);
        let template = self.template(&object.metadata, &object.spec.template, owner, &controller, &mut part);
        let kind = kind(object, &mut part);
        let workload = Workload {
            namespace: self.converter.symbol(object.metadata.namespace_or_default()),
            name: self.converter.symbol(&object.metadata.name),
            replicas: if matches!(kind, WorkloadKind::DaemonSet(_)) { 0 } else { replicas },
            kind,
            template,
            lifecycle: self.lifecycle(&object.metadata.name, &object.spec.template.spec),
            load: Load::Requests,
            starts: SimTime::ZERO,
            min_ready: seconds(object.spec.min_ready_seconds.unwrap_or(0)),
            progress_deadline: None,
        };
        from.locate_all(part, issues);
        workload
    }

    /// A pod that nobody makes again when it is gone.
    fn bare_pod(&mut self, (from, object): &Placed<Pod>, issues: &mut Issues) -> Workload {
        let mut part = Issues::new();
        let api = PodTemplateSpec { metadata: object.metadata.clone(), spec: object.spec.clone() };
        let template = self.template(&object.metadata, &api, "", "", &mut part);
        from.locate_all(part, issues);
        Workload {
            namespace: self.converter.symbol(object.metadata.namespace_or_default()),
            name: self.converter.symbol(&object.metadata.name),
            kind: WorkloadKind::BarePod,
            template,
            replicas: 1,
            lifecycle: self.lifecycle(&object.metadata.name, &object.spec),
            load: Load::Requests,
            starts: SimTime::ZERO,
            min_ready: SimDuration::ZERO,
            progress_deadline: None,
        }
    }

    /// The controller as an object that decisions look at.
    fn controller(&mut self, owner: &str, name: &str, metadata: &ObjectMeta, object: &api::Workload, replicas: i32) {
        let kind = match owner {
            "ReplicaSet" => OwnerKind::ReplicaSet,
            "StatefulSet" => OwnerKind::StatefulSet,
            "DaemonSet" => OwnerKind::DaemonSet,
            _ => return,
        };
        let selector = object.spec.selector.as_ref();
        let row = WorkloadSelector {
            kind,
            namespace: self.converter.symbol(metadata.namespace_or_default()),
            name: self.converter.symbol(name),
            selector: selector.map(|selector| self.converter.label_selector("spec.selector", selector)),
            replicas,
        };
        self.converter.cluster().workloads.push(row);
    }

    fn job(&mut self, (from, object): &Placed<api::Job>, issues: &mut Issues) -> Workload {
        let (spec, work) = self.job_parts(&object.metadata, &object.spec, from, issues);
        let kind = WorkloadKind::Job { spec, work };
        self.job_workload(from, &object.metadata, &object.spec, kind, issues)
    }

    fn cron_job(&mut self, (from, object): &Placed<api::CronJob>, issues: &mut Issues) -> Option<Workload> {
        if object.spec.suspend {
            return None;
        }
        let inner = &object.spec.job_template.spec;
        let schedule =
            match Schedule::parse(&object.spec.schedule, object.spec.time_zone.as_deref(), self.scene.start.at) {
                Ok(schedule) => schedule,
                Err(error) => {
                    issues.push(from.locate(Issue::error("spec.schedule", error.to_string())));
                    return None;
                }
            };
        let concurrency = match object.spec.concurrency_policy.as_deref() {
            None | Some("Allow") => ConcurrencyPolicy::Allow,
            Some("Forbid") => ConcurrencyPolicy::Forbid,
            Some("Replace") => ConcurrencyPolicy::Replace,
            Some(other) => {
                let message = format!("found `{other}`, expected Allow, Forbid or Replace");
                issues.push(from.locate(Issue::error("spec.concurrencyPolicy", message)));
                return None;
            }
        };
        let starting_deadline = object.spec.starting_deadline_seconds.map(seconds);
        let (spec, work) = self.job_parts(&object.metadata, inner, from, issues);
        let kind = WorkloadKind::CronJob { schedule, concurrency, starting_deadline, spec, work };
        Some(self.job_workload(from, &object.metadata, inner, kind, issues))
    }

    fn job_parts(
        &self,
        metadata: &ObjectMeta,
        spec: &api::JobSpec,
        from: &Provenance,
        issues: &mut Issues,
    ) -> (JobSpec, Delay) {
        let work = self.scene.file.jobs.get(&metadata.name).map(|job| job.duration.0);
        if work.is_none() {
            let message = "how long a pod works is not known: 5 minutes are assumed";
            let help = format!("give jobs.{}.duration in the scenario", metadata.name);
            issues.push(from.locate(Issue::warning("", message).with_help(help)));
        }
        let median = work.unwrap_or(JOB_WORK);
        let counts = JobSpec {
            parallelism: spec.parallelism.unwrap_or(1).clamp(0, MOST_REPLICAS),
            completions: spec.completions.or(if spec.parallelism.is_none() { Some(1) } else { None }),
            backoff_limit: spec.backoff_limit.unwrap_or(6),
            active_deadline: spec.active_deadline_seconds.map(seconds),
            on_disruption: jobs::on_disruption(spec, from, issues),
            only_replaces_failed: jobs::only_replaces_failed(&Rules::of(self.scene.release), spec, from, issues),
        };
        (counts, Delay::Lognormal { median, sigma: 0.2, least: SimDuration::from_secs(1) })
    }

    fn job_workload(
        &mut self,
        from: &Provenance,
        metadata: &ObjectMeta,
        spec: &api::JobSpec,
        kind: WorkloadKind,
        issues: &mut Issues,
    ) -> Workload {
        let mut part = Issues::new();
        let row = WorkloadSelector {
            kind: OwnerKind::Job,
            namespace: self.converter.symbol(metadata.namespace_or_default()),
            name: self.converter.symbol(&metadata.name),
            selector: None,
            replicas: 1,
        };
        self.converter.cluster().workloads.push(row);
        let template = self.template(metadata, &spec.template, "Job", &metadata.name, &mut part);
        from.locate_all(part, issues);
        Workload {
            namespace: self.converter.symbol(metadata.namespace_or_default()),
            name: self.converter.symbol(&metadata.name),
            kind,
            template,
            replicas: 0,
            lifecycle: self.lifecycle(&metadata.name, &spec.template.spec),
            load: Load::Requests,
            starts: SimTime::ZERO,
            min_ready: SimDuration::ZERO,
            progress_deadline: None,
        }
    }

    /// The pods' kind as the controller creates them.
    fn template(
        &mut self,
        metadata: &ObjectMeta,
        api: &PodTemplateSpec,
        owner: &str,
        controller: &str,
        issues: &mut Issues,
    ) -> PodSpecId {
        let namespace = metadata.namespace_or_default().to_owned();
        let mut pod_metadata = api.metadata.clone();
        let owned = !owner.is_empty();
        let inside = if owned { "spec.template." } else { "" };
        let reference = || OwnerReference {
            api_version: if owner == "Job" { "batch/v1".into() } else { "apps/v1".into() },
            kind: owner.to_owned(),
            name: controller.to_owned(),
            uid: format!("{namespace}/{owner}/{controller}"),
            controller: Some(true),
        };
        pod_metadata.owner_references = owned.then(reference).into_iter().collect();
        pod_metadata.namespace = Some(namespace.clone());
        let mut spec = api.spec.clone();
        requests::patch(self.scene, metadata, &mut spec, issues);
        if let Err(mut issue) = self.scene.objects.admission.admit(&namespace, &mut spec) {
            issue.place.field = issue.place.field.map(|field| format!("{inside}{field}"));
            issues.push(issue);
        }
        if let Some(why) = self.scene.objects.admission.refusal(&namespace, &spec) {
            self.is_refused = true;
            let message = format!("the API server refuses every pod of it (FailedCreate), so it has none: {why}");
            issues.push(Issue::warning(format!("{inside}spec.containers"), message));
        }
        let asked = requested(&spec);
        self.default_requests(&mut spec, issues);
        if spec.priority_class_name.is_empty() {
            spec.priority.get_or_insert(0);
        }
        // Claims are paid for, and where their volumes are is the simulation's to find out.
        spec.volumes.retain(|volume| volume.persistent_volume_claim.is_none() && volume.ephemeral.is_none());
        let id = self.converter.pod_spec(&pod_metadata, &spec);
        let cluster = self.converter.cluster();
        let mut row = cluster.spec(id).clone();
        // What is assumed counts for nodes; an HPA or a VPA finds no request, as in a live cluster.
        for (container, (cpu, memory)) in row.containers.iter_mut().zip(asked) {
            (container.has_cpu_request, container.has_memory_request) = (cpu, memory);
        }
        row.termination_grace.get_or_insert(SimDuration::from_secs(30));
        if owner == "DaemonSet" {
            row.tolerations.extend(daemon_set::default_tolerations(&mut cluster.symbols, false));
        }
        cluster.intern_spec(row)
    }

    /// What the API server has not filled in is assumed.
    fn default_requests(&mut self, spec: &mut PodSpec, issues: &mut Issues) {
        let (cpu, memory) = assumption(self.scene);
        for container in &mut spec.containers {
            let resources = &mut container.resources;
            let mut missing = false;
            for (name, amount) in [("cpu", cpu), ("memory", memory)] {
                if !resources.requests.contains_key(name) {
                    missing = true;
                    match amount.parse::<Quantity>() {
                        Ok(quantity) => drop(resources.requests.insert(name.to_owned(), quantity)),
                        Err(_) => issues.push(Issue::error(
                            format!("assume.{name}"),
                            format!("found `{amount}`, expected a quantity such as 100m or 128Mi"),
                        )),
                    }
                }
            }
            if missing && matches!(self.scene.file.assume, Some(Assumption::Refuse)) {
                let message = format!("container `{}` asks for no cpu or memory", container.name);
                issues.push(Issue::error("spec.template.spec.containers", message).with_help(
                    "give it requests, or say in the scenario what to assume: `assume: {cpu: 100m, memory: 128Mi}`",
                ));
            }
            self.assumed += usize::from(missing);
        }
    }

    fn lifecycle(&mut self, name: &str, spec: &PodSpec) -> Lifecycle {
        let start = container_start();
        let first = spec.containers.first();
        let (before_stop, unknown) = pre_stop(&spec.containers);
        self.unknown_hooks.extend(unknown.into_iter().map(|container| format!("{name}/{container}")));
        let warm_up = self.scene.file.services.get(name).and_then(|service| service.warm_up);
        Lifecycle {
            start: Delay::Lognormal { median: start.median, sigma: start.sigma, least: SimDuration::from_millis(200) },
            image_pull: Delay::Lognormal {
                median: SimDuration::from_secs(8),
                sigma: 0.3,
                least: SimDuration::from_secs(1),
            },
            images: spec.containers.iter().map(|c| (self.converter.symbol(&c.image), 140 * 1024 * 1024)).collect(),
            warm_up: warm_up.map_or(Delay::NONE, |time| Delay::Fixed(time.0)),
            readiness: first.and_then(|container| container.readiness_probe.as_ref()).map(probe),
            liveness: first.and_then(|container| container.liveness_probe.as_ref()).map(probe),
            killed_if_silent_for: first.and_then(patience),
            pre_stop: before_stop,
            shutdown: SimDuration::from_secs(1),
        }
    }
}

/// A span of whole seconds as objects give it; none is longer than a year.
fn seconds(value: i64) -> SimDuration {
    SimDuration::from_secs(value.clamp(0, 366 * 86_400))
}

/// After how long a container that has never answered is killed: by its startup probe, which holds the others
/// back, or else by its liveness probe.
fn patience(container: &api_pod::Container) -> Option<SimDuration> {
    let probe = probe(container.startup_probe.as_ref().or(container.liveness_probe.as_ref())?);
    Some(probe.initial + probe.period * i64::from(probe.failures - 1))
}

/// A probe with the API server's defaults.
fn probe(probe: &api_pod::Probe) -> Probe {
    let value = |value: Option<i64>, default: i64, least: i64| value.unwrap_or(default).clamp(least, 86_400);
    Probe {
        initial: SimDuration::from_secs(value(probe.initial_delay_seconds, 0, 0)),
        period: SimDuration::from_secs(value(probe.period_seconds, 10, 1)),
        timeout: SimDuration::from_secs(value(probe.timeout_seconds, 1, 1)),
        failures: value(probe.failure_threshold, 3, 1) as u32,
    }
}

/// What the API server would say; the simulation does not need the selector.
fn complain_about_selector(object: &api::Workload, issues: &mut Issues) {
    let labels = &object.spec.template.metadata.labels;
    let refused = "the API server would refuse this";
    match &object.spec.selector {
        None => issues.push(Issue::warning("spec.selector", format!("{refused}: a selector is required"))),
        Some(selector) if !selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value)) => {
            let message = format!("{refused}: `selector` does not match template `labels`");
            issues.push(Issue::warning("spec.template.metadata.labels", message));
        }
        Some(_) => {}
    }
}

fn management(object: &api::Workload) -> PodManagement {
    match object.spec.pod_management_policy.as_deref() {
        Some("Parallel") => PodManagement::Parallel,
        _ => PodManagement::OrderedReady,
    }
}

fn has_zonal_claims(object: &api::Workload, classes: &[Placed<StorageClass>]) -> bool {
    let provisioner = |claim: &PersistentVolumeClaim| {
        let class = claim.spec.storage_class_name.as_deref()?;
        classes.iter().find(|(_, row)| row.metadata.name == class).map(|(_, row)| row.provisioner.as_str())
    };
    let is_zonal =
        |claim: &PersistentVolumeClaim| provisioner(claim).is_none_or(|name| !REGIONAL_VOLUMES.contains(&name));
    object.spec.volume_claim_templates.iter().any(is_zonal)
}

/// By container: whether it asks for cpu, and for memory.
fn requested(spec: &PodSpec) -> Vec<(bool, bool)> {
    let asks = |container: &api_pod::Container, name: &str| container.resources.requests.contains_key(name);
    spec.containers.iter().map(|container| (asks(container, "cpu"), asks(container, "memory"))).collect()
}
