//! Numbers that may be a share of something, as `maxSurge: 25%`.

/// A number or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// A count.
    Int(i32),
    /// Percent of some total.
    Percent(i32),
}

impl IntOrPercent {
    /// The count, of `total` where it is a percentage.
    ///
    /// Upstream: `intstr.GetScaledValueFromIntOrPercent`.
    pub fn of(self, total: i32, round_up: bool) -> i32 {
        match self {
            IntOrPercent::Int(count) => count,
            IntOrPercent::Percent(percent) => {
                let product = i64::from(percent) * i64::from(total);
                let scaled = if round_up { (product + 99).div_euclid(100) } else { product.div_euclid(100) };
                scaled.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
            }
        }
    }
}
