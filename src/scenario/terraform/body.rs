//! What Terraform files say, whatever their syntax: blocks and maps are alike, and what nobody knows before `terraform apply`
//! stays what stands there, with the reason.

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Given>),
    Map(Body),
    /// Not known.
    Unknown(Unknown),
}

/// Why there is no value, and what stands in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unknown {
    /// The expression; empty until somebody knows how it is written.
    pub(super) text: String,
    /// `data.aws_ami.eks` is known to the cloud only; empty where nobody asked.
    pub(super) why: String,
    /// Terraform would refuse it, other than a value that it does not know yet: `try` and `can` tell them apart.
    pub(super) is_error: bool,
}

/// A value and its line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) line: u32,
}

/// The attributes and blocks of a block, or the entries of a map, in order. A block that occurs twice is there twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body {
    pub(super) entries: Vec<(String, Given)>,
    /// What `dynamic` blocks would make: the name and the line.
    pub(super) dynamic: Vec<(String, u32)>,
}

/// A resource or a module.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    /// `aws_eks_node_group`, or `module`.
    pub(super) kind: String,
    /// Its label, or the key of its instance, else its name in the plan.
    pub(super) label: String,
    /// Its label as it is written, with which others refer to it.
    pub(super) resource: String,
    pub(super) body: Body,
    pub(super) file: String,
    pub(super) line: u32,
    /// What references see: the folder of a file, the module's address in a plan.
    pub(super) scope: String,
}

impl Declaration {
    /// `aws_autoscaling_group.workers`, `module.eks`.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.kind, self.label)
    }
}

impl Value {
    /// What is known by its text only.
    pub(super) fn unknown(text: impl Into<String>) -> Self {
        Value::Unknown(Unknown { text: text.into(), ..Unknown::default() })
    }
    /// A value that is not known yet, and why.
    pub(super) fn not_yet(why: impl Into<String>) -> Self {
        Value::Unknown(Unknown { why: why.into(), ..Unknown::default() })
    }
    /// What Terraform would refuse, and why.
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Value::Unknown(Unknown { why: why.into(), is_error: true, ..Unknown::default() })
    }
    /// A map of texts.
    pub(super) fn map(entries: impl IntoIterator<Item = (String, Value)>, line: u32) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key, Given { value, line })).collect();
        Value::Map(Body { entries, dynamic: Vec::new() })
    }
    /// A list, all of it at one line.
    pub(super) fn list(values: impl IntoIterator<Item = Value>, line: u32) -> Self {
        Value::List(values.into_iter().map(|value| Given { value, line }).collect())
    }
    /// Text, or a number as text, as Terraform converts it.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            _ => None,
        }
    }
    /// A whole number, or a text that is one, as Terraform converts it.
    pub(super) fn integer(&self) -> Option<i32> {
        match self {
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => Some(*number as i32),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Value::Bool(is) => Some(*is),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
    /// A list of texts without any expression.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        let Value::List(list) = self else { return None };
        list.iter().map(|given| given.value.text()).collect()
    }
    /// A map of texts without any expression.
    pub(super) fn pairs(&self) -> Option<Vec<(String, String)>> {
        let Value::Map(body) = self else { return None };
        body.entries.iter().map(|(key, given)| Some((key.clone(), given.value.text()?))).collect()
    }
    /// The first part of it that is not known.
    pub(super) fn gap(&self) -> Option<&Unknown> {
        match self {
            Value::Unknown(unknown) => Some(unknown),
            Value::List(list) => list.iter().find_map(|given| given.value.gap()),
            Value::Map(body) => body.entries.iter().find_map(|(_, given)| given.value.gap()),
            _ => None,
        }
    }
    /// The first expression in it that is not known, in words for people.
    pub(super) fn expression(&self) -> Option<&str> {
        self.gap().map(|unknown| unknown.text.as_str())
    }
    /// Why it is not known, as the end of a sentence: ` (...)`, or nothing.
    pub(super) fn because(&self) -> String {
        let why = self.gap().map_or("", |unknown| unknown.why.as_str());
        if why.is_empty() { String::new() } else { format!(" ({why})") }
    }
    /// How many plain values it is made of, at most `most`.
    pub(super) fn size(&self, most: usize) -> usize {
        let inner: &mut dyn Iterator<Item = &Given> = match self {
            Value::List(list) => &mut list.iter(),
            Value::Map(body) => &mut body.entries.iter().map(|(_, given)| given),
            Value::Text(text) => return (1 + text.len() / 64).min(most),
            _ => return 1,
        };
        let mut size = 1;
        for given in inner {
            if size >= most {
                break;
            }
            size += given.value.size(most - size);
        }
        size
    }
}

impl Given {
    fn at_line(&mut self, line: u32) {
        self.line = line;
        match &mut self.value {
            Value::List(list) => list.iter_mut().for_each(|given| given.at_line(line)),
            Value::Map(body) => body.at_line(line),
            _ => {}
        }
    }
}

impl Body {
    /// The value of a name; nothing for `null`.
    pub(super) fn get(&self, name: &str) -> Option<&Given> {
        let found = self.entries.iter().find(|(key, _)| key == name);
        found.map(|(_, given)| given).filter(|given| given.value != Value::Null)
    }
    /// The first of several names that has a value.
    pub(super) fn first(&self, names: &[&str]) -> Option<(&Given, String)> {
        names.iter().find_map(|name| self.get(name).map(|given| (given, (*name).to_owned())))
    }
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.value.text()
    }
    pub(super) fn integer(&self, name: &str) -> Option<i32> {
        self.get(name)?.value.integer()
    }
    /// The blocks of a name, which may be written as a map or as a list of maps too.
    pub(super) fn blocks<'a>(&'a self, name: &str) -> Vec<&'a Body> {
        let mut found = Vec::new();
        for (_, given) in self.entries.iter().filter(|(key, _)| key == name) {
            match &given.value {
                Value::Map(body) => found.push(body),
                Value::List(list) => found.extend(list.iter().filter_map(|given| match &given.value {
                    Value::Map(body) => Some(body),
                    _ => None,
                })),
                _ => {}
            }
        }
        found
    }
    /// All of it is said to stand at a line.
    pub(super) fn at_line(&mut self, line: u32) {
        for (_, given) in &mut self.entries {
            given.at_line(line);
        }
    }
    pub(super) fn block(&self, name: &str) -> Option<&Body> {
        self.blocks(name).into_iter().next()
    }
    /// What this body does not say, another one does.
    pub(super) fn over(&self, below: &Body) -> Body {
        let mut entries = self.entries.clone();
        entries.extend(below.entries.iter().filter(|(key, _)| self.get(key).is_none()).cloned());
        Body { entries, dynamic: [&self.dynamic[..], &below.dynamic[..]].concat() }
    }
}
