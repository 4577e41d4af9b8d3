//! What paths have in common: the Ingress path that leads them, and what they are without ids.

use std::collections::HashMap;

/// More different paths are not kept apart.
const MOST_PATHS: usize = 10_000;

/// How often what was asked for.
pub(super) struct Paths {
    /// Paths of Ingresses, the longest first.
    prefixes: Vec<(String, u64)>,
    /// What no Ingress leads anywhere.
    pub(super) unled: u64,
    /// By path without ids.
    asked: HashMap<String, u64>,
}

impl Paths {
    /// With the paths of Ingresses; none if there are no Ingresses.
    pub(super) fn new(prefixes: &[String]) -> Self {
        let mut prefixes: Vec<(String, u64)> = prefixes.iter().map(|path| (path.clone(), 0)).collect();
        prefixes.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        prefixes.dedup();
        Paths { prefixes, unled: 0, asked: HashMap::new() }
    }

    /// Counts a path; whether an Ingress leads it somewhere, or there are none.
    pub(super) fn count(&mut self, path: &str) -> bool {
        let plain = without_ids(path);
        if let Some(count) = self.asked.get_mut(&plain) {
            *count += 1;
        } else if self.asked.len() < MOST_PATHS {
            self.asked.insert(plain, 1);
        }
        match self.prefixes.iter_mut().find(|(prefix, _)| is_below(path, prefix)) {
            Some((_, count)) => {
                *count += 1;
                true
            }
            None => {
                self.unled += 1;
                self.prefixes.is_empty()
            }
        }
    }

    /// Requests by Ingress path, those that had any.
    pub(super) fn led(&self) -> impl Iterator<Item = (&str, u64)> {
        self.prefixes.iter().filter(|(_, count)| *count > 0).map(|(path, count)| (path.as_str(), *count))
    }

    /// The paths that were asked for most, without their ids.
    pub(super) fn most_asked(&self, most: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.asked.iter().map(|(path, count)| (path.as_str(), *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(most);
        all
    }
}

/// As `pathType: Prefix` compares: element by element. What an ingress controller reads as a pattern counts up to the pattern.
fn is_below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.split(['(', '*', '[']).next().unwrap_or_default().trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/orders/4711/items` to `/orders/{id}/items`; at most three elements.
fn without_ids(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()).take(3) {
        plain.push('/');
        plain.push_str(if is_id(part) { "{id}" } else { part });
    }
    if plain.is_empty() { "/".to_owned() } else { plain }
}

/// Digits alone, or a long word of hexadecimal digits and dashes with a digit in it.
fn is_id(part: &str) -> bool {
    let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
    let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    has_digit && (part.bytes().all(|byte| byte.is_ascii_digit()) || (part.len() >= 8 && is_hex) || part.len() > 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_leads() {
        let mut paths = Paths::new(&["/".into(), "/api".into(), "/api/orders(/|$)(.*)".into()]);
        for path in ["/api/orders/7", "/api/orders", "/apis", "/api/x", "/img/1.png"] {
            assert!(paths.count(path), "{path}");
        }
        let led: Vec<(&str, u64)> = paths.led().collect();
        assert_eq!(led, [("/api/orders(/|$)(.*)", 2), ("/api", 1), ("/", 2)]);
        let mut none = Paths::new(&["/api".into()]);
        assert!(!none.count("/shop") && none.unled == 1);
    }

    #[test]
    fn ids_do_not_make_paths_different() {
        let mut paths = Paths::new(&[]);
        for path in ["/a/1", "/a/2", "/a/0b5f2c64-7d3e-4a52-9f0e-1c8f6a7d2b11", "/b"] {
            assert!(paths.count(path));
        }
        assert_eq!(paths.most_asked(5), [("/a/{id}", 3), ("/b", 1)]);
    }
}
