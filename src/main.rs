//! The command line: arguments to library calls to text.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
