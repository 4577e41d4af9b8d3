//! What is wrong with what a command did.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io::Read, thread};

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// How far a run may go: seconds of work, and memory.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub seconds: u64,
    pub kib: u64,
}

/// Runs a command in a folder and says what is wrong, if anything: in words that are the same for the same fault.
pub(crate) fn fault(program: &Path, words: &[String], folder: &Path, bounds: Bounds) -> Option<String> {
    let (out, err) = (folder.join(".stdout"), folder.join(".stderr"));
    let file = |path: &Path| Stdio::from(fs::File::create(path).expect("a file"));
    // Seconds of work: how long a busy machine takes says nothing. The wall's clock ends only what sleeps.
    let limited = format!("ulimit -v {}; ulimit -t {}; exec \"$0\" \"$@\"", bounds.kib, bounds.seconds);
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).arg(program).args(words).current_dir(folder).env("RUST_BACKTRACE", "0");
    let child = command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err)).spawn().expect("sh");
    let Some(code) = ended(child, bounds) else { return Some(format!("{}: hangs", words[0])) };
    let (stdout, stderr) = (text(&out), text(&err));
    if let Some(at) = stderr.find("panicked at ") {
        let place = stderr[at + 12..].lines().next().unwrap_or_default();
        return Some(format!("panics at {place}"));
    }
    match code {
        Err(SIGKILL | SIGXCPU) => return Some(format!("{}: hangs", words[0])),
        Err(signal) => return Some(format!("{}: ended by signal {signal}", words[0])),
        Ok(70) => return Some(format!("{}: 70: {}", words[0], stderr.lines().next_back().unwrap_or_default())),
        Ok(0) => {}
        Ok(1..=3) if !stderr.trim().is_empty() || !stdout.trim().is_empty() => return None,
        Ok(code) => return Some(format!("{}: {code} without a message", words[0])),
    }
    let given = given(folder);
    let mut written = BTreeMap::from([("stdout".to_owned(), stdout)]);
    outputs(&folder.join("out"), &mut written);
    written.into_iter().find_map(|(name, text)| {
        let found = ["NaN", "inf", "Infinity", "nan", "-inf"].into_iter().find(|word| has_word(&text, word))?;
        (!has_word(&given, found)).then(|| format!("{}: {found} in {name}", words[0]))
    })
}

fn ended(mut child: Child, bounds: Bounds) -> Option<Result<i32, i32>> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(bounds.seconds.saturating_mul(20)) {
        if let Some(status) = child.try_wait().expect("a child") {
            use std::os::unix::process::ExitStatusExt;
            return Some(status.code().ok_or(status.signal().unwrap_or(0)));
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn text(path: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = fs::File::open(path).and_then(|file| file.take(1 << 26).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the user wrote: a word of theirs may be said again.
fn given(folder: &Path) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.is_file() && !path.ends_with(".stdout") && !path.ends_with(".stderr"));
    files.map(|path| text(&path)).collect::<Vec<_>>().join("\n")
}

fn outputs(folder: &Path, found: &mut BTreeMap<String, String>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => outputs(&path, found),
            Some("html" | "json" | "jsonl" | "csv" | "txt" | "yaml" | "svg" | "md") => {
                found.insert(path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text(&path));
            }
            _ => {}
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_(.".contains(c));
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
}
