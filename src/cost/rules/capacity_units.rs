//! Capacity units of AWS load balancers: of several dimensions the one that is used most in an hour.

/// Bytes of a GB, as AWS meters data.
const GB: f64 = 1_073_741_824.0;
const SECONDS_PER_HOUR: f64 = 3600.0;
/// Rules that an Application Load Balancer evaluates for nothing with each request.
const FREE_RULES: f64 = 10.0;

/// What went through a load balancer: sums over some time within a clock hour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BalancerUse {
    /// Connections that were opened.
    pub new_connections: f64,
    /// Open connections times seconds.
    pub connection_seconds: f64,
    /// Bytes of requests and responses.
    pub bytes: f64,
    /// Requests times the rules looked at for each, the first ten apart.
    pub rule_evaluations: f64,
}

impl BalancerUse {
    /// Of a request that a balancer with so many rules looks at. Half of the rules are taken to be looked at where more than
    /// ten could be.
    pub fn rules_of_request(rules: usize) -> f64 {
        (rules as f64 / 2.0 - FREE_RULES).max(0.0)
    }
    /// As much of everything as `factor` says.
    pub fn times(&self, factor: f64) -> BalancerUse {
        BalancerUse {
            new_connections: self.new_connections * factor,
            connection_seconds: self.connection_seconds * factor,
            bytes: self.bytes * factor,
            rule_evaluations: self.rule_evaluations * factor,
        }
    }
}

/// What one unit takes.
///
/// Source: aws.amazon.com/elasticloadbalancing/pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapacityUnit {
    /// LCU of an Application Load Balancer: 25 new connections a second, 3,000 active ones, 1 GB an hour, 1,000 rule
    /// evaluations a second.
    Application,
    /// NLCU of a Network Load Balancer for TCP: 800 new connections a second, 100,000 active ones, 1 GB an hour.
    NetworkTcp,
    /// NLCU where the balancer ends TLS: 50 new connections a second, 3,000 active ones, 1 GB an hour.
    NetworkTls,
}

impl CapacityUnit {
    /// Unit-hours of an hour's use: the largest dimension. Of a part of an hour it is that part's share of the hour.
    pub fn unit_hours(self, used: &BalancerUse) -> f64 {
        let (new, active, rules) = match self {
            CapacityUnit::Application => (25.0, 3000.0, 1000.0),
            CapacityUnit::NetworkTcp => (800.0, 100_000.0, f64::INFINITY),
            CapacityUnit::NetworkTls => (50.0, 3000.0, f64::INFINITY),
        };
        let a_second = |sum: f64, of_unit: f64| sum / SECONDS_PER_HOUR / of_unit;
        a_second(used.new_connections, new)
            .max(a_second(used.connection_seconds, active))
            .max(used.bytes / GB)
            .max(a_second(used.rule_evaluations, rules))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS' pricing page: one new connection a second that lasts two minutes, 300 kB a second, 60 rules,
    /// five requests a connection: 1.08 LCUs, for 1.08 GB an hour.
    #[test]
    fn the_largest_dimension_counts() {
        let hour = BalancerUse {
            new_connections: 3600.0,
            connection_seconds: 3600.0 * 120.0,
            bytes: 1.08 * GB,
            rule_evaluations: 250.0 * 3600.0,
        };
        // 0.04 by new connections, 0.04 by active ones, 1.08 by bytes, 0.25 by rules.
        assert_eq!(CapacityUnit::Application.unit_hours(&hour), 1.08);
        let chatty = BalancerUse { new_connections: 100.0 * 3600.0, ..hour };
        assert_eq!(CapacityUnit::Application.unit_hours(&chatty), 4.0, "100 a second of 25");
        assert_eq!(CapacityUnit::NetworkTcp.unit_hours(&chatty), 1.08, "100 of 800 a second are an eighth");
        assert_eq!(CapacityUnit::NetworkTls.unit_hours(&chatty), 2.0, "100 of 50 a second");
    }

    #[test]
    fn a_part_of_an_hour_is_its_share() {
        let half = BalancerUse { new_connections: 50.0 * 1800.0, ..BalancerUse::default() };
        assert_eq!(CapacityUnit::Application.unit_hours(&half), 1.0);
    }

    #[test]
    fn the_first_ten_rules_are_free() {
        assert_eq!(BalancerUse::rules_of_request(8), 0.0);
        assert_eq!(BalancerUse::rules_of_request(60), 20.0, "30 are looked at");
    }
}
