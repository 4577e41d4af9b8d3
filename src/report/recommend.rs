//! Commitments that would pay, as `foresail recommend` prints them: a table, JSON, CSV.

use super::csv::{finish, number, record};
use super::format::{figure, half_width};
use super::screen::{cut, right, table as screen_table, wrapped};
use super::{AdvisedCommitment, Report, Unit};
use crate::units::counted;
use serde_json::json;
use std::fmt::Write;

/// What the rows mean, and what they do not.
const BASIS: &str = "Each row stands for itself: rows cover the same usage, and their savings do not add up. The simulated time \
                     stands for the whole term: growth and changes of price are not in it, nor is interest on what is paid \
                     upfront. What is committed to already has been taken off. Amounts are at most what was best for the \
                     replication at the fifth percentile.";

/// The answer for a terminal, without colours: at most 80 columns wide; `wide` has every column.
pub fn table(report: &Report, wide: bool) -> String {
    let (scenario, run) = (&report.scenario, &report.run);
    let mut text = String::new();
    let span = super::format::duration(scenario.duration_seconds);
    let replications = counted(run.replications as usize, "replication");
    let _ = writeln!(text, "{}", super::screen::shortened(&scenario.name));
    let _ = writeln!(text, "{}, {span}, {replications}, seed {}\n", scenario.region, run.seed);
    if report.commitment_advice.is_empty() {
        let words = "No commitment pays: what is paid for on demand is too little or too unsteady for any that is sold, or it \
                     is spot, or covered already.";
        wrapped(&mut text, "", words);
        return text;
    }
    let rows = report.commitment_advice.iter();
    let (heads, rows): (&[&str], Vec<Vec<String>>) = match wide {
        false => {
            (&["COMMITMENT", "AMOUNT", "TERM", "SAVES/MO", "", "RUNS", "USED", "FROM"], rows.map(narrow).collect())
        }
        true => (
            &[
                "COMMITMENT",
                "AMOUNT",
                "TERM",
                "UPFRONT",
                "SAVES/MO",
                "",
                "P5",
                "P95",
                "RUNS",
                "USED",
                "P5 USED",
                "FROM",
                "25% LESS",
                "50% LESS",
            ],
            rows.map(every).collect(),
        ),
    };
    let mut grid = screen_table(heads);
    grid.add_rows(rows);
    if let Some(mut grid) = right(grid) {
        for at in [1, 2, if wide { 5 } else { 4 }] {
            if let Some(column) = grid.column_mut(at) {
                column.set_cell_alignment(comfy_table::CellAlignment::Left);
            }
        }
        grid.column_iter_mut().for_each(|column| {
            column.set_padding((0, 1));
        });
        let _ = writeln!(text, "{}\n", grid.trim_fmt());
    }
    let heads = "SAVES/MO: USD in 730 hours, the mean with its 95 % interval. RUNS: in how many of the replications it saves. \
                 USED: how much of it is used. FROM: how much has to be used for it to pay.";
    wrapped(&mut text, "", heads);
    if wide {
        wrapped(&mut text, "", "25% LESS, 50% LESS: what it saves if so much less is used in every hour.");
    }
    if report.commitment_advice.iter().any(|row| row.is_estimated) {
        wrapped(&mut text, "", "~: at estimated rates.");
    }
    wrapped(&mut text, "", BASIS);
    text
}

/// What is bought, in a word or two.
fn called(kind: &str) -> &str {
    match kind {
        "ec2InstanceSavingsPlan" => "instance Savings Plan",
        "computeSavingsPlan" => "Compute Savings Plan",
        "regionalReservedInstance" => "Reserved Instances",
        "googleResource" => "resource-based CUD",
        "googleFlexible" => "flexible CUD",
        other => other,
    }
}

/// `3y all`: for how long, and how much of it upfront.
fn term(row: &AdvisedCommitment) -> String {
    let upfront = match row.payment.as_str() {
        "partialUpfront" => " half",
        "allUpfront" => " all",
        _ => "",
    };
    format!("{}{upfront}", row.term)
}

/// The amount without the words of its place, which the scenario has.
fn amount(row: &AdvisedCommitment) -> String {
    let place = row.what.split(" in ").nth(1).map(|region| format!(" in {region}")).unwrap_or_default();
    let amount = row.amount.strip_suffix(&place).unwrap_or(&row.amount);
    amount.replace(" an hour for ", "/h ").replace(" an hour", "/h")
}

fn narrow(row: &AdvisedCommitment) -> Vec<String> {
    let saving = &row.saving_usd_per_month;
    let mark = if row.is_estimated { "~" } else { "" };
    vec![
        called(&row.kind).to_owned(),
        cut(&amount(row), 17),
        term(row),
        format!("{mark}{}", figure(saving.mean, Unit::UsdPerMonth)),
        half_width(saving, Unit::UsdPerMonth),
        figure(row.saves, Unit::Ratio),
        figure(row.utilisation.mean, Unit::Ratio),
        figure(row.break_even, Unit::Ratio),
    ]
}

fn every(row: &AdvisedCommitment) -> Vec<String> {
    let usd = |value: f64| figure(value, Unit::UsdPerMonth);
    let saving = &row.saving_usd_per_month;
    let mark = if row.is_estimated { "~" } else { "" };
    let mut cells = vec![
        called(&row.kind).to_owned(),
        amount(row),
        term(row),
        if row.upfront_usd > 0.0 { usd(row.upfront_usd) } else { String::new() },
        format!("{mark}{}", usd(saving.mean)),
        half_width(saving, Unit::UsdPerMonth),
        usd(saving.p5),
        usd(saving.p95),
        figure(row.saves, Unit::Ratio),
        figure(row.utilisation.mean, Unit::Ratio),
        figure(row.utilisation.p5, Unit::Ratio),
        figure(row.break_even, Unit::Ratio),
    ];
    cells.extend(row.if_usage_falls.iter().map(|fall| usd(fall.saving_usd_per_month.mean)));
    cells
}

/// A record per row of the answer, with every figure.
pub fn csv(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let heads = [
        "kind",
        "what",
        "term",
        "payment",
        "amount",
        "usd_per_hour",
        "upfront_usd",
        "saving_usd_per_month",
        "saving_interval_low",
        "saving_interval_high",
        "saving_p5",
        "saving_p95",
        "saves_ratio",
        "utilisation",
        "utilisation_p5",
        "break_even_utilisation",
        "saving_if_25_percent_less",
        "saving_if_50_percent_less",
        "estimated",
    ];
    record(&mut writer, heads.map(str::to_owned));
    for row in &report.commitment_advice {
        let saving = &row.saving_usd_per_month;
        let end = |at: usize| saving.interval.map(|ends| number(ends[at])).unwrap_or_default();
        let fallen = |at: usize| row.if_usage_falls.get(at).map(|fall| number(fall.saving_usd_per_month.mean));
        let cells = [
            row.kind.clone(),
            row.what.clone(),
            row.term.clone(),
            row.payment.clone(),
            row.amount.clone(),
            number(row.usd_per_hour),
            number(row.upfront_usd),
            number(saving.mean),
            end(0),
            end(1),
            number(saving.p5),
            number(saving.p95),
            number(row.saves),
            number(row.utilisation.mean),
            number(row.utilisation.p5),
            number(row.break_even),
            fallen(0).unwrap_or_default(),
            fallen(1).unwrap_or_default(),
            row.is_estimated.to_string(),
        ];
        record(&mut writer, cells);
    }
    finish(writer)
}

/// An object with the rows as result.json has them, what they are about, and what may make them others.
///
/// Errors: what cannot be written as JSON; figures that are no numbers become `null`.
pub fn json(report: &Report) -> serde_json::Result<String> {
    let object = json!({
        "apiVersion": report.api_version,
        "kind": "CommitmentAdvice",
        "scenario": report.scenario,
        "run": report.run,
        "prices": report.prices,
        "basis": BASIS,
        "caveats": report.caveats,
        "commitments": report.commitment_advice,
    });
    Ok(serde_json::to_string_pretty(&object)? + "\n")
}
