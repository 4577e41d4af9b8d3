//! The command line: arguments to library calls to text.

fn main() {}
