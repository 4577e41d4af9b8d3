//! Where a field of a merged scenario was written: in which of the files that extend each other, or on the command line.

use super::file::ADDED_LISTS;
use super::issue::Place;
use super::lines::line_of;
use super::settings::Setting;
use serde_json::Value;
use std::sync::Arc;

/// What a scenario was merged from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    /// The files, the one that extends nothing first.
    layers: Arc<Vec<Layer>>,
    /// Settings of the command line as they were written, with their paths.
    sets: Vec<(Vec<String>, String)>,
}

#[derive(Clone, Debug)]
struct Layer {
    file: String,
    text: String,
    value: Value,
}

impl Origins {
    /// A file on top of those before.
    pub(super) fn push_file(&mut self, file: String, text: String, value: Value) {
        Arc::make_mut(&mut self.layers).push(Layer { file, text, value });
    }
    /// A value on top of everything before.
    pub(super) fn push_set(&mut self, setting: &Setting) {
        self.sets.push((steps(&setting.path().join(".")), setting.written().to_owned()));
    }
    /// The file that was asked for: the one on top.
    pub(super) fn last_file(&self) -> Option<&str> {
        self.layers.last().map(|layer| layer.file.as_str())
    }

    /// Completes a place that has a field and no file. Cost: a walk through the files.
    pub(super) fn locate(&self, place: &mut Place) {
        let Some(field) = place.field.as_deref().filter(|_| place.file.is_none() && place.object.is_none()) else {
            return;
        };
        let path = steps(field);
        if let Some((_, set)) = self.sets.iter().rev().find(|(known, _)| path.starts_with(known)) {
            place.file = Some(set.clone());
            return;
        }
        let found: Vec<_> = (0..self.layers.len()).map(|at| (self.follow(at, &path), at)).collect();
        // What is only there because a part of it was set was written there.
        let is_written = found.iter().any(|((depth, _), _)| *depth == path.len());
        let brings = |(known, _): &&(Vec<String>, String)| !is_written && known.starts_with(&path);
        if let Some((_, set)) = self.sets.iter().rev().find(brings) {
            place.file = Some(set.clone());
            return;
        }
        let found = found.into_iter();
        // Of equally deep ones the topmost, which is the last: that is the one that counts.
        if let Some(((1.., path), at)) = found.max_by_key(|((depth, _), _)| *depth) {
            place.file = Some(self.layers[at].file.clone());
            place.line = line_of(&self.layers[at].text, &path);
        }
    }

    /// How many steps of a path of the merged scenario a file has, and how the file itself would name the field.
    fn follow(&self, layer: usize, path: &[String]) -> (usize, String) {
        let (mut value, mut own, mut depth) = (&self.layers[layer].value, String::new(), 0);
        for (at, step) in path.iter().enumerate() {
            let position = step.parse::<usize>().ok().filter(|_| value.is_array());
            let position = position.map(|position| position.checked_sub(self.entries_below(layer, &path[..at])));
            let next = match position {
                Some(position) => position.and_then(|position| value.get(position)),
                None => value.get(step),
            };
            let Some(next) = next else { break };
            match position.flatten() {
                Some(position) => own.push_str(&format!("[{position}]")),
                None if own.is_empty() => own.push_str(step),
                None => own.push_str(&format!(".{step}")),
            }
            (value, depth) = (next, at + 1);
        }
        (depth, own)
    }

    /// How many entries of a list that is added to come from the files below.
    fn entries_below(&self, layer: usize, list: &[String]) -> usize {
        if !list.last().is_some_and(|name| ADDED_LISTS.contains(&name.as_str())) {
            return 0;
        }
        let length = |layer: &Layer| {
            let found = list.iter().try_fold(&layer.value, |value, key| value.get(key));
            found.and_then(Value::as_array).map_or(0, Vec::len)
        };
        self.layers[..layer].iter().map(length).sum()
    }
}

/// `a.b[0].c` and `a.b.0.c` alike.
fn steps(path: &str) -> Vec<String> {
    path.split(['.', '[', ']']).filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::documents::parse;

    const BASE: &str = "\
traffic:
  scale: 1
  patterns:
    - constant: {rate: 5}
services:
  web: {scv: 1}
";
    const TOP: &str = "\
extends: base.yaml
traffic:
  patterns:
    - constant:
        rate: 7
services:
  web:
    concurrency: 0
";

    fn place(field: &str) -> (Option<String>, Option<u32>) {
        let mut origins = Origins::default();
        for (file, text) in [("base.yaml", BASE), ("top.yaml", TOP)] {
            let Ok(value) = parse(text) else { panic!("{file} is no YAML") };
            origins.push_file(file.into(), text.into(), value);
        }
        for set in ["traffic.noise=-1", "services.wep.concurrency=4", "services.web.noise=4"] {
            origins.push_set(&Setting::parse(set).unwrap_or_else(|issue| panic!("{issue}")));
        }
        let mut place = Place { field: Some(field.into()), ..Place::default() };
        origins.locate(&mut place);
        (place.file, place.line)
    }

    #[test]
    fn a_field_is_where_it_was_written_last() {
        let at = |file: &str, line: u32| (Some(file.to_owned()), Some(line));
        assert_eq!(place("traffic.scale"), at("base.yaml", 2));
        assert_eq!(place("services.web.concurrency"), at("top.yaml", 8));
        assert_eq!(place("services.web.scv"), at("base.yaml", 6));
        assert_eq!(place("services.web.timeout"), at("top.yaml", 7), "where it would be");
    }

    #[test]
    fn entries_of_lists_that_are_added_to_are_counted_through() {
        assert_eq!(place("traffic.patterns[0].constant.rate").0.as_deref(), Some("base.yaml"));
        assert_eq!(place("traffic.patterns[1].constant.rate"), (Some("top.yaml".into()), Some(5)));
    }

    #[test]
    fn a_setting_of_the_command_line_is_its_own_place() {
        assert_eq!(place("traffic.noise"), (Some("--set traffic.noise=-1".into()), None));
        assert_eq!(place("duration"), (None, None));
        let new = Some("--set services.wep.concurrency=4".to_owned());
        assert_eq!(place("services.wep"), (new, None), "it is there because a part of it was set");
        assert_eq!(
            place("services.web"),
            (Some("top.yaml".into()), Some(7)),
            "a part of it was set, it is in the file"
        );
    }
}
