//! What is not in the bill: said on the page, so that nobody takes it for the whole of the invoice.

use crate::market::Provider;
use crate::scenario::build::scene::Scene;

/// What the scenario has lines for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Included {
    /// Requests are simulated, and what they move is counted.
    pub(super) traffic: bool,
    pub(super) nat: bool,
    pub(super) node_addresses: bool,
    pub(super) managed: bool,
}

/// One sentence each, the largest first.
pub(super) fn sentences(scene: &Scene<'_>, included: Included) -> Vec<String> {
    let is_aws = scene.provider == Provider::Aws;
    let named = |words: &[&str]| {
        let items = scene.file.charges.iter().map(|row| (row.item.as_deref().unwrap_or_default(), row.name.as_str()));
        let mut told = items.map(|(item, name)| format!("{item} {name}").to_lowercase());
        told.any(|text| words.iter().any(|word| text.contains(word)))
    };
    let mut all = vec!["Taxes, and anything that is not billed by the hour, the GB or the unit.".to_owned()];
    let mut add = |is_missing: bool, sentence: &str| {
        if is_missing {
            all.push(sentence.to_owned());
        }
    };
    add(
        scene.file.support.is_none() && !named(&["support plan", "support"]),
        "Support plans of the provider, usually a share of the whole bill.",
    );
    let databases =
        "Databases, caches, queues and storage outside of the cluster, unless named under managed or charges.";
    add(!included.managed, databases);
    let (logs, registry) = if is_aws {
        ("CloudWatch logs and metrics", "ECR")
    } else {
        ("Cloud Logging and Monitoring", "Artifact Registry")
    };
    add(
        !named(&["log", "cloudwatch", "monitoring", "metric"]),
        &format!("{logs}: what pods log and export is not known."),
    );
    add(!named(&["ecr", "registry"]), &format!("Image storage ({registry}) and the transfer of images."));
    add(!named(&["snapshot", "backup"]), "Snapshots and backups of volumes.");
    add(!named(&["route53", "dns"]), "DNS zones and queries.");
    add(
        !included.traffic,
        "Data transfer: no requests are simulated, so nothing is known of traffic between zones and to the internet.",
    );
    add(
        included.traffic,
        "Data transfer that is no request of a user: replication, backups, health checks, the monitoring's.",
    );
    if is_aws {
        add(!included.nat, "NAT gateways: none is declared (cluster.natGateways, or Terraform's).");
        add(
            !included.node_addresses,
            "Public addresses of nodes: they are taken to be in private subnets (cluster.publicNodes).",
        );
        add(true, "The free 100 GB of traffic to the internet a month, which the whole account shares.");
        add(true, "VPC endpoints, transit gateways, VPN, and KMS.");
    } else {
        add(!included.nat, "Cloud NAT: none is declared (cluster.natGateways).");
        add(
            !included.node_addresses,
            "External addresses of nodes: they are taken to be private (cluster.publicNodes).",
        );
        add(
            true,
            "GKE's free credit of 74.40 USD a month, which one zonal or Autopilot cluster of a billing account gets.",
        );
    }
    add(true, "Marketplace software and licences.");
    all
}
