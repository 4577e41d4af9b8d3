//! Manifests: Deployments with HPAs, VPAs, KEDA and budgets, a StatefulSet, a DaemonSet, a CronJob, a Job. A file each.

use super::Draw;
use std::fmt::Write;

/// The files: name and text.
pub(super) fn objects(draw: &mut Draw<'_>, apps: usize) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for app in 0..apps {
        let (name, text) = (format!("app-{app}"), deployment(draw, app));
        files.push((format!("{name}.yaml"), text));
        if let Some(text) = scaler(draw, &name) {
            files.push((format!("{name}-scaler.yaml"), text));
        }
        if draw.one_in(2) {
            let promise =
                draw.pick(&["minAvailable: 1", "minAvailable: 60%", "maxUnavailable: 1", "maxUnavailable: 0"]);
            let budget = format!(
                "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\nspec: {{{promise}, selector: \
                 {{matchLabels: {{app: {name}}}}}}}\n"
            );
            files.push((format!("{name}-budget.yaml"), budget));
        }
    }
    files.push(("agent.yaml".to_owned(), daemon_set(draw)));
    files.push(("db.yaml".to_owned(), stateful_set(draw)));
    if draw.one_in(2) {
        files.push(("jobs.yaml".to_owned(), jobs(draw)));
    }
    files
}

fn deployment(draw: &mut Draw<'_>, app: usize) -> String {
    let (cpu, memory) = (50 * draw.between(1, 16), 64 << draw.below(4));
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{app}, labels: {{app: app-{app}}}}}\nspec:\n  \
         replicas: {}\n  minReadySeconds: {}\n  selector: {{matchLabels: {{app: app-{app}}}}}\n",
        draw.below(7),
        30 * draw.below(2)
    );
    if draw.one_in(3) {
        let _ = writeln!(
            text,
            "  strategy: {}",
            draw.pick(&["{type: Recreate}", "{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"])
        );
    }
    let _ = write!(
        text,
        "  template:\n    metadata: {{labels: {{app: app-{app}}}}}\n    spec:\n      terminationGracePeriodSeconds: {}\n",
        draw.below(90)
    );
    if draw.one_in(4) {
        let _ = writeln!(
            text,
            "      topologySpreadConstraints: [{{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: {}, \
             labelSelector: {{matchLabels: {{app: app-{app}}}}}}}]",
            draw.pick(&["DoNotSchedule", "ScheduleAnyway"])
        );
    }
    if draw.one_in(5) {
        let _ = writeln!(
            text,
            "      affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: \
             kubernetes.io/hostname, labelSelector: {{matchLabels: {{app: app-{app}}}}}}}]}}}}"
        );
    }
    if draw.one_in(4) {
        text.push_str("      tolerations: [{key: a, operator: Exists}]\n");
    }
    let _ = write!(
        text,
        "      containers:\n        - name: main\n          image: app:{app}\n          resources: {{requests: {{cpu: {cpu}m, memory: {memory}Mi}}"
    );
    if draw.one_in(2) {
        let _ =
            write!(text, ", limits: {{cpu: {}m, memory: {}Mi}}", cpu * draw.between(1, 3), memory * draw.between(1, 2));
    }
    text.push_str("}\n");
    if draw.one_in(4) {
        let _ =
            writeln!(text, "          livenessProbe: {{periodSeconds: {}, failureThreshold: 2}}", draw.between(1, 10));
    }
    if draw.one_in(4) {
        let _ = writeln!(text, "          readinessProbe: {{initialDelaySeconds: {}}}", draw.below(40));
    }
    text
}

/// What changes an app's replicas or requests: an HPA, KEDA, a VPA, or nothing.
fn scaler(draw: &mut Draw<'_>, name: &str) -> Option<String> {
    let target = format!("apiVersion: apps/v1, kind: Deployment, name: {name}");
    let (least, share) = (draw.between(1, 3), draw.between(20, 95));
    let most = least + draw.below(20);
    let behaviour = match draw.below(4) {
        1 => {
            "  behavior: {scaleDown: {stabilizationWindowSeconds: 60, policies: [{type: Percent, value: 50, periodSeconds: 60}]}}\n"
        }
        2 => {
            "  behavior: {scaleUp: {selectPolicy: Min, policies: [{type: Pods, value: 1, periodSeconds: 30}, {type: Percent, value: 20, periodSeconds: 60}]}}\n"
        }
        3 => "  behavior: {scaleDown: {selectPolicy: Disabled}}\n",
        _ => "",
    };
    Some(match draw.below(6) {
        0 => return None,
        1 => format!(
            "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {{name: {name}}}\nspec:\n  scaleTargetRef: {{name: {name}}}\n  \
             minReplicaCount: {least}\n  maxReplicaCount: {most}\n  triggers: [{{type: cpu, metricType: Utilization, metadata: {{value: \"{share}\"}}}}]\n"
        ),
        2 => format!(
            "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  targetRef: {{{target}}}\n  \
             updatePolicy: {{updateMode: \"{}\"}}\n",
            draw.pick(&["Auto", "Off", "Initial"])
        ),
        kind => format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec:\n  scaleTargetRef: {{{target}}}\n  \
             minReplicas: {least}\n  maxReplicas: {most}\n{behaviour}  metrics:\n  - {{type: Resource, resource: {{name: {}, target: {{type: \
             Utilization, averageUtilization: {share}}}}}}}\n",
            if kind == 5 { "memory" } else { "cpu" }
        ),
    })
}

fn daemon_set(draw: &mut Draw<'_>) -> String {
    let update = draw.pick(&[
        "{rollingUpdate: {maxUnavailable: 30%}}",
        "{rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
        "{type: OnDelete}",
    ]);
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: agent}}\nspec:\n  updateStrategy: {update}\n  selector: {{matchLabels: {{app: agent}}}}\n  \
         template:\n    metadata: {{labels: {{app: agent}}}}\n    spec:\n      containers:\n        - {{name: agent, image: agent, resources: \
         {{requests: {{cpu: {}m, memory: 64Mi}}}}}}\n",
        draw.between(1, 200)
    )
}

fn stateful_set(draw: &mut Draw<'_>) -> String {
    let management = draw.pick(&["OrderedReady", "Parallel"]);
    let update = draw.pick(&["{type: RollingUpdate}", "{type: OnDelete}", "{rollingUpdate: {partition: 1}}"]);
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  replicas: {}\n  podManagementPolicy: {management}\n  \
         updateStrategy: {update}\n  minReadySeconds: 10\n  selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    \
         spec:\n      containers: [{{name: main, image: db, resources: {{requests: {{cpu: 300m, memory: 256Mi}}}}}}]\n  volumeClaimTemplates: [{{metadata: \
         {{name: data}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}}}]\n",
        draw.below(4)
    )
}

fn jobs(draw: &mut Draw<'_>) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: report}}\nspec:\n  schedule: \"*/{} * * * *\"\n  concurrencyPolicy: {}\n  \
         jobTemplate:\n    spec:\n      parallelism: {}\n      completions: {}\n      template:\n        spec:\n          restartPolicy: Never\n          \
         containers: [{{name: main, image: report, resources: {{requests: {{cpu: {}m, memory: 256Mi}}}}}}]\n",
        draw.between(1, 30),
        draw.pick(&["Forbid", "Allow", "Replace"]),
        draw.between(1, 3),
        draw.between(1, 4),
        100 * draw.between(1, 10)
    )
}
