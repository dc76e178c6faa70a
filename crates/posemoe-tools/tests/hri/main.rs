//! What ROS4HRI and Nav2 are told of people.

mod common;
mod interop;
mod messages;
#[path = "../replay/program.rs"]
mod program;
#[path = "../../../../tests/support/python.rs"]
mod python;
mod walk;
