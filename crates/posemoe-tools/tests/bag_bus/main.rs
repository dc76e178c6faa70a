//! The bag bus: what goes in comes out, in order, and damage never goes unsaid.

mod common;
mod damage;
mod folders;
mod forms;
mod info;
mod interop;
mod pacing;
#[path = "../../../../tests/support/python.rs"]
mod python;
mod replaying;
mod sqlite;
mod sqlite_damage;
mod types;
mod writing;
