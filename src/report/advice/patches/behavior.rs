//! What is below `behavior` of an HPA, as far as it changes.

use crate::study::advise::answer::KnobAnswer;
use serde_json::{Map, Value};

/// The knobs that change something there, and what they make of it: the rest of it stays as it is.
pub(super) fn changed<'a>(own: &[&'a KnobAnswer]) -> (Vec<&'a KnobAnswer>, Value) {
    let (mut knobs, mut rules) = (Vec::new(), Value::Null);
    for knob in own {
        let mut is_behavior = false;
        for set in knob.settings() {
            let Some(at) = set.path().iter().position(|part| part == "behavior") else { continue };
            put(&mut rules, &set.path()[at + 1..], set.value().clone());
            is_behavior = true;
        }
        knobs.extend(is_behavior.then_some(*knob));
    }
    (knobs, rules)
}

fn put(place: &mut Value, path: &[String], value: Value) {
    match path.split_first() {
        None => *place = value,
        Some((first, rest)) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            put(&mut place[first.as_str()], rest, value);
        }
    }
}
