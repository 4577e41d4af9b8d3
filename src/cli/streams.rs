//! stdout and stderr: data to the one, all about the work to the other. A pipe that nobody reads any more ends the
//! program quietly, as it ends `cat`; a full disk is an error.

use super::Failure;
use foresail::units::visible;
use std::io::{self, Write};

/// Prints to stdout, all of it; what a terminal would obey is shown instead.
///
/// Errors: [`Failure::Unread`] where the reader has gone, [`Failure::Internal`] for whatever else the system says.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    written(anstream::stdout().lock(), visible(text).as_bytes())
}

/// Prints bytes that are no text to stdout, as they are.
///
/// Errors: those of [`print`].
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    written(io::stdout().lock(), bytes)
}

fn written(mut stdout: impl Write, bytes: &[u8]) -> Result<(), Failure> {
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Unread,
        _ => Failure::Internal(format!("cannot write to stdout: {error}")),
    })
}

/// Says something on stderr, a line, shown as [`print`] shows it; nobody has to listen.
pub(super) fn tell(text: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr().lock(), "{}", visible(&text.to_string()));
}

/// A file that grows past the limit of `ulimit -f` is an error as a full disk is; without this the system would end the program.
pub(super) fn take_limits_as_errors() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(
        signal_hook::consts::SIGXFSZ,
        std::sync::Arc::<std::sync::atomic::AtomicBool>::default(),
    );
}
