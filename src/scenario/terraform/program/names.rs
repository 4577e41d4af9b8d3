//! What names mean in a module: variables, locals, modules, data sources, resources.

use super::{Instance, Place, Program, clouds, plain, types};
use crate::scenario::issue::Issue;
use crate::scenario::terraform::body::{Body, Unknown, Value};
use crate::scenario::terraform::eval::{Bound, Env, MOST, Names, Step, evaluate};
use std::rc::Rc;

/// Where no name means anything: files of values.
pub(super) struct Nothing;

impl Names for Nothing {
    fn find(&self, root: &str, _: &[Step]) -> (Value, usize) {
        (Value::refused(format!("`{root}` means nothing here")), 0)
    }
    fn enter(&self, _: usize) -> bool {
        true
    }
    fn leave(&self) {}
    fn file(&self, _: &str) -> Option<String> {
        None
    }
}

impl Names for Place<'_, '_> {
    fn find(&self, root: &str, steps: &[Step]) -> (Value, usize) {
        let Some(Step::Name(first)) = steps.first() else {
            return (Value::refused(format!("`{root}` means nothing alone")), 0);
        };
        match root {
            "var" => (self.asked("variable", first), 1),
            "local" => (self.asked("local", first), 1),
            "path" => (Value::Text(self.path(first)), 1),
            "terraform" => (Value::Text("default".to_owned()), 1),
            "module" => self.module(first, &steps[1..]),
            "data" => self.data(first, &steps[1..]),
            "each" | "count" | "self" => (Value::refused(format!("`{root}` means nothing here")), 0),
            kind => self.resource(kind, first, &steps[1..]),
        }
    }
    fn enter(&self, cost: usize) -> bool {
        self.program.enter(cost)
    }
    fn leave(&self) {
        self.program.depth.set(self.program.depth.get().saturating_sub(1));
    }
    fn file(&self, path: &str) -> Option<String> {
        let folder = format!("{}/", self.path("module"));
        let name = path.strip_prefix(&folder).unwrap_or(path).trim_start_matches("./");
        self.instance.module.texts.get(name).cloned()
    }
}

impl<'a> Place<'_, 'a> {
    fn path(&self, which: &str) -> String {
        let roots = &self.program.library.roots;
        let folder = if which == "module" { Some(&self.instance.module.folder) } else { roots.first() };
        let text = folder.map_or_else(String::new, |folder| folder.to_string_lossy().into_owned());
        if text.is_empty() { ".".to_owned() } else { text }
    }

    /// A variable or a local.
    fn asked(&self, kind: &str, name: &str) -> Value {
        match self.instance.module.find(&format!("{kind}.{name}"), self.source) {
            Some(at) => self.program.value(&self.instance, at),
            None => {
                let said = if kind == "variable" { "var" } else { kind };
                if let Some(value) = (kind == "variable").then(|| self.program.given(&self.instance, name)).flatten() {
                    return value;
                }
                Value::refused(format!("`{said}.{name}` is not declared"))
            }
        }
    }

    /// An output of a module, or all of them.
    fn module(&self, name: &str, steps: &[Step]) -> (Value, usize) {
        let unread = || Value::not_yet(format!("`module.{name}` is not on disk"));
        let Some(at) = self.instance.module.find(&format!("module.{name}"), self.source) else {
            return (Value::refused(format!("`module.{name}` is not declared")), 1);
        };
        if self.program.target(&self.instance, &self.instance.module.blocks[at]).is_none() {
            return (unread(), 1);
        }
        let children = match self.program.children(&self.instance, at) {
            Ok(children) => children,
            Err(unknown) => return (Value::Unknown(Unknown { text: String::new(), ..unknown }), 1),
        };
        let child = |id: usize| self.program.instances.borrow()[id].clone();
        if let [(Value::Null, only)] = children.as_slice() {
            return match steps.first() {
                Some(Step::Name(output)) => (self.program.output(&child(*only), output), 2),
                _ => (self.program.outputs(&child(*only)), 1),
            };
        }
        if let (Some(Step::Index(key)), Some(Step::Name(output))) = (steps.first(), steps.get(1)) {
            let found = children.iter().find(|(known, _)| known.text().is_some() && known.text() == key.text());
            return match (found, key) {
                (Some((_, id)), _) => (self.program.output(&child(*id), output), 3),
                (None, Value::Unknown(_)) => (key.clone(), 3),
                (None, _) => (Value::refused(format!("`module.{name}` has no such instance")), 3),
            };
        }
        let all = children.iter().map(|(key, id)| (key, self.program.outputs(&child(*id))));
        let is_numbered = children.iter().all(|(key, _)| matches!(key, Value::Number(_)));
        if is_numbered {
            return (Value::List(all.map(|(_, value)| plain(value)).collect()), 1);
        }
        (Value::map(all.map(|(key, value)| (key.text().unwrap_or_default(), value)), 1), 1)
    }

    fn data(&self, kind: &str, steps: &[Step]) -> (Value, usize) {
        let Some(Step::Name(name)) = steps.first() else {
            return (Value::refused(format!("`data.{kind}` means nothing alone")), 1);
        };
        // `[0]` of a data source with a count answers as the source itself.
        let is_indexed = matches!(steps.get(1), Some(Step::Index(_)));
        let attribute = steps.get(if is_indexed { 2 } else { 1 });
        let used = if is_indexed { 4 } else { 3 };
        if let Some(Step::Name(attribute)) = attribute {
            let region = self.program.region(&self.instance);
            if let Some((answer, is_assumed)) = clouds::answer(kind, attribute, region.as_deref()) {
                if is_assumed {
                    let message = "the region is taken to have three zones, a, b and c";
                    let help = "give nodeGroups.NAME.zones where a group has others";
                    let issue = Issue::note(format!("data.{kind}.{name}"), message).with_help(help);
                    let file = self.instance.module.sources[self.source].name.clone();
                    self.program.say_once(issue.in_file(file, None));
                }
                return (answer, used);
            }
        }
        let written = match attribute {
            Some(Step::Name(attribute)) => format!("data.{kind}.{name}.{attribute}"),
            _ => format!("data.{kind}.{name}"),
        };
        (Value::not_yet(format!("`{written}` is known to the cloud only")), used.min(steps.len() + 1))
    }

    /// What a resource is configured with is known; the rest of it the cloud says.
    fn resource(&self, kind: &str, name: &str, steps: &[Step]) -> (Value, usize) {
        let Some(at) = self.instance.module.find(&format!("{kind}.{name}"), self.source) else {
            return (Value::refused(format!("`{kind}.{name}` is not declared")), 1);
        };
        let index = match steps.first() {
            Some(Step::Index(index)) => Some(index),
            _ => None,
        };
        let key = index.and_then(Value::text).map_or_else(String::new, |key| format!("[\"{key}\"]"));
        let Some(Step::Name(attribute)) = steps.get(usize::from(index.is_some())) else {
            let text = format!("{kind}.{name}{key}");
            let why = format!("`{text}` is known after apply");
            return (Value::Unknown(Unknown { text, why, is_error: false }), steps.len() + 1);
        };
        let text = format!("{kind}.{name}{key}.{attribute}");
        let used = 2 + usize::from(index.is_some());
        let block = &self.instance.module.blocks[at];
        let Some((source, value)) = block.attribute(attribute) else {
            let why = format!("`{text}` is known after apply");
            return (Value::Unknown(Unknown { text, why, is_error: false }), steps.len() + 1);
        };
        let is_repeated = block.attribute("for_each").is_some() || block.attribute("count").is_some();
        let turns = is_repeated.then(|| self.program.times(&self.instance, at));
        let turn = match (&turns, index) {
            (Some(super::Times::Turns(turns)), Some(index)) => {
                turns.iter().find(|turn| turn.key.text() == index.text())
            }
            _ => None,
        };
        let bound = turn.map(|turn| Bound { name: turn.name, value: turn.value.clone(), next: None });
        let place = Place { program: self.program, instance: self.instance.clone(), source };
        let source = &self.instance.module.sources[source];
        (evaluate(value, &Env { names: &place, source, bound: bound.as_ref() }), used)
    }
}

impl<'a> Program<'a> {
    /// Takes what a copy costs; whether that is left.
    fn pay(&self, size: usize) -> bool {
        let is_left = self.enter(size);
        self.depth.set(self.depth.get().saturating_sub(1));
        is_left
    }

    /// The value of a local, a variable or an output.
    fn value(&self, of: &Rc<Instance<'a>>, at: usize) -> Value {
        let block = &of.module.blocks[at];
        let size = |value: &Option<Value>| value.as_ref().map(|value| value.size(MOST));
        let known = of.memo.borrow().get(&at).map(size);
        match known {
            Some(Some(size)) => {
                // It is paid for before it is copied.
                let copied = || of.memo.borrow().get(&at).cloned().flatten();
                let value = if self.pay(size) { copied() } else { None };
                return value.unwrap_or_else(|| Value::not_yet("evaluating it takes too long"));
            }
            Some(None) => {
                let name = if block.kind == "variable" { format!("var.{}", block.labels[0]) } else { block.key() };
                let why = format!("`{name}` hangs on itself");
                let file = of.source(block).name.clone();
                self.say_once(
                    Issue::error(name, "hangs on itself: Terraform calls it a cycle").in_file(file, Some(block.line)),
                );
                return Value::refused(why);
            }
            None => {}
        }
        of.memo.borrow_mut().insert(at, None);
        let value = match block.kind {
            "variable" => self.variable(of, at),
            _ => self.attribute(of, at, "value").unwrap_or(Value::Null),
        };
        // What is asked for is called by the name that asks.
        let value = match value {
            Value::Unknown(unknown) => Value::Unknown(Unknown { text: String::new(), ..unknown }),
            known => known,
        };
        if !self.pay(value.size(MOST)) {
            return Value::not_yet("evaluating it takes too long");
        }
        of.memo.borrow_mut().insert(at, Some(value.clone()));
        value
    }

    /// An attribute of a block that is there once.
    fn attribute(&self, of: &Rc<Instance<'a>>, at: usize, name: &str) -> Option<Value> {
        let (source, value) = of.module.blocks[at].attribute(name)?;
        let place = Place { program: self, instance: of.clone(), source };
        Some(evaluate(value, &Env { names: &place, source: &of.module.sources[source], bound: None }))
    }

    /// What the caller says, or whoever gives values to the root; else the default.
    fn variable(&self, of: &Rc<Instance<'a>>, at: usize) -> Value {
        let block = &of.module.blocks[at];
        let name = &block.labels[0];
        let own = match &of.call {
            None => self.given(of, name),
            Some((caller, call, turn)) => {
                let caller = self.instances.borrow()[*caller].clone();
                let written = caller.module.blocks[*call].attribute(name);
                written.map(|(source, value)| {
                    let place = Place { program: self, instance: caller.clone(), source };
                    let source = &caller.module.sources[source];
                    let bound =
                        turn.as_ref().map(|turn| Bound { name: turn.name, value: turn.value.clone(), next: None });
                    evaluate(value, &Env { names: &place, source, bound: bound.as_ref() })
                })
            }
        };
        let is_nullable = || self.attribute(of, at, "nullable").and_then(|is| is.boolean()) != Some(false);
        let own = own.filter(|value| *value != Value::Null || is_nullable());
        let value = own.or_else(|| self.attribute(of, at, "default"));
        let Some(value) = value else {
            return Value::not_yet(format!("`var.{name}` has no default and is given no value"));
        };
        let Some((source, kind)) = block.attribute("type") else { return value };
        let place = Place { program: self, instance: of.clone(), source };
        types::converted(value, kind, &Env { names: &place, source: &of.module.sources[source], bound: None })
    }

    fn output(&self, of: &Rc<Instance<'a>>, name: &str) -> Value {
        match of.module.find(&format!("output.{name}"), 0) {
            Some(at) => self.value(of, at),
            None => Value::refused(format!("the module has no output `{name}`")),
        }
    }

    fn outputs(&self, of: &Rc<Instance<'a>>) -> Value {
        let names: Vec<&str> = of.module.names("output.").collect();
        let entries = names.into_iter().map(|name| (name.to_owned(), plain(self.output(of, name)))).collect();
        Value::Map(Body { entries, dynamic: Vec::new() })
    }

    /// The region of the provider, of the module or of one around it; else the scenario's.
    fn region(&self, of: &Rc<Instance<'a>>) -> Option<String> {
        if let Some(known) = self.regions.borrow().get(&of.id) {
            return known.clone();
        }
        // A region that a data source gives must not ask for the region again.
        self.regions.borrow_mut().insert(of.id, None);
        let found = self.look_for_region(of);
        self.regions.borrow_mut().insert(of.id, found.clone());
        found
    }

    fn look_for_region(&self, of: &Rc<Instance<'a>>) -> Option<String> {
        let own = ["provider.aws", "provider.google"].iter().find_map(|name| {
            let at = of.module.find(name, 0)?;
            self.attribute(of, at, "region")?.text()
        });
        let caller = || of.call.as_ref().map(|(caller, ..)| self.instances.borrow()[*caller].clone());
        own.or_else(|| caller().and_then(|caller| self.region(&caller))).or_else(|| self.region.clone())
    }
}
