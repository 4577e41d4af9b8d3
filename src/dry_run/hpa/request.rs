//! From files to dry runs: HPAs and recorded metrics in, one timeline per HPA out.

use super::fit::{Fit, usual_column};
use super::replay::{Mode, Replay};
use super::timeline::Timeline;
use crate::hpa::{Flags, HpaSpec};
use crate::intern::{Interner, Symbol};
use crate::scenario::hpas::{self, HpaObject};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::metrics::{self, MetricsFile, Recording, Wanted};
use crate::scenario::pod_shape::PodShape;
use crate::units::{SimDuration, counted};

/// As many as a quarter of a year has at the usual period.
const MOST_SYNCS: i64 = 525_600;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Files and folders with HPAs, and their targets for requests and limits.
    pub files: &'a [String],
    /// Recorded metrics.
    pub metrics: Vec<MetricsFile>,
    /// Gaps in a CSV are times without metrics, and no error.
    pub allow_gaps: bool,
    /// The controller's flags.
    pub flags: Flags,
    /// How the recording is taken.
    pub mode: Mode,
    /// `spec.replicas` at the first sync, where it is not to be what the files say.
    pub replicas: Option<i32>,
    /// Requests that come before those of the files.
    pub pod: PodShape,
    /// From creation to Ready.
    pub pod_start: SimDuration,
    /// `--horizontal-pod-autoscaler-sync-period`.
    pub sync: SimDuration,
}

/// The dry runs of all HPAs over one recording.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// One per HPA, in the order of the files.
    pub runs: Vec<Run>,
    /// The names of their metrics.
    pub symbols: Interner,
    /// What they were replayed over.
    pub recording: Recording,
    /// What is doubtful.
    pub caveats: Issues,
}

/// The dry run of one HPA.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the HPA is called.
    pub label: String,
    /// What it says, without the metrics that were not recorded.
    pub spec: HpaSpec,
    /// What it did.
    pub timeline: Timeline,
}

impl Request<'_> {
    /// Reads the files and replays every HPA. `issues` is what is known to be wrong already.
    ///
    /// Errors: everything that is wrong, with its place.
    pub fn run(&self, mut issues: Issues) -> Result<Replayed, Issues> {
        let mut symbols = Interner::new();
        let mut objects = hpas::read(self.files, &self.flags, &mut symbols, &mut issues);
        let fallback = objects.first().and_then(|object| object.spec.metrics.first());
        let fallback = fallback.map_or_else(|| "cpu".to_owned(), |metric| usual_column(metric, &symbols));
        let wanted = Wanted {
            fallback: &fallback,
            allow_gaps: self.allow_gaps,
            namespace: the_one(objects.iter().map(|object| object.namespace.as_deref())),
            container: the_one(objects.iter().map(|object| object.container.as_deref())),
        };
        let recording = metrics::read(&self.metrics, wanted, &mut issues);
        let Some(recording) = recording.filter(|_| !issues.has_errors()) else { return Err(issues) };
        let span = recording.end().since(recording.begin());
        if span.as_nanos() / self.sync.as_nanos().max(1) > MOST_SYNCS {
            let message = format!("found {span}, expected at most {MOST_SYNCS} syncs of {}", self.sync);
            let issue = Issue::error("--metrics", message);
            issues.push(issue.with_help("raise --sync-period, or cut the recording; a time may be a slip"));
            return Err(issues);
        }
        let names: Vec<Symbol> = recording.series().iter().map(|series| symbols.intern(&series.name)).collect();
        for object in &mut objects {
            object.pod = self.pod.or(object.pod);
            let HpaObject { label, spec, pod, silent, .. } = object;
            Fit { label, recording: &recording, pod: *pod, mode: self.mode, symbols: &symbols, silent }
                .check(spec, &mut issues);
        }
        if issues.has_errors() {
            return Err(issues);
        }
        let replay = |object: HpaObject| {
            let timeline = self.replay(&object, &recording, &names).run();
            Run { label: object.label, spec: object.spec, timeline }
        };
        let runs: Vec<Run> = objects.into_iter().map(replay).collect();
        runs.iter().filter_map(not_followed).for_each(|issue| issues.push(issue));
        Ok(Replayed { runs, symbols, recording, caveats: issues })
    }

    /// `status.currentReplicas` is what was there; a recording tells how many pods it is of; the Deployment is what somebody
    /// wrote once.
    fn start_of(&self, object: &HpaObject, recording: &Recording) -> i32 {
        let said = self.replicas.or(object.current_replicas).or(recording.size()).or(object.written_replicas);
        said.unwrap_or(object.spec.min)
    }

    fn replay<'a>(&self, object: &'a HpaObject, recording: &'a Recording, names: &'a [Symbol]) -> Replay<'a> {
        Replay {
            spec: &object.spec,
            flags: self.flags,
            recording,
            names,
            mode: self.mode,
            start: self.start_of(object, recording),
            pod: object.pod,
            pod_start: self.pod_start,
            sync: self.sync,
            // The metrics server's samples are between 0 and 15 s old; the recording's instants are what it saw.
            sample_age: SimDuration::ZERO,
        }
    }
}

/// Recorded replicas that go another way than the HPA: its next decisions are about those.
fn not_followed(run: &Run) -> Option<Issue> {
    let pairs = || run.timeline.rows.windows(2).filter(|pair| pair[0].decision.rescaled);
    let others = pairs().filter(|pair| pair[1].before != pair[0].decision.replicas).count();
    let message = format!(
        "{others} of {} were followed by other replicas in the recording, and each sync begins with those",
        counted(pairs().count(), "rescale")
    );
    let help = "--mode closed lets the HPA's own replicas count; so does a recording without replicas";
    (others > 0).then(|| Issue::warning(run.label.clone(), message).with_help(help))
}

/// What all say alike.
fn the_one<'a>(mut all: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}
