//! What the programs say on standard output and standard error, also where nobody reads it any
//! more: Rust's own `println!` panics there.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::process::ExitCode;
use std::sync::OnceLock;

use super::EXIT_UNUSABLE;

/// Why standard output took no more.
static FAILED: OnceLock<std::io::Error> = OnceLock::new();

/// Says something on standard output. What it does not take is remembered for [`end`]: whoever
/// closed it may still want the files that are written.
pub fn out(text: Arguments<'_>) {
    if FAILED.get().is_none() {
        let mut output = stdout().lock();
        // Here and now, so that a full disk is known before the end.
        took(output.write_fmt(text).and_then(|()| output.flush()));
    }
}

/// Says something on standard error, in a line of its own, if anyone listens.
pub fn err(text: Arguments<'_>) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Takes note of what became of text for standard output.
pub fn took(done: std::io::Result<()>) {
    if let Err(error) = done {
        let _ = FAILED.set(error);
    }
}

/// How the program ends that would end with `code`: if standard output did not take everything,
/// with an error; quietly if it was closed by a reader who has enough.
pub fn end(code: ExitCode) -> ExitCode {
    match FAILED.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            err(format_args!("standard output: {error}"));
            ExitCode::from(EXIT_UNUSABLE)
        }
        _ => code,
    }
}
