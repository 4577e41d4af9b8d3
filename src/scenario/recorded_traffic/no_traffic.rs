//! Files that people give for traffic and that hold none, with what to give in their place.

use crate::scenario::issue::Issue;

/// So much of a text is looked at: bytes.
const HEAD: usize = 64 * 1024;
/// What only scripts of k6 say.
const K6: [&str; 5] = ["from 'k6", "from \"k6", "require('k6", "require(\"k6", "export const options"];

/// Why a text is no traffic; nothing if it may be some.
pub(super) fn found(text: &str) -> Option<Issue> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some(Issue::error("", "the file is empty"));
    }
    let end = (0..=HEAD.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let head = &text[..end];
    let begins = head.chars().take(20).collect::<String>().to_lowercase();
    if ["<!doctype", "<html", "<?xml", "<head"].iter().any(|tag| begins.starts_with(tag)) {
        let issue = Issue::error("", "this is a web page, and no table, export or log");
        return Some(issue.with_help("was it fetched without logging in? docs/traffic.md has the forms that are read"));
    }
    if K6.iter().any(|sign| head.contains(sign)) {
        let issue = Issue::error("", "this is a script of k6, which only k6 can run");
        return Some(issue.with_help("give its options: k6 inspect SCRIPT.js > k6.json"));
    }
    None
}
