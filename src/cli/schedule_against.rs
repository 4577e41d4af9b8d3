//! Two versions of kube-scheduler over the same cluster: what they decide otherwise, pod by pod.

use foresail::cluster::{ClusterState, PodId};
use foresail::dry_run::schedule::DryRun;
use foresail::release::KubernetesVersion;
use foresail::units::counted;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What became of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    node: Option<String>,
    /// Who had to go for it, and from where.
    preempts: Option<(String, Vec<String>)>,
    /// Why it has no node.
    message: Option<String>,
}

/// A version's run: what became of each pod, by its name.
pub(super) struct Side {
    pub(super) version: KubernetesVersion,
    pub(super) fates: BTreeMap<String, Fate>,
}

impl Side {
    /// Of a run over `pending`.
    pub(super) fn of(version: KubernetesVersion, cluster: &ClusterState, pending: &[PodId], run: &DryRun) -> Side {
        let fate = |pod: &PodId| {
            let node = cluster.pod(*pod).node().map(|node| cluster.node_name(node).to_owned());
            let preempts = run.preemptions.iter().find(|(other, _)| other == pod).map(|(_, row)| {
                let mut victims: Vec<String> = row.victims.iter().map(|victim| cluster.pod_key(*victim)).collect();
                victims.sort();
                (cluster.node_name(row.node).to_owned(), victims)
            });
            let waits = run.waiting.iter().find(|(other, _)| other == pod);
            let message = waits.map(|(_, diagnosis)| diagnosis.message());
            (cluster.pod_key(*pod), Fate { node, preempts, message })
        };
        Side { version, fates: pending.iter().map(fate).collect() }
    }
}

impl Fate {
    /// Whether it is a decision that differs, not the words about it.
    fn is_decided_otherwise(&self, other: &Fate) -> bool {
        (&self.node, &self.preempts) != (&other.node, &other.preempts)
    }

    fn words(&self) -> String {
        let node = self.node.as_ref().map_or_else(|| "waits".to_owned(), |node| format!("goes to {node}"));
        match &self.preempts {
            Some((at, victims)) => format!("preempts {} on {at}, {node}", victims.join(", ")),
            None => node,
        }
    }

    fn json(&self) -> Value {
        let preempts = self.preempts.as_ref().map(|(node, victims)| json!({"node": node, "victims": victims}));
        json!({"node": self.node, "preempts": preempts, "message": self.message})
    }
}

/// The pods whose fates differ, in order of their names.
fn differing<'a>(this: &'a Side, other: &'a Side) -> impl Iterator<Item = (&'a str, &'a Fate, &'a Fate)> {
    let rows = this.fates.iter().filter_map(|(name, one)| Some((name.as_str(), one, other.fates.get(name)?)));
    rows.filter(|(_, one, two)| one != two)
}

fn summary(this: &Side, other: &Side) -> String {
    let decided = differing(this, other).filter(|(_, one, two)| one.is_decided_otherwise(two)).count();
    let reworded = differing(this, other).count() - decided;
    let (old, new, pods) = (this.version, other.version, counted(this.fates.len(), "pod"));
    let mut text = match decided {
        0 => format!("{new} decides as {old} about all of {pods}"),
        _ => format!("{new} decides otherwise than {old} about {decided} of {pods}"),
    };
    if reworded > 0 {
        let _ = write!(text, "; about {reworded} it says something else");
    }
    text
}

/// A line per pod that is decided otherwise, or of which something else is said; then how many there are.
pub(super) fn table(this: &Side, other: &Side) -> String {
    let mut text = String::new();
    for (name, one, two) in differing(this, other) {
        if one.is_decided_otherwise(two) {
            let _ = writeln!(text, "{name}: {} in {}, {} in {}", one.words(), this.version, two.words(), other.version);
        } else {
            let _ = writeln!(text, "{name}: {} in both", one.words());
        }
        for (side, fate) in [(this, one), (other, two)] {
            if let Some(message) = fate.message.as_ref().filter(|_| one.message != two.message) {
                let _ = writeln!(text, "    {}: {message}", side.version);
            }
        }
    }
    let _ = writeln!(text, "{}.", summary(this, other));
    text
}

/// The same for programs.
pub(super) fn json(this: &Side, other: &Side) -> Value {
    let pods = differing(this, other).map(|(name, one, two)| {
        json!({"pod": name, "decidedOtherwise": one.is_decided_otherwise(two),
            this.version.to_string(): one.json(), other.version.to_string(): two.json()})
    });
    json!({"kubernetes": other.version.to_string(), "summary": summary(this, other), "pods": pods.collect::<Vec<_>>()})
}
