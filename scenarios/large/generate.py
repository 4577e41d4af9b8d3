#!/usr/bin/env python3
"""Writes a scenario of a large cluster, with its manifests: `generate.py NODES FOLDER`.

The same number makes the same files. Per hundred nodes there are 4 services under an HPA, 20 Deployments of a fixed size and a
DaemonSet's pod on each node: about thirty pods a node at the peak of the day. A third of what has a fixed size may be on spot
nodes. Cluster Autoscaler has four groups, one of them spot. For 5,000 nodes that is 200 services, 1,000 Deployments, 150,000 pods.
"""

import sys
from pathlib import Path

NODES, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
# Services and Deployments; small clusters have a few of each.
SERVICES = max(2, NODES * 4 // 100)
FIXED = max(4, NODES * 20 // 100)
# Requests of 50 ms that a service gets per second in the mean of the day.
RATE = 500


def deployment(name, replicas, cpu, memory, extra=""):
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
{extra}      containers:
        - {{name: main, image: "shop/{name}:v1", resources: {{requests: {{cpu: {cpu}, memory: {memory}}}}}}}
---
"""


def service(number):
    name = f"service-{number:03}"
    text = deployment(name, 50, "1", "2Gi")
    return text + f"""apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}}}
spec:
  minReplicas: 10
  maxReplicas: 200
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}
  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}}}]
---
"""


def fixed(number):
    spot = "      nodeSelector: {capacity: spot}\n      tolerations: [{key: spot, operator: Exists}]\n"
    cpu, memory = f"{350 + 10 * (number % 30)}m", f"{256 + 32 * (number % 17)}Mi"
    return deployment(f"worker-{number:04}", 135, cpu, memory, spot if number % 3 == 0 else "")


AGENT = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      priorityClassName: system-node-critical
      tolerations: [{operator: Exists}]
      containers:
        - {name: agent, image: "agent:v1", resources: {requests: {cpu: 100m, memory: 128Mi}}}
"""


def group(name, kind, share, extra=""):
    size = max(1, int(NODES * share))
    return f"""  {name}:
    instanceTypes: [{kind}]
    minSize: 1
    maxSize: {size * 3}
    desiredSize: {size}
    zones: [us-east-1a, us-east-1b, us-east-1c]
{extra}"""


SPOT = """    capacityType: spot
    labels: {capacity: spot}
    taints: ["spot=true:NoSchedule"]
"""


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    manifests = "".join(map(service, range(SERVICES))) + "".join(map(fixed, range(FIXED))) + AGENT
    (FOLDER / "all.yaml").write_text(manifests)
    routes = "".join(f"    service-{number:03}: 1\n" for number in range(SERVICES))
    profiles = "".join(f"  service-{number:03}: {{cpuPerRequest: 50ms, concurrency: 8}}\n" for number in range(SERVICES))
    groups = group("large-a", "m6i.4xlarge", 0.4) + group("large-b", "m6i.4xlarge", 0.3) + group("memory", "r6i.4xlarge", 0.1)
    groups += group("spot", "m6i.4xlarge", 0.2, SPOT)
    (FOLDER / "scenario.yaml").write_text(f"""apiVersion: foresail/v1alpha1
kind: Scenario
name: large-{NODES}
description: A made-up cluster of about {NODES} nodes.
manifests: [all.yaml]
duration: 1d
step: 5m
cluster: {{region: us-east-1, cpuReference: m6i.4xlarge}}
autoscaler: {{flags: ["--expander=least-waste", "--balance-similar-node-groups"]}}
nodeGroups:
{groups}traffic:
  patterns: [{{diurnal: {{meanRate: {RATE * SERVICES}, swing: 0.5, peakHour: 20}}}}]
  noise: 0.08
  routes:
{routes}services:
{profiles}""")


main()
