//! Load balancers, addresses and traffic: hours, and what the simulated requests move.

use super::balancers::{Balancer, BalancerKind};
use super::entry_traffic::{Carried, EntryTraffic};
use super::lines::{Line, Lines};
use super::price_name::PriceName;
use crate::cost::rules::{BalancerUse, CapacityUnit};
use crate::cost::{ChargeKind, MICRO, Payer};
use crate::scenario::kubernetes::Converter;
use crate::world::{GroupId, Measure, ZoneCall};

/// Billionths of a GB that a byte is. Providers meter GB of 2^30 bytes.
pub(super) const NANO_GB_PER_BYTE: f64 = 1e9 / 1_073_741_824.0;
/// Forwarding rules that are paid for together.
const RULES_TOGETHER: u32 = 5;

/// The balancers with what they carry.
pub(super) fn add_balancers(
    lines: &mut Lines<'_, '_>,
    converter: &mut Converter<'_>,
    balancers: &[Balancer],
    traffic: &EntryTraffic,
) {
    let rules: u32 = balancers.iter().map(|one| forwarding_rules(one.kind)).sum();
    let mut counted = 0;
    for (balancer, carried) in balancers.iter().zip(&traffic.carried) {
        let payer = match &balancer.namespace {
            Some(name) => Payer::Namespace(lines.billing.namespace(converter.symbol(name))),
            None => Payer::Cluster,
        };
        let seller = Seller { balancer, payer };
        match balancer.kind {
            BalancerKind::Classic => {
                seller.standing(lines, "classic_lb_hour", "hours", MICRO);
                seller.carried(lines, "classic_lb_gb", carried.bytes());
            }
            BalancerKind::Network => {
                seller.standing(lines, "nlb_hour", "hours", MICRO);
                let unit = if balancer.has_tls { CapacityUnit::NetworkTls } else { CapacityUnit::NetworkTcp };
                seller.capacity(lines, "nlb_lcu_hour", unit, carried);
            }
            BalancerKind::Application => {
                seller.standing(lines, "alb_hour", "hours", MICRO);
                seller.capacity(lines, "alb_lcu_hour", CapacityUnit::Application, carried);
            }
            BalancerKind::Forwarding { rules: own, is_proxy } => {
                seller.forwarding(lines, Rules { own, before: counted, all: rules });
                counted += own;
                let bytes = if is_proxy { carried.bytes() } else { carried.request_bytes };
                seller.carried(lines, "forwarding_rule_gb", bytes);
            }
        }
        if balancer.is_public && lines.is_aws() {
            let addresses = traffic.zones.max(if balancer.kind == BalancerKind::Application { 2 } else { 1 });
            seller.standing(lines, "public_ipv4_hour", "public addresses", addresses as i64 * MICRO);
        }
    }
}

fn forwarding_rules(kind: BalancerKind) -> u32 {
    match kind {
        BalancerKind::Forwarding { rules, .. } => rules,
        _ => 0,
    }
}

/// The forwarding rules of a balancer among all.
#[derive(Clone, Copy)]
struct Rules {
    own: u32,
    before: u32,
    all: u32,
}

impl Rules {
    /// Millionths of the first five, which cost as much as one of them alone: shared evenly, the first pays the rest.
    fn together(self) -> i64 {
        let first = self.all.min(RULES_TOGETHER);
        let upto = |rules: u32| MICRO * i64::from(rules.min(first)) / i64::from(first.max(1));
        upto(self.before + self.own) - upto(self.before)
    }
    /// Rules beyond the first five.
    fn additional(self) -> i64 {
        let beyond = |rules: u32| i64::from(rules.saturating_sub(RULES_TOGETHER));
        beyond(self.before + self.own) - beyond(self.before)
    }
}

/// What a balancer is sold as.
struct Seller<'a> {
    balancer: &'a Balancer,
    payer: Payer,
}

impl Seller<'_> {
    fn line(&self, lines: &Lines<'_, '_>, item: &'static str, what: &str) -> Line {
        Line {
            kind: ChargeKind::LoadBalancers,
            service: if lines.is_aws() { "Elastic Load Balancing" } else { "Networking" },
            price: PriceName::of(item),
            name: format!("{what} of load balancer {}", self.balancer.name),
            resource: format!("load balancer {}", self.balancer.name),
            payer: self.payer.clone(),
        }
    }
    fn standing(&self, lines: &mut Lines<'_, '_>, item: &'static str, what: &str, level: i64) {
        let line = self.line(lines, item, what);
        lines.standing(line, level);
    }
    fn carried(&self, lines: &mut Lines<'_, '_>, item: &'static str, bytes: f64) {
        if bytes > 0.0 {
            let line = self.line(lines, item, "data");
            lines.metered(line, Measure::Requests(bytes * NANO_GB_PER_BYTE));
        }
    }
    fn capacity(&self, lines: &mut Lines<'_, '_>, item: &'static str, unit: CapacityUnit, carried: &Carried) {
        if carried.requests > 0.0 {
            let line = self.line(lines, item, "capacity units");
            let rules = BalancerUse::rules_of_request(self.balancer.rules);
            lines.metered(line, Measure::CapacityUnits { unit, of_request: carried.of_request(rules) });
        }
    }
    fn forwarding(&self, lines: &mut Lines<'_, '_>, rules: Rules) {
        if rules.together() > 0 {
            self.standing(lines, "forwarding_rule_hour", "share of the first five forwarding rules", rules.together());
        }
        if rules.additional() > 0 {
            let level = rules.additional() * MICRO;
            self.standing(lines, "forwarding_rule_additional_hour", "further forwarding rules", level);
        }
    }
}

/// NAT gateways, addresses of nodes, traffic between zones and to the internet.
pub(super) fn add_traffic(lines: &mut Lines<'_, '_>, traffic: &EntryTraffic, groups: &[(GroupId, String)]) {
    let nat = lines.scene.nat_gateways();
    if nat > 0 {
        add_nat(lines, nat, traffic, groups);
    }
    if lines.scene.file.cluster.public_nodes {
        for (group, name) in groups {
            let item = if lines.is_aws() { "public_ipv4_hour" } else { "external_ip_hour" };
            let name = format!("public addresses of node group {name}");
            let line = network_line(lines, item, &name, Payer::Cluster);
            lines.metered(line, Measure::Nodes { group: *group, machine: None, level: MICRO });
        }
    }
    if traffic.internet_bytes > 0.0 {
        let payer = Payer::Workloads(traffic.entry_workloads.clone());
        let line = network_line(lines, "internet_out_gb", "traffic to the internet", payer);
        lines.metered(line, Measure::Requests(traffic.internet_bytes * NANO_GB_PER_BYTE));
    }
    for calls in &traffic.calls {
        let payer = calls.caller_workload.map_or(Payer::Cluster, |workload| Payer::Workloads(vec![workload]));
        let name = format!("traffic of {} between zones", calls.caller_name);
        let line = network_line(lines, "cross_zone_gb", &name, payer);
        // AWS charges a GB where it leaves and where it arrives, Google where it leaves.
        let factor = NANO_GB_PER_BYTE * if lines.is_aws() { 2.0 } else { 1.0 };
        let rows = calls.to.iter().map(|call| ZoneCall { of_request: call.of_request * factor, ..*call }).collect();
        lines.zone_traffic(line, Measure::BetweenZones(rows));
    }
}

fn add_nat(lines: &mut Lines<'_, '_>, gateways: u32, traffic: &EntryTraffic, groups: &[(GroupId, String)]) {
    let outside = traffic.outside_bytes * NANO_GB_PER_BYTE;
    if lines.is_aws() {
        let level = i64::from(gateways) * MICRO;
        let line = network_line(lines, "nat_gateway_hour", "NAT gateways", Payer::Cluster);
        lines.standing(line, level);
        let line = network_line(lines, "public_ipv4_hour", "public addresses of NAT gateways", Payer::Cluster);
        lines.standing(line, level);
    } else {
        for (group, name) in groups {
            let name = format!("Cloud NAT of node group {name}");
            let line = network_line(lines, "cloud_nat_vm_hour", &name, Payer::Cluster);
            lines.metered(line, Measure::Nodes { group: *group, machine: None, level: MICRO });
        }
    }
    if outside > 0.0 {
        let item = if lines.is_aws() { "nat_gateway_gb" } else { "cloud_nat_gb" };
        let line = network_line(lines, item, "data through NAT", Payer::Cluster);
        lines.metered(line, Measure::Requests(outside));
    }
}

fn network_line(lines: &Lines<'_, '_>, item: &'static str, name: &str, payer: Payer) -> Line {
    Line {
        kind: ChargeKind::DataTransfer,
        service: if lines.is_aws() { "Amazon Virtual Private Cloud" } else { "Networking" },
        price: PriceName::of(item),
        name: name.to_owned(),
        resource: name.to_owned(),
        payer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_five_rules_are_one_unit_and_the_others_one_each() {
        // Three balancers of 2, 4 and 1 rules: seven in all, of which five are together.
        let of = |own, before| Rules { own, before, all: 7 };
        let all = [of(2, 0), of(4, 2), of(1, 6)];
        assert_eq!(all.map(Rules::together), [400_000, 600_000, 0]);
        assert_eq!(all.map(Rules::additional), [0, 1, 1]);
        let three: i64 = (0..3).map(|before| Rules { own: 1, before, all: 3 }.together()).sum();
        assert_eq!(three, MICRO, "to the millionth");
    }
}
