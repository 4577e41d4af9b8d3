//! `foresail explain FIELD`: what a field of a scenario is.

use super::Failure;
use super::completing::fields;
use super::streams::print;
use clap_complete::engine::ArgValueCompleter;
use foresail::scenario::{Field, explain};
use std::fmt::Write;

/// As `kubectl explain`: `foresail explain services.cpuPerRequest`. Lists and mappings may be named, numbered or passed by.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The field, as `--set` writes its path; without one, the fields of a scenario.
    #[arg(value_name = "FIELD", default_value = "", hide_default_value = true, add = ArgValueCompleter::new(fields))]
    field: String,
    /// The fields of fields too.
    #[arg(long)]
    recursive: bool,
}

/// Prints it.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let field = explain(&args.field, args.recursive)?;
    print(&text(&field, args.recursive))
}

fn text(field: &Field, recursive: bool) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| text += &format!("{:<10}{value}\n", format!("{name}:"));
    row("FIELD", if field.path.is_empty() { "(a scenario)" } else { &field.path });
    row("TYPE", &field.kind);
    field.unit.iter().for_each(|unit| row("UNIT", unit));
    if field.required {
        row("REQUIRED", "yes");
    }
    field.default.iter().for_each(|default| row("DEFAULT", default));
    field.example.iter().for_each(|example| row("EXAMPLE", &format!("{}: {example}", field.name)));
    let _ = write!(text, "\n{}\n", field.description);
    if !field.values.is_empty() {
        text += "\nVALUES:\n";
        let width = field.values.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, meaning) in &field.values {
            let _ = writeln!(text, "{}", format!("  {name:<width$}  {meaning}").trim_end());
        }
    }
    if !field.fields.is_empty() {
        text += "\nFIELDS:\n";
        match recursive {
            true => field.fields.iter().for_each(|below| tree(below, 1, &mut text)),
            false => list(&field.fields, &mut text),
        }
    }
    text
}

/// A line each: name, type, and the first sentence.
fn list(fields: &[Field], text: &mut String) {
    let names = fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    let kinds = fields.iter().map(|field| field.kind.len() + 2).max().unwrap_or(0);
    for field in fields {
        let kind = format!("<{}>", field.kind);
        let mark = if field.required { " (required)" } else { "" };
        let _ = writeln!(text, "  {:<names$}  {kind:<kinds$}  {}{mark}", field.name, field.description);
    }
}

fn tree(field: &Field, depth: usize, text: &mut String) {
    let _ = writeln!(text, "{}{} <{}>", "  ".repeat(depth), field.name, field.kind);
    field.fields.iter().for_each(|below| tree(below, depth + 1, text));
}
