//! The words of a Rust file that are neither comments nor strings, and which of them only tests see.

/// A word or a sign of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// A name, a number's beginning, `::`, or a single sign.
    pub text: String,
    /// Lines begin at 1.
    pub line: usize,
}

/// The tokens of all that is compiled into the program.
pub(crate) fn code(text: &str) -> Vec<Token> {
    without_tests(&tokens(text))
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut line, mut at) = (Vec::new(), 1, 0);
    while at < chars.len() {
        let end = match end_of_text(&chars, at) {
            Some(end) => end.min(chars.len()),
            None => {
                let end = end_of_token(&chars, at);
                if !chars[at].is_whitespace() {
                    tokens.push(Token { text: chars[at..end].iter().collect(), line });
                }
                end
            }
        };
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

pub(crate) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the comment, string, character or lifetime that begins at `at` ends.
fn end_of_text(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1).copied().unwrap_or(' ');
    match chars[at] {
        '/' if next == '/' => Some(find(chars, at, |rest| rest[0] == '\n')),
        '/' if next == '*' => Some(find(chars, at + 2, |rest| rest.starts_with(&['*', '/'])) + 2),
        '"' => Some(end_of_string(chars, at)),
        'b' if next == '"' => Some(end_of_string(chars, at + 1)),
        'r' | 'b' => raw_string(chars, at),
        '\'' if next == '\\' => Some(find(chars, at + 3, |rest| rest[0] == '\'') + 1),
        '\'' if chars.get(at + 2) == Some(&'\'') => Some(at + 3),
        '\'' => Some(find(chars, at + 1, |rest| !is_name(rest[0]))),
        _ => None,
    }
}

/// Where the name, the `::` or the single sign that begins at `at` ends.
fn end_of_token(chars: &[char], at: usize) -> usize {
    match chars[at] {
        ':' if chars.get(at + 1) == Some(&':') => at + 2,
        c if is_name(c) => find(chars, at, |rest| !is_name(rest[0])),
        _ => at + 1,
    }
}

fn find(chars: &[char], from: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|at| ends(&chars[*at..])).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], quote: usize) -> usize {
    let mut at = quote + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of `r"..."`, `r#"..."#`, `br"..."`.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let r = if chars[at] == 'b' { at + 1 } else { at };
    (chars.get(r) == Some(&'r')).then_some(())?;
    let quote = find(chars, r + 1, |rest| rest[0] != '#');
    (chars.get(quote) == Some(&'"')).then_some(())?;
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', quote - r - 1)).collect();
    Some(find(chars, quote + 1, |rest| rest.starts_with(&close)) + close.len())
}

/// The tokens without the items behind `#[cfg(test)]`.
fn without_tests(all: &[Token]) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < all.len() {
        let behind = at + MARK.len();
        if all.len() >= behind && all[at..].iter().zip(MARK).all(|(token, mark)| token.text == mark) {
            at = end_of_item(all, behind);
        } else {
            kept.push(all[at].clone());
            at += 1;
        }
    }
    kept
}

/// The end of the item that begins at `at`: behind its block, or behind its semicolon.
fn end_of_item(all: &[Token], at: usize) -> usize {
    let mut depth = 0_i32;
    let mut is_import = false;
    for (number, token) in all.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "use" if depth == 0 => is_import = true,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 && !is_import {
                    return number + 1;
                }
            }
            ";" if depth == 0 => return number + 1,
            _ => {}
        }
    }
    all.len()
}

#[test]
fn code_is_what_is_no_comment_no_string_and_no_test() {
    let text = r##"
        // crate::no
        #[cfg(test)]
        use crate::{no, also};
        /* crate::no */ use crate::yes; #[cfg(test)] mod tests { fn no() { let no = "}"; } }
        const A: &str = "crate::no \" crate::no"; const B: char = '"'; const C: &[u8] = br#"crate::"no""#;
        fn after<'a>(_: &'a str) {}
        #[cfg(test)]
        mod no;
        fn last() {}
    "##;
    let words: Vec<String> = code(text).into_iter().map(|token| token.text).collect();
    assert!(!words.iter().any(|word| ["no", "also", "tests"].contains(&word.as_str())), "{words:?}");
    assert!(
        ["yes", "after", "last", "A", "B", "C"].iter().all(|word| words.contains(&(*word).to_owned())),
        "{words:?}"
    );
}
