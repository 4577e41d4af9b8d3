//! The threads that a command works with.

use super::Failure;
use foresail::scenario::issue::Issue;
use rayon::ThreadPool;

/// More threads are a typing error.
const MOST_JOBS: usize = 4096;

/// A pool of so many threads; of one per core without a number.
///
/// Errors: no sensible number.
pub(super) fn pool(jobs: Option<usize>) -> Result<ThreadPool, Failure> {
    if jobs.is_some_and(|jobs| jobs == 0 || jobs > MOST_JOBS) {
        return Err(Issue::error("--jobs", format!("expected 1 to {MOST_JOBS}")).into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build();
    pool.map_err(|error| Failure::Internal(format!("--jobs: the threads cannot be started: {error}")))
}
