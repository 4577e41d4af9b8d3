//! Where a server is, and what opens it.

use super::Limits;
use crate::scenario::issue::Issue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fmt;
use ureq::http::Uri;

/// A Prometheus server, or what answers as one (Thanos, Mimir, VictoriaMetrics).
#[derive(Clone, Debug)]
pub struct Server {
    /// `https://host:port/prefix`, without name and password.
    base: String,
    secret: Option<Secret>,
    /// How long and how much.
    pub limits: Limits,
}

/// The header that opens the door; it is never shown.
#[derive(Clone)]
struct Secret {
    header: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// What a browser shows at the end of its address.
const PAGES: &[&str] =
    &["/graph", "/query", "/classic/graph", "/targets", "/api/v1", "/api/v1/query", "/api/v1/query_range"];

impl Server {
    /// From `http(s)://[name:password@]host[:port][/prefix]`; a token goes before name and password.
    ///
    /// Errors: what is no such URL; its name and password are not told.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, Issue> {
        let wrong = |message: &str| {
            Issue::error("--prometheus", format!("the URL {message}"))
                .with_help("write http(s)://host[:port][/prefix], such as http://localhost:9090")
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("has no `http://` or `https://`"))?;
        if !["http", "https"].contains(&scheme) {
            return Err(wrong("is not of HTTP"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (userinfo, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let path = PAGES.iter().find_map(|page| path.strip_suffix(page)).unwrap_or(path);
        let base = format!("{scheme}://{host}{path}");
        if host.is_empty() || base.parse::<Uri>().is_err() {
            return Err(wrong("names no host"));
        }
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        if token.is_some_and(|token| token.chars().any(|sign| sign.is_control() || !sign.is_ascii())) {
            let message = "has signs that no token has (a line break?)";
            return Err(Issue::error("FORESAIL_PROMETHEUS_TOKEN", message));
        }
        let bearer = token.map(|token| format!("Bearer {token}"));
        let basic = || userinfo.map(|user| format!("Basic {}", BASE64_STANDARD.encode(decoded(user))));
        let secret = bearer.or_else(basic).map(|header| Secret { header });
        Ok(Server { base, secret, limits: Limits::default() })
    }
    /// The address as it may be shown: without name and password.
    pub fn shown(&self) -> &str {
        &self.base
    }
    /// The value of `Authorization`.
    pub(super) fn authorization(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.header.as_str())
    }
    /// Whether a secret would be sent for everybody to read.
    pub(super) fn tells_secret(&self) -> bool {
        let host = self.base.strip_prefix("http://").unwrap_or_default();
        let is_here = ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here));
        self.secret.is_some() && !host.is_empty() && !is_here
    }
}

/// Without `%40` and the like.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex.filter(|_| bytes[at] == b'%') {
            Some(byte) => (out.push(byte), at += 3),
            None => (out.push(bytes[at]), at += 1),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_of_the_url_and_never_shown() {
        let server = Server::new("https://ann:p%40ss@prom.example:8443/prom/graph?g0=1", None).unwrap();
        assert_eq!(server.shown(), "https://prom.example:8443/prom");
        assert_eq!(server.authorization(), Some("Basic YW5uOnBAc3M="));
        assert!(!format!("{server:?}").contains("YW5u"));
        let server = Server::new("http://localhost:9090/", Some(" abc\n")).unwrap();
        assert_eq!((server.shown(), server.authorization()), ("http://localhost:9090", Some("Bearer abc")));
        assert!(!server.tells_secret() && Server::new("http://prom", Some("abc")).unwrap().tells_secret());
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in ["prom:9090", "ftp://prom", "http://", "http:///graph", "http://a b/"] {
            assert!(Server::new(url, None).is_err(), "{url}");
        }
        let issue = Server::new("http://ann:secret@", None).unwrap_err();
        assert!(!issue.to_string().contains("secret"));
    }
}
