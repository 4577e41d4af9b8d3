//! The words of a container's command, through the shell if there is one between.

use super::kubernetes::pod::Container;
use std::collections::BTreeMap;

/// Shells that run what stands behind `-c`.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "busybox"];

/// The words with which the program `name` is started in a container, without its name; nothing if it is not started.
pub(super) fn words_of(container: &Container, name: &str) -> Option<Vec<String>> {
    let variables: BTreeMap<&str, &str> =
        container.env.iter().map(|variable| (variable.name.as_str(), variable.value.as_str())).collect();
    let words: Vec<String> =
        container.command.iter().chain(&container.args).map(|word| expand(word, &variables, '(')).collect();
    let is_shell = words.first().is_some_and(|word| SHELLS.contains(&base(word)));
    let script = words.iter().position(|word| is_shell && word.starts_with('-') && word.ends_with('c'));
    let commands = match script.and_then(|at| words.get(at + 1)) {
        Some(script) => commands(script, &variables),
        None => vec![words],
    };
    commands.into_iter().find_map(|words| {
        let at = words.iter().position(|word| base(word) == name)?;
        Some(words[at + 1..].to_vec())
    })
}

/// `/usr/local/bin/cluster-autoscaler` without its folder.
fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The commands of a shell script, each as its words, without redirections.
fn commands(script: &str, variables: &BTreeMap<&str, &str>) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut skips_next = false;
    let mut letters = script.chars().peekable();
    let end = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>, skips: &mut bool| {
        if let Some(word) = word.take()
            && !std::mem::take(skips)
            && let Some(command) = commands.last_mut()
        {
            command.push(word);
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let quoted: String = letters.by_ref().take_while(|next| *next != '\'').collect();
                word.get_or_insert_default().push_str(&quoted);
            }
            '"' => {
                let quoted: String = letters.by_ref().take_while(|next| *next != '"').collect();
                word.get_or_insert_default().push_str(&expand(&quoted, variables, '{'));
            }
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '#' if word.is_none() => drop(letters.by_ref().find(|next| *next == '\n')),
            '>' | '<' => {
                // `2>` belongs together; what follows is a file.
                word = word.filter(|word| !word.chars().all(|digit| digit.is_ascii_digit()));
                end(&mut word, &mut commands, &mut skips_next);
                while letters.next_if(|next| ['>', '<', '&'].contains(next)).is_some() {}
                skips_next = true;
            }
            ';' | '|' | '&' | '\n' => {
                end(&mut word, &mut commands, &mut skips_next);
                commands.push(Vec::new());
            }
            letter if letter.is_whitespace() => end(&mut word, &mut commands, &mut skips_next),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    end(&mut word, &mut commands, &mut skips_next);
    let expanded = |command: Vec<String>| command.iter().map(|word| expand(word, variables, '{')).collect();
    commands.into_iter().map(expanded).collect()
}

/// `$(NAME)` as the kubelet reads it (`open` is a parenthesis), or `${NAME}` and `$NAME` as a shell does. Unknown names stay.
fn expand(text: &str, variables: &BTreeMap<&str, &str>, open: char) -> String {
    let close = if open == '(' { ')' } else { '}' };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let inside = after.strip_prefix(open).and_then(|inside| inside.split_once(close));
        let bare = || {
            let end =
                after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(after.len());
            (open == '{' && end > 0).then(|| after.split_at(end))
        };
        match inside.or_else(bare).and_then(|(name, tail)| Some((variables.get(name)?, tail))) {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &[&str]) -> Option<Vec<String>> {
        let container = Container {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            env: vec![crate::scenario::kubernetes::pod::EnvVar { name: "GROUP".into(), value: "g".into() }],
            ..Container::default()
        };
        words_of(&container, "ca")
    }

    #[test]
    fn flags_are_found_in_every_form() {
        let flags = Some(vec!["--a=1".to_owned(), "--b".to_owned(), "g".to_owned()]);
        assert_eq!(words(&["./ca", "--a=1", "--b", "$(GROUP)"]), flags);
        assert_eq!(words(&["/bin/sh", "-c", "exec /ca --a=1 --b $GROUP 1>>/var/log/ca.log 2>&1"]), flags);
        assert_eq!(words(&["sh", "-ec", "sleep 1 && ca \\\n  --a='1' \\\n  --b \"${GROUP}\"; echo done # --c"]), flags);
        assert_eq!(words(&["sleep", "1"]), None);
    }
}
