//! What is read of a node group alike, whoever declares it: sizes, machine types, labels, taints, the disk.

use super::body::{Body, Given, Value};
use super::unread::{Unread, cut};

/// A node group as Terraform declares it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TerraformGroup {
    pub(crate) name: String,
    /// The label of the resource, with which others refer to it.
    pub(crate) source: String,
    /// Its label, where the name is only the beginning of the true one.
    pub(crate) label: Option<String>,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) instance_types: Vec<String>,
    pub(crate) spot: bool,
    pub(crate) min: Option<i32>,
    pub(crate) max: Option<i32>,
    pub(crate) desired: Option<i32>,
    pub(crate) labels: Vec<(String, String)>,
    /// Key, value, effect.
    pub(crate) taints: Vec<(String, String, String)>,
    /// The cluster's name, if it is literal.
    pub(crate) cluster: Option<String>,
    /// Tags of the group of machines, if they are literal.
    pub(crate) tags: Vec<(String, String)>,
    /// The group of machines is not EKS's.
    pub(crate) self_managed: bool,
    /// The disk for images, logs and `emptyDir`, in GiB.
    pub(crate) disk_gib: Option<i32>,
    /// What else is said of that disk.
    pub(crate) disk: DiskTerms,
    /// Zones, where they are literal.
    pub(crate) zones: Option<Vec<String>>,
    /// What is not literal.
    pub(crate) unread: Vec<Unread>,
}

/// A disk's kind, and what it is promised.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DiskTerms {
    /// `gp3`, `pd-ssd`.
    pub(crate) kind: Option<String>,
    /// Provisioned operations per second.
    pub(crate) iops: Option<i32>,
    /// Provisioned MiB per second.
    pub(crate) throughput: Option<i32>,
}

/// Names of one thing in the modules and resources that there are, of these days and of earlier ones.
const MIN: &[&str] = &["min_size", "min_capacity", "asg_min_size", "min_count"];
const MAX: &[&str] = &["max_size", "max_capacity", "asg_max_size", "max_count"];
const DESIRED: &[&str] =
    &["desired_size", "desired_capacity", "asg_desired_capacity", "initial_node_count", "node_count"];
const LABELS: &[&str] = &["labels", "k8s_labels", "kubernetes_labels"];
const TAINTS: &[&str] = &["taints", "taint", "kubernetes_taints"];
const DISK: &[&str] = &["disk_size", "disk_size_gb", "root_volume_size"];
const TYPES: &[&str] = &["instance_types", "instance_type", "machine_type"];
/// Where kubelet's arguments stand.
const ARGUMENTS: &[&str] = &["bootstrap_extra_args", "kubelet_extra_args", "pre_bootstrap_user_data"];

impl TerraformGroup {
    /// Everything that a group says in these words.
    pub(super) fn read(&mut self, body: &Body) {
        self.read_sizes(body);
        let types = self.field(body, TYPES, "instanceTypes", type_names);
        self.instance_types = types.unwrap_or_else(|| std::mem::take(&mut self.instance_types));
        self.read_spot(body);
        if let Some(labels) = self.field(body, LABELS, "labels", Value::pairs) {
            self.labels.extend(labels);
        }
        self.read_taints(body);
        self.disk_gib = self.field(body, DISK, "diskSize", Value::integer).or_else(|| disk_of(body)).or(self.disk_gib);
        self.disk.read(body);
        // Only auto-discovery looks at these: whatever is not literal is not known.
        self.cluster = body.text("cluster_name").or(self.cluster.take());
        self.read_tags(body);
        for name in ARGUMENTS {
            if let Some(text) = body.text(name) {
                self.read_arguments(&text);
            }
        }
        for (name, line) in &body.dynamic {
            if let Some(field) = field_of_block(name) {
                let expression = format!("dynamic \"{name}\"");
                self.miss(name, field, &Given { value: Value::unknown(expression), line: *line });
            }
        }
    }

    /// Sizes, of the group itself or of a block of it.
    pub(super) fn read_sizes(&mut self, body: &Body) {
        self.min = self.field(body, MIN, "minSize", Value::integer).or(self.min);
        self.max = self.field(body, MAX, "maxSize", Value::integer).or(self.max);
        self.desired = self.field(body, DESIRED, "desiredSize", Value::integer).or(self.desired);
    }

    fn read_spot(&mut self, body: &Body) {
        if let Some(text) = self.field(body, &["capacity_type", "market_type"], "capacityType", Value::text) {
            self.spot = text.eq_ignore_ascii_case("spot");
        }
        for options in body.blocks("instance_market_options") {
            self.read_spot(options);
        }
        if let Some(is) = self.field(body, &["spot", "preemptible"], "capacityType", Value::boolean) {
            self.spot |= is;
        }
        self.spot |= body.text("spot_price").is_some_and(|price| !price.is_empty());
    }

    fn read_taints(&mut self, body: &Body) {
        let blocks = body.entries.iter().filter(|(key, _)| TAINTS.contains(&key.as_str()));
        for (name, given) in blocks.filter(|(_, given)| given.value != Value::Null) {
            match taints(&given.value) {
                Some(found) => self.taints.extend(found),
                None => self.miss(name, "taints", given),
            }
        }
    }

    fn read_tags(&mut self, body: &Body) {
        let listed = body.get("tags").filter(|given| matches!(given.value, Value::List(_))).map(|given| &given.value);
        let maps = body.get("autoscaling_group_tags").and_then(|given| given.value.pairs());
        let blocks = [body.blocks("tag"), listed.map_or_else(Vec::new, |_| body.blocks("tags"))].concat();
        let of_block = |block: &Body| Some((block.text("key")?, block.text("value")?));
        self.tags.extend(maps.unwrap_or_default());
        self.tags.extend(blocks.into_iter().filter_map(of_block));
    }

    /// `--node-labels` and `--register-with-taints` of kubelet.
    fn read_arguments(&mut self, text: &str) {
        let values = |flag: &'static str| {
            let after = text.split(flag).skip(1);
            let words = after.map(|rest| rest.trim_start_matches('=').split([' ', '\'', '"', '\n']).next());
            words.flatten().flat_map(|list| list.split(',')).filter(|one| !one.is_empty()).collect::<Vec<_>>()
        };
        let labels = values("--node-labels").into_iter().filter_map(|one| one.split_once('='));
        self.labels.extend(labels.map(|(key, value)| (key.to_owned(), value.to_owned())));
        for taint in values("--register-with-taints") {
            if let Some((pair, effect)) = taint.rsplit_once(':') {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                self.taints.push((key.to_owned(), value.to_owned(), effect.to_owned()));
            }
        }
    }

    /// The value of the first name that is given; one that cannot be read is remembered.
    pub(super) fn field<T>(
        &mut self,
        body: &Body,
        names: &[&str],
        field: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let (given, name) = body.first(names)?;
        let value = read(&given.value);
        if value.is_none() {
            self.miss(&name, field, given);
        }
        value
    }

    /// Something that is not literal, which a field of the scenario would say.
    pub(super) fn miss(&mut self, name: &str, field: &'static str, given: &Given) {
        let expression = given.value.expression().map_or_else(|| name.to_owned(), cut);
        let (file, line) = (self.file.clone(), given.line);
        let why = given.value.gap().map_or_else(String::new, |gap| gap.why.clone());
        self.unread.push(Unread { name: name.to_owned(), field, expression, why, file, line, is_elsewhere: false });
    }

    /// A machine type that is said elsewhere, if at all.
    pub(super) fn miss_type(&mut self, name: &str, line: u32) {
        let (expression, file) = ("the machine type".to_owned(), self.file.clone());
        let field = "instanceTypes";
        let why = String::new();
        self.unread.push(Unread { name: name.to_owned(), field, expression, why, file, line, is_elsewhere: true });
    }
}

/// The field of a scenario that says what blocks of a name say.
fn field_of_block(name: &str) -> Option<&'static str> {
    match name {
        "taint" => Some("taints"),
        "scaling_config" | "autoscaling" => Some("maxSize"),
        "mixed_instances_policy" | "override" | "node_config" => Some("instanceTypes"),
        _ => None,
    }
}

/// One machine type or a list of them; an empty one is none.
fn type_names(value: &Value) -> Option<Vec<String>> {
    let mut names = value.texts().or_else(|| Some(vec![value.text()?]))?;
    names.retain(|name| !name.is_empty());
    Some(names)
}

/// A list or a map of objects with `key`, `value` and `effect`, or one such object.
fn taints(value: &Value) -> Option<Vec<(String, String, String)>> {
    match value {
        Value::List(list) => list.iter().map(|given| taint(&given.value)).collect(),
        Value::Map(body) if body.get("key").is_some() => Some(vec![taint(value)?]),
        Value::Map(body) => body.entries.iter().map(|(_, given)| taint(&given.value)).collect(),
        _ => None,
    }
}

/// `{key, value, effect}`, or `key=value:Effect`.
fn taint(value: &Value) -> Option<(String, String, String)> {
    let Value::Map(body) = value else {
        let text = value.text()?;
        let (pair, effect) = text.rsplit_once(':')?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        return Some((key.to_owned(), value.to_owned(), effect.to_owned()));
    };
    if value.expression().is_some() {
        return None;
    }
    Some((body.text("key")?, body.text("value").unwrap_or_default(), body.text("effect")?))
}

/// The size of the first device that has one.
pub(super) fn disk_of(body: &Body) -> Option<i32> {
    devices(body).into_iter().filter_map(|device| device.integer("volume_size")).next()
}

/// What is said of disks: `block_device_mappings` as blocks, as a list, or as a map by device; `root_block_device`.
fn devices(body: &Body) -> Vec<&Body> {
    let mut mappings = body.blocks("block_device_mappings");
    let named = body.block("block_device_mappings").filter(|first| first.get("ebs").is_none());
    for (_, given) in named.into_iter().flat_map(|by_device| &by_device.entries) {
        if let Value::Map(inner) = &given.value {
            mappings.push(inner);
        }
    }
    mappings.into_iter().filter_map(|mapping| mapping.block("ebs")).chain(body.block("root_block_device")).collect()
}

impl DiskTerms {
    /// What a group, its template or its devices say; what is said already stays.
    pub(super) fn read(&mut self, body: &Body) {
        self.kind = self.kind.take().or_else(|| body.text("disk_type")).or_else(|| body.text("root_volume_type"));
        for device in devices(body) {
            self.kind = self.kind.take().or_else(|| device.text("volume_type"));
            self.iops = self.iops.or_else(|| device.integer("iops"));
            self.throughput = self.throughput.or_else(|| device.integer("throughput"));
        }
    }
}
