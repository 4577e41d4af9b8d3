//! What is in the bill besides nodes: small clusters for an hour or a few, with figures computed by hand.

use crate::small_cluster::{STATEFUL, deployment};
use foresail::cost::Bill;
use foresail::scenario::{Scenario, Sources, load};
use foresail::study::Study;
use std::collections::BTreeMap;
use std::fs;

/// An hour on three zones with one node each, from the first of December on, which has 744 hours.
const HEAD: &str = "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: bill\nmanifests: [objects.yaml]\nfidelity: lockstep\n\
    duration: 1h\nbilling: {start: 2026-12-01}\n\
    nodeGroups: {base: {instanceTypes: [m5.xlarge], minSize: 3, maxSize: 3, desiredSize: 3, rootVolume: {size: 20, type: gp3}}}\n";

/// Requests to one service that calls another, whose sizes are known: 10 a second.
const TRAFFIC: &str = "traffic: {patterns: [{constant: {rate: 10}}], routes: {web: 1}, noise: 0}\n\
    services:\n  web: {cpuPerRequest: 1ms, requestBytes: 1024, responseBytes: 9216, calls: [{api: 2}]}\n  \
    api: {cpuPerRequest: 1ms, requestBytes: 1024, responseBytes: 1024}\n";

fn loaded(scenario: &str, objects: &str) -> Scenario {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scenario.yaml"), scenario).expect("written");
    fs::write(folder.path().join("objects.yaml"), objects).expect("written");
    let loaded = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]);
    loaded.unwrap_or_else(|issues| panic!("{issues:?}\n{scenario}\n{objects}"))
}

/// Units by price item, summed over lines.
fn quantities(bill: &Bill) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for line in &bill.lines {
        let quantity = line.total(&bill.calendar).quantity as f64 / 1e9;
        *sums.entry(line.item.sku.to_string()).or_default() += quantity;
    }
    sums
}

fn billed(cluster: &str, more: &str, objects: &str) -> BTreeMap<String, f64> {
    quantities(&Study::of(&loaded(&format!("{HEAD}{cluster}{more}"), objects)).replicate(0).bill)
}

#[track_caller]
fn check(found: &BTreeMap<String, f64>, item: &str, expected: f64) {
    let quantity = found.get(item).copied().unwrap_or(0.0);
    // Arrivals are drawn: 36,000 of them are within two percent of what was asked for.
    let tolerance = if counts_requests(item) { 0.02 } else { 1e-6 };
    let near = (quantity - expected).abs() <= tolerance * expected.abs().max(1e-3);
    assert!(near, "{item}: found {quantity}, expected {expected} in {found:#?}");
}

fn counts_requests(item: &str) -> bool {
    ["classic_lb_gb", "internet_out_gb", "alb_lcu_hour", "nlb_lcu_hour"].contains(&item)
}

const AWS: &str = "cluster: {region: us-east-1, kubernetesVersion: '1.33'}\n";
const GKE: &str = "cluster: {region: us-central1, kubernetesVersion: '1.30'}\n";

fn two_services(spread: bool) -> String {
    let spread = if spread {
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, \
         labelSelector: {matchLabels: {app: NAME}}}]\n"
    } else {
        "\n"
    };
    let of = |name: &str| {
        deployment(name, "replicas: 3", "100m", "").trim_end().to_owned() + "\n      " + &spread.replace("NAME", name)
    };
    of("web") + &of("api")
}

const BALANCER: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n\
    spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n";

#[test]
fn a_cluster_in_extended_support_pays_that_alone() {
    let of = |version: &str, start: &str| {
        let text = HEAD.replace("2026-12-01", start).replace("duration: 1h", "duration: 4h");
        let cluster = format!("cluster: {{region: us-east-1, kubernetesVersion: '{version}'}}\n");
        quantities(&Study::of(&loaded(&(text + &cluster), STATEFUL)).replicate(0).bill)
    };
    let old = of("1.28", "2026-12-01");
    check(&old, "eks_control_plane_hour", 0.0);
    check(&old, "eks_extended_support_hour", 4.0);
    check(&of("1.35", "2026-12-01"), "eks_control_plane_hour", 4.0);
    // Standard support of 1.34 ends when the second of December begins: three hours after the start.
    let change = of("1.34", "2026-12-01T21:00:00Z");
    check(&change, "eks_control_plane_hour", 3.0);
    check(&change, "eks_extended_support_hour", 1.0);
}

#[test]
fn gkes_extended_channel_pays_a_fee_on_top_from_the_end_of_standard_support_on() {
    let of = |version: &str, channel: &str, start: &str| {
        let text = HEAD.replace("2026-12-01", start).replace("duration: 1h", "duration: 4h");
        let text = text.replace("m5.xlarge", "e2-standard-4").replace("type: gp3", "type: pd-balanced");
        let cluster = format!("cluster: {{region: us-central1, kubernetesVersion: '{version}'{channel}}}\n");
        let scenario = loaded(&(text + &cluster), STATEFUL);
        let said: String = scenario.caveats.iter().map(|issue| format!("{issue}\n")).collect();
        (quantities(&Study::of(&scenario).replicate(0).bill), said)
    };
    let (extended, said) = of("1.33", ", releaseChannel: extended", "2026-12-01");
    check(&extended, "gke_control_plane_hour", 4.0);
    check(&extended, "gke_extended_support_hour", 4.0);
    assert!(said.contains("1.33 is in extended support since 2026-08-03"), "{said}");
    let (regular, said) = of("1.33", "", "2026-12-01");
    check(&regular, "gke_extended_support_hour", 0.0);
    assert!(said.contains("GKE upgrades such clusters unless they are in the extended channel"), "{said}");
    check(&of("1.35", ", releaseChannel: extended", "2026-12-01").0, "gke_extended_support_hour", 0.0);
    // Standard support of 1.34 ends when the first of October begins: an hour before the end.
    let (change, _) = of("1.34", ", releaseChannel: extended", "2026-09-30T21:00:00Z");
    check(&change, "gke_control_plane_hour", 4.0);
    check(&change, "gke_extended_support_hour", 1.0);
}

#[test]
fn a_version_that_nobody_gave_is_said_to_be_assumed() {
    let said = |cluster: &str| -> String {
        loaded(&format!("{HEAD}{cluster}"), STATEFUL).caveats.iter().map(|issue| format!("{issue}\n")).collect()
    };
    let words = "no version is given, this one is assumed";
    assert!(said("").contains(words), "{}", said(""));
    let given = said("cluster: {kubernetesVersion: '1.28'}\n");
    assert!(given.contains("extended support of 1.28 ended") && !given.contains(words), "{given}");
}

#[test]
fn volumes_of_a_stateful_set_outlive_its_pods() {
    let class = "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: ebs.csi.aws.com\n\
        volumeBindingMode: WaitForFirstConsumer\nparameters: {type: gp3, iops: '4000', throughput: '225'}\n";
    let claims = "  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast, resources: {requests: {storage: 100Gi}}}}]\n";
    let found = billed(AWS, "", &format!("{class}{STATEFUL}{claims}"));
    // Three ordinals come one after the other within the hour's first seconds; nodes' disks are 3 of 20 GB.
    let (size, iops) = (found["gp3_gb_month"] * 744.0, found["gp3_iops_month"] * 744.0);
    assert!((355.0..360.0).contains(&size), "{size}: 300 GB and 60");
    assert!((2960.0..=3000.0).contains(&iops), "{iops}: a thousand each above the 3000 of all");
    assert!((296.0..=300.0).contains(&(found["gp3_mbps_month"] * 744.0)), "a hundred each above 125");
}

#[test]
fn a_service_alone_is_a_classic_balancer_with_an_address_in_each_zone() {
    let found = billed(AWS, TRAFFIC, &(two_services(true) + BALANCER));
    check(&found, "classic_lb_hour", 1.0);
    check(&found, "public_ipv4_hour", 3.0);
    // 36,000 requests of 10 KiB: 0.343 GB; answers are nine tenths of it.
    check(&found, "classic_lb_gb", 36_000.0 * 10_240.0 / 1_073_741_824.0);
    check(&found, "internet_out_gb", 36_000.0 * 9216.0 / 1_073_741_824.0);
    // Two calls of 2 KiB a request; pods are in three zones, one each: two thirds cross, and are paid on both sides. Pods are
    // not ready in the first seconds.
    let crossing = 36_000.0 * 2.0 * 2048.0 * 2.0 / 3.0 * 2.0 / 1_073_741_824.0;
    let ratio = found["cross_zone_gb"] / crossing;
    assert!((0.97..=1.02).contains(&ratio), "{ratio}");
}

#[test]
fn an_application_balancer_pays_for_its_largest_dimension() {
    let ingress = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: edge, annotations: {alb.ingress.kubernetes.io/scheme: internet-facing}}\n\
        spec: {ingressClassName: alb, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n";
    let traffic = TRAFFIC.replace("routes: {web: 1}", "routes: {/: 1}, requestsPerConnection: 1");
    let found = billed(AWS, &traffic, &(two_services(false) + ingress));
    check(&found, "alb_hour", 1.0);
    // 10 new connections a second of 25: 0.4; 600 open ones of 3000: 0.2; 0.34 GB of 1.
    check(&found, "alb_lcu_hour", 0.4);
    check(&found, "classic_lb_hour", 0.0);
    check(&found, "public_ipv4_hour", 3.0);
}

#[test]
fn an_internal_balancer_sends_nothing_to_the_internet() {
    let inner = BALANCER.replace(
        "{name: web}",
        "{name: web, annotations: {service.beta.kubernetes.io/aws-load-balancer-type: external}}",
    );
    let found = billed(AWS, TRAFFIC, &(two_services(false) + &inner));
    check(&found, "nlb_hour", 1.0);
    check(&found, "internet_out_gb", 0.0);
    check(&found, "public_ipv4_hour", 0.0);
    // 0.343 GB are more than 2 connections a second of 800 and 120 open ones of 100,000.
    check(&found, "nlb_lcu_hour", 36_000.0 * 10_240.0 / 1_073_741_824.0);
}

#[test]
fn forwarding_rules_of_google_are_five_for_one() {
    let services: String = (0..7).map(|at| BALANCER.replace("name: web", &format!("name: web-{at}"))).collect();
    let scenario = HEAD.replace("m5.xlarge", "e2-standard-4").replace("gp3", "pd-balanced") + GKE;
    let found = quantities(&Study::of(&loaded(&scenario, &(two_services(false) + &services))).replicate(0).bill);
    check(&found, "forwarding_rule_hour", 1.0);
    check(&found, "forwarding_rule_additional_hour", 2.0);
    check(&found, "gke_control_plane_hour", 1.0);
}

#[test]
fn autopilot_bills_pods_and_no_nodes() {
    let objects = deployment("web", "replicas: 4", "500m", "");
    let cluster = GKE.replace("'1.30'", "'1.28', autopilot: true");
    let scenario = HEAD.replace("m5.xlarge", "e2-standard-4").replace("gp3", "pd-balanced") + &cluster;
    let bill = Study::of(&loaded(&scenario, &objects)).replicate(0).bill;
    let found = quantities(&bill);
    // 500m and 64 MiB: half a vCPU, and half a GiB and not less; from when they are bound, within seconds.
    assert!((1.99..=2.0).contains(&found["autopilot_vcpu_hour"]), "{found:?}");
    assert!((1.99..=2.0).contains(&found["autopilot_memory_gb_hour"]), "{found:?}");
    check(&found, "pd_balanced_gb_month", 0.0);
    let nodes: i128 = bill
        .lines
        .iter()
        .filter(|line| bill.group(line).is_some())
        .map(|line| line.total(&bill.calendar).net.nano_usd())
        .sum();
    assert_eq!(nodes, 0);
}

#[test]
fn fargate_rounds_pods_up_and_auto_mode_adds_to_nodes() {
    let objects = deployment("web", "replicas: 2", "300m", "");
    let cluster = AWS.replace("'1.33'", "'1.33', autoMode: true, fargate: [{namespace: def*, labels: {app: web}}]");
    let found = billed(&cluster, "", &objects);
    // 300m and 64 + 256 MiB: half a vCPU and a GB.
    assert!((0.99..=1.0).contains(&found["fargate_vcpu_hour"]), "{found:?}");
    assert!((1.98..=2.0).contains(&found["fargate_memory_gb_hour"]), "{found:?}");
    check(&found, "eks_auto_mode_share", 3.0);
}

#[test]
fn burstable_nodes_pay_for_what_they_did_not_earn() {
    let scenario = HEAD
        .replace("m5.xlarge", "t3.small")
        .replace("minSize: 3, maxSize: 3, desiredSize: 3", "minSize: 1, maxSize: 1, desiredSize: 1")
        .replace("duration: 1h", "duration: 12h")
        + AWS;
    let objects = deployment("web", "replicas: 1", "1400m", "");
    let found = quantities(&Study::of(&loaded(&scenario, &objects)).replicate(0).bill);
    // Baseline 0.4 of 2 vCPUs, a day's earnings 9.6 vCPU-hours: at 1.4 they are spent after 9.6 hours, 2.4 are charged.
    let charged = found["cpu_credit_t3_vcpu_hour"];
    assert!((2.35..=2.4).contains(&charged), "{charged}");
}

#[test]
fn gateways_and_public_nodes_are_paid_where_they_are_declared() {
    let cluster = AWS.replace("'1.33'", "'1.33', natGateways: 2, publicNodes: true");
    let scenario = loaded(&format!("{HEAD}{cluster}"), STATEFUL);
    let found = quantities(&Study::of(&scenario).replicate(0).bill);
    check(&found, "nat_gateway_hour", 2.0);
    check(&found, "public_ipv4_hour", 2.0 + 3.0);
    let said = |text: &str| scenario.not_in_bill.iter().any(|sentence| sentence.contains(text));
    assert!(said("Taxes") && said("Support plans") && !said("NAT gateways"), "{:?}", scenario.not_in_bill);
    assert!(
        loaded(&format!("{HEAD}{AWS}"), STATEFUL).not_in_bill.iter().any(|sentence| sentence.contains("NAT gateways"))
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let wrong = [
        (HEAD.replace("type: gp3", "type: pd-ssd") + AWS, "rootVolume"),
        (HEAD.replace("type: gp3", "type: gp3, iops: 10") + AWS, "expected 3000"),
        (
            format!("{HEAD}{AWS}{}", TRAFFIC.replace("requestBytes: 1024, responseBytes: 9216", "requestBytes: -1")),
            "requestBytes",
        ),
        (format!("{HEAD}{AWS}{}", TRAFFIC.replace("noise: 0", "requestsPerConnection: 0")), "requestsPerConnection"),
    ];
    for (scenario, expected) in wrong {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("scenario.yaml"), &scenario).expect("written");
        fs::write(folder.path().join("objects.yaml"), two_services(false)).expect("written");
        let issues = load(Sources::Disk, &folder.path().join("scenario.yaml"), &[]).expect_err(expected);
        assert!(issues.to_string().contains(expected), "{expected}: {issues}");
    }
}
