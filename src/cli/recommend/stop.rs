//! Ctrl-C: the best so far is told, and the file of outcomes stays whole.

use super::super::streams::tell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Set when somebody asks for an end.
#[derive(Clone, Default)]
pub(super) struct Stop {
    pub(super) asked: Arc<AtomicBool>,
    signal: Arc<AtomicI32>,
}

impl Stop {
    /// From now on the first SIGINT or SIGTERM asks for an end, and the second is one. Where there are no signals the system ends the
    /// program as it likes.
    ///
    /// Errors: whatever the system says.
    #[cfg(unix)]
    pub(super) fn on_signals() -> std::io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let stop = Stop::default();
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let own = stop.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if own.asked.swap(true, Ordering::Relaxed) {
                    foresail::whole::leave_nothing();
                    std::process::exit(128 + signal);
                }
                own.signal.store(signal, Ordering::Relaxed);
                tell("\nforesail: interrupted: the best so far follows; once more ends at once");
            }
        });
        Ok(stop)
    }

    #[cfg(not(unix))]
    pub(super) fn on_signals() -> std::io::Result<Self> {
        Ok(Stop::default())
    }

    /// 128 plus the signal's number; 0 without one.
    pub(super) fn exit_code(&self) -> u8 {
        match self.signal.load(Ordering::Relaxed) {
            0 => 0,
            signal => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}
