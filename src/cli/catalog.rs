//! `foresail catalog`: the price list.

use super::Failure;
use super::streams::{print, tell};
use foresail::market::{Architecture, Catalog, PriceBook, Provider};
use foresail::report::catalog::{self, Question, Section, Sort};
use foresail::scenario::issue::{Issue, Issues};
use foresail::scenario::{Sources, read_price_file};
use foresail::units::Quantity;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// What things cost where, from which source, of which day: machine types, items, managed services.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// `types`, `items`, `managed` or `regions`, and parts of names; or whole names: m5.large, nat_gateway_gb,
    /// rds-postgres/db.m5.large
    #[arg(value_name = "WHAT|NAME", required = true)]
    words: Vec<String>,
    /// Where (repeatable); else everywhere for whole names, and us-east-1 and us-central1 for parts of names
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// One provider's only
    #[arg(long, value_enum)]
    provider: Option<Cloud>,
    /// Machine types with so many vCPUs: 4, 4..8, 4.., ..8
    #[arg(long, value_name = "N|RANGE")]
    vcpu: Option<String>,
    /// Machine types with so much memory: 16Gi, 8Gi..16Gi
    #[arg(long, value_name = "QUANTITY|RANGE")]
    memory: Option<String>,
    /// Machine types with so many accelerators
    #[arg(long, value_name = "N|RANGE")]
    gpu: Option<String>,
    /// Machine types with this instruction set
    #[arg(long, value_enum)]
    arch: Option<Arch>,
    /// The order of rows
    #[arg(long, value_enum, default_value = "name")]
    sort: Order,
    /// At the negotiated prices of a file (YAML or CSV, as `prices` in a scenario)
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Output format
    #[arg(short = 'o', long = "output", value_enum, default_value = "table")]
    output: Output,
}

const EXAMPLES: &str = "Examples:
  foresail catalog m5.large --region us-east-1
  foresail catalog types --vcpu 4 --memory 16Gi --arch arm64 --region eu-west-1 --sort price
  foresail catalog items nat --region eu-central-1
  foresail catalog managed postgres -o csv
  foresail catalog m5.large --prices contract.yaml

~ before a price: estimated; the sources below the table say how.";

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    Table,
    Json,
    Csv,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Cloud {
    Aws,
    Gcp,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Arch {
    Amd64,
    Arm64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Order {
    Name,
    Price,
    Spot,
    Vcpu,
    Memory,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut issues = Issues::new();
    let number = |text: &str| text.parse::<f64>().ok();
    let gib = |text: &str| text.parse::<Quantity>().ok().map(|size| size.as_f64() / (1_u64 << 30) as f64);
    let mut range = |flag: &str, text: &Option<String>, read: &dyn Fn(&str) -> Option<f64>| {
        let text = text.as_ref()?;
        let found = range(text, read);
        if found.is_none() {
            let message = format!("found `{text}`, expected an amount or a range such as 4, 4..8, 4.., ..8");
            issues.push(Issue::error(flag, message));
        }
        found
    };
    let (section, words) = section(&args.words);
    let question = Question {
        section,
        words: words.to_vec(),
        regions: args.region.clone(),
        provider: args.provider.map(|cloud| match cloud {
            Cloud::Aws => Provider::Aws,
            Cloud::Gcp => Provider::Gcp,
        }),
        vcpu: range("--vcpu", &args.vcpu, &number),
        memory_gib: range("--memory", &args.memory, &gib),
        gpus: range("--gpu", &args.gpu, &number),
        architecture: args.arch.map(|arch| match arch {
            Arch::Amd64 => Architecture::Amd64,
            Arch::Arm64 => Architecture::Arm64,
        }),
        sort: match args.sort {
            Order::Name => Sort::Name,
            Order::Price => Sort::Price,
            Order::Spot => Sort::Spot,
            Order::Vcpu => Sort::Vcpu,
            Order::Memory => Sort::Memory,
        },
    };
    let region = args.region.first().map_or("us-east-1", String::as_str);
    let book = args.prices.as_ref().map(|file| read_price_file(Sources::Disk, file, region));
    let book = match book.transpose() {
        Ok(book) => book,
        Err(wrong) => {
            issues.absorb(wrong, |_| ());
            None
        }
    };
    if issues.has_errors() {
        return Err(Failure::Input(issues));
    }
    if let Some((_, said)) = &book {
        said.iter().for_each(tell);
    }
    let prices: &dyn PriceBook = book.as_ref().map_or(Catalog::shipped(), |(book, _)| book);
    let rows = question.answer(prices).map_err(Failure::Input)?;
    print(&match args.output {
        Output::Table => catalog::table(&rows),
        Output::Json => catalog::json(&rows),
        Output::Csv => catalog::csv(&rows),
    })
}

/// The part of the list that the first word names, and the other words.
fn section(words: &[String]) -> (Option<Section>, &[String]) {
    let named = match words.first().map(String::as_str) {
        Some("types") => Section::Types,
        Some("items") => Section::Items,
        Some("managed") => Section::Managed,
        Some("regions") => Section::Regions,
        _ => return (None, words),
    };
    (Some(named), &words[1..])
}

/// `4`, `4..8`, `4..`, `..8`; ends belong to it.
fn range(text: &str, read: &dyn Fn(&str) -> Option<f64>) -> Option<RangeInclusive<f64>> {
    let Some((from, until)) = text.split_once("..") else {
        let only = read(text)?;
        return Some(only..=only);
    };
    let from = if from.is_empty() { 0.0 } else { read(from)? };
    let until = if until.is_empty() { f64::INFINITY } else { read(until)? };
    (from <= until).then_some(from..=until)
}
