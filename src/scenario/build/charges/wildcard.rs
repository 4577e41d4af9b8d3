//! Patterns of Fargate profiles: `*` stands for any characters, `?` for any one.

/// Whether all of `text` is like `pattern`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // What of the text the pattern so far may have covered.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for part in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match part {
                '*' => reached[at] || (at > 0 && next[at - 1]),
                '?' => at > 0 && reached[at - 1],
                letter => at > 0 && reached[at - 1] && text[at - 1] == letter,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("prod*", "prod-eu") && matches("prod*", "prod") && matches("*", "any"));
        assert!(matches("team-?", "team-a") && !matches("team-?", "team-") && !matches("team-?", "team-ab"));
        assert!(!matches("prod", "prod-eu") && matches("a*c", "abbc") && !matches("a*c", "abb"));
    }
}
