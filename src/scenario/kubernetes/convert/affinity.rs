//! Selectors, affinity and topology spread.

use super::Converter;
use crate::cluster::{
    AffinityTerm, LabelSelector, NodeInclusionPolicy, NodeSelector, NodeSelectorTerm, Operator, PodAffinity,
    PreferredNodeTerm, Requirement, TopologySpreadConstraint, WeightedAffinityTerm, WhenUnsatisfiable,
};
use crate::intern::Symbol;
use crate::scenario::issue::Issue;
use crate::scenario::kubernetes::meta::{self, SelectorRequirement};
use crate::scenario::kubernetes::pod;

impl Converter<'_> {
    /// A label selector.
    pub fn label_selector(&mut self, field: &str, api: &meta::LabelSelector) -> LabelSelector {
        let pairs: Vec<_> = api.match_labels.iter().map(|(k, v)| (self.symbol(k), self.symbol(v))).collect();
        let mut selector = LabelSelector::of_labels(pairs);
        selector.requirements.extend(self.requirements(field, &api.match_expressions));
        selector
    }

    /// A required node selector.
    pub fn node_selector(&mut self, api: &pod::NodeSelector) -> NodeSelector {
        NodeSelector { terms: api.node_selector_terms.iter().map(|term| self.node_selector_term(term)).collect() }
    }

    fn node_selector_term(&mut self, api: &pod::NodeSelectorTerm) -> NodeSelectorTerm {
        let number_wanted =
            |r: &SelectorRequirement| matches!(r.operator.as_str(), "Gt" | "Lt") && !single_integer(&r.values);
        let bad_expression = |r: &SelectorRequirement| operator(&r.operator).is_none() || number_wanted(r);
        let bad_field = |r: &SelectorRequirement| {
            r.key != "metadata.name" || r.values.len() != 1 || !matches!(r.operator.as_str(), "In" | "NotIn")
        };
        NodeSelectorTerm {
            invalid: api.match_expressions.iter().any(bad_expression) || api.match_fields.iter().any(bad_field),
            expressions: self.requirements("spec.affinity.nodeAffinity", &api.match_expressions),
            fields: self.requirements("spec.affinity.nodeAffinity", &api.match_fields),
        }
    }

    pub(in crate::scenario::kubernetes) fn preferred_node_terms(
        &mut self,
        api: &[pod::PreferredSchedulingTerm],
    ) -> Vec<PreferredNodeTerm> {
        api.iter()
            .map(|p| PreferredNodeTerm { weight: p.weight, term: self.node_selector_term(&p.preference) })
            .collect()
    }

    pub(super) fn requirements(&mut self, field: &str, api: &[SelectorRequirement]) -> Vec<Requirement> {
        api.iter()
            .filter_map(|requirement| {
                let operator = operator(&requirement.operator);
                if operator.is_none() {
                    let message = format!("`{}` is not an operator of a selector", requirement.operator);
                    self.issues.push(Issue::error(field, message).with_help("write In, NotIn, Exists or DoesNotExist"));
                }
                Some(Requirement {
                    key: self.symbol(&requirement.key),
                    operator: operator?,
                    values: requirement.values.iter().map(|value| self.symbol(value)).collect(),
                })
            })
            .collect()
    }

    pub(super) fn pod_affinity(&mut self, own: &meta::ObjectMeta, api: &pod::PodAffinity) -> PodAffinity {
        PodAffinity {
            required: api.required.iter().map(|term| self.affinity_term(own, term)).collect(),
            preferred: api
                .preferred
                .iter()
                .map(|p| WeightedAffinityTerm { weight: p.weight, term: self.affinity_term(own, &p.pod_affinity_term) })
                .collect(),
        }
    }

    /// With the keys that name labels of the pod itself, its `own`, written into the selector: of a pod that the API server has done this to already it
    /// says the same twice.
    ///
    /// Upstream: `applyMatchLabelKeysAndMismatchLabelKeys` (pkg/registry/core/pod/strategy.go): not without a selector; labels that the pod
    /// does not have are left out.
    fn affinity_term(&mut self, own: &meta::ObjectMeta, api: &pod::PodAffinityTerm) -> AffinityTerm {
        let field = "spec.affinity.podAffinity";
        let mut namespaces: Vec<Symbol> = api.namespaces.iter().map(|name| self.symbol(name)).collect();
        if namespaces.is_empty() && api.namespace_selector.is_none() {
            namespaces.push(self.symbol(own.namespace_or_default()));
        }
        let mut selector = api.label_selector.as_ref().map(|selector| self.label_selector(field, selector));
        if let Some(selector) = selector.as_mut().filter(|_| self.rules.pod_affinity_label_keys) {
            for (keys, operator) in [(&api.match_label_keys, Operator::In), (&api.mismatch_label_keys, Operator::NotIn)]
            {
                for (key, value) in keys.iter().filter_map(|key| Some((key, own.labels.get(key)?))) {
                    let (key, values) = (self.symbol(key), [self.symbol(value)].into_iter().collect());
                    selector.requirements.push(Requirement { key, operator, values });
                }
            }
        }
        AffinityTerm {
            selector,
            namespaces,
            namespace_selector: api.namespace_selector.as_ref().map(|selector| self.label_selector(field, selector)),
            topology_key: self.symbol(&api.topology_key),
        }
    }

    /// A topology spread constraint.
    pub fn spread_constraint(&mut self, api: &pod::TopologySpreadConstraint) -> TopologySpreadConstraint {
        let rules = self.rules;
        let honor = |policy: &Option<String>, default| match policy.as_deref() {
            _ if !rules.spread_inclusion_policies => default,
            Some("Honor") => NodeInclusionPolicy::Honor,
            Some("Ignore") => NodeInclusionPolicy::Ignore,
            _ => default,
        };
        TopologySpreadConstraint {
            max_skew: api.max_skew,
            topology_key: self.symbol(&api.topology_key),
            when_unsatisfiable: match api.when_unsatisfiable.as_str() {
                "ScheduleAnyway" => WhenUnsatisfiable::ScheduleAnyway,
                _ => WhenUnsatisfiable::DoNotSchedule,
            },
            selector: api.label_selector.as_ref().map(|s| self.label_selector("spec.topologySpreadConstraints", s)),
            min_domains: api.min_domains.filter(|_| rules.spread_min_domains),
            node_affinity_policy: honor(&api.node_affinity_policy, NodeInclusionPolicy::Honor),
            node_taints_policy: honor(&api.node_taints_policy, NodeInclusionPolicy::Ignore),
            match_label_keys: match rules.spread_label_keys {
                true => api.match_label_keys.iter().map(|key| self.symbol(key)).collect(),
                false => Default::default(),
            },
        }
    }
}

fn single_integer(values: &[String]) -> bool {
    matches!(values, [value] if value.parse::<i64>().is_ok())
}

fn operator(text: &str) -> Option<Operator> {
    Some(match text {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::Gt,
        "Lt" => Operator::Lt,
        _ => return None,
    })
}
