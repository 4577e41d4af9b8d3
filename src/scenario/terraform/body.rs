//! What Terraform files say, whatever their syntax: blocks and maps are alike, and what is not literal stays an expression.

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Given>),
    Map(Body),
    /// Not literal: its text.
    Expression(String),
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
    pub(super) body: Body,
    pub(super) file: String,
    pub(super) line: u32,
    /// What references see: the folder of a file, the module's address in a plan.
    pub(super) scope: String,
    /// It was planned or applied: everything is evaluated.
    pub(super) is_evaluated: bool,
}

impl Value {
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
    /// The first expression in it, in words for people.
    pub(super) fn expression(&self) -> Option<&str> {
        match self {
            Value::Expression(text) => Some(text),
            Value::List(list) => list.iter().find_map(|given| given.value.expression()),
            Value::Map(body) => body.entries.iter().find_map(|(_, given)| given.value.expression()),
            _ => None,
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
