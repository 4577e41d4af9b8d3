//! What is wrong with an input: gathered, never thrown at the first one.

use std::borrow::Cow;
use std::fmt;

/// Something wrong or doubtful in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Whether the input is refused.
    pub severity: Severity,
    /// Where, as well as it is known.
    pub place: Place,
    /// What was found and what was expected, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input is refused: exit code 2.
    Error,
    /// The input is taken, the numbers deserve a doubt: shown as a caveat.
    Warning,
    /// The input is taken and no number is another for it: something was read that decides nothing.
    Note,
}

/// A place in the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; `-` for standard input.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// The object, as `Deployment order/order-service`.
    pub object: Option<String>,
    /// The field, as `spec.maxReplicas`.
    pub field: Option<String>,
}

impl Issue {
    /// A refusal of the value of `field`.
    pub fn error(field: impl Into<String>, message: impl Into<String>) -> Self {
        Issue::new(Severity::Error, field.into(), message.into())
    }
    /// A doubt about the value of `field`.
    pub fn warning(field: impl Into<String>, message: impl Into<String>) -> Self {
        Issue::new(Severity::Warning, field.into(), message.into())
    }
    /// Something about the value of `field` that changes no number.
    pub fn note(field: impl Into<String>, message: impl Into<String>) -> Self {
        Issue::new(Severity::Note, field.into(), message.into())
    }
    /// Adds what to do.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    /// Adds the candidate most like `found`, if one is near enough to be meant; else help stays what it was.
    pub fn suggest<'a>(self, found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(found, candidates) {
            Some(meant) => self.with_help(format!("did you mean `{meant}`?")),
            None => self,
        }
    }
    /// Says where: a file, and its line counted from 1 if that is known.
    pub fn in_file(mut self, file: impl Into<String>, line: Option<u32>) -> Self {
        (self.place.file, self.place.line) = (Some(file.into()), line);
        self
    }
    /// Without the severity, on one line: for a list of caveats.
    pub fn sentence(&self) -> String {
        let file = self.place.file.iter().map(|file| match self.place.line {
            Some(line) => format!("{file}:{line}"),
            None => file.clone(),
        });
        let parts = [&self.place.object, &self.place.field].into_iter().flatten().cloned();
        let help = self.help.iter().map(|help| format!(" ({help})")).collect::<String>();
        let all: Vec<String> = file.chain(parts).chain([self.message.clone()]).collect();
        all.join(": ") + &help
    }
    fn new(severity: Severity, field: String, message: String) -> Self {
        let field = (!field.is_empty()).then_some(field);
        Issue { severity, place: Place { field, ..Place::default() }, message, help: None }
    }
}

impl fmt::Display for Issue {
    /// `file:line:column: error: Deployment order/order-service: spec.replicas: message (help)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.place.file {
            write!(f, "{file}:")?;
        }
        if let Some(line) = self.place.line {
            write!(f, "{line}:")?;
        }
        if let Some(column) = self.place.column {
            write!(f, "{column}:")?;
        }
        if self.place.file.is_some() || self.place.line.is_some() {
            f.write_str(" ")?;
        }
        f.write_str(match self.severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
            Severity::Note => "note: ",
        })?;
        for part in [&self.place.object, &self.place.field].into_iter().flatten() {
            write!(f, "{}: ", shortened(part))?;
        }
        f.write_str(&shortened(&self.message))?;
        match &self.help {
            Some(help) => write!(f, "\n    help: {}", shortened(help)),
            None => Ok(()),
        }
    }
}

/// Nobody reads more of what a message quotes, in bytes.
const LONGEST_MESSAGE: usize = 4_000;

/// A text whose middle is left out where it is too long to be read.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_MESSAGE {
        return Cow::Borrowed(text);
    }
    let begin = text.floor_char_boundary(LONGEST_MESSAGE / 2);
    let end = text.ceil_char_boundary(text.len() - LONGEST_MESSAGE / 2);
    Cow::Owned(format!("{}… {} bytes …{}", &text[..begin], end - begin, &text[end..]))
}

/// Issues in the order they were found. Every reader adds to it and goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issues {
    found: Vec<Issue>,
}

impl Issues {
    /// Nothing found yet.
    pub const fn new() -> Self {
        Issues { found: Vec::new() }
    }
    /// Adds an issue.
    pub fn push(&mut self, issue: Issue) {
        self.found.push(issue);
    }
    /// Adds the issues of a part, completing their places with `locate`.
    pub fn absorb(&mut self, part: Issues, locate: impl Fn(&mut Place)) {
        self.found.extend(part.found.into_iter().map(|mut issue| {
            locate(&mut issue.place);
            issue
        }));
    }
    /// Whether any issue refuses the input.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|issue| issue.severity == Severity::Error)
    }
    /// The issues in order.
    pub fn iter(&self) -> impl Iterator<Item = &Issue> {
        self.found.iter()
    }
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
    /// The number of issues.
    pub fn len(&self) -> usize {
        self.found.len()
    }
}

impl fmt::Display for Issues {
    /// One after the other, each on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, issue) in self.found.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{issue}")?;
        }
        Ok(())
    }
}

impl From<Issue> for Issues {
    fn from(issue: Issue) -> Self {
        let mut issues = Issues::new();
        issues.push(issue);
        issues
    }
}

impl std::error::Error for Issues {}

impl IntoIterator for Issues {
    type Item = Issue;
    type IntoIter = std::vec::IntoIter<Issue>;
    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

/// Longer texts are no misspelt names, in bytes.
const LONGEST_NAME: usize = 256;

/// The candidate most like `found`, if one is near enough to be meant. A name that is there was not misspelt.
pub fn did_you_mean<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if candidates.contains(&found) || found.len() > LONGEST_NAME {
        return None;
    }
    let lowered = found.to_lowercase();
    // A distance is at least the difference of the lengths, and takes memory for both of them.
    let may_be_meant = |name: &&str| name.len().abs_diff(found.len()) <= 1 + name.len().min(found.len());
    candidates
        .into_iter()
        .filter(may_be_meant)
        .map(|candidate| (strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(found.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_at_length_is_shortened() {
        let said = Issue::error("field", "é".repeat(100_000)).to_string();
        assert!(said.len() < 2 * LONGEST_MESSAGE && said.contains("bytes"), "{}", said.len());
        let long = "x".repeat(1_000_000);
        assert_eq!(did_you_mean(&long, [long[1..].to_owned().as_str()]), None);
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(did_you_mean("maxReplica", ["minReplicas", "maxReplicas"]), Some("maxReplicas"));
        assert_eq!(did_you_mean("m5.lrage", ["m5.large", "m5.xlarge"]), Some("m5.large"));
        assert_eq!(did_you_mean("unrelated", ["min", "max"]), None);
        assert_eq!(did_you_mean("web", ["web", "web2"]), None, "it is there: something else is wrong");
    }

    #[test]
    fn all_issues_are_one_error() {
        fn refused() -> Result<(), Box<dyn std::error::Error>> {
            let mut issues = Issues::new();
            issues.push(Issue::error("duration", "found 0s"));
            issues.push(Issue::error("step", "found 2h").with_help("write 30s"));
            Err(issues)?
        }
        let text = refused().expect_err("two issues").to_string();
        assert_eq!(text, "error: duration: found 0s\nerror: step: found 2h\n    help: write 30s");
    }

    #[test]
    fn an_issue_reads_as_compilers_write() {
        let mut issue = Issue::error("spec.maxReplicas", "must be at least minReplicas (3), found 2");
        issue.place.file = Some("hpa.yaml".into());
        issue.place.line = Some(12);
        assert_eq!(
            issue.to_string(),
            "hpa.yaml:12: error: spec.maxReplicas: must be at least minReplicas (3), found 2"
        );
    }
}
