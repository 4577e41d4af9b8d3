//! Which service of the provider sells what.

use super::Provider;

/// A service as bills name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// A short name, for `discounts`: `ec2`.
    pub key: &'static str,
    /// As the provider's bill prints it.
    pub name: &'static str,
    /// Whose it is.
    pub provider: Provider,
}

const fn aws(key: &'static str, name: &'static str) -> Service {
    Service { key, name, provider: Provider::Aws }
}

const fn gcp(key: &'static str, name: &'static str) -> Service {
    Service { key, name, provider: Provider::Gcp }
}

/// All services of which a price is known.
pub const SERVICES: [Service; 35] = [
    aws("ec2", "Amazon Elastic Compute Cloud"),
    aws("ebs", "Amazon Elastic Block Store"),
    aws("eks", "Amazon Elastic Kubernetes Service"),
    aws("fargate", "AWS Fargate"),
    aws("elb", "Elastic Load Balancing"),
    aws("vpc", "Amazon Virtual Private Cloud"),
    aws("data-transfer", "AWS Data Transfer"),
    aws("cloudfront", "Amazon CloudFront"),
    aws("route53", "Amazon Route 53"),
    aws("s3", "Amazon Simple Storage Service"),
    aws("efs", "Amazon Elastic File System"),
    aws("ecr", "Amazon Elastic Container Registry"),
    aws("cloudwatch", "Amazon CloudWatch"),
    aws("rds", "Amazon Relational Database Service"),
    aws("documentdb", "Amazon DocumentDB"),
    aws("dynamodb", "Amazon DynamoDB"),
    aws("elasticache", "Amazon ElastiCache"),
    aws("opensearch", "Amazon OpenSearch Service"),
    aws("mq", "Amazon MQ"),
    aws("msk", "Amazon Managed Streaming for Apache Kafka"),
    aws("sns", "Amazon Simple Notification Service"),
    aws("sqs", "Amazon Simple Queue Service"),
    gcp("compute-engine", "Compute Engine"),
    gcp("persistent-disk", "Persistent Disk"),
    gcp("gke", "Kubernetes Engine"),
    gcp("load-balancing", "Cloud Load Balancing"),
    gcp("networking", "Networking"),
    gcp("cloud-storage", "Cloud Storage"),
    gcp("cloud-sql", "Cloud SQL"),
    gcp("memorystore", "Memorystore"),
    gcp("pubsub", "Cloud Pub/Sub"),
    gcp("cloud-logging", "Cloud Logging"),
    gcp("cloud-dns", "Cloud DNS"),
    gcp("artifact-registry", "Artifact Registry"),
    gcp("cloud-nat", "Cloud NAT"),
];

/// Beginnings of items' and managed services' names, and whose they are; the first that fits. What both providers sell
/// under one name stands twice.
const BEGINNINGS: &[(&str, &str)] = &[
    ("eks_", "eks"),
    ("fargate_", "fargate"),
    ("gke_", "gke"),
    ("autopilot_", "gke"),
    ("cpu_credit_", "ec2"),
    ("gp2_", "ebs"),
    ("gp3_", "ebs"),
    ("io1_", "ebs"),
    ("io2_", "ebs"),
    ("st1_", "ebs"),
    ("sc1_", "ebs"),
    ("magnetic_", "ebs"),
    ("snapshot_", "ebs"),
    ("alb_", "elb"),
    ("nlb_", "elb"),
    ("gwlb_", "elb"),
    ("classic_lb_", "elb"),
    ("nat_gateway_", "vpc"),
    ("public_ipv4_", "vpc"),
    ("vpc_endpoint_", "vpc"),
    ("internet_out_", "data-transfer"),
    ("cross_zone_", "data-transfer"),
    ("inter_region_", "data-transfer"),
    ("internet_out_", "networking"),
    ("cross_zone_", "networking"),
    ("cloudfront_", "cloudfront"),
    ("route53_", "route53"),
    ("s3_", "s3"),
    ("efs_", "efs"),
    ("ecr_", "ecr"),
    ("log_", "cloudwatch"),
    ("cloudwatch_", "cloudwatch"),
    ("rds", "rds"),
    ("aurora", "rds"),
    ("documentdb", "documentdb"),
    ("dynamodb", "dynamodb"),
    ("elasticache", "elasticache"),
    ("opensearch", "opensearch"),
    ("mq", "mq"),
    ("msk", "msk"),
    ("kafka_", "msk"),
    ("sns_", "sns"),
    ("sqs_", "sqs"),
    ("pd_", "persistent-disk"),
    ("hyperdisk_", "persistent-disk"),
    ("local_ssd_", "persistent-disk"),
    ("forwarding_rule_", "load-balancing"),
    ("external_ip_", "networking"),
    ("unused_ip_", "networking"),
    ("vpn_", "networking"),
    ("gcs_", "cloud-storage"),
    ("cloud_sql_", "cloud-sql"),
    ("memorystore_", "memorystore"),
    ("pubsub_", "pubsub"),
    ("logging_", "cloud-logging"),
    ("dns_", "cloud-dns"),
    ("artifact_registry_", "artifact-registry"),
    ("cloud_nat_", "cloud-nat"),
];

impl Service {
    /// The service that sells machines.
    pub fn of_machines(provider: Provider) -> Service {
        SERVICES[if provider == Provider::Aws { 0 } else { 22 }]
    }
    /// The service that sells an item of the price list, or a managed service such as `rds-postgres`.
    pub fn of(name: &str, provider: Provider) -> Option<Service> {
        let fits = BEGINNINGS.iter().filter(|(beginning, _)| name.starts_with(beginning));
        fits.filter_map(|(_, key)| Service::called(key)).find(|service| service.provider == provider)
    }
    /// By its short name, or the one on the bill.
    pub fn called(name: &str) -> Option<Service> {
        SERVICES.into_iter().find(|service| service.key == name || service.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Catalog;

    #[test]
    fn everything_that_has_a_price_is_sold_by_a_service() {
        for provider in [Provider::Aws, Provider::Gcp] {
            for item in Catalog::shipped().fixed_items(provider) {
                assert!(Service::of(item, provider).is_some(), "{item}");
            }
            assert_eq!(Service::of_machines(provider).provider, provider);
        }
        for (service, ..) in Catalog::shipped().managed_classes() {
            assert!(Service::of(service, Provider::Aws).is_some(), "{service}");
        }
        assert_eq!(Service::of_machines(Provider::Gcp).key, "compute-engine");
        assert_eq!(Service::of("internet_out_gb", Provider::Gcp).map(|service| service.key), Some("networking"));
    }
}
