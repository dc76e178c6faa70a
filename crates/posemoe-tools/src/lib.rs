//! Bags in, answers out: the node over a recording, how far its people are from the truth, other
//! people's data sets as bags, what a frame costs.
//!
//! The program `posemoe` is [`cli`]; [`evaluate`] and [`import`] beneath it know no files' names
//! and no terminal.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

pub mod cli;
pub mod evaluate;
pub mod import;
