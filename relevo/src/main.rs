//! One binary that carries every role.

use std::process::ExitCode;

fn main() -> ExitCode {
    relevo::cli::run()
}
