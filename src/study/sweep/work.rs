//! All threads at the points: each takes the next one when it is done with the last.

use std::sync::{Mutex, PoisonError};

/// Does something at each point, on all threads of the current rayon pool; each takes the next point when it is done with its
/// last. After an error nobody takes another.
///
/// Errors: of those that happened the one of the earliest point.
pub fn at_all<E: Send>(
    points: impl Iterator<Item = u64> + Send,
    at: impl Fn(u64) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let points = Mutex::new(points);
    let failed: Mutex<Option<(u64, E)>> = Mutex::new(None);
    let next = || {
        let is_over = failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if is_over { None } else { points.lock().unwrap_or_else(PoisonError::into_inner).next() }
    };
    // Not by rayon's own queue: whoever waits for the last replication of a point would begin another point meanwhile.
    rayon::broadcast(|_| {
        while let Some(point) = next() {
            if let Err(error) = at(point) {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(other, _)| point < *other) {
                    *failed = Some((point, error));
                }
            }
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), |(_, error)| Err(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_point_is_done_once() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
        let done = Mutex::new(Vec::new());
        let outcome: Result<(), ()> = pool.install(|| {
            at_all(0..100, |point| {
                done.lock().expect("no panic").push(point);
                Ok(())
            })
        });
        let done = done.into_inner().expect("no panic");
        assert_eq!((outcome, done.len()), (Ok(()), 100));
        assert_eq!(done.into_iter().collect::<BTreeSet<u64>>().len(), 100);
    }

    #[test]
    fn an_error_ends_it() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        let done = Mutex::new(0);
        let outcome = pool.install(|| {
            at_all(0..1_000_000, |point| {
                *done.lock().expect("no panic") += 1;
                if point >= 10 { Err(point) } else { Ok(()) }
            })
        });
        let done = *done.lock().expect("no panic");
        assert!(outcome.is_err_and(|point| (10..12).contains(&point)) && done <= 12, "{done}");
    }
}
