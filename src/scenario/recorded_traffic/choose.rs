//! Which of several columns or series is the traffic.

use super::unit::{Subject, meaning};
use crate::scenario::file::NameOrNumber;
use crate::scenario::issue::Issue;

/// A candidate: the number under which the file has it, and its name.
pub(super) type Candidate<'n> = (usize, &'n str);

/// All of them, added up.
const ALL: &str = "*";

/// The places of the candidates that are meant, and what is to be told about the choice.
///
/// Errors: none is meant, or several may be.
pub(super) fn choose(
    candidates: &[Candidate<'_>],
    wanted: Option<&NameOrNumber>,
) -> Result<(Vec<usize>, Option<String>), Issue> {
    let Some(wanted) = wanted else { return by_name(candidates) };
    let of_number = |number: f64| candidates.iter().position(|(known, _)| *known as f64 == number);
    let found: Vec<usize> = match wanted {
        NameOrNumber::Number(number) => of_number(*number).into_iter().collect(),
        NameOrNumber::Name(name) if name == ALL => (0..candidates.len()).collect(),
        NameOrNumber::Name(name) => {
            let exact = named(candidates, |known| known == name);
            let exact =
                if exact.is_empty() { named(candidates, |known| known.eq_ignore_ascii_case(name)) } else { exact };
            let number = name.parse::<f64>().ok().and_then(of_number);
            match (exact.is_empty(), number) {
                (false, _) => exact,
                (true, Some(number)) => vec![number],
                (true, None) => by_labels(candidates, name),
            }
        }
    };
    if found.is_empty() {
        let issue = Issue::error("", format!("there is no column `{wanted}` among {}", list(candidates)));
        return Err(issue.suggest(&wanted.to_string(), candidates.iter().map(|(_, name)| *name)));
    }
    let names: Vec<&str> = found.iter().map(|at| candidates[*at].1).collect();
    let told = (found.len() > 1).then(|| format!("{} are added up", shortened(&names)));
    Ok((found, told))
}

fn named(candidates: &[Candidate<'_>], is_it: impl Fn(&str) -> bool) -> Vec<usize> {
    (0..candidates.len()).filter(|at| is_it(candidates[*at].1)).collect()
}

/// `path="/a", code=200`: all series with these labels.
fn by_labels(candidates: &[Candidate<'_>], wanted: &str) -> Vec<usize> {
    if !wanted.contains('=') {
        return Vec::new();
    }
    let plain = |text: &str| text.replace(['\u{22}', ' ', '{', '}'], "");
    let labels: Vec<String> = wanted.split(',').map(plain).collect();
    named(candidates, |known| {
        let inside = known.split_once('{').map_or(known, |(_, labels)| labels);
        let known: Vec<String> = inside.split(',').map(plain).collect();
        labels.iter().all(|label| known.contains(label))
    })
}

/// The only one, or the only one whose name says that it is requests.
fn by_name(candidates: &[Candidate<'_>]) -> Result<(Vec<usize>, Option<String>), Issue> {
    match candidates {
        [] => return Err(Issue::error("", "there is no column of numbers beside the time")),
        [_] => return Ok((vec![0], None)),
        _ => {}
    }
    let requests = named(candidates, |name| meaning(name).subject == Subject::Requests);
    if let [only] = requests.as_slice() {
        let others: Vec<&str> =
            candidates.iter().map(|(_, name)| *name).filter(|name| *name != candidates[*only].1).collect();
        let told = format!("of the columns, `{}` is taken, and not {}", candidates[*only].1, shortened(&others));
        return Ok((vec![*only], Some(told)));
    }
    let issue = Issue::error("", format!("several columns may be the traffic: {}", list(candidates)));
    Err(issue.with_help(format!(
        "say which with `column: {}`, or `column: '*'` for all of them added up",
        quoted(candidates[0].1)
    )))
}

fn quoted(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "''")) }
}

/// `2 \`api\`, 3 \`web\``.
fn list(candidates: &[Candidate<'_>]) -> String {
    let names: Vec<String> = candidates.iter().take(20).map(|(number, name)| format!("{number} `{name}`")).collect();
    let more = candidates.len() - names.len();
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

fn shortened(names: &[&str]) -> String {
    let first: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = names.len() - first.len();
    first.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str], wanted: Option<&str>) -> Result<Vec<usize>, String> {
        let candidates: Vec<Candidate<'_>> = (2..).zip(names.iter().copied()).collect();
        let wanted = wanted.map(|name| NameOrNumber::Name(name.to_owned()));
        choose(&candidates, wanted.as_ref()).map(|(found, _)| found).map_err(|issue| issue.to_string())
    }

    #[test]
    fn one_column_is_meant_or_it_is_asked() {
        assert_eq!(chosen(&["value"], None), Ok(vec![0]));
        assert_eq!(chosen(&["requests_per_s", "tokens"], None), Ok(vec![0]));
        let several = chosen(&["api_qps", "web_qps"], None).unwrap_err();
        assert!(several.contains("2 `api_qps`, 3 `web_qps`") && several.contains("`column: api_qps`"), "{several}");
        assert_eq!(chosen(&["api_qps", "web_qps"], Some("*")), Ok(vec![0, 1]));
        assert_eq!(chosen(&["api_qps", "web_qps"], Some("3")), Ok(vec![1]));
        assert_eq!(chosen(&["api_qps", "web_qps"], Some("Web_QPS")), Ok(vec![1]));
        assert!(chosen(&["api_qps", "web_qps"], Some("web_gps")).unwrap_err().contains("did you mean `web_qps`"));
        let series = ["{code=\"200\", path=\"/a\"}", "{code=\"500\", path=\"/a\"}", "{code=\"200\", path=\"/b\"}"];
        assert_eq!(chosen(&series, Some("path=/a")), Ok(vec![0, 1]));
        assert_eq!(chosen(&series, Some("path=\"/b\", code=200")), Ok(vec![2]));
    }
}
