//! Ctrl-C where nothing can be told yet: what was begun is taken away.

use super::Failure;

/// From now on SIGINT and SIGTERM take away folders that are empty, and end the program as they do without this; what is being moved into its
/// place is moved before. Where there are no signals the system ends it as it likes.
///
/// Errors: whatever the system says.
#[cfg(unix)]
pub(super) fn leave_nothing() -> Result<(), Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]);
    let mut signals = signals.map_err(|error| Failure::Internal(error.to_string()))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            foresail::whole::leave_nothing();
            // Does not come back; a parent sees which signal it was.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn leave_nothing() -> Result<(), Failure> {
    Ok(())
}
