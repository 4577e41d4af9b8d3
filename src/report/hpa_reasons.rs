//! Why an HPA did what it did, in words: of a dry run and of the decision log.

use crate::hpa::{
    Grounds, Holds, HpaSpec, Metric, PolicyKind, Reason, Resource, ScalingRules, SelectPolicy, Target, Window, Winner,
};
use crate::intern::Interner;
use crate::units::SimDuration;

/// Replicas before and after a sync.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replicas {
    pub(super) before: i32,
    pub(super) after: i32,
}

/// `cpu`, `cpu of app` or the metric's own name.
pub(super) fn name(metric: &Metric, symbols: &Interner) -> String {
    match metric {
        Metric::Resource { resource, container, .. } => {
            let resource = if *resource == Resource::Cpu { "cpu" } else { "memory" };
            match container {
                Some(container) => format!("{resource} of {}", symbols.text(*container)),
                None => resource.to_owned(),
            }
        }
        Metric::Pods { metric, .. } | Metric::Object { metric, .. } | Metric::External { metric, .. } => {
            symbols.text(*metric).to_owned()
        }
    }
}

/// `142% of 70%`, `350m of 300m`, `512Mi of 400Mi`.
pub(super) fn reading(metric: &Metric, value: Option<i64>) -> String {
    let memory = matches!(metric, Metric::Resource { resource: Resource::Memory, .. });
    let (target, percent) = match metric.target() {
        Target::Utilization(target) => (target, true),
        Target::AverageValue(target) | Target::Value(target) => (target, false),
    };
    let text = |value: i64| match (percent, memory) {
        (true, _) => format!("{value}%"),
        (false, true) => format!("{}Mi", value / 1000 / (1 << 20)),
        (false, false) if value % 1000 == 0 => format!("{}", value / 1000),
        (false, false) => format!("{value}m"),
    };
    // With no pods there is a total, and no average.
    format!("{} of {}", value.map_or_else(|| "(no pods)".to_owned(), text), text(target))
}

impl Replicas {
    /// The whole reason of a sync whose metrics, if it asked them, could tell.
    pub(super) fn reason(self, spec: &HpaSpec, symbols: &Interner, grounds: &Grounds) -> String {
        let Some(wanted) = grounds.proposed else {
            return match self.before {
                0 => "replicas are 0: the HPA is switched off".to_owned(),
                before if before > spec.max => format!("{before} is above maxReplicas {}", spec.max),
                before => format!("{before} is below minReplicas {}", spec.min),
            };
        };
        let mut parts = vec![match grounds.scheduled {
            true => format!("the schedule asks for {wanted}"),
            false => self.asks(spec, symbols, (wanted, grounds.winner)),
        }];
        let stabilized = grounds.stabilized.unwrap_or(wanted);
        parts.extend(grounds.window.map(|window| stabilization(window, stabilized)));
        if self.after != stabilized {
            parts.push(self.limit(spec, grounds.limited));
        }
        parts.join("; ")
    }

    fn asks(self, spec: &HpaSpec, symbols: &Interner, (wanted, winner): (i32, Option<Winner>)) -> String {
        let metric = winner.and_then(|winner| Some((spec.metrics.get(usize::from(winner.metric))?, winner.value)));
        let Some((metric, value)) = metric else { return format!("{wanted} wanted") };
        let what = format!("{} {}", name(metric, symbols), reading(metric, value));
        if wanted == self.before { format!("{what}: no change asked for") } else { format!("{what} asks for {wanted}") }
    }

    fn limit(self, spec: &HpaSpec, reason: Option<Reason>) -> String {
        let replicas = self.after;
        let rules = |up: bool| spec.behavior.as_ref().map(|b| if up { &b.scale_up } else { &b.scale_down });
        match reason {
            Some(Reason::TooManyReplicas) => format!("maxReplicas is {}", spec.max),
            Some(Reason::TooFewReplicas) => format!("minReplicas is {}", spec.min),
            Some(Reason::ScaleUpLimit) => match rules(true) {
                Some(rules) if rules.select == SelectPolicy::Disabled => {
                    "selectPolicy Disabled: it never grows".to_owned()
                }
                Some(rules) => format!("{} {}", policies(rules, '+'), self.allows()),
                None => format!("at most twice as many (or 4) at a time: {replicas}"),
            },
            Some(Reason::ScaleDownLimit) => match rules(false) {
                Some(rules) if rules.select == SelectPolicy::Disabled => {
                    "selectPolicy Disabled: it never shrinks".to_owned()
                }
                Some(rules) => format!("{} {}", policies(rules, '-'), self.allows()),
                None => format!("{replicas} allowed"),
            },
            _ => format!("{replicas} allowed"),
        }
    }

    fn allows(self) -> String {
        if self.after == self.before { "allows no change yet".to_owned() } else { format!("allows {}", self.after) }
    }
}

/// With `behavior`, a window holds the replicas that there are; beyond these it does not push them.
///
/// Upstream: `stabilizeRecommendationWithBehaviors`, 1.28.
fn stabilization(window: Window, stabilized: i32) -> String {
    let Window { holds, extreme, span } = window;
    let within = duration(span);
    match holds {
        Holds::Up if extreme == stabilized => {
            format!("not below {stabilized}, the most that was wanted within {within}")
        }
        Holds::Up => format!("stays at {stabilized}, for up to {extreme} were wanted within {within}"),
        Holds::Down if extreme == stabilized => {
            format!("not above {stabilized}, the least that was wanted within {within}")
        }
        Holds::Down => format!("stays at {stabilized}, for as few as {extreme} were wanted within {within}"),
    }
}

/// `+50% per 60 s`, `+4 pods per 15 s or +100% per 15 s`.
fn policies(rules: &ScalingRules, sign: char) -> String {
    let joined = match rules.select {
        SelectPolicy::Disabled => return "selectPolicy Disabled".to_owned(),
        SelectPolicy::Max => " or ",
        SelectPolicy::Min => " and ",
    };
    let one = |policy: &crate::hpa::ScalingPolicy| {
        let unit = match (policy.kind, policy.value) {
            (PolicyKind::Percent, _) => "%",
            (PolicyKind::Pods, 1) => " pod",
            (PolicyKind::Pods, _) => " pods",
        };
        format!("{sign}{}{unit} per {}", policy.value, duration(policy.period))
    };
    rules.policies.iter().map(one).collect::<Vec<_>>().join(joined)
}

fn duration(span: SimDuration) -> String {
    match span.as_secs() {
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
