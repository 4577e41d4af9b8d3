//! What is private stays private: secrets of a dump are in nothing that is written, names in nothing that is redacted.

use crate::program::Folder;
use std::fs;
use std::path::{Path, PathBuf};

/// A secret, wherever a dump may have one.
const SECRET: &str = "hunter2";
/// What every name of the scenario has in it.
const NAME: &str = "zq";

const DUMP: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: zq-vault, namespace: zq-team}
data: {password: hunter2}
stringData: {other: hunter2}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: zq-config, namespace: zq-team}
data: {application.yaml: "password: hunter2"}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: zq-web
  namespace: zq-team
  labels: {team: zq-payments}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"env": "hunter2"}'
    zq.example/token: hunter2
spec:
  replicas: 2
  selector: {matchLabels: {app: zq-web}}
  template:
    metadata:
      labels: {app: zq-web, team: zq-payments}
      annotations: {vault.example/token: hunter2}
    spec:
      imagePullSecrets: [{name: zq-pull}]
      containers:
        - name: zq-main
          image: registry.zq.example/zq-web:v1
          command: [sh, -c, "run --password=hunter2"]
          args: ["--token=hunter2"]
          env:
            - {name: ZQ_PASSWORD, value: hunter2}
          livenessProbe: {exec: {command: [check, hunter2]}, periodSeconds: 10}
          lifecycle: {preStop: {exec: {command: [bye, hunter2]}}}
          resources: {requests: {cpu: 500m, memory: 64Mi}, limits: {cpu: 1}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: zq-hpa, namespace: zq-team}
spec:
  minReplicas: 2
  maxReplicas: 12
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: zq-web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
---
apiVersion: v1
kind: Service
metadata: {name: zq-web, namespace: zq-team}
spec: {type: LoadBalancer, selector: {app: zq-web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: zq-ingress, namespace: zq-team}
spec:
  rules:
    - host: shop.zq.example
      http: {paths: [{path: /zq/cart, pathType: Prefix, backend: {service: {name: zq-web, port: {number: 80}}}}]}
"#;

const SCENARIO: &str = "\
apiVersion: foresail/v1alpha1
kind: Scenario
name: zq-shop
description: What zq sells.
manifests: [zq-dump.yaml]
duration: 2h
replications: 3
autoscaler: {enabled: true}
nodeGroups: {zq-pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 8}}
objectives: {latencyP95: 300ms}
allocation: {labels: [team]}
budgets: [{owner: team=zq-payments, usdPerMonth: 1}, {owner: namespace/zq-team, usdPerMonth: 100}]
traffic:
  patterns: [{constant: {rate: 60}}]
  routes: {/zq/cart: 1}
services: {zq-web: {cpuPerRequest: 20ms, concurrency: 8}}
";

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn secrets_of_a_dump_are_never_written() {
    let folder = Folder::new().file("zq-dump.yaml", DUMP).file("zq-shop.yaml", SCENARIO);
    let mut said = Vec::new();
    for line in [
        "run zq-shop.yaml --out report --recommend",
        "run zq-shop.yaml --out wide --no-recommend -o wide",
        "compare zq-shop.yaml --set traffic.scale=2 --out compared -o markdown",
        "check zq-shop.yaml --base zq-shop.yaml -o markdown",
        "why report",
        "validate zq-shop.yaml",
        "init --from zq-dump.yaml --out init",
        "scrub zq-dump.yaml",
        "schedule -f zq-dump.yaml -o json",
    ] {
        let done = folder.run(line);
        said.push((line.to_owned(), format!("{}{}", done.stdout, done.stderr)));
    }
    let written = ["report", "wide", "compared", "init"].map(|name| folder.path().join(name));
    let written: Vec<PathBuf> = written.iter().filter(|path| path.is_dir()).flat_map(|path| files(path)).collect();
    assert!(written.len() > 15, "{written:?}");
    for path in written {
        said.push((format!("{path:?}"), String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned()));
    }
    for (what, text) in said {
        // The name of an environment variable is no secret; what init leaves for its owner to fill in is not either.
        assert!(!text.contains(SECRET), "{what}: {}", around(&text, SECRET));
    }
}

#[test]
fn what_is_redacted_has_no_names() {
    let folder = Folder::new().file("zq-dump.yaml", DUMP).file("zq-shop.yaml", SCENARIO);
    folder.run("run zq-shop.yaml --out report --recommend").ok();
    let whole = folder.run("report report -o json").json();
    let clean = folder.run("report report -o json --redact").json();
    assert_eq!(whole["headlines"], clean["headlines"]);
    assert_eq!(whole["routes"][0]["latencyMsP95"], clean["routes"][0]["latencyMsP95"]);
    for form in ["table", "wide", "html", "json", "csv", "focus", "focus --version 1.3"] {
        let text = folder.run(&format!("report report -o {form}")).ok().to_lowercase();
        assert!(text.contains(NAME), "{form} has names");
        let clean = folder.run(&format!("report report --redact -o {form}")).ok().to_lowercase();
        assert!(!clean.contains(NAME), "{form}: {}", around(&clean, NAME));
    }
    // A redacted result is a result, alone in a folder of its own.
    std::fs::create_dir(folder.path().join("clean")).expect("a folder");
    folder.run("report report -o json --redact --file clean/result.json").ok();
    folder.run("report clean -o xlsx --file clean.xlsx").ok();
    folder.run("compare report clean -o table").ok();
}

fn around<'a>(text: &'a str, word: &str) -> &'a str {
    let at = text.find(word).unwrap_or(0);
    let from = (at.saturating_sub(80)..=at).find(|from| text.is_char_boundary(*from)).unwrap_or(0);
    let to = (at..=text.len().min(at + 80)).rev().find(|to| text.is_char_boundary(*to)).unwrap_or(at);
    &text[from..to]
}
