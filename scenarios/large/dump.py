#!/usr/bin/env python3
"""Writes the dump of a made-up cluster as kubectl prints it: `dump.py NODES PODS yaml|json > FILE`.

The same arguments make the same bytes. Every object has about what kubectl prints of one: labels, conditions, images of nodes,
volumes and statuses of pods. One pod in fifty has no node yet. 1,200 Deployments own the pods, or as many as there are pods.
"""

import json
import re
import sys

NODES, PODS = int(sys.argv[1]), int(sys.argv[2])
APPS = min(1200, PODS)
SINCE = "2026-11-01T08:00:00Z"
TYPES = [("m6i.4xlarge", "15890m", "61845Mi"), ("m6i.2xlarge", "7910m", "30152Mi"), ("r6i.2xlarge", "7910m", "61849Mi")]


def uid(*parts):
    """A UUID of its own for each object, in the form of one."""
    value = 14695981039346656037
    for byte in "/".join(map(str, parts)).encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    text = f"{value:016x}{value * 6364136223846793005 % 2**64:016x}"
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:32]])


def condition(kind, reason, message, status="False"):
    return {"lastHeartbeatTime": SINCE, "lastTransitionTime": SINCE, "message": message, "reason": reason, "status": status, "type": kind}


def node(index):
    name = f"ip-10-{index >> 8 & 255}-{index & 255}-7.eu-west-1.compute.internal"
    machine, cpu, memory = TYPES[index % 3]
    zone = "eu-west-1" + "abc"[index // 3 % 3]
    capacity = {"cpu": str(-(-int(cpu[:-1]) // 1000)), "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                "memory": f"{int(memory[:-2]) * 1040}Ki", "pods": "110"}
    images = []
    for number in range(40):
        app = (index * 13 + number * 29) % 1200
        repository = f"012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop/app-{app:04}"
        names = [f"{repository}@sha256:{uid(app).replace('-', '') * 2}", f"{repository}:v1.{app % 40}.{app % 7}"]
        images.append({"names": names, "sizeBytes": 40_000_000 + app * 100_003})
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "annotations": {"alpha.kubernetes.io/provided-node-ip": f"10.{index >> 8 & 255}.{index & 255}.7", "node.alpha.kubernetes.io/ttl": "0",
                            "csi.volume.kubernetes.io/nodeid": f'{{"ebs.csi.aws.com":"i-{index:017x}"}}',
                            "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
            "creationTimestamp": SINCE,
            "labels": {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/instance-type": machine, "beta.kubernetes.io/os": "linux",
                       "eks.amazonaws.com/capacityType": "ON_DEMAND", "eks.amazonaws.com/nodegroup": f"group-{index % 3}",
                       "failure-domain.beta.kubernetes.io/region": "eu-west-1", "failure-domain.beta.kubernetes.io/zone": zone,
                       "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
                       "node.kubernetes.io/instance-type": machine, "topology.kubernetes.io/region": "eu-west-1",
                       "topology.kubernetes.io/zone": zone},
            "name": name, "resourceVersion": str(900_000_000 + index), "uid": uid("node", index)},
        "spec": {"providerID": f"aws:///{zone}/i-{index:017x}"},
        "status": {
            "addresses": [{"address": f"10.{index >> 8 & 255}.{index & 255}.7", "type": "InternalIP"}, {"address": name, "type": "Hostname"}],
            "allocatable": {**capacity, "cpu": cpu, "memory": memory, "ephemeral-storage": "95551679124"}, "capacity": capacity,
            "conditions": [condition("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                           condition("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                           condition("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                           condition("Ready", "KubeletReady", "kubelet is posting ready status", "True")],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}, "images": images,
            "nodeInfo": {"architecture": "amd64", "bootID": uid("boot", index), "containerRuntimeVersion": "containerd://1.7.11",
                         "kernelVersion": "5.10.210-201.852.amzn2.x86_64", "kubeProxyVersion": "v1.34.2", "kubeletVersion": "v1.34.2",
                         "machineID": uid("machine", index).replace("-", ""), "operatingSystem": "linux",
                         "osImage": "Amazon Linux 2", "systemUUID": uid("system", index)}},
    }, name


def pod(index, nodes):
    app = index * 7 % APPS
    name = f"app-{app:04}"
    revision = uid("revision", app)[:8] + "f"
    image = f"012345678901.dkr.ecr.eu-west-1.amazonaws.com/shop/{name}:v1.{app % 40}.{app % 7}"
    namespace = f"team-{app % 40:02}"
    waits = index % 50 == 49
    probe = {"failureThreshold": 3, "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "initialDelaySeconds": 5,
             "periodSeconds": 10, "successThreshold": 1, "timeoutSeconds": 1}
    environment = [{"name": f"SETTING_{number:02}", "value": f"value-{app}-{number}"} for number in range(12)]
    environment.append({"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}})
    labels = {"app": name, "pod-template-hash": revision, "tier": ["web", "worker"][app % 2]}
    spec = {
        "containers": [{
            "env": environment, "image": image, "imagePullPolicy": "IfNotPresent", "livenessProbe": probe, "name": "main",
            "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}], "readinessProbe": probe,
            "resources": {"limits": {"memory": f"{64 + 32 * (app // 40)}Mi"},
                          "requests": {"cpu": f"{20 + 10 * (app % 40)}m", "memory": f"{64 + 32 * (app // 40)}Mi"}},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "kube-api-access", "readOnly": True},
                             {"mountPath": "/tmp", "name": "tmp"}]}],
        "dnsPolicy": "ClusterFirst", "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority", "priority": 0,
        "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {}, "serviceAccount": name,
        "serviceAccountName": name, "terminationGracePeriodSeconds": 30,
        "tolerations": [{"effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists", "tolerationSeconds": 300}
                        for key in ["not-ready", "unreachable"]],
        "volumes": [{"emptyDir": {}, "name": "tmp"},
                    {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
                        {"downwardAPI": {"items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}}]}}]}
    if app % 8 == 0:
        spec["topologySpreadConstraints"] = [{"labelSelector": {"matchLabels": {"app": name}}, "maxSkew": 50,
                                              "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}]
    if app % 8 == 1:
        spec["affinity"] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": {
            "labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}, "weight": 100}]}}
    if waits:
        status = {"conditions": [{"lastProbeTime": None, "lastTransitionTime": SINCE, "message": "0/1 nodes are available: 1 Insufficient cpu.",
                                  "reason": "Unschedulable", "status": "False", "type": "PodScheduled"}],
                  "phase": "Pending", "qosClass": "Burstable"}
    else:
        spec["nodeName"] = nodes[index % len(nodes)]
        kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        address = f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"
        status = {"conditions": [{"lastProbeTime": None, "lastTransitionTime": SINCE, "status": "True", "type": kind} for kind in kinds],
                  "containerStatuses": [{"containerID": f"containerd://{uid('container', index).replace('-', '') * 2}", "image": image,
                                         "imageID": f"{image.split(':')[0]}@sha256:{uid(app).replace('-', '') * 2}", "lastState": {},
                                         "name": "main", "ready": True, "restartCount": 0, "started": True,
                                         "state": {"running": {"startedAt": SINCE}}}],
                  "hostIP": "10.0.0.7", "hostIPs": [{"ip": "10.0.0.7"}], "phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
                  "qosClass": "Burstable", "startTime": SINCE}
    owner = {"apiVersion": "apps/v1", "blockOwnerDeletion": True, "controller": True, "kind": "ReplicaSet", "name": f"{name}-{revision}",
             "uid": uid("replicaset", app)}
    metadata = {"annotations": {"checksum/config": uid("config", app).replace("-", ""), "prometheus.io/port": "8080", "prometheus.io/scrape": "true"},
                "creationTimestamp": SINCE, "generateName": f"{name}-{revision}-", "labels": labels,
                "name": f"{name}-{revision}-{index:05}", "namespace": namespace, "ownerReferences": [owner],
                "resourceVersion": str(800_000_000 + index), "uid": uid("pod", index)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(sorted(spec.items())), "status": status}


def replica_set(app):
    name, revision = f"app-{app:04}", uid("revision", app)[:8] + "f"
    labels = {"app": name, "pod-template-hash": revision, "tier": ["web", "worker"][app % 2]}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"creationTimestamp": SINCE, "labels": labels, "name": f"{name}-{revision}", "namespace": f"team-{app % 40:02}", "uid": uid("replicaset", app)},
            "spec": {"replicas": PODS // APPS, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"image": f"app:{app}", "name": "main"}]}}}}


AMBIGUOUS = re.compile(r"[-+.]?[0-9][0-9a-fA-FxoeE_.:+-]*|true|false|null|yes|no|on|off|y|n|~|", re.IGNORECASE)


def scalar(value):
    """As Go's YAML library writes it."""
    if value is None:
        return "null"
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if AMBIGUOUS.fullmatch(value):
        return f'"{value}"'
    if value[0] in "{}[]&*!|>'\"%@`#,?:-" or ": " in value or " #" in value or value.endswith(":"):
        return "'" + value.replace("'", "''") + "'"
    return value


def yaml(value, indent, out):
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            out.append(f"{indent}{key}:\n")
            yaml(inner, indent + "  ", out)
        elif isinstance(inner, list) and inner:
            out.append(f"{indent}{key}:\n")
            items(inner, indent, out)
        else:
            out.append(f"{indent}{key}: {'{}' if inner == {} else '[]' if inner == [] else scalar(inner)}\n")


def items(values, indent, out):
    for value in values:
        if isinstance(value, dict):
            begin = len(out)
            yaml(value, indent + "  ", out)
            out[begin] = f"{indent}- {out[begin][len(indent) + 2:]}"
        else:
            out.append(f"{indent}- {scalar(value)}\n")


def objects():
    names = []
    for index in range(NODES):
        made, name = node(index)
        names.append(name)
        yield made
    for app in range(APPS):
        yield replica_set(app)
    for index in range(PODS):
        yield pod(index, names)


def main():
    write = sys.stdout.write
    if sys.argv[3] == "yaml":
        write("apiVersion: v1\nitems:\n")
        for made in objects():
            out = []
            items([made], "", out)
            write("".join(out))
        write('kind: List\nmetadata:\n  resourceVersion: ""\n')
    else:
        write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for number, made in enumerate(objects()):
            text = json.dumps(made, indent=4).replace("\n", "\n        ")
            write(f"{',' + chr(10) if number else ''}        {text}")
        write('\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n')


main()
