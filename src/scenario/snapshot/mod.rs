//! A cluster as it is: dumps by `kubectl get ... -o json` (or YAML), plain or gzip, and recorded cases.
//!
//! [`load`] reads files, folders and standard input into a [`Snapshot`]: the cluster, the pods that wait for a
//! node, the scheduler's profile if one was given. Large dumps are read one object at a time. Finished pods are
//! left out, as kube-scheduler leaves them out.

mod stream;

use super::documents;
use super::issue::{Issue, Issues, Place};
use super::kubernetes::Converter;
use super::kubernetes::dump::Loaded;
use super::kubernetes::policy::PriorityClass;
use super::kubernetes::read_object;
use super::sources::{Files as _, Sources};
use crate::cluster::{ClusterState, PodId};
use crate::intern::Symbol;
use crate::scheduler::Profiles;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use stream::Section;

/// What was read.
#[derive(Debug)]
pub struct Snapshot {
    /// The cluster; time 0 is the Unix epoch.
    pub cluster: ClusterState,
    /// Pods that wait for a node, in order of arrival.
    pub pending: Vec<PodId>,
    /// The scheduler's profiles that the input names, if any.
    pub profiles: Option<Profiles>,
    /// What is doubtful about the input.
    pub caveats: Issues,
}

/// Reads all of `paths`, then `configuration`, a KubeSchedulerConfiguration.
///
/// Errors: everything that is wrong, with its place.
pub fn load(paths: &[PathBuf], configuration: Option<&Path>) -> Result<Snapshot, Issues> {
    let mut cluster = ClusterState::new();
    let mut reader = Reader {
        converter: Converter::new(&mut cluster, jiff::Timestamp::UNIX_EPOCH),
        issues: Issues::new(),
        pending: Vec::new(),
        deferred: Vec::new(),
        profiles: None,
        priorities: FxHashMap::default(),
        seen: FxHashSet::default(),
    };
    paths.iter().for_each(|path| reader.read(path));
    if let Some(path) = configuration {
        reader.configure(path);
    }
    reader.finish();
    let Reader { issues, pending, profiles, .. } = reader;
    let pending = pending.into_iter().map(|(pod, _)| pod).collect();
    if issues.has_errors() {
        return Err(issues);
    }
    Ok(Snapshot { cluster, pending, profiles, caveats: issues })
}

/// An object with its place in the input.
struct Item {
    file: String,
    line: u32,
    value: Value,
    is_pending: bool,
}

struct Reader<'a> {
    converter: Converter<'a>,
    issues: Issues,
    /// Pods without a node, and whether the input says that they are to be placed.
    pending: Vec<(PodId, bool)>,
    /// Pods whose node, or whose priority class, has not been read yet.
    deferred: Vec<Item>,
    profiles: Option<Profiles>,
    priorities: FxHashMap<String, i32>,
    seen: FxHashSet<(Symbol, Symbol, Symbol)>,
}

impl Reader<'_> {
    fn read(&mut self, path: &Path) {
        let files = match Sources::Disk.list(path, &["json", "yaml", "yml", "gz"]) {
            Ok(files) => files,
            Err(why) => return self.refuse(path, format!("the file or folder {why}")),
        };
        for file in files {
            if let Err(why) = self.read_file(&file) {
                self.refuse(&file, format!("the file {why}"));
            }
        }
    }

    fn refuse(&mut self, path: &Path, message: String) {
        let mut issue = Issue::error("", message);
        issue.place.file = Some(path.display().to_string());
        self.issues.push(issue);
    }

    /// The error says why the file cannot be read at all.
    fn read_file(&mut self, path: &Path) -> Result<(), String> {
        let name = path.display().to_string();
        let mut input = open(path).map_err(|e| format!("cannot be read: {e}"))?;
        if !is_json(&mut input).map_err(|e| format!("cannot be read: {e}"))? {
            let mut text = String::new();
            input.read_to_string(&mut text).map_err(|_| "is neither JSON nor YAML text".to_owned())?;
            let mut documents = Vec::new();
            documents::split(&text, &name, &mut self.issues, &mut documents);
            for document in documents {
                let (line, value) = (document.line, document.value);
                self.take(Item { file: name.clone(), line, value, is_pending: false });
            }
            return Ok(());
        }
        let file = name.clone();
        let outcome = stream::read(input, &mut |value, section, line| match section {
            Section::Config => {
                self.profiles = Some(self.converter.recorded_profile(&value).into());
                self.collect(&file, line, None);
            }
            section => {
                self.take(Item { file: file.clone(), line, value, is_pending: section == Section::Pending });
            }
        });
        if let Err(error) = outcome {
            let mut issue = Issue::error("", error.to_string());
            let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
            issue.place = Place { file: Some(name), line, ..Place::default() };
            self.issues.push(issue);
        }
        Ok(())
    }

    fn configure(&mut self, path: &Path) {
        let documents = documents::read(Sources::Disk, path, &mut self.issues);
        for document in documents {
            if document.text(&["kind"]) == "KubeSchedulerConfiguration" {
                self.profiles = Some(self.converter.scheduler_profiles(&document.value));
                self.collect(&document.file, document.line, Some("KubeSchedulerConfiguration".into()));
            } else {
                let message = format!("expected a KubeSchedulerConfiguration, found `{}`", document.text(&["kind"]));
                self.issues.push(document.locate(Issue::error("kind", message)));
            }
        }
    }

    /// Takes an object, or keeps it until what it depends on is known.
    fn take(&mut self, item: Item) {
        let text = |path: &str| item.value.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("/kind").to_owned(), text("/metadata/name").to_owned());
        if kind.is_empty() || !item.value.is_object() {
            return self.report(&item, Issue::error("kind", "this is not a Kubernetes object: it has no kind"));
        }
        if name.is_empty() && kind != "KubeSchedulerConfiguration" {
            return self.report(&item, Issue::error("metadata.name", "the object has no name"));
        }
        let node = text("/spec/nodeName").to_owned();
        let phase = text("/status/phase").to_owned();
        let namespace = text("/metadata/namespace").to_owned();
        let key = [&kind, &namespace, &name].map(|part| self.converter.symbol(part));
        if kind != "KubeSchedulerConfiguration" && !self.seen.insert((key[0], key[1], key[2])) {
            let message = "an object of this kind and name was read before";
            return self.report(&item, Issue::error("metadata.name", message));
        }
        match kind.as_str() {
            "KubeSchedulerConfiguration" => {
                self.profiles = Some(self.converter.scheduler_profiles(&item.value));
                self.collect(&item.file, item.line, Some(kind));
            }
            "PriorityClass" => match read_object::<PriorityClass>(&item.value) {
                Ok(class) => drop(self.priorities.insert(name, class.value)),
                Err(issue) => self.report(&item, issue),
            },
            "Pod" if matches!(phase.as_str(), "Succeeded" | "Failed") => {}
            "Pod" => {
                let symbol = self.converter.symbol(&node);
                let homeless = !node.is_empty() && self.converter.cluster().node_by_name(symbol).is_none();
                if homeless || needs_priority(&item.value) {
                    self.deferred.push(item);
                } else {
                    self.convert(item);
                }
            }
            _ => self.convert(item),
        }
    }

    fn convert(&mut self, mut item: Item) {
        self.resolve_priority(&mut item.value);
        let object = name_of(&item.value);
        match self.converter.add(&item.value) {
            Err(issue) => self.report(&item, issue),
            Ok(Loaded::Pod(pod)) if self.converter.cluster().pod(pod).node().is_none() => self.wait(pod, &item),
            Ok(_) => {}
        }
        self.collect(&item.file, item.line, Some(object));
    }

    /// A pod without a node waits, unless it is on its way out.
    fn wait(&mut self, pod: PodId, item: &Item) {
        if self.converter.cluster().pod(pod).is_terminating() && !item.is_pending {
            self.converter.cluster().remove_pod(pod);
        } else {
            self.pending.push((pod, item.is_pending));
        }
    }

    /// Priority admission: a class that was read gives its value to pods that name it.
    fn resolve_priority(&self, object: &mut Value) {
        if !needs_priority(object) {
            return;
        }
        let class = object.pointer("/spec/priorityClassName").and_then(Value::as_str).unwrap_or_default();
        if let (Some(value), Some(spec)) = (self.priorities.get(class).copied(), object.get_mut("spec"))
            && let Some(spec) = spec.as_object_mut()
        {
            spec.insert("priority".to_owned(), Value::from(value));
        }
    }

    fn finish(&mut self) {
        for item in std::mem::take(&mut self.deferred) {
            self.convert(item);
        }
        self.leave_strangers();
        let cluster = self.converter.cluster();
        // A dump lists pods by name; the queue has them in order of creation.
        self.pending.sort_by_key(|(pod, _)| cluster.pod(*pod).created);
    }

    /// Pods of schedulers that no profile is for are not ours to place.
    fn leave_strangers(&mut self) {
        let profiles = self.profiles.clone().unwrap_or_default();
        let cluster = self.converter.cluster();
        let mut strangers: BTreeMap<String, usize> = BTreeMap::new();
        self.pending.retain(|(pod, is_ours)| {
            let scheduler = cluster.spec_of(*pod).scheduler;
            let stays = *is_ours || profiles.handle(scheduler);
            if !stays {
                *strangers.entry(cluster.symbols.text(scheduler).to_owned()).or_default() += 1;
                cluster.remove_pod(*pod);
            }
            stays
        });
        let known: Vec<String> = profiles.iter().map(|(name, _)| cluster.symbols.text(*name).to_owned()).collect();
        for (name, count) in strangers {
            let message = format!("{count} pending pods wait for another scheduler, `{name}`, and were left aside");
            let issue = Issue::warning("spec.schedulerName", message);
            self.issues.push(issue.suggest(&name, known.iter().map(String::as_str)));
        }
    }

    fn report(&mut self, item: &Item, mut issue: Issue) {
        issue.place.file = Some(item.file.clone());
        issue.place.line = Some(item.line);
        issue.place.object = Some(name_of(&item.value)).filter(|name| !name.is_empty());
        self.issues.push(issue);
    }

    /// Moves the converter's issues here, with their place.
    fn collect(&mut self, file: &str, line: u32, object: Option<String>) {
        let part = std::mem::take(&mut self.converter.issues);
        self.issues.absorb(part, |place| {
            place.file = Some(file.to_owned());
            place.line = Some(line);
            place.object.clone_from(&object);
        });
    }
}

fn needs_priority(object: &Value) -> bool {
    let set = |path: &str| object.pointer(path).is_some_and(|value| !value.is_null() && value != "");
    set("/spec/priorityClassName") && !set("/spec/priority")
}

/// `Pod shop/cart-1`, as far as it is known.
fn name_of(object: &Value) -> String {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (kind, namespace, name) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    let full = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
    format!("{kind} {full}").trim().to_owned()
}

type Input = BufReader<Box<dyn Read>>;

/// The file or standard input, unpacked if it is gzip.
fn open(path: &Path) -> std::io::Result<Input> {
    let raw: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path)?),
    };
    let mut raw: Input = BufReader::new(raw);
    if raw.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(BufReader::new(Box::new(flate2::bufread::MultiGzDecoder::new(raw))));
    }
    Ok(raw)
}

fn is_json(input: &mut Input) -> std::io::Result<bool> {
    let first = input.fill_buf()?.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    Ok(matches!(first, Some(b'{' | b'[')))
}
