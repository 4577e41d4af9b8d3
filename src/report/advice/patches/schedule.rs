//! Minima by the clock: a trigger of KEDA, or what to do where there is no KEDA.

use crate::scenario::wanted::KnobKind;
use crate::study::advise::answer::KnobAnswer;
use serde_json::{Value, json};

/// Days as cron names them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A window of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    from: String,
    to: String,
    /// From Monday on.
    days: [bool; 7],
    zone: String,
    pub(super) replicas: i64,
}

/// The knob that changes the schedule, and the windows that it makes, by the clock of `zone` where they do not name another; none where it stays.
pub(super) fn changed<'a>(own: &[&'a KnobAnswer], zone: &str) -> Option<(&'a KnobAnswer, Vec<Window>)> {
    let knob = own.iter().copied().find(|knob| knob.kind == Some(KnobKind::Schedule))?;
    let rows = knob.settings().filter(|set| set.path().last().is_some_and(|part| part == "schedule"));
    let windows = rows.flat_map(|set| set.value().as_array().cloned().unwrap_or_default());
    Some((knob, windows.map(|row| Window::read(&row, zone)).collect()))
}

impl Window {
    fn read(row: &Value, zone: &str) -> Window {
        let text = |field: &str, usual: &str| row[field].as_str().unwrap_or(usual).to_owned();
        let named = row["days"].as_array();
        let begins = |day: &str| named.is_none_or(|days| days.iter().any(|own| own == day));
        Window {
            from: text("from", "00:00"),
            to: text("to", "24:00"),
            days: DAYS.map(begins),
            zone: text("timezone", zone),
            replicas: row["minReplicas"].as_i64().unwrap_or(1),
        }
    }

    /// `6 pods from 08:00 to 20:00 on mon tue (Europe/Berlin)`.
    pub(super) fn words(&self) -> String {
        let Window { from, to, zone, replicas, .. } = self;
        let days = named(self.days, " ").map_or(String::new(), |days| format!(" on {days}"));
        format!("{replicas} pods from {from} to {to}{days} ({zone})")
    }

    /// As an entry of a ScaledObject's `triggers`.
    ///
    /// Upstream: KEDA 2.16, pkg/scalers/cron_scaler.go: `timezone`, `start`, `end` and `desiredReplicas`, a text.
    pub(super) fn trigger(&self) -> Value {
        // A window that ends at midnight or later ends on the day after.
        let ends_later = self.to == "24:00" || self.to <= self.from;
        let mut ends = self.days;
        ends.rotate_right(usize::from(ends_later));
        json!({"type": "cron", "metadata": {
            "timezone": self.zone,
            "start": cron(&self.from, self.days),
            "end": cron(&self.to, ends),
            "desiredReplicas": self.replicas.to_string(),
        }})
    }
}

/// `30 8 * * mon,tue`.
fn cron(time: &str, days: [bool; 7]) -> String {
    let (hour, minute) = time.split_once(':').unwrap_or((time, "0"));
    let plain = |part: &str| part.parse::<u32>().unwrap_or(0);
    let days = named(days, ",").unwrap_or_else(|| "*".to_owned());
    format!("{} {} * * {days}", plain(minute), plain(hour) % 24)
}

/// The names of some days; none of all.
fn named(days: [bool; 7], between: &str) -> Option<String> {
    let names: Vec<&str> = DAYS.iter().zip(days).filter(|(_, is_named)| *is_named).map(|(day, _)| *day).collect();
    (names.len() < DAYS.len()).then(|| names.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_triggers_of_keda() {
        let weekdays = json!({"from": "08:30", "to": "24:00", "days": ["mon", "fri"], "minReplicas": 6});
        let window = Window::read(&weekdays, "Europe/Berlin");
        assert_eq!(window.words(), "6 pods from 08:30 to 24:00 on mon fri (Europe/Berlin)");
        let expected = json!({"type": "cron", "metadata": {
            "timezone": "Europe/Berlin", "start": "30 8 * * mon,fri", "end": "0 0 * * tue,sat", "desiredReplicas": "6"
        }});
        assert_eq!(window.trigger(), expected);
        let nights = Window::read(
            &json!({"from": "22:00", "to": "06:00", "timezone": "UTC", "minReplicas": 3}),
            "Europe/Berlin",
        );
        assert_eq!(nights.trigger()["metadata"]["end"], "0 6 * * *");
        assert_eq!(nights.words(), "3 pods from 22:00 to 06:00 (UTC)");
    }
}
