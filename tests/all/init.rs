//! `foresail init`: what it writes runs at once, and says what it assumes.

use crate::program::Folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RUN: &str = "run scenario.yaml -q -n 1 --no-recommend --set duration=30m";

#[test]
fn a_starter_runs_as_it_is_and_is_not_overwritten() {
    let folder = Folder::new();
    folder.run("init").ok();
    assert!(folder.text("scenario.yaml").starts_with("# yaml-language-server: $schema=./scenario.schema.json\n"));
    assert!(folder.has("scenario.schema.json") && folder.has("manifests/shop.yaml"));
    assert!(folder.run(RUN).ok().contains("Latency P95"));
    assert!(folder.run("validate scenario.yaml").ok().contains("\nscenario.yaml is valid: "));
    folder.run("init").ok();
    fs::write(folder.path().join("scenario.yaml"), "mine").expect("a file");
    folder.run("init").refused(&["scenario.yaml is there already", "--force replaces it"]);
    assert_eq!(folder.text("scenario.yaml"), "mine");
    folder.run("init --force --name bakery").ok();
    assert!(folder.text("scenario.yaml").contains("\nname: bakery\n"));
    assert!(folder.run("init --out -").ok().contains("kind: Scenario"));
}

fn deployment(name: &str, cpu: &str, variables: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers: [{{name: c, image: c, env: [{variables}], resources: {{requests: {{cpu: {cpu}, memory: 64Mi}}}}}}]\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {{name: {name}-svc, namespace: shop}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"
    )
}

fn node(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n  labels:\n    node.kubernetes.io/instance-type: m5.large\n    \
         eks.amazonaws.com/nodegroup: app\n    topology.kubernetes.io/zone: eu-west-1a\nspec: {{}}\n\
         status: {{nodeInfo: {{kubeletVersion: v1.30.4-eks-a737599}}}}\n"
    )
}

const INGRESS: &str = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop, namespace: shop}\nspec:\n  rules:\n    \
    - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: front-svc, port: {number: 80}}}}]}\n";

fn dump() -> String {
    [
        deployment("front", "250m", "{name: CART_ADDR, value: 'cart-svc:80'}, {name: MODE, value: stock}"),
        deployment("cart", "100m", "{name: STOCK_URL, value: 'http://u:p@stock-svc.shop.svc.cluster.local:80/x'}"),
        deployment("stock", "100m", "{name: FRONT_HOST, value: front-svc}"),
        INGRESS.to_owned(),
        node("a"),
        node("b"),
    ]
    .concat()
}

#[test]
fn a_dump_tells_groups_region_version_and_calls() {
    let folder = Folder::new().file("dump.yaml", dump());
    let done = folder.run("init --from dump.yaml");
    done.ok();
    let text = folder.text("scenario.yaml");
    for line in [
        "manifests: [dump.yaml]",
        "cluster: {region: eu-west-1, kubernetesVersion: \"1.30\"}",
        "  app: {minSize: 1, desiredSize: 2, maxSize: 2}",
        "  routes: {/: 1}",
        "    - diurnal: {meanRate: 13, swing: 0.5, peakHour: 20}  # requests per second",
        "  front-svc: {cpuPerRequest: 19ms, calls: [{cart: 1}]}",
        "  cart: {cpuPerRequest: 7.7ms, calls: [{stock: 1}]}",
        "  stock: {cpuPerRequest: 7.7ms}",
    ] {
        assert!(text.lines().any(|known| known == line), "`{line}` is not in:\n{text}");
    }
    for part in ["stock does not call front", "close a circle", "services.NAME.calls", "ASSUMED"] {
        assert!(text.contains(part) && done.stderr.contains(part), "`{part}` is not told:\n{text}");
    }
    assert!(!text.contains("region us-east-1"), "it is known:\n{text}");
    assert!(folder.run(RUN).ok().contains("Latency P95"));
}

#[test]
fn a_scrubbed_dump_lies_beside_a_scenario_without_names() {
    let dump = dump().replace(
        "m5.large\n    eks.amazonaws.com/nodegroup: app",
        "m5.large\n    eks.amazonaws.com/nodegroup: blue-group",
    );
    let dump = dump.replace("image: c,", "image: registry.example/secret-image,");
    let folder = Folder::new().file("dump.yaml", dump.replace("front", "frontal"));
    folder.run("init --from dump.yaml --scrub --out clean").ok();
    let (text, objects) = (folder.text("clean/scenario.yaml"), folder.text("clean/manifests/cluster.json"));
    assert!(text.contains("\nmanifests: [manifests/cluster.json]\n") && text.contains("# The manifests are scrubbed"));
    for name in ["frontal", "cart", "stock", "shop", "blue-group", "secret-image", "u:p", "dump.yaml", "ADDR"] {
        assert!(!text.contains(name) && !objects.contains(name), "`{name}` is written:\n{text}\n{objects}");
    }
    // The same calls, profiles and group as without it.
    folder.run("init --from dump.yaml --out plain").ok();
    let plain = folder.text("plain/scenario.yaml");
    for part in [
        "calls: [{",
        "cpuPerRequest: ",
        "  routes: {/: 1}",
        "desiredSize: 2",
        "region: eu-west-1, kubernetesVersion: \"1.30\"",
    ] {
        assert!(text.contains(part), "{text}");
        assert_eq!(text.matches(part).count(), plain.matches(part).count(), "`{part}`:\n{text}");
    }
    let figures = |folder: &Folder, name: &str| {
        let done =
            folder.run(&format!("run {name}/scenario.yaml -q -n 1 --no-recommend --set duration=30m -o json")).json();
        (done["cost"].clone(), done["latency"].clone())
    };
    assert_eq!(figures(&folder, "clean"), figures(&folder, "plain"));
}

#[test]
fn what_cannot_be_scrubbed_with_a_dump_is_refused_at_once() {
    let folder = Folder::new().file("dump.yaml", dump());
    folder.run("init --from dump.yaml --scrub --prometheus p --terraform infra --out new").refused(&[
        "--prometheus is not for it",
        "are not scrubbed",
        "leave one of the two out",
    ]);
    folder.run("init --from dump.yaml --scrub --out -").refused(&["cannot be printed", "--out names a folder"]);
    assert!(!folder.has("new") && !folder.has("manifests"));
    // Refused when the draft is read: nothing of the dump is left either.
    let odd = folder.file("odd.yaml", dump().replace("m5.large", "m5.largest"));
    odd.run("init --from odd.yaml --scrub --out new").refused(&["m5.largest"]);
    assert!(!odd.has("new/scenario.yaml") && !odd.has("new/manifests"));
}

/// A group of Terraform whose machines and largest size are variables without values.
const OPEN_GROUP: &str = "variable \"kind\" {}\nvariable \"most\" {}\nresource \"aws_eks_node_group\" \"app\" {\n  \
    node_group_name = \"app\"\n  cluster_name = \"shop\"\n  instance_types = [var.kind]\n  \
    scaling_config {\n    min_size = 5\n    desired_size = 6\n    max_size = var.most\n  }\n}\n";
const OPEN_POOL: &str = "variable \"kind\" {}\nresource \"google_container_node_pool\" \"app\" {\n  name = \"app\"\n  cluster = \"c\"\n  \
    location = \"europe-west1-b\"\n  node_count = 2\n  node_config { machine_type = var.kind }\n}\n";
const OPEN_TEMPLATE: &str = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: shop, region: eu-west-1}\n\
    managedNodeGroups:\n- {name: own.template, minSize: 2, maxSize: 4, launchTemplate: {id: lt-1}}\n";

#[test]
fn what_the_infrastructure_leaves_open_is_assumed_and_told() {
    let manifests = dump().split("---\napiVersion: v1\nkind: Node\n").next().unwrap_or_default().to_owned();
    let folder = Folder::new()
        .file("all.yaml", manifests)
        .file("open.tf", OPEN_GROUP)
        .file("pool.tf", OPEN_POOL)
        .file("none.tf", "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n")
        .file("eksctl.yaml", OPEN_TEMPLATE);
    for (from, group, told) in [
        ("--terraform open.tf", "  app: {instanceTypes: [m", "`var.kind` has no default"),
        ("--terraform open.tf", ", maxSize: 6}", "nodeGroups.app.maxSize; terraformVars"),
        ("--terraform pool.tf", "  app: {instanceTypes: [e2-standard-2]}", "instanceTypes of app: e2-standard-2"),
        ("--terraform none.tf", "  nodes: {instanceTypes: [m", "declares no group that can be read"),
        ("--eksctl eksctl.yaml", "  own.template: {instanceTypes: [m", "launch template is known to the cloud only"),
    ] {
        let done = folder.run(&format!("init --from all.yaml {from} --force"));
        done.ok();
        let text = folder.text("scenario.yaml");
        assert!(text.lines().any(|line| line.contains(group) && !line.starts_with('#')), "`{group}`:\n{text}");
        assert!(text.contains(told) && done.stderr.contains(told), "`{told}`:\n{text}");
        assert!(folder.run(RUN).ok().contains("Latency P95"));
    }
    // What is wrong otherwise is still refused, and leaves nothing.
    let odd = folder.file("odd.tf", OPEN_GROUP.replace("[var.kind]", "[\"m5.largest\"]"));
    odd.run("init --from all.yaml --terraform odd.tf --out new").refused(&["m5.largest"]);
    assert!(!odd.has("new"));
}

/// An answer of Prometheus with one series, a value for each minute.
fn answer(labels: &str, value: impl Fn(usize) -> f64) -> String {
    let values: Vec<String> = (0..30).map(|k| format!("[{},\"{}\"]", 1_767_571_200 + k * 60, value(k))).collect();
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{{\"metric\":{{{labels}}},\"values\":[{}]}}]}}}}",
        values.join(",")
    )
}

#[test]
fn a_recording_becomes_traffic_and_profiles() {
    let rate = |k: usize| 10.0 + k as f64;
    let folder = Folder::new()
        .file("dump.yaml", dump())
        .file("p/micrometer-requests.json", answer(r#""namespace":"shop","workload":"front","status":"200""#, rate))
        .file("p/cpu.json", answer(r#""namespace":"shop","pod":"front-6b7c9d8f4c-x2z5k""#, |k| 0.05 + 0.02 * rate(k)))
        .file("p/deployment-replicas.json", answer(r#""namespace":"shop","deployment":"front""#, |_| 2.0));
    folder.run("init --from dump.yaml --prometheus p").ok();
    let text = folder.text("scenario.yaml");
    for line in [
        "    - trace: {file: traffic.csv, unit: rps}",
        "  front-svc: {cpuPerRequest: 20ms, idleCpu: 25m, calls: [{cart: 1}]}",
    ] {
        assert!(text.lines().any(|known| known == line), "`{line}` is not in:\n{text}");
    }
    assert!(folder.text("traffic.csv").starts_with("timestamp,value\n2026-01-05T00:00:00Z,10\n"));
    assert!(folder.run(RUN).ok().contains("Latency P95"));
}

#[test]
fn recorded_requests_tell_how_often_the_only_caller_calls() {
    let rate = |k: usize| 10.0 + k as f64;
    let requests = |workload: &str, share: f64| {
        let values: Vec<String> =
            (0..30).map(|k| format!("[{},\"{}\"]", 1_767_571_200 + k * 60, share * rate(k))).collect();
        let labels = format!(r#""namespace":"shop","workload":"{workload}","status":"200""#);
        format!("{{\"metric\":{{{labels}}},\"values\":[{}]}}", values.join(","))
    };
    let series = [requests("front", 1.0), requests("cart", 0.4), requests("stock", 0.9)].join(",");
    let answer = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}");
    let both = "{name: CART_ADDR, value: 'cart-svc:80'}, {name: STOCK_ADDR, value: 'stock-svc:80'}";
    let alone = [
        deployment("front", "250m", "{name: CART_ADDR, value: 'cart-svc:80'}"),
        deployment("cart", "100m", "{name: STOCK_ADDR, value: 'stock-svc:80'}"),
        deployment("stock", "100m", ""),
        INGRESS.to_owned(),
        node("a"),
    ];
    let mut several = alone.clone();
    several[0] = deployment("front", "250m", both);
    let folder = Folder::new()
        .file("alone.yaml", alone.concat())
        .file("several.yaml", several.concat())
        .file("p/micrometer-requests.json", answer);
    for (objects, front, cart, told) in [
        ("alone", "calls: [{cart: 0.4}]", "calls: [{stock: 2.25}]", "front calls cart 0.4 times per request"),
        (
            "several",
            "calls: [{cart: 0.4}, {stock: 1}]",
            "calls: [{stock: 1}]",
            "stock called once per request of each caller",
        ),
    ] {
        let done = folder.run(&format!("init --from {objects}.yaml --prometheus p --force"));
        done.ok();
        let text = folder.text("scenario.yaml");
        let row = |name: &str| text.lines().find(|line| line.starts_with(&format!("  {name}: {{"))).unwrap_or_default();
        assert!(row("front-svc").contains(front) && row("cart").contains(cart), "{text}");
        assert!(text.contains(told) && done.stderr.contains(told), "`{told}`:\n{text}");
        assert!(folder.run(RUN).ok().contains("Latency P95"));
    }
}

#[test]
fn what_cannot_be_read_writes_nothing() {
    let folder = Folder::new()
        .file("dump.yaml", "kind: [")
        .file("empty.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n");
    folder.run("init --from dump.yaml --out new").refused(&["dump.yaml:1"]);
    folder.run("init --from empty.yaml --out new").refused(&["there is no Deployment", "foresail init --commands"]);
    folder.run("init --from missing.yaml --out new").refused(&["missing.yaml"]);
    assert!(!folder.has("new"));
    // A group whose machines do not exist is found when the draft is read: nothing is left of it.
    let odd = folder.file("odd.yaml", dump().replace("m5.large", "m5.largest"));
    let done = odd.run("init --from odd.yaml");
    done.refused(&["m5.largest"]);
    assert!(!odd.has("scenario.yaml") && !odd.has("scenario.schema.json"));
    let left = fs::read_dir(odd.path())
        .expect("a folder")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(left.count(), 0);
}

#[test]
fn the_commands_are_a_script() {
    let folder = Folder::new();
    let script = folder.run("init --commands").ok().to_owned();
    let folder = folder.file("collect.sh", &script);
    let checked = Command::new("bash").arg("-n").arg(folder.path().join("collect.sh")).output().expect("bash");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(!script.to_lowercase().contains("secrets,"), "secrets are not asked for");
}

/// Demos of others, where they lie.
fn demos() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|above| above.join("shared/data/manifests"));
    folder.into_iter().find(|folder| folder.is_dir())
}

#[test]
fn demos_of_others_run_at_once() {
    let Some(demos) = demos() else { return println!("skipped: no demos of others lie here") };
    for name in ["online-boutique", "sock-shop", "istio-bookinfo", "social-network-openshift"] {
        let folder = Folder::new();
        folder.run_words(&["init", "--from", &demos.join(name).to_string_lossy()]).ok();
        let text = folder.text("scenario.yaml");
        assert!(folder.run(RUN).ok().contains("Latency P95"), "{name}:\n{text}");
        if name == "online-boutique" {
            for call in [
                "{productcatalogservice: 1}",
                "{checkoutservice: 1}",
                "  cartservice: {cpuPerRequest",
                "calls: [{redis-cart: 1}]",
            ] {
                assert!(text.contains(call), "{text}");
            }
        }
    }
}
