//! ImageLocality: where the images are already.

use super::rules::Rules;
use crate::cluster::{ClusterState, Node, PodSpec, VolumeSource};
use crate::intern::Symbol;

const MIB: i64 = 1024 * 1024;
/// Below this sum of sizes an image does not matter; above the other (times containers) more is no better.
const LEAST: i64 = 23 * MIB;
const MOST_PER_CONTAINER: i64 = 1000 * MIB;

/// The images that count: of containers, since 1.30 of init containers, since 1.36 of volumes.
pub(super) fn images_of(pod: &PodSpec, rules: Rules) -> impl Iterator<Item = Symbol> + '_ {
    let init = pod.init_containers.iter().filter(move |_| rules.init_images);
    let volumes = pod.volumes.iter().filter(move |_| rules.volume_images).filter_map(|volume| match volume.source {
        VolumeSource::Image(image) => Some(image),
        _ => None,
    });
    pod.containers.iter().chain(init).map(|container| container.image).chain(volumes)
}

/// How many containers they may be of.
pub(super) fn containers_of(pod: &PodSpec, rules: Rules) -> i64 {
    let init = if rules.init_images { pod.init_containers.len() } else { 0 };
    (pod.containers.len() + init) as i64
}

/// The state for one pod: on how many of all nodes each of its images is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageScore {
    /// Image, and how many nodes have it.
    images: Vec<(Symbol, i64)>,
    /// How many of them are of containers: volumes count in the sum, and not in what is the most.
    containers: i64,
    nodes: i64,
}

impl ImageScore {
    pub(super) fn prepare(cluster: &ClusterState, pod: &PodSpec, rules: Rules) -> Self {
        let on = |image: Symbol| {
            let has = |node: &Node| node.images.iter().any(|(name, _)| *name == image);
            cluster.nodes().filter(|(_, node)| has(node)).count() as i64
        };
        let images = images_of(pod, rules).map(|image| (image, on(image))).collect();
        Self::counted(images, containers_of(pod, rules), cluster.node_ids().len() as i64)
    }

    /// From counts made elsewhere: each container's image with the number of nodes that have it.
    pub(super) fn counted(images: Vec<(Symbol, i64)>, containers: i64, nodes: i64) -> Self {
        ImageScore { images, containers, nodes }
    }

    /// The images are on so few nodes that every node scores 0. `most_bytes` is no less than the size of an image on any node.
    pub(super) fn is_idle(&self, most_bytes: impl Fn(Symbol) -> i64) -> bool {
        let most = |(image, on): &(Symbol, i64)| self.spread(most_bytes(*image), *on);
        self.images.iter().map(most).fold(0, i64::saturating_add) <= LEAST
    }

    /// What an image on a node counts for, where it is on so many. Upstream: `scaledImageScore`.
    fn spread(&self, bytes: i64, on: i64) -> i64 {
        (bytes as f64 * (on as f64 / self.nodes as f64)) as i64
    }

    /// 0..=100. Upstream: `ImageLocality.Score`.
    pub(super) fn score(&self, node: &Node) -> i64 {
        let most = MOST_PER_CONTAINER * self.containers;
        let mut sum = 0i64;
        for (image, on) in self.images.iter().filter(|(_, on)| *on > 0) {
            if let Some((_, bytes)) = node.images.iter().find(|(name, _)| name == image) {
                sum = self.spread(*bytes, *on).saturating_add(sum);
            }
        }
        100 * (sum.clamp(LEAST, most.max(LEAST)) - LEAST) / (most - LEAST).max(1)
    }
}
