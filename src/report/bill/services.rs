//! What FOCUS wants to know of a provider's service, by the name that bills have for it.

/// Who sells a service, and into which drawer of FOCUS it belongs: a service is in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) provider: &'static str,
    pub(super) category: &'static str,
    pub(super) subcategory: &'static str,
    /// Begins its SKUs: `ec2.m5.large.us-east-1`.
    pub(super) prefix: &'static str,
    /// What its resources are.
    pub(super) resource_type: &'static str,
}

const AWS: &str = "Amazon Web Services";
const GOOGLE: &str = "Google Cloud";

type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Name, category, subcategory, prefix, resource type. Categories are those of FOCUS 1.2.
const OF_AWS: &[Row] = &[
    ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines", "ec2", "Node Group"),
    ("Amazon Elastic Kubernetes Service", "Compute", "Containers", "eks", "Kubernetes Cluster"),
    ("AWS Fargate", "Compute", "Serverless Compute", "fargate", "Pod"),
    ("AWS Lambda", "Compute", "Serverless Compute", "lambda", "Function"),
    ("Amazon Elastic Block Store", "Storage", "Block Storage", "ebs", "Volume"),
    ("Amazon Elastic File System", "Storage", "File Storage", "efs", "File System"),
    ("Amazon Simple Storage Service", "Storage", "Object Storage", "s3", "Bucket"),
    ("Amazon Elastic Container Registry", "Compute", "Containers", "ecr", "Repository"),
    ("Elastic Load Balancing", "Networking", "Application Networking", "elb", "Load Balancer"),
    ("Amazon Virtual Private Cloud", "Networking", "Network Infrastructure", "vpc", "Network"),
    ("AWS Data Transfer", "Networking", "Network Connectivity", "dt", "Traffic"),
    ("Amazon Route 53", "Networking", "Network Routing", "route53", "Hosted Zone"),
    ("Amazon CloudFront", "Networking", "Content Delivery", "cloudfront", "Distribution"),
    ("Amazon Relational Database Service", "Databases", "Relational Databases", "rds", "DB Instance"),
    ("Amazon ElastiCache", "Databases", "Caching", "elasticache", "Cache Node"),
    ("Amazon DynamoDB", "Databases", "NoSQL Databases", "dynamodb", "Table"),
    ("Amazon DocumentDB", "Databases", "NoSQL Databases", "docdb", "DB Instance"),
    ("Amazon OpenSearch Service", "Analytics", "Search", "opensearch", "Search Node"),
    ("Amazon Managed Streaming for Apache Kafka", "Integration", "Messaging", "msk", "Broker"),
    ("Amazon MQ", "Integration", "Messaging", "mq", "Broker"),
    ("Amazon Simple Queue Service", "Integration", "Messaging", "sqs", "Queue"),
    ("Amazon CloudWatch", "Management and Governance", "Observability", "cloudwatch", "Metrics and Logs"),
    ("AWS Support", "Management and Governance", "Support", "support", "Support Plan"),
    ("AWS Savings Plans", "Management and Governance", "Cost Management", "sp", "Savings Plan"),
    ("Savings Plans for AWS Compute usage", "Management and Governance", "Cost Management", "sp", "Savings Plan"),
    ("AWS Secrets Manager", "Security", "Secret Management", "secrets", "Secret"),
    ("AWS Key Management Service", "Security", "Other (Security)", "kms", "Key"),
    ("AWS WAF", "Security", "Application Security", "waf", "Web ACL"),
];
const OF_GOOGLE: &[Row] = &[
    ("Compute Engine", "Compute", "Virtual Machines", "gce", "Node Pool"),
    ("Kubernetes Engine", "Compute", "Containers", "gke", "Kubernetes Cluster"),
    ("Google Kubernetes Engine", "Compute", "Containers", "gke", "Kubernetes Cluster"),
    ("Persistent Disk", "Storage", "Block Storage", "pd", "Disk"),
    ("Cloud Filestore", "Storage", "File Storage", "filestore", "File System"),
    ("Cloud Storage", "Storage", "Object Storage", "gcs", "Bucket"),
    ("Cloud Load Balancing", "Networking", "Application Networking", "clb", "Load Balancer"),
    ("Networking", "Networking", "Network Infrastructure", "net", "Network"),
    ("Cloud NAT", "Networking", "Network Infrastructure", "nat", "NAT Gateway"),
    ("Network Egress", "Networking", "Network Connectivity", "egress", "Traffic"),
    ("Cloud DNS", "Networking", "Network Routing", "dns", "Managed Zone"),
    ("Cloud SQL", "Databases", "Relational Databases", "sql", "DB Instance"),
    ("Cloud Memorystore", "Databases", "Caching", "memorystore", "Cache Node"),
    ("Cloud Pub/Sub", "Integration", "Messaging", "pubsub", "Topic"),
    ("Google Cloud Support", "Management and Governance", "Support", "support", "Support Plan"),
    ("Cloud Monitoring", "Management and Governance", "Observability", "monitoring", "Metrics and Logs"),
    ("Cloud Logging", "Management and Governance", "Observability", "logging", "Metrics and Logs"),
    ("Committed Use Discounts", "Management and Governance", "Cost Management", "cud", "Commitment"),
];

/// The service called `name`; one that is not known is `Other` of the provider that runs the cluster.
pub(super) fn service(name: &str, platform: &str) -> Service {
    let find = |rows: &'static [Row], provider| {
        let row = rows.iter().find(|row| row.0.eq_ignore_ascii_case(name))?;
        let (_, category, subcategory, prefix, resource_type) = *row;
        Some(Service { provider, category, subcategory, prefix, resource_type })
    };
    let provider = if platform.starts_with("GKE") { GOOGLE } else { AWS };
    find(OF_AWS, AWS).or_else(|| find(OF_GOOGLE, GOOGLE)).unwrap_or(Service {
        provider,
        category: "Other",
        subcategory: "Other (Other)",
        prefix: "other",
        resource_type: "Resource",
    })
}

/// What the provider calls a region in words; its id where that is not known.
pub(super) fn region_name(id: &str) -> &str {
    const NAMES: &[(&str, &str)] = &[
        ("af-south-1", "Africa (Cape Town)"),
        ("ap-east-1", "Asia Pacific (Hong Kong)"),
        ("ap-northeast-1", "Asia Pacific (Tokyo)"),
        ("ap-northeast-2", "Asia Pacific (Seoul)"),
        ("ap-northeast-3", "Asia Pacific (Osaka)"),
        ("ap-south-1", "Asia Pacific (Mumbai)"),
        ("ap-southeast-1", "Asia Pacific (Singapore)"),
        ("ap-southeast-2", "Asia Pacific (Sydney)"),
        ("ca-central-1", "Canada (Central)"),
        ("eu-central-1", "Europe (Frankfurt)"),
        ("eu-north-1", "Europe (Stockholm)"),
        ("eu-south-1", "Europe (Milan)"),
        ("eu-west-1", "Europe (Ireland)"),
        ("eu-west-2", "Europe (London)"),
        ("eu-west-3", "Europe (Paris)"),
        ("me-south-1", "Middle East (Bahrain)"),
        ("sa-east-1", "South America (Sao Paulo)"),
        ("us-east-1", "US East (N. Virginia)"),
        ("us-east-2", "US East (Ohio)"),
        ("us-west-1", "US West (N. California)"),
        ("us-west-2", "US West (Oregon)"),
        ("us-central1", "Iowa"),
        ("europe-west1", "Belgium"),
        ("europe-west3", "Frankfurt"),
        ("europe-west4", "Netherlands"),
    ];
    NAMES.iter().find(|(other, _)| *other == id).map_or(id, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_listed_once() {
        let mut names: Vec<&str> = OF_AWS.iter().chain(OF_GOOGLE).map(|row| row.0).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OF_AWS.len() + OF_GOOGLE.len());
    }

    #[test]
    fn an_unknown_service_is_the_platform_s() {
        assert_eq!(service("Some Service", "GKE 1.28").provider, GOOGLE);
        assert_eq!(service("Some Service", "EKS 1.28").subcategory, "Other (Other)");
        assert_eq!(region_name("mars-1"), "mars-1");
    }
}
