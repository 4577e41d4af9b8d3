//! Numbers that may be a share of something, as `maxSurge: 25%`.

/// A number or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// A count.
    Int(i32),
    /// Percent of some total.
    Percent(i32),
}

/// What becomes of a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// It counts as one.
    Up,
    /// It does not count.
    Down,
}

impl IntOrPercent {
    /// The count, of `total` where it is a percentage; within the range of `i32`.
    ///
    /// Upstream: `intstr.GetScaledValueFromIntOrPercent`.
    pub fn of(self, total: i32, rounding: Rounding) -> i32 {
        match self {
            IntOrPercent::Int(count) => count,
            IntOrPercent::Percent(percent) => {
                let product = i64::from(percent) * i64::from(total);
                let scaled = match rounding {
                    Rounding::Up => (product + 99).div_euclid(100),
                    Rounding::Down => product.div_euclid(100),
                };
                scaled.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
            }
        }
    }
}
