//! Load balancers: what the controllers of a cluster make of its Services and Ingresses.

mod aws;
mod google;

use crate::market::Provider;
use crate::scenario::build::scene::Scene;
use crate::scenario::kubernetes::workloads::{Ingress, IngressClass, Service, Workload};

/// The class of an Ingress as it was written before there were IngressClasses.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// A load balancer of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Balancer {
    /// `kong/kong-gateway`, or the group of its Ingresses.
    pub(super) name: String,
    /// Whose it is; nobody's where Ingresses of several namespaces share it.
    pub(super) namespace: Option<String>,
    pub(super) kind: BalancerKind,
    /// It has public addresses.
    pub(super) is_public: bool,
    /// Rules that a request may have to be compared with.
    pub(super) rules: usize,
    /// It ends TLS.
    pub(super) has_tls: bool,
    /// What it serves.
    pub(super) serves: Serves,
}

/// What the cloud sells it as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BalancerKind {
    Classic,
    Network,
    Application,
    /// Of Google Cloud: so many forwarding rules; whether answers are processed too (a proxy's).
    Forwarding {
        rules: u32,
        is_proxy: bool,
    },
}

/// Where a balancer's requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Serves {
    /// The pods of a Service, by its place among the Services.
    Service(usize),
    /// The paths of Ingresses, by their places among the Ingresses.
    Ingresses(Vec<usize>),
}

/// What the controllers look at.
struct Scenery<'a> {
    provider: Provider,
    auto_mode: bool,
    services: Vec<&'a Service>,
    ingresses: Vec<&'a Ingress>,
    ingress_classes: Vec<&'a IngressClass>,
    deployments: Vec<&'a Workload>,
}

/// The balancers of a scenario's objects.
pub(super) fn of_scene(scene: &Scene<'_>) -> Balancers {
    let objects = scene.objects;
    let scenery = Scenery {
        provider: scene.provider,
        auto_mode: scene.file.cluster.auto_mode,
        services: objects.services.iter().map(|(_, api)| api).collect(),
        ingresses: objects.ingresses.iter().map(|(_, api)| api).collect(),
        ingress_classes: objects.ingress_classes.iter().map(|(_, api)| api).collect(),
        deployments: objects.deployments.iter().map(|(_, api)| api).collect(),
    };
    scenery.balancers()
}

/// All balancers, and what has to be said about them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Balancers {
    pub(super) all: Vec<Balancer>,
    pub(super) remarks: Vec<String>,
}

impl Scenery<'_> {
    /// What the cloud's controllers make.
    fn balancers(&self) -> Balancers {
        let mut made = Balancers::default();
        for (at, service) in self.services.iter().enumerate() {
            if service.spec.kind.as_deref() == Some("LoadBalancer") {
                match self.provider {
                    Provider::Aws => aws::of_service(self, at, service, &mut made),
                    Provider::Gcp => google::of_service(at, service, &mut made),
                }
            }
        }
        match self.provider {
            Provider::Aws => aws::of_ingresses(self, &mut made),
            Provider::Gcp => google::of_ingresses(self, &mut made),
        }
        made
    }

    /// The class of an Ingress: its own, by annotation or by field, or the default one.
    fn class_of<'b>(&'b self, ingress: &'b Ingress) -> Option<&'b str> {
        let annotated = ingress.metadata.annotations.get(CLASS_ANNOTATION).map(String::as_str);
        annotated.or(ingress.spec.ingress_class_name.as_deref()).or_else(|| self.default_class())
    }

    fn default_class(&self) -> Option<&str> {
        let says_so = |class: &&&IngressClass| {
            let mark = class.metadata.annotations.get("ingressclass.kubernetes.io/is-default-class");
            mark.is_some_and(|value| value == "true")
        };
        self.ingress_classes.iter().find(says_so).map(|class| class.metadata.name.as_str())
    }

    /// The controller of a class, if its IngressClass is there.
    fn controller_of(&self, class: &str) -> Option<&str> {
        let found = self.ingress_classes.iter().find(|known| known.metadata.name == class)?;
        Some(&found.spec.controller)
    }
}

/// `kong/kong-gateway`.
fn full_name(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::documents;

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
        documents::parse(text).expect("an object")
    }
    fn service(rest: &str) -> Service {
        read(&format!("{{metadata: {{name: web, namespace: shop{}", rest))
    }
    /// What a cluster with one Service makes.
    fn of(provider: Provider, service: &Service, deployments: &[Workload], auto_mode: bool) -> Vec<Balancer> {
        let scenery = Scenery {
            provider,
            auto_mode,
            services: vec![service],
            ingresses: Vec::new(),
            ingress_classes: Vec::new(),
            deployments: deployments.iter().collect(),
        };
        scenery.balancers().all
    }
    fn kind(provider: Provider, text: &str) -> Option<(BalancerKind, bool)> {
        of(provider, &service(text), &[], false).first().map(|made| (made.kind, made.is_public))
    }

    const TYPE: &str = "service.beta.kubernetes.io/aws-load-balancer-type";
    const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";

    #[test]
    fn the_cloud_provider_makes_classic_ones_unless_told_otherwise() {
        let aws = |text: &str| kind(Provider::Aws, text);
        assert_eq!(aws("}, spec: {type: LoadBalancer}}"), Some((BalancerKind::Classic, true)));
        assert_eq!(aws("}, spec: {type: ClusterIP}}"), None);
        let inner = ", annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'true'}}, spec: {type: LoadBalancer}}";
        assert_eq!(aws(inner), Some((BalancerKind::Classic, false)));
        let nlb = format!(", annotations: {{{TYPE}: nlb}}}}, spec: {{type: LoadBalancer}}}}");
        assert_eq!(aws(&nlb), Some((BalancerKind::Network, true)), "in-tree ones are public");
    }

    #[test]
    fn the_load_balancer_controller_makes_network_ones_internal_unless_told_otherwise() {
        let aws = |text: &str| kind(Provider::Aws, text);
        for kind in ["external", "nlb-ip"] {
            let inner = format!(", annotations: {{{TYPE}: {kind}}}}}, spec: {{type: LoadBalancer}}}}");
            assert_eq!(aws(&inner), Some((BalancerKind::Network, false)), "{kind}");
            let outer = format!(
                ", annotations: {{{TYPE}: {kind}, {SCHEME}: internet-facing}}}}, spec: {{type: LoadBalancer}}}}"
            );
            assert_eq!(aws(&outer), Some((BalancerKind::Network, true)), "{kind}");
        }
        let by_class = "}, spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb}}";
        assert_eq!(aws(by_class), Some((BalancerKind::Network, false)));
        assert_eq!(aws("}, spec: {type: LoadBalancer, loadBalancerClass: tailscale}}"), None, "no balancer of AWS");
    }

    #[test]
    fn where_it_is_installed_it_takes_all_services() {
        let plain = service("}, spec: {type: LoadBalancer}}");
        let controller = |image: &str| -> Workload {
            read(&format!(
                "{{metadata: {{name: lbc}}, spec: {{template: {{spec: {{containers: [{{name: c, image: '{image}'}}]}}}}}}}}"
            ))
        };
        let made = |image: &str| of(Provider::Aws, &plain, &[controller(image)], false)[0].kind;
        assert_eq!(made("public.ecr.aws/eks/aws-load-balancer-controller:v2.8.1"), BalancerKind::Network);
        assert_eq!(made("public.ecr.aws/eks/aws-load-balancer-controller:v2.4.7"), BalancerKind::Classic, "before 2.5");
        assert_eq!(made("nginx:1.25"), BalancerKind::Classic);
        assert_eq!(of(Provider::Aws, &plain, &[], true)[0].kind, BalancerKind::Network, "and so does EKS Auto Mode");
    }

    #[test]
    fn google_makes_forwarding_rules() {
        let gke = |text: &str| kind(Provider::Gcp, text);
        let one = |rules| BalancerKind::Forwarding { rules, is_proxy: false };
        assert_eq!(gke("}, spec: {type: LoadBalancer, ports: [{port: 80}, {port: 443}]}}"), Some((one(1), true)));
        let both = "}, spec: {type: LoadBalancer, ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}}";
        assert_eq!(gke(both), Some((one(2), true)), "one for each protocol");
        let inner = ", annotations: {networking.gke.io/load-balancer-type: Internal}}, spec: {type: LoadBalancer}}";
        assert_eq!(gke(inner), Some((one(1), false)));
    }

    fn ingress(name: &str, namespace: &str, rest: &str) -> Ingress {
        let rules = "rules: [{http: {paths: [{path: /a, backend: {service: {name: a}}}, {path: /b, backend: {service: {name: b}}}]}}]";
        let (annotations, spec) = rest.split_once('|').expect("annotations|spec");
        read(&format!(
            "{{metadata: {{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}}}, spec: {{{spec}{rules}}}}}"
        ))
    }
    fn of_ingresses(provider: Provider, ingresses: &[Ingress], classes: &[IngressClass]) -> Vec<Balancer> {
        let scenery = Scenery {
            provider,
            auto_mode: false,
            services: Vec::new(),
            ingresses: ingresses.iter().collect(),
            ingress_classes: classes.iter().collect(),
            deployments: Vec::new(),
        };
        scenery.balancers().all
    }

    #[test]
    fn ingresses_of_a_group_share_one_application_balancer() {
        let group = "alb.ingress.kubernetes.io/group.name: edge";
        let public = "alb.ingress.kubernetes.io/group.name: edge, alb.ingress.kubernetes.io/scheme: internet-facing";
        let all = [
            ingress("a", "shop", &format!("{group}|ingressClassName: alb, ")),
            ingress("b", "pay", &format!("{public}|ingressClassName: alb, ")),
            ingress("c", "shop", "|ingressClassName: alb, "),
            ingress("d", "shop", "|ingressClassName: nginx, "),
            ingress("e", "shop", "|"),
        ];
        let made = of_ingresses(Provider::Aws, &all, &[]);
        let told: Vec<_> = made.iter().map(|one| (one.name.as_str(), one.is_public, one.rules)).collect();
        assert_eq!(told, [("edge", true, 4), ("shop/c", false, 2)], "nginx and nobody make none");
        assert_eq!(made[0].namespace, None, "two namespaces share it");
        assert_eq!(made[0].serves, Serves::Ingresses(vec![0, 1]));
        assert_eq!(made[1].namespace.as_deref(), Some("shop"));
    }

    #[test]
    fn the_controller_of_a_class_counts_and_not_its_name() {
        let classes: Vec<IngressClass> = vec![
            read(
                "{metadata: {name: edge, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}, spec: {controller: ingress.k8s.aws/alb}}",
            ),
            read("{metadata: {name: alb}, spec: {controller: k8s.io/ingress-nginx}}"),
        ];
        let all = [ingress("a", "shop", "|"), ingress("b", "shop", "|ingressClassName: alb, ")];
        let made = of_ingresses(Provider::Aws, &all, &classes);
        assert_eq!(made.len(), 1);
        assert_eq!(
            (made[0].name.as_str(), made[0].kind),
            ("shop/a", BalancerKind::Application),
            "by the default class"
        );
    }

    #[test]
    fn an_ingress_of_gke_has_a_rule_for_http_and_one_for_https() {
        let all = [
            ingress("plain", "shop", "|"),
            ingress("tls", "shop", "kubernetes.io/ingress.class: gce|tls: [{hosts: [a]}], "),
            ingress("only", "shop", "kubernetes.io/ingress.allow-http: 'false'|tls: [{hosts: [a]}], "),
            ingress("inner", "shop", "kubernetes.io/ingress.class: gce-internal|"),
            ingress("nginx", "shop", "kubernetes.io/ingress.class: nginx|"),
            ingress("named", "shop", "|ingressClassName: gce, "),
        ];
        let made = of_ingresses(Provider::Gcp, &all, &[]);
        let told: Vec<_> = made
            .iter()
            .map(|one| match one.kind {
                BalancerKind::Forwarding { rules, is_proxy } => (one.name.as_str(), rules, is_proxy, one.is_public),
                _ => ("", 0, false, false),
            })
            .collect();
        let expected = [
            ("shop/plain", 1, true, true),
            ("shop/tls", 2, true, true),
            ("shop/only", 1, true, true),
            ("shop/inner", 1, true, false),
        ];
        assert_eq!(told, expected, "GKE looks at the annotation only");
    }
}
