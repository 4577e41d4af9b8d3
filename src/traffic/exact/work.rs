//! Draws of work.

use crate::rng::Stream;
use crate::traffic::latency::{EmpiricalWork, WorkShape};

/// A distribution of work with mean 1, ready to draw from.
#[derive(Clone, Copy, Debug)]
pub(super) enum WorkDraw {
    Always,
    Exponential,
    Lognormal { sigma: f64 },
    Gamma { scv: f64 },
    Empirical(EmpiricalWork),
}

impl WorkDraw {
    pub(super) fn new(shape: WorkShape) -> WorkDraw {
        match shape {
            WorkShape::Deterministic => WorkDraw::Always,
            WorkShape::Exponential => WorkDraw::Exponential,
            WorkShape::Lognormal { scv } => WorkDraw::Lognormal { sigma: libm::sqrt(libm::log1p(scv)) },
            WorkShape::Gamma { scv } => WorkDraw::Gamma { scv },
            WorkShape::Empirical(work) => WorkDraw::Empirical(work),
        }
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> f64 {
        match *self {
            WorkDraw::Always => 1.0,
            WorkDraw::Exponential => stream.exponential(1.0),
            WorkDraw::Lognormal { sigma } => libm::exp(sigma * stream.normal() - sigma * sigma / 2.0),
            WorkDraw::Gamma { scv } => scv * gamma(stream, 1.0 / scv),
            WorkDraw::Empirical(work) => work.quantile(stream.uniform()),
        }
    }
}

/// A gamma variable of the given shape and scale 1 (Marsaglia and Tsang 2000).
pub(super) fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        let power = libm::pow(1.0 - stream.uniform(), 1.0 / shape);
        return gamma(stream, shape + 1.0) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = stream.normal();
        let v = 1.0 + c * x;
        if v > 0.0 {
            let v = v * v * v;
            let u = 1.0 - stream.uniform();
            if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    #[test]
    fn draws_have_mean_one_and_their_variance() {
        let shapes = [
            WorkShape::Deterministic,
            WorkShape::Exponential,
            WorkShape::Lognormal { scv: 2.0 },
            WorkShape::Gamma { scv: 0.25 },
            WorkShape::Gamma { scv: 4.0 },
            WorkShape::Empirical(EmpiricalWork::from_samples(&[1.0, 2.0, 3.0, 9.0, 30.0]).unwrap()),
        ];
        for shape in shapes {
            let mut stream = Seed::new(5, 0).stream("work", 0);
            let draw = WorkDraw::new(shape);
            let values: Vec<f64> = (0..400_000).map(|_| draw.draw(&mut stream)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
            assert!((mean - 1.0).abs() < 0.015, "{shape:?}: {mean}");
            let scv = square / mean / mean - 1.0;
            assert!((scv - shape.scv()).abs() < 0.1 * shape.scv().max(0.1), "{shape:?}: {scv}");
        }
    }
}
