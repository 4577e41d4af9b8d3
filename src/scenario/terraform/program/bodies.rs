//! Blocks, evaluated: attributes, blocks within them, and what `dynamic` makes.

use crate::scenario::terraform::body::{Body, Given, Value};
use crate::scenario::terraform::eval::{Bound, Env, evaluate, given, rows};
use hcl_edit::Span;
use hcl_edit::structure::{Block, Body as HclBody, Structure};

/// What a block holds. A block that occurs twice is there twice.
pub(super) fn body(written: &HclBody, env: &Env<'_>) -> Body {
    let mut read = Body::default();
    for structure in written.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                let line = env.source.line(attribute.span());
                let value = given(&attribute.value, env).value;
                read.entries.push((attribute.key.as_str().to_owned(), Given { value, line }));
            }
            Structure::Block(block) => match (block.ident.as_str(), block.labels.first()) {
                ("dynamic", Some(label)) => dynamic(label.as_str(), block, env, &mut read),
                (name, _) => {
                    let value = Value::Map(body(&block.body, env));
                    read.entries.push((name.to_owned(), Given { value, line: env.source.line(block.span()) }));
                }
            },
        }
    }
    read
}

/// The blocks that `for_each` asks for; where it is not known, only that there may be some.
fn dynamic(name: &str, block: &Block, env: &Env<'_>, read: &mut Body) {
    let line = env.source.line(block.span());
    let content = block.body.get_blocks("content").next();
    let wanted = block.body.get_attribute("for_each").map(|wanted| evaluate(&wanted.value, env));
    let (Some(content), Some(Ok(wanted))) = (content, wanted.map(rows)) else {
        read.dynamic.push((name.to_owned(), line));
        return;
    };
    let iterator = block.body.get_attribute("iterator").map(|one| one.value.to_string());
    let iterator = iterator.as_deref().map_or(name, str::trim);
    for (key, given) in wanted {
        let value = Value::map([("key".to_owned(), key), ("value".to_owned(), given.value)], line);
        let bound = Bound { name: iterator, value, next: env.bound };
        let made = Value::Map(body(&content.body, &env.with(&bound)));
        read.entries.push((name.to_owned(), Given { value: made, line }));
    }
}
