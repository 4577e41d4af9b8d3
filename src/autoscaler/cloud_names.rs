//! What clouds and tools call the group of machines behind a node group: `--nodes` names that one.

/// Whether a cloud's name may be that of the group called `name`.
pub(super) fn may_mean(full: &str, name: &str) -> bool {
    full == name
        || is_eks(full, name)
        || is_eksctl(full, name)
        || is_gke(full, name)
        || is_aks(full, name)
        || is_kops(full, name)
        || is_generated(full, name)
}

/// EKS: `eks-app-` and a uuid, and before that the time by which Terraform makes a name unique. People cut it short.
fn is_eks(full: &str, name: &str) -> bool {
    let Some(rest) = after(full, "eks-", name, "-") else { return false };
    let mut parts: Vec<&str> = rest.split('-').collect();
    if parts.len() > 1 && is_time(parts[0]) {
        parts.remove(0);
    }
    let is_hex = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() <= 5 && parts.iter().all(is_hex)
}

/// eksctl: `eksctl-demo-nodegroup-app-NodeGroup-1ABCDEFGHIJ`.
fn is_eksctl(full: &str, name: &str) -> bool {
    let rest = full.strip_prefix("eksctl-").and_then(|rest| rest.split_once("-nodegroup-"));
    rest.is_some_and(|(_, rest)| rest == name || rest.starts_with(&format!("{name}-NodeGroup")))
}

/// GKE: the last part of a URL, `gke-cluster-app-1a2b3c4d-grp`.
fn is_gke(full: &str, name: &str) -> bool {
    let last = full.rsplit('/').next().unwrap_or(full);
    let middle = last.strip_prefix("gke-").and_then(|rest| rest.strip_suffix("-grp"));
    middle.and_then(|middle| middle.rsplit_once('-')).is_some_and(|(pool, _)| pool.ends_with(&format!("-{name}")))
}

/// AKS: `aks-app-12345678-vmss`.
fn is_aks(full: &str, name: &str) -> bool {
    let Some(rest) = after(full, "aks-", name, "-") else { return false };
    let number = rest.strip_suffix("-vmss").unwrap_or(rest);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// kOps: `app.cluster.example.com`.
fn is_kops(full: &str, name: &str) -> bool {
    after(full, "", name, ".").is_some_and(|domain| !domain.is_empty())
}

/// Terraform's `name_prefix`: the name and a time.
fn is_generated(full: &str, name: &str) -> bool {
    after(full, "", name, "-").is_some_and(is_time)
}

/// 26 digits of Terraform's making.
fn is_time(text: &str) -> bool {
    text.len() >= 14 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.starts_with("20")
}

/// What follows a name between two other texts.
fn after<'a>(full: &'a str, before: &str, name: &str, behind: &str) -> Option<&'a str> {
    full.strip_prefix(before)?.strip_prefix(name)?.strip_prefix(behind)
}

/// Whether GKE's managed instance group of the pool `name` may begin with this: the prefix goes on to the pool, or ends
/// before it.
pub(super) fn may_begin(prefix: &str, name: &str, others: &[&str]) -> bool {
    let Some(rest) = prefix.strip_prefix("gke-") else { return false };
    let rest = rest.trim_end_matches('-');
    let names_it = |name: &str| rest.ends_with(&format!("-{name}"));
    if others.iter().any(|other| names_it(other)) { names_it(name) } else { true }
}

#[cfg(test)]
mod tests {
    use super::may_mean;

    #[test]
    fn each_tool_has_its_way_with_names() {
        let url = "https://www.googleapis.com/compute/v1/projects/p1/zones/us-central1-a/instanceGroups/";
        let check = |full: &str, name: &str, means: bool| assert_eq!(may_mean(full, name), means, "{full} {name}");
        check("app", "app", true);
        check("eks-app-b0c1d2e3-4455-6677-8899-aabbccddeeff", "app", true);
        check("eks-app-7f", "app", true);
        check("eks-app-20240101000000000000000001-b0c1d2e3-4455-6677-8899-aabbccddeeff", "app", true);
        check("eks-app-db-b0c1d2e3-4455-6677-8899-aabbccddeeff", "app", false);
        check("eks-app-db-b0c1d2e3-4455-6677-8899-aabbccddeeff", "app-db", true);
        check("eksctl-demo-nodegroup-ng-1-NodeGroup-1ABCDEFGHIJ", "ng-1", true);
        check("eksctl-demo-nodegroup-ng-10-NodeGroup-1ABCDEFGHIJ", "ng-1", false);
        check(&format!("{url}gke-c1-default-pool-1a2b3c4d-grp"), "default-pool", true);
        check(&format!("{url}gke-c1-default-pool-1a2b3c4d-grp"), "big-pool", false);
        check("aks-nodepool1-12345678-vmss", "nodepool1", true);
        check("aks-nodepool1-12345678-vmss", "nodepool", false);
        check("nodes-us-east-1a.k8s.example.com", "nodes-us-east-1a", true);
        check("workers-20240101000000000000000001", "workers", true);
        check("workers-blue", "workers", false);
    }
}
