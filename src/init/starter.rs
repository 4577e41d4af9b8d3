//! A scenario to start from, which runs as it is.

/// Objects of a small shop: `manifests/shop.yaml`.
pub const STARTER_MANIFESTS: &str = "\
# Your own objects go here: YAML files, Helm's output (`helm template`), or what `kubectl get ... -o yaml` prints.
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example/web
          resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {cpu: 500m, memory: 512Mi}}
          readinessProbe: {initialDelaySeconds: 5, httpGet: {path: /, port: 8080}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
";

/// The scenario: `scenario.yaml`.
pub const STARTER: &str = "\
# yaml-language-server: $schema=./scenario.schema.json
# A scenario to start from: `foresail run` on it works as it is. `foresail explain FIELD` says what a field is,
# `foresail validate scenario.yaml` everything that is wrong. For a cluster that there is:
# `foresail init --from dump.yaml`, and `foresail init --commands` prints how to get such a dump.
apiVersion: foresail/v1alpha1
kind: Scenario
name: shop

# What runs: files or folders of Kubernetes objects, relative to this file.
manifests: [manifests/]

# Where: the region decides prices, the version whose rules apply.
cluster: {region: us-east-1, kubernetesVersion: \"1.33\"}

# On what: machine types and sizes; or `terraform: [infra/]`, which brings its own groups.
nodeGroups:
  app: {instanceTypes: [m5.large], minSize: 2, desiredSize: 2, maxSize: 6, rootVolume: {size: 20, type: gp3}}
autoscaler: {enabled: true}

# For whom: requests per second; `trace: {file: traffic.csv}` replays a recording.
traffic:
  patterns:
    - diurnal: {meanRate: 20, swing: 0.6, peakHour: 20}
  routes: {web: 1}

# What a request costs; `foresail fit` estimates it from recorded metrics.
services:
  web: {cpuPerRequest: 15ms, concurrency: 16, requestBytes: 1000, responseBytes: 10k}

# What is promised: `foresail check` and the recommended min and max keep it.
objectives: {latencyP95: 300ms, errorRate: 0.01}

# How long, how often.
duration: 7d
replications: 10
";
