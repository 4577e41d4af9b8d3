//! The command that runs a point.

/// How a point is run by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointCommand {
    /// The command without what is varied: `foresail run shop.yaml -n 5`, quoted for a shell.
    pub run: String,
    /// By axis: what stands before its value in each `--set`, `hpas.web.maxReplicas=`.
    pub sets: Vec<Vec<String>>,
}

impl PointCommand {
    /// For these values of the axes.
    pub fn of(&self, values: &[String]) -> String {
        let sets = self.sets.iter().zip(values).flat_map(|(sets, value)| {
            sets.iter().map(move |set| format!(" --set {}", quoted(&format!("{set}{value}"))))
        });
        self.run.clone() + &sets.collect::<String>()
    }
}

/// A word of a command for a POSIX shell. The page's script does the same.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        let sets = vec![vec!["hpas.a.max=".to_owned(), "hpas.b.max=".to_owned()], vec!["x=".to_owned()]];
        let command = PointCommand { run: "foresail run a.yaml".to_owned(), sets };
        let line = command.of(&["3".to_owned(), "[it's, b]".to_owned()]);
        assert_eq!(line, r"foresail run a.yaml --set hpas.a.max=3 --set hpas.b.max=3 --set 'x=[it'\''s, b]'");
    }
}
