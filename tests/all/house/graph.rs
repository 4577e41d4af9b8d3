//! Which file uses which: modules, imports and paths, as far as they can be followed without a compiler.

use super::source::{Token, code, is_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path from the root of its crate: `["lib", "sim", "log"]` or `["bin", "cli"]`.
type Module = Vec<String>;

/// A path as it is written somewhere.
struct Mention {
    file: usize,
    within: Module,
    segments: Vec<String>,
}

/// A name that a `use` brings into a module.
struct Import {
    segments: Vec<String>,
    is_public: bool,
}

#[derive(Default)]
struct Contents {
    file: usize,
    items: BTreeSet<String>,
    imports: BTreeMap<String, Import>,
    /// `use a::*`
    globs: Vec<Vec<String>>,
    /// `pub use a::*`
    passed_on: Vec<Vec<String>>,
}

/// The files below `src/`, and what they use.
pub(crate) struct Graph {
    /// Names below `src/`, with `/`.
    pub files: Vec<String>,
    pub codes: Vec<Vec<Token>>,
    modules: BTreeMap<Module, Contents>,
    mentions: Vec<Mention>,
}

/// What a path names.
struct Found<'a> {
    /// The module itself, or the one in which the item is written.
    module: &'a Module,
    file: usize,
    is_module: bool,
}

impl Graph {
    /// The library from `lib.rs` and the program from `main.rs`, without their tests.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut graph = Graph { files: Vec::new(), codes: Vec::new(), modules: BTreeMap::new(), mentions: Vec::new() };
        graph.read(folder, "lib.rs", vec!["lib".to_owned()]);
        graph.read(folder, "main.rs", vec!["bin".to_owned()]);
        graph
    }

    fn read(&mut self, folder: &Path, name: &str, module: Module) {
        let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let tokens = code(&text);
        let file = self.files.len();
        self.files.push(name.to_owned());
        let mut reader = Reader { graph: self, file, tokens: &tokens, at: 0, children: Vec::new() };
        reader.module(&module);
        let children = reader.children;
        self.codes.push(tokens);
        for child in children {
            let place = child_of(folder, name, &child[module.len()..].join("/"));
            self.read(folder, &place, child);
        }
    }

    /// Each use of one file by another.
    pub(crate) fn arrows(&self) -> BTreeSet<(usize, usize)> {
        let mut arrows = BTreeSet::new();
        for mention in &self.mentions {
            if let Some(found) =
                self.find(&mention.within, &mention.segments, 0).filter(|found| found.file != mention.file)
            {
                arrows.insert((mention.file, found.file));
            }
        }
        arrows
    }

    /// The room of each file, and the rooms whose names are written in it.
    pub(crate) fn rooms(&self) -> BTreeSet<(usize, String)> {
        let mut rooms = BTreeSet::new();
        for mention in &self.mentions {
            let (mut module, rest) = self.start(&mention.within, &mention.segments).unwrap_or_default();
            module.extend(rest.iter().cloned());
            if module.len() > 1 && self.modules.contains_key(&module[..2]) {
                rooms.insert((mention.file, module[1].clone()));
            }
        }
        rooms
    }

    /// The module at which a path begins, and the rest of it; none for paths into other crates.
    fn start<'a>(&self, within: &Module, segments: &'a [String]) -> Option<(Module, &'a [String])> {
        let mut module = match segments.first()?.as_str() {
            "crate" => within[..1].to_vec(),
            "foresail" => vec!["lib".to_owned()],
            "self" | "super" => within.clone(),
            _ => return None,
        };
        let mut rest = &segments[1..];
        if segments[0] == "super" {
            rest = segments;
        }
        while rest.first().is_some_and(|segment| segment == "super") {
            module.pop();
            rest = &rest[1..];
        }
        Some((module, rest))
    }

    /// The file in which what a path names is written, through imports and re-exports.
    fn find(&self, within: &Module, segments: &[String], depth: u32) -> Option<Found<'_>> {
        // Imports that name each other in a circle do not compile.
        if depth > 20 {
            return None;
        }
        let (start, rest) = match self.start(within, segments) {
            Some(found) => found,
            None => (within.clone(), segments),
        };
        let (key, contents) = self.modules.get_key_value(&start)?;
        let mut found = Found { module: key, file: contents.file, is_module: true };
        for (number, segment) in rest.iter().enumerate() {
            match self.step(found.module, segment, depth) {
                Some(next) => found = next,
                // The first name of a path without `crate` or `super` is of another crate or a local one.
                None if number == 0 && self.start(within, segments).is_none() => return None,
                None => break,
            }
            // Behind a type come its functions and variants.
            if !found.is_module {
                break;
            }
        }
        Some(found)
    }

    /// What a name means in a module.
    fn step(&self, module: &Module, name: &str, depth: u32) -> Option<Found<'_>> {
        let mut child = module.clone();
        child.push(name.to_owned());
        if let Some((key, contents)) = self.modules.get_key_value(&child) {
            return Some(Found { module: key, file: contents.file, is_module: true });
        }
        let (key, contents) = self.modules.get_key_value(module)?;
        if contents.items.contains(name) {
            return Some(Found { module: key, file: contents.file, is_module: false });
        }
        if let Some(import) = contents.imports.get(name) {
            return self.find(module, &import.segments, depth + 1);
        }
        contents.globs.iter().chain(&contents.passed_on).find_map(|glob| {
            let found = self.find(module, glob, depth + 1).filter(|found| found.module != module)?;
            self.step(found.module, name, depth + 1)
        })
    }
}

/// The file of a module that is declared in `parent`.
fn child_of(folder: &Path, parent: &str, name: &str) -> String {
    let path = Path::new(parent);
    let stem = path.file_stem().expect("a file").to_string_lossy();
    let beside = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let home = if ["lib", "main", "mod"].contains(&stem.as_ref()) { beside } else { beside.join(stem.as_ref()) };
    let flat = home.join(format!("{name}.rs"));
    let found = if folder.join(&flat).exists() { flat } else { home.join(name).join("mod.rs") };
    found.to_string_lossy().replace('\\', "/")
}

/// Goes through a file's tokens once.
struct Reader<'a> {
    graph: &'a mut Graph,
    file: usize,
    tokens: &'a [Token],
    at: usize,
    children: Vec<Module>,
}

const ITEMS: [&str; 9] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

impl Reader<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text.as_str())
    }

    /// Up to the end of the file, or of the block of an inline module.
    fn module(&mut self, module: &Module) {
        let mut own = Contents { file: self.file, ..Contents::default() };
        let mut depth = 0;
        let mut used = BTreeSet::new();
        let mut is_public = false;
        while self.at < self.tokens.len() {
            let word = self.text(0).to_owned();
            match word.as_str() {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                "mod" if depth == 0 && self.text(2) == ";" => {
                    self.children.push([module.as_slice(), &[self.text(1).to_owned()]].concat());
                }
                "mod" if depth == 0 && self.text(2) == "{" => {
                    let inner = [module.as_slice(), &[self.text(1).to_owned()]].concat();
                    self.at += 3;
                    self.module(&inner);
                }
                "use" => {
                    self.at += 1;
                    self.import(Vec::new(), is_public, &mut own);
                    is_public = false;
                    continue;
                }
                item if depth == 0 && ITEMS.contains(&item) => {
                    let skip = if self.text(1) == "!" { 2 } else { 1 };
                    own.items.insert(self.text(skip).to_owned());
                }
                _ => {}
            }
            is_public = word == "pub";
            if is_public && self.text(1) == "(" {
                // `pub(super)`
                while self.text(0) != ")" {
                    self.at += 1;
                }
            }
            if self.is_path() {
                let segments = self.path();
                used.insert(segments[0].clone());
                self.graph.mentions.push(Mention { file: self.file, within: module.clone(), segments });
                continue;
            }
            used.insert(self.text(0).to_owned());
            self.at += 1;
        }
        self.note_imports(module, &own, &used);
        self.graph.modules.insert(module.clone(), own);
    }

    /// An import is a use; a re-export is a signpost, unless its own file uses the name as well.
    fn note_imports(&mut self, module: &Module, own: &Contents, used: &BTreeSet<String>) {
        let names = own.imports.iter().filter(|(name, import)| !import.is_public || used.contains(*name));
        let segments = names.map(|(_, import)| &import.segments).chain(&own.globs);
        let (file, within) = (self.file, module);
        let mentions = segments.map(|segments| Mention { file, within: within.clone(), segments: segments.clone() });
        self.graph.mentions.extend(mentions);
    }

    fn is_path(&self) -> bool {
        let follows = self.at > 0 && ["::", "."].contains(&self.tokens[self.at - 1].text.as_str());
        !follows && self.text(0).starts_with(is_name) && self.text(1) == "::" && self.text(2).starts_with(is_name)
    }

    fn path(&mut self) -> Vec<String> {
        let mut segments = vec![self.text(0).to_owned()];
        self.at += 1;
        while self.text(0) == "::" && self.text(1).starts_with(is_name) {
            segments.push(self.text(1).to_owned());
            self.at += 2;
        }
        segments
    }

    /// One branch of a `use`, up to the sign behind it.
    fn import(&mut self, mut segments: Vec<String>, is_public: bool, own: &mut Contents) {
        loop {
            let word = self.text(0).to_owned();
            self.at += 1;
            match word.as_str() {
                "::" => {}
                // What passes everything on is a signpost as well.
                "*" if is_public => own.passed_on.push(segments.clone()),
                "*" => own.globs.push(segments.clone()),
                "{" => {
                    while self.text(0) != "}" && !self.text(0).is_empty() {
                        self.import(segments.clone(), is_public, own);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let name = self.text(0).to_owned();
                    self.at += 1;
                    own.imports.insert(name, Import { segments, is_public });
                    return;
                }
                name => segments.push(name.to_owned()),
            }
            if ["", ",", ";", "}"].contains(&self.text(0)) {
                break;
            }
        }
        if segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        if let Some(name) = segments.last().cloned().filter(|_| self.tokens[self.at - 1].text != "*") {
            own.imports.insert(name, Import { segments, is_public });
        }
    }
}

/// The groups of files that can reach each other. A file may use the `mod.rs` of a folder that it lies in: what the
/// folder's files share is written there, and `mod.rs` is made of them.
pub(crate) fn circles(files: &[String], arrows: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let is_upwards =
        |from: usize, to: usize| files[to].strip_suffix("mod.rs").is_some_and(|folder| files[from].starts_with(folder));
    let arrows = arrows.iter().copied().filter(|(from, to)| !is_upwards(*from, *to)).collect();
    let reached: Vec<BTreeSet<usize>> = (0..files.len()).map(|file| reachable(file, &arrows)).collect();
    let mut circles = BTreeSet::new();
    for file in 0..files.len() {
        let both = |other: &usize| reached[file].contains(other) && reached[*other].contains(&file);
        circles.insert((0..files.len()).filter(both).collect::<Vec<_>>());
    }
    circles.into_iter().filter(|circle| !circle.is_empty()).collect()
}

fn reachable(from: usize, arrows: &BTreeSet<(usize, usize)>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for (_, to) in arrows.range((file, 0)..=(file, usize::MAX)) {
            if reached.insert(*to) {
                open.push(*to);
            }
        }
    }
    reached
}

#[test]
fn names_are_followed_to_the_file_in_which_they_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        ("lib.rs", "pub mod a; mod b;"),
        ("main.rs", "use foresail::a; fn main() { a::One::new() }"),
        ("a/mod.rs", "mod one; mod two; pub use one::One; pub(crate) use two::*; struct Own;"),
        ("a/one.rs", "use super::Two; pub struct One;"),
        ("a/two.rs", "pub struct Two; impl Two { fn f() { super::super::b::inner::g() } } use super::Own;"),
        ("b.rs", "pub mod inner { use super::Local as Other; use crate::a::One; pub fn g() {} } struct Local;"),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let graph = Graph::of(folder.path());
    let arrows = graph.arrows();
    let named = arrows.iter().map(|(from, to)| format!("{} {}", graph.files[*from], graph.files[*to]));
    let mut named: Vec<String> = named.collect();
    named.sort();
    let expected = [
        "a/one.rs a/two.rs",
        "a/two.rs a/mod.rs",
        "a/two.rs b.rs",
        "b.rs a/one.rs",
        "main.rs a/mod.rs",
        "main.rs a/one.rs",
    ];
    assert_eq!(named, expected);
    let circles = circles(&graph.files, &arrows);
    let names: Vec<Vec<&str>> =
        circles.iter().map(|circle| circle.iter().map(|file| graph.files[*file].as_str()).collect()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(
        ["a/one.rs", "a/two.rs", "b.rs"].iter().all(|file| names[0].contains(file)) && names[0].len() == 3,
        "{names:?}"
    );
}
