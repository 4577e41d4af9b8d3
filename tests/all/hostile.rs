//! Names from input are never orders: no path, no markup, no terminal escape, no formula.

use crate::program::Folder;
use std::fs;
use std::path::Path;

/// Names that a careless program obeys, and whether they may be names at all.
const NAMES: [(&str, bool); 12] = [
    ("<script>alert(1)</script>", true),
    ("\"><img src=x onerror=alert(1)>", true),
    ("{{ 7 * 7 }}", true),
    ("=cmd|' /C calc'!A0", true),
    ("@SUM(A1)", true),
    ("../../../escaped", true),
    ("a\u{1b}[31mred\u{1b}]0;title\u{7}", false),
    ("ab\u{202e}cba", false),
    ("x\u{0}y", false),
    ("PASS\nall promises are kept", false),
    ("c:\\con\\aux|?*", true),
    ("$(touch escaped)`touch escaped`", true),
];

fn scenario(name: &str) -> Folder {
    let name = serde_json::to_string(name).expect("a text");
    let web = crate::sweep::WEB.replace("name: web", &format!("name: {name}"));
    let text = format!(
        "apiVersion: foresail/v1alpha1\nkind: Scenario\nname: {name}\nmanifests: [web.yaml]\nduration: 1h\nreplications: 2\n\
         autoscaler: {{enabled: true}}\nnodeGroups:\n  ? {name}\n  : {{instanceTypes: [m5.large], minSize: 1, maxSize: 8}}\n\
         objectives: {{latencyP95: 300ms}}\ntraffic:\n  patterns: [{{constant: {{rate: 60}}}}]\n  routes:\n    ? {name}\n    : 1\n\
         services:\n  ? {name}\n  : {{cpuPerRequest: 20ms, concurrency: 8}}\n"
    );
    Folder::new().file("inner/web.yaml", web).file("inner/shop.yaml", text)
}

/// What is wrong with a file that a name has got into.
fn disobeys(path: &Path) -> Option<&'static str> {
    let bytes = fs::read(path).expect("a file");
    let text = String::from_utf8_lossy(&bytes);
    let kind = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let begins = |cell: &str| cell.starts_with(['=', '@', '+', '-']) && cell.parse::<f64>().is_err();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
    match kind {
        "html" if text.contains("<script>alert") || text.contains("<img src=x") => Some("markup"),
        "csv" if rows.records().flatten().any(|row| row.iter().any(begins)) => Some("a formula"),
        "html" | "csv" if text.contains(foresail::units::is_hidden) => Some("an escape"),
        _ => None,
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn names_are_never_orders() {
    for (name, may) in NAMES {
        let folder = scenario(name);
        let done = folder.run("run inner/shop.yaml --no-recommend -o wide");
        assert!(![&done.stdout, &done.stderr].iter().any(|text| text.contains(foresail::units::is_hidden)), "{name}");
        if !may {
            done.refused(&["without control characters"]);
            assert!(!folder.has("reports"), "{name}");
            continue;
        }
        done.ok();
        for path in files(folder.path()) {
            assert!(
                path.starts_with(folder.path().join("reports")) || path.starts_with(folder.path().join("inner")),
                "{path:?}"
            );
            assert_eq!(disobeys(&path), None, "{name}: {path:?}");
        }
        let compared = folder.run("compare inner/shop.yaml --set traffic.scale=2 --out compared -o markdown");
        compared.ok();
        for path in files(&folder.path().join("compared")) {
            assert_eq!(disobeys(&path), None, "{name}: {path:?}");
        }
    }
}

#[test]
fn a_name_of_ten_thousand_letters_is_a_name() {
    let folder = scenario(&"n".repeat(10_000));
    folder.run("run inner/shop.yaml -q --no-recommend").ok();
}
