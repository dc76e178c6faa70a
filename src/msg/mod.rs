//! ROS 2 messages: one struct per `.msg` file, grouped by package, and their wire format.
//!
//! `build.rs` writes the structs, so their fields, constants and comments are those of the `.msg`
//! files: `posemoe` from `msg/`, other packages from `interfaces/`, the standard ones from ROS 2
//! Jazzy. A struct's [`Default`] is the message's, such as a quaternion that turns nothing.

pub mod cdr;

use posemoe_bus::TypeInfo;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use cdr::{CdrError, decode, encode, encode_into};
pub use generated::*;

/// A type that can travel on a topic.
pub trait Message:
    Serialize + DeserializeOwned + Clone + Default + PartialEq + std::fmt::Debug
{
    /// Full name, such as `std_msgs/msg/Header`.
    const TYPE_NAME: &'static str;
    /// Schema in the encoding `ros2msg`: the definition, then those of all types it contains.
    const DEFINITION: &'static str;
    /// Hash of the type's structure (REP-2016), `RIHS01_` and 64 hexadecimal digits.
    const TYPE_HASH: &'static str;
}

const fn info_of<M: Message>() -> TypeInfo {
    TypeInfo {
        type_name: M::TYPE_NAME,
        definition: M::DEFINITION,
        type_hash: M::TYPE_HASH,
    }
}

/// The type with this full name, such as `std_msgs/msg/Header`, if we have it.
pub fn type_info(type_name: &str) -> Option<TypeInfo> {
    let mut known = generated::TYPES.iter();
    known.find(|known| known.type_name == type_name).copied()
}

// What the comments in other people's .msg files look like is not for our lints to say.
#[allow(
    missing_docs,
    non_camel_case_types,
    rustdoc::all,
    clippy::all,
    clippy::doc_markdown
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
