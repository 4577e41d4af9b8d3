//! The latency audit as text.

use crate::report::format::duration;
use crate::report::screen::table;
use crate::study::Estimate;
use crate::study::audit::Audit;
use crate::units::{counted, finite};

/// Both modes side by side, a line per window and route. Says which number is which, and what was left out.
pub fn audit_table(audit: &Audit) -> String {
    let left_out = match audit.left_out {
        0 => String::new(),
        count => format!("{} with too many requests to simulate each: left out.\n", counted(count, "bad window")),
    };
    let rows = &audit.rows;
    if rows.is_empty() {
        let why = if audit.left_out > 0 { "nothing can be replayed" } else { "nothing to replay, there is no traffic" };
        return format!("Latency audit: {why}.\n{left_out}");
    }
    let mut table = table(&[
        "from",
        "route",
        "requests/s",
        "P50 fast",
        "exact",
        "P95 fast",
        "exact",
        "difference",
        "P99 fast",
        "exact",
        "pooled",
        "errors fast",
        "exact",
    ]);
    for row in rows {
        let exact = |at: usize| row.exact_per_run_s.as_ref().map_or("-".into(), |figures| seconds_with(&figures[at]));
        table.add_row(vec![
            duration(row.from.as_secs_f64()),
            row.route.clone(),
            format!("{:.1}", finite(row.requests_per_second)),
            seconds(row.fast.p50_s),
            exact(0),
            seconds(row.fast.p95_s),
            exact(1),
            row.p95_difference_percent().map_or("-".into(), |percent| format!("{:+.0} %", finite(percent))),
            seconds(row.fast.p99_s),
            exact(2),
            seconds(row.exact_pooled_s[2]),
            format!("{:.2} %", finite(100.0 * row.fast_error_rate)),
            {
                let [mean, half] = [row.exact_error_rate.mean, row.exact_error_rate.half_width()];
                format!("{:.2} % ± {:.2}", finite(100.0 * mean), finite(100.0 * half))
            },
        ]);
    }
    let window_s = rows[0].to.since(rows[0].from).as_secs_f64().round();
    let table = table.trim_fmt();
    format!(
        "Latency audit: the worst windows of {window_s} s of replication 0, replayed in both modes with the same rates and pods.\n\
         exact: mean over replications of each one's percentile, ± half of its 95 % interval; pooled: of all their requests together.\n\
         {table}\n{left_out}"
    )
}

fn seconds(value_s: f64) -> String {
    match value_s {
        value_s if !value_s.is_finite() => "-".to_owned(),
        value_s if value_s < 10.0 => format!("{:.0} ms", finite(1000.0 * value_s)),
        value_s => format!("{:.1} s", finite(value_s)),
    }
}

/// A single run has no interval.
fn seconds_with(figure: &Estimate) -> String {
    let half_width_s = figure.half_width();
    match figure.interval.filter(|_| half_width_s.is_finite()) {
        None => seconds(figure.mean),
        Some(_) if figure.mean < 10.0 => {
            format!("{:.0} ± {:.0} ms", finite(1000.0 * figure.mean), finite(1000.0 * half_width_s))
        }
        Some(_) => format!("{:.1} ± {:.1} s", finite(figure.mean), finite(half_width_s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::audit::AuditRow;
    use crate::traffic::latency::LatencySummary;
    use crate::units::SimTime;

    #[test]
    fn every_number_says_its_mode() {
        assert!(audit_table(&Audit::default()).contains("no traffic"));
        let figure = |mean: f64| Estimate { interval: Some([0.9 * mean, 1.1 * mean]), ..Estimate::exact(mean) };
        let row = AuditRow {
            from: SimTime::from_secs(3600),
            to: SimTime::from_secs(3660),
            route: "/orders".into(),
            requests_per_second: 12.0,
            fast: LatencySummary { p50_s: 0.05, p95_s: 0.22, p99_s: 12.0, ..LatencySummary::default() },
            fast_error_rate: 0.01,
            exact_per_run_s: Some([figure(0.05), figure(0.2), figure(11.0)]),
            exact_pooled_s: [0.05, 0.2, 11.5],
            exact_error_rate: figure(0.02),
        };
        let text = audit_table(&Audit { rows: vec![row], left_out: 2 });
        for wanted in [
            "/orders",
            "+10 %",
            "200 ± 20 ms",
            "11.0 ± 1.1 s",
            "11.5 s",
            "60 s",
            "2.00 % ± 0.20",
            "2 bad windows with too many",
        ] {
            assert!(text.contains(wanted), "{wanted} in\n{text}");
        }
    }
}
