//! What would also save: settings that nobody asked to move, each tried on top of the recommended one.

use super::answer::Also;
use super::explain::{difference, mean};
use super::judge::Judge;
use super::knob::Knob;
use super::periods::Period;
use super::point::Point;
use super::trial::Lab;

/// A saving of less than this share of the cost is not worth a line.
const WORTH: f64 = 0.002;
/// So many periods are simulated, at most, for settings of which it is known beforehand what they may free.
const PERIODS: usize = 28;

/// What is tried on top of a setting, and what is not.
struct Candidates {
    /// Knob and level.
    tried: Vec<(usize, usize)>,
    /// The knobs of which a level may save that is not tried.
    left: Vec<usize>,
}

/// Every level of knobs of which nobody knows what they bring. Of the others those that may free something, each knob's best level first and the
/// most first, as many as there are `periods` for.
fn candidates(knobs: &[Knob], periods: usize) -> Candidates {
    let resting = knobs.iter().enumerate().filter(|(_, knob)| !knob.moves);
    let levels = resting.flat_map(|(at, knob)| {
        let others = (0..knob.levels.len()).filter(|level| *level != knob.current);
        others.map(move |level| (at, level, knob.levels[level].may_free))
    });
    let (known, unknown): (Vec<_>, Vec<_>) = levels.partition(|(_, _, may_free)| may_free.is_some());
    let mut promising: Vec<(usize, usize, f64)> =
        known.into_iter().filter_map(|(at, level, free)| Some((at, level, free.filter(|free| *free > 0.0)?))).collect();
    promising.sort_by(|a, b| b.2.total_cmp(&a.2));
    // Stable: a knob's second best level comes after the best of all knobs.
    let mut ranks = vec![0_usize; knobs.len()];
    let mut ranked: Vec<(usize, (usize, usize))> = Vec::new();
    for (at, level, _) in promising {
        ranked.push((ranks[at], (at, level)));
        ranks[at] += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let room = ranked.len().min(PERIODS / periods.max(1));
    let left = ranked.split_off(room);
    let mut left: Vec<usize> = left.into_iter().map(|(_, (at, _))| at).collect();
    left.sort_unstable();
    left.dedup();
    let tried = unknown.into_iter().map(|(at, level, _)| (at, level));
    Candidates { tried: tried.chain(ranked.into_iter().map(|(_, row)| row)).collect(), left }
}

/// The best value of each of these knobs on top of a setting, where it saves and keeps what is to be kept; and the names of knobs with values that
/// were left out.
pub(super) fn also(
    lab: &Lab<'_>,
    judge: &Judge,
    (as_is, point): (&Point, &Point),
    periods: &[Period],
) -> (Vec<Also>, Vec<String>) {
    let Candidates { tried, left } = candidates(&lab.knobs, periods.len());
    let left = left.into_iter().map(|at| lab.knobs[at].name.clone()).collect();
    let points: Vec<(usize, Point)> = tried.into_iter().map(|(at, level)| (at, point.with(at, level))).collect();
    lab.simulate(&points.iter().map(|(_, point)| point.clone()).collect::<Vec<Point>>(), periods);
    let outcomes = |point: &Point| lab.outcomes(point, periods);
    let (Some(base), Some(now)) = (outcomes(point), outcomes(as_is)) else { return (Vec::new(), left) };
    let mut found: Vec<(usize, Also)> = Vec::new();
    for (at, other) in points {
        let Some(own) = outcomes(&other) else { continue };
        let knob = &lab.knobs[at];
        let effect = difference(&mean(&own), &mean(&base));
        let saves = effect.usd_per_month < -WORTH * mean(&base).usd_per_month;
        let best = found.iter().position(|(known, _)| *known == at);
        let is_best = best.is_none_or(|best| effect.usd_per_month < found[best].1.effect.usd_per_month);
        if !saves || !is_best || !judge.judge((&own, &now), periods).keeps() {
            continue;
        }
        let also = Also {
            name: knob.name.clone(),
            sets: other.texts_of(&lab.knobs, at),
            current: knob.text(knob.current),
            value: knob.text(other.level(at)),
            effect,
            replications: periods.len() as u32,
            keeps: true,
        };
        match best {
            Some(best) => found[best].1 = also,
            None => found.push((at, also)),
        }
    }
    found.sort_by(|a, b| a.1.effect.usd_per_month.total_cmp(&b.1.effect.usd_per_month));
    (found.into_iter().map(|(_, also)| also).collect(), left)
}

#[cfg(test)]
mod tests {
    use super::super::answer::Owner;
    use super::super::knob::Level;
    use super::*;

    fn knob(name: &str, may_free: &[Option<f64>]) -> Knob {
        let levels = may_free
            .iter()
            .enumerate()
            .map(|(at, may_free)| Level { may_free: *may_free, ..Level::number(at as i64 + 1) });
        let knob = Knob::new(name.to_owned(), None, Owner::Scenario, Vec::new());
        Knob { moves: false, ..knob.with_choices(Level::as_it_is(), levels) }
    }

    #[test]
    fn what_may_save_most_is_tried_first_and_the_rest_is_told() {
        let unknown = knob("expander", &[None, None]);
        let useless = knob("slower", &[Some(0.0)]);
        let knobs = [unknown, knob("small", &[Some(0.1), Some(0.2)]), useless, knob("large", &[Some(3.0), Some(2.0)])];
        let all = candidates(&knobs, 2);
        assert_eq!(all.tried, [(0, 1), (0, 2), (3, 1), (1, 2), (3, 2), (1, 1)]);
        assert_eq!(all.left, [0; 0]);
        let few = candidates(&knobs, PERIODS / 2);
        assert_eq!((few.tried, few.left), (vec![(0, 1), (0, 2), (3, 1), (1, 2)], vec![1, 3]));
    }
}
