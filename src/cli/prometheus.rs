//! `--prometheus` and what belongs to it, for all commands that read the user's past.

use super::Failure;
use super::streams::tell;
use foresail::past::Past;
use foresail::past::prometheus::server::Server;
use foresail::past::prometheus::{self, Options, Source};
use foresail::scenario::issue::{Issue, Issues};
use foresail::units::SimDuration;
use std::path::PathBuf;

/// What opens a server.
const TOKEN: &str = "FORESAIL_PROMETHEUS_TOKEN";

/// Where the past is.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct PrometheusArgs {
    /// A Prometheus server (http(s)://host[:port][/prefix]; a bearer token in FORESAIL_PROMETHEUS_TOKEN), or answers of one:
    /// a file, or a folder with a file per query.
    #[arg(long, value_name = "URL|FILE|FOLDER", help_heading = "Prometheus")]
    pub(super) prometheus: Option<String>,
    /// How much of the past is read, up to now or up to --end: `7d`, `36h`.
    #[arg(long, value_name = "SPAN", help_heading = "Prometheus", requires = "prometheus", value_parser = span)]
    range: Option<i64>,
    /// From when: RFC 3339, a date, or seconds since 1970.
    #[arg(long, value_name = "TIME", help_heading = "Prometheus", requires = "prometheus", value_parser = instant, conflicts_with = "range")]
    start: Option<i64>,
    /// Until when; without it, now.
    #[arg(long, value_name = "TIME", help_heading = "Prometheus", requires = "prometheus", value_parser = instant)]
    end: Option<i64>,
    /// From value to value: `1m`. Without it what suits the span, and at least as often as targets are scraped.
    #[arg(long, value_name = "SPAN", help_heading = "Prometheus", requires = "prometheus", value_parser = span)]
    step: Option<i64>,
    /// Read only workloads of this namespace (may be given several times).
    #[arg(long, value_name = "NAMESPACE", help_heading = "Prometheus", requires = "prometheus")]
    namespace: Vec<String>,
    /// A matcher for every query, where a server knows several clusters: `cluster="prod"`.
    #[arg(long, value_name = "MATCHER", help_heading = "Prometheus", requires = "prometheus", value_parser = matcher)]
    matcher: Vec<String>,
    /// Write the server's answers to this folder, to read them again with --prometheus FOLDER.
    #[arg(long, value_name = "FOLDER", help_heading = "Prometheus", requires = "prometheus")]
    save: Option<PathBuf>,
}

/// What is read of a server where nobody says: `7d`.
const USUAL_RANGE_S: i64 = 7 * 86_400;

impl PrometheusArgs {
    /// The past, if one is named; what is doubtful about it is added to `issues`.
    pub(super) fn read(&self, issues: &mut Issues) -> Result<Option<Past>, Failure> {
        let Some(named) = &self.prometheus else { return Ok(None) };
        let token = std::env::var(TOKEN).ok();
        let source = match named.contains("://") {
            true => Source::Server(Server::new(named, token.as_deref())?),
            false => Source::Files(PathBuf::from(named)),
        };
        let options = self.options(&source)?;
        if let (Source::Server(server), Some((from_s, to_s))) = (&source, options.span_s) {
            let hours = (to_s - from_s) as f64 / 3600.0;
            tell(format!("asking {} for {hours:.1} hours; this may take minutes", server.shown()));
        }
        prometheus::read(&source, &options, issues).map(Some).map_err(Failure::Input)
    }

    fn options(&self, source: &Source) -> Result<Options, Failure> {
        let is_file = matches!(source, Source::Files(_));
        if is_file && (self.save.is_some() || !self.matcher.is_empty()) {
            let issue = Issue::error("--prometheus", "--save and --matcher are for a server, and this is a file");
            return Err(issue.with_help("name the server: http://localhost:9090").into());
        }
        let now_s = jiff::Timestamp::now().as_second();
        let end_s = self.end.unwrap_or(if is_file { i64::MAX } else { now_s });
        // Of files the end alone tells no span.
        let start_s = match (self.start, self.range) {
            (Some(start_s), _) => Some(start_s),
            (None, Some(range_s)) if !is_file || self.end.is_some() => Some(end_s.saturating_sub(range_s)),
            (None, Some(_)) => {
                let issue = Issue::error("--range", "answers in files end when they end: which part is meant?");
                return Err(issue.with_help("write --start or --end as well").into());
            }
            (None, None) => (!is_file).then(|| end_s.saturating_sub(USUAL_RANGE_S)).or(self.end.map(|_| i64::MIN)),
        };
        Ok(Options {
            span_s: start_s.map(|start_s| (start_s, end_s)),
            step_s: self.step.map(|step_s| u32::try_from(step_s).unwrap_or(u32::MAX)),
            namespaces: self.namespace.clone(),
            matchers: self.matcher.clone(),
            save: self.save.clone(),
        })
    }
}

/// Longer is no span of a recording, in seconds.
const MOST_S: i64 = 400 * 86_400;

fn span(text: &str) -> Result<i64, String> {
    let seconds = SimDuration::parse(text).map_err(|error| error.to_string())?.as_secs();
    match seconds {
        1..=MOST_S => Ok(seconds),
        _ => Err(format!("found `{text}`, expected from 1s to {}d", MOST_S / 86_400)),
    }
}

fn instant(text: &str) -> Result<i64, String> {
    let wrong = || format!("found `{text}`, expected RFC 3339 (2026-01-31T10:42:00Z), a date, or seconds since 1970");
    if let Ok(seconds) = text.parse::<i64>() {
        return (0..=9_000_000_000).contains(&seconds).then_some(seconds).ok_or_else(wrong);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| wrong())?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp().as_second()).map_err(|_| wrong())
}

fn matcher(text: &str) -> Result<String, String> {
    let wrong = || format!("found `{text}`, expected a matcher of PromQL: cluster=\"prod\"");
    let label_ends = text.find(['=', '!']).ok_or_else(wrong)?;
    let (label, rest) = text.split_at(label_ends);
    let is_label = label.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
        && label.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    let value = ["=~", "!~", "!=", "="].iter().find_map(|operator| Some((*operator, rest.strip_prefix(*operator)?)));
    let (operator, value) = value.filter(|_| is_label).ok_or_else(wrong)?;
    // Shells take quotes away.
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    if bare.contains(['"', '\n', '{', '}']) {
        return Err(wrong());
    }
    Ok(format!("{label}{operator}\"{bare}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        assert_eq!((span("7d"), span("90s")), (Ok(604_800), Ok(90)));
        assert!(span("0s").is_err() && span("-1h").is_err() && span("3000d").is_err());
        assert_eq!(instant("2026-01-01"), Ok(1_767_225_600));
        assert_eq!(instant("2026-01-01T00:00:00Z"), instant("1767225600"));
        assert!(instant("yesterday").is_err());
        assert_eq!(matcher("cluster=prod"), Ok("cluster=\"prod\"".to_owned()));
        assert_eq!(matcher("cluster=~\"prod|live\""), Ok("cluster=~\"prod|live\"".to_owned()));
        assert!(matcher("prod").is_err() && matcher("a=\"}\"").is_err());
    }
}
