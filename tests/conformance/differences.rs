//! Recordings of another version, kept as what differs from a folder that is here already.
//!
//! `base.json` in a folder names the folder it is based on, the themes that only that one has, and what comes out when everything is put together.
//! `THEME.jsonl.gz` beside it has a line per case that is not as in the base: a JSON patch (RFC 6902), a whole case if it is new or a patch would
//! be longer, or that the case is absent. New cases come last, in their order.

use crate::runner::{read, themes};
use json_patch::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file that makes a folder one of differences.
const BASE: &str = "base.json";

/// What a folder of differences is made from, and what has to come out.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Base {
    /// The other folder, beside this one.
    base: String,
    /// Themes of the base that there are none of here.
    absent: BTreeSet<String>,
    /// Each theme's cases put together.
    themes: BTreeMap<String, Sum>,
}

/// How many cases a theme has, and a sum over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Sum {
    cases: usize,
    crc32: u32,
}

impl Sum {
    /// The order of members of an object is no part of it.
    fn of(cases: &[Value]) -> Sum {
        let mut crc = flate2::Crc::new();
        for case in cases {
            let mut case = case.clone();
            case.sort_all_objects();
            crc.update(case.to_string().as_bytes());
            crc.update(b"\n");
        }
        Sum { cases: cases.len(), crc32: crc.sum() }
    }
}

/// How a case differs from the base's.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
enum Difference {
    /// What to do to the case of this name.
    Patch { case: String, patch: Patch },
    /// A case that is new, or instead of the one of its name.
    Whole(Value),
    /// The case of this name is not there.
    Absent(String),
}

/// The themes of a folder. Errors: a folder of differences does not say what it makes of one that its base has.
pub(crate) fn themes_of(folder: &Path) -> Result<BTreeSet<String>, String> {
    let own = themes(folder).into_keys();
    let Some(Base { base, absent, themes }) = base_of(folder)? else { return Ok(own.collect()) };
    let known: BTreeSet<String> = themes.into_keys().collect();
    match own.chain(themes_of(&beside(folder, &base))?).find(|theme| !known.contains(theme) && !absent.contains(theme))
    {
        None => Ok(known),
        Some(theme) => Err(format!("{}: {BASE} says nothing of the theme `{theme}`", folder.display())),
    }
}

/// The cases of a theme, whichever way the folder keeps them. Errors: a file that cannot be read, a patch that does not fit its base, or cases that
/// are not those that were put in.
pub(crate) fn cases_of(folder: &Path, theme: &str) -> Result<Vec<Value>, String> {
    let files = themes(folder).remove(theme).unwrap_or_default();
    let Some(base) = base_of(folder)? else {
        let mut cases = Vec::new();
        for file in files {
            cases.extend(rows(&file)?);
        }
        return Ok(cases);
    };
    let sum = base.themes.get(theme).ok_or_else(|| format!("{}: no theme `{theme}` in {BASE}", folder.display()))?;
    let from = beside(folder, &base.base);
    let mut cases = if themes_of(&from)?.contains(theme) { cases_of(&from, theme)? } else { Vec::new() };
    for file in files {
        for row in rows(&file)? {
            let row = serde_json::from_value(row).map_err(|e| format!("{}: {e}", file.display()))?;
            apply(&mut cases, row).map_err(|e| format!("{}: {e}", file.display()))?;
        }
    }
    let found = Sum::of(&cases);
    match found == *sum {
        true => Ok(cases),
        false => Err(format!("{}/{theme}: put together it is {found:?}, recorded {sum:?}", folder.display())),
    }
}

fn base_of(folder: &Path) -> Result<Option<Base>, String> {
    let file = folder.join(BASE);
    if !file.is_file() {
        return Ok(None);
    }
    serde_json::from_str(&read(&file)?).map(Some).map_err(|e| format!("{}: {e}", file.display()))
}

fn beside(folder: &Path, name: &str) -> PathBuf {
    folder.with_file_name(name)
}

fn rows(file: &Path) -> Result<Vec<Value>, String> {
    let text = read(file)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", file.display()))).collect()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap_or_default()
}

fn apply(cases: &mut Vec<Value>, difference: Difference) -> Result<(), String> {
    let place = |name: &str| cases.iter().position(|case| case["name"] == *name);
    match difference {
        Difference::Absent(name) => {
            let at = place(&name).ok_or_else(|| format!("no case `{name}` in the base"))?;
            cases.remove(at);
        }
        Difference::Patch { case, patch } => {
            let at = place(&case).ok_or_else(|| format!("no case `{case}` in the base"))?;
            json_patch::patch(&mut cases[at], &patch).map_err(|e| format!("{case}: {e}"))?;
        }
        Difference::Whole(case) => match place(name(&case)) {
            Some(at) => cases[at] = case,
            None => cases.push(case),
        },
    }
    Ok(())
}

/// What makes the cases of `base` those of `whole`.
fn differences(base: &[Value], whole: &[Value]) -> Vec<Difference> {
    let of_name = |cases: &[Value], wanted: &str| cases.iter().position(|case| name(case) == wanted);
    let gone = base.iter().filter(|case| of_name(whole, name(case)).is_none());
    let mut found: Vec<Difference> = gone.map(|case| Difference::Absent(name(case).to_owned())).collect();
    for case in whole {
        let Some(at) = of_name(base, name(case)) else {
            found.push(Difference::Whole(case.clone()));
            continue;
        };
        let patch = json_patch::diff(&base[at], case);
        let length = |value: &dyn Fn() -> serde_json::Result<String>| value().map_or(usize::MAX, |text| text.len());
        if length(&|| serde_json::to_string(&patch)) > length(&|| serde_json::to_string(case)) {
            found.push(Difference::Whole(case.clone()));
        } else if !patch.is_empty() {
            found.push(Difference::Patch { case: name(case).to_owned(), patch });
        }
    }
    found
}

/// Makes a folder of `target` that holds how the recordings in `whole` differ from those of the folder `base` beside it, and puts them together again.
/// Errors: what could not be read or written, or does not come out as it was.
pub(crate) fn pack(whole: &Path, base: &str, target: &Path) -> Result<String, String> {
    let base_folder = beside(target, base);
    if !base_folder.is_dir() {
        return Err(format!("{}: there is no such folder", base_folder.display()));
    }
    let written = |e: std::io::Error| format!("{}: {e}", target.display());
    std::fs::create_dir_all(target).map_err(written)?;
    for file in themes(target).into_values().flatten() {
        std::fs::remove_file(file).map_err(written)?;
    }
    let (names, known) = (themes_of(whole)?, themes_of(&base_folder)?);
    let absent = known.difference(&names).cloned().collect();
    let (mut sums, mut bytes) = (BTreeMap::new(), 0);
    for theme in &names {
        let cases = cases_of(whole, theme)?;
        let old = if known.contains(theme) { cases_of(&base_folder, theme)? } else { Vec::new() };
        sums.insert(theme.clone(), Sum::of(&cases));
        let mut text = String::new();
        for difference in differences(&old, &cases) {
            text += &serde_json::to_string(&difference).map_err(|e| e.to_string())?;
            text.push('\n');
        }
        if !text.is_empty() {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packed.write_all(text.as_bytes()).map_err(written)?;
            let packed = packed.finish().map_err(written)?;
            bytes += packed.len();
            std::fs::write(target.join(format!("{theme}.jsonl.gz")), packed).map_err(written)?;
        }
    }
    let row = Base { base: base.to_owned(), absent, themes: sums };
    let text = serde_json::to_string_pretty(&row).map_err(|e| e.to_string())?;
    std::fs::write(target.join(BASE), text + "\n").map_err(written)?;
    for theme in &names {
        if cases_of(whole, theme)? != cases_of(target, theme)? {
            return Err(format!("{}/{theme} does not come out as it was", target.display()));
        }
    }
    Ok(format!("{}: {} themes, {bytes} bytes, the same as {}", target.display(), names.len(), whole.display()))
}
