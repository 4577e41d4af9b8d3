//! What Terraform declares of the network that is paid for by the hour: NAT gateways.

use super::body::{Declaration, Value};
use crate::scenario::issue::{Issue, Issues};

/// Zones of a VPC whose lists of zones and subnets are not literal.
const USUAL_ZONES: u32 = 3;

/// The NAT gateways of the files (on Google Cloud: of Cloud NAT), if any is declared. Instances of resources are counted.
pub(super) fn nat_gateways(all: &[Declaration], issues: &mut Issues) -> Option<u32> {
    let of = |declaration: &Declaration, issues: &mut Issues| match declaration.kind.as_str() {
        "aws_nat_gateway" | "google_compute_router_nat" => 1,
        "module" => of_module(declaration, issues),
        _ => 0,
    };
    Some(all.iter().map(|declaration| of(declaration, issues)).sum()).filter(|count| *count > 0)
}

/// Of terraform-aws-modules/vpc: one, one for each zone, or one for each private subnet.
fn of_module(declaration: &Declaration, issues: &mut Issues) -> u32 {
    let body = &declaration.body;
    let is = |name: &str| body.get(name).and_then(|given| given.value.boolean()) == Some(true);
    let Some(given) = body.get("enable_nat_gateway") else { return 0 };
    match given.value.boolean() {
        Some(false) => return 0,
        Some(true) => {}
        None => {
            let message = "whether there are NAT gateways is not evaluated: they are taken to be there";
            let help = "give cluster.natGateways in the scenario";
            let issue = Issue::warning("enable_nat_gateway", message).with_help(help);
            issues.push(issue.in_file(declaration.file.clone(), Some(given.line)));
        }
    }
    if is("single_nat_gateway") {
        return 1;
    }
    let length = |name: &str| match body.get(name).map(|given| &given.value) {
        Some(Value::List(list)) if !list.is_empty() => Some(list.len() as u32),
        _ => None,
    };
    let known = if is("one_nat_gateway_per_az") { length("azs") } else { length("private_subnets") };
    known.unwrap_or_else(|| {
        let message = format!("how many NAT gateways there are is not literal: {USUAL_ZONES} are assumed");
        let issue = Issue::warning(declaration.name(), message).with_help("give cluster.natGateways in the scenario");
        issues.push(issue.in_file(declaration.file.clone(), Some(declaration.line)));
        USUAL_ZONES
    })
}
