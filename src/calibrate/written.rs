//! Parameters as settings of a scenario, and as a scenario of its own.

use super::fit::Drawn;
use super::parameter::{Parameter, Standing};
use crate::scenario::Setting;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Fields that explain cpu, or latencies, together: one of them alone from somewhere else would spoil the others.
const TOGETHER: [&str; 5] = ["cpuPerRequest", "idleCpu", "waitPerRequest", "scv", "concurrency"];

/// Whether the scenario gets this parameter: what the data do not determine stays as it is, if the scenario says it at all.
pub(super) fn is_taken(parameter: &Parameter, is_given: &dyn Fn(&[String]) -> bool) -> bool {
    let is_one_of_many = parameter.path.last().is_some_and(|field| TOGETHER.contains(&field.as_str()));
    match parameter.standing {
        Standing::NotRecorded => false,
        Standing::Undetermined => is_one_of_many || !is_given(&parameter.path),
        _ => true,
    }
}

fn value(parameter: &Parameter) -> Value {
    // No limit is no field.
    parameter.written().map_or(Value::Null, |text| match text.parse::<f64>() {
        Ok(number) => serde_json::Number::from_f64(number).map_or(Value::Null, |number| whole(number.as_f64(), number)),
        Err(_) => Value::String(text),
    })
}

/// 8 and not 8.0, where a count is wanted.
fn whole(value: Option<f64>, number: serde_json::Number) -> Value {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e9 => Value::from(value as i64),
        _ => Value::Number(number),
    }
}

/// The settings of parameters as they are written.
pub(super) fn settings<'a>(parameters: impl Iterator<Item = &'a Parameter>) -> Vec<Setting> {
    parameters.map(|one| Setting::new(one.path.clone(), value(one), format!("calibrate {}", one.field()))).collect()
}

/// The settings of another draw of all parameters: as other days might have had them.
pub(super) fn drawn(all: &[&Drawn], number: usize) -> Vec<Setting> {
    let one = |drawn: &&Drawn| {
        let value = drawn.draws.get(number % drawn.draws.len().max(1)).copied();
        let interval = value.map_or(drawn.parameter.interval, |value| [value; 2]);
        Parameter { value: value.or(drawn.parameter.value), interval, ..drawn.parameter.clone() }
    };
    settings(all.iter().map(one).collect::<Vec<_>>().iter())
}

/// A scenario that extends another with these parameters; each says what it rests on.
pub(super) fn scenario(extends: &str, about: &str, taken: &[&Parameter], others: &[&Parameter]) -> String {
    let mut text = format!("# {about}\napiVersion: foresail/v1alpha1\nkind: Scenario\nextends: {extends:?}\n");
    let mut tree: BTreeMap<&str, BTreeMap<&str, Vec<&Parameter>>> = BTreeMap::new();
    for one in taken {
        if let [section, name, _] = one.path.as_slice() {
            tree.entry(section).or_default().entry(name).or_default().push(one);
        }
    }
    for (section, names) in tree {
        let _ = writeln!(text, "{section}:");
        for (name, parameters) in names {
            let _ = writeln!(text, "  {name:?}:");
            for one in parameters {
                let field = one.path.last().map_or("", String::as_str);
                let written = one.written().unwrap_or_else(|| "null".to_owned());
                let _ = writeln!(text, "    {field}: {written}  # {}, {}", one.standing.word(), one.range());
            }
        }
    }
    for one in others {
        let _ = writeln!(text, "# {}: {}, {}", one.field(), one.standing.word(), one.why);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::parameter::ParameterUnit;
    use super::*;

    fn parameter(field: &str, unit: ParameterUnit, value: f64, interval: [f64; 2]) -> Parameter {
        let path = ["services", "web", field].map(str::to_owned).to_vec();
        let standing = Standing::of(interval, None);
        Parameter { path, unit, value: Some(value), interval, standing, why: String::new(), record: None }
    }

    #[test]
    fn the_scenario_says_what_each_value_rests_on() {
        let cost = parameter("cpuPerRequest", ParameterUnit::Seconds, 0.0123, [0.012, 0.0126]);
        let threads = parameter("concurrency", ParameterUnit::Requests, 8.0, [2.0, f64::INFINITY]);
        let text = scenario("shop.yaml", "fitted", &[&cost, &threads], &[]);
        assert!(text.contains("    cpuPerRequest: 12ms  # determined, 12ms to 13ms\n"), "{text}");
        assert!(text.contains("    concurrency: 8  # not determined, at least 2\n"), "{text}");
        assert_eq!(value(&threads), Value::from(8));
        assert_eq!(value(&cost), Value::from("12ms"));
    }

    #[test]
    fn what_is_not_determined_stays_unless_nobody_says_it() {
        let vague = parameter("warmUp", ParameterUnit::Seconds, 20.0, [0.0, 90.0]);
        assert!(!is_taken(&vague, &|_| true) && is_taken(&vague, &|_| false));
        let shape = parameter("scv", ParameterUnit::Ratio, 1.0, [0.1, 9.0]);
        assert!(is_taken(&shape, &|_| true));
    }
}
