//! What the VPA would recommend for recorded usage, as a table or for other programs.

use super::super::csv::{finish, record};
use super::super::format::{digits, requested, usd};
use crate::dry_run::vpa::Advice;
use crate::units::finite;
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle, presets};

/// For the terminal.
pub fn advice_terminal(rows: &[Advice]) -> String {
    advice_table(rows, presets::NOTHING)
}

/// As Markdown.
pub fn advice_markdown(rows: &[Advice]) -> String {
    advice_table(rows, presets::ASCII_MARKDOWN)
}

/// As CSV: cpu in milli-cores, memory in bytes; what is not known is empty.
pub fn advice_csv(rows: &[Advice]) -> String {
    let header = ["workload", "pods", "resource", "request", "lower", "target", "upper", "usd_per_month"];
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [String; 8]| record(&mut writer, cells);
    write(header.map(str::to_owned));
    for row in rows {
        for resource in &row.resources {
            write([
                row.name.clone(),
                row.replicas.to_string(),
                resource.resource.to_owned(),
                resource.request.map_or(String::new(), |amount| amount.to_string()),
                resource.lower_bound.to_string(),
                resource.target.to_string(),
                resource.upper_bound.to_string(),
                resource.difference_usd_per_month.map_or(String::new(), |usd| format!("{:.2}", finite(usd))),
            ]);
        }
    }
    finish(writer)
}

/// As JSON.
pub fn advice_json(rows: &[Advice]) -> String {
    let value = serde_json::json!({ "recommendations": rows });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

fn advice_table(rows: &[Advice], style: TableStyle) -> String {
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["workload", "pods", "resource", "request", "lower", "target", "upper", "change", "USD/month"]);
    for row in rows {
        for resource in &row.resources {
            let text = |amount: i64| requested(resource.resource, amount);
            let change = resource
                .request
                .filter(|request| *request > 0)
                .map(|request| format!("{:+.0}%", finite((resource.target as f64 / request as f64 - 1.0) * 100.0)));
            table.add_row([
                row.name.clone(),
                row.replicas.to_string(),
                resource.resource.to_owned(),
                resource.request.map_or("-".to_owned(), text),
                text(resource.lower_bound),
                text(resource.target),
                text(resource.upper_bound),
                change.unwrap_or_else(|| "-".to_owned()),
                resource.difference_usd_per_month.map_or("-".to_owned(), signed),
            ]);
        }
    }
    for column in (1..9).filter(|column| *column != 2) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{}\n", table.trim_fmt());
    for row in rows {
        if row.confidence_days < 1.0 {
            let hours = digits(row.confidence_days * 24.0);
            text += &format!("\n{}: {hours} h of samples count; with less than a day the bounds are wide\n", row.name);
        }
    }
    let known: Vec<f64> = rows.iter().filter_map(|row| row.difference_usd_per_month).collect();
    if !known.is_empty() {
        text += &format!("\nAll targets together: {} per month of 730 hours\n", signed(known.iter().sum()));
    }
    text
}

fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", usd(value)) } else { usd(value) }
}
