//! Modules in use: instances of them, what names mean in each, and what they declare.
//!
//! Locals, variables and outputs are evaluated when somebody asks, once; what asks for itself is a cycle, which is said.
//! Deliberately not here: what the declarations mean.
//!
//! Start reading at [`Program::declarations`].

mod bodies;
mod clouds;
mod names;
mod turns;
mod types;

pub(super) use turns::MOST as MOST_INSTANCES;

use super::body::{Body, Declaration, Given, Unknown, Value};
use super::configuration::{Block, Content, Module};
use super::eval::{Bound, DEEPEST, Env, evaluate};
use super::library::Library;
use super::unread::{cut, unread_block};
use crate::scenario::issue::{Issue, Issues};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use turns::{Times, Turn};

/// What evaluation may cost: steps and copied values.
const FUEL: u64 = 2_000_000;
/// Modules within modules.
const DEEPEST_MODULE: usize = 20;
/// Instances of modules in all.
const MOST_MODULES: usize = 10_000;

/// What is evaluated, and how far that has come.
pub(super) struct Program<'a> {
    library: &'a Library,
    /// The region of the scenario, where it says one.
    region: Option<String>,
    /// Regions of instances of modules, by their numbers; none while one is looked for.
    regions: RefCell<BTreeMap<usize, Option<String>>>,
    /// Values that the scenario gives.
    given: &'a BTreeMap<String, Value>,
    instances: RefCell<Vec<Rc<Instance<'a>>>>,
    fuel: Cell<u64>,
    depth: Cell<u32>,
    issues: RefCell<Issues>,
    /// What was said already.
    told: RefCell<BTreeSet<String>>,
}

/// A module in use.
struct Instance<'a> {
    id: usize,
    module: &'a Module,
    /// Where it stands: `module.a["x"].`.
    address: String,
    /// The key of the instance, which its resources are called after.
    label: Option<String>,
    depth: usize,
    /// Who calls it, with which block, for which turn.
    call: Option<(usize, usize, Option<Turn>)>,
    /// Values of locals, variables and outputs by their blocks; nothing while one is evaluated.
    memo: RefCell<BTreeMap<usize, Option<Value>>>,
    /// Instances of the modules that it calls, by the blocks; nothing while they are made.
    children: RefCell<BTreeMap<usize, Option<Children>>>,
}

type Children = Result<Rc<Vec<(Value, usize)>>, Unknown>;

/// A place in a file of an instance: whoever stands there knows what names mean.
struct Place<'p, 'a> {
    program: &'p Program<'a>,
    instance: Rc<Instance<'a>>,
    source: usize,
}

impl<'a> Program<'a> {
    /// Nothing is evaluated yet.
    pub(super) fn new(library: &'a Library, region: Option<&str>, given: &'a BTreeMap<String, Value>) -> Self {
        Program {
            library,
            region: region.map(str::to_owned),
            regions: RefCell::default(),
            given,
            instances: RefCell::default(),
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            issues: RefCell::default(),
            told: RefCell::default(),
        }
    }

    /// Resources, providers and modules that are not on disk, all evaluated; `counts` says which of them matter. What is wrong goes to
    /// `issues`. Cost: bounded.
    pub(super) fn declarations(&self, counts: &dyn Fn(&Block) -> bool, issues: &mut Issues) -> Vec<Declaration> {
        let mut found = Vec::new();
        for root in &self.library.roots {
            let Some(module) = self.library.modules.get(root) else { continue };
            let root = self.instance(module, None);
            self.declare(&root, counts, &mut found);
        }
        issues.absorb(self.issues.take(), |_| ());
        found
    }

    fn instance(&self, module: &'a Module, call: Option<(&Instance<'a>, usize, Option<Turn>)>) -> Rc<Instance<'a>> {
        let (mut address, mut label, mut depth) = (String::new(), None, 0);
        if let Some((caller, block, turn)) = &call {
            let name = &caller.module.blocks[*block].labels[0];
            let key = turn.as_ref().map(|turn| turn.label(name, 1));
            address = format!(
                "{}module.{name}{}.",
                caller.address,
                key.as_ref().map_or(String::new(), |key| format!("[{key}]"))
            );
            label = key.filter(|_| turn.as_ref().is_some_and(|turn| turn.name == "each"));
            label = label.or_else(|| caller.label.clone());
            depth = caller.depth + 1;
        }
        let mut instances = self.instances.borrow_mut();
        let id = instances.len();
        let call = call.map(|(caller, block, turn)| (caller.id, block, turn));
        let (memo, children) = (RefCell::default(), RefCell::default());
        let made = Rc::new(Instance { id, module, address, label, depth, call, memo, children });
        instances.push(made.clone());
        made
    }

    fn declare(&self, of: &Rc<Instance<'a>>, counts: &dyn Fn(&Block) -> bool, found: &mut Vec<Declaration>) {
        for (at, block) in of.module.blocks.iter().enumerate() {
            let is_on_disk = block.kind == "module" && self.target(of, block).is_some();
            if is_on_disk {
                match self.children(of, at) {
                    Ok(children) => children.iter().for_each(|(_, child)| {
                        let child = self.instances.borrow()[*child].clone();
                        self.declare(&child, counts, found);
                    }),
                    Err(unknown) => self.say_module(of, block, &unknown),
                }
            } else if counts(block) {
                self.declare_block(of, at, found);
            }
        }
    }

    fn say_module(&self, of: &Instance<'a>, block: &Block, unknown: &Unknown) {
        let whole = self.bare(of, block);
        let text = if unknown.text.is_empty() { "what it says" } else { &unknown.text };
        let why = format!("`{}` is not evaluated{}", cut(text), Value::Unknown(unknown.clone()).because());
        self.say(unread_block(&whole, &whole.name(), &why));
    }

    /// A block in each of its turns.
    fn declare_block(&self, of: &Rc<Instance<'a>>, at: usize, found: &mut Vec<Declaration>) {
        let block = &of.module.blocks[at];
        let bare = self.bare(of, block);
        let place = |name: &str| {
            block.attribute(name).map(|(source, value)| of.module.sources[source].line(hcl_edit::Span::span(value)))
        };
        let put = |issue: Issue, name: &str| issue.in_file(bare.file.clone(), place(name));
        match self.times(of, at) {
            Times::Once => found.push(self.declaration(of, block, None, 1)),
            Times::Turns(turns) if turns.is_empty() => {
                let name = if block.attribute("count").is_some() { "count` is 0" } else { "for_each` is empty" };
                let key = if block.attribute("count").is_some() { "count" } else { "for_each" };
                if !["data", "provider"].contains(&block.kind) {
                    self.say(put(Issue::note(bare.name(), format!("its `{name}: it is not there")), key));
                }
            }
            Times::Turns(turns) => {
                let count = turns.len();
                found.extend(turns.iter().map(|turn| self.declaration(of, block, Some(turn), count)));
            }
            Times::Unknown("count", unknown) => {
                let because = Value::Unknown(unknown.clone()).because();
                let message =
                    format!("`count = {}` is not evaluated: it is taken to be there once{because}", cut(&unknown.text));
                self.say(put(Issue::warning(bare.name(), message), "count"));
                found.push(self.declaration(of, block, Some(&Turn::numbered(0)), 1));
            }
            Times::Unknown(name, unknown) => {
                let because = Value::Unknown(unknown.clone()).because();
                let why = format!("`{name} = {}` is not evaluated{because}", cut(&unknown.text));
                self.say(put(unread_block(&bare, &bare.name(), &why), name));
            }
            Times::TooMany(name, count) => {
                let message = format!("`{name}` asks for {count} instances, expected at most {MOST_INSTANCES}");
                self.say(put(Issue::error(bare.name(), message), name));
            }
        }
    }

    /// A declaration of which nothing is known but its place.
    fn bare(&self, of: &Instance<'a>, block: &Block) -> Declaration {
        let label = block.labels.last().cloned().unwrap_or_default();
        let kind = if block.kind == "resource" { block.labels[0].clone() } else { block.kind.to_owned() };
        Declaration {
            kind,
            resource: label.clone(),
            label,
            body: Body::default(),
            file: of.module.sources[block.source].name.clone(),
            line: block.line,
            scope: format!("{}/{}", of.module.folder.display(), of.address),
        }
    }

    fn declaration(&self, of: &Rc<Instance<'a>>, block: &Block, turn: Option<&Turn>, count: usize) -> Declaration {
        let mut declaration = self.bare(of, block);
        let own = turn.map(|turn| turn.label(&declaration.label, count));
        let is_keyed = turn.is_some_and(|turn| turn.name == "each");
        // An instance of a module names what is in it, unless that has a key of its own.
        declaration.label = match (&of.label, own) {
            (Some(label), _) if !is_keyed && block.kind == "resource" => label.clone(),
            (_, Some(own)) => own,
            _ => declaration.label,
        };
        declaration.body = self.body(of, block, turn);
        declaration
    }

    /// What a block holds, with what override files say instead.
    fn body(&self, of: &Rc<Instance<'a>>, block: &Block, turn: Option<&Turn>) -> Body {
        let bound = turn.map(|turn| Bound { name: turn.name, value: turn.value.clone(), next: None });
        let in_file = |source: usize, written: &hcl_edit::structure::Body| {
            let place = Place { program: self, instance: of.clone(), source };
            let source = &of.module.sources[source];
            let mut body = bodies::body(written, &Env { names: &place, source, bound: bound.as_ref() });
            if source.is_json {
                body.at_line(block.line);
            }
            body
        };
        let Content::Body(written) = &block.content else { return Body::default() };
        let mut body = in_file(block.source, written);
        for (source, written) in &block.overrides {
            let mut over = in_file(*source, written);
            over.at_line(block.line);
            body.entries.retain(|(name, _)| over.entries.iter().all(|(other, _)| other != name));
            body.entries.append(&mut over.entries);
        }
        body
    }

    /// How often a block is there.
    fn times(&self, of: &Rc<Instance<'a>>, at: usize) -> Times {
        let block = &of.module.blocks[at];
        let value = |name: &str| {
            block.attribute(name).map(|(source, value)| {
                let place = Place { program: self, instance: of.clone(), source };
                evaluate(value, &Env { names: &place, source: &of.module.sources[source], bound: None })
            })
        };
        if let Some(rows) = value("for_each") {
            return turns::each(rows);
        }
        value("count").map_or(Times::Once, turns::counted)
    }

    /// The module on disk that a block calls.
    fn target(&self, of: &Instance<'a>, block: &Block) -> Option<&'a Module> {
        let folder = of.module.target(block.literal("source")?)?;
        self.library.modules.get(&folder)
    }

    /// The instances of a module on disk that a block calls: their keys and numbers.
    fn children(&self, of: &Rc<Instance<'a>>, at: usize) -> Children {
        let block = &of.module.blocks[at];
        let name = format!("module.{}", block.labels[0]);
        let refused = |why: String| Unknown { text: name.clone(), why, is_error: true };
        if let Some(known) = of.children.borrow().get(&at) {
            return known.clone().unwrap_or_else(|| Err(refused(format!("`{name}` hangs on itself"))));
        }
        of.children.borrow_mut().insert(at, None);
        let made = self.made(of, at, &refused);
        if let Some(unknown) = made.as_ref().err().filter(|unknown| unknown.is_error) {
            let issue = Issue::error(name, unknown.why.clone());
            self.say_once(issue.in_file(of.module.sources[block.source].name.clone(), Some(block.line)));
        }
        of.children.borrow_mut().insert(at, Some(made.clone()));
        made
    }

    fn made(&self, of: &Rc<Instance<'a>>, at: usize, refused: &dyn Fn(String) -> Unknown) -> Children {
        let block = &of.module.blocks[at];
        let Some(module) = self.target(of, block) else { return Ok(Rc::default()) };
        if of.depth >= DEEPEST_MODULE {
            return Err(refused(format!("modules are nested more than {DEEPEST_MODULE} deep")));
        }
        let turns: Vec<Option<Turn>> = match self.times(of, at) {
            Times::Once => vec![None],
            Times::Turns(turns) => turns.into_iter().map(Some).collect(),
            Times::Unknown("count", unknown) => {
                self.say_count(of, block, &unknown);
                vec![Some(Turn::numbered(0))]
            }
            Times::Unknown(_, unknown) => return Err(Unknown { is_error: false, ..unknown }),
            Times::TooMany(name, count) => {
                return Err(refused(format!("`{name}` asks for {count} instances, expected at most {MOST_INSTANCES}")));
            }
        };
        if self.instances.borrow().len() + turns.len() > MOST_MODULES {
            return Err(refused(format!("there are more than {MOST_MODULES} instances of modules")));
        }
        let child = |turn: Option<Turn>| {
            let key = turn.as_ref().map_or(Value::Null, |turn| turn.key.clone());
            (key, self.instance(module, Some((&**of, at, turn))).id)
        };
        Ok(Rc::new(turns.into_iter().map(child).collect()))
    }

    fn say_count(&self, of: &Instance<'a>, block: &Block, unknown: &Unknown) {
        let bare = self.bare(of, block);
        let message = format!("`count = {}` is not evaluated: it is taken to be there once", cut(&unknown.text));
        self.say(Issue::warning(bare.name(), message).in_file(bare.file, Some(bare.line)));
    }

    fn say(&self, issue: Issue) {
        self.issues.borrow_mut().push(issue);
    }

    fn say_once(&self, issue: Issue) {
        if self.told.borrow_mut().insert(issue.to_string()) {
            self.say(issue);
        }
    }

    /// Values that a root module is given: by files in its folder, by files that are named, by the scenario.
    fn given(&self, of: &Instance<'a>, name: &str) -> Option<Value> {
        if let Some(value) = self.given.get(name) {
            return Some(value.clone());
        }
        let counts = |folder: &Option<std::path::PathBuf>| {
            folder.as_deref().is_none_or(|folder: &Path| folder == of.module.folder)
        };
        // Files that are named come after those of the folder.
        let named = self.library.values.iter().filter(|(folder, ..)| folder.is_none());
        let beside = self.library.values.iter().filter(|(folder, ..)| folder.is_some());
        let all: Vec<_> = beside.chain(named).filter(|(folder, ..)| counts(folder)).collect();
        all.into_iter().rev().find_map(|(_, source, body)| {
            let value = &body.get_attribute(name)?.value;
            Some(evaluate(value, &Env { names: &names::Nothing, source, bound: None }))
        })
    }

    /// Goes a level deeper, for a price.
    fn enter(&self, cost: usize) -> bool {
        self.depth.set(self.depth.get() + 1);
        let left = self.fuel.get().saturating_sub(cost as u64);
        self.fuel.set(left);
        let is_deep = self.depth.get() > DEEPEST;
        if left == 0 || is_deep {
            let what = if is_deep {
                "expressions hang on each other too deeply"
            } else {
                "evaluating them takes too many steps"
            };
            let limit = if is_deep { format!("{DEEPEST} levels") } else { format!("{FUEL} steps") };
            let issue = Issue::error("", format!("{what}: expected at most {limit}"));
            let help = "give the output of `terraform show -json`, where all is evaluated";
            let file = self.instances.borrow().first().map(|first| first.module.folder.to_string_lossy().into_owned());
            self.say_once(issue.with_help(help).in_file(file.unwrap_or_default(), None));
            return false;
        }
        true
    }
}

impl<'a> Instance<'a> {
    fn source(&self, block: &Block) -> &'a super::source::Source {
        &self.module.sources[block.source]
    }
}

/// A value with the line of nothing in particular.
fn plain(value: Value) -> Given {
    Given { value, line: 1 }
}
