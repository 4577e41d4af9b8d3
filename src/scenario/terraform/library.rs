//! Everything that Terraform would read: the files that a scenario names, the modules on disk that they call, and the
//! values of variables.

use super::configuration::{self, Module};
use super::source::Source;
use crate::scenario::issue::{Issue, Issues};
use crate::scenario::sources::Files;
use hcl_edit::structure::Body as HclBody;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// More modules are not read.
const MOST: usize = 1000;

/// Modules by their folders.
#[derive(Default)]
pub(super) struct Library {
    pub(super) modules: BTreeMap<PathBuf, Module>,
    /// Folders that no other one calls.
    pub(super) roots: Vec<PathBuf>,
    /// Values for variables of a folder, or (under no folder) of all roots; later ones count.
    pub(super) values: Vec<(Option<PathBuf>, Source, HclBody)>,
    /// Plans and states: file, text.
    pub(super) states: Vec<(String, String)>,
}

/// What a file is, by its name and how it begins.
enum Sort {
    Configuration,
    Values,
    State,
}

impl Library {
    /// Reads files and folders, and the modules that they call by a path. What cannot be read is said.
    pub(super) fn read(files: impl Files, paths: &[PathBuf], issues: &mut Issues) -> Library {
        let mut library = Library::default();
        for path in paths {
            match files.list(path, &["tf", "json", "tfstate", "tfvars"]) {
                Ok(found) => {
                    let is_itself = found.len() == 1 && found[0] == *path;
                    for file in found.into_iter().filter(|file| is_itself || !is_cache(file)) {
                        library.add(files, &file, is_itself, issues);
                    }
                }
                Err(why) => {
                    let mut issue = Issue::error("", format!("the file or folder {why}"));
                    if files.list(path, &["hcl", "tofu", "ts", "py"]).is_ok() {
                        let help =
                            "give what `terraform show -json` prints (`tofu show -json`, `terragrunt show -json`)";
                        issue = issue.with_help(help);
                    }
                    issue.place.file = Some(path.display().to_string());
                    issues.push(issue);
                }
            }
        }
        // Terraform reads its own file before the others.
        library.values.sort_by_key(|(_, source, _)| !is_named(&source.name, "terraform.tfvars"));
        library.modules.values_mut().for_each(|module| module.finish(issues));
        let listed: Vec<PathBuf> = library.modules.keys().cloned().collect();
        let called = library.read_called(files, issues);
        library.roots = listed.iter().filter(|folder| !called.contains(*folder)).cloned().collect();
        if library.roots.is_empty() {
            library.roots.extend(listed.first().cloned());
        }
        library.modules.values_mut().for_each(|module| read_named(files, module));
        library
    }

    fn add(&mut self, files: impl Files, file: &Path, is_itself: bool, issues: &mut Issues) {
        let name = file.to_string_lossy().into_owned();
        let text = match files.read(file) {
            Ok(text) => text,
            Err(why) => return issues.push(Issue::error("", format!("the file {why}")).in_file(name, Some(1))),
        };
        let folder = file.parent().map_or_else(PathBuf::new, normal);
        match sort(&name, &text) {
            Sort::State => self.states.push((name, text)),
            Sort::Configuration => {
                let module = self.modules.entry(folder.clone()).or_insert_with(|| Module::of(folder));
                module.add(&name, &text, issues);
            }
            Sort::Values if !is_itself && !is_automatic(&name) => {
                let message = "these values are not taken: Terraform takes them only where it is told to";
                let help = "name the file itself under `terraform`";
                issues.push(Issue::note("", message).with_help(help).in_file(name, None));
            }
            Sort::Values => match configuration::values(&text) {
                Ok(body) => {
                    let folder = (!is_itself).then_some(folder);
                    self.values.push((folder, Source::new(&name, &text), body));
                }
                Err(mut issue) => {
                    issue.place.file = Some(name);
                    issues.push(issue);
                }
            },
        }
    }

    /// Reads the modules that are called by a path and were not named, and says which are called.
    fn read_called(&mut self, files: impl Files, issues: &mut Issues) -> BTreeSet<PathBuf> {
        let mut called = BTreeSet::new();
        let mut open: Vec<PathBuf> = self.modules.keys().cloned().collect();
        while let Some(folder) = open.pop() {
            for target in self.modules.get(&folder).map_or_else(Vec::new, Module::called) {
                if target != folder {
                    called.insert(target.clone());
                }
                if self.modules.contains_key(&target) || self.modules.len() >= MOST {
                    continue;
                }
                // What is not on disk is known by its arguments, or named.
                let Ok(found) = files.folder(&target, &["tf", "json"]) else { continue };
                let mut module = Module::of(target.clone());
                for file in found {
                    let name = file.to_string_lossy().into_owned();
                    let Ok(text) = files.read(&file) else { continue };
                    if let Sort::Configuration = sort(&name, &text) {
                        module.add(&name, &text, issues);
                    }
                }
                module.finish(issues);
                if !module.is_empty() {
                    open.push(target.clone());
                    self.modules.insert(target, module);
                }
            }
        }
        called
    }
}

impl Module {
    /// The folders of the modules that it calls by a path.
    fn called(&self) -> Vec<PathBuf> {
        let calls = self.blocks.iter().filter(|block| block.kind == "module");
        calls.filter_map(|call| self.target(call.literal("source")?)).collect()
    }
    /// The folder that a `source` means, if it is a path.
    pub(super) fn target(&self, source: &str) -> Option<PathBuf> {
        let is_path = source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
        is_path.then(|| normal(&self.folder.join(source)))
    }
}

/// Texts that `file` names, as far as they lie in the module's folder.
fn read_named(files: impl Files, module: &mut Module) {
    let names: BTreeSet<String> = module.sources.iter().flat_map(Source::named_files).collect();
    for name in names {
        let is_inside = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
        if let Some(text) = is_inside.then(|| files.read(&module.folder.join(&name)).ok()).flatten() {
            module.texts.insert(name, text);
        }
    }
}

fn sort(name: &str, text: &str) -> Sort {
    let name = name.trim_end_matches(".gz");
    if name.ends_with(".tfvars") || name.ends_with(".tfvars.json") {
        return Sort::Values;
    }
    if name.ends_with(".tf") || name.ends_with(".tf.json") || !text.trim_start().starts_with('{') {
        return Sort::Configuration;
    }
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let is_configuration = ["resource", "module", "variable", "locals"].iter().any(|key| json[*key].is_object());
    if is_configuration && !json["version"].is_number() { Sort::Configuration } else { Sort::State }
}

/// Terraform takes these without being told.
fn is_automatic(name: &str) -> bool {
    is_named(name, "terraform.tfvars")
        || name.trim_end_matches(".gz").trim_end_matches(".json").ends_with(".auto.tfvars")
}

/// Whether a file is called so, in JSON or not.
fn is_named(name: &str, wanted: &str) -> bool {
    name.rsplit('/').next().unwrap_or(name).trim_end_matches(".gz").trim_end_matches(".json") == wanted
}

/// What `terraform init` has downloaded.
fn is_cache(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == ".terraform")
}

/// Without `.` and, as far as it goes, without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match (part, found.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(found.pop()),
            (part, _) => found.push(part),
        }
    }
    found
}
