//! docs/first-hour.md, command by command, on the public demo that it walks through; skipped where that does not lie.

use crate::docs::{Block, blocks, is_synopsis, page, words};
use crate::program::{Done, Folder};
use std::path::Path;

const DEMO: &str = "shared/data/manifests/online-boutique/kubernetes-manifests.yaml";

fn demo() -> Option<Vec<u8>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.map(|folder| folder.join(DEMO)).find(|path| path.exists()).and_then(|path| std::fs::read(path).ok())
}

/// Figures of whole weeks are worked out in release builds; others only begin.
fn run(folder: &Folder, command: &str) -> (Done, bool) {
    let mut all = words(command);
    let is_cut = cfg!(debug_assertions) && all[1] == "run";
    if is_cut {
        all.truncate(3);
        all.extend(["-q", "-n", "1", "--no-recommend", "--set", "duration=10m"].map(str::to_owned));
    }
    let all: Vec<&str> = all[1..].iter().map(String::as_str).collect();
    (folder.run_words(&all), is_cut)
}

fn check(folder: &Folder, block: &Block) -> usize {
    let mut ran = 0;
    let mut shown: Option<String> = None;
    for line in block.text.lines() {
        if let Some(command) = line.strip_prefix("$ ").filter(|command| !is_synopsis(command)) {
            let (done, is_cut) = run(folder, command);
            assert_eq!(done.code, 0, "{command}\n{}", done.stderr);
            shown = (!is_cut).then(|| format!("{}{}", done.stdout, done.stderr));
            ran += 1;
        } else if let Some(printed) = shown.as_ref().filter(|_| !line.trim().is_empty()) {
            let is_printed = printed.lines().any(|printed| printed.trim_end() == line.trim_end());
            assert!(is_printed, "docs/first-hour.md shows what is not printed:\n{line}\nbut\n{printed}");
        }
    }
    ran
}

#[test]
fn the_first_hour_goes_as_it_is_told() {
    let Some(demo) = demo() else {
        println!("skipped: {DEMO} does not lie here");
        return;
    };
    let folder = Folder::new().file("dump.yaml", demo);
    let page = page("first-hour.md");
    let ran: usize = blocks(&page).iter().map(|block| check(&folder, block)).sum();
    assert!(ran >= 4, "only {ran} commands were found");
    let own =
        blocks(&page).into_iter().find(|block| block.text.starts_with("apiVersion")).expect("a file of one's own");
    assert!(own.text.lines().count() <= 12, "the demo takes more than twelve lines by hand");
    let folder = folder.file("measured.yaml", own.text);
    folder.run("run measured.yaml -q -n 1 --no-recommend --set duration=10m").ok();
}
