//! Whether two files are parts of the same study.

use super::model::StudyHead;

impl StudyHead {
    /// What this has that another has not, in words; none if both are of the same study, whatever their shards.
    pub fn difference(&self, expected: &StudyHead) -> Option<String> {
        let text = |what: &str, value: &dyn Fn(&StudyHead) -> String| {
            let (found, expected) = (value(self), value(expected));
            (found != expected).then(|| format!("found {what} {found}, expected {expected}"))
        };
        let names = |head: &StudyHead| head.axes.iter().map(|axis| axis.name.as_str()).collect::<Vec<_>>().join(", ");
        let drawn =
            |head: &StudyHead| if head.sampling.is_some() { "a sample" } else { "every combination" }.to_owned();
        let values = || {
            let (axis, _) = self.axes.iter().zip(&expected.axes).find(|(one, other)| one != other)?;
            Some(format!("{} takes other values", axis.name))
        };
        text("foresail", &|head| head.foresail_version.clone())
            .or_else(|| text("scenario", &|head| head.scenario.clone()))
            .or_else(|| text("digest", &|head| head.digest.clone()))
            .or_else(|| text("seed", &|head| head.seed.to_string()))
            .or_else(|| text("replications", &|head| head.replications.to_string()))
            .or_else(|| text("axes", &names))
            .or_else(values)
            .or_else(|| text("points of", &drawn))
            .or_else(|| text("points", &|head| head.points.to_string()))
            .or_else(|| (self.by != expected.by).then(|| "it has figures of other things (--by)".to_owned()))
            .or_else(|| (self.of_shard(None) != expected.of_shard(None)).then(|| "its head is another".to_owned()))
    }
}
