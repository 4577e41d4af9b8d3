//! Waiting behind two choices in closed form: the shorter of two queues drawn at random is joined.
//!
//! For the second tier and for pods whose requests share a CPU; what requests wait for threads is in `routed`.
//! Sources: Vvedenskaya, Dobrushin, Karpelevich 1996 and Mitzenmacher 2001 (exponential work, many pods).
//! Times are in multiples of the mean work.

/// The share of arrivals that find both pods busy.
pub(super) fn share_waiting(pods: u32, load: f64) -> f64 {
    load * load * (1.0 + 0.9 * (1.0 - load) / f64::from(pods))
}

/// What waits are longer by than with many pods, for exponential work: the share of all requests that meets a
/// crowd at all pods, and the mean of what they wait more, which is that of one queue for all.
///
/// On average of the form that refined mean fields have (Gast and Van Houdt 2017: a constant over the number of
/// pods); the share is fitted to the means recorded with 3, 10 and 50 pods at loads from 0.5 to 0.95.
pub(super) fn more_with_few(pods: u32, load: f64) -> (f64, f64) {
    let pods = f64::from(pods);
    (0.45 * load * load * load * (1.0 + 2.0 / pods), 1.0 / (pods * (1.0 - load)))
}

/// The share that waits, and the first two moments of everybody's wait in multiples of the work,
/// when the shorter of two queues is joined (exponential work, many pods).
pub(super) fn two_choices_wait(load: f64) -> (f64, f64, f64) {
    // P(the queue joined has at least j) = load^(2^(j+1) - 2); a wait behind j is j works long.
    let at_least = |j: i32| libm::pow(load, libm::exp2(f64::from(j + 1)) - 2.0);
    let (mut first, mut second) = (0.0, 0.0);
    for j in 1..40 {
        let behind = at_least(j);
        first += behind;
        second += 2.0 * f64::from(j) * behind;
        if behind < 1e-12 {
            break;
        }
    }
    (at_least(1), first, second)
}

/// The mean number in system over the number in service that two choices leave to a pod: the
/// slow-down of processor sharing behind them.
pub(super) fn two_choices_slowdown(load: f64) -> f64 {
    1.0 + two_choices_wait(load).1
}
