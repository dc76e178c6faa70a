//! The bag bus: what goes in comes out, in order, and damage never goes unsaid.

mod common;
mod damage;
mod interop;
#[path = "../support/python.rs"]
mod python;
mod replaying;
mod writing;
