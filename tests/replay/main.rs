//! `posemoe replay` and `posemoe doctor` as a user runs them, on the recorded walk.

mod damaged;
mod misfits;
mod program;
#[path = "../support/python.rs"]
mod python;
mod walk;
