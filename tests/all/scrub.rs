//! A dump that was scrubbed says nothing about whose it is, and simulates as the original does.

use crate::program::Folder;
use serde_json::Value;

const OBJECTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - {weight: 100, podAffinityTerm: {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}}
      containers:
        - {name: web, image: 'registry.example/web:1', env: [{name: KEY, value: secretvalue}], resources: {requests: {cpu: 700m, memory: 512Mi}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  rules:
    - http: {paths: [{path: /buy, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
data: {key: c2VjcmV0}
";

const SCENARIO: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: NAME\nmanifests: [FILE]\nduration: 6h\nreplications: 1\n\
    fidelity: lockstep\nnodeGroups: {pool: {instanceTypes: [m5.large], minSize: 1, maxSize: 8}}\nautoscaler: {enabled: true}\n\
    traffic: {patterns: [{diurnal: {meanRate: 80, swing: 0.8, peakHour: 3}}]}\n";

fn figures(folder: &Folder, name: &str) -> Vec<(String, Value)> {
    let done = folder.run(&format!("run {name}.yaml -n 1 -q --no-recommend"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&folder.text(&format!("reports/{name}/result.json"))).expect("a result");
    let headlines = result["headlines"].as_array().expect("headlines").clone();
    headlines.iter().map(|row| (row["label"].to_string(), row["value"].clone())).collect()
}

#[test]
fn a_scrubbed_dump_simulates_to_the_same_figures() {
    let scenario = |name: &str, file: &str| SCENARIO.replace("NAME", name).replace("FILE", file);
    let folder = Folder::new()
        .file("dump.yaml", OBJECTS)
        .file("own.yaml", scenario("own", "dump.yaml"))
        .file("clean.yaml", scenario("clean", "clean.json"));
    let done = folder.run("scrub dump.yaml");
    for word in ["web", "shop", "front", "buy", "KEY", "secretvalue", "c2VjcmV0", "registry", "keys"] {
        assert!(!done.ok().contains(word), "`{word}` is in\n{}", done.stdout);
    }
    assert!(done.stderr.contains("1 Secret"), "{}", done.stderr);
    let folder = folder.file("clean.json", &done.stdout);
    let (own, clean) = (figures(&folder, "own"), figures(&folder, "clean"));
    assert!(own.len() > 3);
    assert_eq!(own, clean);
}

#[test]
fn what_cannot_be_read_leaves_nothing_behind() {
    let folder =
        Folder::new().file("cut.json", "{\"kind\": \"List\", \"items\": [{\"kind\": \"Pod\", \"metadata\": {\"na");
    folder.run("scrub cut.json").refused(&["cut.json"]);
    folder.run("scrub nowhere.yaml").refused(&["nowhere.yaml", "does not exist"]);
    folder.run("scrub -").refused(&["standard input cannot be scrubbed", "it is read twice"]);
}
