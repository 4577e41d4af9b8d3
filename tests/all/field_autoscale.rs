//! Cluster Autoscaler on files as people have them, after public bug reports. The inputs lie in `tests/field`.

use crate::field::case;
use crate::program::Folder;
use serde_json::Value;

/// The loops of `foresail autoscale`.
fn loops(folder: &Folder, words: &[&str], flags: &str) -> Value {
    folder.run_words(&[&["autoscale", "-o", "json", "--flags", flags], words].concat()).json()
}

/// The row of that name in a list of a loop.
fn row<'a>(one: &'a Value, list: &str, key: &str, name: &str) -> &'a Value {
    let rows = one[list].as_array().expect("a list");
    rows.iter().find(|row| row[key] == name).unwrap_or_else(|| panic!("no {name} in {one}"))
}

/// kubernetes/autoscaler#1676: a real node has less memory than the templates of groups at zero.
#[test]
fn groups_that_are_not_similar_say_in_what_they_differ() {
    let folder = case("06-ca-least-waste-empty-groups");
    let words = ["-f", "cluster.json", "--node-groups", "groups-t.yaml"];
    let told = loops(&folder, &words, "--expander=least-waste --balance-similar-node-groups");
    let chosen = row(&told[0], "groups", "group", "m5-az1");
    assert_eq!(chosen["verdict"], "chosen");
    assert_eq!(chosen["notSimilar"]["m5-az2"], "capacity of memory is 8 GiB, not 7.569 GiB: 1.5 % are allowed");
}

const THREE: &str =
    "--nodes=1:10:grp-a --nodes=1:10:grp-b --nodes=1:10:grp-c --balance-similar-node-groups --expander=least-waste";

/// kubernetes/autoscaler#6954, #3515: nodes of EKS are compared as AWS's, whether or not a flag says so.
#[test]
fn the_cloud_is_taken_from_the_nodes() {
    let folder = case("07-ca-balance-similar-labels");
    let sizes = |file: &str, more: &str| {
        let told = loops(&folder, &["-f", file], &format!("{THREE} {more}"));
        let rows = told[0]["increases"].as_array().expect("a list").clone();
        rows.iter().map(|row| row["to"].as_i64().expect("a size")).collect::<Vec<_>>()
    };
    assert_eq!(sizes("plain.json", ""), [3, 3, 3]);
    assert_eq!(sizes("plain.json", "--cloud-provider=aws"), [3, 3, 3]);
    assert_eq!(sizes("plain.json", "--cloud-provider=other"), [7], "another cloud has no labels of its own");
    assert_eq!(sizes("lt.json", ""), [7]);
    assert_eq!(sizes("lt.json", "--balancing-ignore-label=eks.amazonaws.com/sourceLaunchTemplateId"), [3, 3, 3]);
    let told = loops(&folder, &["-f", "lt.json"], THREE);
    let chosen = row(&told[0], "groups", "verdict", "chosen");
    let why = chosen["notSimilar"].as_object().and_then(|rows| rows.values().next()).expect("a reason");
    assert_eq!(why, "the label eks.amazonaws.com/sourceLaunchTemplateId differs");
}

/// kubernetes/autoscaler#2085, #4942: a DaemonSet's own pod never makes a group grow.
#[test]
fn pods_that_nobody_looks_at_are_not_said_to_fit() {
    let folder = case("21-ca-daemonset-overhead");
    let fate = |file: &str, flags: &str, pods: &str| {
        let told = loops(&folder, &["-f", file], &format!("--cloud-provider=aws {flags}"));
        row(&told[0], "pending", "pods", pods)["outcome"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(fate("ds-pending.json", "--nodes=1:5:g", "kube-system/agent"), "no node is added for a DaemonSet's pod");
    let big = "--nodes=1:5:big";
    assert_eq!(
        fate("ds16.json", &format!("{big} --max-nodes-total=1"), "default/sim2"),
        "not looked at: there are --max-nodes-total nodes"
    );
    assert_eq!(
        fate("ds16.json", &format!("{big} --new-pod-scale-up-delay=10h"), "default/sim2"),
        "not looked at yet: younger than --new-pod-scale-up-delay or its annotation"
    );
    assert_eq!(fate("ds16.json", big, "default/sim"), "fits no group");
}

/// kubernetes/autoscaler#894: DaemonSets fill each new node, so that none can go.
#[test]
fn new_nodes_have_the_pods_of_their_daemon_sets() {
    let folder = case("30-ca-ahead-daemonset");
    let told = loops(&folder, &["-f", "cluster.json", "--for", "15m"], "--cloud-provider=aws --nodes=1:9:g");
    let last = told.as_array().and_then(|rows| rows.last()).expect("a loop");
    let nodes = last["nodes"].as_array().expect("a list");
    assert_eq!(nodes.len(), 5, "{last}");
    assert!(nodes.iter().all(|node| node["utilization"] == 0.95), "{last}");
}

/// kubernetes/kubernetes#75957: the eviction API never lets a pod go that is under two budgets.
#[test]
fn a_node_with_a_pod_under_two_budgets_stays() {
    let node = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{eks.amazonaws.com/nodegroup: g}}}}\nstatus:\n  \
             allocatable: {{cpu: '4', memory: 16Gi, pods: '58'}}\n  conditions: [{{type: Ready, status: 'True'}}]\n---\n"
        )
    };
    let pod = |name: &str, node: &str, cpu: &str, labels: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  labels: {{{labels}}}\n  ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: rs, controller: true}}]\n\
             spec: {{nodeName: {node}, containers: [{{name: c, resources: {{requests: {{cpu: {cpu}}}}}}}]}}\n\
             status: {{phase: Running, conditions: [{{type: Ready, status: 'True'}}]}}\n---\n"
        )
    };
    let budget = |key: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {key}}}\n\
             spec: {{maxUnavailable: 1, selector: {{matchLabels: {{{key}: x}}}}}}\n\
             status: {{disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1}}\n---\n"
        )
    };
    let world =
        node("a") + &node("b") + &pod("busy", "a", "2500m", "of: a") + &pod("small", "b", "500m", "one: x, two: x");
    let sizes = |budgets: String| {
        let folder = Folder::new().file("dump.yaml", world.clone() + &budgets);
        let told = loops(&folder, &["-f", "dump.yaml", "--for", "30m"], "--nodes=1:5:g");
        let rows = told.as_array().expect("a list").clone();
        let vain = rows.iter().flat_map(|one| one["nodes"].as_array().expect("a list").clone());
        let vain = vain.filter(|node| node["state"] == "drained in vain" && node["blockedByPod"] == "default/small");
        (rows.last().expect("a loop")["groups"][0]["target"].as_i64(), vain.count())
    };
    assert_eq!(sizes(budget("one")), (Some(1), 0));
    let (size, vain) = sizes(budget("one") + &budget("two"));
    assert_eq!(size, Some(2));
    assert!((2..=10).contains(&vain), "tried again and again: {vain}");
}

/// kubernetes/autoscaler#5489: a group over several zones is tried as a node of one; a group per zone helps.
#[test]
fn a_second_domain_comes_with_a_group_of_its_own() {
    let folder = case("08-ca-mindomains");
    let told = loops(&folder, &["-f", "multi-az-asg.json"], "--cloud-provider=aws --nodes=1:5:ng");
    assert_eq!(row(&told[0], "pending", "pods", "default/edge")["outcome"], "fits no group");
    assert_eq!(told[0]["increases"], serde_json::json!([]));
    let words = ["-f", "per-az.json", "--node-groups", "groups.yaml"];
    let told = loops(&folder, &words, "--cloud-provider=aws --expander=least-waste");
    assert_eq!(row(&told[0], "increases", "group", "ng-b")["to"], 1);
}

/// Azure/AKS#2849: a hard spread over zones lets each group help little, one loop after the other, in turn.
#[test]
fn a_hard_spread_grows_zones_in_turn() {
    let folder = case("27-ca-zone-spread-three-groups");
    let pools = "--cloud-provider=aws --nodes=1:20:np-a --nodes=1:20:np-b --nodes=1:20:np-c \
                 --balance-similar-node-groups --expander=least-waste";
    let told = loops(&folder, &["-f", "cluster.json", "--for", "20m"], pools);
    let all = told.as_array().expect("a list");
    let grown: Vec<&Value> = all.iter().flat_map(|one| one["increases"].as_array().expect("a list")).collect();
    assert_eq!(grown.len(), 15);
    assert!(grown.iter().all(|row| row["to"].as_i64() == row["from"].as_i64().map(|from| from + 1)));
    for turn in grown.chunks(3) {
        let mut names: Vec<&str> = turn.iter().filter_map(|row| row["group"].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["np-a", "np-b", "np-c"]);
    }
}

/// kubernetes/autoscaler#5238: what a pod wants to be near comes with another workload.
#[test]
fn affinity_to_another_workload_is_not_impossible() {
    let done = case("31-run-false-caveat-affinity").run("run s.yaml --no-recommend -n 1 --details --out out");
    done.ok();
    let told = done.stdout.clone() + &done.stderr;
    assert!(!told.contains("could ever hold"), "{told}");
    assert!(!told.contains("stay empty"), "{told}");
}

/// kubernetes/autoscaler#1398: a flag of a later version says so.
#[test]
fn a_flag_that_is_newer_says_since_when_it_is_there() {
    let folder = case("30-ca-ahead-daemonset");
    let words = |version: &str, flag: &str| {
        folder.run_words(&["autoscale", "-f", "cluster.json", "--kubernetes", version, "--flags", flag])
    };
    let newer = words("1.28", "--scale-down-delay-type-local=true");
    newer.refused(&["Cluster Autoscaler 1.28 has no such flag: it came with 1.30", "autoscaler.version, --kubernetes"]);
    let older = words("1.33", "--max-empty-bulk-delete=3");
    older.refused(&["1.33 has no such flag: 1.33 removed it", "use --max-scale-down-parallelism"]);
    words("1.40", "--expander=random").refused(&["--kubernetes: found `1.40`", "the nearest is 1.36"]);
}
