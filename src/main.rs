//! The `countersign` program.

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "the reason why a command failed")]
fn main() -> ExitCode {
    match countersign::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("countersign: {reason}");
            ExitCode::FAILURE
        }
    }
}
