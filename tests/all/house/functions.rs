//! How long functions are, and how many arguments they take.

use super::source::Token;

pub(crate) struct Function {
    pub name: String,
    /// From `fn` to the last brace.
    pub lines: usize,
    /// Without `self`.
    pub arguments: usize,
}

/// The functions and methods with a body, and those that a trait declares.
pub(crate) fn functions(tokens: &[Token]) -> Vec<Function> {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let begins = (0..tokens.len()).filter(|at| word(*at) == "fn" && !["(", "<"].contains(&word(*at + 1)));
    begins.map(|at| function(tokens, at)).collect()
}

fn function(tokens: &[Token], at: usize) -> Function {
    let open = opening(tokens, at);
    let close = closing(tokens, open, "(", ")");
    let body = (close..tokens.len()).find(|at| ["{", ";"].contains(&tokens[*at].text.as_str())).unwrap_or(close);
    let end = if tokens[body].text == "{" { closing(tokens, body, "{", "}") } else { body };
    Function {
        name: tokens[at + 1].text.clone(),
        lines: tokens[end].line - tokens[at].line + 1,
        arguments: arguments(&tokens[open + 1..close]),
    }
}

/// The parenthesis of the arguments: the first one outside of `<` and `>`, in which there may be `Fn(A)`.
fn opening(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (number, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "<" => depth += 1,
            ">" if tokens[number - 1].text != "-" => depth -= 1,
            "(" if depth == 0 => return number,
            _ => {}
        }
    }
    tokens.len() - 1
}

fn closing(tokens: &[Token], open: usize, begin: &str, end: &str) -> usize {
    let mut depth = 0;
    for (number, token) in tokens.iter().enumerate().skip(open) {
        if token.text == begin {
            depth += 1;
        } else if token.text == end {
            depth -= 1;
        }
        if depth == 0 {
            return number;
        }
    }
    tokens.len() - 1
}

fn arguments(tokens: &[Token]) -> usize {
    let (mut depth, mut count, mut is_new) = (0, 0, true);
    for (number, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            ">" if tokens[number - 1].text != "-" => depth -= 1,
            "," if depth == 0 => {
                is_new = true;
                continue;
            }
            _ => {}
        }
        let is_receiver = count == 0 && ["&", "mut", "self"].contains(&token.text.as_str());
        if is_new && !is_receiver {
            count += 1;
        }
        is_new &= is_receiver && token.text != "self";
    }
    count
}
