//! Balancers on AWS: of the cloud provider, of the AWS Load Balancer Controller, of EKS Auto Mode.
//!
//! Sources: cloud-provider-aws 1.28, pkg/providers/v1 (aws.go, aws_loadbalancer.go); aws-load-balancer-controller 2.8,
//! docs/guide/service and docs/guide/ingress; docs.aws.amazon.com, "EKS Auto Mode: load balancing".

use super::{Balancer, BalancerKind, Balancers, Scenery, Serves, full_name};
use crate::scenario::kubernetes::workloads::{Ingress, Service, Workload};

const TYPE: &str = "service.beta.kubernetes.io/aws-load-balancer-type";
const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
const INTERNAL: &str = "service.beta.kubernetes.io/aws-load-balancer-internal";
const CERTIFICATE: &str = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert";
/// Classes whose Services become Network Load Balancers.
const NETWORK_CLASSES: [&str; 2] = ["service.k8s.aws/nlb", "eks.amazonaws.com/nlb"];
/// Controllers that make Application Load Balancers.
const APPLICATION_CONTROLLERS: [&str; 2] = ["ingress.k8s.aws/alb", "eks.amazonaws.com/alb"];
/// From this version on the controller takes every new Service.
const TAKES_ALL_SINCE: (u32, u32) = (2, 5);

/// Who makes the balancer of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    /// The cloud provider, which knows public ones and classic ones by default.
    CloudProvider(BalancerKind),
    /// The AWS Load Balancer Controller, or Auto Mode's: Network Load Balancers, internal by default.
    Controller,
}

/// What a Service of type LoadBalancer becomes.
pub(super) fn of_service(scenery: &Scenery<'_>, at: usize, service: &Service, made: &mut Balancers) {
    let metadata = &service.metadata;
    let name = full_name(metadata.namespace_or_default(), &metadata.name);
    let annotation = |key: &str| metadata.annotations.get(key).map(String::as_str);
    let maker = match (service.spec.load_balancer_class.as_deref(), annotation(TYPE)) {
        (Some(class), _) if NETWORK_CLASSES.contains(&class) => Maker::Controller,
        (Some(class), _) => {
            made.remarks.push(format!("Service {name}: load balancers of class {class} are not AWS'"));
            return;
        }
        (None, _) if scenery.auto_mode || takes_all_services(&scenery.deployments) => Maker::Controller,
        (None, Some("external" | "nlb-ip")) => Maker::Controller,
        (None, Some("nlb")) => Maker::CloudProvider(BalancerKind::Network),
        (None, _) => Maker::CloudProvider(BalancerKind::Classic),
    };
    let kept_inside = annotation(INTERNAL).filter(|value| !value.is_empty()).map(|value| value != "false");
    let (kind, is_public) = match maker {
        Maker::CloudProvider(kind) => (kind, !kept_inside.unwrap_or(false)),
        Maker::Controller => {
            let public = annotation(SCHEME).map(|scheme| scheme == "internet-facing");
            (BalancerKind::Network, public.or(kept_inside.map(|inside| !inside)).unwrap_or(false))
        }
    };
    made.all.push(Balancer {
        name,
        namespace: Some(metadata.namespace_or_default().to_owned()),
        kind,
        is_public,
        rules: 0,
        has_tls: annotation(CERTIFICATE).is_some(),
        serves: Serves::Service(at),
    });
}

/// Application Load Balancers of the Ingresses: one each, or one for each group.
pub(super) fn of_ingresses(scenery: &Scenery<'_>, made: &mut Balancers) {
    for (at, ingress) in scenery.ingresses.iter().enumerate() {
        if !is_application(scenery, ingress) {
            continue;
        }
        let metadata = &ingress.metadata;
        let annotation = |key: &str| metadata.annotations.get(key).map(String::as_str);
        let namespace = metadata.namespace_or_default();
        let group = annotation("alb.ingress.kubernetes.io/group.name");
        let name = group.map_or_else(|| full_name(namespace, &metadata.name), str::to_owned);
        let is_public = annotation("alb.ingress.kubernetes.io/scheme") == Some("internet-facing");
        let has_tls = annotation("alb.ingress.kubernetes.io/certificate-arn").is_some() || !ingress.spec.tls.is_empty();
        let rules = ingress.spec.rules.iter().map(|rule| rule.http.paths.len()).sum::<usize>();
        let known = made.all.iter_mut().find(|other| other.name == name && other.kind == BalancerKind::Application);
        match known {
            Some(shared) => {
                shared.rules += rules;
                shared.is_public |= is_public;
                shared.has_tls |= has_tls;
                shared.namespace = shared.namespace.take().filter(|owner| owner == namespace);
                if let Serves::Ingresses(all) = &mut shared.serves {
                    all.push(at);
                }
            }
            None => made.all.push(Balancer {
                name,
                namespace: Some(namespace.to_owned()),
                kind: BalancerKind::Application,
                is_public,
                rules,
                has_tls,
                serves: Serves::Ingresses(vec![at]),
            }),
        }
    }
}

fn is_application(scenery: &Scenery<'_>, ingress: &Ingress) -> bool {
    let Some(class) = scenery.class_of(ingress) else { return false };
    match scenery.controller_of(class) {
        Some(controller) => APPLICATION_CONTROLLERS.contains(&controller),
        None => class == "alb",
    }
}

/// Whether the AWS Load Balancer Controller is there, in a version whose webhook gives it every new Service.
fn takes_all_services(deployments: &[&Workload]) -> bool {
    let images = deployments.iter().flat_map(|deployment| &deployment.spec.template.spec.containers);
    images.map(|container| container.image.as_str()).any(|image| {
        let Some((_, tag)) = image.rsplit_once('/').unwrap_or(("", image)).1.split_once(':') else {
            return image.contains("aws-load-balancer-controller");
        };
        image.contains("aws-load-balancer-controller") && version(tag).is_none_or(|found| found >= TAKES_ALL_SINCE)
    })
}

/// `(2, 8)` of `v2.8.1`.
fn version(tag: &str) -> Option<(u32, u32)> {
    let mut parts = tag.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
