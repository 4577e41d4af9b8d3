//! Files that are there as a whole or not at all, whatever ends the program meanwhile.
//!
//! A file is written under a hidden name beside its place and moved there ([`write()`], [`Draft`]). A folder has one writer at a time ([`Folder`]); its
//! files are moved in together, and `SHA256SUMS` last: where that file is, all that it names is of one run.
//!
//! Not promised: what is left after a power failure, for nothing waits for the disk.

mod draft;
mod folder;

pub use draft::{Draft, write};
pub use folder::{Folder, SUMS, leave_nothing};
