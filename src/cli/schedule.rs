//! `foresail schedule`.

use super::Failure;
use super::kubernetes;
use super::schedule_against::{self, Side};
use super::streams::{print, tell};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use foresail::cluster::{ClusterState, PodId};
use foresail::dry_run::schedule::{self, DryRun, HowMany};
use foresail::release::Release;
use foresail::rng::Seed;
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::snapshot::{self, Snapshot, Whose};
use foresail::scheduler::{Attempt, Decision, Profiles, Rules, Scheduler, Ties};
use foresail::units::counted;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Place the pending pods of a cluster as kube-scheduler would, and say why some do not fit.
///
/// Reads dumps such as `kubectl get nodes,pods,pvc,pv,sc,csinodes,pdb,svc,rs,sts,ns -A -o json`, plain or gzip,
/// YAML too, and recorded scheduler cases. Nothing is changed anywhere.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    kubectl get nodes,pods -A -o json | foresail schedule -f -\n  \
    foresail schedule -f dump.json.gz --explain shop/cart-7d9f8\n  \
    foresail schedule -f dump.json.gz --how-many shop/cart-7d9f8\n  \
    foresail schedule -f dump.json.gz --kubernetes 1.31 --against 1.34")]
pub(super) struct Args {
    /// A file, a folder, or - for standard input; may be given more than once.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", required = true)]
    files: Vec<PathBuf>,
    /// A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Show every node for this pod: why not, or its score by plugin.
    #[arg(long, value_name = "[NAMESPACE/]POD")]
    explain: Option<String>,
    /// Place the pending pods, then copies of this one until nothing fits.
    #[arg(long, value_name = "[NAMESPACE/]POD", conflicts_with = "explain")]
    how_many: Option<String>,
    /// Choose among equally good nodes at random, as kube-scheduler does; without it the smallest name wins.
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    kubernetes: kubernetes::Versions,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    Table,
    Json,
}

/// No answer to "how many?" is larger.
const MOST_COPIES: u32 = 1_000_000;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (snapshot, other) = load(args)?;
    snapshot.caveats.iter().for_each(tell);
    let Snapshot { mut cluster, pending, profiles, release, .. } = snapshot;
    let explain = args.explain.as_deref().map(|name| find(&cluster, name, "--explain")).transpose()?;
    let like = args.how_many.as_deref().map(|name| find(&cluster, name, "--how-many")).transpose()?;
    if let Some(pod) = explain.filter(|pod| !pending.contains(pod)) {
        let message = format!("{} has a node already: {}", cluster.pod_key(pod), node_of(&cluster, pod));
        return Err(Issue::error("--explain", message).with_help("name a pending pod, or ask --how-many").into());
    }
    let ties = match args.seed {
        None => Ties::SmallestName,
        Some(seed) => Ties::Seeded(Seed::new(seed, 0).bits("schedule", 0)),
    };
    let mut scheduler = Scheduler::new(profiles_of(profiles, &release), ties.clone());
    let run = schedule::place(&mut cluster, &mut scheduler, &pending, explain);
    let against = other.map(|mut other| {
        let mut scheduler = Scheduler::new(profiles_of(other.profiles.take(), &other.release), ties);
        let theirs = schedule::place(&mut other.cluster, &mut scheduler, &other.pending, None);
        let side = Side::of(other.release.version, &other.cluster, &other.pending, &theirs);
        (Side::of(release.version, &cluster, &pending, &run), side)
    });
    let text = match (explain, like, args.output) {
        (Some(pod), _, Output::Table) => explanation(&cluster, pod, run.explained.as_ref()),
        (Some(pod), _, Output::Json) => pretty(&explanation_json(&cluster, pod, run.explained.as_ref())),
        (_, Some(pod), output) => {
            let more = schedule::how_many(&mut cluster, &mut scheduler, pod, MOST_COPIES);
            match output {
                Output::Table => more_table(&cluster, pod, &more),
                Output::Json => pretty(&more_json(&cluster, pod, &more)),
            }
        }
        (_, _, Output::Table) => {
            let otherwise = against.as_ref().map(|(this, other)| format!("\n{}", schedule_against::table(this, other)));
            placements(&cluster, &pending, &run) + &otherwise.unwrap_or_default()
        }
        (_, _, Output::Json) => {
            let mut value = placements_json(&cluster, &pending, &run);
            value["kubernetes"] = json!(release.version.to_string());
            if let Some((this, other)) = &against {
                value["against"] = schedule_against::json(this, other);
            }
            pretty(&value)
        }
    };
    print(&text)?;
    tell(summary(&run));
    Ok(())
}

/// The cluster, and as the version that is set beside reads it.
fn load(args: &Args) -> Result<(Snapshot, Option<Snapshot>), Failure> {
    let mut issues = Issues::new();
    let whose = args.kubernetes.whose(&mut issues);
    let against = args.kubernetes.against(&mut issues);
    if against.is_some() && (args.explain.is_some() || args.how_many.is_some()) {
        let issue = Issue::error("--against", "it compares where pods go, not --explain or --how-many");
        issues.push(issue.with_help("ask for each version by itself, with --kubernetes"));
    }
    if issues.has_errors() {
        return Err(Failure::Input(issues));
    }
    let whose = std::iter::once(whose).chain(against.map(Whose::Given)).collect();
    let snapshots = snapshot::load_all(&args.files, args.config.as_deref(), whose).map_err(Failure::Input)?;
    let mut snapshots = snapshots.into_iter();
    let first = snapshots.next().ok_or_else(|| Failure::Input(Issues::new()))?;
    Ok((first, snapshots.next()))
}

fn profiles_of(given: Option<Profiles>, release: &Release) -> Profiles {
    given.unwrap_or_default().with_rules(Rules::of(release))
}

/// The pod of that name; the namespace may be left out where only one pod has the name.
fn find(cluster: &ClusterState, name: &str, field: &str) -> Result<PodId, Failure> {
    let keys: Vec<(PodId, String)> = cluster.pods().map(|(id, _)| (id, cluster.pod_key(id))).collect();
    let is_meant = |key: &str| key == name || key.split_once('/').is_some_and(|(_, short)| short == name);
    let found: Vec<&(PodId, String)> = keys.iter().filter(|(_, key)| is_meant(key)).collect();
    match found.as_slice() {
        [(pod, _)] => Ok(*pod),
        [] => {
            let issue = Issue::error(field, format!("there is no pod `{name}` in the input"));
            let shown = if name.contains('/') { 0 } else { 1 };
            let short = |key: &'_ String| key.splitn(2, '/').nth(shown).unwrap_or_default().to_owned();
            let names: Vec<String> = keys.iter().map(|(_, key)| short(key)).collect();
            Err(issue.suggest(name, names.iter().map(String::as_str)).into())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(_, key)| key.as_str()).collect();
            let message = format!("`{name}` names {} pods: {}", several.len(), names.join(", "));
            Err(Issue::error(field, message).with_help("give the namespace, too").into())
        }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    table
}

/// Columns as kubectl prints them: three spaces between, none at the ends.
fn lines(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    table.trim_fmt() + "\n"
}

fn node_of(cluster: &ClusterState, pod: PodId) -> &str {
    cluster.pod(pod).node().map_or("<none>", |node| cluster.node_name(node))
}

fn split_key(cluster: &ClusterState, pod: PodId) -> (String, String) {
    (cluster.symbols.text(cluster.spec_of(pod).namespace).to_owned(), cluster.pod_name(pod))
}

fn placements(cluster: &ClusterState, pending: &[PodId], run: &DryRun) -> String {
    if pending.is_empty() {
        return "No pods are waiting for a node.\n".to_owned();
    }
    let mut rows = table(&["NAMESPACE", "NAME", "NODE"]);
    for pod in pending {
        let (namespace, name) = split_key(cluster, *pod);
        rows.add_row([namespace.as_str(), name.as_str(), node_of(cluster, *pod)]);
    }
    let mut text = lines(&mut rows);
    for (pod, preemption) in &run.preemptions {
        let victims: Vec<String> = preemption.victims.iter().map(|victim| cluster.pod_key(*victim)).collect();
        let (key, node) = (cluster.pod_key(*pod), cluster.node_name(preemption.node));
        let _ = write!(text, "\n{key} preempts on {node}: {}\n", victims.join(", "));
    }
    for (pod, diagnosis) in &run.waiting {
        let _ = write!(text, "\n{}: FailedScheduling: {}\n", cluster.pod_key(*pod), diagnosis.message());
    }
    for pod in &run.gated {
        let gates = cluster.spec_of(*pod).scheduling_gates.iter().map(|gate| cluster.symbols.text(*gate));
        let gates = gates.collect::<Vec<_>>().join(", ");
        let _ = write!(text, "\n{}: SchedulingGated: waits for its gates: {gates}\n", cluster.pod_key(*pod));
    }
    text
}

fn placements_json(cluster: &ClusterState, pending: &[PodId], run: &DryRun) -> Value {
    let pod = |id: PodId| {
        let (namespace, name) = split_key(cluster, id);
        let message = run.waiting.iter().find(|(other, _)| *other == id).map(|(_, diagnosis)| diagnosis.message());
        let node = cluster.pod(id).node().map(|node| cluster.node_name(node));
        json!({"namespace": namespace, "name": name, "node": node, "message": message,
            "gated": run.gated.contains(&id)})
    };
    let preemption = |(pod, row): &(PodId, foresail::scheduler::Preemption)| {
        let victims: Vec<String> = row.victims.iter().map(|victim| cluster.pod_key(*victim)).collect();
        json!({"pod": cluster.pod_key(*pod), "node": cluster.node_name(row.node), "victims": victims,
            "pdbViolations": row.pdb_violations})
    };
    json!({
        "pods": pending.iter().map(|id| pod(*id)).collect::<Vec<_>>(),
        "preemptions": run.preemptions.iter().map(preemption).collect::<Vec<_>>(),
    })
}

fn explanation(cluster: &ClusterState, pod: PodId, attempt: Option<&Attempt>) -> String {
    let key = cluster.pod_key(pod);
    let Some(attempt) = attempt else { return format!("{key} is gated and was not tried.\n") };
    let mut text = match &attempt.decision {
        Decision::Bind(node) => {
            let ties = match attempt.best.len() {
                0 | 1 => String::new(),
                equal => format!(" ({equal} nodes are equally good)"),
            };
            format!("{key} goes to {}{ties}.\n\n", cluster.node_name(*node))
        }
        Decision::Failed(why) => format!("{key}: the cycle failed: {why}\n\n"),
        Decision::Preempt(preemption) => {
            let victims: Vec<String> = preemption.victims.iter().map(|victim| cluster.pod_key(*victim)).collect();
            let node = cluster.node_name(preemption.node);
            format!("{}\n\n{key} preempts on {node}: {}\n\n", attempt.diagnosis(cluster).message(), victims.join(", "))
        }
        Decision::Wait { .. } => format!("{}\n\n", attempt.diagnosis(cluster).message()),
    };
    if !attempt.feasible.is_empty() {
        text += &lines(&mut score_table(cluster, attempt));
    }
    if !attempt.rejections.is_empty() {
        if !attempt.feasible.is_empty() {
            text.push('\n');
        }
        let mut rows = table(&["NODE", "PLUGIN", "REASON"]);
        for (node, rejection) in &attempt.rejections {
            let reasons: Vec<String> = rejection.reasons.iter().map(|reason| reason.text(&cluster.symbols)).collect();
            rows.add_row([cluster.node_name(*node).to_owned(), rejection.plugin.name(), reasons.join(", ")]);
        }
        text += &lines(&mut rows);
    }
    text
}

/// The feasible nodes, best first.
fn score_table(cluster: &ClusterState, attempt: &Attempt) -> Table {
    let plugins: Vec<_> =
        attempt.scores.first().map_or(Vec::new(), |scores| scores.rows.iter().map(|(plugin, _)| *plugin).collect());
    let mut header = vec!["NODE".to_owned(), "SCORE".to_owned()];
    header.extend(plugins.iter().map(|plugin| plugin.name()));
    let mut rows = Table::new();
    rows.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    let mut order: Vec<usize> = (0..attempt.feasible.len()).collect();
    let total = |at: usize| attempt.scores.get(at).map(|scores| scores.total());
    order.sort_by_key(|at| (std::cmp::Reverse(total(*at)), cluster.node_name(attempt.feasible[*at])));
    for at in order {
        let mut row = vec![cluster.node_name(attempt.feasible[at]).to_owned()];
        row.push(total(at).map_or("the only one".to_owned(), |total| total.to_string()));
        row.extend(attempt.scores.get(at).iter().flat_map(|scores| scores.rows.iter().map(|(_, s)| s.to_string())));
        rows.add_row(row);
    }
    for column in rows.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    rows
}

fn explanation_json(cluster: &ClusterState, pod: PodId, attempt: Option<&Attempt>) -> Value {
    let Some(attempt) = attempt else { return json!({"pod": cluster.pod_key(pod), "gated": true}) };
    let mut nodes = serde_json::Map::new();
    for (at, node) in attempt.feasible.iter().enumerate() {
        let scores = attempt.scores.get(at);
        let rows = scores.iter().flat_map(|scores| &scores.rows);
        let plugins: serde_json::Map<String, Value> = rows.map(|(p, score)| (p.name(), json!(score))).collect();
        let total = scores.map(|scores| scores.total());
        nodes.insert(cluster.node_name(*node).to_owned(), json!({"fits": true, "score": total, "plugins": plugins}));
    }
    for (node, rejection) in &attempt.rejections {
        let reasons: Vec<String> = rejection.reasons.iter().map(|reason| reason.text(&cluster.symbols)).collect();
        let row = json!({"fits": false, "plugin": rejection.plugin.name(), "reasons": reasons});
        nodes.insert(cluster.node_name(*node).to_owned(), row);
    }
    let (node, message) = match &attempt.decision {
        Decision::Bind(node) => (Some(cluster.node_name(*node)), None),
        Decision::Failed(why) => (None, Some(why.clone())),
        _ => (None, Some(attempt.diagnosis(cluster).message())),
    };
    let best: Vec<&str> = attempt.best.iter().map(|node| cluster.node_name(*node)).collect();
    json!({"pod": cluster.pod_key(pod), "node": node, "message": message, "best": best, "nodes": nodes})
}

/// What most of the nodes lack when nothing fits any more.
fn ran_out(more: &HowMany) -> Option<(String, usize)> {
    let reasons = more.stopped.as_ref()?.reasons.iter();
    let (reason, nodes) = reasons.max_by_key(|(reason, count)| (**count, std::cmp::Reverse((*reason).clone())))?;
    Some((reason.strip_prefix("Insufficient ").unwrap_or(reason).to_owned(), *nodes))
}

fn more_table(cluster: &ClusterState, pod: PodId, more: &HowMany) -> String {
    let fit = if more.count() == 1 { "fits" } else { "fit" };
    let pods = counted(more.count() as usize, "more pod");
    let mut text = format!("{pods} like {} {fit}.\n", cluster.pod_key(pod));
    if let (Some((what, nodes)), Some(stopped)) = (ran_out(more), &more.stopped) {
        let _ = writeln!(text, "What runs out first: {what}, on {nodes} of {}.", counted(stopped.nodes, "node"));
    }
    if let Some(stopped) = &more.stopped {
        let _ = writeln!(text, "The next one: {}", stopped.message());
    }
    if !more.by_node.is_empty() {
        let mut rows = table(&["NODE", "PODS"]);
        for (node, count) in &more.by_node {
            rows.add_row([cluster.node_name(*node).to_owned(), count.to_string()]);
        }
        if let Some(column) = rows.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        text = text + "\n" + &lines(&mut rows);
    }
    text
}

fn more_json(cluster: &ClusterState, pod: PodId, more: &HowMany) -> Value {
    let nodes = more.by_node.iter().map(|(node, count)| (cluster.node_name(*node).to_owned(), json!(count)));
    let ran_out = ran_out(more).map(|(what, nodes)| json!({"what": what, "nodes": nodes}));
    json!({"like": cluster.pod_key(pod), "count": more.count(), "ranOutFirst": ran_out,
        "message": more.stopped.as_ref().map(|stopped| stopped.message()),
        "nodes": nodes.collect::<serde_json::Map<_, _>>()})
}

/// `placed 2000 pods, 3 wait; 0.113 s in the scheduler, 17,726 pods/s`
fn summary(run: &DryRun) -> String {
    let seconds = run.took.max(Duration::from_micros(1)).as_secs_f64();
    let speed = run.placed.len() as f64 / seconds;
    let waiting = run.waiting.len() + run.gated.len();
    let placed = counted(run.placed.len(), "pod");
    let wait = if waiting == 1 { "waits" } else { "wait" };
    format!("placed {placed}, {waiting} {wait}; {seconds:.6} s in the scheduler, {speed:.0} pods/s")
}
