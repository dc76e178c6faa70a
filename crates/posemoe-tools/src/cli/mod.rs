//! What the program `posemoe` does: replay a bag, say what it has, compare with the truth, import
//! data sets, measure, list the parameters, look at the installation.

mod bag_topics;
pub mod bench;
pub mod doctor;
pub mod evaluate;
mod file;
pub mod import;
pub mod info;
pub mod keypoints;
pub mod offline;
pub mod parameters;
pub mod replay;
mod say;
pub mod stages;
pub mod tables;

pub use posemoe::process::{EXIT_DATA_LOSS, EXIT_REGRESSION, EXIT_UNUSABLE, print};
