//! Ctrl-C: what stands stays whole, and says how to go on.

use super::super::streams::tell;
use foresail::report::sweep::StudyFile;
use std::sync::{Arc, Mutex};

/// The file while points are added; nobody has it any more once it is brought in order.
pub(super) type SharedFile = Arc<Mutex<Option<StudyFile>>>;

/// From now on SIGINT and SIGTERM end the program between two lines of the file, with 128 plus the signal's number.
/// Where there are no signals the system ends it as it likes; half a line is then cut off by the next run.
///
/// Errors: whatever the system says.
#[cfg(unix)]
pub(super) fn end_between_lines(file: &SharedFile) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use std::sync::PoisonError;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let file = file.clone();
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Whoever writes a line has the lock; nobody gets it any more.
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let stands = match &*file {
                Some(file) => format!("{} of {} points stand", file.found(), file.expected()),
                None => "all points stand".to_owned(),
            };
            tell(format!("\nforesail: interrupted: {stands}; the same command goes on from there"));
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn end_between_lines(_: &SharedFile) -> std::io::Result<()> {
    Ok(())
}
