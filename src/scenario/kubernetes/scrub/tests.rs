use super::*;
use crate::scenario::kubernetes::reader::plain;

const DUMP: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: payroll
  namespace: acme-hr
  labels: {app: payroll, acme.example/team: falcon}
  annotations: {acme.example/owner: jane, cluster-autoscaler.kubernetes.io/safe-to-evict: "false"}
spec:
  replicas: 2
  selector: {matchLabels: {app: payroll}}
  template:
    metadata: {labels: {app: payroll}, annotations: {checksum/config: abcdef}}
    spec:
      serviceAccountName: hr-robot
      nodeSelector: {acme.example/pool: falcon, topology.kubernetes.io/zone: us-east-1a}
      tolerations: [{key: acme.example/pool, operator: Equal, value: falcon, effect: NoSchedule}]
      containers:
        - name: payroll
          image: registry.acme.example/hr/payroll:7
          command: [/payroll, --password, hunter2]
          env: [{name: TOKEN, value: topsecret}]
          envFrom: [{secretRef: {name: payroll-keys}}]
          resources: {requests: {cpu: 250m, memory: 64Mi}, limits: {acme.example/fpga: 1}}
          readinessProbe: {httpGet: {path: /secret-health, port: 8080}, periodSeconds: 5}
          lifecycle: {preStop: {exec: {command: [sh, -c, "drain-it; sleep 15"]}}}
          volumeMounts: [{name: keys, mountPath: /hidden}]
      volumes: [{name: keys, secret: {secretName: payroll-keys}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: payroll, namespace: acme-hr}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payroll}
  minReplicas: 2
  maxReplicas: 9
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
    - {type: Pods, pods: {metric: {name: falcon_requests_per_second}, target: {type: AverageValue, averageValue: "20"}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: hr, namespace: acme-hr}
spec:
  ingressClassName: nginx
  rules:
    - host: hr.acme.example
      http: {paths: [{path: /payslips/all, pathType: Prefix, backend: {service: {name: payroll, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: payroll, namespace: acme-hr}
spec: {selector: {app: payroll}, ports: [{name: falcon-http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Node
metadata:
  name: ip-10-0-0-7.ec2.internal
  labels: {topology.kubernetes.io/zone: us-east-1a, node.kubernetes.io/instance-type: m5.large, acme.example/pool: falcon}
spec: {providerID: "aws:///us-east-1a/i-0123456789", taints: [{key: acme.example/pool, value: falcon, effect: NoSchedule}]}
status: {capacity: {cpu: "2", memory: 8Gi, pods: "29"}, images: [{names: ["registry.acme.example/hr/payroll:7"], sizeBytes: 5}]}
---
apiVersion: v1
kind: Secret
metadata: {name: payroll-keys, namespace: acme-hr}
data: {password: aHVudGVyMg==}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: falcon}
data: {plan: world domination}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cluster-autoscaler, namespace: kube-system}
spec:
  selector: {matchLabels: {app: cluster-autoscaler}}
  template:
    metadata: {labels: {app: cluster-autoscaler}}
    spec:
      containers:
        - name: cluster-autoscaler
          image: registry.k8s.io/autoscaling/cluster-autoscaler:v1.28.0
          command: [./cluster-autoscaler, --expander=least-waste, --nodes=1:9:falcon-asg,
            "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/falcon", --scan-interval=10s]
"#;

fn scrubbed() -> (Scrubber, Vec<Value>) {
    let objects = plain(DUMP);
    let scrubber = Scrubber::of(&objects);
    let clean = objects.iter().filter_map(|object| scrubber.scrub(object)).collect();
    (scrubber, clean)
}

#[test]
fn nothing_private_is_left() {
    let (_, clean) = scrubbed();
    let text = serde_json::to_string(&clean).unwrap_or_default();
    for word in [
        "payroll",
        "acme",
        "falcon",
        "jane",
        "abcdef",
        "robot",
        "hunter2",
        "aHVudGVyMg",
        "TOKEN",
        "topsecret",
        "health",
        "hidden",
        "drain",
        "hr.",
        "payslips",
        "ip-10",
        "0123456789",
        "domination",
        "Secret",
        "ConfigMap",
        "registry",
    ] {
        assert!(!text.contains(word), "`{word}` is in\n{text}");
    }
}

#[test]
fn what_decides_stays() {
    let (scrubber, clean) = scrubbed();
    let at = |object: usize, pointer: &str| clean[object].pointer(pointer).cloned().unwrap_or_default();
    let name = |name: &str| scrubber.pseudonym(name).map_or(Value::Null, Value::from);
    assert_eq!(clean.len(), 6);
    let pod = "/spec/template/spec";
    assert_eq!(at(0, "/metadata/name"), name("payroll"));
    assert_eq!(at(1, "/spec/scaleTargetRef/name"), name("payroll"));
    assert_eq!(at(2, "/spec/rules/0/http/paths/0/backend/service/name"), name("payroll"));
    assert_eq!(at(3, "/spec/selector/x01"), at(0, "/spec/selector/matchLabels/x01"), "{}", clean[3]);
    assert_eq!(at(0, "/metadata/annotations/cluster-autoscaler.kubernetes.io~1safe-to-evict"), "false");
    assert_eq!(at(0, &format!("{pod}/containers/0/resources/requests/cpu")), "250m");
    assert_eq!(at(0, &format!("{pod}/containers/0/readinessProbe/periodSeconds")), 5);
    assert_eq!(at(0, &format!("{pod}/containers/0/lifecycle/preStop/exec/command/1")), "15");
    assert_eq!(at(0, &format!("{pod}/nodeSelector/topology.kubernetes.io~1zone")), "us-east-1a");
    assert_eq!(at(0, &format!("{pod}/tolerations/0/value")), name("falcon"));
    assert_eq!(at(4, "/spec/taints/0/value"), name("falcon"));
    assert_eq!(at(4, "/metadata/labels/node.kubernetes.io~1instance-type"), "m5.large");
    assert!(at(4, "/spec/providerID").as_str().is_some_and(|id| id.starts_with("aws:///us-east-1a/x")));
    assert_eq!(at(4, "/status/images/0/names/0"), at(0, &format!("{pod}/containers/0/image")));
    assert_eq!(at(1, "/spec/metrics/0/resource/name"), "cpu");
    assert!(at(1, "/spec/metrics/1/pods/metric/name").as_str().is_some_and(|name| name.ends_with("-request")));
    let flags = at(5, &format!("{pod}/containers/0/command")).to_string();
    assert!(flags.contains("--expander=least-waste") && flags.contains("--scan-interval=10s"), "{flags}");
    assert!(
        flags.contains("--nodes=1:9:x")
            && flags.contains("k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/x")
    );
}

#[test]
fn pseudonyms_are_in_the_order_of_names() {
    let (scrubber, _) = scrubbed();
    let names: Vec<(&String, &String)> = scrubber.pseudonyms.iter().collect();
    assert!(names.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
}
