//! preStop hooks: how long a container takes before it is told to stop.

use crate::scenario::kubernetes::pod::{Container, LifecycleHandler};
use crate::units::SimDuration;

/// The longest of the pod's containers, which stop together; and the names of those whose hook takes nobody knows how long.
pub(super) fn pre_stop(containers: &[Container]) -> (SimDuration, Vec<&str>) {
    let (mut longest, mut unknown) = (SimDuration::ZERO, Vec::new());
    for container in containers {
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        match hook.map(lasts) {
            None => {}
            Some(Some(span)) => longest = longest.max(span),
            Some(None) => unknown.push(container.name.as_str()),
        }
    }
    (longest, unknown)
}

/// `sleep: {seconds}`, or what the `sleep`s of a command add up to; none where there is none of either.
fn lasts(handler: &LifecycleHandler) -> Option<SimDuration> {
    if let Some(sleep) = &handler.sleep {
        return Some(SimDuration::from_secs(sleep.seconds.clamp(0, 86_400)));
    }
    let words = handler.exec.iter().flat_map(|exec| &exec.command);
    let words: Vec<&str> = words
        .flat_map(|word| word.split([' ', '\t', '\n', ';', '&', '|', '"', '\'']))
        .filter(|word| !word.is_empty())
        .collect();
    let pauses = words.windows(2).filter(|pair| pair[0].rsplit('/').next() == Some("sleep"));
    let spans: Vec<SimDuration> = pauses.filter_map(|pair| span(pair[1])).collect();
    (!spans.is_empty()).then(|| spans.into_iter().fold(SimDuration::ZERO, |sum, span| sum + span))
}

/// `15`, `0.5`, `15s`, `2m`, `1h`, as coreutils have it.
fn span(text: &str) -> Option<SimDuration> {
    let (number, unit_s) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok().filter(|number| number.is_finite())? * unit_s;
    Some(SimDuration::from_secs_f64(seconds.clamp(0.0, 86_400.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::kubernetes::pod::ExecAction;

    fn of(command: &[&str]) -> Option<i64> {
        let exec = ExecAction { command: command.iter().map(|word| (*word).to_owned()).collect() };
        lasts(&LifecycleHandler { exec: Some(exec), ..LifecycleHandler::default() })
            .map(|span| span.as_nanos() / 1_000_000)
    }

    #[test]
    fn sleeps_are_read_in_all_their_forms() {
        assert_eq!(of(&["sleep", "800"]), Some(800_000));
        assert_eq!(of(&["/bin/sleep", "2m"]), Some(120_000));
        assert_eq!(of(&["sh", "-c", "sleep 5; nginx -s quit; sleep 0.5"]), Some(5_500));
        assert_eq!(of(&["/bin/sh", "-c", "nginx -s quit && sleep 10"]), Some(10_000));
        assert_eq!(of(&["sh", "-c", "sleep $WAIT"]), None);
        assert_eq!(of(&["nginx", "-s", "quit"]), None);
    }
}
