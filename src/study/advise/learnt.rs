//! What a search has learnt so far: when to look, with which luck, and what steps did there.

use super::climb::Tried;
use super::judge::Judge;
use super::outcome::Outcome;
use super::periods::Period;

/// With so much luck each step is tried: where pods happen to stand says as much of a day as what is set.
pub(super) const LUCK: [u32; 3] = [1, 2, 3];
/// So many of the periods that broke something are searched in from then on.
const MOST: usize = 2;

/// What a search looks at.
pub(super) struct Learnt {
    /// The whole time of training.
    pub(super) train: Vec<Period>,
    /// The luck of the days that steps are tried on.
    pub(super) luck: Vec<u32>,
    /// What they did there.
    pub(super) tried: Tried,
}

impl Learnt {
    /// Nothing yet but the time of training.
    pub(super) fn new(train: Vec<Period>) -> Learnt {
        Learnt { train, luck: LUCK.to_vec(), tried: Tried::default() }
    }

    /// From now on these periods are searched in too.
    pub(super) fn learn(&mut self, judge: &Judge, broke: &[(Period, Outcome)]) {
        self.look_at(broke);
        self.tried.must_mend(broke.iter().flat_map(|(_, own)| judge.broken_in(own)));
        self.train.extend(broke.iter().map(|(period, _)| *period).take(MOST));
    }

    /// From now on the days are tried with the luck of these periods, and with what there was before as far as there is room. False if that was
    /// known.
    pub(super) fn look_at(&mut self, broke: &[(Period, Outcome)]) -> bool {
        let new = broke.iter().map(|(period, _)| period.number).filter(|luck| !self.luck.contains(luck));
        let mut luck: Vec<u32> = new.take(MOST).collect();
        let is_new = !luck.is_empty();
        luck.extend(&self.luck);
        luck.truncate(LUCK.len());
        self.luck = luck;
        is_new
    }
}
