//! What a command wants of metrics files.

/// What is wanted of metrics files.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What numbers are where neither a file nor its name says it.
    pub fallback: &'a str,
    /// Gaps in a CSV are times without metrics, and no error.
    pub allow_gaps: bool,
    /// The pods of this namespace, where a file tells namespaces apart.
    pub namespace: Option<&'a str>,
    /// The usage of this container, where a file tells containers apart; else that of all together.
    pub container: Option<&'a str>,
}
