//! One request after the other: tried again where that may help, never for ever.

use super::endpoint::Server;
use super::trouble::{self, Trouble};
use crate::scenario::issue::Issue;
use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::{Response, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error};

/// Redirects that are followed, within the same host.
const MOST_REDIRECTS: usize = 5;

/// What asks.
pub(super) struct Client<'a> {
    pub(super) server: &'a Server,
    agent: Agent,
    until: Instant,
    /// Some proxies let no POST through.
    posts: Cell<bool>,
}

/// What came of one try.
enum Tried {
    Answer(String),
    Trouble(Trouble),
    /// Another try may do better; else this is what to say.
    Again(Trouble, Option<Duration>),
    /// The same without POST.
    NoPost,
    Elsewhere(String),
}

impl<'a> Client<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        let limits = &server.limits;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.request))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("foresail/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Client { server, agent: config.into(), until: Instant::now() + limits.whole, posts: Cell::new(true) }
    }

    /// The text that answers `path` (below `/api/v1`), with its parameters.
    pub(super) fn ask(&self, path: &str, parameters: &[(&str, String)]) -> Result<String, Trouble> {
        let limits = &self.server.limits;
        let mut url = format!("{}/api/v1/{path}", self.server.shown());
        let (mut wait, mut tries, mut redirects) = (limits.first_wait, 0, 0);
        loop {
            if Instant::now() >= self.until {
                let message = format!("{} took longer than {:?} in all", self.server.shown(), limits.whole);
                let issue = Issue::error("--prometheus", message).with_help("try a shorter --range or a larger --step");
                return Err(Trouble::Fatal(issue));
            }
            match self.try_once(&url, parameters) {
                Tried::Answer(text) => return Ok(text),
                Tried::Trouble(trouble) => return Err(trouble),
                Tried::NoPost => self.posts.set(false),
                Tried::Elsewhere(to) if redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    url = self.elsewhere(&to)?;
                }
                Tried::Elsewhere(_) => {
                    let message = format!("{} redirects {MOST_REDIRECTS} times and more", self.server.shown());
                    return Err(Trouble::Fatal(Issue::error("--prometheus", message)));
                }
                Tried::Again(trouble, _) if tries == limits.retries => return Err(trouble),
                Tried::Again(_, asked) => {
                    tries += 1;
                    // Who asks for more patience than a request is worth gets that much.
                    thread::sleep(asked.unwrap_or(wait).min(limits.request));
                    wait *= 2;
                }
            }
        }
    }

    fn try_once(&self, url: &str, parameters: &[(&str, String)]) -> Tried {
        let pairs = || parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let posts = self.posts.get() && !parameters.is_empty() && !url.contains("/label/");
        let done = if posts {
            let request = self.agent.post(url);
            self.opened(request).send_form(pairs())
        } else {
            let request = self.agent.get(url).query_pairs(pairs());
            self.opened(request).call()
        };
        match done {
            Ok(response) => self.judge(response, posts),
            Err(error) => self.failed(&error),
        }
    }

    fn opened<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let request = request.header(header::ACCEPT, "application/json");
        match self.server.authorization() {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        }
    }

    fn judge(&self, mut response: Response<Body>, posts: bool) -> Tried {
        let status = response.status().as_u16();
        let header = |name: header::HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let location = header(header::LOCATION).map(str::to_owned);
        let patience = header(header::RETRY_AFTER).and_then(|text| text.trim().parse::<u64>().ok());
        if let Some(to) = location.filter(|_| (300..400).contains(&status)) {
            return Tried::Elsewhere(to);
        }
        if status == 405 && posts {
            return Tried::NoPost;
        }
        let text = match response.body_mut().with_config().limit(self.server.limits.bytes).read_to_string() {
            Ok(text) => text,
            Err(error) => return self.failed(&error),
        };
        if status == 200 {
            return Tried::Answer(text);
        }
        if ![401, 403, 404].contains(&status)
            && let Some(trouble) = trouble::told(&text)
            && (![429, 502, 503, 504].contains(&status) || matches!(trouble, Trouble::TooMuch { .. }))
        {
            return Tried::Trouble(trouble);
        }
        let fatal = Trouble::Fatal(trouble::fatal(status, self.server.shown(), &text));
        match status {
            429 | 502..=504 => Tried::Again(fatal, patience.map(Duration::from_secs)),
            _ => Tried::Trouble(fatal),
        }
    }

    fn failed(&self, error: &Error) -> Tried {
        let (limits, shown) = (&self.server.limits, self.server.shown());
        let fatal = |message: String, help: &str| Trouble::Fatal(Issue::error("--prometheus", message).with_help(help));
        match error {
            Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Tried::Again(
                fatal(format!("no connection to {shown} within {:?}", limits.connect), "is it reachable from here?"),
                None,
            ),
            _ if is_timeout(error) => Tried::Trouble(Trouble::TooMuch {
                why: format!("no answer within {:?}", limits.request),
                is_slow: true,
            }),
            Error::BodyExceedsLimit(_) => Tried::Trouble(Trouble::TooMuch {
                why: format!("an answer of more than {} MiB", limits.bytes >> 20),
                is_slow: false,
            }),
            Error::HostNotFound => Tried::Trouble(fatal(format!("{shown}: there is no such host"), REACH_HELP)),
            Error::Tls(_) | Error::Rustls(_) => {
                Tried::Trouble(fatal(format!("{shown}: {error}"), "is its certificate known to this machine?"))
            }
            // What a server of another kind says is not HTTP at all.
            Error::Protocol(_) => {
                Tried::Again(fatal(format!("{shown} does not answer as HTTP: {error}"), REACH_HELP), None)
            }
            _ => Tried::Again(fatal(format!("{shown} cannot be asked: {error}"), REACH_HELP), None),
        }
    }

    /// Where a redirect leads, if it stays with the host: a secret is not taken elsewhere.
    fn elsewhere(&self, to: &str) -> Result<String, Trouble> {
        let shown = self.server.shown();
        let (scheme, rest) = shown.split_once("://").unwrap_or(("http", shown));
        let host = rest.split('/').next().unwrap_or_default();
        let target = to.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
        let bare =
            |host: &str| host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
        let path = to.split('?').next().unwrap_or_default();
        match target {
            None if to.starts_with('/') && !to.starts_with("//") => Ok(format!("{scheme}://{host}{path}")),
            // Never from https to http.
            Some(target) if bare(target) == bare(host) && (scheme == "http" || to.starts_with("https:")) => {
                Ok(path.to_owned())
            }
            _ => {
                let message = format!("{shown} redirects to {}", path.split_once('@').map_or(path, |(_, rest)| rest));
                let help =
                    "this is mostly a login page: give a token in FORESAIL_PROMETHEUS_TOKEN, or name the server itself";
                Err(Trouble::Fatal(Issue::error("--prometheus", message).with_help(help)))
            }
        }
    }
}

/// A timeout, also one within the body.
fn is_timeout(error: &Error) -> bool {
    match error {
        Error::Timeout(_) => true,
        Error::Io(error) => error.kind() == std::io::ErrorKind::TimedOut,
        _ => false,
    }
}

const REACH_HELP: &str = "does it run, and is it reachable from here? kubectl port-forward svc/prometheus 9090:9090";
