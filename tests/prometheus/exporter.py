#!/usr/bin/env python3
"""Metrics with known rates, as ingress-nginx, Istio, Micrometer, cAdvisor and kube-state-metrics write them.

Prints its port, then answers GET /metrics until it is stopped: /metrics is what honorLabels suits, /kube what
kube-state-metrics says.
"""

import http.server
import sys
import time

BEGAN = time.time()
PODS = ["orders-6b7c9d8f4c-x2z5k", "orders-6b7c9d8f4c-bq8wd"]
# Upper bound in seconds and the share of requests that are not slower.
BUCKETS = [("0.1", 0.5), ("0.2", 0.9), ("0.5", 0.98), ("+Inf", 1.0)]


def text(name, value, **labels):
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{inside}}} {value!r}"


def applications(since):
    lines = []
    for path, service, status, rate in [("/", "web", "200", 40), ("/api/orders", "orders", "200", 20), ("/api/orders", "orders", "500", 1)]:
        lines.append(text("nginx_ingress_controller_requests", rate * since, namespace="shop", ingress="shop", host="shop.example",
                          path=path, service=service, status=status, method="GET", controller_pod="ingress-nginx-0"))
    for source, target, code, rate in [("istio-ingressgateway", "web", "200", 40), ("web", "orders", "200", 20), ("web", "orders", "503", 1)]:
        lines.append(text("istio_requests_total", rate * since, reporter="destination", source_workload=source, source_workload_namespace="shop",
                          destination_workload=target, destination_workload_namespace="shop", response_code=code))
        lines.append(text("istio_requests_total", 2 * rate * since, reporter="source", source_workload=source, source_workload_namespace="shop",
                          destination_workload=target, destination_workload_namespace="shop", response_code=code))
    for pod in PODS:
        own = {"namespace": "shop", "pod": pod, "uri": "/orders", "method": "GET", "status": "200"}
        lines.append(text("http_server_requests_seconds_count", 10 * since, **own))
        lines.append(text("http_server_requests_seconds_sum", 1.5 * since, **own))
        for bound, share in BUCKETS:
            lines.append(text("http_server_requests_seconds_bucket", 10 * share * since, le=bound, **own))
        for container, cores in [("app", 0.2), ("proxy", 0.05), ("", 0.25), ("POD", 0.001)]:
            lines.append(text("container_cpu_usage_seconds_total", cores * since, namespace="shop", pod=pod, container=container))
            lines.append(text("container_memory_working_set_bytes", 1e8 * cores, namespace="shop", pod=pod, container=container))
            lines.append(text("container_cpu_cfs_periods_total", 10 * since, namespace="shop", pod=pod, container=container))
            lines.append(text("container_cpu_cfs_throttled_periods_total", since, namespace="shop", pod=pod, container=container))
    return lines


def kube(since):
    del since
    lines = [
        text("kube_deployment_status_replicas", 2, namespace="shop", deployment="orders"),
        text("kube_deployment_status_replicas_ready", 2, namespace="shop", deployment="orders"),
        text("kube_replicaset_owner", 1, namespace="shop", replicaset="orders-6b7c9d8f4c", owner_kind="Deployment", owner_name="orders"),
        text("kube_node_created", BEGAN + 1, node="n1"),
        text("kube_node_labels", 1, node="n1", label_eks_amazonaws_com_nodegroup="app"),
        text("kube_node_status_condition", 1 if time.time() > BEGAN + 4 else 0, node="n1", condition="Ready", status="true"),
    ]
    for pod in PODS:
        lines.append(text("kube_pod_info", 1, namespace="shop", pod=pod, node="n1", created_by_kind="ReplicaSet", created_by_name="orders-6b7c9d8f4c"))
        lines.append(text("kube_pod_created", BEGAN + 2, namespace="shop", pod=pod))
        lines.append(text("kube_pod_status_scheduled_time", BEGAN + 3, namespace="shop", pod=pod))
        lines.append(text("kube_pod_status_ready_time", BEGAN + 12, namespace="shop", pod=pod))
    return lines


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        lines = (kube if self.path == "/kube" else applications)(time.time() - BEGAN)
        body = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
print(server.server_port, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
