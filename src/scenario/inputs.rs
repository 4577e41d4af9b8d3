//! What a scenario is made of, value by value, so that two of them can be set side by side.

use super::issue::{Issue, Place};
use super::kubernetes::reader;
use super::origins::Origins;
use super::private::without_secrets;
use crate::units::counted;
use crate::world::Cast;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How the paths of whole files and of what becomes of node groups begin.
const FILE: &str = "file ";
const GROUP: &str = "node group ";
/// Longer texts (dumps, traces) are compared as a whole.
const LONGEST_READ: usize = 1 << 20;

/// The merged scenario and the texts that it names, kept for [`Inputs::values`] and [`Inputs::written`].
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    scenario: Value,
    origins: Arc<Origins>,
    /// Where the names of files begin.
    folder: PathBuf,
    /// By name, relative to the scenario's folder: the text if it is short, and its hash.
    files: Arc<BTreeMap<String, (Option<Arc<str>>, u64)>>,
}

/// Fields that say nothing about what is simulated, or only where it is written: what is written there is compared itself.
const UNSAID: [&str; 9] =
    ["apiVersion", "kind", "name", "description", "manifests", "terraform", "eksctl", "describe", "sweep"];
/// Fields of an object's metadata that a cluster writes.
const BOOKKEEPING: [&str; 6] =
    ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink"];

impl Inputs {
    pub(super) fn new(
        scenario: &Value,
        origins: Origins,
        folder: PathBuf,
        files: BTreeMap<String, (Option<Arc<str>>, u64)>,
    ) -> Self {
        Inputs { scenario: scenario.clone(), origins: Arc::new(origins), folder, files: Arc::new(files) }
    }

    /// Where a value of [`Inputs::values`] is written: file and line as far as they are known. Of a node group it is where
    /// a file of Terraform names it; a value that only the program knows is nowhere.
    ///
    /// Cost: short texts are parsed again.
    pub fn written(&self, path: &str) -> Option<Place> {
        if let Some(name) = path.strip_prefix(FILE) {
            return Some(Place { file: Some(self.full_name(name)), ..Place::default() });
        }
        if let Some(rest) = path.strip_prefix(GROUP) {
            let name = rest.split(' ').next()?;
            return self.of_field(&format!("nodeGroups.{name}")).or_else(|| self.of_terraform(name));
        }
        let mut words = path.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(kind), Some(name), Some(field)) => self.of_object((kind, name), field),
            _ => self.of_field(path),
        }
    }

    fn full_name(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn of_field(&self, path: &str) -> Option<Place> {
        let mut place = Place { field: Some(path.to_owned()), ..Place::default() };
        self.origins.locate(&mut place);
        place.file.is_some().then_some(place)
    }

    fn of_object(&self, (kind, name): (&str, &str), field: &str) -> Option<Place> {
        let texts = self.files.iter().filter_map(|(file, (text, _))| Some((file, text.as_deref()?)));
        texts.filter(|(file, _)| is_manifest(file)).find_map(|(file, text)| {
            let objects = reader::placed(text, &self.full_name(file));
            let (from, _) = objects.into_iter().find(|(_, object)| is_called(object, kind, name))?;
            Some(from.locate(Issue::note(field, "")).place)
        })
    }

    fn of_terraform(&self, group: &str) -> Option<Place> {
        let is_named =
            |line: &str| line.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).any(|w| w == group);
        self.files.iter().filter(|(file, _)| file.ends_with(".tf")).find_map(|(file, (text, _))| {
            let line = text.as_deref()?.lines().position(is_named)?;
            Some(Place { file: Some(self.full_name(file)), line: u32::try_from(line + 1).ok(), ..Place::default() })
        })
    }

    /// Whether a text is kept to be compared line by line.
    pub(super) fn keeps(length: usize) -> bool {
        length <= LONGEST_READ
    }

    /// All values by their paths: the scenario's as `--set` calls them (`traffic.scale`), those of objects behind the object
    /// (`HorizontalPodAutoscaler default/web spec.maxReplicas`), and what a node group launches at which price. Texts
    /// that hold no objects, or are longer than 1 MiB, are there as hashes.
    ///
    /// Cost: short texts are parsed again.
    pub fn values(&self, cast: &Cast) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        if let Value::Object(fields) = &self.scenario {
            fields
                .iter()
                .filter(|(key, _)| !UNSAID.contains(&key.as_str()))
                .for_each(|(key, value)| flatten(key.clone(), value, &mut values));
        }
        for (name, (text, hash)) in &*self.files {
            let objects = text.as_deref().filter(|_| is_manifest(name)).map(reader::plain).unwrap_or_default();
            objects.iter().for_each(|object| flatten_object(object, &mut values));
            if objects.is_empty() {
                values.insert(format!("{FILE}{name}"), format!("{hash:016x}"));
            }
        }
        groups(cast, &mut values);
        values
    }
}

fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending))
}

/// What becomes of node groups wherever they are written: what they launch, at which price.
fn groups(cast: &Cast, values: &mut BTreeMap<String, String>) {
    for group in cast.groups.values() {
        let mut put = |what: &str, value: String| values.insert(format!("{GROUP}{} {what}", group.name), value);
        put("size", format!("{}..{}", group.min, group.max));
        put("capacity", if group.spot { "spot" } else { "on demand" }.to_owned());
        for machine in &group.machines {
            put(&format!("price of {}", machine.instance_type), format!("${} per hour", machine.price.usd()));
        }
        put("zones", counted(group.zones.len(), "zone"));
    }
}

/// Kind, namespace and name of an object.
fn identity(object: &Value) -> (&str, &str, &str) {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or("");
    let namespace = match text("/metadata/namespace") {
        "" => "default",
        named => named,
    };
    (text("/kind"), namespace, text("/metadata/name"))
}

fn is_called(object: &Value, kind: &str, full_name: &str) -> bool {
    let (own_kind, namespace, name) = identity(object);
    own_kind == kind && full_name.split_once('/') == Some((namespace, name))
}

/// The values of an object. Of a Secret there are none: no decision looks at them, and no output shows them.
fn flatten_object(object: &Value, values: &mut BTreeMap<String, String>) {
    let (kind, namespace, name) = identity(object);
    if kind == "Secret" {
        return;
    }
    let shown = without_secrets(object);
    let Some(fields) = shown.as_object() else { return };
    for (key, value) in fields.iter().filter(|(key, _)| !["apiVersion", "kind", "status"].contains(&key.as_str())) {
        match value.as_object().filter(|_| key == "metadata") {
            None => flatten(format!("{kind} {namespace}/{name} {key}"), value, values),
            Some(metadata) => metadata
                .iter()
                .filter(|(key, _)| !BOOKKEEPING.contains(&key.as_str()))
                .for_each(|(part, value)| flatten(format!("{kind} {namespace}/{name} {key}.{part}"), value, values)),
        }
    }
}

/// Plain values under `path`; rows of a list go by their names where they have some.
fn flatten(path: String, value: &Value, values: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| flatten(format!("{path}.{key}"), value, values));
        }
        Value::Array(rows) if rows.iter().any(|row| row.is_object() || row.is_array()) => {
            for (index, row) in rows.iter().enumerate() {
                let name = row.get("name").and_then(Value::as_str);
                let key = name.map_or_else(|| index.to_string(), str::to_owned);
                flatten(format!("{path}[{key}]"), row, values);
            }
        }
        Value::String(text) => drop(values.insert(path, text.clone())),
        plain => drop(values.insert(path, plain.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::embedded;

    #[test]
    fn a_changed_value_is_found_under_its_path() {
        let values = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
            let scenario = embedded(&sets).expect("the reference scenario");
            scenario.inputs.values(&scenario.cast)
        };
        let (base, new) = (values(&[]), values(&["traffic.scale=2", "nodeGroups.app-nodes.maxSize=12"]));
        let differing: Vec<&String> =
            new.iter().filter(|(key, value)| base.get(*key) != Some(value)).map(|(k, _)| k).collect();
        assert_eq!(differing, ["node group app-nodes size", "nodeGroups.app-nodes.maxSize", "traffic.scale"]);
        let hpas =
            base.keys().filter(|key| key.starts_with("HorizontalPodAutoscaler") && key.ends_with(" spec.maxReplicas"));
        assert!(hpas.count() > 3, "{base:#?}");
    }

    #[test]
    fn a_value_is_where_somebody_wrote_it() {
        let scenario = embedded(&["traffic.scale=2".to_owned()]).expect("the reference scenario");
        let at = |path: &str| {
            let place = scenario.inputs.written(path).unwrap_or_else(|| panic!("{path} is nowhere"));
            (place.file.unwrap_or_default(), place.line)
        };
        assert_eq!(at("traffic.scale"), ("--set traffic.scale=2".to_owned(), None));
        let line = |file: &str, text: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ecommerce").join(file);
            let whole = std::fs::read_to_string(path).expect("a file of the reference scenario");
            (file.to_owned(), whole.lines().position(|line| line.contains(text)).map(|at| at as u32 + 1))
        };
        assert_eq!(at("node group app-nodes size"), line("terraform/node-groups.tf", "app-nodes"));
        let (file, found) = at("HorizontalPodAutoscaler catalog-service/catalog-service-hpa spec.maxReplicas");
        assert!(file == "manifests/services.yaml" && found.is_some(), "{file} {found:?}");
        assert!(scenario.inputs.written("node group nobody size").is_none());
    }
}
