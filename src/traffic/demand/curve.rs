//! One component of demand: a rate over time, piecewise linear, with its exact integral.

use crate::units::{SimDuration, SimTime};

/// What a [`Curve`] does after its last knot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Keeps the last rate.
    Hold,
    /// Falls to zero: the trace has ended.
    End,
    /// Starts again at the first knot.
    Repeat,
}

/// A rate in requests per second over time: straight lines between knots.
///
/// Two knots at one instant are a jump. Before the first knot the first rate holds.
/// Rates are per second, times are virtual time; the integral is exact up to rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Seconds since the curve's origin, not decreasing.
    times_s: Vec<f64>,
    rates: Vec<f64>,
    /// Requests from the first knot to each knot.
    cumulative: Vec<f64>,
    after: After,
    /// It begins all of a sudden: before a run that begins with it, its first step has not been seen.
    is_sudden: bool,
}

/// No service in the world gets more requests per second: more is a typing error.
const HIGHEST_RATE: f64 = 1e9;

/// Why a list of points is no traffic curve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CurveError {
    /// There are no points.
    #[error("a traffic curve needs at least one point")]
    Empty,
    /// Times go back.
    #[error("point {index} goes back in time: {time_s} s after {previous_s} s")]
    BackInTime {
        /// The point, counted from 0.
        index: usize,
        /// Its time in seconds.
        time_s: f64,
        /// The time of the point before it.
        previous_s: f64,
    },
    /// A rate is negative, above 10^9 a second or not a number.
    #[error("point {index} has the rate {rate}; expected requests per second, from 0 to a billion")]
    BadRate {
        /// The point, counted from 0.
        index: usize,
        /// The rate found.
        rate: f64,
    },
    /// A time is infinite or not a number, or a stretch is not positive.
    #[error("{what} is {found}; it must be a finite number{positive}", positive = if *.above_zero { " above 0" } else { "" })]
    BadNumber {
        /// Which number.
        what: &'static str,
        /// The number found.
        found: f64,
        /// Whether zero is refused as well.
        above_zero: bool,
    },
    /// A curve that repeats has no length.
    #[error("a curve that repeats must last longer than 0 s")]
    NoPeriod,
}

/// Extra requests that come all of a sudden and lose interest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlashCrowd {
    /// Requests per second at the peak.
    pub peak_rate: f64,
    /// When the first ones come.
    pub start: SimTime,
    /// From the first ones to the peak.
    pub rise: SimDuration,
    /// How long the peak lasts.
    pub hold: SimDuration,
    /// Afterwards half as many come after each such time.
    pub half_life: SimDuration,
}

impl Curve {
    /// Straight lines through `(seconds, requests per second)`.
    ///
    /// Errors: the first point that is no number, negative or back in time.
    pub fn linear(points: &[(f64, f64)], after: After) -> Result<Curve, CurveError> {
        check_points(points)?;
        let times_s: Vec<f64> = points.iter().map(|p| p.0).collect();
        let rates: Vec<f64> = points.iter().map(|p| p.1).collect();
        let (Some(first), Some(last)) = (times_s.first(), times_s.last()) else { return Err(CurveError::Empty) };
        if after == After::Repeat && last <= first {
            return Err(CurveError::NoPeriod);
        }
        let mut cumulative = Vec::with_capacity(points.len());
        let mut total = 0.0;
        cumulative.push(total);
        for pair in points.windows(2) {
            total += (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0;
            cumulative.push(total);
        }
        Ok(Curve { times_s, rates, cumulative, after, is_sudden: false })
    }

    /// Each rate holds until the next point; the last one for `last_span_s` seconds.
    ///
    /// Errors: as [`Curve::linear`].
    pub fn steps(points: &[(f64, f64)], last_span_s: f64, after: After) -> Result<Curve, CurveError> {
        check_points(points)?;
        let Some(&(last_s, last_rate)) = points.last() else { return Err(CurveError::Empty) };
        let mut knots = Vec::with_capacity(2 * points.len());
        for (index, &(time_s, rate)) in points.iter().enumerate() {
            if index > 0 {
                knots.push((time_s, points[index - 1].1));
            }
            knots.push((time_s, rate));
        }
        knots.push((last_s + last_span_s, last_rate));
        Curve::linear(&knots, after)
    }

    /// The same rate forever.
    pub fn constant(rate: f64) -> Result<Curve, CurveError> {
        Curve::linear(&[(0.0, rate)], After::Hold)
    }

    /// k6's `stages`: from `start_rate` in straight lines to each target in turn, which then holds.
    pub fn stages(start_rate: f64, stages: &[(SimDuration, f64)]) -> Result<Curve, CurveError> {
        let mut time_s = 0.0;
        let mut points = vec![(time_s, start_rate)];
        for &(span, target) in stages {
            time_s += span.as_secs_f64();
            points.push((time_s, target));
        }
        Ok(Curve { is_sudden: true, ..Curve::linear(&points, After::Hold)? })
    }

    /// From one rate to another in a straight line that starts at `start` and takes `span`
    /// (a jump when `span` is zero).
    pub fn ramp(from_rate: f64, to_rate: f64, start: SimTime, span: SimDuration) -> Result<Curve, CurveError> {
        let start_s = start.as_secs_f64();
        let points = [(start_s, from_rate), (start_s + span.as_secs_f64(), to_rate)];
        Ok(Curve { is_sudden: true, ..Curve::linear(&points, After::Hold)? })
    }

    /// Extra requests of a flash crowd: zero until `start`, up to `peak_rate` within `rise`, there
    /// for `hold`, then halving every `half_life` until less than a thousandth is left.
    ///
    /// Errors: a rate or a time that is no number, or negative.
    ///
    /// The decay is drawn with eight straight lines per half-life (0.1 % above the exponential).
    pub fn flash_crowd(crowd: FlashCrowd) -> Result<Curve, CurveError> {
        let FlashCrowd { peak_rate, start, rise, hold, half_life } = crowd;
        const LINES_PER_HALF_LIFE: u32 = 8;
        const HALF_LIVES: u32 = 10;
        let start_s = start.as_secs_f64();
        let peak_s = start_s + rise.as_secs_f64();
        let falling_s = peak_s + hold.as_secs_f64();
        let mut points = vec![(start_s, 0.0), (peak_s, peak_rate), (falling_s, peak_rate)];
        for line in 1..=LINES_PER_HALF_LIFE * HALF_LIVES {
            let half_lives = f64::from(line) / f64::from(LINES_PER_HALF_LIFE);
            points.push((falling_s + half_lives * half_life.as_secs_f64(), peak_rate * libm::exp2(-half_lives)));
        }
        points.push((points[points.len() - 1].0, 0.0));
        Ok(Curve { is_sudden: true, ..Curve::linear(&points, After::Hold)? })
    }

    /// A week that repeats: `hourly` shape within the day (relative, any scale), times `daily` for
    /// each day of the week, scaled so that the mean over the week is `mean_rate`.
    ///
    /// Straight lines between the hours' values; the origin is the start of the first day.
    pub fn weekly(mean_rate: f64, hourly: &[f64; 24], daily: &[f64; 7]) -> Result<Curve, CurveError> {
        let shape: Vec<(f64, f64)> = (0..=7 * 24)
            .map(|hour| (f64::from(hour) * 3600.0, hourly[hour as usize % 24] * daily[hour as usize / 24 % 7]))
            .collect();
        let unscaled = Curve::linear(&shape, After::Repeat)?;
        let shape_mean = unscaled.period_requests() / unscaled.period_s();
        if shape_mean <= 0.0 {
            return Err(CurveError::BadNumber { what: "the mean of the pattern", found: shape_mean, above_zero: true });
        }
        unscaled.scaled(mean_rate / shape_mean)
    }

    /// A sine over the day between `mean_rate * (1 - swing)` and `mean_rate * (1 + swing)`, highest
    /// at `peak_hour`, times `daily` for each day of the week. `swing` is within 0..=1.
    pub fn diurnal(mean_rate: f64, swing: f64, peak_hour: f64, daily: &[f64; 7]) -> Result<Curve, CurveError> {
        let mut hourly = [0.0; 24];
        for (hour, rate) in hourly.iter_mut().enumerate() {
            *rate = 1.0 + swing * libm::cos((hour as f64 - peak_hour) / 24.0 * std::f64::consts::TAU);
        }
        Curve::weekly(mean_rate, &hourly, daily)
    }

    /// The same curve with every rate multiplied by `factor`.
    pub fn scaled(mut self, factor: f64) -> Result<Curve, CurveError> {
        if !factor.is_finite() || factor < 0.0 {
            return Err(CurveError::BadNumber { what: "the scale", found: factor, above_zero: false });
        }
        self.rates.iter_mut().chain(&mut self.cumulative).for_each(|value| *value *= factor);
        match self.rates.iter().position(|rate| *rate > HIGHEST_RATE) {
            Some(index) => Err(CurveError::BadRate { index, rate: self.rates[index] }),
            None => Ok(self),
        }
    }

    /// The same curve `factor` times as long, at the same rates.
    pub fn stretched(mut self, factor: f64) -> Result<Curve, CurveError> {
        if !factor.is_finite() || factor <= 0.0 {
            return Err(CurveError::BadNumber { what: "the stretch", found: factor, above_zero: true });
        }
        self.times_s.iter_mut().chain(&mut self.cumulative).for_each(|value| *value *= factor);
        Ok(self)
    }

    /// How long it is, from its origin to its last knot.
    pub fn length(&self) -> SimDuration {
        SimDuration::from_secs_f64(self.times_s.last().copied().unwrap_or(0.0))
    }

    /// The rate at an instant; at a jump, the rate after it.
    pub fn rate_at(&self, time: SimTime, cursor: &mut Cursor) -> f64 {
        let time_s = match self.place(time.as_secs_f64()) {
            Place::Inside { time_s, .. } => time_s,
            Place::Before => return self.rates[0],
            Place::AfterEnd { .. } => return self.rate_after_end(),
        };
        let knot = cursor.seek(&self.times_s, time_s);
        self.rate_on_line(knot, time_s)
    }

    /// The rate before a run that begins at `start`, in requests per second: the mean over its first step of length `span`;
    /// of ramps, stages and flash crowds what there was until then.
    pub(super) fn rate_before(&self, start: SimTime, span: SimDuration) -> f64 {
        let mut cursor = Cursor::default();
        if self.is_sudden || span.is_zero() {
            return self.rate_at(start - SimDuration::from_nanos(1), &mut cursor);
        }
        // As in a step, cancellation can leave a tiny negative.
        (self.requests(start, start + span, &mut cursor) / span.as_secs_f64()).max(0.0)
    }

    /// Requests between the curve's first knot and `time` (negative before it).
    fn requests_until(&self, time_s: f64, cursor: &mut Cursor) -> f64 {
        match self.place(time_s) {
            Place::Before => (time_s - self.times_s[0]) * self.rates[0],
            Place::AfterEnd { past_s } => self.period_requests() + past_s * self.rate_after_end(),
            Place::Inside { time_s, periods } => {
                let knot = cursor.seek(&self.times_s, time_s);
                let since_s = time_s - self.times_s[knot];
                let mean = (self.rates[knot] + self.rate_on_line(knot, time_s)) / 2.0;
                periods * self.period_requests() + self.cumulative[knot] + since_s * mean
            }
        }
    }

    /// Where a time lies on the curve's own axis.
    fn place(&self, time_s: f64) -> Place {
        let (first, last) = (self.times_s[0], self.times_s[self.times_s.len() - 1]);
        if time_s < first {
            Place::Before
        } else if time_s < last {
            Place::Inside { time_s, periods: 0.0 }
        } else if self.after == After::Repeat {
            let periods = ((time_s - first) / (last - first)).floor();
            Place::Inside { time_s: (time_s - periods * (last - first)).clamp(first, last), periods }
        } else {
            Place::AfterEnd { past_s: time_s - last }
        }
    }

    fn rate_on_line(&self, knot: usize, time_s: f64) -> f64 {
        match (self.times_s.get(knot + 1), self.rates.get(knot + 1)) {
            (Some(&next_s), Some(&next)) if next_s > self.times_s[knot] => {
                let share = (time_s - self.times_s[knot]) / (next_s - self.times_s[knot]);
                self.rates[knot] + share * (next - self.rates[knot])
            }
            _ => self.rates[knot],
        }
    }

    fn rate_after_end(&self) -> f64 {
        if self.after == After::End { 0.0 } else { self.rates[self.rates.len() - 1] }
    }

    fn period_s(&self) -> f64 {
        self.times_s[self.times_s.len() - 1] - self.times_s[0]
    }

    fn period_requests(&self) -> f64 {
        self.cumulative[self.cumulative.len() - 1]
    }

    /// The mean rate over `from..to`; the rate at `from` if there is no time between them.
    pub(super) fn mean_rate(&self, from: SimTime, to: SimTime, cursor: &mut Cursor) -> f64 {
        let span_s = to.since(from).as_secs_f64();
        match span_s > 0.0 {
            // Cancellation far from the first knot can leave a tiny negative.
            true => (self.requests(from, to, cursor) / span_s).max(0.0),
            false => self.rate_at(from, cursor),
        }
    }

    /// How long it is until it begins again; none of a curve that never does.
    pub fn period(&self) -> Option<SimDuration> {
        (self.after == After::Repeat).then(|| SimDuration::from_secs_f64(self.period_s()))
    }

    /// How many whole stretches of this length (above 0) it has before it begins again.
    pub(super) fn whole(&self, stretch: SimDuration) -> i64 {
        self.period().map_or(0, |period| period.as_nanos() / stretch.as_nanos())
    }

    /// Requests in `from..to`. O(1) when asked in order of time, else O(log knots).
    pub fn requests(&self, from: SimTime, to: SimTime, cursor: &mut Cursor) -> f64 {
        let start = self.requests_until(from.as_secs_f64(), cursor);
        self.requests_until(to.as_secs_f64(), cursor) - start
    }
}

enum Place {
    Before,
    Inside { time_s: f64, periods: f64 },
    AfterEnd { past_s: f64 },
}

/// Remembers the last knot used, so that the next question in order of time finds its knot at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    knot: usize,
}

impl Cursor {
    /// The last knot not after `time_s`.
    fn seek(&mut self, times_s: &[f64], time_s: f64) -> usize {
        let holds = |knot: usize| {
            times_s.get(knot).is_some_and(|t| *t <= time_s) && times_s.get(knot + 1).is_none_or(|t| time_s < *t)
        };
        if !holds(self.knot) {
            self.knot = if holds(self.knot + 1) {
                self.knot + 1
            } else {
                times_s.partition_point(|t| *t <= time_s).saturating_sub(1)
            };
        }
        self.knot
    }
}

fn check_points(points: &[(f64, f64)]) -> Result<(), CurveError> {
    let mut previous_s = f64::NEG_INFINITY;
    for (index, &(time_s, rate)) in points.iter().enumerate() {
        if !time_s.is_finite() {
            return Err(CurveError::BadNumber { what: "a time", found: time_s, above_zero: false });
        }
        if time_s < previous_s {
            return Err(CurveError::BackInTime { index, time_s, previous_s });
        }
        if !rate.is_finite() || rate < 0.0 {
            return Err(CurveError::BadRate { index, rate });
        }
        previous_s = time_s;
    }
    if points.is_empty() { Err(CurveError::Empty) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    fn check(curve: &Curve, from: i64, to: i64, requests: f64) {
        let found = curve.requests(at(from), at(to), &mut Cursor::default());
        assert!((found - requests).abs() < 1e-6 * (1.0 + requests), "{from}..{to}: {found}, not {requests}");
    }

    #[test]
    fn integrals_are_exact() {
        let secs = SimDuration::from_secs;
        check(&Curve::constant(7.0).unwrap(), -10, 20, 210.0);
        let stages = Curve::stages(0.0, &[(secs(10), 100.0), (secs(20), 100.0), (secs(10), 0.0)]).unwrap();
        check(&stages, 0, 10, 500.0);
        check(&stages, 5, 15, 375.0 + 500.0);
        check(&stages, 0, 1000, 500.0 + 2000.0 + 500.0);
        let step = Curve::ramp(10.0, 30.0, at(5), SimDuration::ZERO).unwrap();
        check(&step, 0, 10, 50.0 + 150.0);
        let crowd = Curve::flash_crowd(FlashCrowd {
            peak_rate: 100.0,
            start: at(100),
            rise: secs(10),
            hold: secs(20),
            half_life: secs(60),
        })
        .unwrap();
        check(&crowd, 0, 100, 0.0);
        check(&crowd, 100, 130, 500.0 + 2000.0);
        let decay = crowd.requests(at(130), at(190), &mut Cursor::default());
        let exponential = 100.0 * 0.5 * 60.0 / std::f64::consts::LN_2;
        assert!((decay / exponential - 1.0).abs() < 0.002, "{decay} against {exponential}");
        check(&crowd, 10_000, 20_000, 0.0);
    }

    #[test]
    fn traces_end_hold_repeat_scale_and_stretch() {
        let points = [(0.0, 1.0), (10.0, 3.0)];
        check(&Curve::steps(&points, 10.0, After::End).unwrap(), 0, 100, 40.0);
        check(&Curve::steps(&points, 10.0, After::Hold).unwrap(), 0, 100, 40.0 + 240.0);
        let repeated = Curve::steps(&points, 10.0, After::Repeat).unwrap();
        check(&repeated, 0, 100, 200.0);
        check(&repeated, 95, 105, 15.0 + 5.0);
        check(&repeated.clone().scaled(2.0).unwrap().stretched(10.0).unwrap(), 0, 200, 800.0);
        check(&Curve::linear(&points, After::Repeat).unwrap(), 5, 15, 12.5 + 7.5);
    }

    #[test]
    fn a_week_has_its_mean_and_its_weekend() {
        let daily = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5];
        let week = Curve::diurnal(50.0, 0.6, 20.0, &daily).unwrap();
        check(&week, 0, 7 * 86_400, 50.0 * 7.0 * 86_400.0);
        check(&week, 3_600, 3_600 + 7 * 86_400, 50.0 * 7.0 * 86_400.0);
        let mut cursor = Cursor::default();
        let (peak, trough) = (week.rate_at(at(20 * 3600), &mut cursor), week.rate_at(at(8 * 3600), &mut cursor));
        assert!((peak / trough - 4.0).abs() < 1e-9, "{peak} {trough}");
        assert!(week.rate_at(at(5 * 86_400 + 20 * 3600), &mut cursor) < 0.51 * peak);
    }

    #[test]
    fn a_cursor_never_changes_an_answer() {
        let points: Vec<(f64, f64)> = (0..100).map(|k| (f64::from(k * k % 7 + 7 * k), f64::from(k % 13))).collect();
        let mut sorted = points.clone();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let curve = Curve::linear(&sorted, After::Repeat).unwrap();
        let mut cursor = Cursor::default();
        for step in 0..2000 {
            let time = at(step * 37 % 1500);
            assert_eq!(curve.rate_at(time, &mut cursor), curve.rate_at(time, &mut Cursor::default()));
        }
    }

    #[test]
    fn bad_points_are_named() {
        let check = |points: &[(f64, f64)], text: &str| {
            let error = Curve::linear(points, After::Hold).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        };
        check(&[], "at least one point");
        check(&[(0.0, 1.0), (5.0, 1.0), (4.0, 1.0)], "point 2 goes back in time: 4 s after 5 s");
        check(&[(0.0, f64::NAN)], "point 0 has the rate NaN");
        check(&[(0.0, -1.0)], "point 0 has the rate -1");
        check(&[(f64::INFINITY, 1.0)], "a time is inf");
        assert_eq!(Curve::linear(&[(1.0, 1.0)], After::Repeat), Err(CurveError::NoPeriod));
        assert!(Curve::constant(1.0).unwrap().stretched(0.0).is_err());
    }
}
