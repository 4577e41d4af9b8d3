//! The program as a user has it: a folder with files, a command in it, and what the command did.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder of its own, gone with the test.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Folder { folder: tempfile::tempdir().expect("a folder for the test") }
    }
    /// With one more file.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }
    /// With more files: names and texts.
    pub(crate) fn files(self, files: &[(&str, &str)]) -> Self {
        files.iter().fold(self, |folder, (name, text)| folder.file(name, text))
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
    /// A file that was written.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
    /// `foresail` with the words of one line.
    pub(crate) fn run(&self, line: &str) -> Done {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }
    /// `foresail` with words that may hold spaces.
    pub(crate) fn run_words(&self, words: &[&str]) -> Done {
        self.pipe(words, b"")
    }
    /// The same with something on its standard input.
    pub(crate) fn pipe(&self, words: &[&str], stdin: &[u8]) -> Done {
        let mut command = Command::cargo_bin("foresail").expect("the program");
        command.args(words).write_stdin(stdin);
        self.done(command)
    }
    /// The words of one line, where variables of a CI are set.
    pub(crate) fn run_within(&self, variables: &[(&str, &str)], line: &str) -> Done {
        let mut command = Command::cargo_bin("foresail").expect("the program");
        command.args(line.split_whitespace()).envs(variables.iter().copied());
        self.done(command)
    }
    fn done(&self, mut command: Command) -> Done {
        // Lines are as long for everybody.
        command.current_dir(self.path()).env_remove("COLUMNS");
        let output = command.output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().expect("it ends by itself");
        Done { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// What a command did.
pub(crate) struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// What it printed, if all went well.
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.stderr);
        &self.stdout
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.ok()).expect("JSON on stdout")
    }
    /// Refused with exit code 2, nothing on stdout, all of the texts on stderr.
    pub(crate) fn refused(&self, texts: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        }
    }
}
