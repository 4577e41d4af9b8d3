//! `scenario.yaml`: groups, autoscaler, traffic, services, faults, rollouts, prices, modes.

use super::Draw;
use std::fmt::Write;

const TYPES: &[&str] = &["m5.large", "m5.xlarge", "c5.large", "r5.large", "t3.medium"];
const ZONES: &[&str] = &["us-east-1a", "us-east-1b", "us-east-1c"];

/// All of it but the manifests; `apps` services call each other from the first one on.
pub(super) fn scenario(draw: &mut Draw<'_>, apps: usize) -> String {
    let minutes = draw.between(2, draw.size.minutes);
    let is_exact = draw.one_in(5);
    let mut text = format!("apiVersion: foresail/v1alpha1\nkind: Scenario\nname: random\nduration: {minutes}m\n");
    modes(draw, &mut text, is_exact);
    cluster(draw, &mut text);
    let groups = groups(draw, &mut text);
    traffic(draw, &mut text, (minutes, if is_exact { draw.size.rate / 20 } else { draw.size.rate }));
    services(draw, &mut text, apps);
    if draw.one_in(2) {
        faults(draw, &mut text, (minutes, groups, apps));
    }
    if draw.one_in(2) {
        deploys(draw, &mut text, minutes, apps);
    }
    money(draw, &mut text);
    text
}

fn modes(draw: &mut Draw<'_>, text: &mut String, is_exact: bool) {
    let _ = writeln!(text, "replications: {}\nseed: {}", draw.between(1, 2), draw.below(1000));
    let _ = writeln!(text, "step: {}", draw.pick(&["15s", "30s", "10s", "1m"]));
    if is_exact {
        text.push_str("latency: exact\n");
    }
    // In lockstep nothing is warmed up: the recordings begin as they begin.
    if draw.one_in(4) {
        text.push_str("fidelity: lockstep\n");
    } else if draw.one_in(3) {
        let _ = writeln!(text, "warmUp: {}", draw.pick(&["1m", "5m", "10m"]));
    }
}

fn cluster(draw: &mut Draw<'_>, text: &mut String) {
    let version = draw.pick(&["1.28", "1.30", "1.33", "1.35"]);
    let zones = draw.between(1, ZONES.len());
    let _ = writeln!(
        text,
        "cluster: {{region: us-east-1, kubernetesVersion: \"{version}\", zones: [{}]}}",
        ZONES[..zones].join(", ")
    );
    if draw.one_in(8) {
        return;
    }
    let mut flags = Vec::new();
    for (flag, values) in [
        ("scale-down-delay-after-add", &["1m", "0s", "10m"][..]),
        ("scale-down-unneeded-time", &["1m", "30s", "10m"]),
        ("expander", &["random", "least-waste", "most-pods", "price"]),
        ("scan-interval", &["10s", "5s", "30s"]),
        ("max-node-provision-time", &["2m", "15m"]),
        ("scale-down-utilization-threshold", &["0.5", "0.8", "0.1"]),
        ("balance-similar-node-groups", &["true", "false"]),
        ("skip-nodes-with-local-storage", &["false", "true"]),
        ("max-nodes-total", &["6", "100"]),
        ("new-pod-scale-up-delay", &["0s", "30s"]),
        ("max-graceful-termination-sec", &["5", "600"]),
    ] {
        if draw.one_in(3) {
            flags.push(format!("--{flag}={}", draw.pick(values)));
        }
    }
    let _ = writeln!(text, "autoscaler: {{enabled: true, flags: [{}]}}", flags.join(", "));
}

/// So many groups: `g0`, `g1`.
fn groups(draw: &mut Draw<'_>, text: &mut String) -> usize {
    let count = draw.between(1, 3);
    text.push_str("nodeGroups:\n");
    for group in 0..count {
        let least = draw.below(3);
        let most = least + draw.between(1, 6);
        let desired = draw.between(least.max(usize::from(group == 0)), most);
        let (first, second) = (draw.pick(TYPES), draw.pick(TYPES));
        let capacity = draw.pick(&["ON_DEMAND", "SPOT"]);
        let types = if first == second || draw.one_in(2) { first.to_owned() } else { format!("{first}, {second}") };
        let _ = write!(
            text,
            "  g{group}: {{instanceTypes: [{types}], capacityType: {capacity}, minSize: {least}, maxSize: {most}, desiredSize: {desired}"
        );
        if draw.one_in(4) {
            let _ = write!(text, ", bootTime: {}s", draw.between(1, 200));
        }
        if draw.one_in(6) {
            let _ = write!(text, ", taints: [\"a=b:{}\"]", draw.pick(&["PreferNoSchedule", "NoSchedule"]));
        }
        if draw.one_in(6) {
            text.push_str(", autoscaled: false");
        }
        text.push_str("}\n");
    }
    count
}

fn traffic(draw: &mut Draw<'_>, text: &mut String, (minutes, most): (usize, usize)) {
    text.push_str("traffic:\n  routes: {app-0: 1}\n  patterns:\n");
    let _ = writeln!(text, "    - constant: {{rate: {}}}", draw.between(0, most / 4));
    for _ in 0..draw.below(3) {
        let (rate, at) = (draw.below(most), draw.below(minutes));
        let _ = match draw.below(4) {
            0 => writeln!(text, "    - step: {{rate: {rate}, at: {at}m, for: {}m}}", draw.between(1, minutes)),
            1 => writeln!(text, "    - ramp: {{from: 0, to: {rate}, at: {at}m, over: {}m}}", draw.between(1, minutes)),
            2 => writeln!(
                text,
                "    - flashCrowd: {{peakRate: {}, at: {at}m, rise: {}m, hold: {}m, halfLife: 2m}}",
                rate + 1,
                draw.between(1, 3),
                draw.between(1, 5)
            ),
            _ => writeln!(
                text,
                "    - diurnal: {{meanRate: {rate}, swing: 0.{}, peakHour: {}}}",
                draw.below(10),
                draw.below(24)
            ),
        };
    }
    let _ = writeln!(text, "  noise: {}", draw.pick(&["0", "0.1", "0.5"]));
    if draw.one_in(4) {
        let _ = writeln!(text, "  arrivals: {{gamma: {{scv: {}}}}}", draw.between(1, 6));
    }
    if draw.one_in(6) {
        let _ = writeln!(text, "  scale: {}", draw.pick(&["0", "0.01", "3"]));
    }
}

fn services(draw: &mut Draw<'_>, text: &mut String, apps: usize) {
    text.push_str("services:\n");
    for app in 0..apps {
        let _ = write!(
            text,
            "  app-{app}: {{cpuPerRequest: {}ms, concurrency: {}",
            draw.between(1, 40),
            draw.between(1, 64)
        );
        for (field, values) in [
            ("waitPerRequest", &["5ms", "100ms"][..]),
            ("scv", &["0.3", "4", "0"]),
            ("queue", &["0", "10", "1000"]),
            ("timeout", &["500ms", "5s"]),
            ("retries", &["{attempts: 1}", "{attempts: 3, budget: 0.5, backoff: 50ms}"]),
            ("loadBalancing", &["leastOutstanding", "powerOfTwo", "roundRobin", "sharedQueue", "random"]),
            ("blocking", &["true"]),
            ("memoryPerRequest", &["1Mi", "16Mi"]),
            ("idleCpu", &["5m", "50m"]),
            ("warmUp", &["5s", "90s"]),
            ("coldStart", &["{speed: 0.3, duration: 60s}"]),
        ] {
            if draw.one_in(4) {
                let _ = write!(text, ", {field}: {}", draw.pick(values));
            }
        }
        // Calls go to later services alone: none is called in a circle.
        if app + 1 < apps && draw.one_in(2) {
            let _ = write!(
                text,
                ", calls: [{{app-{}: {}}}]",
                draw.between(app + 1, apps - 1),
                draw.pick(&["1", "0.5", "2"])
            );
        }
        text.push_str("}\n");
    }
}

fn faults(draw: &mut Draw<'_>, text: &mut String, (minutes, groups, apps): (usize, usize, usize)) {
    text.push_str("faults:\n");
    for _ in 0..draw.between(1, 4) {
        let group = draw.below(groups);
        let what = match draw.below(8) {
            0 => format!("zoneOutage: {}", ZONES[0]),
            1 => format!("nodeLost: g{group}, replacement: {}", draw.pick(&["replace", "shrink", "none"])),
            2 => format!("nodeUnreachable: g{group}"),
            3 => format!("spotNotice: g{group}"),
            4 => format!("noCapacity: g{group}"),
            5 => format!("increaseError: g{group}"),
            6 => format!("containersHang: app-{}, pods: {}", draw.below(apps), draw.between(1, 3)),
            _ => format!("neverRegisters: g{group}"),
        };
        let _ = writeln!(text, "  - {{at: {}m, for: {}m, {what}}}", draw.below(minutes), draw.between(1, 30));
    }
    match draw.below(4) {
        1 => text.push_str("terminationHandler: {enableRebalanceDraining: true, rebalanceLead: 4m}\n"),
        2 => text.push_str("terminationHandler: {enableRebalanceMonitoring: true}\n"),
        _ => {}
    }
}

fn deploys(draw: &mut Draw<'_>, text: &mut String, minutes: usize, apps: usize) {
    text.push_str("deploys:\n");
    let at = draw.below(minutes);
    let _ = write!(text, "  - {{at: {at}m, deployment: app-{}", draw.below(apps));
    if draw.one_in(3) {
        let _ = write!(text, ", switchAt: {}m", at + draw.between(1, 10));
    }
    if draw.one_in(2) {
        let _ = write!(text, ", watchFor: 3m, rollbackAfter: 30s, cpuFactor: {}", draw.between(1, 6));
    }
    text.push_str("}\n");
    if draw.one_in(3) {
        let _ = writeln!(text, "  - {{at: {}m, statefulSet: db}}", draw.below(minutes));
    }
    if draw.one_in(3) {
        let _ = writeln!(text, "  - {{at: {}m, daemonSet: agent}}", draw.below(minutes));
    }
}

/// What is promised, and what else is paid for.
fn money(draw: &mut Draw<'_>, text: &mut String) {
    text.push_str("objectives: {latencyP95: 200ms, errorRate: 0.01}\n");
    if draw.one_in(3) {
        text.push_str("carbon: true\n");
    }
    if draw.one_in(4) {
        let _ = writeln!(text, "charges: [{{name: x, usdPerMonth: {}}}]", draw.below(100));
    }
    if draw.one_in(4) {
        text.push_str("managed: [{service: rds-postgres, class: db.m5.large, count: 1}]\n");
    }
    if draw.one_in(4) {
        let _ = writeln!(text, "prices: {{discounts: {{ec2: {}%}}}}", draw.below(60));
    }
}
