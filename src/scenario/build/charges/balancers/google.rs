//! Balancers on Google Cloud: forwarding rules of Services and of Ingresses.
//!
//! Sources: cloud.google.com, "About LoadBalancer Services", "GKE Ingress for Application Load Balancers"; ingress-gce 1.20,
//! pkg/annotations.

use super::{Balancer, BalancerKind, Balancers, CLASS_ANNOTATION, Scenery, Serves, full_name};
use crate::scenario::kubernetes::workloads::{Ingress, Service};
use std::collections::BTreeSet;

/// Names of the annotation that keeps a balancer inside, today's and earlier ones.
const TYPES: [&str; 2] = ["networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"];
/// What brings a certificate without `spec.tls`.
const CERTIFICATES: [&str; 2] = ["ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/managed-certificates"];
const ALLOW_HTTP: &str = "kubernetes.io/ingress.allow-http";

/// What a Service of type LoadBalancer becomes: a forwarding rule for each protocol.
pub(super) fn of_service(at: usize, service: &Service, made: &mut Balancers) {
    let metadata = &service.metadata;
    let name = full_name(metadata.namespace_or_default(), &metadata.name);
    let class = service.spec.load_balancer_class.as_deref();
    if let Some(class) = class.filter(|class| !class.starts_with("networking.gke.io/")) {
        made.remarks.push(format!("Service {name}: load balancers of class {class} are not Google Cloud's"));
        return;
    }
    let is_inside = class.is_some_and(|class| class.ends_with("internal"))
        || TYPES
            .iter()
            .any(|key| metadata.annotations.get(*key).is_some_and(|kind| kind.eq_ignore_ascii_case("internal")));
    let protocols: BTreeSet<&str> =
        service.spec.ports.iter().map(|port| port.protocol.as_deref().unwrap_or("TCP")).collect();
    made.all.push(Balancer {
        name,
        namespace: Some(metadata.namespace_or_default().to_owned()),
        kind: BalancerKind::Forwarding { rules: protocols.len().max(1) as u32, is_proxy: false },
        is_public: !is_inside,
        rules: 0,
        has_tls: false,
        serves: Serves::Service(at),
    });
}

/// What the Ingresses of GKE's own classes become. GKE looks at the annotation: an Ingress with `ingressClassName` alone is
/// nobody's.
pub(super) fn of_ingresses(scenery: &Scenery<'_>, made: &mut Balancers) {
    for (at, ingress) in scenery.ingresses.iter().enumerate() {
        let class = ingress.metadata.annotations.get(CLASS_ANNOTATION).map(String::as_str);
        let is_public = match (class, ingress.spec.ingress_class_name.as_deref()) {
            (Some("gce"), _) | (None | Some(""), None) => true,
            (Some("gce-internal"), _) => false,
            _ => continue,
        };
        let namespace = ingress.metadata.namespace_or_default();
        made.all.push(Balancer {
            name: full_name(namespace, &ingress.metadata.name),
            namespace: Some(namespace.to_owned()),
            kind: BalancerKind::Forwarding { rules: forwarding_rules(ingress), is_proxy: true },
            is_public,
            rules: 0,
            has_tls: has_certificate(ingress),
            serves: Serves::Ingresses(vec![at]),
        });
    }
}

/// One for HTTP, unless it is not allowed, and one for HTTPS, if there is a certificate.
fn forwarding_rules(ingress: &Ingress) -> u32 {
    let allows_http = ingress.metadata.annotations.get(ALLOW_HTTP).is_none_or(|value| value != "false");
    (u32::from(allows_http) + u32::from(has_certificate(ingress))).max(1)
}

fn has_certificate(ingress: &Ingress) -> bool {
    let annotations = &ingress.metadata.annotations;
    !ingress.spec.tls.is_empty() || CERTIFICATES.iter().any(|key| annotations.contains_key(*key))
}
