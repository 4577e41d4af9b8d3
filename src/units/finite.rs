//! Floats where they are written.

use std::fmt;

/// What stands where there is no number.
pub const NONE: &str = "none";

/// A float as it is written: neither not-a-number nor infinity can be in it, `none` stands there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finite(Option<f64>);

/// For `format!("{:.1} %", finite(share))`: sign, width and precision are those of the float.
pub fn finite(value: f64) -> Finite {
    Finite(Some(value).filter(|value| value.is_finite()))
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            // `pad` would take the precision for a length.
            None => f.write_str(NONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_numbers_is_written() {
        assert_eq!(format!("{:.1} and {:+.2} and {}", finite(1.25), finite(3.0), finite(0.5)), "1.2 and +3.00 and 0.5");
        for odd in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(format!("{:.1} {:+.0} {}", finite(odd), finite(odd), finite(odd)), "none none none");
        }
    }
}
