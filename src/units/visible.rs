//! Texts that show what they are.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character does something other than to be seen: control characters but for tabs and ends of lines, and what turns the direction of writing.
pub fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The text with hidden characters as JSON escapes them, `\u001b`: no terminal, page or spreadsheet obeys them, and JSON stays what it is.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a text may be a name: it is one line, and everything in it can be seen.
///
/// Errors: what is wrong with it.
pub fn check_name(text: &str) -> Result<(), String> {
    if !text.contains(|c| is_hidden(c) || matches!(c, '\n' | '\t')) {
        return Ok(());
    }
    let shown: String = visible(text).chars().take(60).collect();
    let shown = shown.replace('\n', "\\n").replace('\t', "\\t");
    Err(format!("found the name `{shown}`, expected one line without control characters"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_terminal_gets_no_orders() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\n"), "a\\u001b[31mb\\u202ec\n");
        assert!(matches!(visible("Größe, 大きさ\t1\n"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_json_means_the_same(text in ".*") {
            prop_assert!(!visible(&text).contains(is_hidden));
            let json = serde_json::to_string(&text).expect("a text");
            prop_assert_eq!(serde_json::from_str::<String>(&visible(&json)).expect("JSON"), text);
        }
    }
}
