//! PodDisruptionBudgets.

use super::scene::Scene;
use crate::controllers::disruption::{Promise, UnhealthyPods};
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::kubernetes::Converter;
use crate::world::{Budget, Cast};

/// Fills `cast` with everything that protects pods.
pub(super) fn build(scene: &Scene<'_>, converter: &mut Converter<'_>, cast: &mut Cast, issues: &mut Issues) {
    for (from, object) in &scene.objects.budgets {
        let promise = match (object.spec.min_available, object.spec.max_unavailable) {
            (Some(_), Some(_)) => {
                let message = "minAvailable and maxUnavailable cannot both be set";
                issues.push(from.locate(Issue::error("spec", message)));
                continue;
            }
            (Some(count), _) => Promise::MinAvailable(count),
            (_, Some(count)) => Promise::MaxUnavailable(count),
            (None, None) => continue,
        };
        let selector = object.spec.selector.as_ref();
        let selector = selector.map(|selector| converter.label_selector("spec.selector", selector));
        let unhealthy_pods = object.spec.unhealthy_pods().unwrap_or_else(|why| {
            issues.push(from.locate(Issue::error("spec.unhealthyPodEvictionPolicy", why)));
            UnhealthyPods::default()
        });
        cast.budgets.push(Budget {
            namespace: converter.symbol(object.metadata.namespace_or_default()),
            name: converter.symbol(&object.metadata.name),
            selector,
            promise,
            unhealthy_pods,
        });
    }
}
