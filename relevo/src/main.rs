//! One binary that carries every role.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    relevo::cli::Cli::parse().run()
}
