//! Lines for people on the terminal.

/// A line on standard output.
macro_rules! say {
    ($($text:tt)*) => {
        posemoe::process::print::out(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// A line on standard error.
macro_rules! complain {
    ($($text:tt)*) => { posemoe::process::print::err(format_args!($($text)*)) };
}

pub(crate) use {complain, say};
